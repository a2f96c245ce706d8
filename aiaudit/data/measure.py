"""`aiaudit data` as a function: profile every source, compare those that belong together, collect the notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from aiaudit.data.drift import DEFINITIONS
from aiaudit.data.engine import Engine, EngineError, OutOfMemory, Unopened
from aiaudit.data.model import Dataset, Pair, Report, Source
from aiaudit.data.naming import id_columns, label_column
from aiaudit.data.profile import Profiled, drift_of, overlap_of, profile

_SPLITS: Final = ("train", "validation", "test")
_BASES: Final = ("reference", "train")


def measure(
    engine: Engine,
    sources: Sequence[Source],
    now: dt.datetime,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Profiles, then overlap of every two splits and drift from the reference (else the training set) to current sets.

    A source that cannot be opened is a data set without figures, and a note that says why; the others go on.
    """
    profiled: list[Profiled] = []
    datasets: list[Dataset] = []
    notes: list[str] = []
    for source in sources:
        progress(f"profiling {source.path}")
        try:
            done = profile(engine, _with_conventions(engine, source), now)
        except (Unopened, EngineError, OutOfMemory) as error:
            datasets.append(Dataset(source.name, source.path, source.format, role=source.role))
            notes.append(str(error))
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
        notes += done.notes
    if any(pair.kind == "drift" for pair in pairs):
        notes += DEFINITIONS
    return Report(
        datasets=tuple(datasets),
        pairs=tuple(pairs),
        groups=tuple(group for done in profiled for group in done.groups),
        engine=engine.label,
        notes=tuple(notes),
    )


def _known(pair: Pair | None) -> list[Pair]:
    return [pair] if pair is not None else []


def _with_conventions(engine: Engine, source: Source) -> Source:
    """Columns named like an id or a label, where nothing is declared. Their provenance is then the name."""
    if source.ids and source.label:
        return source
    columns = list(engine.open(source).table.columns)
    return replace(
        source,
        ids=source.ids or tuple(id_columns(columns)),
        label=source.label or label_column(columns),
        provenance=source.provenance or "names",
    )
