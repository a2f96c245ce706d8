"""`aiaudit data` as a function: profile every source, compare those that belong together, collect the notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final

from aiaudit.data.drift import DEFINITIONS
from aiaudit.data.engine import Engine, EngineError, OutOfMemory, Unopened
from aiaudit.data.images import images_at
from aiaudit.data.model import Dataset, Pair, Report, Sample, Source, unmeasured
from aiaudit.data.profile import Profiled, drift_of, overlap_of, profile

_SPLITS: Final = ("train", "validation", "test")
_BASES: Final = ("reference", "train")


def measure(
    engine: Engine,
    sources: Sequence[Source],
    now: dt.datetime,
    *,
    progress: Callable[[str], None] = lambda _: None,
    notes: Sequence[str] = (),
) -> Report:
    """Profiles, then overlap of every two splits and drift from the reference (else the training set) to current sets.

    A source that cannot be opened is a data set without figures, and a note that says why; the others go on.
    """
    profiled: list[Profiled] = []
    datasets: list[Dataset] = []
    told: list[str] = list(notes)
    for source in sources:
        progress(f"profiling {source.path}")
        if source.format == "images":
            dataset, said = images_at(source)
            datasets.append(dataset)
            told += said
            continue
        try:
            done = profile(engine, source, now)
        except (Unopened, EngineError, OutOfMemory) as error:
            datasets.append(unmeasured(source.name, source.path, source.format, source.role, source.provenance))
            reason = "unknown: memory: " if isinstance(error, OutOfMemory) else ""
            text = str(error)
            for file in source.files:
                text = text.replace(str(file), source.path)
            told.append(text if text.startswith(source.path) else f"{source.name}: {reason}{text}")
            continue
        profiled.append(done)
        datasets.append(done.dataset)
    pairs: list[Pair] = []
    for a, b in combinations([p for p in profiled if p.dataset.role in _SPLITS], 2):
        first, second = sorted((a, b), key=lambda p: _SPLITS.index(p.dataset.role))
        progress(f"comparing {first.dataset.name} with {second.dataset.name}")
        pairs += _known(overlap_of(engine, first, second))
    base = next((p for role in _BASES for p in profiled if p.dataset.role == role), None)
    for current in (p for p in profiled if p.dataset.role in ("current", "serving")):
        if base is not None:
            progress(f"comparing {base.dataset.name} with {current.dataset.name}")
            pairs += _known(drift_of(engine, base, current))
    for done in profiled:
        told += done.notes
    if any(pair.kind == "drift" for pair in pairs):
        told += DEFINITIONS
    return Report(
        datasets=tuple(datasets),
        pairs=tuple(pairs),
        groups=tuple(group for done in profiled for group in done.groups),
        engine=engine.label,
        sample=max((done.sample for done in profiled if done.sample), key=_rows, default=None),
        notes=tuple(told),
    )


def _rows(sample: Sample) -> int:
    return sample.rows


def _known(pair: Pair | None) -> list[Pair]:
    return [pair] if pair is not None else []
