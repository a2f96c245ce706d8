"""The bill over months: what is expected in closed form, and a band by seeded quasi-random draws.

A month costs `fixed + storage(t) + load·D + tokens·D·T + price·P·max(floor, ceil(K·D·T/S))` with D = load × (1+g)^t.
Uncertain are the growth g (triangular: low, expected, high), the load and the tokens a request (log-normal, mean 1),
the throughput S (triangular between pessimistic and bound) and the price P of illustrative GPU hours (triangular).

Draws are points of a rank-1 lattice (the additive recurrence of Roberts' R sequence, shifted by a seeded random
vector), not independent ones: 10,000 lattice points fill the cube far more evenly than 10,000 random ones. One draw
holds through all months.
"""

from __future__ import annotations

import math
import random
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from aiaudit.cost.bill import bill, hours_a_month
from aiaudit.cost.inputs import Inputs
from aiaudit.cost.money import decimal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Draws = NDArray[np.float64]

DRAWS: Final = 10_000
SEED: Final = 20_261_124
_QUANTILES: Final = 2_000  # steps of the table of normal quantiles
_DIMENSIONS: Final = 5
ROUNDING: Final = 1e-9  # of a replica: what floating point adds to a whole number is no further replica


class Coefficients(Struct, frozen=True):
    """The parts of a month's cost by how they grow; `rate`: replicas (not rounded) that the present load needs."""

    fixed: float
    load: float
    tokens: float
    replica: float  # money a replica and month
    rate: float
    floor: int
    storage: tuple[float, ...]  # a month

    def at(self, month: int, demand: float, tokens: float = 1.0, speed: float = 1.0, price: float = 1.0) -> float:
        """The cost of a month in closed form."""
        steps = max(self.floor, math.ceil(self.rate * demand * tokens / speed - ROUNDING)) if self.replica else 0
        return (
            self.fixed + self.storage[month] + (self.load + self.tokens * tokens) * demand
            + self.replica * price * steps
        )  # fmt: skip


class Month(Struct, frozen=True):
    """One month, the first being 1: what is expected, and the band."""

    number: int
    expected: float
    p10: float
    p50: float
    p90: float

    def at(self, percentile: str) -> float:
        return float(getattr(self, percentile))


class Driver(Struct, frozen=True):
    """What one uncertain figure does to the horizon's total when it alone moves from its p10 to its p90."""

    name: str
    low: float
    high: float

    @property
    def swing(self) -> float:
        return abs(self.high - self.low)


class Projection(Struct, frozen=True):
    """All months, and the total over them (`total` has number 0)."""

    months: tuple[Month, ...]
    total: Month
    drivers: tuple[Driver, ...]
    draws: int
    seed: int
    mean: float  # of the drawn totals

    def breaks(self, budget: float, percentile: str) -> int | None:
        """The first month that costs more than the budget, or None."""
        return next((m.number for m in self.months if m.at(percentile) > budget), None)


def coefficients(inputs: Inputs) -> Coefficients:
    """Read from the bill itself, so that the projection cannot drift from it."""
    now = bill(inputs)
    hosting = inputs.hosting
    replica, rate, floor, fixed = 0.0, 0.0, 0, now.part("fixed")
    if hosting is not None and hosting.rate is not None:
        replica = float(hosting.price.amount * hosting.ranks * decimal(hours_a_month(inputs, hosting)))
        asked = inputs.load.mean if hosting.autoscale else inputs.load.peak
        rate = asked / hosting.bears()
        floor = hosting.floor
    store = inputs.storage
    aged = [0.0] * inputs.months
    if store is not None and store.added:
        aged = [store.at(month) * float(store.price.amount) for month in range(inputs.months)]
    return Coefficients(
        float(fixed), float(now.part("load")), float(now.part("tokens")), replica, rate, floor, tuple(aged)
    )


def expected(inputs: Inputs) -> tuple[float, ...]:
    """Each month with every figure at what is expected."""
    found = coefficients(inputs)
    return tuple(
        found.at(month, (1 + inputs.load.growth.expected) ** month) for month in range(inputs.months)
    )  # fmt: skip


def project(inputs: Inputs, draws: int = DRAWS, seed: int = SEED) -> Projection:
    """Months, total and drivers. The same inputs, draws and seed give the same figures to the last digit."""
    import numpy as np

    coef, usual = coefficients(inputs), expected(inputs)
    spread = Spreads.of(inputs)
    shift = random.Random(seed)  # noqa: S311
    base = _base(_DIMENSIONS)
    numbers = np.arange(1, draws + 1, dtype=np.float64)
    points = [(shift.random() + base ** -(axis + 1) * numbers) % 1.0 for axis in range(_DIMENSIONS)]
    growth = 1 + spread.growth.quantiles(points[0])
    demand = lognormals(spread.load, points[1])
    tokens = lognormals(spread.tokens, points[2])
    slope = coef.load + coef.tokens * tokens
    steps = coef.rate * tokens / spread.speed.quantiles(points[3])
    replica = coef.replica * spread.price.quantiles(points[4])
    months, totals = [], np.zeros(draws)
    for month, value in enumerate(usual):
        costs = coef.fixed + coef.storage[month] + slope * demand
        if coef.replica:
            costs += replica * np.maximum(coef.floor, np.ceil(steps * demand - ROUNDING))
        totals += costs
        demand *= growth
        months.append(_month(month + 1, value, costs))
    return Projection(
        tuple(months), _month(0, math.fsum(usual), totals), drivers(inputs, coef, spread), draws, seed,
        math.fsum(totals.tolist()) / draws,
    )  # fmt: skip


