"""The book in which prices are looked up: first what the caller gave, then what ships."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct, field

from aiaudit.capacity.tables import UnknownName, gpu_named, table
from aiaudit.cost.money import decimal
from aiaudit.cost.price import ApiPrice, Price, Pricing


class PriceBook(Struct, frozen=True):
    """Where prices are looked up: first what the caller gave, then what ships. `exchange`: units of another currency
    that one unit of `currency` buys."""

    currency: str = "USD"
    gpus: Mapping[str, Mapping[str, Price]] = field(default_factory=dict)
    api: Mapping[str, ApiPrice] = field(default_factory=dict)
    storage: Price | None = None
    egress: Price | None = None
    exchange: Mapping[str, Decimal] = field(default_factory=dict)
    shipped: bool = True

    def gpu_hour(self, name: str, pricing: Pricing = "on-demand") -> Price | None:
        """One GPU for one hour, as bought. None: not known."""
        given = self.gpus.get(gpu_key(name), {}).get(pricing)
        if given is not None:
            return given
        if not self.shipped or self.currency != "USD":
            return None
        return shipped_gpus().get(gpu_key(name), {}).get(pricing)

    def api_price(self, provider: str, model: str, as_of: dt.date) -> ApiPrice | None:
        """A model's prices on a day."""
        for key in (f"{provider}/{model}", model):
            if (given := self.api.get(key.lower())) is not None:
                return given
        if not self.shipped or self.currency != "USD":
            return None
        from aiaudit.cost.api_prices import lookup

        return lookup(provider, model, as_of)

    def in_currency(self, amount: Decimal, currency: str) -> Decimal | None:
        """An amount of this book's currency from one of another; None where no rate is known."""
        if not currency or currency == self.currency:
            return amount
        rate = self.exchange.get(currency)
        return amount / rate if rate else None


def shipped_gpus() -> Mapping[str, Mapping[str, Price]]:
    """The illustrative table of GPU hours, by the name that the table of GPUs has."""
    data = table("prices")
    day = data["as_of"]
    return {gpu_key(name): _gpu_row(row, day) for name, row in data["gpu_hours"].items()}


def shipped_price(name: Literal["storage_gb_month", "egress_gb"]) -> Price:
    """The illustrative price of storage or egress."""
    data = table("prices")
    row = data[name]
    return _price(row, row["typical"], data["as_of"])


def _gpu_row(row: Mapping[str, Any], day: dt.date) -> dict[str, Price]:
    found = {"on-demand": _price(row, row["typical"], day)}
    if "spot" in row:
        found["spot"] = Price(decimal(row["spot"]), row["source"], row.get("date", day), illustrative=True)
    return found


def _price(row: Mapping[str, Any], amount: float, day: dt.date) -> Price:
    return Price(
        decimal(amount), row["source"], row.get("date", day), True, decimal(row["low"]), decimal(row["high"])
    )  # fmt: skip


def gpu_key(name: str) -> str:
    """One name for each GPU, whatever the list calls it; other machines keep theirs."""
    try:
        return gpu_named(name).name.lower()
    except UnknownName:
        return name.lower().strip()
