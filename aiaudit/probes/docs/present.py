"""The probe `docs.present`: a document of a kind exists, as a file or as a section of another, and says something."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import TOLD_ROLES, Globs, Library, library, names, prose
from aiaudit.probes.docs.substance import weigh

_FOUND: Final = record("document", path=STRING, line=INT, title=STRING, words=INT, via=STRING)


class PresentQuery(Query):
    """files: globs of documents that are of the kind by their name. headings in `within`: sections that stand for one
    (see docs.sections for how they are written). min_words: less than that is template or empty, and does not count."""

    files: Globs = Field(default=[])
    headings: list[str] = Field(default=[])
    within: Globs = Field(default=["README*", "readme*"])
    min_words: int = Field(default=15, ge=0, le=2000)
    roles: list[str] = Field(default=[str(role) for role in TOLD_ROLES])


class PresentProbe(Probe[PresentQuery]):
    """Documents of one kind with at least `min_words` words of substance, files first. `via`: "file" or "section"."""

    name: ClassVar[str] = "docs.present"
    title: ClassVar[str] = "a document of a kind, as a file or as a section of another"
    query: ClassVar[type[PresentQuery]] = PresentQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: PresentQuery) -> Type:
        return list_of(_FOUND)

    def answer(self, fact_id: str, query: PresentQuery, context: Context) -> Fact:
        files = library(context, query.files, query.roles) if query.files else Library((), ())
        hosts = library(context, query.within, query.roles) if query.headings else Library((), ())
        found: list[dict[str, Any]] = []
        for document in files.documents:
            words = weigh(prose(document.sections)).words
            if words >= query.min_words:
                found.append({"path": document.path, "line": 1, "title": "", "words": words, "via": "file"})
        for document in hosts.documents:
            for index, section in enumerate(document.sections):
                if not any(names(section.title, heading) for heading in query.headings):
                    continue
                words = weigh(prose(document.with_children(index))).words
                if words >= query.min_words:
                    found.append(
                        {
                            "path": document.path,
                            "line": section.line,
                            "title": section.title,
                            "words": words,
                            "via": "section",
                        }
                    )
        unread = files.unread + hosts.unread
        if not found and unread:
            return Fact(fact_id, State.UNKNOWN, reason=(files.reason or hosts.reason), scope=files.scope)
        if not found:
            return Fact(fact_id, State.ABSENT, level=Level.CONTENT, method="documents", scope=files.scope)
        notes = [f"{item['title'] or 'document'}: {item['words']} words" for item in found]
        return Fact(
            fact_id,
            State.KNOWN,
            value=found,
            level=Level.CONTENT,
            method="documents",
            scope=files.scope,
            evidence=tuple(
                Evidence(item["path"], item["line"], note) for item, note in zip(found[:10], notes, strict=False)
            ),
        )
