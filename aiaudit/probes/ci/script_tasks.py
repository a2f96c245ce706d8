"""Tasks kept in configuration: npm scripts, just, go-task, poe, taskipy, Hatch, PDM, Rye, Pixi, tox, DVC, MLproject."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.ci.model import as_list, as_map
from aiaudit.probes.ci.places import script_line
from aiaudit.probes.ci.task import Piece, Task, join
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

_JUST_NAMES: Final = ("justfile", "Justfile", ".justfile", "JUSTFILE")
_MOST_TASKS: Final = 100
_IN_PYPROJECT: Final = (
    (("poe",), ("poe", "tasks")),
    (("task",), ("taskipy", "tasks")),
    (("pdm", "run"), ("pdm", "scripts")),
    (("rye", "run"), ("rye", "scripts")),
    (("pixi", "run"), ("pixi", "tasks")),
)
_DVC_VALUE: Final = lazy.regex(r"\$\{([\w.-]{1,100})\}")
_MOST_VALUES: Final = 1000
_LONGEST_VALUE: Final = 500
_TASKFILES: Final = ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml", "Taskfile.dist.yml")


def npm(files: Files, folder: str | None, name: str) -> list[Task] | None:
    """An npm script with its `pre` and `post` scripts, of the nearest package.json upwards; None where it has none."""
    path = upwards(files, folder, "package.json")
    scripts = as_map(as_map(files.json(path)).get("scripts")) if path else {}
    if path is None or not isinstance(scripts.get(name), str):
        return None
    text = files.text(path) or ""
    found: list[Task] = []
    for key in (f"pre{name}", name, f"post{name}"):
        script = scripts.get(key)
        if isinstance(script, str):
            line = _key_line(text, key, "scripts")
            found.append(Task(key, path, line, (Piece(script, line),), folder=path.rpartition("/")[0]))
    return found


def npm_everywhere(
    files: Files, folder: str | None, names: tuple[str, ...], only: tuple[str, ...] = ()
) -> list[Task] | None:
    """The scripts of these names in every package of a workspace, of the one at its root alone left out; `only`: in
    those whose name or folder fits one of these patterns."""
    root = upwards(files, folder, "package.json")
    found: list[Task] = []
    for name in names[:10]:
        for entry in files.matching("**/package.json"):
            if entry.path == root or len(found) >= _MOST_TASKS:
                continue
            place = entry.path.rpartition("/")[0]
            if not only or any(_fits_package(files, entry.path, place, pattern) for pattern in only[:10]):
                found.extend(npm(files, place, name) or ())
    return found or None


def _fits_package(files: Files, path: str, folder: str, pattern: str) -> bool:
    wanted = pattern[:200].strip("{}.").strip("/").replace("**", "*")
    called = as_map(files.json(path)).get("name")
    return fnmatchcase(folder, wanted) or (isinstance(called, str) and fnmatchcase(called, wanted))


def workspace_folder(files: Files, name: str) -> str | None:
    """The folder of the workspace package with this name (or with this folder name)."""
    for entry in files.matching("**/package.json"):
        folder = entry.path.rpartition("/")[0]
        if as_map(files.json(entry.path)).get("name") == name or (folder and folder in (name, name.removeprefix("./"))):
            return folder
    return None


def just(files: Files, folder: str | None, recipes: tuple[str, ...]) -> list[Task] | None:
    """Recipes of the nearest justfile upwards, dependencies first; the first recipe where none is named."""
    path = next((p for n in _JUST_NAMES if (p := upwards(files, folder, n)) is not None), None)
    text = files.text(path) if path else None
    if path is None or text is None:
        return None
    known = {task.name: task for task in _just_recipes(path, text)}
    wanted = [name for name in recipes if name in known] or ([] if recipes else list(known)[:1])
    return _with_needs(known, wanted) or None


def kar(files: Files, folder: str | None, name: str) -> list[Task] | None:
    """A task of the nearest Karfile upwards, which is a function of a shell script called `task-NAME`."""
    path = upwards(files, folder, "Karfile")
    text = files.text(path) if path else None
    head = rf"(?m)^task-{re.escape(name)}[ \t]*\(\)[ \t]*\{{[ \t]*\n"
    found = re.search(head + r"((?:(?!\}).*\n){1,200})\}", text or "")
    if path is None or text is None or found is None:
        return None
    line = text.count("\n", 0, found.start(1)) + 1
    return [Task(name, path, line, (Piece(found.group(1), line),), folder=path.rpartition("/")[0])]


def named_tasks(files: Files) -> list[tuple[tuple[str, ...], str, str]]:
    """The tasks that lie at the root: the command that runs one, the file, and the task's name."""
    found: list[tuple[tuple[str, ...], str, str]] = []
    for path in _JUST_NAMES:
        text = files.text(path) if files.exists(path) else None
        found += [(("just",), path, task.name) for task in _just_recipes(path, text)] if text else []
    for path in _TASKFILES:
        tasks = as_map(as_map(files.yaml(path)).get("tasks")) if files.exists(path) else {}
        found += [(("task",), path, str(name)) for name in tasks]
    tool = as_map(as_map(files.toml("pyproject.toml")).get("tool")) if files.exists("pyproject.toml") else {}
    for command, keys in _IN_PYPROJECT:
        table: Any = tool
        for key in keys:
            table = as_map(table).get(key)
        found += [(command, "pyproject.toml", str(name)) for name in as_map(table) if name != "_"]
    pixi = as_map(as_map(files.toml("pixi.toml")).get("tasks")) if files.exists("pixi.toml") else {}
    found += [(("pixi", "run"), "pixi.toml", str(name)) for name in pixi]
    return found[:_MOST_TASKS]


