"""Whether a setup's memory suffices: weights, working set, context, graphs and cache of one GPU against what it has."""

from __future__ import annotations

import math
from typing import Final, Literal

from msgspec import Struct

from aiaudit.capacity.demand import Demand
from aiaudit.capacity.encoder import BATCH, Encoder, batch_memory
from aiaudit.capacity.latency import request_times, speed_at, steady_batch
from aiaudit.capacity.serving import (
    Budget,
    budget,
    cache_of,
    engine_law,
    graphs_inside,
    sequences_that_fit,
    utilisation,
)
from aiaudit.capacity.setup import Setup
from aiaudit.capacity.tables import GIB
from aiaudit.capacity.terms import Sum, Term, total

TIGHT: Final = 0.9  # of what the engine may use; above it there is no headroom worth the name
_UNCOUNTED: Final = "; how many there are is not known, nor the speed that would tell it"
FULL: Final = 0.98  # of the speed: at all of it a line never ends
INTERPRETER: Final = 195_000_000  # bytes of a process that has imported scikit-learn (peak resident set, Linux)
Verdict = Literal["yes", "tight", "no", "unknown"]


class Fit(Struct, frozen=True):
    """One GPU's memory at the declared load. `share`: what is needed of what the engine may use.

    `concurrency`: sequences in flight that a replica needs; `holds`: that its cache holds, of expected length;
    `holds_longest`: of the longest length; `pool`: bytes of the cache.
    """

    verdict: Verdict
    reason: str
    terms: Sum
    usable: int
    visible: int
    share: float
    concurrency: float
    holds: int
    holds_longest: int
    pool: int
    limit: int
    beyond: bool = False  # the load is beyond the speed, so that no cache would hold it
    assumed: tuple[str, ...] = ()  # the engine's defaults that were taken
    notes: tuple[str, ...] = ()
    counted: bool = True  # the requests in flight are known, or the cache holds all that the engine takes at once

    @property
    def serves(self) -> bool:
        """Whether a replica can serve at all, if too little: its cache holds the longest sequence."""
        return self.pool > 0 and (self.verdict != "no" or self.holds_longest > 0)


def fit(setup: Setup, demand: Demand) -> Fit:
    """Judge the memory of one GPU of one replica."""
    model = setup.model
    if model.encoder is not None:
        return _encoder(setup, demand, model.encoder)
    if model.classical:
        return _classical(setup)
    if model.shape is None or setup.cache is None:
        return _without_shape(setup)
    one = weights_of_a_rank(setup)
    have = budget(model.shape, one, setup.gpu, setup.setting)
    mean = demand.prompt.mean + demand.answer.mean / 2
    longest = max(1, round(setup.max_model_len or demand.prompt.p95 + demand.answer.p95))
    holds = _holds(setup, have.pool, round(mean))
    limit = max(1, min(holds, have.max_num_seqs))
    needed, beyond = _concurrency(setup, demand, have.max_num_seqs, max(1, holds))
    cached = _cache_term(setup, demand, needed)
    terms = total([*have.used.terms, cached])
    # Graphs are captured outside the engine's share by vLLM: they count against the GPU, not against the share.
    inside = _inside(setup, terms)
    share = inside.expected / have.usable
    fits_one = _holds(setup, have.pool, longest)
    verdict, reason = _judge(setup, have, inside, fits_one, longest)
    if beyond and verdict != "no":
        reason += " at the most that its speed bears: at the declared load waiting requests fill any cache"
    counted = flight_known(setup, demand) or holds >= have.max_num_seqs
    if verdict != "no" and not flight_known(setup, demand):
        reason += " with one request in flight"
        reason += f", and room for the {have.max_num_seqs} that the engine takes at once" if counted else _UNCOUNTED
    return Fit(
        verdict, reason, terms, have.usable, have.visible, share, needed, holds, fits_one, max(0, have.pool), limit,
        beyond, have.assumptions, _notes(setup, have), counted,
    )  # fmt: skip


def flight_known(setup: Setup, demand: Demand) -> bool:
    """Whether the number of requests in flight is declared, or follows from the speed."""
    return demand.concurrency is not None or speed_at(setup, demand, 1) is not None


def weights_of_a_rank(setup: Setup) -> Term:
    """The weights that `budget` divides by the ranks: experts that expert parallelism spreads count once a group."""
    term, count = setup.model.weights, setup.model.count
    if setup.ep <= 1 or count is None or not count.experts:
        return term
    bits = setup.model.form
    experts = count.experts * (bits.whole or bits.experts) / 8
    share = min(1.0, experts / term.expected)
    # `ep` ranks hold the experts between them; tensor parallelism divides the rest, and `budget` divides by the ranks
    factor = (1 - share) + share * setup.ranks / max(setup.ep, setup.ranks)
    return term.times(factor, f"with experts spread over {setup.ep} ranks")


