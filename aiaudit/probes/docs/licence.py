"""The probe `docs.licence`: licence texts recognised by their own words, and licences named in metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import Globs, Library, library
from aiaudit.probes.docs.document import Document, Section
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable

_HEAD: Final = 40_000  # characters: the longest licence, GPL-3.0, has 35,000

_TITLE: Final = 600  # characters in which a licence names itself; further down it may name others

# The first row that fits names the licence. Phrases are compared in lower case with single blanks: those of `_TITLES`
# with the head of the text, those of `_BODIES` with all of it.
_TITLES: Final[tuple[tuple[str, str], ...]] = (
    ("AGPL-3.0", r"gnu affero general public license"),
    ("LGPL-3.0", r"gnu lesser general public license,? version 3|lesser general public license version 3"),
    ("LGPL-2.1", r"gnu lesser general public license|gnu library general public license"),
    ("GPL-3.0", r"gnu general public license,? version 3|gnu general public license version 3, 29 june 2007"),
    ("GPL-2.0", r"gnu general public license,? version 2|version 2, june 1991"),
    ("Apache-2.0", r"apache license,? version 2\.0"),
    ("MPL-2.0", r"mozilla public license,? version 2\.0|mozilla public license version 2\.0"),
    ("EPL-2.0", r"eclipse public license - v 2\.0"),
    ("BUSL-1.1", r"business source license 1\.1"),
    ("Elastic-2.0", r"elastic license 2\.0"),
    ("SSPL-1.0", r"server side public license"),
    ("RAIL", r"(?:open)?rail(?:\+\+)?-?[ms]?\b.{0,60}licen[cs]e|responsible ai licen[cs]e"),
    ("Llama", r"llama (?:2|3|3\.\d|4) community licen[cs]e"),
    ("Gemma", r"gemma terms of use"),
    ("CC-BY-NC-SA-4.0", r"attribution-noncommercial-sharealike"),
    ("CC-BY-NC-ND-4.0", r"attribution-noncommercial-noderivatives"),
    ("CC-BY-NC-4.0", r"attribution-noncommercial"),
    ("CC-BY-SA-4.0", r"attribution-sharealike"),
    ("CC-BY-ND-4.0", r"attribution-noderivatives"),
    ("CC-BY-4.0", r"creative commons attribution"),
    ("CC0-1.0", r"cc0 1\.0 universal"),
    ("proprietary", r"proprietary and confidential|confidential and proprietary|proprietary licen[cs]e"),
)
_BODIES: Final[tuple[tuple[str, str], ...]] = (
    ("Unlicense", r"this is free and unencumbered software released into the public domain"),
    ("0BSD", r"bsd zero clause license"),
    ("ISC", r"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"),
    ("MIT", r"permission is hereby granted, free of charge, to any person obtaining a copy"),
    ("BSD-3-Clause", r"redistribution and use in source and binary forms.{0,1600}neither the name"),
    ("BSD-2-Clause", r"redistribution and use in source and binary forms"),
    (
        "non-commercial",
        r"used? or intended for use non-?commercially|for non-?commercial (?:use|purposes) only"
        r"|solely for non-?commercial",
    ),
    ("proprietary", r"all rights reserved"),
)
_FAMILIES: Final[tuple[tuple[str, str], ...]] = (
    ("network-copyleft", r"agpl|sspl"),
    ("weak-copyleft", r"lgpl|mpl|epl|cddl|lesser general public"),
    ("copyleft", r"\bgpl|general public licen|cc-by-sa|eupl"),
    ("non-commercial", r"-nc\b|-nc-|noncommercial|non-commercial|research only"),
    ("use-restricted", r"rail|llama|gemma|busl|elastic|-nd\b|-nd-|commons clause|other"),
    (
        "permissive",
        r"\bmit\b|apache|bsd|\bisc\b|unlicen|cc0|cc-by\b|cc-by-[1-4]|zlib|psf|python-2|0bsd|public domain|boost|bsl-1",
    ),
    ("proprietary", r"proprietary|all rights reserved|commercial|private|unlicensed"),
)

# A README's sentence that licenses the project: "is licensed under the MIT License". What follows names the licence.
_GRANT: Final = lazy.regex(
    r"(?i)\b(?:licen[cs]ed|released|distributed|available|published) under (?:the )?(?:terms of )?(?:the )?"
    r"(?:an? )?(?P<name>[A-Z0-9][\w .,-]{1,60}?licen[cs]e(?:,? (?:version|v)? ?\d(?:\.\d)?)?|MIT|Apache[ -]2\.0"
    r"|BSD-\d-Clause|A?GPL-?v?3(?:\.0)?|LGPL-?v?\d(?:\.\d)?|MPL-2\.0)"
)
# `setup(license="MIT", classifiers=["License :: OSI Approved :: MIT License"])`; a file that is read is no name.
_IN_SETUP_PY: Final = lazy.regex(
    r"""^[ \t]*(?:setup\([ \t]*)?license[ \t]*=[ \t]*["']([^"'\n]{2,200})["']"""
    r"""|["']License :: [^"'\n]{0,100}:: ([^"'\n]{2,100})["']""",
    re.MULTILINE,
)
_FULL_TEXT: Final = 60  # words; the text of ISC, the shortest that is common, has some 130
_LICENCE_HEADING: Final = lazy.regex(r"(?i)^\W*(?:software |code )?licen[cs](?:e|es|ing)\b.{0,30}$")

