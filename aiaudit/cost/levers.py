"""What would make it cheaper: each lever changes the inputs, and the changed workload runs through the same model.

A saving is a month's mean over the horizon, in closed form. Shares that a lever assumes (how much of a prompt repeats,
how many questions return) are named in its text: they are to be measured before anyone counts on the money.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from statistics import NormalDist
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity.demand import Spread
from aiaudit.capacity.tables import UnknownName, weight_format
from aiaudit.cost.inputs import Api, Hosting, Inputs, Rate
from aiaudit.cost.projection import expected

Effort = Literal["S", "M", "L"]
Risk = Literal["none", "low", "medium", "high"]
CACHED: Final = 0.6  # of a prompt's tokens: instructions, tools and examples that stay the same
WRITTEN: Final = 0.05  # of a prompt's tokens, where writing has a price of its own
BATCHED: Final = 0.3  # of the requests, which nobody waits for
ROUTED: Final = Decimal("0.5")  # of the requests, which the smaller model answers well
TRIMMED: Final = 0.7  # of the prompt that is left after fewer and shorter passages
REPEATED: Final = 0.2  # of the questions, whose meaning was asked before
LORA_SHARE: Final = 0.33  # of a full run's GPU hours
DRIFT_SHARE: Final = 0.5  # of the runs by calendar
COMMITTED: Final = Decimal("0.3")  # off the hour, for a year, where no commitment's price is known
BUSIER: Final = 0.85  # of a replica's throughput
KEPT_MONTHS: Final = 6
CAP: Final = 2.0  # times the median answer


class Lever(Struct, frozen=True):
    """One way to save. `saved` is money a month, the mean over the horizon; `share` of what is paid."""

    key: str
    text: str
    saved: float
    share: float
    effort: Effort
    risk: Risk
    inputs: Inputs


class _Idea(Struct, frozen=True):
    key: str
    text: str
    effort: Effort
    risk: Risk
    apply: Callable[[Inputs], Inputs | None]


def levers(inputs: Inputs) -> tuple[Lever, ...]:
    """Those that save anything, the largest saving first; ties by effort, then by name."""
    before = math.fsum(expected(inputs)) / inputs.months
    found = []
    for idea in (*_api_ideas(inputs), *_hosting_ideas(inputs), *_other_ideas(inputs)):
        changed = idea.apply(inputs)
        if changed is None:
            continue
        saved = before - math.fsum(expected(changed)) / changed.months
        if saved > 0.005:
            found.append(Lever(idea.key, idea.text, saved, saved / before, idea.effort, idea.risk, changed))
    return tuple(sorted(found, key=lambda one: (-round(one.saved, 6), "SML".index(one.effort), one.key)))


def _api_ideas(inputs: Inputs) -> Iterator[_Idea]:
    api, load = inputs.api, inputs.load
    if api is None or load.prompt is None or load.answer is None:
        return

    def with_api(changed: Api) -> Callable[[Inputs], Inputs]:
        return lambda one: replace(one, api=changed)

    rates = api.price.tiers[0][1]
    if rates.cache_read is not None and rates.cache_read < rates.input and api.cache_read < CACHED:
        paid = WRITTEN if rates.cache_write is not None else 0.0
        written = min(max(api.cache_write, paid), 1 - CACHED)
        text = f"prompt caching: {100 * CACHED:.0f} % of the prompt read from the provider's cache"
        yield _Idea("prompt-cache", text, "S", "none", with_api(replace(api, cache_read=CACHED, cache_write=written)))
    if api.price.batch is not None and api.batch_share < BATCHED:
        text = f"batch interface for {100 * BATCHED:.0f} % of the requests"
        yield _Idea("batch", text, "M", "low", with_api(replace(api, batch_share=BATCHED)))
    if api.routed is None:
        from aiaudit.cost.api_prices import cheaper

        smaller = cheaper(api.price.provider, api.price, inputs.as_of, Decimal("0.34")) if api.price.provider else None
        if smaller is not None:
            text = f"{100 * ROUTED:.0f} % of the requests routed to {smaller.model}; compare its answers first"
            yield _Idea("route", text, "M", "high", with_api(replace(api, routed=(float(ROUTED), smaller))))
    capped = mean_below(load.answer, load.answer.p50 * CAP)
    if capped < load.answer.mean:
        shorter = _of_mean(capped)
        text = f"output capped at {load.answer.p50 * CAP:,.0f} tokens, twice the median"
        yield _Idea("output-cap", text, "S", "medium", lambda one: replace(one, load=replace(one.load, answer=shorter)))
    less = Spread(load.prompt.p50 * TRIMMED, load.prompt.p95 * TRIMMED)
    text = f"prompts trimmed by {100 * (1 - TRIMMED):.0f} %: fewer and shorter passages"
    yield _Idea("trim", text, "M", "medium", lambda one: replace(one, load=replace(one.load, prompt=less)))
    text = f"semantic cache that answers {100 * REPEATED:.0f} % of the questions"
    yield _Idea("semantic-cache", text, "M", "medium", lambda one: _fewer(one, 1 - REPEATED))


def _fewer(inputs: Inputs, share: float) -> Inputs:
    load = replace(inputs.load, mean=inputs.load.mean * share, peak=inputs.load.peak * share)
    return replace(inputs, load=load)


def _of_mean(mean: float) -> Spread:
    return Spread(mean, mean)


def mean_below(spread: Spread, cap: float) -> float:
    """E[min(X, cap)] of a log-normal size."""
    if spread.sigma == 0:
        return min(spread.p50, cap)
    normal = NormalDist()
    distance = math.log(cap / spread.p50) / spread.sigma
    return spread.mean * normal.cdf(distance - spread.sigma) + cap * (1 - normal.cdf(distance))


def _hosting_ideas(inputs: Inputs) -> Iterator[_Idea]:
    hosting, load = inputs.hosting, inputs.load
    if hosting is None:
        return

    def with_hosting(changed: Hosting) -> Callable[[Inputs], Inputs]:
        return lambda one: replace(one, hosting=changed)

    if hosting.rate is not None:
        for form, effort, risk in (("fp8", "S", "medium"), ("awq-int4", "M", "high")):
            if (quicker := _quantised(hosting, form)) is not None:
                yield _Idea(f"quantise-{form}", f"weights in {form}", effort, risk, with_hosting(quicker))  # type: ignore[arg-type]
        if hosting.target < BUSIER:
            busier, now = f"{100 * BUSIER:.0f} %", f"{100 * hosting.target:.0f} %"
            text = f"replicas planned for {busier} of their throughput in place of {now}"
            yield _Idea("busier", text, "S", "medium", with_hosting(replace(hosting, target=BUSIER)))
        if hosting.needed(load.peak) > replace(hosting, floor=2).needed(load.peak):
            text = "as many replicas as the peak needs, and two for availability"
            yield _Idea("right-size", text, "S", "low", with_hosting(replace(hosting, floor=2)))
        if not hosting.autoscale:
            few = replace(hosting, autoscale=True, floor=min(hosting.floor, 2))
            yield _Idea(
                "autoscale", f"replicas follow the load, at least {few.floor}", "M", "medium", with_hosting(few)
            )
        none = replace(hosting, autoscale=True, floor=0)
        if load.hours < 24:
            text = "replicas follow the load, none outside its hours"
            yield _Idea("scale-to-zero", text, "M", "medium", with_hosting(none))
    if hosting.pricing == "on-demand" and not hosting.autoscale:
        committed = replace(hosting, pricing="commit", price=hosting.price.times(1 - COMMITTED))
        text = f"hours committed for a year, {100 * COMMITTED:.0f} % off (ask for the provider's figure)"
        yield _Idea("commit", text, "S", "medium", with_hosting(committed))


def _quantised(hosting: Hosting, form: str) -> Hosting | None:
    """The same replica with smaller weights, through fit and speed again; None where it is no smaller or unknown."""
    setup, demand = hosting.setup, hosting.demand
    if setup is None or demand is None or hosting.fit is None or setup.model.shape is None:
        return None
    from aiaudit.capacity.fit import fit
    from aiaudit.capacity.latency import service
    from aiaudit.capacity.sizing import filled_at

    try:
        wanted = weight_format(form)
    except UnknownName:
        return None
    present = setup.model.form
    if wanted.linear >= (present.whole or present.linear) or present.name == "mxfp4":
        return None
    changed = replace(setup, model=setup.model.quantised(wanted, setup.engine), tokens_per_second=None)
    memory = fit(changed, demand)
    speed = service(changed, demand, memory.limit) if memory.verdict in ("yes", "tight") else None
    if speed is None or speed.capacity.expected <= 0:
        return None
    low, usual = speed.capacity.low / setup.replicas, speed.capacity.expected / setup.replicas
    rate = Rate(low, usual, min(speed.capacity.bound / setup.replicas, 2 * usual - low))
    return replace(hosting, setup=changed, fit=memory, rate=rate, filled=filled_at(demand, memory))


def _other_ideas(inputs: Inputs) -> Iterator[_Idea]:
    runs = inputs.training
    if any(run.spot and run.spot.amount < run.price.amount for run in runs):
        cheap = tuple(
            replace(run, price=run.spot) if run.spot and run.spot.amount < run.price.amount else run for run in runs
        )
        text = "spot hours for training, with checkpoints"
        yield _Idea("spot", text, "M", "low", lambda one: replace(one, training=cheap))
    if any(run.method == "full" for run in runs):
        light = tuple(
            replace(run, method="lora", gpu_hours=run.gpu_hours * LORA_SHARE) if run.method == "full" else run
            for run in runs
        )
        text = f"LoRA in place of full fine-tuning, {100 * LORA_SHARE:.0f} % of the GPU hours"
        yield _Idea("lora", text, "M", "medium", lambda one: replace(one, training=light))
    if any(run.runs > 0 for run in runs):
        rare = tuple(replace(run, runs=run.runs * DRIFT_SHARE) for run in runs)
        text = f"retraining on drift in place of the calendar, {100 * DRIFT_SHARE:.0f} % of the runs"
        yield _Idea("drift", text, "M", "low", lambda one: replace(one, training=rare))
    store = inputs.storage
    if store is not None and store.added and (store.retention is None or store.retention > KEPT_MONTHS):
        short = replace(store, retention=KEPT_MONTHS)
        text = f"added data deleted after {KEPT_MONTHS} months"
        yield _Idea("lifecycle", text, "S", "low", lambda one: replace(one, storage=short))
