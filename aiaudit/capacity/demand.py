"""The load and the objectives of a workload, with every default that was taken listed."""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.schedule import HOURS_A_MONTH, runs_a_month
from aiaudit.project.workload import BatchPart, PercentilesPart, RatePart, WorkloadPart

_P95: Final = 1.645  # standard deviations of a normal distribution's 95th percentile


class NoLoad(Exception):  # noqa: N818
    """The workload lacks a figure without which nothing can be planned. The text names it."""


class Spread(Struct, frozen=True):
    """A log-normal size by its median and 95th percentile, in tokens."""

    p50: float
    p95: float

    @property
    def sigma(self) -> float:
        return max(0.0, math.log(self.p95 / self.p50) / _P95) if self.p50 > 0 else 0.0

    @property
    def mean(self) -> float:
        return self.p50 * math.exp(self.sigma**2 / 2)

    @property
    def deviation(self) -> float:
        return self.mean * math.sqrt(max(0.0, math.exp(self.sigma**2) - 1))


class Objectives(Struct, frozen=True):
    """Seconds at the 95th percentile; None where none is declared."""

    ttft_s: float | None = None
    tpot_s: float | None = None
    e2e_s: float | None = None


class Growth(Struct, frozen=True):
    """Shares a month."""

    low: float
    expected: float
    high: float
    horizon: int


class Demand(Struct, frozen=True):
    """Requests a second and their sizes. `concurrency`: declared requests in flight at the 99th percentile, or None.

    `target`: the share of a replica's capacity that is planned for at peak; above it waits grow without bound.
    """

    mean: float
    peak: float
    prompt: Spread
    answer: Spread
    concurrency: float | None
    prefix_hit: float
    hours: float
    objectives: Objectives
    growth: Growth
    target: float = 1.0

    def times(self, factor: float) -> Demand:
        """The same requests, `factor` times as many."""
        flight = None if self.concurrency is None else self.concurrency * factor
        return replace(self, mean=self.mean * factor, peak=self.peak * factor, concurrency=flight)


def demand_of(part: WorkloadPart, assumed: Assumptions, *, answers: bool = True, language: bool = True) -> Demand:
    """The load of a workload; `answers=False` for an encoder, which writes none; `language=False` for a classical
    model, which knows no tokens.

    Raises `NoLoad` where the mean rate or a median of tokens is missing."""
    rate = part.traffic.requests_per_second
    tokens = part.traffic.tokens
    hours = part.traffic.hours_per_day
    if rate is None or (rate.mean is None and rate.peak is None):
        job = batch_load(part.batch)
        if job is None:
            raise NoLoad("workload.traffic.requests_per_second.mean is missing")
        each, busy = job
        rate, hours = RatePart(mean=each, peak=each), hours or busy
        assumed.note("traffic.requests_per_second", each, "the rows of the batch over its window")
        assumed.note("traffic.hours_per_day", hours, "the hours of the batch's windows")
    if language and not (tokens and tokens.input and tokens.input.p50):
        raise NoLoad("workload.traffic.tokens.input.p50 is missing")
    if language and answers and not (tokens and tokens.output and tokens.output.p50 is not None):
        raise NoLoad("workload.traffic.tokens.output.p50 is missing")
    if rate.mean is not None and rate.peak is not None and rate.peak < rate.mean:
        raise NoLoad(f"workload.traffic.requests_per_second.peak, {rate.peak:g}, is below the mean, {rate.mean:g}")
    peak_factor = assumed.number("traffic.requests_per_second.peak", None) if rate.peak is None else 0.0
    mean = rate.mean if rate.mean is not None else rate.peak or 0.0
    if rate.mean is None:
        assumed.note("traffic.requests_per_second.mean", mean, "the declared peak: no mean is declared")
    flight = part.traffic.concurrency
    declared = (flight.p99 or flight.p95 or flight.p50) if flight else None
    if declared is None and language:
        assumed.take("traffic.concurrency.p99", None)
    one = Spread(1.0, 1.0)
    prompt = tokens.input if language and tokens else None
    answer = tokens.output if language and answers and tokens else None
    if answer is not None and not answer.p50:  # a decoder that embeds or scores: its prompt is read, nothing is written
        assumed.note("traffic.tokens.output", 0, "one pass over the prompt a request, as an embedding or a score takes")
        answer = None
    return Demand(
        mean=mean,
        peak=rate.peak if rate.peak is not None else mean * peak_factor,
        prompt=_spread(prompt, "traffic.tokens.input.p95", assumed) if prompt else one,
        answer=_spread(answer, "traffic.tokens.output.p95", assumed) if answer else one,
        concurrency=declared,
        prefix_hit=assumed.number("traffic.prefix_cache_hit", part.traffic.prefix_cache_hit) if language else 0.0,
        hours=assumed.number("traffic.hours_per_day", hours),
        objectives=_objectives(part),
        growth=_growth(part, assumed),
        target=part.hardware.target_utilisation or 1.0,
    )


def batch_load(job: BatchPart | None) -> tuple[float, float] | None:
    """Rows a second while a batch runs, and the hours a day that it does (once a day, where nothing else is said); None
    where no batch with its rows and its window is declared."""
    if job is None or not job.rows:
        return None
    window = job.window_hours or (job.window_minutes or 0.0) / 60
    if window <= 0:
        return None
    runs = runs_a_month(job.every or "daily")
    busy = window * (runs if runs else HOURS_A_MONTH / 24) * 24 / HOURS_A_MONTH
    return job.rows / (window * 3600), min(24.0, busy)


def _spread(part: PercentilesPart, key: str, assumed: Assumptions) -> Spread:
    median = part.p50 or 1.0
    upper = part.p95 or part.p99
    if upper is None:
        upper = median * assumed.number(key, None)
    return Spread(median, max(median, upper))


def _objectives(part: WorkloadPart) -> Objectives:
    slo = part.slo
    whole = slo.e2e_s_p95
    if whole is None and slo.e2e_ms_p95 is not None:
        whole = slo.e2e_ms_p95 / 1000
    return Objectives(
        None if slo.ttft_ms_p95 is None else slo.ttft_ms_p95 / 1000,
        None if slo.tpot_ms_p95 is None else slo.tpot_ms_p95 / 1000,
        whole,
    )


def _growth(part: WorkloadPart, assumed: Assumptions) -> Growth:
    rate = part.growth.per_month
    expected = assumed.number("growth.per_month.expected", rate.expected if rate else None)
    low = rate.low if rate and rate.low is not None else expected * assumed.number("growth.per_month.low", None)
    high = rate.high if rate and rate.high is not None else expected * assumed.number("growth.per_month.high", None)
    return Growth(low, expected, high, assumed.whole("growth.horizon_months", part.growth.horizon_months))
