"""From where a function of the project is run: the files whose import, start or route leads to it, by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.python.base_record import Definition
from aiaudit.probes.python.project import PythonProject
from aiaudit.probes.text.one_line import on_one_line
from aiaudit.project.reader import Unreadable

_MOST: Final = 80  # functions that are followed
_MAIN: Final = lazy.regex(r"if\s+__name__\s*==")
_ENDS: Final = lazy.regex(r"raise\b|(?:sys\.)?exit\(|os\._exit|return\s*(?:None|False|1|2)?\s*(?:#|$)")
_RAISES: Final = lazy.regex(r"raise\b|(?:sys\.)?exit\(|os\._exit")
_ALIAS: Final = r"\bimport\s+[\w.]*{stem}\s+as\s+(\w+)|\bimport\s+{stem}\s+as\s+(\w+)"
_NAMES: Final = lazy.regex(r"\bimport\s*\([^()]*\)")
_PLAIN: Final = ("staticmethod", "classmethod", "property", "cached_property", "wraps", "cache", "lru_cache")


class RunBy(Struct):
    """files: those that run it when they are imported, or by a route or another decorator; mains: those whose main
    block does. swallowed: on each of the ways an error of it is caught, and the run goes on."""

    files: set[str] = field(default_factory=set)
    mains: set[str] = field(default_factory=set)
    swallowed: bool = False


def lines_of(path: str, context: Context) -> list[str]:
    """The lines of a Python file; none of a notebook or of what cannot be read. A short call that is broken into
    several stands on its first, and the others are empty."""
    known: dict[str, list[str]] = context.memo.setdefault("run_by.lines", {})
    if path not in known:
        written = as_written(path, context)
        known[path] = on_one_line("\n".join(written).encode()).lines() if written else []
    return known[path]


def as_written(path: str, context: Context) -> list[str]:
    """The lines of a Python file as they stand there."""
    try:
        return context.project.text(path).splitlines() if path.endswith(".py") else []
    except Unreadable:
        return []


def begun(lines: list[str], line: int) -> int:
    """The line on which the call begins that a line of code is a part of, see `lines_of`."""
    line = min(line, len(lines))
    while line > 1 and not lines[line - 1]:
        line -= 1
    return line


def spoken_lines(path: str, context: Context) -> list[str]:
    """The same, of a notebook the lines of its file: to find names, not places."""
    if not path.endswith(".ipynb"):
        return lines_of(path, context)
    try:
        return [text.strip().lstrip('"') for text in context.project.text(path).splitlines()]
    except Unreadable:
        return []


def handler_ends(lines: list[str], line: int, *, returns: bool = False) -> bool:
    """Whether the handlers of the try block around a line raise or exit; with `returns`, or leave the function."""
    line = begun(lines, line)
    own = indent(lines[line - 1])
    ends: list[bool] = []
    inside = -1
    for text in lines[line : line + 60]:
        if not text.strip():
            continue
        depth = indent(text)
        if depth < own and text.lstrip().startswith("except"):
            ends.append(False)
            inside = depth
        elif ends and depth > inside:
            ends[-1] |= bool((_ENDS if returns else _RAISES).match(text.strip()))
        elif ends and depth <= inside:
            break
    return bool(ends) and all(ends)


def indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def above(lines: list[str], line: int) -> Iterator[str]:
    """The lines that a line stands under (`try:`, `if …:`, `for …:`), from the inside, up to its function."""
    line = begun(lines, line)
    depth = indent(lines[line - 1])
    for text in reversed(lines[: line - 1]):
        if not text.strip() or text.lstrip().startswith(("#", ")")):
            continue
        if (own := indent(text)) < depth:
            depth = own
            yield text.strip()
            if text.lstrip().startswith(("def ", "async def ", "class ")):
                return
        if not depth:
            return


def run_by(function: str, line: int, path: str, project: PythonProject, context: Context) -> RunBy:
    """From where a function is run, or the module itself where no function is named."""
    found = RunBy()
    if not function:
        (found.mains if _in_main(lines_of(path, context), line) else found.files).add(path)
        return found
    free: set[str] = set()
    caught: set[str] = set()
    queue = [(path, function, False)]
    seen = set(queue)
    while queue and len(seen) < _MOST:
        where, name, lost = queue.pop(0)
        roots = caught if lost else free
        own = next((one for one in project.base(where).definitions if one.qualname == name), None)
        if own is not None and any(one.rpartition(".")[2].split("(")[0] not in _PLAIN for one in own.decorators):
            found.files.add(where)
            roots.add(where)
            continue
        uses = list(_uses(where, name, own, project, context))
        if not uses and (where, name) != (path, function):
            found.files.add(where)  # by a framework or an entry of the package
            roots.add(where)
        for at, number in uses:
            lines = lines_of(at, context)
            gone = lost or (
                number <= len(lines)
                and "try:" in above(lines, number)
                and not handler_ends(lines, number, returns=True)
            )
            around = _around(at, number, project)
            if around is None:
                (found.mains if _in_main(lines, number) else found.files).add(at)
                (caught if gone else free).add(at)
            elif (step := (at, around.qualname, gone)) not in seen:
                seen.add(step)
                queue.append(step)
    found.swallowed = bool(caught) and not free
    return found


def _uses(
    path: str, function: str, own: Definition | None, project: PythonProject, context: Context
) -> Iterator[tuple[str, int]]:  # fmt: skip
    """Places that name a function: in its file, and in those that import that one."""
    parts = function.split(".")
    name = parts[-1]
    if name.startswith("__") and len(parts) > 1:
        name, parts = parts[-2], parts[:-1]
    stem = re.escape(path.rpartition("/")[2].removesuffix(".py"))
    for where in project.records:
        if where != path and path not in project.own_imports(where):
            continue
        lines = _without_imports(where, context)
        if len(parts) > 1:
            spoken = re.compile(rf"(?<!def )\b{re.escape(name)}\b(?!\s*=[^=])")
        else:
            aliases = {
                stem,
                *(a or b for a, b in re.findall(_ALIAS.format(stem=stem), "\n".join(lines_of(where, context)))),
            }
            before = "|".join(sorted(aliases))
            spoken = re.compile(rf"(?:(?<![\w.])|\b(?:{before})\.)(?<!def )(?<!class ){re.escape(name)}\b(?!\s*=[^=])")
        for number, text in enumerate(lines, 1):
            if text.lstrip().startswith(("import ", "from ", "#", '"""', "@")) or not spoken.search(text):
                continue
            if where == path and own is not None and own.line <= number <= (own.end or own.line):
                continue
            yield where, number


def _without_imports(path: str, context: Context) -> list[str]:
    known: dict[str, list[str]] = context.memo.setdefault("run_by.spoken", {})
    if path not in known:
        text = "\n".join(spoken_lines(path, context))
        known[path] = _NAMES.sub(lambda names: "import ()" + "\n" * names.group().count("\n"), text).split("\n")
    return known[path]


def _around(path: str, line: int, project: PythonProject) -> Definition | None:
    around = [
        one
        for one in project.base(path).definitions
        if one.kind != "class" and one.line <= line <= (one.end or one.line)
    ]
    return max(around, key=lambda one: one.line, default=None)


def _in_main(lines: list[str], line: int) -> bool:
    if not lines or line > len(lines):
        return False
    return any(_MAIN.match(text) for text in above(lines, line))
