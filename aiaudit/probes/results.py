"""The probe `results.files`: figures, their dates and the sizes of samples, as runs left them.

The format is open: JSON or YAML of any depth, JSON lines, and CSV with a header. A date is taken from a field whose
name says so (date, time, created, run_at, …), of several the newest, else from the file's name; time stamps of the
file system are not trusted.
`evals.results` reads the formats of evaluation tools; this one finds a figure by its key, whatever wrote it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.reading import json_of_run, of_a_chart
from aiaudit.project.entry import Entry
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable

_FIGURE: Final = record("figure", key=STRING, value=DOUBLE)
RESULT: Final = record(
    "result file",
    path=STRING,
    line=INT,
    dated=BOOL,
    date=STRING,
    days=INT,
    n=INT,
    figures=list_of(_FIGURE),
    keys=list_of(STRING),
)
_DATE_KEY: Final = lazy.regex(
    r"(?i)(?:^|[_.\-])(?:date|day|time|timestamp|datetime|created|created_at|run_at|generated_at|evaluated_at|measured|week|as_of)(?:$|[_.\-])"
)
_DATE: Final = lazy.regex(r"\b(20\d{2})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_SIZE_KEY: Final = lazy.regex(
    r"(?i)(?:^|[._])(?:n|rows|n_rows|test_rows|samples|n_samples|num_samples|num_examples|examples|cases|n_cases|count|support|size|total)$"
)
_AVERAGE: Final = lazy.regex(r"(?i)(?:accuracy|(?:macro|micro|weighted|samples)[ _]avg)")  # of scikit-learn's report
_WORD: Final = lazy.regex(r"[\w.-]{1,80}")
_MAX_FILES: Final = 60
_MAX_BYTES: Final = 2_000_000
_MAX_FIGURES: Final = 400
_MAX_ROWS: Final = 500
_MAX_DEPTH: Final = 6


class ResultsQuery(Query):
    """files: globs of the files. keys: only files with a key (or a file name) that fits this pattern of RE2; figures
    are those below such a key, or all of a file whose name fits. n: the largest figure under a key that names the size
    of the sample, 0 where there is none. days: from the newest date in the file to the day of the audit, -1 where it
    holds no date, nor its name."""

    files: list[str] = Field(
        default=[
            "{metrics,reports,results,evaluation,evaluations,evals,eval,monitoring,benchmarks}/**/*.{json,jsonl,yaml,yml,csv}",
            "**/*{metric,eval,result,score,report,calibration,robustness,feedback}*.{json,jsonl,yaml,yml,csv}",
        ],
        min_length=1,
    )
    keys: str = Field(min_length=1, max_length=500)


class ResultsProbe(Probe[ResultsQuery]):
    name: ClassVar[str] = "results.files"
    title: ClassVar[str] = "Figures, dates and sample sizes in the files that evaluations and monitoring jobs left"
    query: ClassVar[type[Query]] = ResultsQuery
    max_level: ClassVar[Level] = Level.RESULT

    def value_type(self, query: ResultsQuery) -> Type:
        return list_of(RESULT)

    def answer(self, fact_id: str, query: ResultsQuery, context: Context) -> Fact:
        import re2

        wanted = re2.compile(query.keys)
        entries = _files(query, context)
        found: list[dict[str, Any]] = []
        unread: list[str] = []
        for entry in entries:
            try:
                leaves = list(_leaves(_content(entry, context), ""))
            except (Malformed, Unreadable, ValueError, csv.Error):
                if _may_hold(entry, wanted, context):
                    unread.append(entry.display)
                continue
            one = _record(entry, leaves, wanted, context.as_of)
            if one is not None:
                found.append(one)
        scope = Scope(len(entries), len(entries) - len(unread), tuple(unread[:10]))
        method = "result files read; nothing was run"
        if not found:
            state = State.UNKNOWN if unread else State.ABSENT
            reason = f"{unread[0]} could not be read" if unread else ""
            value: list[Any] | None = None if unread else []
            return Fact(fact_id, state, value, Level.CONTENT, method, scope=scope, reason=reason)
        level = Level.RESULT if any(one["dated"] for one in found) else Level.CONTENT
        notes = tuple(
            Evidence(one["path"], one["line"], ", ".join(f"{f['key']} {f['value']:g}" for f in one["figures"][:4]))
            for one in found[:25]
        )
        return Fact(fact_id, State.KNOWN, found, level, method, Confidence.MEDIUM, notes, scope)


def _files(query: ResultsQuery, context: Context) -> list[Entry]:
    roles = ("vendored", "generated", "test", "example")
    found = [
        entry
        for entry in context.project.matching(query.files)
        if not entry.ignored
        and entry.role not in roles
        and entry.size <= _MAX_BYTES
        and not of_a_chart(context.project, entry.path)
    ]
    return found[:_MAX_FILES]


def _may_hold(entry: Entry, wanted: Any, context: Context) -> bool:
    """Whether a file that cannot be read as what its name says has, as plain text, a word that is such a key."""
    try:
        text = context.project.text(entry.path)
    except Unreadable:
        return True
    if wanted.search(entry.path.rpartition("/")[2]) is not None:
        return bool(text.strip())
    return any(wanted.search(word) is not None for word in dict.fromkeys(_WORD.findall(text)))


def _content(entry: Entry, context: Context) -> Any:
    project = context.project
    match entry.suffix:
        case ".json":
            return json_of_run(project, entry.path)
        case ".jsonl":
            lines = project.text(entry.path).splitlines()[-_MAX_ROWS:]
            return [json.loads(line) for line in lines if line.strip() and len(line) < 20_000]
        case ".csv":
            return [
                row
                for _, row in zip(range(_MAX_ROWS), csv.DictReader(io.StringIO(project.text(entry.path))), strict=False)
            ]
        case _:
            return project.yaml(entry.path)


def _leaves(value: Any, key: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """(dotted key, number or text); the elements of a list are told by what they name themselves."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        label = next(
            (
                str(value[name])
                for name in ("condition", "slice", "name", "metric", "group", "segment", "set", "variant")
                if isinstance(value.get(name), str)
            ),
            "",
        )
        below = ".".join(part for part in (key, label[:60]) if part)
        told = [name for name in value if _AVERAGE.fullmatch(str(name))] if _is_by_class(value) else value
        for name in told:
            item = value[name]
            yield from _leaves(item, f"{below}.{name}" if below else str(name), depth + 1)
    elif isinstance(value, list):
        for item in value[:_MAX_ROWS]:
            yield from _leaves(item, key, depth + 1)
    elif isinstance(value, dt.date | str | int | float) and not isinstance(value, bool):
        yield key, value


