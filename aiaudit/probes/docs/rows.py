"""The probe `docs.rows`: entries of registers, as tables of Markdown and CSV and lists of YAML and JSON hold them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, list_of, map_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import TOLD_ROLES, Globs, names, prose
from aiaudit.probes.docs.document import Document
from aiaudit.probes.docs.persons import is_nobody
from aiaudit.probes.docs.records import dates_in, documents_of, newest
from aiaudit.probes.docs.substance import is_gap, numbers_in, readable
from aiaudit.project.entry import display
from aiaudit.project.parse import Malformed, line_of, parse_json, parse_yaml
from aiaudit.project.reader import Unreadable

_MOST: Final = 500  # rows of a document
_CELL: Final = 300  # characters of a cell
_SENTENCE: Final = 6  # words that are more than a name, and a role behind it
_DATA: Final = (".yaml", ".yml", ".json")
_PEOPLE: Final = frozenset({"owner", "person", "people", "contact", "deputy"})
_STATES: Final = frozenset({"status", "decision", "outcome"})
_NOT_YET: Final = lazy.regex(
    r"(?:not (?:yet )?(?:measured|decided|defined|known|set|assigned|done|tested|available|reviewed|started|tracked)"
    r"|undecided|later|open|pending)(?: yet| so far| now)?|(?:none|nothing|not) (?:yet|so far)"
)
_LETTERS: Final = lazy.regex(r"[RACISV](?:[ ,/+&]*[RACISV])*|[-–—. ]*")
_NAMED: Final = lazy.regex(r"[^\W\d_][^\W\d_.'’-]* (?:[A-Z]\. |v[ao]n |de[nr]? )*[^\W\d_a-z][^\W\d_]*(?:[ ,;(.–-].*)?")
_PAIR: Final = lazy.regex(r"\s*+[-*+] ++([^:|]{2,80}?)\s*(?::|[–—]|\s-\s)\s*(\S.{0,200})")
_ROW: Final = record(
    "row", path=STRING, line=INT, text=STRING, cells=map_of(STRING), numbers=map_of(DOUBLE), days=map_of(INT),
    missing=list_of(STRING),
)  # fmt: skip
TYPE: Final = record(
    "register", path=STRING, line=INT, evidence=BOOL, opened=BOOL, columns=list_of(STRING), days_old=INT,
    rows=list_of(_ROW),
)  # fmt: skip


class RowsQuery(Query):
    """files: globs of registers. columns: name -> headers (or keys) that stand for it, written as in docs.sections.
    least: how many of the columns make a table one of the kind. pairs: two of the columns, a thing and a person, that
    may also be told by a matrix of letters (RACI: who stands above the A answers) or a list (`- Data: Ann Lee`).
    evidence_of: the check whose attestation names further documents."""

    files: Globs = Field(min_length=1)
    columns: dict[str, list[str]] = Field(min_length=2)
    least: int = Field(default=2, ge=1, le=20)
    pairs: list[str] = Field(default=[], max_length=2)
    evidence_of: str = ""
    roles: list[str] = Field(default=[str(role) for role in TOLD_ROLES])


class RowsProbe(Probe[RowsQuery]):
    """Registers, evidence first, then the longest. A row's `cells` hold every column, "" where it is not there or a
    placeholder; `missing` names those; `text` is the whole row. `days`: of columns with a date, the days from it to the
    audit's day (negative: in the future). `days_old`: days since the newest date of the document that is not in the
    future, -1 without one. Evidence that is no text is listed with `opened` false."""

    name: ClassVar[str] = "docs.rows"
    title: ClassVar[str] = "entries of registers: tables of Markdown and CSV, lists of YAML and JSON"
    query: ClassVar[type[RowsQuery]] = RowsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: RowsQuery) -> Type:
        return list_of(TYPE)

    def answer(self, fact_id: str, query: RowsQuery, context: Context) -> Fact:
        documents, unread, evidence = documents_of(context, query.files, query.roles, query.evidence_of)
        scope = Scope(len(documents) + len(unread), len(documents), tuple(path for path, _ in unread[:10]))
        found = []
        for document in documents:
            register = _register(document, query, context)
            if register is None and document.path.lower().endswith(".pdf"):
                unread.append((document.path, "the tables of a PDF are not read"))
            elif register is not None:
                found.append(register | {"evidence": document.path in evidence, "opened": True})
        closed = {"line": 1, "evidence": True, "opened": False, "columns": [], "days_old": -1, "rows": []}
        found += [{"path": path, **closed} for path, _ in unread if path in evidence]
        if not found and unread:
            reason = "; ".join(f"{path}: not opened, {why}" for path, why in unread[:3])
            return Fact(fact_id, State.UNKNOWN, reason=reason, method="rows", scope=scope)
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "rows", scope=scope)
        found.sort(key=lambda one: (not one["evidence"], -len(one["rows"]), one["path"]))
        places = tuple(Evidence(one["path"], one["line"], f"{len(one['rows'])} entries") for one in found[:10])
        return Fact(fact_id, State.KNOWN, found, Level.CONTENT, "rows", evidence=places, scope=scope)


def _register(document: Document, query: RowsQuery, context: Context) -> dict[str, Any] | None:
    """The tables of a document that are of the kind, as one register; None where it holds none."""
    rows: list[dict[str, Any]] = []
    columns: list[str] = []
    due: list[dt.date] = []
    start = 0
    for line, named in _entries(document, query, context):
        start = start or line
        columns += [name for name in named if name not in columns]
        if any(not _is_gap(name, text) for name, text in named.items()) and len(rows) < _MOST:
            due += dates_in(named.get("due", ""))
            rows.append(_row(document.path, line, named, query.columns, context.as_of))
    if not start:
        return None
    texts = [*prose(document.sections), *(section.title for section in document.sections)]
    days = [day for text in texts for day in dates_in(text)]
    for day in due:  # when something has to be done says nothing of when somebody looked
        if day in days:
            days.remove(day)
    return {"path": document.path, "line": start, "columns": columns, "days_old": newest(days, context.as_of),
            "rows": rows}  # fmt: skip


def _row(path: str, line: int, named: Mapping[str, str], columns: Mapping[str, Any], today: dt.date) -> dict[str, Any]:
    cells = {}
    for name in columns:
        text = readable(named.get(name, "")) or named.get(name, "").strip()
        cells[name] = "" if _is_gap(name, text) else display(text[:_CELL])
    dates = {name: dates_in(text) for name, text in cells.items()}
    figures = {name: numbers_in(text) for name, text in cells.items()}
    return {
        "path": path,
        "line": line,
        "cells": cells,
        "numbers": {name: found[0] for name, found in figures.items() if found},
        "days": {name: (today - max(found)).days for name, found in dates.items() if found},
        "missing": [name for name, text in cells.items() if not text],
        "text": " ".join(text for text in cells.values() if text),
    }


def _is_gap(column: str, text: str) -> bool:
    """As `is_gap`, but a cell may answer its column with yes, no or none, where none is no person; what is not measured
    or decided yet is not there."""
    if column in _PEOPLE:
        return is_nobody(text)
    plain = text.strip().lower()
    if column not in _STATES and _NOT_YET.fullmatch(plain.strip(" .*_")):
        return True
    return plain not in ("yes", "no", "none") and is_gap(text)


def _entries(document: Document, query: RowsQuery, context: Context) -> Iterator[tuple[int, dict[str, str]]]:
    """The line of each entry, and its text by column of the query."""
    lower = document.path.lower()
    try:
        if lower.endswith(_DATA):
            data = context.project.read(document.path)
            yield from _listed(parse_json(data) if lower.endswith(".json") else parse_yaml(data), query)
        elif lower.endswith(".csv"):
            rows = list(_csv(context.project.text(document.path)))
            yield from _tabled(rows, query)
            yield from _matrix(rows, query)
        else:
            rows = list(markdown_rows(document))
            yield from _tabled(rows, query)
            yield from _matrix(rows, query)
            yield from _paired(document, query)
    except (Malformed, Unreadable, csv.Error):
        return


Cells = tuple[int, list[str]]


def _csv(text: str) -> Iterator[Cells]:
    reader = csv.reader(io.StringIO(text))
    for row in reader:
        yield reader.line_num, row


def markdown_rows(document: Document) -> Iterator[Cells]:
    """The rows of a document's tables with their lines; none of cells between two tables."""
    for section in document.sections:
        for number, line in section.lines:
            inner = line.strip()
            if inner.startswith("|") and not set(inner) <= set("|-: "):
                yield number, [cell.strip() for cell in inner.strip("|").split("|")]
        yield 0, []  # a table ends with its section


