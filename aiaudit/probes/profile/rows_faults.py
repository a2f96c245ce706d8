"""Faults of data sets and their columns as flat records: repeated and broken rows, missing and odd values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from aiaudit.data.naming import numbers_a_thing
from aiaudit.model.types import DOUBLE, STRING, record
from aiaudit.probes.profile.rows_place import FEW_COLUMNS, NO_FIGURE, PLACE

FAULT: Final = record(
    "fault", **PLACE, column=STRING, kind=STRING, value=DOUBLE, allowed=DOUBLE, what=STRING, measured=STRING
)
_FEW_ROWS: Final = 20  # a smaller table that is not declared is a list, and not judged
_NEARLY: Final = 0.95
_TEXT: Final = 20.0  # characters on average: two such rows are seldom equal by chance, as two short ones are
_HALF: Final = 0.5  # share of numbers from which a column with words for missing values is one of numbers


def faults(every: Iterable[dict[str, Any]], columns: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What is missing, repeated, constant or broken; whether it is tolerated is for the rule to say."""
    sets = {one["path"]: one for one in every if not one["unread"]}
    columns = list(columns)
    of_texts = {one["path"] for one in columns if one["type"] == "text" and one["length"] >= _TEXT}
    for one in sets.values():
        if not one["declared"] and one["rows"] < _FEW_ROWS:
            continue
        place = {"path": one["path"], "line": 1, "set": one["set"], "column": ""}
        told_apart = one["columns"] >= FEW_COLUMNS or one["path"] in of_texts
        if told_apart and not one["keyless"] and one["duplicates"]:
            yield {
                **place,
                "kind": "duplicates",
                "value": one["duplicate_share"],
                "allowed": one["duplicates_allowed"],
                "what": f"Rows of {one['set']} equal an earlier one",
                "measured": f"{one['duplicates']} of {one['rows']} rows",
            }
        if one["malformed"]:
            yield {
                **place,
                "kind": "malformed",
                "value": float(one["malformed"]),
                "allowed": float(NO_FIGURE),
                "what": f"Rows of {one['set']} cannot be read",
                "measured": f"{one['malformed']} rows",
            }
    for column in columns:
        one = sets[column["path"]]
        if one["declared"] or one["rows"] >= _FEW_ROWS:
            yield from _column_faults(column, one["rows"])


def _column_faults(column: Mapping[str, Any], rows: int) -> Iterator[dict[str, Any]]:
    name, place = column["column"], {key: column[key] for key in ("path", "line", "set", "column")}

    def fault(kind: str, value: float, what: str, measured: str, allowed: float = NO_FIGURE) -> dict[str, Any]:
        return {
            **place, "kind": kind, "value": float(value), "allowed": float(allowed), "what": what, "measured": measured
        }  # fmt: skip

    missing = column["missing"]
    if missing > 0:
        share = f"{round(missing * rows)} of {rows} rows"
        kind = "label" if column["is_label"] else "missing"
        what = f"{name} of {column['set']} has no value in {share}"
        yield fault(kind, missing, what, share, column["missing_allowed"])
    if column["constant"] and missing < 1 and not column["constant_allowed"]:
        yield fault("constant", 1, f"{name} of {column['set']} holds one value only", "one value")
    if column["sentinel"]:
        text = f"{name} of {column['set']} has {column['sentinel']} where a value seems to be missing"
        yield fault("sentinel", 1, text, "1 % of the rows or more")
    numbers, absent = column["numeric_as_text"], column["missing_words"]
    a_figure = not column["is_id"] and not numbers_a_thing(name)
    if _HALF <= numbers < 1 and numbers + absent >= _NEARLY and a_figure:
        text = f"{name} of {column['set']} holds numbers, but for a few words that seem to stand for missing ones"
        if numbers < _NEARLY:
            text = f"{name} of {column['set']} holds numbers, and words like NA, null or ? where they are missing"
        yield fault("words", 1, text, f"{100 * numbers:.1f} % are numbers")
