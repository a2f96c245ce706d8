"""Tasks written in Python, read with `ast` and never run: nox sessions and Invoke tasks; and tox environments."""

from __future__ import annotations

import ast
import configparser
import fnmatch
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.probes.ci.model import as_list, as_map
from aiaudit.probes.ci.task import Piece, Task
from aiaudit.probes.reading import Files
from aiaudit.project.globs import is_plain
from aiaudit.syntax import syntax_of

_HOLE: Final = "${…}"  # stands for a part of a command that the code computes
_RUNS: Final = frozenset({"run", "sudo", "run_always", "run_install", "local", "check_call", "_run", "sh", "shell"})


def nox(files: Files, folder: str | None, wanted: tuple[str, ...]) -> list[Task] | None:
    """Sessions of a noxfile; those of `nox.options.sessions`, or all, where none is named."""
    path = _path(folder, "noxfile.py")
    tree = _parsed(files, path)
    if tree is None or path is None:
        return None
    sessions: dict[str, Task] = {}
    for function in _functions(tree):
        decorator = _decorator(function, "session")
        if decorator is None:
            continue
        name = _keyword(decorator, "name") or function.name
        pieces = tuple(
            Piece("", node.lineno, words=words)
            for node in _calls(function)
            if (words := _session_words(node)) is not None
        )
        sessions[name] = Task(name, path, function.lineno, pieces, folder=folder)
    chosen = wanted or _nox_defaults(tree) or tuple(sessions)
    found = [
        sessions[name] for name in (n.partition("-")[0] if n not in sessions else n for n in chosen) if name in sessions
    ]
    return found or None


def _session_words(node: ast.Call) -> tuple[str, ...] | None:
    if not isinstance(node.func, ast.Attribute):
        return None
    words = tuple(_text(argument) for argument in node.args if not isinstance(argument, ast.Starred))
    if node.func.attr in ("run", "run_always") and words and words[0]:
        return words
    return ("pip", "install", *words) if node.func.attr == "install" else None


def _nox_defaults(tree: ast.Module) -> tuple[str, ...]:
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Attribute)
            and node.targets[0].attr == "sessions"
        ):
            return tuple(
                e.value
                for e in getattr(node.value, "elts", ())
                if isinstance(e, ast.Constant) and isinstance(e.value, str)
            )
    return ()


def invoke(files: Files, folder: str | None, wanted: tuple[str, ...]) -> list[Task] | None:
    """Invoke tasks of tasks.py (or the files of a `tasks` package). A task without commands is its own Python code."""
    paths = [p for n in ("tasks.py", "tasks/__init__.py") if (p := _path(folder, n)) and files.exists(p)]
    if is_plain(folder or ""):
        paths += [e.path for e in files.matching(f"{folder}/tasks/*.py" if folder else "tasks/*.py")]
    known: dict[str, Task] = {}
    for path in dict.fromkeys(paths):
        tree = _parsed(files, path)
        for function in _functions(tree) if tree else ():
            decorator = _decorator(function, "task")
            if decorator is None:
                continue
            pieces = tuple(Piece(text, line) for text, line in _command_texts(function))
            name = (_keyword(decorator, "name") or function.name).replace("_", "-")
            needs = _names(decorator, "pre") if isinstance(decorator, ast.Call) else ()
            task = Task(name, path, function.lineno, pieces, needs, folder, module="" if pieces else path)
            known.setdefault(name, task)
    ordered: dict[str, Task] = {}
    for name in wanted:
        key = name.rpartition(".")[2].replace("_", "-")
        if key in known:
            for need in known[key].needs:
                if need in known:
                    ordered[need] = known[need]
            ordered[key] = known[key]
    return list(ordered.values()) or None


def _command_texts(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, int]]:
    """The shell texts that a task hands to a runner: literals, f-strings, and names the function assigns them to."""
    assigned: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            text = _text(node.value)
            if text and node.targets[0].id not in assigned:
                assigned[node.targets[0].id] = text
    for call in _calls(function):
        name = (
            call.func.attr
            if isinstance(call.func, ast.Attribute)
            else call.func.id
            if isinstance(call.func, ast.Name)
            else ""
        )
        if name.lstrip("_") not in {run.lstrip("_") for run in _RUNS}:
            continue
        for argument in call.args:
            text = assigned.get(argument.id, "") if isinstance(argument, ast.Name) else _text(argument)
            if text and re.match(r"^[\w./$-]+(\s|$)", text):
                yield text, call.lineno
                break


def _text(node: ast.expr) -> str:
    """The text of a string expression with holes for what is computed; "" where it is no string."""
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.JoinedStr(values=values):
            return "".join(_text(v) if isinstance(v, ast.Constant) else _HOLE for v in values)
        case ast.BinOp(left=left, op=ast.Add()):
            return _text(left)
        case ast.Call(func=ast.Attribute(value=inner, attr="strip" | "format" | "lstrip" | "rstrip")):
            return _text(inner)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return " ".join(_text(e) or _HOLE for e in elements)
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=[ast.List() | ast.Tuple() as items]):
            return _text(items)
        case _:
            return ""


