"""The probe `datasets.row_claims`: numbers of rows that a datasheet states, beside the rows that were counted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Confidence, Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.datasets.files import FilesQuery, data_files
from aiaudit.probes.docs.common import library
from aiaudit.probes.docs.document import Document
from aiaudit.project.entry import Entry
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable

SHEETS: Final = (
    "{data,dataset,datasets}/**/README.md",
    "**/*data{sheet,_sheet,-sheet}*.{md,rst}",
    "**/*data{,set}{_,-,}{card,report,description}*.{md,rst}",
)
MAX_BYTES: Final = 16 * 1024 * 1024  # files up to this size are counted
ROUNDING: Final = 0.01  # a stated number this close to the counted one agrees
_STATED: Final = lazy.regex(
    r"(?<![\w.,-])(\d{1,3}(?:,\d{3})+|\d{2,12})\s+(?:[a-z]+\s+){0,2}?"
    r"(?:rows|records|observations|instances|data points|examples|samples)\b",
    re.IGNORECASE,
)
_VAGUE: Final = lazy.regex(
    r"\b(?:about|around|approximately|approx|roughly|nearly|over|more than|at least|up to|only|random)\W*$|~\s*$",
    re.IGNORECASE,
)
CLAIM: Final = record(
    "row claim", path=STRING, line=INT, stated=INT, data=STRING, counted=INT, agrees=BOOL, contradicted=BOOL
)


class RowClaimsQuery(Query):
    """No keys."""


class RowClaimsProbe(Probe[RowClaimsQuery]):
    """Statements such as `800 rows` in a datasheet, with the data files that it is about (those it names, else those
    in its folder). `counted`: rows of the file whose number comes nearest. `agrees`: that number, or the sum of all
    files, is the stated one. `contradicted`: all files were counted, and no statement of the sheet agrees."""

    name: ClassVar[str] = "datasets.row_claims"
    title: ClassVar[str] = "numbers of rows that datasheets state, beside the rows counted"
    query: ClassVar[type[RowClaimsQuery]] = RowClaimsQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: RowClaimsQuery) -> Type:
        return list_of(CLAIM)

    def answer(self, fact_id: str, query: RowClaimsQuery, context: Context) -> Fact:
        files = [entry for entry, _ in data_files(context, FilesQuery())]
        found: list[dict[str, Any]] = []
        documents = library(context, SHEETS)
        for document in documents.documents:
            found.extend(_claims(context, document, files))
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "rows counted", scope=documents.scope)
        evidence = tuple(Evidence(one["path"], one["line"], f"{one['stated']} stated") for one in found[:20])
        return Fact(
            fact_id, State.KNOWN, found, Level.MEASURED, "rows counted", Confidence.MEDIUM, evidence, documents.scope
        )


def count_rows(context: Context, entry: Entry) -> int | None:
    """Rows without the header; None where the file is large, unreadable or of a format that is not text."""
    if entry.size > MAX_BYTES:
        return None
    key = f"rows:{entry.path}"
    if key not in context.memo:
        context.memo[key] = _count(context, entry)
    counted: int | None = context.memo[key]
    return counted


def _count(context: Context, entry: Entry) -> int | None:
    try:
        match entry.suffix:
            case ".csv" | ".tsv":
                rows = csv.reader(io.StringIO(context.project.text(entry.path)))
                return max(sum(1 for row in rows if row) - 1, 0)
            case ".jsonl" | ".ndjson":
                return sum(1 for line in context.project.text(entry.path).splitlines() if line.strip())
            case ".json":
                value = context.project.json(entry.path)
                return len(value) if isinstance(value, list) else None
    except (Unreadable, Malformed, csv.Error):
        return None
    return None


def _claims(context: Context, document: Document, files: Sequence[Entry]) -> list[dict[str, Any]]:
    stated = [
        (number, int(match.group(1).replace(",", "")))
        for section in document.sections
        for number, line in section.lines
        for match in _STATED.finditer(line)
        if not _VAGUE.search(line[: match.start()])
    ]
    about = _about(document, files) if stated else []
    counts = {entry.display: count_rows(context, entry) for entry in about}
    known = {path: rows for path, rows in counts.items() if rows is not None}
    if not known:
        return []
    options = [*known.values(), sum(known.values())]
    agreeing = {value for _, value in stated if any(_close(value, rows) for rows in options)}
    contradicted = not agreeing and len(known) == len(counts)
    claims = []
    for line, value in stated:
        path = min(known, key=lambda one: abs(known[one] - value))
        claims.append(
            {
                "path": document.path,
                "line": line,
                "stated": value,
                "data": path,
                "counted": known[path],
                "agrees": value in agreeing,
                "contradicted": contradicted,
            }
        )
    return claims


def _about(document: Document, files: Sequence[Entry]) -> list[Entry]:
    """The data files that the sheet names; else those below its folder."""
    text = "\n".join([*(s.title for s in document.sections), *(line for s in document.sections for _, line in s.lines)])
    named = [entry for entry in files if re.search(rf"(?<![\w.-]){re.escape(entry.name)}(?![\w-])", text)]
    folder = document.path.rpartition("/")[0]
    return named or [entry for entry in files if folder and entry.path.startswith(f"{folder}/")]


def _close(stated: int, counted: int) -> bool:
    return abs(stated - counted) <= max(1, ROUNDING * counted)
