"""The probe `python.decided`: calls that may act on the world, with what decides whether they are reached."""

from __future__ import annotations

from typing import ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, kept

DECIDED: Final = record(
    "decided call",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    name=STRING,
    conditions=list_of(INT),
    words=list_of(STRING),
    from_lines=list_of(INT),
    asked=list_of(STRING),
    through=list_of(STRING),
)


class DecidedQuery(CodeQuery):
    """Calls that send, pay, publish or change something elsewhere. conditions: the lines of those that decide whether
    it is reached (a branch around it, or one before it that leaves). words: the names in them, and of what these are
    made. from_lines and asked: the lines and last names of the calls in that. through: the last names of the calls
    from which its arguments come."""

    features: ClassVar[tuple[str, ...]] = ("decided",)


class DecidedProbe(Probe[DecidedQuery]):
    name: ClassVar[str] = "python.decided"
    title: ClassVar[str] = "Calls that act on the world, with the conditions that decide whether they are reached"
    query: ClassVar[type[Query]] = DecidedQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: DecidedQuery) -> Type:
        return list_of(DECIDED)

    def answer(self, fact_id: str, query: DecidedQuery, context: Context) -> Fact:
        return kept(
            fact_id, query, context, "decided", lambda one: f"{one['name']}, {len(one['conditions'])} conditions"
        )