def _just_recipes(path: str, text: str) -> Iterator[Task]:
    lines = text.splitlines()
    variables = dict(re.findall(r"^(\w+)\s*:=\s*[\"']([^\"']*)[\"']", text, re.MULTILINE))
    at = 0
    while at < len(lines):
        header = re.match(r"^@?([A-Za-z_][\w-]*)((?:\s+[^:]*)?):(?!=)\s*(.*)$", lines[at])
        first = at
        at += 1
        if header is None:
            continue
        defaults = {**variables, **dict(re.findall(r"[*+$]?(\w+)=[\"']?([^\"'\s]*)[\"']?", header.group(2)))}
        body: list[tuple[int, str]] = []
        while at < len(lines) and (lines[at].startswith((" ", "\t")) or not lines[at].strip()):
            if lines[at].strip():
                body.append((at + 1, _interpolated(lines[at].strip(), defaults)))
            at += 1
        needs = tuple(re.findall(r"[A-Za-z_][\w-]*", re.sub(r"#.*|\([^)]*\)|&&", " ", header.group(3))))
        folder = path.rpartition("/")[0]
        yield Task(header.group(1), path, first + 1, tuple(_just_pieces(body)), needs, folder)


def _just_pieces(body: list[tuple[int, str]]) -> Iterator[Piece]:
    if body and body[0][1].startswith("#!"):
        if re.search(r"\b(ba|z|da|)sh\b", body[0][1]):
            yield Piece("\n".join(text for _, text in body), body[0][0], errexit=" -e" in body[0][1])
        return
    pending: list[str] = []
    start = 0
    for line, text in body:
        start = start if pending else line
        pending.append(text)
        if text.endswith("\\"):
            continue
        script = "\n".join(pending)
        flags = re.match(r"[@-]*", script) or re.match("", "")
        prefix = flags.group(0) if flags else ""
        yield Piece(script[len(prefix) :], start, ignored="-" in prefix)
        pending = []


def _interpolated(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda m: variables.get(m.group(1), ""), text)


