"""Speed under the declared load: what a replica can bear, how long a request takes, and what physics does not allow.

A replica serves up to B sequences at once (what its cache holds, at most `max_num_seqs`), each the slower the more
there are: `queueing` tells how many are in flight and how long others wait.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from aiaudit.capacity.demand import Demand, Objectives
from aiaudit.capacity.queueing import Queue, queue
from aiaudit.capacity.setup import Setup
from aiaudit.capacity.throughput import Estimate, Load, Machine, Speed, estimate

_POINTS: Final = 12  # batches of which the speed is worked out; between them it is as good as linear


class Capacity(Struct, frozen=True):
    """Requests a second that all replicas bear: pessimistic, expected, and the bound that physics sets."""

    low: float
    expected: float
    bound: float


class Service(Struct, frozen=True):
    """One load on one setup. Times in seconds; `p95` from the expected speed, `slow` from the pessimistic one.

    `utilisation`: of the expected capacity at peak. `batch`: sequences in flight in one replica, on the mean; the time
    of an output token is that in the batch of the 95th percentile. `best`: the shortest times that physics allows,
    for a request of median size that runs alone.
    """

    capacity: Capacity
    utilisation: float
    batch: float
    limit: int
    p95: Objectives
    slow: Objectives
    best: Objectives
    tokens_per_second: float
    limited_by: str


def machine_of(setup: Setup) -> Machine:
    return Machine(setup.gpu, setup.ranks, setup.model.form.compute, setup.model.weights.expected, setup.element)


def speed_at(setup: Setup, demand: Demand, batch: float, *, upper: bool = False) -> Estimate | None:
    """The speed of one replica with `batch` sequences in flight; `upper`: of requests of the 95th percentile."""
    model, cached = setup.model, setup.cache
    if model.shape is None or model.count is None or cached is None:
        return None
    prompt = demand.prompt.p95 if upper else demand.prompt.mean
    answer = demand.answer.p95 if upper else demand.answer.mean
    load = Load(batch, max(1, round(prompt)), max(1, round(answer)), round(prompt * demand.prefix_hit))
    return estimate(model.shape, model.count, cached, machine_of(setup), load)


def service(setup: Setup, demand: Demand, limit: int) -> Service | None:
    """How `demand` fares where one replica holds `limit` sequences; None where GPU or shape are not known."""
    limit = max(1, limit)
    full = speed_at(setup, demand, limit)
    alone = speed_at(setup, demand, 1, upper=True)
    if full is None or alone is None:
        return None
    speeds = [speed.tokens_per_second for speed in (full.pessimistic, full.expected)]
    if setup.tokens_per_second is not None:
        speeds = [setup.tokens_per_second] * 2  # measured by the project: goes before the model's
    low, expected = (setup.replicas * speed / demand.answer.mean for speed in speeds)
    capacity = Capacity(low, expected, max(expected, _bound_rate(setup, demand)))
    rate = demand.peak / setup.replicas
    use = demand.peak / capacity.expected if capacity.expected > 0 else math.inf
    times, slow_times = request_times(setup, demand, limit)
    variation = demand.answer.deviation / demand.answer.mean
    usual, slow = queue(rate, times, variation), queue(rate, slow_times, variation)
    here = speed_at(setup, demand, max(1.0, usual.in_flight)) or full
    one = _bound_speed(setup, demand, 1)
    quickest, least = one.time_to_first_token, _bound_step(setup, demand)
    shortest = Objectives(quickest, least, quickest + demand.answer.p50 * least)
    return Service(
        capacity, use, max(1.0, usual.in_flight), limit, _times(setup, demand, usual, alone),
        _times(setup, demand, slow, alone, pessimistic=True), shortest,
        here.expected.tokens_per_second * setup.replicas, full.expected.limited_by,
    )  # fmt: skip


def steady_batch(setup: Setup, demand: Demand, rate: float, limit: int) -> float:
    """Sequences in flight on the mean at `rate` requests a second; `limit` where the load is beyond the speed."""
    if speed_at(setup, demand, 1) is None:
        return 1.0
    return max(1.0, queue(rate, request_times(setup, demand, limit)[0]).in_flight)


def request_times(setup: Setup, demand: Demand, limit: int) -> tuple[list[float], list[float]]:
    """Seconds of a request of mean size while 1, 2 … `limit` are in flight: expected, and pessimistic.

    Its own prompt is in them: a step of a batch carries its share of the prompts that come in.
    """
    places = sorted({round(limit ** (n / (_POINTS - 1))) for n in range(_POINTS)} | {1, limit})
    speeds = [found for place in places if (found := speed_at(setup, demand, place)) is not None]
    answer = demand.answer.mean
    expected = [one.expected.time_per_output_token * answer for one in speeds]
    slow = [one.pessimistic.time_per_output_token * answer for one in speeds]
    return _between(places, expected), _between(places, slow)


def _between(places: Sequence[int], values: Sequence[float]) -> list[float]:
    """The values at 1, 2 … of a line through the known ones."""
    found = [values[0]]
    for (start, end), (low, high) in zip(pairwise(places), pairwise(values), strict=True):
        found += [low + (high - low) * step / (end - start) for step in range(1, end - start + 1)]
    return found


def _bound_speed(setup: Setup, demand: Demand, batch: float) -> Speed:
    """By median sizes, which at least half of the requests reach: no assumption on the tail makes a bound unsound."""
    shape, count, cached = setup.model.shape, setup.model.count, setup.cache
    assert shape is not None
    assert count is not None
    assert cached is not None
    prompt = demand.prompt.p50
    load = Load(batch, max(1, round(prompt)), max(1, round(demand.answer.p50)), round(prompt * demand.prefix_hit))
    found = estimate(shape, count, cached, machine_of(setup), load)
    assert found is not None
    return found.bound


def _bound_rate(setup: Setup, demand: Demand) -> float:
    """Requests a second with a cache that fills all memory besides the weights, at the peak rates of the data sheet."""
    cached = setup.cache
    assert cached is not None
    free = setup.gpu.visible * setup.ranks - setup.model.weights.expected
    one = cached.elements(max(1, round(demand.prompt.p50 + demand.answer.p50 / 2))) * setup.element
    batch = max(1.0, free / one if one > 0 else 1.0)
    return setup.replicas * _bound_speed(setup, demand, batch).tokens_per_second / demand.answer.p50


def _bound_step(setup: Setup, demand: Demand) -> float:
    """The shortest time of one decoding step of one sequence: its weights and its cache, read once, nothing else."""
    model, cached = setup.model, setup.cache
    if model.count is None or cached is None:
        return 0.0
    share = model.count.active / model.count.total
    cache = cached.elements(round(demand.prompt.p50)) * setup.element
    return (model.weights.expected * share + cache) / (setup.gpu.bandwidth * setup.ranks)


def _times(setup: Setup, demand: Demand, found: Queue, alone: Estimate, *, pessimistic: bool = False) -> Objectives:
    """Times at the 95th percentile. Wait and length of an answer are independent: their spreads add as squares."""

    def step(batch: float) -> float:
        speed = speed_at(setup, demand, max(1.0, batch)) or alone
        return (speed.pessimistic if pessimistic else speed.expected).time_per_output_token

    usual = step(found.in_flight)
    # a first token also waits for the step in which others decode
    first = (alone.pessimistic if pessimistic else alone.expected).time_to_first_token + usual
    if math.isinf(found.wait):
        return Objectives(math.inf, step(found.in_flight_p95), math.inf)
    spread = math.hypot(found.wait_p95 - found.wait, (demand.answer.p95 - demand.answer.mean) * usual)
    whole = first + found.wait + demand.answer.mean * usual + spread
    return Objectives(first + found.wait_p95, step(found.in_flight_p95), whole)


def impossible(found: Service, demand: Demand) -> tuple[str, ...]:
    """Declared figures beyond what the hardware can do at best. One sentence each."""
    said = []
    if demand.peak > found.capacity.bound:
        said.append(
            f"{demand.peak:g} requests/s at peak are not physically possible on this hardware:"
            f" the bound is {found.capacity.bound:.3g}/s"
        )
    names = (("first token", "ttft_s"), ("output token", "tpot_s"), ("whole answer", "e2e_s"))
    for name, key in names:
        wanted, least = getattr(demand.objectives, key), getattr(found.best, key)
        if wanted is not None and least is not None and wanted < least:
            said.append(
                f"{_milliseconds(wanted)} for the {name} are not physically possible on this hardware:"
                f" the bound is {_milliseconds(least)}"
            )
    return tuple(said)


def _milliseconds(seconds: float) -> str:
    """Such as 4,417 ms or 0.83 ms: never with an exponent."""
    amount = seconds * 1000
    return f"{amount:,.0f} ms" if amount >= 100 else f"{amount:.3g} ms"


def misses(found: Service, demand: Demand) -> tuple[str, ...]:
    """Objectives that the expected figures miss, and a load beyond the target utilisation. One sentence each."""
    said = []
    if found.utilisation > demand.target:
        said.append(
            f"the peak of {demand.peak:g} requests/s is {100 * found.utilisation:.0f} % of the capacity of"
            f" {found.capacity.expected:.3g}/s (at most {100 * demand.target:.0f} %)"
        )
    return (*said, *late(found, demand))


def late(found: Service, demand: Demand) -> tuple[str, ...]:
    """Objectives of time that the expected figures miss."""
    said = []
    names = (("first token", "ttft_s"), ("output token", "tpot_s"), ("whole answer", "e2e_s"))
    for name, key in names:
        wanted, got = getattr(demand.objectives, key), getattr(found.p95, key)
        if wanted is not None and got is not None and got > wanted:
            shown = "waits without end" if math.isinf(got) else f"takes {got * 1000:,.0f} ms"
            said.append(f"the {name} {shown} at p95, the objective is {wanted * 1000:,.0f} ms")
    return tuple(said)
