"""What a bill is made of: quantities of the workload with the prices that hold for them. Frozen, so that levers and
projections may change a copy and run it again."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity.demand import Demand, Growth, Spread
from aiaudit.capacity.fit import Fit
from aiaudit.capacity.setup import Setup
from aiaudit.capacity.sizing import ROUNDING
from aiaudit.cost.price import ApiPrice, Price

HOURS_A_MONTH: Final = 730
DAYS_A_MONTH: Final = HOURS_A_MONTH / 24


class Missing(Struct, frozen=True):
    """A position that cannot be counted: what it is, and what to add to the workload or the prices."""

    key: str
    text: str
    add: str


class Load(Struct, frozen=True):
    """The load of a month. `prompt` and `answer` are None where the workload does not give tokens."""

    mean: float  # requests a second while it runs
    peak: float
    hours: float  # a day
    prompt: Spread | None
    answer: Spread | None
    growth: Growth
    users: float | None = None

    @property
    def requests(self) -> float:
        """Requests a month."""
        return self.mean * 3600 * self.hours * DAYS_A_MONTH


class Api(Struct, frozen=True):
    """A model called over an interface. Shares are of all prompt tokens; `provider` counts cached ones as it likes."""

    price: ApiPrice
    batch_share: float
    cache_read: float
    cache_write: float
    retry: float
    calls: float
    tool_tokens: float
    tool_uses: float = 0.0
    tool_price: Price | None = None
    routed: tuple[float, ApiPrice] | None = None  # the share of requests that another model answers


class Rate(Struct, frozen=True):
    """Requests a second that one replica serves at full use: pessimistic, expected, and at most."""

    low: float
    expected: float
    high: float


class Hosting(Struct, frozen=True):
    """Replicas of one's own, rented by the hour. `rate` is None where the throughput is not known: `floor` replicas run
    then, and `why` says what lacks."""

    gpu: str
    ranks: int
    rate: Rate | None
    target: float
    floor: int
    autoscale: bool
    price: Price
    pricing: str
    setup: Setup | None = None
    demand: Demand | None = None
    fit: Fit | None = None
    unit: str = "GPU hours"  # what is rented
    why: str = ""
    filled: float = math.inf  # requests a second at which the declared concurrency fills a replica
    declared: int | None = None  # replicas that there are, where that is declared

    def bears(self, scale: float = 1.0) -> float:
        """Requests a second that are planned for on one replica; 0 where its throughput is not known."""
        return 0.0 if self.rate is None else min(self.rate.expected * scale * self.target, self.filled)

    def needed(self, rate: float, scale: float = 1.0) -> int:
        """Replicas for `rate` requests a second, and at least the floor. `scale`: of the throughput."""
        each = self.bears(scale)
        return self.floor if each <= 0 else max(self.floor, math.ceil(rate / each - ROUNDING))


class Training(Struct, frozen=True):
    """A recurring run."""

    name: str
    method: str
    gpu_hours: float
    runs: float  # a month
    price: Price
    spot: Price | None = None


class Storage(Struct, frozen=True):
    gb: float
    added: float  # gigabytes a month
    retention: int | None  # months
    price: Price

    def at(self, month: int) -> float:
        """Gigabytes in a month, the first being 0; what was added is deleted after the retention."""
        kept = month if self.retention is None else min(month, self.retention)
        return self.gb + self.added * kept


class Position(Struct, frozen=True):
    """A quantity at a price: egress, a vector database, observability."""

    key: str
    name: str
    quantity: float
    unit: str
    grows: bool
    price: Price


class Uncertainty(Struct, frozen=True):
    """Relative standard deviations."""

    load: float
    tokens: float


class Energy(Struct, frozen=True):
    """`power`: kilowatts of one GPU as it is used; `grams` a kilowatt-hour, with the table that says so."""

    power: float | None
    pue: float
    region: str
    grams: float | None
    source: str
    problem: str = ""


class Budget(Struct, frozen=True):
    """In the currency of the prices. `problem`: why it cannot be held against them."""

    monthly: Decimal | None
    total: Decimal | None
    gate: str
    problem: str = ""


class Inputs(Struct, frozen=True):
    """A workload, ready to be counted. `other` is the way that is not taken (own GPUs for an interface, or the other
    way round), for the break-even."""

    name: str
    currency: str
    as_of: dt.date
    load: Load
    months: int
    uncertainty: Uncertainty
    api: Api | None = None
    hosting: Hosting | None = None
    other_api: Api | None = None
    other_hosting: Hosting | None = None
    training: tuple[Training, ...] = ()
    storage: Storage | None = None
    positions: tuple[Position, ...] = ()
    energy: Energy | None = None
    budget: Budget = Budget(None, None, "p90")
    missing: tuple[Missing, ...] = ()
    assumptions: tuple[str, ...] = ()

    def times(self, factor: float) -> Inputs:
        """The same workload with so many times the requests."""
        load = replace(self.load, mean=self.load.mean * factor, peak=self.load.peak * factor)
        return replace(self, load=load)
