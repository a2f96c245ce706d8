"""Expressions that Ibis compiles once for a type of column, and that are then said of every column of that type.

"The mean of a `DOUBLE`" is the same SQL for every column but for its name. Ibis compiles such an expression over
*stand-ins*; their places are kept in the text, and names (or numbers) are put there. So a query over a hundred columns
costs a few joins of texts, and a process that has all phrases at hand, from the user's cache, never imports Ibis, which
takes half a second. The frame around the phrases (SELECT, FROM, GROUP BY) is what all dialects share.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.plain_json import decode
from aiaudit.project.cache import content_hash, engine_id

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from aiaudit.project.cache import Cache

SLOT: Final = "data.phrases"
MOST: Final = 4_000  # phrases and types that are kept, some 100 bytes each
_STAND_IN: Final = "stand_in_"
_PLACE: Final = lazy.regex(rf'[`"]?t0[`"]?\.[`"]?{_STAND_IN}([0-9]+)[`"]?')
_BACKTICKS: Final = frozenset({"pyspark", "bigquery"})
_DOUBLE: Final = {"postgres": "DOUBLE PRECISION", "bigquery": "FLOAT64"}
_COMPILERS: Final = ("ibis", "sqlglot")  # whose versions decide what the phrases are
_OWN: Final = ("columns", "sample", "exact", "leakage", "personal", "phrases", "sql_engine")  # where they are written

Text = tuple[str, ...]  # texts and, at every second place, the number of a stand-in


class Kind(Struct, frozen=True):
    """A column's type: its name in the engine's words, and the word that reports have for it."""

    text: str
    word: str
    floating: bool = False


class Phrasebook:
    """Phrases and types by dialect, and which of them nobody has kept yet."""

    def __init__(self) -> None:
        self._phrases: dict[str, dict[str, Text]] = {}
        self._kinds: dict[str, tuple[str, bool]] = {}
        self._fresh: dict[str, Any] = {}
        self._opened = False

    def kind(self, dialect: str, text: str) -> Kind:
        """The type of this name, in the words of the dialect's engine."""
        key = f"{dialect} {text}"
        if key not in self._kinds:
            from aiaudit.data.columns import word_of
            from aiaudit.data.sql_engine import type_mapper

            found = type_mapper(dialect).from_string(text)
            self._kinds[key] = self._fresh[key] = (word_of(found), bool(found.is_floating()))
        return Kind(text, *self._kinds[key])

    def of(
        self, dialect: str, name: str, kinds: Sequence[Kind | None], build: Callable[..., Mapping[str, ir.Value]]
    ) -> dict[str, Text]:
        """The values that `build` makes of one stand-in a kind (None: a floating number), under the names it gives.

        `name` and the kinds stand for all that `build` depends on. Either all values are aggregates, or none is.
        """
        key = json.dumps([dialect, name, [kind and kind.text for kind in kinds]])
        if key not in self._phrases:
            self._phrases[key] = self._fresh[key] = _compiled(dialect, kinds, build)
        return self._phrases[key]

    def taken(self) -> dict[str, Any]:
        """What was compiled since the last call, for another process to learn."""
        fresh, self._fresh = self._fresh, {}
        return fresh

    def learn(self, compiled: Mapping[str, Any]) -> None:
        """Take over what another process compiled."""
        self._know(compiled)
        self._fresh.update(compiled)

    def open(self, cache: Cache | None) -> None:
        """Know what an earlier run kept; read once."""
        if cache is None or self._opened:
            return
        self._opened = True
        parts = cache.kept(engine_id(SLOT, ""), _state())
        if parts:
            self._know(decode(parts[0]))

    def keep(self, cache: Cache | None) -> None:
        """Keep everything for later runs, where something was compiled."""
        fresh = self.taken()
        if cache is None or not fresh:
            return
        everything: dict[str, Any] = {**self._phrases, **self._kinds}
        if len(everything) > MOST:  # nested types are without number: begin again with those of this run
            everything = fresh
        cache.keep(engine_id(SLOT, ""), _state(), [json.dumps(everything).encode("ascii")])

    def _know(self, known: Mapping[str, Any]) -> None:
        for key, value in known.items():
            if isinstance(value, dict):
                self._phrases[key] = {name: tuple(text) for name, text in value.items()}
            else:
                word, floating = value
                self._kinds[key] = (word, floating)


BOOK: Final = Phrasebook()  # of this process


def say(text: Text, *said: str) -> str:
    """The phrase with these in place of its stand-ins."""
    return "".join(said[int(part)] if place % 2 else part for place, part in enumerate(text))


def quoted(dialect: str, name: str) -> str:
    """A name of a column or a table, whatever is in it."""
    mark = "`" if dialect in _BACKTICKS else '"'
    return mark + name.replace(mark, mark * 2) + mark


def number(dialect: str, value: float) -> str:
    """A finite floating number as such: a plain 0.1 is a decimal in most dialects."""
    return f"CAST('{float(value)!r}' AS {_DOUBLE.get(dialect, 'DOUBLE')})"


def union(queries: Iterable[str]) -> str:
    """One query of many: a small one costs more to start than to run."""
    return " UNION ALL ".join(queries)


def _compiled(
    dialect: str, kinds: Sequence[Kind | None], build: Callable[..., Mapping[str, ir.Value]]
) -> dict[str, Text]:
    import ibis
    import ibis.expr.types as ir

    from aiaudit.data.sql_engine import to_ast, type_mapper

    mapper = type_mapper(dialect)
    columns = {f"{_STAND_IN}{n}": mapper.from_string(kind.text) if kind else "float64" for n, kind in enumerate(kinds)}
    table = ibis.table(columns, name="stand_ins")
    values = build(*(table[column] for column in columns))
    whole = any(isinstance(value, ir.Scalar) for value in values.values())
    made, spoken = to_ast(table.aggregate(**values) if whole else table.select(**values), dialect)
    if len(list(made.find_all(type(made)))) != 1:
        raise ValueError(f"not one SELECT: {made.sql(dialect=spoken)}")
    return {one.alias: tuple(_PLACE.split(one.this.sql(dialect=spoken))) for one in made.expressions}


def _state() -> bytes:
    """What phrases depend on: the modules that build them, and the versions of what compiles them."""
    told = [Path(__file__).with_name(f"{name}.py").read_bytes() for name in _OWN]
    for name in _COMPILERS:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            status = Path(spec.origin).stat()
            told.append(f"{name} {status.st_mtime_ns} {status.st_size}".encode())
    return content_hash(b"\0".join(told))
