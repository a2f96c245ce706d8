"""Waiting and latency under load, against published figures and a simulation that knows none of the formulas."""

from __future__ import annotations

import math
from functools import lru_cache

import pytest

from aiaudit.capacity.latency import request_times
from aiaudit.capacity.queueing import queue

from .simulation import Served, quantile, simulate
from .support import planned


@pytest.mark.parametrize(
    ("servers", "offered", "waits"),
    # the chance to wait by Erlang's C formula: 1 server, C = ρ; 2 servers, 2ρ² / (1 + ρ); Gross & Harris, Fundamentals of
    # Queueing Theory, example 2.3 (3 servers, r = 2: C = 4/9); Gans, Koole & Mandelbaum (2003): 100 servers, ρ = 0.95: 0.51
    [(1, 0.7, 0.7), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (100, 95.0, 0.507)],
)
def test_the_chance_to_wait_is_erlang_s(servers, offered, waits):
    found = queue(offered, [1.0] * servers)
    assert found.waits == pytest.approx(waits, abs=0.002)
    assert found.in_flight == pytest.approx(offered)
    assert found.wait == pytest.approx(found.waits / (servers - offered))


@pytest.mark.parametrize(("servers", "use"), [(1, 0.6), (4, 0.7), (16, 0.75)])
def test_equal_servers_against_the_simulation(servers, use):
    """Six runs together: one alone is off by a tenth and more, as chance has it."""
    found = queue(use * servers, [1.0] * servers)
    runs = [
        simulate(use * servers, servers, lambda n: 1.0, lambda r: r.expovariate(1), requests=20_000, seed=seed)
        for seed in range(6)
    ]
    waits = [wait for run in runs for wait in run.waits]
    assert sum(waits) / len(waits) == pytest.approx(found.wait, rel=0.12)
    assert quantile(waits, 0.95) == pytest.approx(found.wait_p95, rel=0.12)
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(found.waits, rel=0.08)


def test_a_full_server_waits_without_end_and_a_large_one_does_not_overflow():
    assert math.isinf(queue(4.0, [1.0] * 4).wait_p95)
    found = queue(4000.0, [1.0] * 4096)
    assert found.in_flight == pytest.approx(4000, rel=1e-6)
    assert 4000 < found.in_flight_p95 <= 4096


def on(rate: float, most: int):
    text = f"""
workload:
  model: {{source: llama-3.1-8b}}
  hardware: {{gpu: H100, count: 1}}
  serving: {{engine: vllm, max_num_seqs: {most}}}
  traffic:
    requests_per_second: {{mean: {rate}, peak: {rate}}}
    tokens: {{input: {{p50: 900, p95: 2700}}, output: {{p50: 250, p95: 625}}}}
"""
    return planned(text, search=False)


@lru_cache
def both(most: int, use: float):
    """A plan at a share of its capacity, and the same replica in the simulation, with answers of the declared spread."""
    made = on(use * on(1, most).service.capacity.expected, most)
    times, _ = request_times(made.setup, made.demand, made.service.limit)
    answer = made.demand.answer

    def length(chance) -> float:
        return answer.p50 * math.exp(answer.sigma * chance.gauss(0, 1)) / answer.mean

    seen = simulate(made.demand.peak, made.service.limit, lambda n: times[n - 1], length, requests=20_000)
    return made, seen


LOADS = [(64, 0.5), (64, 0.8), (64, 0.9), (256, 0.8)]


@pytest.mark.parametrize(("most", "use"), LOADS)
def test_the_batch_under_load(most, use):
    made, seen = both(most, use)
    assert made.service.utilisation == pytest.approx(use, rel=1e-6)
    assert made.service.batch == pytest.approx(seen.in_flight, rel=0.05)


def tokens(made, seen: Served) -> list[float]:
    mean = made.demand.answer.mean
    return [stay / (length * mean) for stay, length in zip(seen.stays, seen.lengths, strict=True)]


@pytest.mark.parametrize(("most", "use"), LOADS)
def test_times_at_the_95th_percentile_under_load(most, use):
    """Per token within 10 %, of a whole answer within 10 %: of what the batch does, the first token's prefill aside."""
    made, seen = both(most, use)
    assert made.service.p95.tpot_s == pytest.approx(quantile(tokens(made, seen), 0.95), rel=0.10)
    whole = [wait + stay for wait, stay in zip(seen.waits, seen.stays, strict=True)]
    first = made.service.p95.ttft_s - queue_of(made).wait_p95
    assert made.service.p95.e2e_s - first == pytest.approx(quantile(whole, 0.95), rel=0.10)


def queue_of(made, variation: float | None = None):
    times, _ = request_times(made.setup, made.demand, made.service.limit)
    answer = made.demand.answer
    return queue(made.demand.peak, times, answer.deviation / answer.mean if variation is None else variation)


def test_the_wait_in_line_under_load():
    """Near saturation: as simulated for exponential lengths; for those of a log-normal it is on the safe side, by
    about a third. And nothing where none waits."""
    made, _ = both(64, 0.9)
    times, _ = request_times(made.setup, made.demand, made.service.limit)
    answer = made.demand.answer
    lengths = {
        1.0: lambda chance: chance.expovariate(1),
        None: lambda chance: answer.p50 * math.exp(answer.sigma * chance.gauss(0, 1)) / answer.mean,
    }
    for variation, low, high in ((1.0, 0.8, 1.25), (None, 1.0, 1.6)):
        waits = [
            wait
            for seed in range(1, 9)
            for wait in simulate(
                made.demand.peak, 64, lambda n: times[n - 1], lengths[variation], requests=15_000, seed=seed
            ).waits
        ]  # fmt: skip
        assert low < queue_of(made, variation).wait_p95 / quantile(waits, 0.95) < high
    made, seen = both(64, 0.5)
    assert quantile(seen.waits, 0.95) == queue_of(made).wait_p95 == 0.0


def test_the_load_of_a_mean_request_is_the_capacity():
    """What is called 100 % is what the simulation cannot bear for long either."""
    made, _ = both(64, 0.9)
    times, _ = request_times(made.setup, made.demand, made.service.limit)
    over = 1.05 * made.service.capacity.expected
    early, late = (
        simulate(over, made.service.limit, lambda n: times[n - 1], lambda r: 1.0, requests=count)
        for count in (3_000, 12_000)
    )
    assert late.waits[-1] > 2 * early.waits[-1] > 0
