"""Reading the result JSON: every read has a type and an answer, whatever the file holds.

A report can be made from a result file that somebody else wrote or edited, so a missing or oddly typed field reads as
its empty value and never ends the rendering.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.project.entry import NO_COLUMN, NOT_HERE, not_own
from aiaudit.reports.strings import say
from aiaudit.reports.text import shorten

_PLACE: Final = frozenset({"path", "line", "column", "end_line", "end_column"})  # shown as a place, not as a value


class Record:
    """A JSON object, read by typed getters. Strings are taken to be clean (`aiaudit.reports.text.clean`)."""

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data: Mapping[str, Any] = data if isinstance(data, dict) else {}

    def __bool__(self) -> bool:
        return bool(self.data)

    def __contains__(self, key: str) -> bool:
        return self.data.get(key) is not None

    def text(self, key: str, default: str = "") -> str:
        return as_text(self.data.get(key)) or default

    def number(self, key: str) -> float | None:
        value = self.data.get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def percent(self, key: str) -> float:
        """A figure between 0 and 100; 0 where there is none."""
        return min(max(self.number(key) or 0.0, 0.0), 100.0)

    def whole(self, key: str) -> int:
        return int(min(self.number(key) or 0.0, 1e15))

    def flag(self, key: str) -> bool:
        return self.data.get(key) is True

    def record(self, key: str) -> Record:
        return Record(self.data.get(key))

    def records(self, key: str) -> list[Record]:
        value = self.data.get(key)
        return [Record(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key)
        values = value if isinstance(value, list) else [value]
        return tuple(text for text in map(as_text, values) if text)

    def items(self) -> Iterator[tuple[str, Any]]:
        yield from self.data.items()


def unread_files(skipped: Record) -> int:
    """How many of the project's own files could not be read, of all that was left out: those are gaps."""
    reasons = skipped.record("reasons")
    return max(skipped.whole("files") - sum(reasons.whole(reason) for reason in reasons.data if not_own(reason)), 0)


def unread_paths(skipped: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The project's own files that could not be read, as far as they are named, each with the reason."""
    return [one for one in skipped["paths"] if not not_own(one["reason"])]


def absent_data(data: Record) -> list[tuple[str, str]]:
    """The sets of a result's section `data` that are declared and not in the tree: the path, and who declares it."""
    ending = f": {NOT_HERE}"
    absent = {note.removesuffix(ending) for note in data.texts("notes") if note.endswith(ending)}
    sets = [(one.text("path"), one.text("provenance")) for one in data.records("datasets")]
    return [(path, by) for path, by in sets if path in absent]


def misnamed_columns(data: Record) -> list[str]:
    """What the notes of a result's section `data` say of columns that are declared and not there."""
    return [note for note in data.texts("notes") if f": {NO_COLUMN} " in note]


def as_text(value: Any) -> str:
    """A scalar as words; anything else as nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return say("value.yes" if value else "value.no")
    if isinstance(value, int | float):
        return f"{value:,}" if abs(value) >= 10_000 else f"{value}"
    return ""


def preview(value: Any, limit: int = 160) -> str:
    """Any JSON value in a few words: lists say how many they hold and show the first."""
    if value is None:
        return say("value.none")
    if isinstance(value, dict):
        if "$unknown" in value:
            return shorten(say("value.not_resolved_for", why=as_text(value["$unknown"])), limit)
        told = {key: item for key, item in value.items() if key not in _PLACE} or value
        return shorten(", ".join(f"{key}: {_inner(item)}" for key, item in told.items()) or say("value.empty"), limit)
    if isinstance(value, list):
        if not value:
            return say("value.none")
        first = shorten(_inner(value[0]) if not isinstance(value[0], dict) else preview(value[0], limit), limit - 16)
        return say("value.found", len(value), first=first) if len(value) > 1 else first
    return shorten(as_text(value) or say("value.empty"), limit)


def _inner(value: Any) -> str:
    if isinstance(value, dict | list):
        if isinstance(value, dict) and "$unknown" in value:
            return say("value.not_resolved")
        return json.dumps(value, ensure_ascii=False)
    return as_text(value) or say("value.none")
