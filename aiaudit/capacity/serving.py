"""Memory of one GPU that serves a decoder: weights, engine overhead, working set, and what is left for the cache.

The identity `pool = utilisation × visible − weights / tp − working set − context` holds in the vLLM logs.
The working set's law, 9.7 × sequences × vocabulary × 4 bytes, is the sampler's (fp32 logits and their copies): it was
fitted on four H100 logs and tested on others (see `selfcheck`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit.capacity.architecture import Architecture, Cache
from aiaudit.capacity.tables import GIB, Gpu, UnknownName, table
from aiaudit.capacity.terms import Sum, Term, total

_SAMPLER_BAND: Final = 0.25  # of the law, over the logs it was not fitted on


class Setting(Struct, frozen=True):
    """How the engine runs. None: the engine's default, which is then an assumption.

    `tokens`: tokens in flight in one prefill step; without chunking the longest prompt.
    """

    engine: str = "vllm"
    tensor_parallel: int = 1
    utilisation: float | None = None
    max_num_seqs: int | None = None
    tokens: int | None = None
    max_model_len: int | None = None
    version: str = ""  # of the engine; empty: what holds for most


class Budget(Struct, frozen=True):
    """One GPU's memory. `used`: everything but the cache; `pool`: bytes left for it, as expected."""

    visible: int
    usable: int
    used: Sum
    pool: int
    max_num_seqs: int
    assumptions: tuple[str, ...]


def engine_law(name: str, version: str = "") -> Mapping[str, Any]:
    """The row of an engine, with what its version changes. Raises `UnknownName`."""
    rows: Mapping[str, Any] = table("engines")["engines"]
    known = {"trtllm": "trt-llm", "tensorrt-llm": "trt-llm", "hf": "transformers", "llamacpp": "llama.cpp"}
    wanted = known.get(name.lower(), name.lower())
    if wanted not in rows:
        from difflib import get_close_matches

        near = get_close_matches(wanted, list(rows), n=1, cutoff=0.75)
        raise UnknownName(f"no engine {name!r}; {f'near: {near[0]}' if near else 'known: ' + ', '.join(rows)}")
    row: Mapping[str, Any] = rows[wanted]
    for part in row.get("versions", ()):
        if version_within(version, part.get("since", ""), part.get("before", "")):
            return {**row, **part}
    return row


def version_within(version: str, since: str = "", before: str = "") -> bool:
    """Whether a version lies in a range: `0.8.5` before `0.21`. False where it is no version."""
    from packaging.version import InvalidVersion, Version

    try:
        own = Version(version)
        return (not since or own >= Version(since)) and (not before or own < Version(before))
    except InvalidVersion:
        return False


def budget(
    shape: Architecture, weights: Term, gpu: Gpu, setting: Setting, law: Mapping[str, Any] | None = None
) -> Budget:
    """What one of `tensor_parallel` equal GPUs holds, and what is left for the cache. `law`: instead of the table's."""
    law = engine_law(setting.engine, setting.version) if law is None else law
    ranks = max(1, setting.tensor_parallel)
    assumed: list[str] = []
    share, default = utilisation(setting, law)
    assumed += default
    sequences = setting.max_num_seqs
    if sequences is None:
        sequences = _default_sequences(law, gpu)
        assumed.append(f"max_num_seqs {sequences}: {setting.engine}'s default on {gpu.name}")
    usable = round(gpu.visible * share)
    terms = [weights.times(1 / ranks, f"/ {ranks} ranks") if ranks > 1 else weights]
    terms.append(_working_set(shape, law, setting, sequences, ranks, weights))
    context = _by_ranks(law["non_torch_gib"], ranks) * GIB
    terms.append(Term.within("context", context, 0.3, "context and communication, a rank", law["source"], ranks=ranks))
    graphs = law["graphs_gib"]
    low, expected, high = (round(graphs[k] * GIB) for k in ("low", "expected", "high"))
    apart = "" if graphs_inside(law) else ", beside what the engine may use"
    captured = Term("graphs", low, expected, high, f"captured graphs{apart}", {}, law["source"])
    used = total(terms)
    # vLLM before 0.21 captures graphs after it has sized the pool, out of what utilisation leaves; others within it.
    inside = total([*terms, captured]) if graphs_inside(law) else used
    return Budget(
        gpu.visible,
        usable,
        total([*terms, captured]),
        usable - inside.expected,
        sequences,
        tuple(assumed),
    )