_REMARK: Final = lazy.regex(r"(?i)(?<=licen[cs]e)[*_\]]*\s+[—–-]+\s+")

LICENCE: Final = record("licence", path=STRING, line=INT, licence=STRING, family=STRING, source=STRING)
_TYPE: Final = record("licences", files=list_of(LICENCE), declared=list_of(LICENCE))


class LicenceQuery(Query):
    """files: globs of licence texts (default: the usual names, in the root and one folder below it)."""

    files: Globs = Field(
        default_factory=lambda: [
            "{LICENSE,LICENCE,COPYING,UNLICENSE}", "{LICENSE,LICENCE,COPYING}{.,-,_}*",
            "*{-,_,.}{LICENSE,LICENCE}{,.md,.txt}", "LICENSES/*", "{docs,.github}/{LICENSE,LICENCE,COPYING}*",
        ],
        min_length=1,
    )  # fmt: skip


class LicenceProbe(Probe[LicenceQuery]):
    """The project's licence: `files` are texts (an unknown text has licence ""), `declared` is what metadata names, and
    what the README's section on the licence holds or grants.

    `family`: permissive, weak-copyleft, copyleft, network-copyleft, non-commercial, use-restricted, proprietary or
    unknown.
    """

    name: ClassVar[str] = "docs.licence"
    title: ClassVar[str] = "licence texts recognised, licences named in metadata"
    query: ClassVar[type[LicenceQuery]] = LicenceQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: LicenceQuery) -> Type:
        return _TYPE

    def answer(self, fact_id: str, query: LicenceQuery, context: Context) -> Fact:
        found = library(context, query.files)
        files = list(_texts(found))
        declared = list(_declared(context))
        if not files and not declared and found.unread:
            return Fact(fact_id, State.UNKNOWN, reason=found.reason, scope=found.scope)
        if not files and not declared:
            return Fact(fact_id, State.ABSENT, level=Level.CONTENT, method="licence texts", scope=found.scope)
        return Fact(
            fact_id,
            State.KNOWN,
            value={"files": files, "declared": declared},
            level=Level.CONTENT,
            method="licence texts",
            scope=found.scope,
            evidence=tuple(
                Evidence(item["path"], item["line"], item["licence"] or "a licence text that is not recognised")
                for item in (*files, *declared)
            )[:10],
        )


def recognise(text: str) -> str:
    """The SPDX-like id of a licence text; "" where it is none that is known."""
    plain = " ".join(text[:_HEAD].lower().split())
    for rows, part in ((_TITLES, plain[:_TITLE]), (_BODIES, plain)):
        for identifier, phrase in rows:
            if re.search(phrase, part):
                return identifier
    return ""


def family(licence: str) -> str:
    """What a licence allows, in one word (the docstring of `LicenceProbe` lists them)."""
    plain = licence.lower().replace("_", "-")
    for name, words in _FAMILIES:
        if re.search(words, plain):
            return name
    return "unknown"


def _texts(found: Library) -> Iterator[dict[str, Any]]:
    for document in found.documents:
        text = _whole(document)
        if len(text.split()) < 20:
            continue  # a name without a text licenses nothing
        licence = recognise(text)
        yield {"path": document.path, "line": 1, "licence": licence, "family": family(licence), "source": "text"}


