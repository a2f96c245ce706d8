"""The probe `python.sent`: paths, addresses, queries and programs that a caller decides."""

from __future__ import annotations

from typing import ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, kept

SENT: Final = record(
    "sent",
    path=STRING,
    line=INT,
    cell=INT,
    role=STRING,
    function=STRING,
    does=STRING,
    sink=STRING,
    source_name=STRING,
    source_line=INT,
)


class SentQuery(CodeQuery):
    """Places at which what a caller sends arrives, as it was sent, in the path of a file, at the beginning of an
    address, in the text of a query or in what is run, and nothing on the way holds it against anything. does:
    writes, removes, reads (a file), asks (an address), queries (a database) or runs (code, a shell). source_name:
    what it is called where it comes in, `file.filename` or `body.url`."""

    features: ClassVar[tuple[str, ...]] = ("sent",)


class SentProbe(Probe[SentQuery]):
    name: ClassVar[str] = "python.sent"
    title: ClassVar[str] = "Paths, addresses, queries and programs that a caller decides"
    query: ClassVar[type[Query]] = SentQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: SentQuery) -> Type:
        return list_of(SENT)

    def answer(self, fact_id: str, query: SentQuery, context: Context) -> Fact:
        return kept(fact_id, query, context, "sent", lambda one: f"{one['source_name']} reaches {one['sink']}")
