"""The probe `notebooks.personal`: personal data in the stored outputs of notebooks. Counted, never kept or shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import re2
from pydantic import Field

from aiaudit.model.fact import Confidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

SHOWN: Final = record("personal data in outputs", path=STRING, line=INT, kind=STRING, count=INT, committed=BOOL)
_EMAIL: Final = re2.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}")
_EXAMPLE: Final = re2.compile(
    r"(?i)@(?:[a-z0-9\-]+\.)*(?:example\.(?:com|org|net|edu)|[a-z0-9\-]+\.(?:example|test|invalid))$"
)
# What is called as an address is, and belongs to nobody: ids of browser extensions, and of messages.
_ID_OF: Final = re2.compile(
    r"(?i)(?:(?:add_?on|extension|plug_?in|message)s?_?(?:guid|id)s?|guids?)[\"']?\s*[=:]\s*[\[(<]*\s*u?[\"']?$"
)
_BEFORE: Final = 2_000  # characters before an address in which the name of its list is looked for
_PLAIN: Final = ("text/plain", "text/html", "text/markdown", "text/csv")
_LONGEST: Final = 200_000  # characters of one output that are looked through
_FEWEST: Final = {"card": 2, "iban": 2, "national_id": 2}  # different ones, with a valid check digit
_FEWEST_ELSE: Final = 5  # fewer addresses or numbers are rather the authors' own
_HALF: Final = 0.5  # of the candidates that must pass their check


class ShownQuery(CodeQuery):
    """One record a notebook and kind: email, phone, card, iban, national_id. count: different values in its outputs;
    line: of the first cell that shows one. Few addresses are taken for the authors' and left out."""

    roles: list[Role] = Field(default=[Role.CODE, Role.NOTEBOOK, Role.EXAMPLE, Role.DOCS, Role.DATA])


class ShownProbe(Probe[ShownQuery]):
    name: ClassVar[str] = "notebooks.personal"
    title: ClassVar[str] = "personal data in stored outputs of notebooks"
    query: ClassVar[type[ShownQuery]] = ShownQuery
    max_level: ClassVar[Level] = Level.MEASURED
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: ShownQuery) -> Type:
        return list_of(SHOWN)

    def answer(self, fact_id: str, query: ShownQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            lines = {cell["number"]: cell["line"] for cell in project.records[entry.path].get("cells", ())}
            try:
                notebook = context.project.json(entry.path, keep=False)  # large, and nobody else asks
            except (Malformed, Unreadable):
                return
            for kind, count, cell in _kinds(notebook):
                line = lines.get(cell, 1)
                yield {"line": line, "kind": kind, "count": count, "committed": not entry.ignored}

        chosen = query if query.files else query.model_copy(update={"files": ["**/*.ipynb"]})
        fact = fact_of(fact_id, chosen, context, find, note=lambda one: f"{one['kind']} in outputs")
        if fact.scope is not None and not fact.scope.files:  # every path was looked at, and none is a notebook
            paths = sum(1 for _ in context.project.files)
            method = "paths of the project"
            return Fact(fact_id, State.ABSENT, [], Level.MEASURED, method, scope=Scope(paths, paths))
        return Fact(
            fact_id, fact.state, fact.value, Level.MEASURED, "outputs of notebooks", Confidence.MEDIUM, fact.evidence,
            fact.scope, reason=fact.reason,
        )  # fmt: skip


def _kinds(notebook: Any) -> Iterator[tuple[str, int, int]]:
    """(kind, different values, number of the first cell that shows one)."""
    from aiaudit.data.personal_numbers import values_in

    valid: dict[str, set[str]] = {}
    tried: dict[str, set[str]] = {}
    first: dict[str, int] = {}
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    for number, cell in enumerate(cells if isinstance(cells, list) else (), 1):
        for text in _texts(cell):
            hits = [
                ("email", hit.group(0).lower(), not _EXAMPLE.search(hit.group(0)))
                for hit in _EMAIL.finditer(text)
                if not _is_id(text[max(0, hit.start() - _BEFORE) : hit.start()])
            ]
            for kind, value, good in (*hits, *values_in(text)):
                tried.setdefault(kind, set()).add(value)
                if good:
                    valid.setdefault(kind, set()).add(value)
                    first.setdefault(kind, number)
    for kind, values in sorted(valid.items()):
        enough = len(values) >= _FEWEST.get(kind, _FEWEST_ELSE)
        if enough and len(values) >= _HALF * len(tried[kind]):
            yield kind, len(values), first[kind]


def _is_id(before: str) -> bool:
    """Whether what follows is the id of a thing: `addon_id=u'`, `guids: ['…', '`. A person's id may be an address."""
    last = before[-80:]
    opened = before.rfind("[")
    inside = opened >= 0 and "]" not in before[opened:]
    return any(_ID_OF.search(text) is not None for text in (last, before[:opened][-80:] + "[" if inside else ""))


def _texts(cell: Any) -> Iterator[str]:
    outputs = cell.get("outputs") if isinstance(cell, dict) else None
    for output in outputs if isinstance(outputs, list) else ():
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        parts = [output.get("text")]
        parts += [data.get(kind) for kind in _PLAIN] if isinstance(data, dict) else []
        for part in parts:
            whole = "".join(line for line in part if isinstance(line, str)) if isinstance(part, list) else part
            if isinstance(whole, str):
                yield whole[:_LONGEST]