def _inside(setup: Setup, terms: Sum) -> Sum:
    if graphs_inside(engine_law(setup.engine, setup.version)):
        return terms
    return total(term for term in terms.terms if term.name != "graphs")


def _judge(setup: Setup, have: Budget, inside: Sum, fits_one: int, longest: int) -> tuple[Verdict, str]:
    if setup.available is not None and setup.gpus > setup.available:
        return "no", f"{setup.gpus} GPUs are needed, {setup.available} are declared or there"
    short = inside.expected - have.usable
    if have.pool <= 0:
        return "no", f"weights and overhead alone exceed what the engine may use by {-have.pool / GIB:.1f} GiB a GPU"
    if fits_one < 1:
        return "no", f"the cache cannot hold one sequence of {longest:,} tokens"
    if short > 0:
        return "no", f"{short / GIB:.1f} GiB a GPU are missing for the requests in flight"
    room = 1 - inside.expected / have.usable
    if inside.expected > TIGHT * have.usable:
        return "tight", f"{100 * room:.0f} % headroom"
    if inside.high > have.usable:
        return "tight", f"{100 * room:.0f} % headroom expected, none in the worst case"
    return "yes", f"{100 * room:.0f} % headroom"


def _concurrency(setup: Setup, demand: Demand, most: int, holds: int) -> tuple[float, bool]:
    """Requests in flight in one replica: as declared, else by Little's law at the peak.

    A load beyond the speed of the GPUs (then True) fills any cache: memory is judged by the greatest load that is
    planned for, and the declared one is told as a matter of speed."""
    if demand.concurrency is not None:
        return min(most, max(1.0, demand.concurrency / setup.replicas)), False
    if speed_at(setup, demand, 1) is None:
        return 1.0, False
    found = steady_batch(setup, demand, demand.peak / setup.replicas, most)
    if found < 0.99 * most:
        return found, False
    limit = min(most, holds)
    rate = min(demand.target, FULL) * limit / request_times(setup, demand, limit)[0][-1]
    return min(steady_batch(setup, demand, rate, limit), float(holds)), True


def _cache_term(setup: Setup, demand: Demand, sequences: float) -> Term:
    """Σ of so many lengths: n · mean ± 2 · √n · deviation; the high value takes whole answers as written."""
    cached = setup.cache
    assert cached is not None
    one, many = setup.element, math.ceil(sequences)
    length = demand.prompt.mean + demand.answer.mean / 2
    spread = 2 * math.sqrt(many) * math.hypot(demand.prompt.deviation, demand.answer.deviation) / many
    block = setup.block

    def of(tokens: float) -> float:
        size = max(1, round(tokens))
        return many * cache_of(cached, size, one, block, setup.tp) / setup.pp

    low = of(max(demand.prompt.p50, length - spread))
    high = of(demand.prompt.mean + demand.answer.mean + spread)
    expected = of(length)
    per_token = cached.per_token * one * cached.split(setup.tp) / setup.pp
    fixed = cached.per_sequence * one * cached.split(setup.tp) / setup.pp
    held = "1 sequence" if many == 1 else f"{many} sequences"
    window = f", {cached.window:,} of {cached.per_window_token * one:,.0f} B in a window" if cached.window else ""
    return Term(
        "cache",
        round(min(low, expected)),
        round(expected),
        round(max(high, expected)),
        f"{held} × {length:,.0f} tokens in pages of {block} × {per_token:,.0f} B{window}"
        + (f" + {fixed:,.0f} B a sequence" if fixed else ""),
        {"sequences": many, "tokens": round(length), "bytes_per_token": round(per_token), "fixed": round(fixed)},
        f"shape of {setup.model.name}, cache in {setup.kv_type}",
    )


def _holds(setup: Setup, pool: int, tokens: int) -> int:
    cached = setup.cache
    if cached is None or pool <= 0:
        return 0
    return sequences_that_fit(pool * setup.pp, cached, max(1, tokens), setup.element, setup.block, setup.tp)


