"""What an engine refuses to serve, whatever the memory and the speed: requests beyond the context, heads that the ranks
do not divide."""

from __future__ import annotations

from typing import Final

from aiaudit.capacity.demand import Demand
from aiaudit.capacity.setup import Setup

_EVEN_HEADS: Final = ("vllm", "sglang", "trt-llm")  # they stop at the start where ranks do not divide the heads


def refused(setup: Setup, demand: Demand) -> tuple[str, ...]:
    """One sentence each; nothing where the engine takes the requests of median size."""
    shape = setup.model.shape
    if shape is None:
        return ()
    said = []
    heads = shape.attention.heads
    if setup.engine in _EVEN_HEADS and heads % setup.tp:
        said.append(f"{setup.engine} splits no {heads} attention heads over {setup.tp} ranks: tp has to divide them")
    most, what = _context(setup)
    usual = round(demand.prompt.p50 + demand.answer.p50)
    if most is not None and usual > most:
        said.append(f"requests of {usual:,} tokens, the median, are longer than {what}: an engine refuses them")
    return tuple(said)


def unheard(setup: Setup, demand: Demand) -> tuple[str, ...]:
    """That the longest requests are refused or cut, where the usual ones are not."""
    most, what = _context(setup)
    longest = round(demand.prompt.p95 + demand.answer.p50)
    if most is None or longest <= most or demand.prompt.p50 + demand.answer.p50 > most:
        return ()
    return (f"requests of {longest:,} tokens, at the 95th percentile, are longer than {what}: they are refused or cut",)


def _context(setup: Setup) -> tuple[int | None, str]:
    """The longest sequence that is taken: as the engine is set, else as the model was made for."""
    if setup.max_model_len is not None:
        return setup.max_model_len, f"serving.max_model_len, {setup.max_model_len:,}"
    most = setup.model.shape.context if setup.model.shape else None
    return most, f"the model's context, {most:,}" if most else ""
