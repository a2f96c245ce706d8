"""What would make a training run fit its GPU: the smallest changes, the cheapest first, each through the same model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from msgspec.structs import replace

from aiaudit.capacity.architecture import Architecture
from aiaudit.capacity.training import Run, band, training_memory

MOST: Final = 3
Lever = tuple[str, str, float, Run]  # what is changed, in words, what it costs (time, quality, GPUs), and the run


def training_fixes(shape: Architecture, run: Run, visible: int) -> tuple[str, ...]:
    """Single changes, else pairs, after which the peak fits with its band; () where the run fits, or nothing helps."""
    if _fits(shape, run, visible):
        return ()
    levers = list(_levers(run))
    for size in (1, 2):
        found = []
        for group in combinations(levers, size):
            if len({name for name, *_ in group}) < size:
                continue
            changed = _merged(run, [one for *_, one in group])
            if _fits(shape, changed, visible):
                text = " and ".join(words for _, words, *_ in group)
                found.append((sum(cost for _, _, cost, _ in group), text))
        if found:
            return tuple(text for _, text in sorted(found)[:MOST])
    return ()


def _fits(shape: Architecture, run: Run, visible: int) -> bool:
    return training_memory(shape, run).expected * (1 + band(run)) <= visible


def _levers(run: Run) -> Iterator[Lever]:
    if not run.checkpointing:
        yield "activations", "gradient checkpointing", 1, replace(run, checkpointing=True)
    if run.batch > 1:
        yield "batch", "a micro batch of 1 with accumulation", 1, replace(run, batch=1)
    if run.method == "full":
        if run.optimizer == "adamw":
            yield "optimiser", "an 8-bit optimiser", 1.5, replace(run, optimizer="adamw8bit")
        yield "method", "LoRA instead of full training", 2, replace(run, method="lora", rank=16)
    if run.method != "qlora":
        yield (
            "method",
            "QLoRA on 4-bit weights",
            3,
            replace(run, method="qlora", rank=run.rank or 16, form="nf4-double"),
        )
    for gpus in (2, 4, 8):
        if gpus > run.gpus and run.method == "full":
            yield "GPUs", f"ZeRO 3 over {gpus} GPUs", 2.5 * gpus, replace(run, gpus=gpus, zero=3)


def _merged(run: Run, changed: list[Run]) -> Run:
    """All fields that any of the changes moved away from the run as it is."""
    fields = ("method", "batch", "checkpointing", "optimizer", "rank", "gpus", "zero", "form")
    moved = {name: getattr(one, name) for one in changed for name in fields if getattr(one, name) != getattr(run, name)}
    return replace(run, **moved)
