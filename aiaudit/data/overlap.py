"""What two sets have in common: rows, ids, groups, and whether their times are in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.data.chat import NEAR_TEXTS, Shape, prompt_of, texts_of
from aiaudit.data.columns import type_name
from aiaudit.data.engine import Engine, EngineError, Relation
from aiaudit.data.exact import keyed
from aiaudit.data.model import Pair
from aiaudit.data.near import Index, shingles
from aiaudit.data.sample import SEED

_ORDERED: Final = frozenset({"date", "timestamp", "integer", "number"})
MIN_COLUMNS: Final = 2  # rows that agree in fewer columns agree by chance


def overlap(
    engine: Engine,
    a: Relation,
    b: Relation,
    *,
    ids: Sequence[str] = (),
    groups: Sequence[str] = (),
    time: str | None = None,
) -> Pair:
    """Rows of `b` whose content stands in `a`: over the columns that both have, but ids (equal content under another id
    is the same record). `overlap_ids`: different ids in both. `overlap_groups`: different values of a group column in
    both. `time_ordered`: the latest of `a` is not after the earliest of `b`; None where the column holds no times or
    numbers: texts do not sort like the dates that they write."""
    shared = [c for c in a.columns if c in b.columns]
    content = [c for c in shared if c not in ids]
    rows = _rows_in_both(engine, a, b, content) if len(content) >= MIN_COLUMNS or not ids else None
    both_ids = None
    for column in ids:
        if column in shared:
            both_ids = (both_ids or 0) + _values_in_both(engine, a, b, column)
    ordered = None
    if time is not None and time in shared and all(type_name(side.table[time]) in _ORDERED for side in (a, b)):
        latest = engine.rows(a.table.aggregate(t=a.table[time].max()))[0][0]
        earliest = engine.rows(b.table.aggregate(t=b.table[time].min()))[0][0]
        ordered = latest <= earliest if latest is not None and earliest is not None else None
    return Pair(
        a.source.name,
        b.source.name,
        "overlap",
        overlap_rows=rows,
        overlap_ids=both_ids,
        time_ordered=ordered,
        overlap_groups={c: _values_in_both(engine, a, b, c) for c in groups if c in shared} or None,
        missing_columns=tuple(c for c in a.columns if c not in b.columns),
    )


class TextOverlap(Struct, frozen=True):
    """Texts of the second set that stand in the first: `equal` but for case and outer spaces, `similar` by MinHash.

    `compared`: how many texts of each side were compared for similarity.
    """

    equal: int
    similar: int
    compared: tuple[int, int]


def text_overlap(engine: Engine, a: Relation, b: Relation, shapes: tuple[Shape, Shape]) -> TextOverlap:
    """Prompts (or texts) of `b` that are in `a`; equal ones are exact, similar ones from a sample of each side."""
    sides = [side.table.select(v=prompt_of(side.table, shape)) for side, shape in zip((a, b), shapes, strict=True)]
    plain = [side.select(v=side.v.strip().lower()).filter(lambda t: t.v != "") for side in sides]
    both = plain[1].semi_join(plain[0], "v")
    equal = int(engine.rows(both.aggregate(n=both.count()))[0][0])
    index, first = Index(), _drawn(engine, a, shapes[0])
    for text in first:
        index.add(shingles(text))
    second = _drawn(engine, b, shapes[1])
    return TextOverlap(equal, sum(index.holds(shingles(text)) for text in second), (len(first), len(second)))


def _drawn(engine: Engine, relation: Relation, shape: Shape) -> list[str]:
    rows = int(engine.rows(relation.table.aggregate(n=relation.table.count()))[0][0])
    drawn = relation if rows <= NEAR_TEXTS else engine.sample(relation, NEAR_TEXTS, SEED)
    return texts_of(engine, drawn, shape, prompts=True)


def _rows_in_both(engine: Engine, a: Relation, b: Relation, columns: Sequence[str]) -> int | None:
    """Rows of `b` that equal a row of `a`. Columns that were read as different types are compared as text."""
    if not columns:
        return None
    sides = [_same_types(relation, other, columns) for relation, other in ((a, b), (b, a))]
    hashed = [keyed(engine, side, columns) for side in sides]
    if hashed[0] is None or hashed[1] is None:
        # Engines without a hash join on the columns themselves; nulls are equal to nulls.
        first, second = (side.table.select(*columns) for side in sides)
        known = first.distinct()
        match: list[Any] = [second[c].identical_to(known[c]) for c in columns]
        return int(engine.rows(second.semi_join(known, match).aggregate(n=lambda t: t.count()))[0][0])
    found = hashed[1].semi_join(hashed[0], "key")
    return int(engine.rows(found.aggregate(n=found.count()))[0][0])


def _same_types(relation: Relation, other: Relation, columns: Sequence[str]) -> Relation:
    changed = {c: _text(relation.table[c]) for c in columns if relation.table[c].type() != other.table[c].type()}
    return replace(relation, derived=relation.table.mutate(**changed)) if changed else relation


def _text(column: Any) -> Any:
    """Numbers as texts that do not depend on the type: 1 and 1.0 are equal."""
    return column.cast("float64").cast("string") if column.type().is_numeric() else column.cast("string")


def _values_in_both(engine: Engine, a: Relation, b: Relation, column: str) -> int:
    texts = [side.table.select(v=side.table[column].cast("string")) for side in (a, b)]
    sides = [side.filter(side.v.notnull()).distinct() for side in texts]
    both = sides[0].semi_join(sides[1], "v")
    try:
        return int(engine.rows(both.aggregate(n=both.count()))[0][0])
    except EngineError as error:
        raise EngineError(f"{column}: {error}") from None
