"""Probe `entrypoints.reach`: which Python files run when the project is started, trained, evaluated or built by CI.

The roots are start commands, CI commands, pipeline definitions, scripts with a main block and scripts that a README
tells people to run; from them the project's own imports are followed. Reach is by file: a function of a reached file
counts as reached, unless the file is a start itself, nothing imports it, and it only defines the function (`idle`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.entrypoints import starts
from aiaudit.probes.ci.inventory import inventory
from aiaudit.probes.ci.modules import file_of_module, file_of_script
from aiaudit.probes.python.asking import CodeQuery, scope_of
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.probes.reading import Files, listed
from aiaudit.project.roles import Role

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
# Packages whose import makes a file the definition of a pipeline.
_PIPELINES: Final = frozenset(
    ("airflow", "prefect", "dagster", "zenml", "flytekit", "metaflow", "kfp", "luigi", "kedro", "clearml", "hamilton")
)
# The interpreter by its name, or by a variable that says so: `{VENV_PYTHON} src/train.py`, `$PYTHON -m src.train`.
_COMMAND: Final = lazy.regex(
    r"(?:\bpython3?|\{[\w.]{0,40}(?i:python|sys\.executable)\w{0,40}\}|\$\{?\w{0,40}(?i:python)\w{0,40}\}?)\s+"
    r"(?:-m\s+([\w.]{1,200})|([\w./-]{1,200}\.py)\b)"
)
# What a pipeline tells a container to run: `"command": ["train-lightgbm"]`, `arguments=["python", "-m", "src.train"]`.
_HANDED: Final = lazy.regex(
    r"\b(?:command|cmds|args|arguments|container_command)[\"']?\s{0,9}[:=]\s{0,9}\["
    r"\s{0,99}((?:[\"'][\w./-]{1,100}[\"']\s{0,99},?\s{0,99}){1,8})"
)
# The program that such a command begins with: `command=["acme-train", "--all"]`, `bash_command=("acme-train --all")`.
_PROGRAM: Final = lazy.regex(
    r"\b(?:bash_command|command|cmds|container_command)[\"']?\s{0,9}[:=]\s{0,9}[\[(]?\s{0,99}f?[\"']([\w.-]{1,100})(?=[\s\"'])"
)
_TOLD: Final = lazy.regex(  # the same in a README, pages too
    r"\b(?:python3?|streamlit\s+run|chainlit\s+run)\s+(?:-m\s+([\w.]{1,200})|([\w./-]{1,200}\.py)\b)"
)
_README: Final = lazy.regex(r"(?i)(?:^|/)readme(?:\.(?:md|rst|txt))?$")
# Modules that a started file names in a text: `uvicorn.run("app.main:app")`, `import_module("app.plugins")`.
_BY_TEXT: Final = lazy.regex(r"\b(uvicorn\.run|import_module)\(\s{0,99}[\"']([A-Za-z_][\w.]{0,200})(?::\w+)?[\"']")
# Classes and functions of the project that a configuration of Hydra names: `_target_: src.models.net.Net`.
_TARGET: Final = lazy.regex(r"(?m)^[ \t-]{0,80}_target_:[ \t]*[\"']?([A-Za-z_]\w{0,100}(?:\.[A-Za-z_]\w{0,100}){1,12})")
_MAX_TARGET_FILES: Final = 500
_WORD: Final = lazy.regex(r"\w+")
_QUOTED: Final = lazy.regex(r"[\"']([\w./-]+)[\"']")
_OBJECT: Final = lazy.regex(r":([A-Za-z_]\w*)")  # `app.main:app` starts a function or object by name
_MAX_STARTS: Final = 10
_MAX_ROOTS: Final = 500
# Scripts of a pipeline that score and do not train, by their names.
_SCORES: Final = lazy.regex(
    r"(?i)(?:^|_)(?:predict(?:ion|ions)?|inference|infer|scor(?:e|ing)|forecast(?:s|ing)?)(?:_|$)"
)
_TRAINS: Final = lazy.regex(r"(?i)train|fit|backtest|evaluat|metric")
_MAX_IMAGES: Final = 20  # starts of images whose commands are looked for
_MAX_SCRIPTS: Final = 100  # that are followed one by one; where there are more, which of them it was is left out


class ReachQuery(CodeQuery):
    """Files that are reached, and the kinds of what reaches them: serve, train, evaluate, batch, test, other (start
    and CI commands), pipeline (Airflow, Prefect, …), script (a main block or a README's line). deployed: from what an
    image, compose file, manifest or Procfile starts. in_ci: from a command that CI runs. scripts: the scripts that
    reach it, itself among them (empty in a project with more than a hundred). idle: functions and methods
    that stand in a started file, and that neither it nor anything else that is reached names again."""


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
    kinds: set[str] = field(default_factory=set)
    starts: list[str] = field(default_factory=list)
    deployed: bool = False
    in_ci: bool = False
    scripts: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)


class _Root(Struct, frozen=True):
    path: str
    kind: str
    start: str
    deployed: bool = False
    in_ci: bool = False


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
    known = context.memo.get("entrypoints.reach")
    if isinstance(known, dict):
        return known
    project = python_project(context)
    graph = _Graph(project)
    found: dict[str, _Reach] = defaultdict(_Reach)
    roots = _roots(context, project, graph)
    named = [root for root in roots if root.kind != "script"][:_MAX_ROOTS]
    for root in named:
        for path in graph.closure(root.path):
            reach = found[path]
            reach.kinds.add(root.kind)
            reach.deployed |= root.deployed
            reach.in_ci |= root.in_ci
            if root.start not in reach.starts:
                reach.starts.append(root.start)
    scripts = [root for root in roots if root.kind == "script"]
    for path in graph.closure(*(root.path for root in scripts)):
        found[path].kinds.add("script")
    own = sorted({root.path for root in scripts})
    for script in own if len(own) <= _MAX_SCRIPTS else ():
        for path in graph.closure(script):
            found[path].scripts.append(script)
    for root in scripts:
        if root.path in project.records:
            found[root.path].starts.append(root.start)
    imported = {target for path in found for target in graph.imports(path)}
    files = Files(context.project)
    for path in {root.path for root in named if root.kind != "pipeline"} & found.keys() - imported:
        named_in_starts = " ".join(_OBJECT.findall(" ".join(found[path].starts)))
        found[path].idle = _idle(project, path, f"{files.text(path) or ''}\n{named_in_starts}")
    context.memo["entrypoints.reach"] = dict(found)
    return dict(found)


def _idle(project: PythonProject, path: str, text: str) -> list[str]:
    """The undecorated functions and methods of a file whose outermost name stands in the text only where it is made."""
    words = Counter(_WORD.findall(text))
    definitions = project.base(path).definitions
    outer = {one.qualname for one in definitions if not one.decorators and words[one.qualname] == 1}
    return [one.qualname for one in definitions if one.qualname.partition(".")[0] in outer]


def _roots(context: Context, project: PythonProject, graph: _Graph) -> list[_Root]:
    roots: list[_Root] = []
    images: dict[str, None] = {}
    programs: dict[str, str] = {}
    for one in starts(context):
        if one["module"]:
            if one["source"] == "console script":
                programs[one["name"]] = one["module"]
            if one["deployed"]:
                images[one["module"]] = None
            start = f"{one['path']}:{one['line']} {one['command'][:100]}"
            roots.append(_Root(one["module"], one["kind"], start, one["deployed"]))
            if one["source"] in ("dvc", "mlproject"):
                roots.append(_Root(one["module"], "pipeline", start))
    for command in inventory(context).commands:
        leaf = command.leaf
        if leaf.module and leaf.kind != "build_image" and not command.hook and command.runs is not False:
            roots.append(_Root(leaf.module, leaf.kind, f"{leaf.path}:{leaf.line} {leaf.text[:100]}", in_ci=True))
    files = Files(context.project)
    for entry in context.project.files:
        if _README.search(entry.path):
            roots.extend(_told_by(entry.path, files))
    side = {entry.path for entry in context.project.files if entry.role in (Role.TEST, Role.DOCS)}
    pipelines = {path for root in _PIPELINES for path in project.importers.get(root, ())}
    flows = [path for path in project.records if "dags" in path.split("/")[:-1]] if pipelines else []
    pipelines.update([path for path in flows if not pipelines.isdisjoint(graph.closure(path))])  # made by a factory
    mains = frozenset(project.having.get("base.main", ()))
    for path in project.records if pipelines or mains else ():
        if path in side:
            continue
        if path in pipelines:
            roots.append(_Root(path, "pipeline", f"{path}:1 pipeline"))
            roots.extend(_started_by(path, files))
            roots.extend(_handed_by(path, files, list(images)[:_MAX_IMAGES], graph))
            roots.extend(_programs_of(path, files, programs))
        if path in mains:
            roots.append(_Root(path, "script", f"{path}:1 main block"))
    roots.extend([named for root in dict.fromkeys(roots[:_MAX_ROOTS]) for named in _named_by(root, files)])
    if project.importers.get("hydra"):
        roots.extend(_made_by_hydra(context, project, roots, files))
    return list(dict.fromkeys(roots))


def _made_by_hydra(context: Context, project: PythonProject, roots: list[_Root], files: Files) -> list[_Root]:
    """What a start that takes its configuration from Hydra makes of it: the modules that a `_target_` names."""
    started = [root for root in dict.fromkeys(roots) if root.path in project.importers["hydra"]]
    if not started:
        return []
    targets: set[str] = set()
    for entry in context.project.matching(["**/*.{yaml,yml}"])[:_MAX_TARGET_FILES]:
        if entry.role is not Role.TEST:
            targets.update(_TARGET.findall(files.text(entry.path) or ""))
    modules = sorted({target.rpartition(".")[0] for target in targets})
    found = [path for module in modules if (path := file_of_module(files, module)) and path in project.records]
    return [
        _Root(path, root.kind, root.start, root.deployed, root.in_ci)
        for root in started
        for path in dict.fromkeys(found)
        if path != root.path
    ]


def _named_by(root: _Root, files: Files) -> Iterator[_Root]:
    """What a started file starts or imports by a text."""
    text = files.text(root.path) or "" if root.path.endswith(".py") else ""
    if "uvicorn.run" not in text and "import_module" not in text:  # a tenth of what the expression costs
        return
    for match in _BY_TEXT.finditer(text):
        found = file_of_module(files, match.group(2), root.path.rpartition("/")[0])
        if found and found != root.path:
            kind = "serve" if match.group(1) == "uvicorn.run" and root.kind != "script" else root.kind
            yield _Root(found, kind, root.start, root.deployed, root.in_ci)


def _told_by(path: str, files: Files) -> Iterator[_Root]:
    """The scripts and pages that a README tells people to start, from the root or from its own folder."""
    text = files.text(path) or ""
    folder = path.rpartition("/")[0]
    for match in _TOLD.finditer(text):
        name = match.group(2) or f"{match.group(1).replace('.', '/')}.py"
        found = file_of_script(files, name) or (file_of_script(files, f"{folder}/{name}") if folder else "")
        if found:
            line = text.count("\n", 0, match.start()) + 1
            kind = "script" if match.group(0).startswith("python") else "serve"
            yield _Root(found, kind, f"{path}:{line} {match.group(0)}")


def _started_by(path: str, files: Files) -> Iterator[_Root]:
    """What a pipeline's own commands run: `bash_command="python -m src.train"` (read as text, never run)."""
    text = files.text(path) or ""
    for match in _COMMAND.finditer(text):
        module = match.group(1)
        found = file_of_module(files, module) if module else file_of_script(files, match.group(2))
        if found:
            yield _Root(found, _part(found), f"{path}:{text.count(chr(10), 0, match.start()) + 1} {match.group(0)}")


def _handed_by(path: str, files: Files, images: list[str], graph: _Graph) -> Iterator[_Root]:
    """What a pipeline has containers run: a command, or a word for which an image of the project starts a file of that
    name (`"command": ["train-model"]`, where the image starts a module that knows this word and imports
    `train_model`)."""
    text = files.text(path) or ""
    for match in _HANDED.finditer(text):
        words = _QUOTED.findall(match.group(1))
        start = f"{path}:{text.count(chr(10), 0, match.start()) + 1} {' '.join(words)[:100]}"
        command = _COMMAND.match(" ".join(words))
        if command is not None:
            module = command.group(1)
            found = file_of_module(files, module) if module else file_of_script(files, command.group(2))
            if found:
                yield _Root(found, _part(found), start)
            continue
        stem = words[0].replace("-", "_")
        for image in images:
            known = files.text(image) or ""
            if f'"{words[0]}"' in known or f"'{words[0]}'" in known:
                for inner in sorted(graph.closure(image)):
                    if inner.rpartition("/")[2] == f"{stem}.py":
                        yield _Root(inner, _part(inner), start)


def _programs_of(path: str, files: Files, programs: dict[str, str]) -> Iterator[_Root]:
    """The console scripts of the project that a pipeline's commands begin with."""
    text = files.text(path) or "" if programs else ""
    for match in _PROGRAM.finditer(text):
        found = programs.get(match.group(1))
        if found:
            start = f"{path}:{text.count(chr(10), 0, match.start()) + 1} {match.group(1)}"
            yield _Root(found, _part(found), start)


def _part(path: str) -> str:
    """What a script is to the pipeline that runs it: `batch` where its name says that it scores."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    return "batch" if _SCORES.search(stem) and not _TRAINS.search(stem) else "pipeline"


class _Graph:
    """Which file imports which, each looked up once."""

    def __init__(self, project: PythonProject) -> None:
        self.project = project
        self._next: dict[str, list[str]] = {}

    def closure(self, *roots: str) -> set[str]:
        """The files and everything of the project that they import, directly or not."""
        seen = {path for path in roots if path in self.project.records}
        todo = list(seen)
        while todo:
            for imported in self.imports(todo.pop()):
                if imported not in seen:
                    seen.add(imported)
                    todo.append(imported)
        return seen

    def imports(self, path: str) -> list[str]:
        """The project's files that run when the file at `path` is imported."""
        known = self._next.get(path)
        if known is None:
            found = {*self._imported(path), *_packages(path)} - {path}
            known = self._next[path] = sorted(one for one in found if one in self.project.records)
        return known

    def _imported(self, path: str) -> Iterator[str]:
        names: dict[str, set[str]] = defaultdict(set)
        for imported, _ in self.project.base(path).each_import():
            if imported.module.startswith(".") or self.project.may_own(imported.module.partition(".")[0]):
                names[imported.module].add(imported.target)
        for module, targets in names.items():
            found = self.project.module(module, path)
            if found is not None:
                yield found
            if found is None or found.endswith("__init__.py"):  # what is imported may be a module of the package
                for target in targets - {module, f"{module}.*"}:
                    inner = self.project.module(target, path)
                    if inner is not None:
                        yield inner


def _packages(path: str) -> Iterator[str]:
    """The `__init__.py` files that Python runs before the module at `path` (those that are there count)."""
    folder = path.rpartition("/")[0]
    while folder:
        yield f"{folder}/__init__.py"
        folder = folder.rpartition("/")[0]
