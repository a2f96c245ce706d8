"""Where the project's Python begins to run: start commands, CI, pipelines, scripts, and what a README tells to run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.ci.classify import stem_kind
from aiaudit.probes.ci.entrypoints import starts
from aiaudit.probes.ci.import_graph import ImportGraph
from aiaudit.probes.ci.inventory import inventory
from aiaudit.probes.ci.modules import file_of_module, file_of_script
from aiaudit.probes.ci.plain_scripts import plain_scripts
from aiaudit.probes.ci.programs import started_programs, starting_files
from aiaudit.probes.ci.scoring import scoring_scripts
from aiaudit.probes.python.project import PythonProject
from aiaudit.probes.reading import Files
from aiaudit.project.roles import Role

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
# A server that a README tells to start: `uvicorn app.main:app --reload`, `gunicorn -w 4 app:app`, `fastapi dev a.py`.
_TOLD_SERVER: Final = lazy.regex(
    r"\b(?:(?:uvicorn|gunicorn|hypercorn|granian)[ \t]{1,9}(?:[^\n`|&;]{0,100}?[ \t])?"
    r"([A-Za-z_][\w.]{0,200}):[A-Za-z_]\w{0,60}|fastapi[ \t]{1,9}(?:dev|run)[ \t]{1,9}([\w./-]{1,200}\.py)\b)"
)
_ENTERS: Final = lazy.regex(r"\bcd[ \t]{1,9}([\w./-]{1,100})")
_LINES_BEFORE: Final = 200  # characters before a command in which the folder may be entered
_README: Final = lazy.regex(r"(?i)(?:^|/)readme(?:\.(?:md|rst|txt))?$")
# Modules that a started file names in a text: `uvicorn.run("app.main:app")`, `import_module("app.plugins")`,
# `subprocess.run([sys.executable, "-m", "uvicorn", "app.main:app"])`.
_BY_TEXT: Final = lazy.regex(
    r"(?:\b(?:uvicorn\.run|(import_module))\(\s{0,99}|[\"'](?:uvicorn|hypercorn|gunicorn|granian)[\"'],\s{0,99})"
    r"[\"']([A-Za-z_][\w.]{0,200})(?::\w+)?[\"']"
)
_NAMING: Final = ("import_module", "uvicorn", "hypercorn", "gunicorn", "granian")
# Classes and functions of the project that a configuration of Hydra names: `_target_: src.models.net.Net`.
_TARGET: Final = lazy.regex(r"(?m)^[ \t-]{0,80}_target_:[ \t]*[\"']?([A-Za-z_]\w{0,100}(?:\.[A-Za-z_]\w{0,100}){1,12})")
# Commands that an application of Flask gives itself: `flask train all`.
_FLASK_COMMAND: Final = lazy.regex(
    r"(?m)^[ \t]{0,40}@\w{1,60}\.cli\.command\(\s{0,40}(?:name\s?=\s?)?[\"']([\w-]{1,60})[\"']"
)
_MAX_TARGET_FILES: Final = 500
_QUOTED: Final = lazy.regex(r"[\"']([\w./-]+)[\"']")
MOST_ROOTS: Final = 500
# Scripts of a pipeline that score and do not train, by their names.
_SCORES: Final = lazy.regex(
    r"(?i)(?:^|_)(?:predict(?:ion|ions)?|inference|infer|scor(?:e|ing)|forecast(?:s|ing)?)(?:_|$)"
)
# `tagger preprocess data.csv`, `python -m tagger evaluate`: one part of what a program does.
_ANOTHER_JOB: Final = lazy.regex(
    r"\s{0,9}(?:(?:poetry|uv|pdm|pipenv|hatch|pixi)\s+run\s+)?(?:\S{0,100}python3?\s+-m\s+)?[\w./-]{1,100}\s+"
    r"(?:pre-?process|prepare|prep|clean|ingest|download|fetch|extract|split|featuri[sz]e|features?|validate|evaluate"
    r"|eval|test|predict|score|report|plot|export|publish|upload|serve|deploy)(?:[-_][\w-]{1,60})?(?:\s|$)"
)
_TRAINS: Final = lazy.regex(r"(?i)train|fit|backtest|evaluat|metric")
# What a program does that is a server whatever its file is called: `python main.py` with `uvicorn.run(app)` at its end.
_SERVES: Final = lazy.regex(
    r"(?m)^[^#\n]{0,200}(?:\buvicorn\.(?:run|Server)\(|\bhypercorn\.\w{1,20}\.serve\(|\bwaitress\.serve\(|\bweb\.run_app\("
    r"|\.serve_forever\(|\.run\([^)\n]{0,200}\b(?:host|port|debug)\s?=)"
)
_MAX_IMAGES: Final = 20  # starts of images whose commands are looked for


class Root(Struct, frozen=True):
    """A file that is started. `start`: where that is written, and the words; `kind`: see `ReachQuery`."""

    path: str
    kind: str
    start: str
    deployed: bool = False
    in_ci: bool = False


def roots_of(context: Context, project: PythonProject, graph: ImportGraph) -> list[Root]:
    """All of them, each once, what configurations of Hydra name last."""
    roots: list[Root] = []
    images: dict[str, None] = {}
    programs: dict[str, str] = {}
    files = Files(context.project)
    for one in starts(context):
        if one["module"]:
            if one["source"] == "console script":
                programs[one["name"]] = one["module"]
            if one["deployed"]:
                images[one["module"]] = None
            start = f"{one['path']}:{one['line']} {one['command'][:100]}"
            serves = one["kind"] == "other" and one["deployed"] and _SERVES.search(files.text(one["module"]) or "")
            roots.append(Root(one["module"], "serve" if serves else one["kind"], start, one["deployed"]))
            if one["source"] in ("dvc", "mlproject", "databricks job") and not _of_another_job(one["command"]):
                roots.append(Root(one["module"], "pipeline", start))
    for command in inventory(context).commands:
        leaf = command.leaf
        if leaf.module and leaf.kind != "build_image" and not command.hook and command.runs is not False:
            roots.append(Root(leaf.module, leaf.kind, f"{leaf.path}:{leaf.line} {leaf.text[:100]}", in_ci=True))
    for entry in context.project.files:
        if _README.search(entry.path):
            roots.extend(_told_by(entry.path, files))
    azure = [*project.importers.get("azure", ()), *project.importers.get("azureml", ())]
    for path, start in scoring_scripts(context, files, azure):
        roots.append(Root(path, "serve", start, deployed=True))
    roots.extend(_pipelines_and_scripts(context, project, graph, list(images)[:_MAX_IMAGES], programs))
    roots.extend([named for root in dict.fromkeys(roots[:MOST_ROOTS]) for named in _named_by(root, files)])
    if project.importers.get("hydra"):
        roots.extend(_made_by_hydra(context, project, roots, files))
    roots.extend(_programs_of_code(list(dict.fromkeys(roots)), project, graph, files))
    return list(dict.fromkeys(roots))


def _programs_of_code(roots: list[Root], project: PythonProject, graph: ImportGraph, files: Files) -> list[Root]:
    """The programs that started code starts in its turn, each of the kind that its name tells. What a service starts
    when it is asked is left out: nobody knows when that is."""
    starting = set(starting_files(project, files))
    programs: dict[str, list[str]] = {}
    ways: dict[str, set[str]] = {}
    found: dict[Root, None] = {}
    todo = [root for root in roots if root.kind != "serve"] if starting else []
    while todo and len(found) < MOST_ROOTS:
        root = todo.pop()
        if root.path not in ways:
            ways[root.path] = graph.closure(root.path) & starting
        for path in sorted(ways[root.path]):
            if path not in programs:
                programs[path] = [one for one in started_programs(path, files) if one in project.records]
            for program in programs[path]:
                told = stem_kind(program.rpartition("/")[2].removesuffix(".py"))
                own = root.kind in ("script", "test") or told in ("other", "serve", "test")
                started = Root(program, root.kind if own else told, root.start, root.deployed, root.in_ci)
                if started not in found:
                    found[started] = None
                    todo.append(started)
    return list(found)


def _of_another_job(command: str) -> bool:
    """Whether a command asks a program for a part of its work that trains nothing: what the program could do besides
    is not reached by it. Files are not called like this: `python clean.py` is what it is."""
    return _ANOTHER_JOB.match(command) is not None


def _pipelines_and_scripts(
    context: Context, project: PythonProject, graph: ImportGraph, images: list[str], programs: dict[str, str]
) -> Iterator[Root]:
    """Files that define a pipeline, with what its steps run, and files with a main block. `images`: what images start;
    `programs`: the files of console scripts."""
    files = Files(context.project)
    side = {entry.path for entry in context.project.files if entry.role in (Role.TEST, Role.DOCS)}
    pipelines = {path for root in _PIPELINES for path in project.importers.get(root, ())}
    flows = [path for path in project.records if "dags" in path.split("/")[:-1]] if pipelines else []
    pipelines.update([path for path in flows if not pipelines.isdisjoint(graph.closure(path))])  # made by a factory
    for path in project.importers.get("flask", ()):
        if path not in side:
            yield from _commands_of_flask(path, files)
    mains = frozenset(project.having.get("base.main", ()))
    for path in project.records if pipelines or mains else ():
        if path in side:
            continue
        if path in pipelines:
            yield Root(path, "pipeline", f"{path}:1 pipeline")
            yield from _started_by(path, files)
            yield from _handed_by(path, files, images, graph)
            yield from _programs_of(path, files, programs)
        if path in mains:
            yield Root(path, "script", f"{path}:1 main block")
    for path in plain_scripts(project, graph, files, side):
        yield Root(path, "script", f"{path}:1 script of the root")


def _commands_of_flask(path: str, files: Files) -> Iterator[Root]:
    """The commands of an application of Flask: `train` where the name of one says that it trains."""
    text = files.text(path) or ""
    for match in _FLASK_COMMAND.finditer(text) if ".cli.command" in text else ():
        kind = "train" if "train" in match.group(1) else "script"
        yield Root(path, kind, f"{path}:{text.count(chr(10), 0, match.start(1)) + 1} flask {match.group(1)}")


def _made_by_hydra(context: Context, project: PythonProject, roots: list[Root], files: Files) -> list[Root]:
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
        Root(path, root.kind, root.start, root.deployed, root.in_ci)
        for root in started
        for path in dict.fromkeys(found)
        if path != root.path
    ]


def _named_by(root: Root, files: Files) -> Iterator[Root]:
    """What a started file starts or imports by a text."""
    text = files.text(root.path) or "" if root.path.endswith(".py") else ""
    if not any(word in text for word in _NAMING):  # a tenth of what the expression costs
        return
    for match in _BY_TEXT.finditer(text):
        found = file_of_module(files, match.group(2), root.path.rpartition("/")[0])
        kind = root.kind if match.group(1) else "serve"  # whoever runs this file starts a server, by hand too
        if found and (found != root.path or kind != root.kind):
            yield Root(found, kind, root.start, root.deployed, root.in_ci)


def _told_by(path: str, files: Files) -> Iterator[Root]:
    """The scripts, pages and servers that a README tells people to start, from the root or from its own folder."""
    text = files.text(path) or ""
    folder = path.rpartition("/")[0]
    for match in _TOLD.finditer(text):
        name = match.group(2) or f"{match.group(1).replace('.', '/')}.py"
        found = file_of_script(files, name) or (file_of_script(files, f"{folder}/{name}") if folder else "")
        if found:
            line = text.count("\n", 0, match.start()) + 1
            kind = "script" if match.group(0).startswith("python") else "serve"
            yield Root(found, kind, f"{path}:{line} {match.group(0)}")
    for match in _TOLD_SERVER.finditer(text):
        entered = _ENTERS.findall(text, max(0, match.start() - _LINES_BEFORE), match.start())
        inner = f"{folder}/{entered[-1]}".strip("/") if entered else folder
        if match.group(1):
            served = file_of_module(files, match.group(1), inner)
        else:
            served = file_of_script(files, match.group(2), inner)
        if served:
            line = text.count("\n", 0, match.start()) + 1
            yield Root(served, "serve", f"{path}:{line} {match.group(0)}")


def _started_by(path: str, files: Files) -> Iterator[Root]:
    """What a pipeline's own commands run: `bash_command="python -m src.train"` (read as text, never run)."""
    text = files.text(path) or ""
    for match in _COMMAND.finditer(text):
        module = match.group(1)
        found = file_of_module(files, module) if module else file_of_script(files, match.group(2))
        if found:
            yield Root(found, _part(found), f"{path}:{text.count(chr(10), 0, match.start()) + 1} {match.group(0)}")


def _handed_by(path: str, files: Files, images: list[str], graph: ImportGraph) -> Iterator[Root]:
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
                yield Root(found, _part(found), start)
            continue
        stem = words[0].replace("-", "_")
        for image in images:
            known = files.text(image) or ""
            if f'"{words[0]}"' in known or f"'{words[0]}'" in known:
                for inner in sorted(graph.closure(image)):
                    if inner.rpartition("/")[2] == f"{stem}.py":
                        yield Root(inner, _part(inner), start)


def _programs_of(path: str, files: Files, programs: dict[str, str]) -> Iterator[Root]:
    """The console scripts of the project that a pipeline's commands begin with."""
    text = files.text(path) or "" if programs else ""
    for match in _PROGRAM.finditer(text):
        found = programs.get(match.group(1))
        if found:
            start = f"{path}:{text.count(chr(10), 0, match.start()) + 1} {match.group(1)}"
            yield Root(found, _part(found), start)


def _part(path: str) -> str:
    """What a script is to the pipeline that runs it: `batch` where its name says that it scores."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    return "batch" if _SCORES.search(stem) and not _TRAINS.search(stem) else "pipeline"
