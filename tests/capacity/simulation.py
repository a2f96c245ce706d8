"""A discrete-event simulation of a batch server, as truth for the formulas of waiting: it knows none of them.

Requests arrive at random (Poisson). Up to `limit` are in flight; the rest wait in line. Each has a length, and while n
are in flight each advances by 1 / pace(n) of its length a second: a fixed pace gives the queue of n equal servers, a
pace that slows with n is continuous batching. All in flight advance alike, so that a request leaves when the common
progress has grown by its length (virtual time, as of processor sharing: Kleinrock, Queueing Systems II, 4.4).
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Served:
    """Of each request, in the order of leaving: seconds in line, seconds in flight, and its length."""

    waits: Sequence[float]
    stays: Sequence[float]
    lengths: Sequence[float]
    in_flight: float  # mean over time


def simulate(
    rate: float, limit: int, pace: Callable[[int], float], length: Callable[[random.Random], float],
    *, requests: int, seed: int = 1, warm: float = 0.1,
) -> Served:  # fmt: skip
    """`requests` that leave after the first share `warm` of them has."""
    chance = random.Random(seed)
    paces = [pace(max(1, n)) for n in range(limit + 1)]
    flying: list[tuple[float, float, float, float]] = []  # progress at which it leaves, arrival, start, length
    line: deque[tuple[float, float]] = deque()
    now = progress = area = started = 0.0
    arrival = chance.expovariate(rate)
    waits: list[float] = []
    stays: list[float] = []
    lengths: list[float] = []
    skipped, first = int(requests * warm), 0
    while len(waits) < requests:
        count = len(flying)
        leaves = now + (flying[0][0] - progress) * paces[count] if flying else math.inf
        moment = min(arrival, leaves)
        progress += (moment - now) / paces[count] if flying else 0.0
        area += count * (moment - now) if first >= skipped else 0.0
        now = moment
        if arrival <= leaves:
            line.append((now, length(chance)))
            arrival = now + chance.expovariate(rate)
        else:
            _, came, began, size = heapq.heappop(flying)
            first += 1
            if first == skipped:
                started = now
            if first > skipped:
                waits.append(began - came)
                stays.append(now - began)
                lengths.append(size)
        while line and len(flying) < limit:
            came, size = line.popleft()
            heapq.heappush(flying, (progress + size, came, now, size))
    return Served(waits, stays, lengths, area / (now - started))


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
