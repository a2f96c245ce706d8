"""Declared schemas held against data sets, as flat records that rules can judge. They hold no value of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from aiaudit.model.types import DOUBLE, INT, STRING, record

_PLACE: Final = {"path": STRING, "line": INT, "set": STRING, "data": STRING, "kind": STRING, "bound": STRING}
HELD: Final = record(
    "schema held against a data set", **_PLACE, columns=INT, constrained=INT, checked=INT, unchecked=INT, mismatches=INT
)
MISMATCH: Final = record(
    "mismatch", **_PLACE, column=STRING, rule=STRING, declared=STRING, measured=STRING, count=INT, of=INT, share=DOUBLE
)
_FIGURES: Final = ("path", "line", "kind", "bound", "columns", "constrained", "checked", "unchecked")
Place = Callable[[int], dict[str, Any]]


def held(profiles: Mapping[int, Mapping[str, Any]], place: Place) -> Iterator[dict[str, Any]]:
    """One record a schema and data set; `path` and `line` are the schema's, `data` is the data's path."""
    for number, data in sorted(profiles.items()):
        at = place(number)
        for one in data["schemas"]:
            figures = {key: one[key] for key in _FIGURES}
            yield {**figures, "set": at["set"], "data": at["path"], "mismatches": len(one["mismatches"])}


def mismatches(profiles: Mapping[int, Mapping[str, Any]], place: Place) -> Iterator[dict[str, Any]]:
    """One record a demand that rows break; `path` and `line` are where the schema makes it."""
    for number, data in sorted(profiles.items()):
        at = place(number)
        for one in data["schemas"]:
            of_schema = {"path": one["path"], "kind": one["kind"], "bound": one["bound"]}
            for found in one["mismatches"]:
                share = found["count"] / found["of"] if found["of"] else 1.0
                yield {**found, **of_schema, "set": at["set"], "data": at["path"], "share": share}
