"""The probe `bom.documents`: bills of materials that lie in the project, and what they list."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.bom import cyclonedx, spdx
from aiaudit.probes.bom.model import Component, Document
from aiaudit.probes.dependencies.lines import LineFinder
from aiaudit.probes.reading import Files, listed, scope_of

_JSON: Final = ("**/*bom*.json", "**/*BOM*.json", "**/*.cdx.json", "**/*spdx*.json", "**/*spdx*.jsonld")
_XML: Final = ("**/*bom*.xml", "**/*.cdx.xml")
_METHOD: Final = "CycloneDX and SPDX documents read"
ENTRY: Final = record(
    "entry of a bill of materials",
    name=STRING,
    kind=STRING,
    version=STRING,
    keys=list_of(STRING),
    identified=BOOL,
    line=INT,
)
DOCUMENT: Final = record(
    "bill of materials",
    path=STRING,
    line=INT,
    format=STRING,
    version=STRING,
    ai_capable=BOOL,
    created=STRING,
    age_days=INT,
    template=BOOL,
    models=INT,
    data=INT,
    libraries=INT,
    entries=list_of(ENTRY),
)


class DocumentsQuery(Query):
    """No options: all documents outside of tests, documentation and examples."""


class Documents(Probe[DocumentsQuery]):
    """One record a document. `ai_capable`: the format can say that an entry is a model (CycloneDX from 1.5, SPDX from
    3.0). `created` is the document's own date, `age_days` its age. `template`: no entry has a real name."""

    name: ClassVar[str] = "bom.documents"
    title: ClassVar[str] = "Bills of materials (CycloneDX, SPDX) and the models, data sets and libraries they list"
    query: ClassVar[type[Query]] = DocumentsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: DocumentsQuery) -> Type:
        return list_of(DOCUMENT)

    def answer(self, fact_id: str, query: DocumentsQuery, context: Context) -> Fact:
        files = Files(context.project)
        records: list[dict[str, Any]] = []
        looked: list[str] = []
        for globs, is_json in ((_JSON, True), (_XML, False)):
            for entry in files.matching(globs):
                if str(entry.role) in ("test", "example") or entry.path in looked:
                    continue
                looked.append(entry.path)
                document = _read_json(files, entry.path) if is_json else _read_xml(files, entry.path)
                if document is not None:
                    if document.problem:
                        files.problems[entry.path] = document.problem
                    records.append(_record(document, entry.display, files.text(entry.path) or "", context.as_of))
        records.sort(key=lambda one: str(one["path"]))
        return listed(fact_id, records, method=_METHOD, scope=scope_of(looked, files.problems), note="format")


def _read_json(files: Files, path: str) -> Document | None:
    data = files.json(path)
    return cyclonedx.from_json(data) or spdx.from_json(data)


def _read_xml(files: Files, path: str) -> Document | None:
    text = files.text(path)
    return cyclonedx.from_xml(text) if text is not None else None


def _record(document: Document, path: str, text: str, as_of: dt.date) -> dict[str, Any]:
    lines = LineFinder(text)
    kinds = [one.kind for one in document.components]
    return {
        "path": path,
        "line": 1,
        "format": document.format,
        "version": document.version,
        "ai_capable": _at_least(document.version, (1, 5) if document.format == "cyclonedx" else (3, 0)),
        "created": document.created,
        "age_days": _age(document.created, as_of),
        "template": document.template,
        "models": kinds.count("model"),
        "data": kinds.count("data"),
        "libraries": kinds.count("library"),
        "entries": [_entry(one, lines) for one in document.components if one.kind != "other"],
    }


def _entry(one: Component, lines: LineFinder) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "version": one.version,
        "keys": list(one.keys),
        "identified": one.identified,
        "line": lines.quoted(one.name.rpartition("/")[2]),
    }


def _at_least(version: str, wanted: tuple[int, int]) -> bool:
    numbers = [int(part[:6]) for part in version.split(".") if part.isdigit()]
    return bool(numbers) and (numbers[0], numbers[1] if len(numbers) > 1 else 0) >= wanted


def _age(created: str, as_of: dt.date) -> int | Unknown:
    try:
        return (as_of - dt.date.fromisoformat(created)).days
    except ValueError:
        return Unknown("the document bears no date")
