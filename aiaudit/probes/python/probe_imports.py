"""The probe `python.imports`: which modules are imported, where."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of, placed
from aiaudit.probes.python.lost import Lost
from aiaudit.probes.python.module import Import
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.project.entry import Entry

IMPORT: Final = record(
    "import", path=STRING, line=INT, role=STRING, module=STRING, name=STRING, alias=STRING, root=STRING, local=BOOL
)


class ImportsQuery(CodeQuery):
    """any: dotted prefixes (`sklearn` means it and everything below; `langchain.agents` also `from langchain import
    agents`); `*llm*` is any top-level module of such a name. The project's own modules do not count, even where they
    are called so."""

    any: list[str] = Field(min_length=1)

    def may_stand_in(self, lost: Lost) -> bool:
        return lost.may_import(self.any)


class ImportsProbe(Probe[ImportsQuery]):
    name: ClassVar[str] = "python.imports"
    title: ClassVar[str] = "Imports of modules in Python code and notebooks"
    query: ClassVar[type[Query]] = ImportsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: ImportsQuery) -> Type:
        return list_of(IMPORT)

    def answer(self, fact_id: str, query: ImportsQuery, context: Context) -> Fact:
        importers = python_project(context).importers
        alike = [root for root in importers for glob in query.any if "*" in glob and fnmatchcase(root, glob)]
        wanted = (*(one for one in query.any if "*" not in one), *alike)
        roots = {one.partition(".")[0] for one in wanted}
        files = {path for root in roots for path in importers.get(root, ())}
        made: dict[Any, dict[str, Any]] = context.memo.setdefault("python.imports.rows", {})  # one for all facts

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            for imported, local in project.base(entry.path).each_import(roots):
                target = imported.target
                root = target.partition(".")[0]
                if not any(target == one or target.startswith(one + ".") for one in wanted):
                    continue
                own = project.module(root, entry.path)
                if own is not None and not _namesake(own, imported.module, entry.path, project):
                    continue
                key = (entry.path, imported, local)
                if key not in made:
                    made[key] = placed(entry, _record(imported, root, local))
                yield made[key]

        return fact_of(fact_id, query, context, find, lambda one: f"import {one['module']}", among=files)


def _namesake(own: str, module: str, importer: str, project: PythonProject) -> bool:
    """A package of the project that holds the importer and only bears the name: `app/agents/mcp` beside the library
    `mcp`. It lies in a package itself, whence nothing imports it by that name, and has no such module below it."""
    home, _, file = own.rpartition("/")
    if file != "__init__.py" or "/" not in home or not importer.startswith(home + "/") or "." not in module:
        return False
    above = home.rpartition("/")[0]
    return f"{above}/__init__.py" in project.records and project.module(module, importer) is None


def _record(imported: Import, root: str, local: bool) -> dict[str, Any]:
    return {
        "line": imported.line,
        "module": imported.module,
        "name": imported.name,
        "alias": imported.alias,
        "root": root,
        "local": local,
    }
