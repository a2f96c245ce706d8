"""Prices with their source and day, and the book in which they are looked up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit.capacity.tables import UnknownName, gpu_named, table
from aiaudit.cost.money import decimal

MAX_AGE_DAYS: Final = 180
"""A gate does not rest on an older price: lists of the same GPU lie two to five times apart within a year."""

Pricing = Literal["on-demand", "spot", "commit"]


class Price(Struct, frozen=True):
    """One unit price. `illustrative`: of the shipped table, which no contract stands behind; `low` and `high` are the
    ends between which public lists lie."""

    amount: Decimal
    source: str
    date: dt.date | None
    illustrative: bool = False
    low: Decimal | None = None
    high: Decimal | None = None

    def doubt(self, as_of: dt.date) -> str:
        """Why a gate cannot rest on it; empty where it can."""
        if self.date is None:
            return "bears no date"
        age = (as_of - self.date).days
        if age > MAX_AGE_DAYS:
            return f"is {age} days old (at most {MAX_AGE_DAYS})"
        return ""

    def times(self, factor: Decimal) -> Price:
        """The same price, so many times: a discount or a multiple of units."""
        return replace(
            self,
            amount=self.amount * factor,
            low=None if self.low is None else self.low * factor,
            high=None if self.high is None else self.high * factor,
        )


class Rates(Struct, frozen=True):
    """Prices a million tokens. None: the provider has no price of its own, and the input's holds."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None


Tiers = tuple[tuple[int, Rates], ...]


class ApiPrice(Struct, frozen=True):
    """A model behind an interface. `tiers`: from which prompt length on which rates hold *for the whole request*."""

    model: str
    provider: str
    tiers: Tiers
    batch: Tiers | None
    source: str
    date: dt.date | None

    def at(self, prompt: float, *, batch: bool = False) -> Rates:
        """The rates of a request whose prompt has so many tokens, what is cached included."""
        tiers = self.batch if batch and self.batch else self.tiers
        return next((rates for start, rates in reversed(tiers) if prompt > start), tiers[0][1])

    @property
    def thresholds(self) -> tuple[int, ...]:
        return tuple(start for start, _ in self.tiers[1:])

    def price(self, amount: Decimal) -> Price:
        return Price(amount, self.source, self.date)


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