def _encoder(setup: Setup, demand: Demand, encoder: Encoder) -> Fit:
    """An encoder's weights, its batch, and the engine around them; sequences wait for the next batch."""
    law = engine_law(setup.engine, setup.version)
    share, default = utilisation(setup.setting, law)
    usable = round(setup.gpu.visible * share)
    batch = setup.max_num_seqs or BATCH
    assumed = () if setup.max_num_seqs else (f"serving.max_batch: {BATCH} (sentence-transformers' default)",)
    tokens = max(1, min(encoder.context, math.ceil(demand.prompt.p95)))
    context = Term.within("context", law["non_torch_gib"][1] * GIB, 0.3, "context", law["source"])
    terms = total([setup.model.weights, batch_memory(encoder, batch, tokens), context])
    verdict: Verdict = "no" if terms.expected > usable else "tight" if terms.high > TIGHT * usable else "yes"
    room = f"{100 * (1 - terms.expected / usable):.0f} % headroom"
    reason = room if verdict != "no" else f"{(terms.expected - usable) / GIB:.1f} GiB are missing"
    return Fit(
        verdict, reason, terms, usable, setup.gpu.visible, terms.expected / usable, batch, batch, batch,
        max(0, usable - terms.expected), batch, assumed=(*default, *assumed), notes=setup.model.notes,
    )  # fmt: skip


def _classical(setup: Setup) -> Fit:
    """A model by its file: each process of a replica holds a copy, and the interpreter with its libraries. What a
    load test measured goes before it."""
    if setup.peak is not None:
        terms = total([Term.within("processes", setup.peak, 0.1, "peak of all processes", "serving.load_test.memory")])
    else:
        count = setup.processes
        each = f"× {count} processes" if count > 1 else ""
        runtime = Term.within("context", INTERPRETER, 0.5, "interpreter with numpy and scikit-learn", "measured by us")
        terms = total([setup.model.weights.times(count, each), runtime.times(count, each)])
    usable = setup.gpu.visible
    verdict: Verdict = "no" if terms.expected > usable else "tight" if terms.high > TIGHT * usable else "yes"
    room = f"{100 * (1 - terms.expected / usable):.0f} % headroom"
    if verdict == "no":
        reason = f"{(terms.expected - usable) / 1e6:,.0f} MB are missing"
    elif verdict == "tight" and terms.high > usable:
        reason = f"{room} expected, none in the worst case"
    else:
        reason = room
    share = terms.expected / usable
    notes = () if setup.peak is not None else setup.model.notes
    return Fit(verdict, reason, terms, usable, usable, share, 1, 1, 1, 0, 1, notes=notes)


def _without_shape(setup: Setup) -> Fit:
    """Only the weights are known: they must fit, and nothing can be said of the rest but what is flat."""
    weights = setup.model.weights.times(1 / setup.ranks, f"/ {setup.ranks} ranks" if setup.ranks > 1 else "")
    share, default = utilisation(setup.setting, engine_law(setup.engine, setup.version))
    usable = round(setup.gpu.visible * share)
    verdict: Verdict = "no" if weights.low > usable else "unknown"
    reason = (
        f"the weights alone exceed what there is by {(weights.low - usable) / GIB:.1f} GiB a GPU"
        if verdict == "no"
        else "the model's shape is not known, so its cache cannot be told"
    )
    sums = total([weights])
    share = weights.expected / usable
    return Fit(
        verdict, reason, sums, usable, setup.gpu.visible, share, 1, 0, 0, 0, 1, assumed=default,
        notes=setup.model.notes,
    )  # fmt: skip


def _notes(setup: Setup, have: Budget) -> tuple[str, ...]:
    said = list(setup.model.notes)
    if setup.available is not None and setup.available > setup.gpus:
        are = "is" if setup.gpus == 1 else "are"
        said.append(f"{setup.gpus} of {setup.available} GPUs {are} used: more replicas would cost nothing")
    if setup.engine == "vllm":
        share = have.usable / have.visible
        said.append(
            f"vLLM takes {100 * share:.0f} % of the GPU at start, whatever the load:"
            " what is not weights and overhead becomes the cache"
        )
    cached = setup.cache
    if cached and setup.tp > cached.kv_heads and not cached.replicated:
        said.append(f"{setup.tp} ranks share {cached.kv_heads} key/value heads: they are copied, not split")
    if cached and cached.replicated and setup.tp > 1:
        said.append("the latent cache is held whole on every rank: more ranks do not make room for more of it")
    if setup.ranks > 1 and not setup.gpu.linked:
        said.append(f"{setup.gpu.name} has no direct links: {setup.ranks} ranks talk over PCIe, so measure the speed")
    if setup.tp > 1:
        said.append("the smallest pool of all ranks counts: the rank that gathers the logits has the least")
    return tuple(said)
