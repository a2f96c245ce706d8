"""Probe `entrypoints.reach`: which Python files run when the project is started, trained, evaluated or built by CI.

The roots are start commands, CI commands, pipeline definitions, scripts with a main block, scripts of the root that
call the project where they are read, and scripts that a README tells people to run; from them the project's own imports
are followed. Reach is by file: a function of a reached file counts as reached, unless the file is a start itself,
nothing imports it, and it only defines the function (`idle`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, ClassVar, Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.import_graph import ImportGraph
from aiaudit.probes.ci.roots import MOST_ROOTS, Root, roots_of
from aiaudit.probes.python.asking import CodeQuery, scope_of
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.probes.reading import Files, listed

REACHED: Final = record(
    "reached file",
    path=STRING,
    line=INT,
    role=STRING,
    kinds=list_of(STRING),
    deployed=BOOL,
    in_ci=BOOL,
    starts=list_of(STRING),
    scripts=list_of(STRING),
    idle=list_of(STRING),
)
_WORD: Final = lazy.regex(r"\w+")
_OBJECT: Final = lazy.regex(r":([A-Za-z_]\w*)")  # `app.main:app` starts a function or object by name
_MAX_STARTS: Final = 10
_MAX_SCRIPTS: Final = 100  # that are followed one by one; where there are more, which of them it was is left out


class ReachQuery(CodeQuery):
    """Files that are reached, and the kinds of what reaches them: serve, train, evaluate, batch, test, other (start
    and CI commands), pipeline (Airflow, Prefect, …), script (a main block or a README's line; a server or a page
    that a README tells to start is `serve`, and so is a server that a main block starts by its name). deployed:
    from what an image, compose file, manifest, Procfile, crontab or unit of systemd starts. in_ci: from a command
    that CI runs. scripts: the scripts that reach it, itself among them (empty in a project with more than a
    hundred). idle: functions and methods that stand in a started file, and that neither it nor anything else that
    is reached names again."""


class Reach(Probe[ReachQuery]):
    name: ClassVar[str] = "entrypoints.reach"
    title: ClassVar[str] = "Python files that start commands, CI, pipelines and scripts reach by imports"
    query: ClassVar[type[Query]] = ReachQuery
    max_level: ClassVar[Level] = Level.WIRED
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: ReachQuery) -> Type:
        return list_of(REACHED)

    def answer(self, fact_id: str, query: ReachQuery, context: Context) -> Fact:
        reached = _reached(context)
        parsed, scope = scope_of(query, context)
        made: dict[str, dict[str, Any]] = context.memo.setdefault("entrypoints.reach.rows", {})  # one for all facts
        records = []
        for entry in parsed.values():
            if entry.path in reached:
                if entry.path not in made:
                    made[entry.path] = _record(entry.path, str(entry.role), reached[entry.path])
                records.append(made[entry.path])
        wired = any(one["deployed"] or one["in_ci"] for one in records)
        level = Level.WIRED if wired else Level.CONTENT
        method = "imports followed from start commands, CI, pipelines and scripts"
        return listed(fact_id, records, method=method, level=level, scope=scope, note="kinds")


def run_files(context: Context) -> list[str]:
    """The Python files that a deployed start or a command of CI runs."""
    return [path for path, reach in _reached(context).items() if reach.deployed or reach.in_ci]


def idle_functions(context: Context, path: str) -> frozenset[str]:
    """The functions of a started file that nothing which is reached names again."""
    reach = _reached(context).get(path)
    return frozenset(reach.idle) if reach is not None else frozenset()


class _Reach(Struct):
    """What reaches a file."""

    kinds: set[str] = field(default_factory=set)
    starts: list[str] = field(default_factory=list)
    deployed: bool = False
    in_ci: bool = False
    scripts: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)


def _record(path: str, role: str, reach: _Reach) -> dict[str, Any]:
    return {
        "path": path,
        "line": 1,
        "role": role,
        "kinds": sorted(reach.kinds),
        "deployed": reach.deployed,
        "in_ci": reach.in_ci,
        "starts": reach.starts[:_MAX_STARTS],
        "scripts": reach.scripts,
        "idle": reach.idle,
    }


def _reached(context: Context) -> dict[str, _Reach]:
    """The reached files, by path; worked out once."""
    known = context.memo.get("entrypoints.reach")
    if isinstance(known, dict):
        return known
    project = python_project(context)
    graph = ImportGraph(project)
    roots = roots_of(context, project, graph)
    named = [root for root in roots if root.kind != "script"][:MOST_ROOTS]
    found: dict[str, _Reach] = defaultdict(_Reach)
    _by_named(named, graph, found)
    _by_scripts([root for root in roots if root.kind == "script"], graph, found)
    imported = {target for path in found for target in graph.imports(path)}
    files = Files(context.project)
    for path in {root.path for root in named if root.kind != "pipeline"} & found.keys() - imported:
        named_in_starts = " ".join(_OBJECT.findall(" ".join(found[path].starts)))
        found[path].idle = _idle(project, path, f"{files.text(path) or ''}\n{named_in_starts}")
    context.memo["entrypoints.reach"] = dict(found)
    return dict(found)


def _by_named(roots: list[Root], graph: ImportGraph, found: dict[str, _Reach]) -> None:
    """What somebody or something starts on purpose, file by file."""
    for root in roots:
        for path in graph.closure(root.path):
            reach = found[path]
            reach.kinds.add(root.kind)
            reach.deployed |= root.deployed
            reach.in_ci |= root.in_ci
            if root.start not in reach.starts:
                reach.starts.append(root.start)


def _by_scripts(roots: list[Root], graph: ImportGraph, found: dict[str, _Reach]) -> None:
    """What scripts reach: all of them at once, and where they are not too many, which of them it was."""
    for path in graph.closure(*(root.path for root in roots)):
        found[path].kinds.add("script")
    own = sorted({root.path for root in roots})
    for script in own if len(own) <= _MAX_SCRIPTS else ():
        for path in graph.closure(script):
            found[path].scripts.append(script)
    for root in roots:
        if root.path in graph.project.records:
            found[root.path].starts.append(root.start)


def _idle(project: PythonProject, path: str, text: str) -> list[str]:
    """The undecorated functions and methods of a file whose outermost name stands in the text only where it is made."""
    words = Counter(_WORD.findall(text))
    definitions = project.base(path).definitions
    outer = {one.qualname for one in definitions if not one.decorators and words[one.qualname] == 1}
    return [one.qualname for one in definitions if one.qualname.partition(".")[0] in outer]