def _tabled(rows: Iterable[Cells], query: RowsQuery) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows below each header with enough of the columns."""
    header: dict[str, int] = {}
    for line, cells in rows:
        if not cells:
            header = {}
            continue
        named = _named(cells, query.columns)
        if not header and len(named) >= query.least:
            header = named
            yield line, {}
        elif header:
            yield line, {name: cells[place] for name, place in header.items() if place < len(cells)}


def _matrix(rows: Iterable[Cells], query: RowsQuery) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a matrix of letters: the thing, and who stands above its A, or its R where none is accountable."""
    if not query.pairs:
        return
    thing, person = query.pairs
    header: list[str] = []
    for line, cells in rows:
        if not cells or not header:
            header = cells
            continue
        letters = cells[1 : len(header)]
        if len(letters) < 2 or not any(letters) or not all(_LETTERS.fullmatch(cell.strip(" *")) for cell in letters):
            continue
        for letter in "AR":
            above = [name for name, cell in zip(header[1:], letters, strict=False) if letter in cell]
            if above:
                yield line, {thing: cells[0], person: ", ".join(above)}
                break


def _paired(document: Document, query: RowsQuery) -> Iterator[tuple[int, dict[str, str]]]:
    """Points of a list, and headings, that name a person for a thing."""
    if not query.pairs:
        return
    thing, person = query.pairs
    for section in document.sections:
        told = [(line, text.strip()) for line, text in section.lines if text.strip()]
        if section.title and told and _is_named(told[0][1]):
            yield told[0][0], {thing: section.title, person: told[0][1]}
        for line, text in told:
            found = _PAIR.fullmatch(text.replace("**", ""))
            if found and _is_named(found[2]):
                yield line, {thing: found[1], person: found[2]}


