"""How many replicas a load needs, and whether those that there are carry it: one answer for capacity and cost.

"Does the model fit in memory?" and "does it carry the load?" are two questions: a GPU may hold a model with room to
spare and still be too slow for the declared peak.
"""

from __future__ import annotations

import math
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity.demand import Demand
from aiaudit.capacity.fit import Fit, fit
from aiaudit.capacity.latency import Service, impossible, late, service
from aiaudit.capacity.measured import Measured
from aiaudit.capacity.refused import refused
from aiaudit.capacity.setup import Setup

EVEN: Final = 0.98  # of the peak: a fixed rate is never met to the digit
ROUNDING: Final = 1e-9  # of a replica: what floating point adds to a whole number is no further replica


class Carries(Struct, frozen=True):
    """Whether the replicas that there are bear the declared peak: yes, tight (beyond the share that is planned for, and
    below all of it), no, or unknown. `needed`: replicas that the peak alone needs; None where the speed is
    not known. `declared`: whether the number of replicas, or of GPUs, is."""

    verdict: Literal["yes", "tight", "no", "unknown"]
    reason: str
    replicas: int
    needed: int | None
    declared: bool


def bears(
    setup: Setup, demand: Demand, memory: Fit, speed: Service | None, tested: Measured | None = None
) -> float | None:
    """Requests a second that are planned for on one replica; None where neither speed nor test tells it."""
    if tested is not None:
        each = tested.each
    elif speed is not None and memory.serves:
        each = speed.capacity.expected / setup.replicas
    else:
        return None
    if each <= 0:
        return None
    return min(each * demand.target, filled_at(demand, memory))


def filled_at(demand: Demand, memory: Fit) -> float:
    """Requests a second at which the declared concurrency fills one replica; infinite where none is declared."""
    if not demand.concurrency or demand.peak <= 0 or memory.limit <= 0 or memory.pool <= 0:
        return math.inf
    return demand.peak * memory.limit / demand.concurrency


def needed(each: float | None, rate: float, least: int = 1) -> int | None:
    """Replicas that a rate needs where one bears `each`."""
    return None if each is None else max(least, 1, math.ceil(rate / each - ROUNDING))


def sized(setup: Setup, demand: Demand, tested: Measured | None = None) -> Setup:
    """Where nobody declares how many replicas there are, as many as the peak needs."""
    if not setup.open:
        return setup
    memory = fit(setup, demand)
    speed = service(setup, demand, memory.limit) if memory.serves and tested is None else None
    copies = needed(bears(setup, demand, memory, speed, tested), demand.peak, setup.least)
    if copies is None:
        return setup
    if setup.available is not None:
        copies = min(copies, max(1, setup.available // setup.ranks))
    return replace(setup, replicas=copies)


def carries(
    setup: Setup, demand: Demand, memory: Fit, speed: Service | None, tested: Measured | None, why: str
) -> Carries:
    """`why`: the reason for which neither speed nor test is known."""
    copies = setup.replicas
    wanted = needed(bears(setup, demand, memory, speed, tested), demand.peak)
    declared = not setup.open

    def told(verdict: Literal["yes", "tight", "no", "unknown"], reason: str) -> Carries:
        return Carries(verdict, reason, copies, wanted, declared)

    if memory.verdict == "no":
        return told("no", "the memory does not suffice")
    if said := refused(setup, demand):
        return told("no", said[0])
    if speed is None and tested is None:
        return told("unknown", why or "the speed is not known")
    if speed is not None and (beyond := impossible(speed, demand)):
        return told("no", beyond[0])
    if tested is not None:
        rate = tested.each * copies
        if demand.peak > rate / EVEN:
            return told("unknown", f"tested up to {rate:.3g}/s only, the peak is {demand.peak:.3g}/s")
        use, known = demand.peak / rate, f"at least {rate:.3g}/s, as {tested.word}"
    else:
        assert speed is not None
        use, known = speed.utilisation, f"{speed.capacity.expected:.3g}/s"
    text = f"the peak of {demand.peak:.3g}/s is {100 * use:.0f} % of {known}"
    more = f"; it needs {wanted} replicas" if wanted is not None and wanted > copies else ""
    if use > 1 / EVEN:
        return told("no", text + more)
    if speed is not None and (slow := late(speed, demand)):
        return told("no", f"{text}, but {slow[0]}")
    if use > demand.target + ROUNDING:
        return told("tight", f"{text}, planned for is at most {100 * demand.target:.0f} %{more}")
    return told("yes", text)
