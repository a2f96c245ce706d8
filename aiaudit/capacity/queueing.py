"""Waiting for a batch server: how many requests are in flight, and how long others wait in line.

Requests arrive at random; up to B are in flight, and n of them leave at the rate n / T(n), T(n) being the time of a
request while n are in flight. The numbers in flight are then a birth–death chain, p(n) ∝ Π λ·T(k)/k, which for n ≤ B
does not depend on the distribution of lengths (processor sharing is insensitive: Kelly, Reversibility and Stochastic
Networks, 3.3). With a T that does not depend on n it is Erlang's formula for B equal servers. Whoever waits does so for
an exponential time of mean 1 / (B / T(B) − λ), exact for exponential lengths; for others that mean is (1 + c²) / 2
times as long, c being their relative standard deviation (Allen and Cunneen; Whitt, Approximations for the GI/G/m queue,
1993).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

_P95: Final = 0.95
_LARGE: Final = 1e200


class Queue(Struct, frozen=True):
    """One server at one load. Seconds; infinite where the load is not below what it bears.

    `in_flight`: requests on the mean, `in_flight_p95`: at the 95th percentile of time. `waits`: the share that waits.
    """

    in_flight: float
    in_flight_p95: int
    waits: float
    wait: float
    wait_p95: float


def queue(rate: float, times: Sequence[float], variation: float = 1.0) -> Queue:
    """The queue at `rate` requests a second, where a mean request takes `times[n - 1]` seconds while n are in flight.

    `variation`: the relative standard deviation of lengths; 1 is that of exponential ones.
    """
    limit = len(times)
    use = rate * times[-1] / limit
    if use >= 1:
        return Queue(float(limit), limit, 1.0, math.inf, math.inf)
    weights = [1.0]
    for number, time in enumerate(times, start=1):
        weights.append(weights[-1] * rate * time / number)
        if weights[-1] > _LARGE:
            weights = [weight / _LARGE for weight in weights]
    line = weights[-1] * use / (1 - use)  # more than B in the system: a geometric tail
    whole = math.fsum(weights) + line
    mean = (math.fsum(number * weight for number, weight in enumerate(weights)) + limit * line) / whole
    waits = (weights[-1] + line) / whole
    once = (1 + variation**2) / 2 / (limit / times[-1] - rate)  # seconds that one waits who waits
    tail = max(0.0, math.log(waits / (1 - _P95))) * once if waits > 0 else 0.0
    return Queue(mean, _percentile(weights, whole), waits, waits * once, tail)


def _percentile(weights: Sequence[float], whole: float) -> int:
    below = 0.0
    for number, weight in enumerate(weights):
        below += weight
        if below >= _P95 * whole:
            return number
    return len(weights) - 1