def _is_named(text: str) -> bool:
    """Whether a text begins as the name of a person does: with two words of which the first is written large. A
    sentence may too, where an abbreviation is its second word ("CRUD" in "Operations CRUD on the users of …")."""
    words = text.split()
    if len(words) > _SENTENCE and words[1].isupper():
        return False
    return text.startswith("@") or (text[:1].isupper() and len(text) < _CELL and _NAMED.fullmatch(text) is not None)


def _named(headers: Sequence[str], columns: Mapping[str, list[str]]) -> dict[str, int]:
    """Column of the query -> its place; a header stands for one column, the first that it fits."""
    found: dict[str, int] = {}
    for place, header in enumerate(headers):
        if len(header) > 60:
            continue
        for name, synonyms in columns.items():
            if name not in found and any(names(header.replace("_", " "), one) for one in synonyms):
                found[name] = place
                break
    return found


def _listed(value: Any, query: RowsQuery, depth: int = 0) -> Iterator[tuple[int, dict[str, str]]]:
    """Entries of lists of mappings, at most four levels down."""
    if depth > 4:
        return
    if isinstance(value, Mapping):
        for inner in value.values():
            if isinstance(inner, (list, Mapping)):
                yield from _listed(inner, query, depth + 1)
        return
    for item in value if isinstance(value, list) else ():
        if not isinstance(item, Mapping):
            continue
        keys = [str(key) for key in item]
        named = _named(keys, query.columns)
        if len(named) >= query.least:
            first = next(iter(item), None)
            yield line_of(item, first) or 1, {name: _said(item, keys[place]) for name, place in named.items()}
        else:
            yield from _listed(item, query, depth + 1)


def _said(item: Mapping[Any, Any], key: str) -> str:
    value = item.get(key)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value if not isinstance(one, (list, Mapping)))
    return "" if value is None or isinstance(value, Mapping) else str(value)
