"""The probe `project.owners`: who answers for the project, by code owners, maintainers' files, metadata and README."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import library, names, read
from aiaudit.probes.docs.document import Document
from aiaudit.probes.docs.persons import is_nobody
from aiaudit.project.entry import Entry, display
from aiaudit.project.parse import Malformed, line_of
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

OWNER: Final = record("owner", path=STRING, line=INT, via=STRING, name=STRING, covers=STRING)
_ROLES: Final = (Role.CONFIG, Role.DOCS, Role.OTHER, Role.CODE)
_MOST: Final = 200
_EXAMPLE: Final = lazy.regex(r"example\.(?:com|org)", re.IGNORECASE)
_HANDLE: Final = lazy.regex(r"@[A-Za-z0-9][\w-]*(?:/[\w.-]+)?|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_README: Final = (
    "=team", "the team", "project team", "our team", "team members", "maintainer*", "=authors", "=author", "=owners",
    "=owner", "=contact", "contacts", "=code owners", "core team", "=ownership", "responsible",
)  # fmt: skip
_CONTACT: Final = lazy.regex(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w@])@[A-Za-z0-9][\w-]{2,}|\b[A-Z][a-zé]+(?:[ -][A-Z]\.?)?[ -][A-Z][a-zé]+\b"
)


class OwnersQuery(Query):
    """No keys."""


class OwnersProbe(Probe[OwnersQuery]):
    """People, teams and organisations that are named as answering for the project.

    `via`: codeowners, maintainers-file, metadata, citation or readme. `covers`: the pattern of a CODEOWNERS rule. Names
    that stand in a template (Your Name, author@example.com) are nobody.
    """

    name: ClassVar[str] = "project.owners"
    title: ClassVar[str] = "who answers for the project: code owners, maintainers, authors, team"
    query: ClassVar[type[OwnersQuery]] = OwnersQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: OwnersQuery) -> Type:
        return list_of(OWNER)

    def answer(self, fact_id: str, query: OwnersQuery, context: Context) -> Fact:
        found: list[dict[str, Any]] = []
        looked, unread = 0, []
        for globs, via, look in _SOURCES:
            for entry in context.project.matching(list(globs), _ROLES):
                if entry.ignored:
                    continue
                looked += 1
                try:
                    found.extend(
                        _record(entry, line, via, name, covers)
                        for line, name, covers in look(context, entry)
                        if _is_somebody(name)
                    )
                except (Malformed, Unreadable):
                    unread.append(entry.display)
        found.extend(_readme(context))
        scope = Scope(looked, looked - len(unread), tuple(unread[:10]))
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "owners", scope=scope)
        evidence = tuple(Evidence(one["path"], one["line"], f"{one['via']}: {one['name']}") for one in found[:20])
        return Fact(fact_id, State.KNOWN, found[:_MOST], Level.CONTENT, "owners", evidence=evidence, scope=scope)


Named = Iterator[tuple[int, str, str]]  # line, name, what a rule covers


def _is_somebody(name: str) -> bool:
    return bool(name.strip()) and not is_nobody(name) and _EXAMPLE.search(name) is None


def _record(entry: Entry, line: int, via: str, name: str, covers: str = "") -> dict[str, Any]:
    return {
        "path": entry.display,
        "line": line,
        "via": via,
        "name": display(" ".join(name.split())[:120]),
        "covers": display(covers[:120]),
    }


def _codeowners(context: Context, entry: Entry) -> Named:
    for number, line in enumerate(context.project.text(entry.path).splitlines()[:5000], 1):
        rule = line.partition("#")[0].split()
        owners = [word for word in rule[1:] if _HANDLE.fullmatch(word)]
        if owners:
            yield number, " ".join(owners), rule[0]


def _maintainers(context: Context, entry: Entry) -> Named:
    """Each line that names a person, a handle or an address."""
    document = read(context, entry)
    for section in document.sections if isinstance(document, Document) else []:
        for number, line in section.lines:
            found = _CONTACT.search(line)
            if found:
                yield number, found.group(0), ""


def _pyproject(context: Context, entry: Entry) -> Named:
    value = context.project.toml(entry.path)
    tool = value.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, Mapping) else None
    for table in (value.get("project"), poetry):
        for key in ("authors", "maintainers"):
            people = table.get(key) if isinstance(table, Mapping) else None
            for person in people if isinstance(people, list) else []:
                name = _person(person)
                yield _line_with(context, entry, key, name), name, ""


def _package_json(context: Context, entry: Entry) -> Named:
    value = context.project.json(entry.path)
    if not isinstance(value, Mapping):
        return
    for key in ("author", "maintainers", "contributors"):
        people = value.get(key)
        for person in people if isinstance(people, list) else [people]:
            name = _person(person)
            if name:
                yield _line_with(context, entry, f'"{key}"', name), name, ""


def _setup_cfg(context: Context, entry: Entry) -> Named:
    metadata = context.project.ini(entry.path).get("metadata", {})
    for key in ("author", "maintainer", "author_email"):
        if metadata.get(key):
            yield _line_with(context, entry, key, metadata[key]), metadata[key], ""


def _setup_py(context: Context, entry: Entry) -> Named:
    """`author="…"` as text; the file is not run."""
    lines = context.project.text(entry.path).splitlines()
    for number, line in enumerate(lines[:5000], 1):
        found = re.search(r"\b(?:author|maintainer)(?:_email)?\s*=\s*[\"']([^\"']{2,120})[\"']", line[:500])
        if found:
            yield number, found.group(1), ""


def _citation(context: Context, entry: Entry) -> Named:
    value = context.project.yaml(entry.path)
    people = value.get("authors") if isinstance(value, Mapping) else None
    for person in people if isinstance(people, list) else []:
        if isinstance(person, Mapping):
            parts = (person.get("given-names"), person.get("family-names"), person.get("name"))
            yield line_of(person) or 1, " ".join(str(part) for part in parts if part), ""


def _yaml_people(context: Context, entry: Entry) -> Named:
    """`maintainers` of a Helm chart, `approvers` of an OWNERS file."""
    value = context.project.yaml(entry.path)
    for key in ("maintainers", "approvers", "reviewers"):
        people = value.get(key) if isinstance(value, Mapping) else None
        for person in people if isinstance(people, list) else []:
            yield line_of(value, key) or 1, _person(person), ""


def _person(value: Any) -> str:
    """A person as a text or as a table with name and address."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return " ".join(str(value[key]) for key in ("name", "email") if value.get(key))
    return ""


