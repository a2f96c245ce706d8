"""The probe `capacity.tradeoffs`: tables that compare configurations by quality, time and cost."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from msgspec import Struct
from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable, decode

GLOBS: Final = (
    "**/*.md",
    "**/*{eval,bench,compar,result,trade,pareto,ablation}*.{csv,json}",
    "**/*{eval,bench,compar,result,trade,pareto,ablation}*/**/*.{csv,json}",
    "reports/**/*model*.{csv,json}",
)
_MOST: Final = 400  # files that are opened
_ROWS: Final = 500
_LARGE: Final = 2 * 1024 * 1024  # bytes of a file that is no longer a table for people
_QUALITY: Final = lazy.regex(
    r"accurac|precision|recall|\bf1|f1\b|f1[_-]|\bauc|auroc|bleu|rouge|\bwer\b|\bmrr|ndcg|hit.?rate|quality|faithful|exact.?match"
    r"|\bem\b|pass@|win.?rate|\bmae\b|rmse|mape|\bmap\b|score",
    re.IGNORECASE,
)
_TIME: Final = lazy.regex(
    r"latenc|\bp50|\bp95|\bp99|\bttft|tokens?[ _/]*(?:per|/)[ _]*s|tok/s|throughput|(?:\b|_)(?:ms|sec|seconds)\b"
    r"|(?:response|inference|prediction|answer|query).?(?:time|speed)"
    r"|\btime ?(?:per|/) ?(?:image|request|sample|query|prediction|answer)|\bqps\b|\brps\b|\bfps\b"
    r"|\b(?:rows|images|samples|items|documents|docs|queries|requests|req|predictions|sentences|frames|it) ?(?:/|per)"
    r" ?s(?:ec(?:ond)?)?\b",
    re.IGNORECASE,
)
_COST: Final = lazy.regex(
    r"\bcosts?\b|(?:_|\b)costs?(?:_|\b)|\bprice|\$|€|\busd\b|_usd|\beur\b|\bcents?\b", re.IGNORECASE
)
_NAME: Final = lazy.regex(
    r"model|config|variant|system|setup|(?<![a-z])name|version|method|(?<![a-z])runs?(?![a-z])|candidate|option|approach"
    r"|\barms?\b|\bruntime\b|backend|\bengine|quanti[sz]|experiment|strateg|algorithm|classifier|architecture|retriever|rerank"
    r"|embedding|pipeline|\bllms?\b|provider|framework|\bpolicy\b",
    re.IGNORECASE,
)
# The other way round: what is measured stands in the first column, and each further column is a configuration, unless
# it is a part of the data, a statistic, an aim or a time.
_MEASURES: Final = lazy.regex(r"^(?:metrics?|measures?|measurement|kpi|criteri(?:on|a)|dimension)?$", re.IGNORECASE)
_NO_CONFIGURATION: Final = lazy.regex(
    r"^$|train|valid|\bval\b|\btest\b|\bdev\b|hold.?out|target|goal|actual|value|result|status|unit|threshold|limit|desc|note|comment|why|how"
    r"|\bmin\b|\bmax\b|mean|average|\bavg|median|\bstd|\bp\d\d|before|after|delta|change|improve|diff|gain|weight|date|day|week|month|year"
    r"|source|where|file|winner|meaning|formula|\bn\b",
    re.IGNORECASE,
)
_NUMBER: Final = lazy.regex(r"[-+]?[$€]?\s?\d[\d,]*(?:\.\d+)?")
_TAG: Final = lazy.regex(r"</?[A-Za-z][^<>]{0,60}>")
_RULE: Final = lazy.regex(r"^(?=[^-]*-)[\s:|-]*$")
_RECORD: Final = record(
    "comparison",
    path=STRING,
    line=INT,
    rows=INT,
    quality=BOOL,
    time=BOOL,
    cost=BOOL,
    dimensions=INT,
    columns=list_of(STRING),
)


class TradeoffsQuery(Query):
    """files: globs of what is opened (default: Markdown, and tables of evaluations)."""

    files: list[str] = Field(default=list(GLOBS))


class _Table(Struct, frozen=True):
    line: int
    header: list[str]
    rows: list[list[str]]


class TradeoffsProbe(Probe[TradeoffsQuery]):
    """Tables with a column that names configurations and at least one column each of two of: quality (accuracy, F1,
    recall …), time (latency, tokens a second …), cost; or the other way round, with three configurations or more side
    by side. `rows`: configurations that have numbers in all those columns; one that is named twice counts once.
    `dimensions`: how many of the three there are. Tables in Markdown, CSV and JSON records.
    """

    name: ClassVar[str] = "capacity.tradeoffs"
    title: ClassVar[str] = "tables that compare configurations by quality, time and cost"
    query: ClassVar[type[TradeoffsQuery]] = TradeoffsQuery
    max_level: ClassVar[Level] = Level.RESULT

    def value_type(self, query: TradeoffsQuery) -> Type:
        return list_of(_RECORD)

    def answer(self, fact_id: str, query: TradeoffsQuery, context: Context) -> Fact:
        skipped = ("vendored", "generated", "example", "test")
        entries = [one for one in context.project.matching(query.files) if one.role not in skipped]
        found, unread = [], []
        for entry in entries[:_MOST]:
            if entry.size > _LARGE:
                continue  # data, no comparison
            try:
                tables = list(_tables(context, entry.path))
            except (Unreadable, Malformed, csv.Error):
                unread.append(entry.display)
                continue
            found += [
                one
                for table in tables
                if (one := _judged(table, entry.display) or _judged(_turned(table), entry.display)) is not None
            ]
        unread += [entry.display for entry in entries[_MOST:]]
        scope = Scope(len(entries), len(entries) - len(unread), tuple(unread[:10]))
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "tables", scope=scope)
        found.sort(key=lambda one: (-one["dimensions"], -one["rows"], one["path"]))
        evidence = tuple(
            Evidence(one["path"], one["line"], f"{one['rows']} configurations by {', '.join(one['columns'])}")
            for one in found[:10]
        )
        return Fact(fact_id, State.KNOWN, found, Level.RESULT, "tables", evidence=evidence, scope=scope)


def _tables(context: Context, path: str) -> Iterator[_Table]:
    if path.lower().endswith(".md"):
        yield from _markdown(context.project.text(path))
    elif path.lower().endswith(".csv"):
        rows = list(csv.reader(io.StringIO(decode(context.project.head(path, 256 * 1024)))))[: _ROWS + 1]
        if len(rows) > 1:
            yield _Table(1, rows[0], rows[1:])
    else:
        data = context.project.json(path)
        lists = [data] if isinstance(data, list) else list(data.values()) if isinstance(data, dict) else []
        for records in lists[:50]:
            if isinstance(records, list) and len(records) > 1 and all(isinstance(one, dict) for one in records[:_ROWS]):
                header = [str(key) for key in records[0]]
                yield _Table(1, header, [[str(one.get(key, "")) for key in header] for one in records[:_ROWS]])


def _markdown(text: str) -> Iterator[_Table]:
    lines = text.splitlines()
    number = 0
    while number < len(lines) - 2:
        if "|" in lines[number] and "|" in lines[number + 1] and _RULE.match(lines[number + 1][:2000]):
            header, at = _cells(lines[number]), number + 2
            rows: list[list[str]] = []
            while at < len(lines) and "|" in lines[at] and len(rows) < _ROWS:
                rows.append(_cells(lines[at]))
                at += 1
            yield _Table(number + 1, header, rows)
            number = at
        else:
            number += 1


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line[:4000].strip().strip("|").split("|")]


def _turned(table: _Table) -> _Table:
    """A table whose first column tells what is measured, with its configurations as rows; else an empty one."""
    if len(table.header) < 3 or not _MEASURES.match(_TAG.sub(" ", table.header[0][:200]).strip(" *_`")):
        return _Table(table.line, [], [])
    names = [(number, cell) for number, cell in enumerate(table.header) if not _NO_CONFIGURATION.search(cell[:200])]
    names = [(number, cell) for number, cell in names if number > 0]
    rows = [row for row in table.rows if len(row) == len(table.header)]
    if len(names) < 3:
        return _Table(table.line, [], [])
    return _Table(
        table.line,
        ["model", *[row[0] for row in rows]],
        [[cell, *[row[number] for row in rows]] for number, cell in names],
    )


def _judged(table: _Table, path: str) -> dict[str, Any] | None:
    """The table as a comparison; None where it names no configurations or measures fewer than two things."""
    header = [" ".join(_TAG.sub(" ", cell[:200]).split()) for cell in table.header]
    if not header or not any(_NAME.search(cell) for cell in header[:2]):
        return None
    named = next(number for number, cell in enumerate(header) if _NAME.search(cell))
    rest = [number for number in range(len(header)) if number != named]
    time = _first(header, rest, _TIME)
    cost = _first(header, [n for n in rest if n != time], _COST)
    quality = _first(header, [n for n in rest if n not in (time, cost)], _QUALITY)
    columns = [number for number in (quality, time, cost) if number is not None]
    if len(columns) < 2:
        return None
    full = {
        row[named].strip().lower()
        for row in table.rows
        if len(row) > max(*columns, named) and row[named].strip() and all(_NUMBER.search(row[n][:100]) for n in columns)
    }
    if len(full) < 2:
        return None
    return {
        "path": path,
        "line": table.line,
        "rows": len(full),
        "quality": quality is not None,
        "time": time is not None,
        "cost": cost is not None,
        "dimensions": len(columns),
        "columns": [header[number] for number in columns],
    }


def _first(header: Sequence[str], among: Sequence[int], pattern: re.Pattern[str]) -> int | None:
    return next((number for number in among if pattern.search(header[number])), None)
