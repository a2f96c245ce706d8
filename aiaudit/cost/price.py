"""What a price is: an amount with its source and day; of an interface, rates by the length of the prompt."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

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
