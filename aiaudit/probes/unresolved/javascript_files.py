"""The probe `javascript.unresolved`: files of the project that JavaScript and TypeScript import and that are not there.

Only imports count that a bundler or Node has to find: relative ones and those of a path alias, at the margin of the
file, no `import type`. What a build or a generator makes is left out.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.javascript.asking import ScriptQuery, fact_of
from aiaudit.probes.javascript.project import JavaScriptProject
from aiaudit.probes.reading import Files
from aiaudit.probes.unresolved.whereabouts import UNRESOLVED, row_of, whereabouts
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

_MADE: Final = lazy.regex(
    r"(?i)(?:^|/)(?:dist|build|out|gen|generated|_generated|__generated__|codegen|autogen|target|pkg|wasm|protos?|public"
    r"|\.?next|\.nuxt|\.output|\.svelte-kit|\.expo|\.astro|\.source|\.velite|\.contentlayer|\+types|styled-system"
    r"|node_modules|typechain(?:-types)?|artifacts|coverage|prisma/client|graphql)(?:/|$)"
    r"|(?:\.|_|-)gen(?:erated)?$|_pb$|_grpc_web_pb$|(?:^|/)(?:version|git-?info|build-?info|env)$"
)
_MARGIN: Final = lazy.regex(r"(?:import|export|const|let|var|\}|require)\b|\}\s*from\b")
_ENDINGS: Final = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".json")
_TYPES: Final = lazy.regex(r"(?:import|export)\s+type\b")
_ENTRY: Final = lazy.regex(  # what a framework or a person starts by its name
    r"(?:^|/)(?:main|server|app|App|_app|_document|layout|page|route|middleware|worker|service-worker|cli|start"
    r"|background|popup|content)\.[mc]?[jt]sx?$|(?:^|/)(?:pages|routes|app)/|^(?:.*/)?src/index\.[mc]?[jt]sx?$|^index\.[mc]?[jt]sx?$"
)
_OTHER_FILE: Final = lazy.regex(r"\?|\.(?!d$)[A-Za-z]\w{1,9}$")  # by an alias that a bundler may have set otherwise
_SCRIPT_FILE: Final = lazy.regex(r"\.[mc]?[jt]sx?$")
_MOST: Final = 200  # of one project


class UnresolvedQuery(ScriptQuery):
    """Files of the project that are imported and not there, each once for each importer. cause: nowhere, capitals
    (`near` is the path that differs from it in capitals alone) or ignored (`near` is the place of the rule, `rule` its
    words; `by_name`: it names this very file).
    started: something else imports the importer, or a framework starts it by its name or place."""

    whole: ClassVar[bool] = True


class UnresolvedProbe(Probe[UnresolvedQuery]):
    name: ClassVar[str] = "javascript.unresolved"
    title: ClassVar[str] = "Imports of the project's own JavaScript and TypeScript files that are not there"
    query: ClassVar[type[Query]] = UnresolvedQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "javascript"

    def value_type(self, query: UnresolvedQuery) -> Type:
        return list_of(UNRESOLVED)

    def answer(self, fact_id: str, query: UnresolvedQuery, context: Context) -> Fact:
        imports = _Imports(context)

        def find(entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
            return imports.lacking(entry, project)

        return fact_of(fact_id, query, context, find, lambda one: f"{one['refers']} is not there")


class _Imports:
    """What each file imports and the tree lacks."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._where = whereabouts(context)
        self._files = Files(context.project)
        self._count = 0
        self._targets: frozenset[str] | None = None

    def lacking(self, entry: Entry, project: JavaScriptProject) -> Iterator[dict[str, Any]]:
        text: str | None = None
        seen: set[str] = set()
        for line, spec, _name, _alias, kind in project.base(entry.path).get("imports", ()):
            if kind in ("type", "dynamic") or spec in seen or self._count >= _MOST:
                continue
            seen.add(spec)
            if spec[:1] != "." and _OTHER_FILE.search(spec) and not _SCRIPT_FILE.search(spec):
                continue
            target = project.target(spec, entry.path)
            if target is None or project.file(spec, entry.path) is not None or self._there(target):
                continue
            if text is None:
                text = self._files.text(entry.path) or ""
            cause = self._where.why_not([target, *(target + end for end in _ENDINGS)]) if _stands(text, line) else None
            if cause is not None:
                self._count += 1
                started = entry.path in self._imported(project) or bool(_ENTRY.search(entry.path))
                refers = f"import of {spec}"
                yield row_of(entry.path, line, entry.role.value, refers, target, cause, started=started)

    def _there(self, target: str) -> bool:
        bare = target.partition("?")[0]
        named = posixpath.splitext(bare)[0] if bare.endswith((".js", ".jsx", ".mjs", ".cjs")) else bare
        return bool(_MADE.search(named)) or any(self._where.holds(one) for one in (bare, named) if one)

    def _imported(self, project: JavaScriptProject) -> frozenset[str]:
        if self._targets is None:
            self._targets = _imported_files(self._context, project)
        return self._targets


def _imported_files(context: Context, project: JavaScriptProject) -> frozenset[str]:
    """The files that another file imports, tests left out."""
    found: set[str] = set()
    tests = {entry.path for entry in context.project.files if entry.role is Role.TEST}
    for path in project.records:
        for _line, spec, *_rest in project.base(path).get("imports", ()) if path not in tests else ():
            target = project.file(spec, path)
            if target is not None and target != path:
                found.add(target)
    return frozenset(found)


def _stands(text: str, line: int) -> bool:
    """Whether an import of this line stands at the margin, is more than one of types, and lies in no text between
    backticks and in no comment."""
    lines = text.split("\n")
    if line > len(lines) or not _MARGIN.match(lines[line - 1]):
        return False
    first = next((one for one in reversed(lines[:line]) if not one.startswith(("}", " ", "\t"))), "")
    if _TYPES.match(first):
        return False
    before = "\n".join(lines[: line - 1])
    return before.count("`") % 2 == 0 and before.count("/*") <= before.count("*/")
