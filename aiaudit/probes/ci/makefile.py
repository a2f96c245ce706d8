"""Makefiles: targets, their recipes and prerequisites, with simple variables expanded. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.ci.task import Piece, Task, join
from aiaudit.probes.reading import Files

NAMES: Final = ("GNUmakefile", "makefile", "Makefile")
_ASSIGN: Final = lazy.regex(r"^(?:export\s+|override\s+)*([A-Za-z_][\w.-]*)\s*(\?|:{1,3}|\+|!)?=\s*(.*)$")
_RULE: Final = lazy.regex(r"^([^\s#:=][^:=#]*?)\s*(::?)(?!=)\s*([^;#]*)(?:;(.*))?")
_VARIABLE: Final = lazy.regex(r"\$\(([^()$\s]+)\)|\$\{([^{}$\s]+)\}|\$\$|\$([@<^*])")
_DIRECTIVE: Final = lazy.regex(
    r"^\s*(ifeq|ifneq|ifdef|ifndef|else|endif|define|endef|export|unexport|vpath|-?include|sinclude)\b"
)
_WITH_VALUE: Final = frozenset(
    {"-C", "--directory", "-f", "--file", "--makefile", "-j", "--jobs", "-o", "-W", "-I", "-l"}
)
_DEEPEST: Final = 10  # variables in variables
_MAX_LINES: Final = 10_000


class Makefile(Struct):
    """A parsed makefile. `default` is the target that `make` alone runs."""

    path: str
    variables: dict[str, str] = field(default_factory=dict)
    included: set[str] = field(default_factory=set)
    recipes: dict[str, list[tuple[str, int, str]]] = field(default_factory=dict)  # target -> (script, line, file)
    needs: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)
    default: str = ""


class MakeCall(Struct, frozen=True):
    """What a `make` command line asks for."""

    targets: tuple[str, ...]
    folder: str | None
    file: str
    variables: Mapping[str, str]
    ignore_errors: bool


def parse_call(arguments: tuple[str, ...], folder: str | None) -> MakeCall:
    """The meaning of the words behind `make`."""
    targets: list[str] = []
    variables: dict[str, str] = {}
    file = ""
    ignore = False
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word in ("-C", "--directory") and words:
            folder = join(folder, words.pop(0))
        elif word in ("-f", "--file", "--makefile") and words:
            file = words.pop(0)
        elif word in ("-i", "--ignore-errors"):
            ignore = True
        elif word in ("-j", "-l"):
            if words and words[0].isdigit():
                words.pop(0)
        elif word in _WITH_VALUE and words:
            words.pop(0)
        elif not word.startswith("-"):
            name, equals, value = word.partition("=")
            if equals:
                variables[name] = value
            else:
                targets.append(word)
    return MakeCall(tuple(targets), folder, file, variables, ignore)


def load(files: Files, folder: str | None, file: str) -> Makefile | None:
    """The makefile that `make` would read in this folder; None where there is none in the tree."""
    for name in (file,) if file else NAMES:
        path = join(folder, name)
        if path is not None and files.exists(path):
            made = Makefile(path)
            _read(files, made, path, 0)
            return made
    return None


def tasks(made: Makefile, call: MakeCall) -> list[Task] | None:
    """The tasks of a call in the order in which they run, prerequisites first; None where a target is not there."""
    wanted = call.targets or ((made.default,) if made.default else ())
    variables = {"MAKE": "make", "CURDIR": ".", "SHELL": "/bin/sh", **made.variables, **call.variables}
    done: dict[str, Task] = {}
    if not wanted or any(target not in made.lines for target in wanted):
        return None
    for target in wanted:
        _collect(made, target, variables, call, done, depth=0)
    return list(done.values())


def _collect(
    made: Makefile, target: str, variables: Mapping[str, str], call: MakeCall, done: dict[str, Task], *, depth: int
) -> None:
    if target in done or target not in made.lines or depth > 30 or len(done) > 200:
        return
    path, line = made.lines[target]
    needs = [expand(need, variables) for need in made.needs.get(target, ())]
    flat = [name for need in needs for name in need.split()]
    done[target] = Task(target, path, line)  # marks it as begun: a cycle ends here
    for need in flat:
        _collect(made, need, variables, call, done, depth=depth + 1)
    automatic = {**variables, "@": target, "<": flat[0] if flat else "", "^": " ".join(flat), "*": target}
    pieces = []
    for script, at, _ in made.recipes.get(target, ()):
        stripped = script.lstrip()
        prefix = re.match(r"[@\-+\s]*", stripped)
        flags = prefix.group(0) if prefix else ""
        text = expand(stripped[len(flags) :], automatic)
        pieces.append(Piece(text, at, ignored="-" in flags or call.ignore_errors or ".IGNORE" in made.lines))
    task = done.pop(target)
    done[target] = Task(target, task.path, line, tuple(pieces), tuple(flat), call.folder)


def expand(text: str, variables: Mapping[str, str], depth: int = 0, known: dict[str, str] | None = None) -> str:
    """`text` with its plain variables replaced; functions and unknown names stay as written. `known`: variables that
    were worked out before; one that names itself stays as written."""
    told = {} if known is None else known

    def value(match: re.Match[str]) -> str:
        if match.group(0) == "$$":
            return "$" if depth == 0 else "$$"
        name = match.group(1) or match.group(2) or match.group(3)
        if name not in variables or depth >= _DEEPEST:
            return match.group(0)
        if name not in told:
            told[name] = match.group(0)
            told[name] = expand(variables[name], variables, depth + 1, told)
        return told[name]

    result = _VARIABLE.sub(value, text)
    return result if len(result) < 20_000 else text


def _read(files: Files, made: Makefile, path: str, depth: int) -> None:
    lines = (files.text(path) or "").splitlines()[:_MAX_LINES]
    current: list[str] = []
    skipping = False
    at = 0
    while at < len(lines):
        first, line = at, lines[at]
        while line.endswith("\\") and at + 1 < len(lines):
            at += 1
            line = f"{line}\n{lines[at]}"
        at += 1
        if skipping or line.lstrip().startswith("define "):
            skipping = not line.lstrip().startswith("endef")
            continue
        if line.startswith("\t") and current:
            for target in current:
                made.recipes.setdefault(target, []).append((line[1:], first + 1, path))
            continue
        flat = line.replace("\\\n", " ")
        if include := re.match(r"^\s*-?s?include\s+(.+)$", flat):
            _include(files, made, path, include.group(1), depth)
        elif (assign := _ASSIGN.match(flat.strip())) and not flat.startswith("\t"):
            _assign(made, assign)
        elif _DIRECTIVE.match(flat) or not flat.strip() or flat.lstrip().startswith("#"):
            continue
        elif rule := _RULE.match(flat):
            current = _rule(made, rule, path, first + 1)


def _assign(made: Makefile, match: re.Match[str]) -> None:
    name, operator, value = match.group(1), match.group(2) or "", re.sub(r"\s+#.*$", "", match.group(3)).strip()
    if name == ".DEFAULT_GOAL":
        made.default = value
    elif operator == "+":
        made.variables[name] = f"{made.variables.get(name, '')} {value}".strip()
    elif operator == "?":
        made.variables.setdefault(name, value)
    elif operator != "!":
        made.variables[name] = value


def _rule(made: Makefile, match: re.Match[str], path: str, line: int) -> list[str]:
    names = [expand(name, made.variables) for name in match.group(1).split()]
    needs = match.group(3).replace("|", " ").split()
    if "=" in match.group(3):  # a variable for one target only
        needs = []
    targets = [name for name in names if "%" not in name]
    for target in targets:
        made.lines.setdefault(target, (path, line))
        made.needs.setdefault(target, []).extend(needs)
        if not made.default and not target.startswith("."):
            made.default = target
        if match.group(4):
            made.recipes.setdefault(target, []).append((match.group(4).strip(), line, path))
    return targets


def _include(files: Files, made: Makefile, path: str, names: str, depth: int) -> None:
    for name in expand(names, made.variables).split():
        target = join(path.rpartition("/")[0], name) or join("", name)
        if target and files.exists(target) and target != path and depth < 5 and target not in made.included:
            made.included.add(target)  # to read it again brings nothing that counts here
            default = made.default
            _read(files, made, target, depth + 1)
            made.default = default or made.default
