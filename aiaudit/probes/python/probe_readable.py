"""The probe `python.readable`: whether most of the code is in a language in which calls are followed."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, Type
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.languages import code_of, not_read, share_of


class ReadableQuery(Query):
    """also: languages that the asking fact covers by other probes. Known and true where most of the project's own code
    is in Python or one of these; unknown, never false, where most of it is in another language; absent without code."""

    also: list[Literal["javascript"]] = Field(default=[])


class ReadableProbe(Probe[ReadableQuery]):
    name: ClassVar[str] = "python.readable"
    title: ClassVar[str] = "Most of the code is in a language whose calls are followed; unknown where it is not"
    query: ClassVar[type[Query]] = ReadableQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: ReadableQuery) -> Type:
        return BOOL

    def answer(self, fact_id: str, query: ReadableQuery, context: Context) -> Fact:
        code = code_of(context.project)
        files = sum(code.files.values())
        covered = {"python", "shell", *query.also}
        other, most = code.beyond(covered)
        method = "bytes of code files by language"
        if other > code.total - other:
            return Fact(
                fact_id,
                State.UNKNOWN,
                None,
                Level.CONTENT,
                method,
                evidence=(Evidence(code.largest[most], None, f"the largest of {code.files[most]} files"),),
                scope=Scope(files, sum(code.files[language] for language in covered)),
                reason=not_read(code) or f"{share_of(code, most)}, of which not enough is read to tell",
            )
        return Fact(fact_id, State.KNOWN, True, Level.CONTENT, method, scope=Scope(files, files))
