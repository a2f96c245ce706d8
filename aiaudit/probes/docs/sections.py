"""The probe `docs.sections`: which of the sections that a document must have are there, and say something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, Type, list_of, map_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import TOLD_ROLES, Globs, library, names, prose
from aiaudit.probes.docs.document import Document
from aiaudit.probes.docs.language import other_language
from aiaudit.probes.docs.substance import repeated, weigh

_SECTION: Final = record(
    "section", name=STRING, found=BOOL, filled=BOOL, line=INT, title=STRING, words=INT, numbers=list_of(DOUBLE)
)
DOCUMENT: Final = record(
    "document",
    path=STRING,
    line=INT,
    words=INT,
    placeholder_ratio=DOUBLE,
    filled=INT,
    missing=list_of(STRING),
    sections=list_of(_SECTION),
    metadata=map_of(DYN),
    language=STRING,
)


class SectionsQuery(Query):
    """Which documents, and which sections they must have.

    files: globs. sections: name -> headings that stand for it (words that occur together; `limit*` is a beginning,
    `=Data` the whole heading). min_words: how many words of substance make a section count as filled.
    """

    files: Globs = Field(min_length=1)
    sections: dict[str, list[str]] = Field(default={})
    min_words: int = Field(default=25, ge=0, le=2000)
    roles: list[str] = Field(default=[str(role) for role in TOLD_ROLES])


class SectionsProbe(Probe[SectionsQuery]):
    """Sections of documents by heading, with the words and numbers that stand below each.

    Template text, reminders (TODO, TBD), badges, bare links, code and repeated sentences are no words. Value: the
    documents that match, the one with most filled sections first; `missing` names the sections that are not filled.
    `language`: that of a document that is surely not in English, whose headings may not be known.
    """

    name: ClassVar[str] = "docs.sections"
    title: ClassVar[str] = "sections of documents and cards, and the substance of each"
    query: ClassVar[type[SectionsQuery]] = SectionsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: SectionsQuery) -> Type:
        return list_of(DOCUMENT)

    def answer(self, fact_id: str, query: SectionsQuery, context: Context) -> Fact:
        found = library(context, query.files, query.roles)
        records = [_record(document, query) for document in found.documents]
        records.sort(key=lambda one: (-one["filled"], -one["words"], one["path"].count("/"), one["path"]))
        if not records and found.unread:
            return Fact(fact_id, State.UNKNOWN, reason=found.reason, method="sections", scope=found.scope)
        if not records:
            return Fact(fact_id, State.ABSENT, level=Level.CONTENT, method="sections", scope=found.scope)
        return Fact(
            fact_id,
            State.KNOWN,
            value=records,
            level=Level.CONTENT,
            method="sections",
            scope=found.scope,
            evidence=tuple(Evidence(record["path"], record["line"], _note(record, query)) for record in records[:10]),
        )


def _record(document: Document, query: SectionsQuery) -> dict[str, Any]:
    whole = weigh(prose(document.sections))
    hollow = repeated(prose([section]) for section in document.sections)
    sections = [_section(document, name, like, query.min_words, hollow) for name, like in query.sections.items()]
    return {
        "path": document.path,
        "line": 1,
        "words": whole.words,
        "placeholder_ratio": whole.placeholder_ratio,
        "filled": sum(1 for section in sections if section["filled"]),
        "missing": [section["name"] for section in sections if not section["filled"]],
        "sections": sections,
        "metadata": _scalars(document.front),
        "language": other_language([*prose(document.sections), *(section.title for section in document.sections)]),
    }


def _section(
    document: Document, name: str, synonyms: list[str], min_words: int, hollow: frozenset[str]
) -> dict[str, Any]:
    """The section of that name with most words; a document may have a heading twice."""
    best: dict[str, Any] = {
        "name": name, "found": False, "filled": False, "line": 0, "title": "", "words": 0, "numbers": [],
    }  # fmt: skip
    for index, section in enumerate(document.sections):
        if not any(names(section.title, synonym) for synonym in synonyms):
            continue
        weight = weigh(prose(document.with_children(index)), hollow)
        if best["found"] and weight.words <= best["words"]:
            continue
        best = {
            "name": name,
            "found": True,
            "filled": weight.words >= min_words and weight.words > 0,
            "line": section.line,
            "title": section.title,
            "words": weight.words,
            "numbers": list(weight.numbers),
        }
    return best


def _scalars(front: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata's plain values and lists of them: what rules may read."""
    return {
        str(key): list(value) if isinstance(value, list) else value
        for key, value in front.items()
        if not isinstance(value, Mapping)
        and not (isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value))
    }


def _note(record: dict[str, Any], query: SectionsQuery) -> str:
    if not query.sections:
        return f"{record['words']} words"
    missing = f"; not filled: {', '.join(record['missing'])}" if record["missing"] else ""
    return f"{record['filled']} of {len(query.sections)} sections have substance{missing}"
