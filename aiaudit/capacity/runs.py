"""The training runs that a workload declares, against the GPUs it declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.model import Model, NoModel
from aiaudit.capacity.model_source import resolve
from aiaudit.capacity.setup import Setup
from aiaudit.capacity.tables import GIB
from aiaudit.capacity.terms import Sum
from aiaudit.capacity.training import Run, band, training_memory
from aiaudit.capacity.training_fixes import training_fixes
from aiaudit.project.reader import Reader
from aiaudit.project.workload import ModelSourcePart, TrainingPart


class TrainingPlan(Struct, frozen=True):
    """One run's peak on one GPU. `band`: the share by which it may be off. `fixes`: what would make it fit."""

    name: str
    verdict: Literal["yes", "tight", "no", "unknown"]
    reason: str
    terms: Sum
    band: float
    visible: int
    fixes: tuple[str, ...] = ()

    @property
    def finding(self) -> str:
        if self.verdict != "no":
            return ""
        said = f"training ({self.name}) does not fit: {self.reason}"
        return f"{said}; it would with {' or '.join(self.fixes)}" if self.fixes else said


def training_plans(
    parts: Sequence[TrainingPart], model: Model, setup: Setup, reader: Reader | None, assumed: Assumptions
) -> tuple[TrainingPlan, ...]:
    return tuple(_planned(part, model, setup, reader, assumed) for part in parts)


def _planned(
    part: TrainingPart, model: Model, setup: Setup, reader: Reader | None, assumed: Assumptions
) -> TrainingPlan:
    visible = setup.gpu.visible
    if part.base not in ("", "same"):
        try:
            model = resolve(ModelSourcePart(source=part.base), reader, "hf", assumed)
        except NoModel as error:
            return TrainingPlan(part.method, "unknown", str(error), Sum(()), 0.0, visible)
    name = f"{part.method} of {model.name}"
    if model.shape is None:
        return TrainingPlan(name, "unknown", "the model's shape is not known", Sum(()), 0.0, visible)
    run = Run(
        method=part.method,
        seq=assumed.whole("training.seq_len", part.seq_len),
        batch=assumed.whole("training.micro_batch", part.micro_batch),
        checkpointing=bool(assumed.take("training.grad_checkpoint", part.grad_checkpoint)),
        optimizer=str(assumed.take("training.optimizer", part.optimizer)),
        precision=str(assumed.take("training.precision", part.precision)),  # type: ignore[arg-type]
        attention=str(assumed.take("training.attention", part.attention)),
        rank=assumed.whole("training.rank", part.rank) if part.method != "full" else 0,
        gpus=assumed.whole("training.gpus", part.gpus),
        zero=assumed.whole("training.zero_stage", part.zero_stage),
        form="nf4-double" if part.method == "qlora" else "bf16",
        paged="paged" in part.optimizer,
    )
    terms, share = training_memory(model.shape, run), band(run)
    high = terms.expected * (1 + share)
    reason = f"{terms.expected / GIB:.1f} GiB ± {100 * share:.0f} % of {visible / GIB:.1f} GiB a GPU"
    verdict: Literal["yes", "tight", "no"] = "no" if terms.expected > visible else "tight" if high > visible else "yes"
    fixes = training_fixes(model.shape, run, visible) if verdict == "no" else ()
    return TrainingPlan(name, verdict, reason, terms, share, visible, fixes)