def _month(number: int, value: float, costs: Draws) -> Month:
    import numpy as np

    last = len(costs) - 1
    places = [round(last * share) for share in (0.1, 0.5, 0.9)]
    found = np.partition(costs, places)
    p10, p50, p90 = (float(found[place]) for place in places)
    return Month(number, value, p10, p50, p90)


def _base(dimensions: int) -> float:
    """The positive root of x^(d+1) = x + 1, whose powers make an even lattice in d dimensions (M. Roberts, 2018)."""
    value = 2.0
    for _ in range(60):
        value = (1 + value) ** (1 / (dimensions + 1))
    return value


class Triangle(Struct, frozen=True):
    """A triangular distribution; an end that lies on the wrong side of the mode is the mode."""

    low: float
    mode: float
    high: float

    @classmethod
    def of(cls, low: float, mode: float, high: float) -> Triangle:
        return cls(min(low, mode), mode, max(high, mode))

    def quantile(self, share: float) -> float:
        """The value below which `share` of the draws lie."""
        whole = self.high - self.low
        if whole <= 0:
            return self.mode
        if share < (self.mode - self.low) / whole:
            return self.low + math.sqrt(whole * (self.mode - self.low)) * math.sqrt(share)
        return self.high - math.sqrt(whole * (self.high - self.mode)) * math.sqrt(1 - share)

    def quantiles(self, shares: Draws) -> Draws:
        """The same for many shares. Square roots are exact to the last digit on every machine, as powers are not."""
        import numpy as np

        whole = self.high - self.low
        if whole <= 0:
            return np.full(len(shares), self.mode)
        rising = self.low + math.sqrt(whole * (self.mode - self.low)) * np.sqrt(shares)
        falling = self.high - math.sqrt(whole * (self.high - self.mode)) * np.sqrt(1 - shares)
        return np.where(shares < (self.mode - self.low) / whole, rising, falling)


class Spreads(Struct, frozen=True):
    """The distributions of a workload's uncertain figures; of load and tokens the relative standard deviations."""

    growth: Triangle
    load: float
    tokens: float
    speed: Triangle
    price: Triangle

    @classmethod
    def of(cls, inputs: Inputs) -> Spreads:
        rate = inputs.load.growth
        hosting, unsure = inputs.hosting, inputs.uncertainty
        low = high = dear = cheap = 1.0
        if hosting is not None and hosting.rate is not None and hosting.rate.expected > 0:
            low, high = hosting.rate.low / hosting.rate.expected, hosting.rate.high / hosting.rate.expected
        if hosting is not None and hosting.price.low is not None and hosting.price.high is not None:
            now = float(hosting.price.amount) or 1.0
            cheap, dear = float(hosting.price.low) / now, float(hosting.price.high) / now
        return cls(
            Triangle.of(rate.low, rate.expected, rate.high), unsure.load, unsure.tokens, Triangle.of(low, 1.0, high),
            Triangle.of(cheap, 1.0, dear),
        )  # fmt: skip


def lognormals(deviation: float, shares: Draws) -> Draws:
    """Quantiles of a log-normal distribution of mean 1 and this relative standard deviation, from a table: exp of the
    array library differs in its last digit between processors, and so would two reports."""
    import numpy as np

    if deviation <= 0:
        return np.ones(len(shares))
    known = np.array([lognormal(deviation, (step + 0.5) / _QUANTILES) for step in range(_QUANTILES)])
    return known[(shares * _QUANTILES).astype(np.intp)]


def lognormal(deviation: float, share: float) -> float:
    """A quantile of the log-normal distribution of mean 1 and this relative standard deviation."""
    sigma = math.sqrt(math.log1p(deviation**2))
    return math.exp(sigma * NormalDist().inv_cdf(share) - sigma**2 / 2)


def drivers(inputs: Inputs, coef: Coefficients, spread: Spreads) -> tuple[Driver, ...]:
    """Each uncertain figure alone at its p10 and at its p90, the rest as expected; the widest swing first."""
    usual = inputs.load.growth.expected

    def total(
        growth: float = usual, load: float = 1.0, tokens: float = 1.0, speed: float = 1.0, price: float = 1.0
    ) -> float:
        return math.fsum(
            coef.at(month, load * (1 + growth) ** month, tokens, speed, price) for month in range(inputs.months)
        )

    load, tokens = (
        (lognormal(s, 0.1), lognormal(s, 0.9)) if s > 0 else (1.0, 1.0) for s in (spread.load, spread.tokens)
    )
    growth, speed, price = (
        (one.quantile(0.1), one.quantile(0.9)) for one in (spread.growth, spread.speed, spread.price)
    )
    rented = "machine" if inputs.hosting is not None and inputs.hosting.unit == "machine hours" else "GPU"
    found = (
        Driver("growth a month", total(growth=growth[0]), total(growth=growth[1])),
        Driver("load", total(load=load[0]), total(load=load[1])),
        Driver("tokens a request", total(tokens=tokens[0]), total(tokens=tokens[1])),
        Driver("throughput of a replica", total(speed=speed[1]), total(speed=speed[0])),
        Driver(f"price of a {rented} hour", total(price=price[0]), total(price=price[1])),
    )
    return tuple(sorted((d for d in found if d.swing > 0.005), key=lambda d: (-d.swing, d.name)))