def taskfile(files: Files, folder: str | None, names: tuple[str, ...]) -> list[Task] | None:
    """Tasks of go-task."""
    path = next((p for n in _TASKFILES if (p := upwards(files, folder, n)) is not None), None)
    data = as_map(files.yaml(path)) if path else {}
    tasks = as_map(data.get("tasks"))
    if path is None or not tasks:
        return None
    text = files.text(path) or ""
    known: dict[str, Task] = {}
    for name, value in tasks.items():
        task = {"cmds": value} if isinstance(value, str | list) else as_map(value)
        key = "cmds" if "cmds" in task else "cmd"
        pieces: list[Piece] = []
        needs = [dep if isinstance(dep, str) else str(as_map(dep).get("task", "")) for dep in as_list(task.get("deps"))]
        commands = task.get(key)
        for index, item in enumerate(as_list(commands)):
            line = script_line(text, commands, index) or line_of(tasks, name) or 1
            if isinstance(item, str):
                pieces.append(Piece(item, line))
            elif "cmd" in as_map(item):
                pieces.append(Piece(str(item["cmd"]), line, ignored=as_map(item).get("ignore_error") is True))
            elif "task" in as_map(item):
                needs.append(str(item["task"]))
        own_folder = join(path.rpartition("/")[0], str(task.get("dir") or "."))
        known[name] = Task(name, path, line_of(tasks, name) or 1, tuple(pieces), tuple(needs), own_folder)
    return _with_needs(known, list(names or ("default",))) or None


def pyproject(files: Files, folder: str | None, runner: str, name: str) -> list[Task] | None:
    """A task that poe, taskipy, Hatch, PDM, Rye or Pixi keep in pyproject.toml (or hatch.toml, pixi.toml)."""
    places: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
        "poe": (("pyproject.toml", ("tool", "poe", "tasks")),),
        "task": (("pyproject.toml", ("tool", "taskipy", "tasks")),),
        "pdm": (("pyproject.toml", ("tool", "pdm", "scripts")),),
        "rye": (("pyproject.toml", ("tool", "rye", "scripts")),),
        "pixi": (("pyproject.toml", ("tool", "pixi", "tasks")), ("pixi.toml", ("tasks",))),
        "hatch": (("pyproject.toml", ("tool", "hatch", "envs")), ("hatch.toml", ("envs",))),
    }
    for file, keys in places.get(runner, ()):
        path = upwards(files, folder, file)
        table: Any = files.toml(path) if path else None
        for key in keys:
            table = as_map(table).get(key)
        if path is None or not isinstance(table, Mapping):
            continue
        text = files.text(path) or ""
        if runner == "hatch":
            found = _hatch(path, text, table, name)
        else:
            known = {key: _toml_task(path, text, key, value) for key, value in table.items() if key != "_"}
            found = _with_needs(known, [name])
        if found:
            return found
    return None


def _hatch(path: str, text: str, envs: Mapping[str, Any], name: str) -> list[Task]:
    env, _, script = name.rpartition(":")
    chosen = [envs.get(env)] if env else [envs.get("default"), *envs.values()]
    for table in chosen:
        scripts = as_map(as_map(table).get("scripts"))
        if script in scripts:
            known = {key: _toml_task(path, text, key, value) for key, value in scripts.items()}
            return _with_needs(known, [script])
    return []


def _toml_task(path: str, text: str, name: str, value: Any) -> Task:
    line = _key_line(text, name, "")
    folder = path.rpartition("/")[0]
    needs: list[str] = []
    pieces: list[Piece] = []
    table = as_map(value)
    for key in ("cmd", "shell", "script", "sequence", "composite", "chain"):
        if key in table:
            value = table[key]
            break
    needs.extend(str(item) for item in as_list(table.get("deps") or table.get("depends-on") or table.get("depends_on")))
    for item in as_list(value):
        inner = as_map(item)
        script = item if isinstance(item, str) else inner.get("cmd") or inner.get("shell")
        if isinstance(script, str) and "script" in table and re.fullmatch(r"[\w.]+:[\w.]+(\(.*\))?", script):
            pieces.append(Piece("", line, words=("python", "-m", script.partition(":")[0])))
        elif isinstance(script, str):
            ignored = script.startswith("-") or inner.get("ignore_fail") is True
            pieces.append(Piece(script.lstrip("- ").replace("{args}", ""), line, ignored=ignored))
        elif "ref" in inner:
            needs.append(str(inner["ref"]))
    return Task(name, path, line, tuple(pieces), tuple(needs), folder)


