"""The probes `javascript.imports` and `javascript.unparsed`."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of, listed, made_up, scope_of
from aiaudit.probes.javascript.names import package
from aiaudit.probes.javascript.project import JavaScriptProject, javascript_files, javascript_project
from aiaudit.project.entry import Entry

IMPORT: Final = record(
    "import", path=STRING, line=INT, role=STRING, module=STRING, name=STRING, alias=STRING, root=STRING, local=BOOL
)
UNPARSED: Final = record("unparsed", path=STRING, role=STRING, reason=STRING, generated=BOOL)


class ImportsQuery(ScriptQuery):
    """any: packages (`openai` means it and everything below; `@langchain/*` with a star; `next/server`). Imports,
    requires, dynamic imports and re-exports count, not `import type`. The project's own files and
    workspaces do not count."""

    any: list[str] = Field(min_length=1)

    def names(self) -> list[str]:
        """For the engine: files with these packages are parsed."""
        return [one.rstrip("*").rstrip("/") + "/*" if "*" in one else f"{one}.*" for one in self.any]


class ImportsProbe(Probe[ImportsQuery]):
    name: ClassVar[str] = "javascript.imports"
    title: ClassVar[str] = "Imports of packages in JavaScript and TypeScript"
    query: ClassVar[type[Query]] = ImportsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: ImportsQuery) -> Type:
        return list_of(IMPORT)

    def answer(self, fact_id: str, query: ImportsQuery, context: Context) -> Fact:
        plain = tuple(one for one in query.any if "*" not in one)
        below = tuple(f"{one}/" for one in plain)
        globs = [one for one in query.any if "*" in one]

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            seen: set[tuple[int, str]] = set()
            for line, spec, name, alias, kind in project.base(entry.path).get("imports", ()):
                module = package(spec)
                if kind == "type" or not (
                    module in plain or module.startswith(below) or any(fnmatchcase(module, glob) for glob in globs)
                ):
                    continue
                if (line, module) in seen or project.file(spec, entry.path) is not None:
                    continue
                seen.add((line, module))
                parts = module.split("/")
                yield {
                    "line": line,
                    "module": module,
                    "name": "" if name in ("*", "**") else name,
                    "alias": alias,
                    "root": "/".join(parts[: 2 if module.startswith("@") else 1]),
                    "local": kind == "dynamic",
                }

        return fact_of(fact_id, query, context, find, lambda one: f"import {one['module']}")


class UnparsedQuery(ScriptQuery):
    """All files that were not parsed. reason: minified, larger than 1 MB, nested too deeply, took too long…
    generated: the first two, which nobody writes by hand."""

    whole: ClassVar[bool] = True


class UnparsedProbe(Probe[UnparsedQuery]):
    name: ClassVar[str] = "javascript.unparsed"
    title: ClassVar[str] = "JavaScript and TypeScript files that were not parsed, and why"
    query: ClassVar[type[Query]] = UnparsedQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: UnparsedQuery) -> Type:
        return list_of(UNPARSED)

    def answer(self, fact_id: str, query: UnparsedQuery, context: Context) -> Fact:
        project = javascript_project(context)
        _, scope = scope_of(query, context)
        rows = [
            {
                "path": entry.path,
                "role": entry.role.value,
                "reason": project.unparsed.get(entry.path, "could not be read"),
                "generated": made_up(entry, project),
            }
            for entry in javascript_files(context)
            if query.covers(entry) and entry.path not in project.records
        ]
        known = scope if rows else type(scope)(scope.files, scope.files)
        return listed(fact_id, rows, known, project, lambda one: str(one["reason"]))
