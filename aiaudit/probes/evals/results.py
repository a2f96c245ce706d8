"""The probe `evals.results`: dated results of evaluations and red-team runs that lie in the project."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Final, Literal

from msgspec.structs import replace
from pydantic import Field

from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.evals import frameworks, own, promptfoo, red_team
from aiaudit.probes.evals.files import MAX_FILES, content, result_files
from aiaudit.probes.evals.result import MAX_LISTED, Result, rows
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.entry import Entry

METRIC: Final = record("metric", name=STRING, value=DOUBLE, cases=INT, target=DOUBLE, has_target=BOOL)
CATEGORY: Final = record("category", name=STRING, cases=INT)
RESULT: Final = record(
    "result of an evaluation",
    path=STRING,
    line=INT,
    tool=STRING,
    kind=STRING,
    date=STRING,
    age_days=INT,
    model=STRING,
    cases=INT,
    attempts=INT,
    success_rate=DOUBLE,
    metrics=list_of(METRIC),
    categories=list_of(CATEGORY),
    judge=STRING,
)
_METHOD: Final = "result files of evaluation and red-team tools read"


class ResultsQuery(Query):
    """kinds: evaluation, red_team, or both. tools: only results of these (promptfoo, garak, PyRIT, Moonshot, deepteam,
    deepeval, ragas, inspect, lm-evaluation-harness, LangSmith, JUnit, own)."""

    kinds: list[Literal["evaluation", "red_team"]] = Field(default=[])
    tools: list[str] = Field(default=[])


class ResultsProbe(Probe[ResultsQuery]):
    """One record a result. Read are the output files of the tools above, and JSON or YAML of the project's own that
    names metrics or attacks (tool `own`).

    `date` is the one that the file itself bears, `age_days` the days from it to the audit's day; both a missing and a
    future date make the age unknown. `attempts`: how many attacks were tried, `success_rate`: the share of them that
    succeeded; unknown where the file does not say, 0 and unknown in evaluations. `metrics` with how many cases each
    rests on (0: not said) and its target in the same file (`has_target`). `categories` as the file names
    them. `judge`: the model that graded, "" where none is named.
    """

    name: ClassVar[str] = "evals.results"
    title: ClassVar[str] = (
        "results of evaluations and red-team runs: tool, date, model, metrics, attempts, success rate"
    )
    query: ClassVar[type[ResultsQuery]] = ResultsQuery
    max_level: ClassVar[Level] = Level.RESULT

    def value_type(self, query: ResultsQuery) -> Type:
        return list_of(RESULT)

    def answer(self, fact_id: str, query: ResultsQuery, context: Context) -> Fact:
        every, problems, looked = _results(context)
        records = [
            _record(path, result, context.as_of)
            for path, result in every
            if (not query.kinds or result.kind in query.kinds) and (not query.tools or result.tool in query.tools)
        ]
        fact = listed(fact_id, records, method=_METHOD, scope=scope_of(looked, problems), note="tool")
        if fact.state is State.KNOWN and any(one["date"] for one in records):
            return replace(fact, level=Level.RESULT)
        return fact


_Found = tuple[list[tuple[str, Result]], dict[str, str], list[str]]


def _results(context: Context) -> _Found:
    """All results of the project, read once a run."""
    known: _Found | None = context.memo.get("evals.results")
    if known is None:
        files = Files(context.project)
        entries = result_files(files)
        found = [
            (entry.display, result)
            for entry in entries[:MAX_FILES]
            if (result := read(content(context, files, entry), entry)) is not None
        ]
        for entry in entries[MAX_FILES:]:
            files.problems[entry.path] = "too many files of results"
        found.sort(key=lambda one: one[0])
        known = context.memo["evals.results"] = (found, files.problems, [entry.path for entry in entries])
    return known


def read(data: Any, entry: Entry) -> Result | None:
    """The result in one file, by the first reader that knows its form."""
    made: Result | None
    if data is None:
        return None
    if entry.suffix == ".xml":
        made = frameworks.junit(data) if isinstance(data, str) and _speaks_of_evaluation(entry.path) else None
        if made is not None and _speaks_of_attacks(entry.path):
            made.kind, made.attempts = "red_team", made.cases
            made.successes = round(made.cases * (1 - made.metrics[0].value))
    elif entry.suffix == ".csv":
        made = frameworks.ragas(rows(data))
    elif entry.suffix == ".jsonl":
        made = red_team.garak(rows(data)) or red_team.pyrit(data) or frameworks.ragas(rows(data))
    else:
        made = (
            promptfoo.read(data)
            or red_team.moonshot(data)
            or red_team.deepteam(data)
            or red_team.pyrit(data)
            or frameworks.deepeval(data)
            or frameworks.inspect(data)
            or frameworks.harness(data)
            or frameworks.langsmith(data)
            or frameworks.ragas(rows(data))
            or own.read(data, entry.path)
        )
    return None if made is None or made.empty else made


def _speaks_of_evaluation(path: str) -> bool:
    lower = path.lower()
    return any(word in lower for word in ("eval", "red_team", "redteam", "red-team", "jailbreak", "inject"))


def _speaks_of_attacks(path: str) -> bool:
    lower = path.lower()
    return any(word in lower for word in ("red_team", "redteam", "red-team", "jailbreak", "inject", "adversarial"))


def _record(path: str, result: Result, as_of: dt.date) -> dict[str, Any]:
    red_teamed = result.kind == "red_team"
    rate = result.success_rate
    return {
        "path": path,
        "line": 1,
        "tool": result.tool,
        "kind": result.kind,
        "date": result.date,
        "age_days": age(result.date, as_of),
        "model": result.model,
        "cases": result.cases,
        "attempts": result.attempts
        if result.attempts is not None
        else (Unknown("how many attacks were tried is not said") if red_teamed else 0),
        "success_rate": rate if rate is not None else Unknown("how many attacks succeeded is not said"),
        "metrics": [
            {
                "name": one.name,
                "value": one.value,
                "cases": one.cases,
                "target": Unknown("no target is named") if one.target is None else one.target,
                "has_target": one.target is not None,
            }
            for one in result.metrics[:MAX_LISTED]
        ],
        "categories": [
            {"name": name, "cases": cases} for name, cases in sorted(result.categories.items())[:MAX_LISTED] if name
        ],
        "judge": result.judge,
    }


def age(date: str, as_of: dt.date) -> int | Unknown:
    """Days from `date` (YYYY-MM-DD) to `as_of`; unknown where there is none or it lies ahead by more than a day."""
    if not date:
        return Unknown("the result bears no date")
    days = (as_of - dt.date.fromisoformat(date)).days
    return max(days, 0) if days >= -1 else Unknown("the result's date lies ahead")