def tox(files: Files, folder: str | None, wanted: tuple[str, ...]) -> list[Task] | None:
    """Environments of tox; those of `env_list`, or the default one, where none is named."""
    for file, section in (("tox.ini", "tox"), ("setup.cfg", "tox:tox"), ("tox.toml", ""), ("pyproject.toml", "")):
        path = _path(folder, file)
        if path is None or not files.exists(path):
            continue
        if file.endswith(".toml"):
            data = as_map(files.toml(path))
            table = data if file == "tox.toml" else as_map(as_map(data.get("tool")).get("tox"))
            legacy = table.get("legacy_tox_ini")
            found = (
                _tox_ini(path, str(legacy), "tox", wanted, folder) if legacy else _tox_toml(path, table, wanted, folder)
            )
        else:
            found = _tox_ini(path, files.text(path) or "", section, wanted, folder)
        if found:
            return found
    return None


def _tox_ini(path: str, text: str, section: str, wanted: tuple[str, ...], folder: str | None) -> list[Task]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except (configparser.Error, ValueError):
        return []
    if not any(name.startswith("testenv") for name in parser.sections()):
        return []
    envlist = parser.get(section, "envlist", fallback="") or parser.get(section, "env_list", fallback="")
    environments = list(wanted) or [e for e in re.split(r"[,\s]+", re.sub(r"\{[^}]*\}", "", envlist)) if e] or ["py"]
    found: dict[str, Task] = {}
    for environment in environments:
        names = [
            f"testenv:{environment}",
            *(s for s in parser.sections() if fnmatch.fnmatch(f"testenv:{environment}", s)),
            "testenv",
        ]
        source = next((n for n in names if parser.has_option(n, "commands")), None)
        if source is None:
            continue
        line = next((i for i, raw in enumerate(text.splitlines(), 1) if raw.strip() == f"[{source}]"), 1)
        pieces = tuple(_tox_pieces(text, parser.get(source, "commands"), line))
        ignore = parser.get(source, "ignore_outcome", fallback="").lower() == "true"
        found[source] = Task(
            environment, path, line, tuple(Piece(p.script, p.line, p.ignored or ignore) for p in pieces), folder=folder
        )
    return list(found.values())


def _tox_pieces(text: str, commands: str, after: int) -> Iterator[Piece]:
    raw = text.splitlines()
    for command in re.sub(r"\\\n\s*", " ", commands).splitlines():
        stripped = command.strip()
        if not stripped or stripped.startswith("#"):
            continue
        start = stripped.split()[0]
        line = next((i for i in range(after, len(raw) + 1) if start in raw[i - 1]), after)
        ignored = stripped.startswith("-")
        yield Piece(_tox_substituted(stripped.lstrip("-! ")), line, ignored)


def _tox_substituted(text: str) -> str:
    text = re.sub(r"\{posargs(?::([^}]*))?\}|\[\]", lambda m: m.group(1) or "", text)
    text = re.sub(r"\{env_?python\}", "python", text)
    return re.sub(r"\{(?:toxinidir|tox_root)\}/?", "", text)


def _tox_toml(path: str, table: Mapping[str, Any], wanted: tuple[str, ...], folder: str | None) -> list[Task]:
    environments = as_map(table.get("env"))
    found: list[Task] = []
    for name in list(wanted) or [str(e) for e in as_list(table.get("env_list"))] or ["py"]:
        commands = as_map(environments.get(name)).get("commands") or as_map(table.get("env_run_base")).get("commands")
        pieces = [
            Piece("", 1, words=tuple(str(word) for word in command if isinstance(word, str)))
            for command in as_list(commands)
            if isinstance(command, list)
        ]
        if pieces:
            found.append(Task(name, path, 1, tuple(pieces), folder=folder))
    return found


def _parsed(files: Files, path: str | None) -> ast.Module | None:
    text = files.text(path) if path and files.exists(path) else None
    try:
        return syntax_of(text[:1_000_000]) if text else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _decorator(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> ast.expr | None:
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (isinstance(target, ast.Name) and target.id == name) or (
            isinstance(target, ast.Attribute) and target.attr == name
        ):
            return decorator
    return None


def _keyword(decorator: ast.expr, name: str) -> str:
    for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
        if keyword.arg == name and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            return keyword.value.value
    return ""


def _names(decorator: ast.Call, keyword: str) -> tuple[str, ...]:
    values = [k.value for k in decorator.keywords if k.arg == keyword]
    elements = [e for value in values for e in getattr(value, "elts", ())] + list(decorator.args)
    return tuple(e.id.replace("_", "-") for e in elements if isinstance(e, ast.Name))


def _calls(function: ast.AST) -> list[ast.Call]:
    return sorted(
        (node for node in ast.walk(function) if isinstance(node, ast.Call)),
        key=lambda node: (node.lineno, node.col_offset),
    )


def _path(folder: str | None, name: str) -> str | None:
    return None if folder is None else f"{folder}/{name}" if folder else name
