"""When growth uses up what there is: months until speed, memory or budget ends, with a band; and ten times the load."""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

from aiaudit.capacity.demand import Demand, Growth
from aiaudit.capacity.fit import Fit, flight_known
from aiaudit.capacity.latency import Service
from aiaudit.capacity.measured import Measured
from aiaudit.capacity.setup import Setup
from aiaudit.capacity.sizing import bears, needed

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
        rates = (speed.capacity.low * demand.target, speed.capacity.expected * demand.target)
        limit = f"{rates[1]:.3g} requests/s, {100 * demand.target:.0f} % of the capacity"
    elif tested is not None:
        share = demand.target
        rates = (tested.each * setup.replicas * share,) * 2
        limit = f"{rates[1]:.3g} requests/s, {f'{100 * share:.0f} % of what is ' if share < 1 else 'as '}{tested.word}"
    if rates:
        room = [rate / now if now > 0 else math.inf for rate in rates]
        found.append(_runway("speed", room, demand.growth, limit))
    known = flight_known(setup, demand)
    if memory.pool > 0 and memory.holds > 0 and memory.concurrency > 0 and not memory.beyond and known:
        room_now = min(memory.holds, memory.limit) / memory.concurrency
        longest = max(1, memory.holds_longest) / memory.concurrency
        limit = f"{memory.limit} requests in flight a replica"
        found.append(_runway("memory", [min(longest, room_now), room_now], demand.growth, limit))
    if budget is not None and setup.price is not None and rates:
        each = setup.price * setup.ranks * HOURS_A_MONTH
        copies = math.floor(budget / each) if each > 0 else 0
        enough = copies >= setup.least  # those run whatever the load
        idle = math.inf if enough else 0.0  # where there is no load
        room = [rate * copies / setup.replicas / now if now > 0 and enough else idle for rate in rates]
        limit = f"{copies} replica{'' if copies == 1 else 's'} for ${budget:,.0f} a month"
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
    copies = needed(bears(setup, demand, memory, speed, tested), peak, setup.least)
    return TenTimes(peak, copies, None if copies is None else copies * setup.ranks, flight)
