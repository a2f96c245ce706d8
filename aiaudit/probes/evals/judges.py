"""The probe `evals.judges`: grades of a model beside those of people, and how far the two agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import DOUBLE, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.evals.files import MAX_FILES, content, result_files
from aiaudit.probes.evals.result import grade, rows
from aiaudit.probes.reading import Files, listed, scope_of

JUDGE: Final = record(
    "judge beside people",
    path=STRING,
    line=INT,
    cases=INT,
    agreement=DOUBLE,
    kappa=DOUBLE,
    human=STRING,
    judge=STRING,
)
_HUMAN: Final = lazy.regex(r"(?i)^(?:human|annotator|expert|reviewer|manual|gold)(?:[_ -]?\w*)?$|_by_hand$|_human$")
_JUDGE: Final = lazy.regex(
    r"(?i)^(?:judge|llm|grader|auto|automatic)[_ -]?(?:judge|grade|label|score|verdict|rating)?$"
    r"|^model[_ -](?:grade|label|score|verdict|rating)$|_judge$|^llm_as_judge"
)
_MAX_LABELS: Final = 12  # more are free figures, of which kappa says nothing


class JudgesQuery(Query):
    """No keys: all tables with a column of people's grades and one of a judge's."""


class JudgesProbe(Probe[JudgesQuery]):
    """One record a table in which each row bears a person's grade and a judge's: `human_label`, `annotator_grade` …
    beside `judge_label`, `llm_score` … `agreement`: the share of rows where they are the same. `kappa`: Cohen's kappa
    (J. Cohen, A coefficient of agreement for nominal scales, 1960), computed here; 0.0 where both always say the same
    one thing, which shows nothing."""

    name: ClassVar[str] = "evals.judges"
    title: ClassVar[str] = "judges of evaluations compared with people: cases, agreement, Cohen's kappa"
    query: ClassVar[type[JudgesQuery]] = JudgesQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: JudgesQuery) -> Type:
        return list_of(JUDGE)

    def answer(self, fact_id: str, query: JudgesQuery, context: Context) -> Fact:
        files = Files(context.project)
        entries = [one for one in result_files(files) if one.suffix in (".csv", ".jsonl", ".json")][:MAX_FILES]
        records = []
        for entry in entries:
            compared = _compared(rows(content(context, files, entry)))
            if compared is not None:
                records.append({"path": entry.display, "line": 1, **compared})
        scope = scope_of([entry.path for entry in entries], files.problems)
        return listed(fact_id, records, method="grades compared", level=Level.MEASURED, scope=scope)


def _compared(table: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    columns = list(dict.fromkeys(str(key) for row in table[:20] for key in row))
    human = next((name for name in columns if _HUMAN.search(name)), None)
    judge = next((name for name in columns if name != human and _JUDGE.search(name)), None)
    if human is None or judge is None:
        return None
    pairs = [(grade(row.get(human)), grade(row.get(judge))) for row in table]
    pairs = [(a, b) for a, b in pairs if a and b]
    by_people, by_judge = {a for a, _ in pairs}, {b for _, b in pairs}
    if not by_people & by_judge or len(by_people | by_judge) > _MAX_LABELS:  # not grades on one scale
        return None
    return {
        "cases": len(pairs),
        "agreement": round(sum(a == b for a, b in pairs) / len(pairs), 6),
        "kappa": round(kappa(pairs), 6),
        "human": human,
        "judge": judge,
    }


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Cohen's kappa of two graders: (observed - expected agreement) / (1 - expected); 0.0 where that is undefined."""
    size = len(pairs)
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(a == b for a, b in pairs) / size
    expected = sum(left[label] * right[label] for label in left) / size**2
    return 0.0 if expected >= 1 else (observed - expected) / (1 - expected)