def utilisation(setting: Setting, law: Mapping[str, Any]) -> tuple[float, tuple[str, ...]]:
    """The share of the memory that the engine may use, and the assumption where it is the engine's default."""
    if setting.utilisation is not None:
        return setting.utilisation, ()
    share = float(law["utilisation"])
    return share, (f"memory utilisation {share:g}: {setting.engine}'s default{_of_version(law, setting)}",)


def graphs_inside(law: Mapping[str, Any]) -> bool:
    """Whether captured graphs count against the engine's share."""
    return bool(law.get("graphs_inside", True))


def _of_version(law: Mapping[str, Any], setting: Setting) -> str:
    """That a default is one of several, where the version is not declared."""
    firsts = [part["since"] for part in law.get("versions", ()) if "since" in part]
    return f" before {firsts[0]} (engine_version is not declared)" if firsts and not setting.version else ""


def cache_of(cached: Cache, tokens: int, element: float, block: int, ranks: int) -> float:
    """Bytes of one sequence's cache on one rank: whole pages of `block` tokens."""
    paged = -(-tokens // block) * block
    return cached.elements(paged) * element * cached.split(ranks)


def sequences_that_fit(pool: int, cached: Cache, tokens: int, element: float, block: int, ranks: int) -> int:
    """How many sequences of `tokens` tokens the pool holds at once."""
    one = cache_of(cached, tokens, element, block, ranks)
    return max(0, int(pool // one)) if one > 0 else 0


def _working_set(
    shape: Architecture, law: Mapping[str, Any], setting: Setting, sequences: int, ranks: int, weights: Term
) -> Term:
    if "flat_gib" in law:
        flat = law["flat_gib"] * GIB + 0.05 * weights.expected / ranks
        return Term.within("working set", flat, 0.5, "2.3 GiB + 5 % of the weights", law["source"])
    tokens = setting.tokens or int(law.get("max_num_batched_tokens", law.get("compute_batch", 0)))
    if setting.tokens is None and setting.max_model_len is not None:
        whole = law.get("whole_prompts", False)
        tokens = setting.max_model_len if whole else min(tokens, setting.max_model_len) or tokens
    block = tokens * 2 * (3 * shape.inner / ranks + 2 * shape.hidden)
    if "sampler_factor" in law:
        factor = float(law["sampler_factor"])
        sampler = factor * sequences * shape.vocabulary * 4
        if sampler >= block:
            return Term.within(
                "working set",
                sampler,
                _SAMPLER_BAND,
                f"{factor:g} × {sequences} sequences × {shape.vocabulary:,} words × 4",
                law["source"],
                sequences=sequences,
                vocabulary=shape.vocabulary,
            )
    elif "compute_batch" in law:
        block = max(block, tokens * shape.vocabulary * 4.0)
    return Term.within(
        "working set",
        block,
        _SAMPLER_BAND,
        f"{tokens:,} tokens × 2 × (3 × {shape.inner:,} / {ranks} + 2 × {shape.hidden:,})",
        "the widest block of a prefill step",
        tokens=tokens,
    )


def _default_sequences(law: Mapping[str, Any], gpu: Gpu) -> int:
    rule = law.get("max_num_seqs")
    if rule is None:
        return 256
    if isinstance(rule, int):
        return rule
    large = gpu.memory >= rule["large_from_gib"] * GIB and not any(gpu.name.startswith(n) for n in rule["not_on"])
    return int(rule["large"] if large else rule["other"])


def _by_ranks(row: Mapping[int, float], ranks: int) -> float:
    return float(row[max(known for known in row if known <= ranks)])