def _is_by_class(value: Mapping[Any, Any]) -> bool:
    """Whether it is a report of figures for each class: its keys are labels (`Noise`, `Feedback`), whatever they say,
    and what it tells of the whole stands below its averages."""
    reports = sum(isinstance(one, Mapping) and "support" in one and "precision" in one for one in value.values())
    return reports >= 3 and any(_AVERAGE.fullmatch(str(name)) for name in value)


def _record(entry: Entry, leaves: list[tuple[str, Any]], wanted: Any, as_of: dt.date) -> dict[str, Any] | None:
    named = wanted.search(entry.path.rpartition("/")[2]) is not None
    figures: list[dict[str, Any]] = []
    dates: list[dt.date] = []
    sizes: list[int] = [0]
    for key, value in leaves:
        if _DATE_KEY.search(key):
            day = _day(value)
            if day is not None and day <= as_of:
                dates.append(day)
                continue
        number = _number(value)
        if number is None:
            continue
        if _SIZE_KEY.search(key) and number >= 1:
            sizes.append(int(min(number, 1e12)))
        elif (named or wanted.search(key)) and len(figures) < _MAX_FIGURES:
            figures.append({"key": key, "value": number})
    if not figures:
        return None
    named_day = None if dates else _day(entry.path.rpartition("/")[2].replace("_", " "))
    newest = max(dates, default=named_day if named_day is not None and named_day <= as_of else None)
    return {
        "path": entry.display,
        "line": 1,
        "dated": newest is not None,
        "date": newest.isoformat() if newest else "",
        "days": (as_of - newest).days if newest else -1,
        "n": max(sizes),
        "figures": figures,
        "keys": sorted({figure["key"] for figure in figures})[:50],
    }


def _day(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    match = _DATE.search(value) if isinstance(value, str) else None
    try:
        return dt.date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 else None
    if isinstance(value, str) and len(value) < 40:
        try:
            return float(value)
        except ValueError:
            return None
    return None
