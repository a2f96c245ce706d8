"""When growth uses up what there is: months until speed, memory or budget ends, with a band; and ten times the load."""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

from aiaudit.capacity.demand import Demand, Growth
from aiaudit.capacity.fit import Fit
from aiaudit.capacity.latency import TARGET, Service
from aiaudit.capacity.measured import Measured
from aiaudit.capacity.setup import Setup

HOURS_A_MONTH: Final = 730


class Runway(Struct, frozen=True):
    """Months until something ends: at the least, expected, at the most; None where it does not at that growth."""

    what: str
    earliest: float | None
    expected: float | None
    latest: float | None
    limit: str


class TenTimes(Struct, frozen=True):
    """What ten times the load needs. `replicas` is None where the speed is not known."""

    peak: float
    replicas: int | None
    gpus: int | None
    concurrency: float


def runways(
    setup: Setup,
    demand: Demand,
    memory: Fit,
    speed: Service | None,
    budget: float | None,
    tested: Measured | None = None,
) -> tuple[Runway, ...]:
    """In the order in which they are expected to end. `budget`: dollars a month; `tested`: where no speed is known."""
    found = []
    rates: tuple[float, ...] = ()
    now = demand.peak
    if speed is not None:
        rates = (speed.capacity.low * TARGET, speed.capacity.expected * TARGET)
        limit = f"{rates[1]:.3g} requests/s ({TARGET:.0%} of the capacity)"
    elif tested is not None:
        rates = (tested.each * setup.replicas,) * 2  # the objectives were met at this rate: nothing is taken off
        limit = f"{rates[1]:.3g} requests/s, as tested"
    if rates:
        room = [rate / now if now > 0 else math.inf for rate in rates]
        found.append(_runway("speed", room, demand.growth, limit))
    if memory.pool > 0 and memory.holds > 0 and memory.concurrency > 0 and not memory.beyond:
        room_now = min(memory.holds, memory.limit) / memory.concurrency
        longest = max(1, memory.holds_longest) / memory.concurrency
        limit = f"{memory.limit} requests in flight a replica"
        found.append(_runway("memory", [min(longest, room_now), room_now], demand.growth, limit))
    if budget is not None and setup.price is not None and rates:
        each = setup.price * setup.ranks * HOURS_A_MONTH * demand.hours / 24
        copies = math.floor(budget / each) if each > 0 else 0
        room = [rate * copies / setup.replicas / now if now > 0 else math.inf for rate in rates]
        limit = f"{copies} replicas for ${budget:,.0f} a month"
        found.append(_runway("budget", room, demand.growth, limit))
    return tuple(sorted(found, key=lambda one: math.inf if one.expected is None else one.expected))


def _runway(what: str, room: list[float], growth: Growth, limit: str) -> Runway:
    """`room`: capacity over demand, pessimistic and expected."""
    return Runway(
        what, months(room[0], growth.high), months(room[1], growth.expected), months(room[1], growth.low), limit
    )


def months(room: float, growth: float) -> float | None:
    """ln(capacity / demand) / ln(1 + growth); 0 where it has ended already, None where it never does."""
    if room <= 1:
        return 0.0
    if growth <= 0 or math.isinf(room):
        return None
    return math.log(room) / math.log1p(growth)


def ten_times(
    setup: Setup, demand: Demand, memory: Fit, speed: Service | None, tested: Measured | None = None
) -> TenTimes:
    """Replicas that ten times the peak needs at the target utilisation, or at the tested rate."""
    peak = demand.peak * 10
    flight = memory.concurrency * setup.replicas * 10
    if speed is None and tested is not None:
        copies = math.ceil(peak / tested.each)
        return TenTimes(peak, copies, copies * setup.ranks, flight)
    if speed is None or speed.capacity.expected <= 0:
        return TenTimes(peak, None, None, flight)
    copies = math.ceil(peak / (speed.capacity.expected / setup.replicas * TARGET))
    if demand.concurrency is not None and memory.limit > 0:
        copies = max(copies, math.ceil(demand.concurrency * 10 / memory.limit))
    return TenTimes(peak, copies, copies * setup.ranks, flight)