def _whole(document: Document) -> str:
    """All text of a document: a licence's clauses may look like headings or indented code."""
    lines: list[str] = []
    for section in document.sections:
        lines.extend(_lines(section))
    return "\n".join(lines)


def _lines(section: Section) -> Iterator[str]:
    yield section.title
    yield from (line for _, line in section.lines)
    yield from (line for block in section.code for line in block.lines)


def _declared(context: Context) -> Iterator[dict[str, Any]]:
    """Licences that package metadata, the README's front matter and its section on the licence name."""
    for path, where, value in _metadata(context):
        name = value.strip()
        if name and len(name) <= 200:
            source = context.project.entry(path)
            yield {
                "path": source.display if source else path,
                "line": _line(context, path, where, name),
                "licence": name,
                "family": family(name),
                "source": "metadata",
            }
    yield from _in_readme(context)


def _in_readme(context: Context) -> Iterator[dict[str, Any]]:
    """The licence whose text stands in the README's section on it, or which a sentence there grants."""
    for document in library(context, ["README{,.md,.rst,.txt}"]).documents:
        for section in document.sections:
            if not _LICENCE_HEADING.search(section.title):
                continue
            name = _named_in(section)
            if name:
                made = {"path": document.path, "line": section.line, "licence": name, "family": family(name)}
                yield made | {"source": "README"}


def _named_in(section: Section) -> str:
    """The licence that a section holds as a text, grants in a sentence, or names as all that it says; "" if none."""
    said = " ".join(line for _, line in section.lines)
    granted = _GRANT.search(said)
    if granted:
        return granted["name"].strip(" .,")
    text = "\n".join(_lines(section))
    if len(text.split()) >= _FULL_TEXT:
        return recognise(text)
    # "MIT License — free for any use.": what follows the dash says the same in other words.
    plain = _REMARK.split(said.partition("](")[0], maxsplit=1)[0].strip(" .[]*_-—|>#")
    return plain if len(plain.split()) <= 4 and family(plain) != "unknown" else ""


def _metadata(context: Context) -> Iterator[tuple[str, str, str]]:
    """Path, key and licence name."""
    project = context.project
    for entry in project.matching(["pyproject.toml", "package.json", "setup.{cfg,py}", "CITATION.cff", "Cargo.toml"]):
        try:
            match entry.name.lower():
                case "pyproject.toml":
                    yield from ((entry.path, "license", text) for text in _from_pyproject(project.toml(entry.path)))
                case "package.json":
                    value = project.json(entry.path)
                    licence = value.get("license") if isinstance(value, dict) else None
                    if isinstance(licence, dict):
                        licence = licence.get("type")
                    if isinstance(licence, str):
                        yield entry.path, "license", licence
                case "setup.cfg":
                    yield entry.path, "license", project.ini(entry.path).get("metadata", {}).get("license", "")
                case "setup.py":
                    for found in _IN_SETUP_PY.finditer(project.text(entry.path)[:_HEAD]):
                        yield entry.path, "license", found[1] or found[2]
                case "citation.cff":
                    value = project.yaml(entry.path)
                    if isinstance(value, dict) and isinstance(value.get("license"), str):
                        yield entry.path, "license", value["license"]
                case _:
                    package = project.toml(entry.path).get("package")
                    if isinstance(package, dict) and isinstance(package.get("license"), str):
                        yield entry.path, "license", package["license"]
        except (Malformed, Unreadable):
            continue
    for document in library(context, ["README.md"]).documents:
        licence = document.front.get("license")
        if isinstance(licence, str):
            yield document.path, "license", licence


def _from_pyproject(value: dict[str, Any]) -> Iterator[str]:
    project = value.get("project")
    tool = value.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    for table in (project, poetry):
        if not isinstance(table, dict):
            continue
        licence = table.get("license")
        if isinstance(licence, dict):
            licence = licence.get("text", "")
            licence = recognise(licence) or licence
        if isinstance(licence, str) and licence:
            yield licence
        for classifier in table.get("classifiers") or []:
            if isinstance(classifier, str) and classifier.startswith("License ::"):
                yield classifier.rpartition(":: ")[2]


def _line(context: Context, path: str, key: str, value: str) -> int:
    """The line that names the licence; 1 where it cannot be told."""
    try:
        lines = context.project.text(path).splitlines()
    except Unreadable:
        return 1
    for number, line in enumerate(lines, 1):
        if key in line.lower() and (value in line or value.split(maxsplit=1)[0] in line):
            return number
    return 1
