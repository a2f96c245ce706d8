"""The probe `python.turning`: functions that turn callers away, and whether for their credential."""

from __future__ import annotations

from typing import ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, kept

TURNING: Final = record(
    "turning",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    names=list_of(STRING),
    end=INT,
    looks=BOOL,
    asks=STRING,
    unasked_line=INT,
)


class TurningQuery(CodeQuery):
    """Functions in which somebody is answered 401 or 403, handlers among them. names: what it is
    called by where it stands before others: its own, that of the decorator around it, or of the class that is called.
    looks: a condition looks at a credential (compares it, or asks for what a call made of it) and turns away whoever
    has none; false where all that counts is what was sent, what another service said, or whether a header is there.
    asks: always (nobody comes to its end, or back from it, unasked), by setting (a condition at unasked_line decides
    whether, such as that a key of the service is set), sometimes (somebody does, first at unasked_line), never."""

    features: ClassVar[tuple[str, ...]] = ("turning",)


class TurningProbe(Probe[TurningQuery]):
    name: ClassVar[str] = "python.turning"
    title: ClassVar[str] = "Functions that turn callers away with 401 or 403, and whether for their credential"
    query: ClassVar[type[Query]] = TurningQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: TurningQuery) -> Type:
        return list_of(TURNING)

    def answer(self, fact_id: str, query: TurningQuery, context: Context) -> Fact:
        return kept(fact_id, query, context, "turning", lambda one: str(one["function"]))
