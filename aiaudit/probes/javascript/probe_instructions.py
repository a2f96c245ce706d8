"""The probe `javascript.instructions`: what is given to a model as instructions, and whose words stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.names import LOCAL
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.project.entry import Entry

INSTRUCTION: Final = record(
    "instruction",
    path=STRING,
    role=STRING,
    line=INT,
    cell=INT,
    function=STRING,
    name=STRING,
    source=STRING,
    source_name=STRING,
    source_line=INT,
)
_MAX_STEPS: Final = 3
_RANK: Final = ("user", "llm", "state", "unknown", "constant")
_MEMO: Final = "javascript.instructions.hands"
_NAMES: Final = "javascript.instructions.names"


class InstructionsQuery(ScriptQuery):
    """Texts in the role of the system, in JavaScript and TypeScript: options such as `system` and `instructions` of
    calls that ask a model, messages with that role. source: user (a request's body or parameters stand in it), llm
    (what a model answered does), state (what earlier steps of a graph of agents hand on does), unknown (not followed to
    its end) or constant (the project's own words)."""

    features: ClassVar[tuple[str, ...]] = ("flows", "instructions")
    found_by: ClassVar[tuple[str, ...]] = ("instructions",)


def system_names(project: JavaScriptProject, context: Context) -> set[tuple[str, str]]:
    """(file, name) of the functions and constants of a project whose text is given to a model as instructions."""
    known: set[tuple[str, str]] | None = context.memo.get(_NAMES)
    if known is None:
        known = set()
        for path, scanned in project.records.items():
            for row in scanned.get("instructions", ()):
                for spec, rest in [one[:2] for one in (*row.get("texts", ()), *row.get("calls", ()))]:
                    found = project.follow(spec, rest, path) if spec != LOCAL else None
                    known.add((path, rest) if found is None else (found.path, found.local))
        context.memo[_NAMES] = known
    return known


class InstructionsProbe(Probe[InstructionsQuery]):
    name: ClassVar[str] = "javascript.instructions"
    title: ClassVar[str] = (
        "Texts that JavaScript and TypeScript give to a model as instructions, by whose words they hold"
    )
    query: ClassVar[type[Query]] = InstructionsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: InstructionsQuery) -> Type:
        return list_of(INSTRUCTION)

    def answer(self, fact_id: str, query: InstructionsQuery, context: Context) -> Fact:
        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            follower = _Follower(project, context)
            for row in project.records[entry.path].get("instructions", ()):
                source, name, line = follower.source(row, entry.path)
                kept = {key: row[key] for key in ("line", "function", "name")}
                yield {"cell": 0, **kept, "source": source, "source_name": name, "source_line": line}

        return fact_of(fact_id, query, context, find, lambda one: f"{one['source']} in {one['name']}")


class _Follower:
    """Judges rows whose texts are made by functions of the project, or handed to them."""

    def __init__(self, project: JavaScriptProject, context: Context) -> None:
        self.project = project
        known: dict[tuple[str, str], list[list[Any]]] | None = context.memo.get(_MEMO)
        if known is None:
            known = context.memo[_MEMO] = self._handed()
        self.handed = known

    def _handed(self) -> dict[tuple[str, str], list[list[Any]]]:
        found: dict[tuple[str, str], list[list[Any]]] = {}
        for path, scanned in self.project.records.items():
            for spec, rest, given in scanned.get("hands", ()):
                found.setdefault(self._home(spec, rest, path), []).extend(given)
        return found

    def _home(self, spec: str, rest: str, path: str) -> tuple[str, str]:
        if spec == LOCAL:
            return path, rest
        found = self.project.follow(spec, rest, path)
        return found.path, found.local

    def source(self, row: dict[str, Any], path: str) -> tuple[str, str, int]:
        """(source, name, line) of the most telling part of a text."""
        own = row["source"] if row["source"] in _RANK else "constant"
        found = [(own, row["source_name"], row["source_line"])]
        for spec, rest, given in row.get("calls", ()):
            found.append(self._made(spec, rest, given, path, row))
        for function, index, key in row.get("params", ()):
            found.append(self._param(path, [function, index, key], row["source_name"], row["source_line"]))
        if row["source"] == "param" and "params" not in row:
            found.append(("unknown", row["source_name"], row["source_line"]))
        return min(found, key=_rank)

    def _made(
        self, spec: str, rest: str, given: list[list[Any]], path: str, row: dict[str, Any], depth: int = 0
    ) -> tuple[str, str, int]:
        """What stands in the text that a function of the project makes of what it is given."""
        home, name = self._home(spec, rest, path)
        scanned = self.project.records.get(home, {})
        if name in scanned.get("answering", ()):
            return "llm", name, row["line"]
        made = scanned.get("places", {}).get(name)
        if made is None:
            return "unknown", name or rest, row["line"]
        args, worst, inner = made
        found: list[tuple[str, str, int]] = []
        for index, key, source, of, line, whose in given:
            if any(index == i and (not key or not k or key == k) for i, k in args):
                found.append(self._param(path, whose, of, line) if source == "param" else (source, of, line))
        found.append((worst, name, row["line"]))
        if depth < _MAX_STEPS:
            found += [self._made(spec, rest, [], home, row, depth + 1) for spec, rest in inner]
        elif inner:
            found.append(("unknown", name, row["line"]))
        return min(found, key=_rank)

    def _param(self, path: str, whose: list[Any], name: str, line: int) -> tuple[str, str, int]:
        """What the callers of a function hand to one of its parameters; `whose`: [function, index, key]."""
        function, index, key = whose or ("", -1, "")
        for i, k, source, of, at, _ in self.handed.get((path, function), ()):
            if i == index and (not key or not k or key == k or key.startswith(f"{k}.")) and source in ("user", "llm"):
                return source, of, at
        return "unknown", name, line


def _rank(one: tuple[str, str, int]) -> int:
    return _RANK.index(one[0]) if one[0] in _RANK else _RANK.index("unknown")
