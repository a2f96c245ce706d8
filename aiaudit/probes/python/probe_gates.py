"""The probe `python.gates`: comparisons of a metric with a limit that stop a run or let a model through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, from_json, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import OWN_ROLES, CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

GATE: Final = record(
    "gate",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    metric=STRING,
    operator=STRING,
    limit=DOUBLE,
    limit_name=STRING,
    action=STRING,
    relative=BOOL,
)

_EVALUATES: Final = lazy.regex(
    r"(?i)[/_.-](?:evals?|evaluat\w*|regression\w*|quality|benchmarks?|gates?|check_(?:metrics?|results?))[/_.-]"
)

# A folder of tests that grade answers.
_EVALUATION: Final = lazy.regex(r"(?i)/(?:llm_?|model_?)?(?:evals?|evaluations?)/")


class GatesQuery(CodeQuery):
    """All gates, tests' assertions included. action: exit, raise, assert, return (a status that becomes the exit
    status), promote (the model is let through) or decide (a function that answers whether it may). limit: the number,
    unknown where it comes from elsewhere; relative: the other side is a metric too (the champion's)."""

    roles: list[Role] = Field(default=[*OWN_ROLES, Role.TEST])
    features: ClassVar[tuple[str, ...]] = ("gates",)


class GatesProbe(Probe[GatesQuery]):
    name: ClassVar[str] = "python.gates"
    title: ClassVar[str] = "Comparisons of a metric with a limit that stop the run or let a model through"
    query: ClassVar[type[Query]] = GatesQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: GatesQuery) -> Type:
        return list_of(GATE)

    def answer(self, fact_id: str, query: GatesQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for found in project.records[entry.path].get("gates", ()):
                row = dict(found)
                limit = from_json(row["limit"])
                place = "/" + entry.path
                evaluates = _EVALUATION if entry.role == Role.TEST else _EVALUATES
                if row.pop("counted") and not evaluates.search(place):
                    continue  # a share or a count is a metric only where a file evaluates
                yield {"cell": 0, **row, "limit": float(limit) if isinstance(limit, int) else limit}

        return fact_of(
            fact_id, query, context, find, note=lambda one: f"{one['metric']}: {one['action']}", having="gates"
        )