def dvc(files: Files, folder: str | None, stages: tuple[str, ...]) -> list[Task] | None:
    """Stages of a DVC pipeline; all of them where none is named."""
    path = join(folder, "dvc.yaml")
    data = as_map(files.yaml(path)) if path and files.exists(path) else {}
    listed = as_map(data.get("stages"))
    if path is None or not listed:
        return None
    text = files.text(path) or ""
    wanted = [name.partition("@")[0].rpartition(":")[2] for name in stages]
    known = _dvc_values(files, data, join(folder, "params.yaml"))
    found: list[Task] = []
    for name, value in listed.items():
        stage = as_map(as_map(value).get("do") or value)
        if wanted and name not in wanted:
            continue
        commands = stage.get("cmd")
        pieces = [
            Piece(
                _filled(command, known),
                (script_line(text, commands, i) if isinstance(commands, list) else script_line(text, stage, "cmd"))
                or 1,
            )
            for i, command in enumerate(as_list(commands))
            if isinstance(command, str)
        ]
        found.append(
            Task(
                name,
                path,
                line_of(listed, name) or 1,
                tuple(pieces),
                folder=join(folder, _filled(str(stage.get("wdir") or "."), known)),
            )
        )
    return found


def _dvc_values(files: Files, data: Mapping[str, Any], parameters: str | None) -> dict[str, str]:
    """What `${...}` stands for in the stages: values of `vars` that stand there, and those of params.yaml."""
    listed = [one for one in as_list(data.get("vars")) if isinstance(one, Mapping)]
    if parameters and files.exists(parameters):
        listed.append(as_map(files.yaml(parameters)))
    known: dict[str, str] = {}
    for one in listed:
        for name, value in one.items():
            inner = value.items() if isinstance(value, Mapping) else (("", value),)
            for key, scalar in inner:
                if isinstance(scalar, str | int | float) and len(known) < _MOST_VALUES:
                    known.setdefault(f"{name}.{key}" if key else str(name), str(scalar))
    return known


def _filled(command: str, known: Mapping[str, str]) -> str:
    """A command with the values that are known; the rest stays as it is written."""
    return _DVC_VALUE.sub(lambda hit: known.get(hit[1], hit[0])[:_LONGEST_VALUE], command)


def mlproject(files: Files, folder: str | None, entry: str) -> list[Task] | None:
    """An entry point of an MLflow project."""
    path = join(folder, "MLproject")
    points = as_map(as_map(files.yaml(path)).get("entry_points")) if path and files.exists(path) else {}
    point = as_map(points.get(entry))
    command = point.get("command")
    if path is None or not isinstance(command, str):
        return None
    line = line_of(point, "command") or 1
    return [Task(entry, path, line, (Piece(command, line),), folder=folder)]


def entrypoint(files: Files, path: str | None) -> list[Task] | None:
    """The command of a job's description for a cluster (Anyscale, Ray), which runs at the root of the tree."""
    job = as_map(files.yaml(path)) if path and files.exists(path) else {}
    command = job.get("entrypoint")
    if path is None or not isinstance(command, str):
        return None
    return [
        Task(
            str(job.get("name") or path),
            path,
            line_of(job, "entrypoint") or 1,
            (Piece(command, line_of(job, "entrypoint") or 1),),
        )
    ]


def _with_needs(known: Mapping[str, Task], wanted: list[str]) -> list[Task]:
    """The tasks in the order in which they run: what a task needs comes before it. Cycles end."""
    done: dict[str, Task] = {}
    begun: set[str] = set()

    def add(name: str, depth: int) -> None:
        if name in begun or name not in known or depth > 20:
            return
        begun.add(name)
        for need in known[name].needs:
            add(need, depth + 1)
        done[name] = known[name]

    for name in wanted:
        add(name, 0)
    return list(done.values())


def upwards(files: Files, folder: str | None, name: str) -> str | None:
    """The nearest file of this name in `folder` or above it, inside the tree."""
    while folder is not None:
        path = f"{folder}/{name}" if folder else name
        if files.exists(path):
            return path
        if not folder:
            return None
        folder = folder.rpartition("/")[0]
    return None


def _key_line(text: str, key: str, section: str) -> int:
    """The line of a key in JSON or TOML, behind the section's line where one is given."""
    pattern = re.compile(rf"""^\s*(["']|){re.escape(key)}\1\s*[:=]""")  # not "test:e2e" for "test"
    inside = not section
    for number, line in enumerate(text.splitlines(), 1):
        inside = inside or f'"{section}"' in line
        if inside and pattern.match(line):
            return number
    return 1
