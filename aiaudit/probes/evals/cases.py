"""The probe `evals.cases`: the cases of evaluations, counted by the category that they or their file name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.substance import is_gap
from aiaudit.probes.evals.files import MAX_FILES, case_files, content, flat
from aiaudit.probes.evals.result import MAX_LISTED, mapping, rows, text
from aiaudit.probes.reading import Files, listed, scope_of

CASES: Final = record("cases of an evaluation", path=STRING, line=INT, category=STRING, cases=INT, stated=BOOL)
_INPUTS: Final = (
    "input", "question", "query", "prompt", "user_input", "message", "messages", "text", "ticket", "request",
    "utterance", "inputs", "vars", "instruction", "q", "user_query", "conversation", "turns", "task",
)  # fmt: skip
_CATEGORIES: Final = (
    "category", "categories", "tag", "tags", "kind", "case_type", "type", "scenario", "class", "slice", "group",
    "suite",
)  # fmt: skip
_LISTS: Final = (
    "cases",
    "tests",
    "examples",
    "data",
    "samples",
    "questions",
    "items",
    "scenarios",
    "rows",
    "test_cases",
)
# A file's name tells what its cases are for only where it names one of the four purposes.
_PURPOSE: Final = lazy.regex(
    r"(?i)(?<!knowl)(?<!pl)(?<!w)edge(?!r)|corner|boundary|adversar[a-z]*|attack|inject[a-z]*|jail-?break|red[-_]?team|refus[a-z]*|abst[ae][a-z]*"
    r"|unanswer[a-z]*|no[-_]answer"
    r"|out[-_]of[-_]scope|off[-_]topic|happy|(?<!a)typical|smoke|production|real[-_]"
)
# What a tool left as results is no list of cases.
_RESULT_KEYS: Final = frozenset(
    ("success", "score", "passed", "actual_output", "metricsdata", "feedback_stats", "entry_type")
)
_LEFT_OUT: Final = ("skip", "skipped", "disabled")  # by the case itself


class CasesQuery(Query):
    """No keys: all files of cases."""


class CasesProbe(Probe[CasesQuery]):
    """One record a file and category, with how many cases it has.

    A case is a row (JSON Lines, CSV, a list in JSON or YAML, `tests` of promptfoo) with an input that is no
    placeholder. `category` is what the row says under `category`, `tags`, `kind` and the like, or what the file's name
    says (edge, adversarial, refusal …); `stated` is false, and the category "", where neither says anything. A row with
    two tags counts for both. The same input counts once a file.
    """

    name: ClassVar[str] = "evals.cases"
    title: ClassVar[str] = "cases of evaluations, counted by category"
    query: ClassVar[type[CasesQuery]] = CasesQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: CasesQuery) -> Type:
        return list_of(CASES)

    def answer(self, fact_id: str, query: CasesQuery, context: Context) -> Fact:
        files = Files(context.project)
        records: list[dict[str, Any]] = []
        entries = case_files(files)
        for entry in entries[:MAX_FILES]:
            counted = _counted(_rows_of(content(context, files, entry)), entry.path)
            for category, cases in sorted(counted.items())[:MAX_LISTED]:
                records.append(
                    {"path": entry.display, "line": 1, "category": category, "cases": cases, "stated": bool(category)}
                )
        for entry in entries[MAX_FILES:]:
            files.problems[entry.path] = "too many files of cases"
        scope = scope_of([entry.path for entry in entries], files.problems)
        fact = listed(fact_id, records, method="cases counted", level=Level.MEASURED, scope=scope, note="category")
        return fact if fact.state is not State.ABSENT or entries else Fact(fact_id, State.ABSENT, [], Level.CONTENT)


def _rows_of(data: Any) -> list[Mapping[str, Any]]:
    if isinstance(data, list):
        return rows(data)
    outer = mapping(data)
    return next((found for key in _LISTS if (found := rows(outer.get(key)))), [])


def _counted(listed_rows: list[Mapping[str, Any]], path: str) -> Counter[str]:
    stem = path.rpartition("/")[2].rpartition(".")[0]
    purpose = found.group(0).lower() if (found := _PURPOSE.search(stem)) is not None else ""
    seen: set[str] = set()
    counted: Counter[str] = Counter()
    for row in listed_rows:
        fields = flat(row)
        if _RESULT_KEYS & fields.keys() or any(fields.get(key) is True for key in _LEFT_OUT):
            continue
        asked = next((str(fields[key]) for key in fields if key in _INPUTS and not _blank(fields[key])), "")
        if not asked or asked in seen:
            continue
        seen.add(asked)
        counted.update(set(_categories(fields)) or {purpose})
    return counted


def _blank(value: Any) -> bool:
    return value in (None, "", [], {}) or (isinstance(value, str) and is_gap(value))


def _categories(fields: Mapping[str, Any]) -> Iterator[str]:
    for key in _CATEGORIES:
        value = fields.get(key)
        for one in value if isinstance(value, list) else [value]:
            if name := text(one).lower()[:60]:
                yield name
