"""Dependencies in setup.py and setup.cfg, read as text: setup.py is parsed, never run."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.dependencies.model import Dependency, Group, Manifest, group_of
from aiaudit.probes.dependencies.pyproject import from_strings
from aiaudit.syntax import syntax_of

_MAX_BYTES: Final = 1_000_000
_REQUIREMENTS_FILE: Final = lazy.regex(r"""["']([\w./-]*requirements?[\w./-]*\.(?:txt|in))["']""")
Placed = list[tuple[str, int]]


def read_setup_py(path: str, text: str) -> Manifest | None:
    """The manifest in a setup.py; None where it does not call `setup`. Lists that are computed make it `dynamic`."""
    try:
        tree = syntax_of(text[:_MAX_BYTES])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Manifest(path, "setuptools", "pypi", dynamic="setup.py could not be parsed")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _callee(node) == "setup"]
    if not calls:
        return None
    names = _module_values(tree)
    keywords = {word.arg: word.value for word in calls[-1].keywords if word.arg}
    found: list[Dependency] = []
    dynamic = "setup() takes its arguments from a variable" if any(w.arg is None for w in calls[-1].keywords) else ""
    for keyword, group in (("install_requires", "main"), ("tests_require", "dev"), ("setup_requires", "build")):
        if keyword not in keywords:
            continue
        values = _literal_list(keywords[keyword], names)
        if values is None:
            dynamic = dynamic or f"{keyword} is computed when setup.py runs"
        else:
            found.extend(from_strings(path, values, group))  # type: ignore[arg-type]
    found.extend(_extras(path, keywords.get("extras_require"), names))
    name = keywords.get("name")
    reads = tuple(dict.fromkeys(_REQUIREMENTS_FILE.findall(text))) if dynamic else ()
    return Manifest(
        path,
        "setuptools",
        "pypi",
        tuple(found),
        dynamic="" if reads else dynamic,
        name=name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else "",
        includes=reads,
    )


def read_setup_cfg(path: str, text: str) -> Manifest | None:
    """The manifest in a setup.cfg; None where it has no `[options]`."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text[:_MAX_BYTES])
    except (configparser.Error, ValueError):
        return None
    if not parser.has_section("options"):
        return None
    found = [
        *_cfg(path, text, parser.get("options", "install_requires", fallback=""), "main"),
        *_cfg(path, text, parser.get("options", "tests_require", fallback=""), "dev"),
    ]
    if parser.has_section("options.extras_require"):
        for label, value in parser.items("options.extras_require"):
            found.extend(_cfg(path, text, value, group_of(label, "optional")))
    name = parser.get("metadata", "name", fallback="")
    return Manifest(path, "setuptools", "pypi", tuple(found), name=name)


def _callee(node: ast.Call) -> str:
    function = node.func
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _module_values(tree: ast.Module) -> Mapping[str, ast.expr]:
    """Names that the module assigns exactly once, and what to."""
    values: dict[str, ast.expr | None] = {}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign):
                values[target.id] = None if target.id in values else node.value
    return {name: value for name, value in values.items() if value is not None}


def _literal_list(node: ast.expr | None, names: Mapping[str, ast.expr], depth: int = 0) -> Placed | None:
    """Strings of a literal list (names, `+` and multi-line strings are followed); None where it is computed."""
    if node is None or depth > 8:
        return None
    match node:
        case ast.Name(id=name) if name in names:
            return _literal_list(names[name], names, depth + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _literal_list(left, names, depth + 1), _literal_list(right, names, depth + 1)
            return None if first is None or second is None else first + second
        case ast.Constant(value=str() as value):
            return [(line, node.lineno + i) for i, line in enumerate(value.splitlines()) if line.strip()]
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            if any(not (isinstance(e, ast.Constant) and isinstance(e.value, str)) for e in elements):
                return None
            return [(str(e.value), e.lineno) for e in elements if isinstance(e, ast.Constant)]
        case _:
            return None


def _extras(path: str, node: Any, names: Mapping[str, ast.expr]) -> Iterator[Dependency]:
    if isinstance(node, ast.Name):
        node = names.get(node.id)
    if not isinstance(node, ast.Dict):
        return
    for key, value in zip(node.keys, node.values, strict=True):
        label = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        group: Group = group_of(label, "optional")
        yield from from_strings(path, _literal_list(value, names) or [], group)


def _cfg(path: str, text: str, value: str, group: Group) -> Iterator[Dependency]:
    lines = text.splitlines()
    for item in filter(None, (part.strip() for part in value.splitlines())):
        line = next((number for number, raw in enumerate(lines, 1) if raw.strip().endswith(item)), 1)
        yield from from_strings(path, [(item, line)], group)
