"""The smallest changes that make a setup fit and meet its objectives: each candidate is run through the whole model.

Single changes and pairs, triples only where none of those is enough. What works is ordered by what it costs a month;
where no price is known, by the bandwidth bought over the present, which stands in for it; then by the number of
changes and the risk to quality.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity.demand import Demand
from aiaudit.capacity.fit import Fit, fit
from aiaudit.capacity.latency import Service, impossible, misses, service
from aiaudit.capacity.refused import refused
from aiaudit.capacity.setup import Setup
from aiaudit.capacity.sizing import ROUNDING, bears, sized
from aiaudit.capacity.tables import Gpu, gpu_named, weight_format

MOST: Final = 4  # fixes shown
HOURS_A_MONTH: Final = 730
_GPUS: Final = ("L4", "A10G", "L40S", "A100-SXM4-80GB", "H100-SXM5-80GB", "H200-SXM-141GB", "B200-SXM", "MI300X")
_KV_FP8: Final = ("vllm", "sglang", "trt-llm")
_COPIES: Final = (1.0, 1.25, 1.5, 2.0, 3.0)  # times the copies that the load needs
_ROOM: Final = 1.2  # a context may be cut to what requests of the 95th percentile need, and a fifth


class Rents(Struct, frozen=True):
    """What an hour of a GPU costs, by its name, and whether that price is illustrative; None: not known."""

    currency: str
    hour: Callable[[str], tuple[float, bool] | None]


class Change(Struct, frozen=True):
    """One lever. `text` may name `{replicas}`; `risk`: to the quality of answers, 0 none … 2 must be evaluated."""

    lever: str
    text: str
    apply: Callable[[Setup], Setup]
    risk: int = 0


class Fix(Struct, frozen=True):
    """Changes that work together, and what they lead to. `monthly`: money for all its GPUs, None where no price is
    known; `now`: the same of the present setup."""

    changes: tuple[Change, ...]
    setup: Setup
    fit: Fit
    service: Service | None
    bought: float  # GPU bandwidth over the present one's
    monthly: float | None = None
    now: float | None = None
    currency: str = ""
    illustrative: bool = False

    @property
    def text(self) -> str:
        return "; ".join(change.text.format(replicas=self.setup.replicas) for change in self.changes)

    @property
    def risk(self) -> int:
        return max(change.risk for change in self.changes)


def works(setup: Setup, demand: Demand) -> tuple[Fit, Service | None] | None:
    """Fit and speed, where the one suffices and the other meets every objective; else None."""
    found = fit(setup, demand)
    if found.verdict not in ("yes", "tight") or refused(setup, demand):
        return None
    speed = service(setup, demand, found.limit)
    if speed is not None and (misses(speed, demand) or impossible(speed, demand)):
        return None
    return found, speed


def fixes(setup: Setup, demand: Demand, rents: Rents | None = None) -> tuple[Fix, ...]:
    """The cheapest fixes, the best first; none where the setup works, or where nothing does."""
    if setup.model.shape is None or works(setup, demand):
        return ()
    levers = list(_levers(setup, demand))
    now, _ = _monthly(setup, setup, rents)
    found: list[Fix] = []
    for size in (1, 2, 3):
        if size == 3 and found:
            break
        for group in combinations(levers, size):
            if len({change.lever for change in group}) < size:
                continue
            changed = _changed(setup, group, demand)
            bought = _bandwidth(changed, setup) / max(1.0, _bandwidth(setup, setup))
            monthly, illustrative = _monthly(changed, setup, rents)
            if any(set(one.changes) < set(group) and _no_dearer(one, monthly, bought) for one in found):
                continue  # a part of these changes is enough, and no dearer
            if (result := works(changed, demand)) is not None:
                currency = rents.currency if rents else ""
                found.append(Fix(group, changed, *result, bought, monthly, now, currency, illustrative))
    return _best(found)


def _changed(setup: Setup, group: tuple[Change, ...], demand: Demand) -> Setup:
    """The setup after all changes. A measured output is of the present setup alone; replicas that nobody declares
    follow what the changes make of each."""
    levers = {change.lever for change in group}
    changed = setup if levers <= {"replicas"} else replace(setup, tokens_per_second=None)
    for change in group:
        changed = change.apply(changed)
    return changed if "replicas" in levers else sized(changed, demand)


def _monthly(changed: Setup, present: Setup, rents: Rents | None) -> tuple[float | None, bool]:
    """Money a month for the GPUs that would be paid for, and whether its price is illustrative."""
    same = changed.gpu.name == present.gpu.name
    hour, illustrative = (present.price, False) if same else (None, False)
    if hour is None and rents is not None and not present.processor:
        hour, illustrative = rents.hour(changed.gpu.name) or (None, False)
    return (None if hour is None else _paid(changed, present) * hour * HOURS_A_MONTH), illustrative


def _no_dearer(one: Fix, monthly: float | None, bought: float) -> bool:
    if one.monthly is not None and monthly is not None:
        return one.monthly <= monthly
    return one.bought <= bought


def _best(found: list[Fix]) -> tuple[Fix, ...]:
    """By cost, and only one for each set of levers."""
    found.sort(key=_cost)
    seen: set[tuple[str, ...]] = set()
    kept = []
    for one in found:
        levers = tuple(change.lever for change in one.changes)
        if levers not in seen:
            seen.add(levers)
            kept.append(one)
    return tuple(kept[:MOST])


def _bandwidth(changed: Setup, present: Setup) -> float:
    return _paid(changed, present) * changed.gpu.bandwidth


def _paid(changed: Setup, present: Setup) -> int:
    """GPUs that would be paid for: those that are there already are, used or not."""
    there = (present.available or 0) if changed.gpu.name == present.gpu.name else 0
    return max(changed.gpus, there)


def _cost(one: Fix) -> tuple[bool, float, float, int, float]:
    money = 0.0 if one.monthly is None else round(one.monthly, 2)
    return (one.monthly is None, money, round(one.bought, 1), len(one.changes) + one.risk, one.fit.share)


def _levers(setup: Setup, demand: Demand) -> Iterator[Change]:
    engine = setup.engine
    have = setup.model.form.whole or setup.model.form.linear
    for name, risk in (("fp8", 1), ("awq-int4", 2)):
        form = weight_format(name)
        if form.linear < have and setup.model.form.name != "mxfp4":
            yield Change("weights", f"weights in {name}", _quantise(name), risk)
    if setup.kv_type in ("auto", "bf16", "fp16", "") and engine in _KV_FP8:
        yield Change("cache", "cache in fp8", lambda s: replace(s, kv_type="fp8"), 1)
    need = math.ceil(demand.prompt.p95 + demand.answer.p95)
    if setup.max_model_len is not None and setup.max_model_len > _ROOM * need:
        shorter = math.ceil(need * _ROOM / 256) * 256
        yield Change("context", f"max_model_len {shorter:,}", lambda s: replace(s, max_model_len=shorter))
    elif setup.max_model_len is not None and setup.max_model_len < need:
        most = setup.model.shape.context if setup.model.shape else None
        longer = math.ceil(need / 256) * 256
        if most is None or longer <= most:
            yield Change("context", f"max_model_len {longer:,}", lambda s: replace(s, max_model_len=longer))
    for sequences in (64, 128, 256):
        if engine == "vllm" and (setup.max_num_seqs or 1024) > sequences:
            yield Change("batch", f"max_num_seqs {sequences}", _sequences(sequences))
    few = setup.available is not None and setup.gpus > setup.available  # fewer GPUs are there than it is split over
    for tp in (1, 2, 4, 8):
        if (tp > setup.tp or (few and tp < setup.tp)) and (
            setup.model.shape is None or setup.model.shape.attention.heads % tp == 0
        ):
            yield Change("tensor parallel", f"tensor parallel {tp}", _tensor(tp))
    for name in _GPUS:
        gpu = gpu_named(name)
        if gpu.name != setup.gpu.name:
            yield Change("GPU", f"{gpu.name} in place of {setup.gpu.name}", _on(gpu))
    yield from _replicas(demand)


def _replicas(demand: Demand) -> Iterator[Change]:
    """More copies: those that the peak needs on what the other changes make, and more of them for shorter times."""
    known: dict[tuple[object, ...], int] = {}  # what the other changes make is asked about once for each factor

    def needed(s: Setup) -> int:
        made = (s.model.form.name, s.kv_type, s.max_model_len, s.max_num_seqs, s.tp, s.gpu.name)
        if made not in known:
            known[made] = _needed(s, demand)
        return known[made]

    for factor in _COPIES:

        def more(s: Setup, factor: float = factor) -> Setup:
            return _copies(s, max(s.replicas + 1, math.ceil(factor * needed(s))))

        yield Change("replicas", "{replicas} replicas", more)


def _needed(s: Setup, demand: Demand) -> int:
    """Copies that keep the peak within the target utilisation; those that there are, where one cannot serve."""
    memory = fit(s, demand)
    speed = service(s, demand, memory.limit) if memory.serves else None
    each = bears(s, demand, memory, speed)
    return s.replicas if each is None else max(1, math.ceil(demand.peak / each - ROUNDING))


def _copies(s: Setup, copies: int) -> Setup:
    enough = s.available is not None and s.available >= copies * s.ranks
    return replace(s, replicas=copies, available=s.available if enough else None)


def _quantise(name: str) -> Callable[[Setup], Setup]:
    return lambda s: replace(s, model=s.model.quantised(weight_format(name), s.engine))


def _on(gpu: Gpu) -> Callable[[Setup], Setup]:
    return lambda s: replace(s, gpu=gpu, available=None)


def _sequences(most: int) -> Callable[[Setup], Setup]:
    return lambda s: replace(s, max_num_seqs=most)


def _tensor(tp: int) -> Callable[[Setup], Setup]:
    def split(s: Setup) -> Setup:
        copies = s.copies_over(tp)
        enough = (s.available or 0) >= tp * s.pp * copies
        return replace(s, tp=tp, replicas=copies, available=s.available if enough else None)

    return split