def _line_with(context: Context, entry: Entry, key: str, name: str) -> int:
    """The first line at or after the key that has the name."""
    lines = context.project.text(entry.path).splitlines()
    start = next((index for index, line in enumerate(lines) if key in line), 0)
    word = name.split(" <", maxsplit=1)[0].split("\n", maxsplit=1)[0].strip()
    return next((i + 1 for i, line in enumerate(lines[start:], start) if word and word in line), start + 1)


def _readme(context: Context) -> Iterator[dict[str, Any]]:
    """A README section on the team or on contacts that names somebody."""
    for document in library(context, ["README*"]).documents:
        entry = context.project.entry(document.path)
        for index, section in enumerate(document.sections):
            if entry is None or not any(names(section.title, word) for word in _README):
                continue
            for part in document.with_children(index):
                for _, line in part.lines:
                    found = _CONTACT.search(line)
                    if found and _is_somebody(found.group(0)):
                        yield _record(entry, section.line, "readme", found.group(0))
                        break


_SOURCES: Final[tuple[tuple[tuple[str, ...], str, Callable[[Context, Entry], Named]], ...]] = (
    (("{,.github/,.gitlab/,docs/}CODEOWNERS",), "codeowners", _codeowners),
    (("{MAINTAINERS,AUTHORS}{,.*}", ".github/MAINTAINERS*"), "maintainers-file", _maintainers),
    (("{OWNERS,OWNERS.yaml,OWNERS.yml}", "{,*/,*/*/}Chart.yaml"), "maintainers-file", _yaml_people),
    (("{,*/}pyproject.toml",), "metadata", _pyproject),
    (("{,*/}package.json",), "metadata", _package_json),
    (("{,*/}setup.cfg",), "metadata", _setup_cfg),
    (("{,*/}setup.py",), "metadata", _setup_py),
    (("CITATION.cff",), "citation", _citation),
)
