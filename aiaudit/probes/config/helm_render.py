"""Templates of the project's own Helm charts, filled with the values that the chart itself gives.

Not Helm: what most charts of applications use is understood (values, `with`, `if`, `range`, `toYaml`, defaults and
quotes); where a template asks for more, nothing of it is rendered and what it leaves open stays unknown. Charts that
others publish are left alone, and so are subcharts, whose values come from elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.config.helm_charts import chart_of, production
from aiaudit.probes.config.helm_nodes import Node, UnrenderedError, nodes_of
from aiaudit.probes.config.shapes import as_map
from aiaudit.probes.reading import Files
from aiaudit.project.parse import Malformed, parse_yaml_all

_TOKEN: Final = lazy.regex(
    r"\s*(\"(?:[^\"\\]|\\.)*\"|`[^`]*`|-?\d+(?:\.\d+)?\b|:=|[()|,]|\$?\.?[A-Za-z_][\w]*(?:\.[\w-]+)*|\$\.?|\.)"
)
_SAFE_INCLUDES: Final = lazy.regex(r"(?i)(?:labels|annotations|selector\w*)\"?$")
_NAME_INCLUDES: Final = lazy.regex(r"(?i)(?:name|chart|fullname|version|namespace)\"?$")
_MOST: Final = 1_000_000  # characters that are made: what is printed, and each text on the way
_MOST_STEPS: Final = 50_000  # nodes that are walked and parts of expressions, those in loops each time
_DEEPEST: Final = 40


class Rendered(NamedTuple):
    """The documents of a template, and the line of the template for each line that they were read from. `empty`: the
    names of values that the chart leaves empty for those who install it (`resources: {}`)."""

    documents: list[Any]
    lines: list[int]
    empty: frozenset[str]

    def line(self, number: int) -> int:
        """The line of the template."""
        return self.lines[min(max(number, 1), len(self.lines)) - 1] if self.lines else number


def rendered(files: Files, path: str, text: str) -> Rendered | None:
    """A template of a chart of the project, filled; None where it is another's or cannot be."""
    root = chart_of(files, path) if len(text) <= _MOST else None
    if root is None:
        return None
    values = _merged(as_map(files.yaml(f"{root}values.yaml")), production(files, root))
    return fill(text, values, _helpers(files, root))


def _helpers(files: Files, root: str) -> dict[str, list[Node]]:
    """The blocks that the chart defines for its templates, by their names."""
    named: dict[str, list[Node]] = {}
    path = f"{root}templates/_helpers.tpl"
    text = (files.text(path) if files.exists(path) else "") or ""
    try:
        nodes_of(text if len(text) <= _MOST else "", named)
    except UnrenderedError:
        return {}
    return named


def fill(text: str, values: Mapping[str, Any], helpers: Mapping[str, list[Node]] | None = None) -> Rendered | None:
    """A template, filled with these values; None where it asks for more than is understood."""
    scope = {
        "Values": values,
        "Release": {
            "Name": "release",
            "Namespace": "default",
            "Service": "Helm",
            "IsInstall": True,
            "IsUpgrade": False,
        },
        "Chart": {"Name": "chart", "Version": "1.0.0", "AppVersion": "1.0.0"},
    }
    try:
        renderer = _Renderer(scope, helpers or {})
        pieces = list(renderer.run(nodes_of(text), scope, 0))
    except (UnrenderedError, RecursionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    made = "".join(piece for piece, _, _ in pieces)
    try:
        documents = parse_yaml_all(made.encode())
    except (Malformed, UnicodeError):  # half a pair of letters, as `"\\ud800"` in a template
        return None
    return Rendered(documents, _lines(pieces), frozenset(renderer.empty))


def _merged(base: Mapping[str, Any], over: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    made = dict(base)
    for key, value in over.items():
        old = made.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping) and depth < _DEEPEST
        made[key] = _merged(as_map(old), as_map(value), depth + 1) if both else value
    return made


class _Renderer:
    """Walks the nodes of a template. What is printed comes with the line of the template and whether it is text."""

    def __init__(self, root: Mapping[str, Any], helpers: Mapping[str, list[Node]]) -> None:
        self.root = root
        self.helpers = helpers
        self.names: dict[str, Any] = {}
        self.size = 0
        self.steps = 0
        self.empty: set[str] = set()

    def run(self, nodes: list[Node], dot: Any, depth: int) -> Iterator[tuple[str, int, bool]]:
        if depth > _DEEPEST:
            raise UnrenderedError
        for node in nodes:
            self._step()
            if node.kind == "text":
                yield self._kept(node.text), node.line, True
            elif node.kind == "action":
                printed = self._action(node.text, dot)
                yield self._kept(printed), node.line, False
            else:
                yield from self._block(node, dot, depth + 1)

    def _step(self, count: int = 1) -> None:
        self.steps += count
        if self.steps > _MOST_STEPS:
            raise UnrenderedError

    def _kept(self, text: str) -> str:
        self.size += len(text)
        if self.size > _MOST:
            raise UnrenderedError
        return text

    def _block(self, node: Node, dot: Any, depth: int) -> Iterator[tuple[str, int, bool]]:
        head, sign, rest = node.text.partition(":=")
        value = self.value(rest if sign else node.text, dot)
        names = [name.strip() for name in head.split(",")] if sign else []
        if node.kind == "if":
            yield from self.run(node.inner if value else node.other, dot, depth)
        elif node.kind == "with":
            if names:
                self.names[names[0]] = value
            yield from self.run(node.inner if value else node.other, value if value else dot, depth)
        else:
            items = list(value.items()) if isinstance(value, Mapping) else list(enumerate(value or ()))
            self._step(len(items))
            for key, one in items:
                self._step()
                if names:
                    self.names[names[-1]] = one
                    if len(names) > 1:
                        self.names[names[0]] = key
                yield from self.run(node.inner, one, depth)
            if not items:
                yield from self.run(node.other, dot, depth)

    def _action(self, text: str, dot: Any) -> str:
        head, sign, rest = text.partition(":=")
        if sign and head.strip().startswith("$"):
            self.names[head.strip()] = self.value(rest, dot)
            return ""
        return _printed(self.value(text, dot))

    def value(self, text: str, dot: Any) -> Any:
        """What an expression stands for."""
        tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise UnrenderedError
            tokens.append(match[1])
            at = match.end()
        self._step(len(tokens))
        found, rest = self._pipeline(tokens, dot, 0)
        if rest:
            raise UnrenderedError
        return found

    def _pipeline(self, tokens: list[str], dot: Any, depth: int) -> tuple[Any, list[str]]:
        if depth > _DEEPEST:
            raise UnrenderedError
        found, rest = self._call(tokens, dot, (), depth)
        while rest and rest[0] == "|":
            found, rest = self._call(rest[1:], dot, (found,), depth)
        return found, rest

    def _call(self, tokens: list[str], dot: Any, piped: tuple[Any, ...], depth: int) -> tuple[Any, list[str]]:
        """A function with its arguments, or a value alone."""
        if not tokens:
            raise UnrenderedError
        head = tokens[0]
        if head[0].isalpha() and head not in ("true", "false", "nil"):
            arguments: list[Any] = []
            rest = tokens[1:]
            while rest and rest[0] not in ("|", ")"):
                one, rest = self._term(rest, dot, depth)
                arguments.append(one)
            made = (
                self._included([*arguments, *piped], depth) if head == "include" else _apply(head, [*arguments, *piped])
            )
            return self._kept(made) if isinstance(made, str) else made, rest
        return self._term(tokens, dot, depth)

    def _included(self, arguments: list[Any], depth: int) -> Any:
        """What a block of the chart gives that is called by its name. Names and labels are told by the name alone."""
        name = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        if (
            len(arguments) != 2
            or name not in self.helpers
            or _SAFE_INCLUDES.search(name)
            or _NAME_INCLUDES.search(name)
        ):
            return _apply("include", arguments)
        outer, self.names = self.names, {}
        pieces = [piece for piece, _, _ in self.run(self.helpers[name], arguments[1], depth + 5)]
        self.names = outer
        return self._kept("".join(pieces))

    def _term(self, tokens: list[str], dot: Any, depth: int) -> tuple[Any, list[str]]:
        head, rest = tokens[0], tokens[1:]
        if head == "(":
            found, rest = self._pipeline(rest, dot, depth + 1)
            if not rest or rest[0] != ")":
                raise UnrenderedError
            return found, rest[1:]
        if head[0] == '"':
            return json.loads(head), rest
        if head[0] == "`":
            return head[1:-1], rest
        if re.fullmatch(r"-?\d+(?:\.\d+)?", head):
            return float(head) if "." in head else int(head), rest
        if head in ("true", "false", "nil"):
            return {"true": True, "false": False}.get(head), rest
        if head[0] in "$.":
            return self._path(head, dot), rest
        raise UnrenderedError

    def _path(self, text: str, dot: Any) -> Any:
        first, _, tail = text.partition(".")
        if first == "":
            held = self.root if tail.startswith(("Values", "Release", "Chart", "Capabilities", "Files")) else dot
        elif first == "$":
            held = self.root
        elif first in self.names:
            held = self.names[first]
        else:
            raise UnrenderedError
        for name in tail.split(".") if tail else ():
            if name in ("Capabilities", "Files"):
                raise UnrenderedError
            held = held.get(name) if isinstance(held, Mapping) else None
        if not held and not isinstance(held, bool | int | str) and tail:
            self.empty.add(tail.rpartition(".")[2])
        return held


def _apply(name: str, arguments: list[Any]) -> Any:
    """What a function of Helm gives; those that only shape a text are left out where nothing rests on it."""
    last = arguments[-1] if arguments else None
    match name:
        case "toYaml" | "toJson":
            return _block_of(last)
        case "nindent" | "indent" if len(arguments) == 2 and isinstance(arguments[0], int):
            pad = " " * min(arguments[0], 100)
            made = "\n".join(pad + line if line else line for line in _printed(last).split("\n"))
            return f"\n{made}" if name == "nindent" else made
        case "quote" | "squote":
            return json.dumps("" if last is None else _printed(last))
        case "default" if len(arguments) == 2:
            return last if last else arguments[0]
        case "required" if len(arguments) == 2:
            return last
        case "not":
            return not last
        case "and":
            return next((one for one in arguments if not one), last)
        case "or":
            return next((one for one in arguments if one), last)
        case "eq" | "ne" if len(arguments) > 1 and not any(isinstance(one, Mapping | list) for one in arguments):
            return (arguments[0] in arguments[1:]) is (name == "eq")
        case "gt" | "ge" | "lt" | "le" if len(arguments) == 2:
            one, other = (float(value or 0) for value in arguments)
            return {"gt": one > other, "ge": one >= other, "lt": one < other, "le": one <= other}[name]
        case "empty":
            return not last
        case "coalesce":
            return next((one for one in arguments if one), None)
        case "ternary" if len(arguments) == 3:
            return arguments[0] if last else arguments[1]
        case "hasKey" if len(arguments) == 2:
            return isinstance(arguments[0], Mapping) and arguments[1] in arguments[0]
        case "len":
            return len(last or ())
        case "int" | "int64":
            return int(float(last or 0))
        case "toString" | "tpl":
            text = _printed(arguments[0] if name == "tpl" else last)
            if "{{" in text:
                raise UnrenderedError
            return text
        case "trunc" | "trimSuffix" | "trimPrefix" | "lower" | "upper" | "trim" | "replace" | "title":
            return last
        case "b64enc" | "sha256sum":
            return "hidden"
        case "printf":
            rest = iter(arguments[1:])
            return (
                re.sub(r"%[svdq]", lambda _: _printed(next(rest, "x")) or "x", str(arguments[0])) if arguments else ""
            )
        case "dict" if len(arguments) % 2 == 0 and all(isinstance(one, str) for one in arguments[::2]):
            return dict(zip(arguments[::2], arguments[1::2], strict=True))
        case "include" if arguments and isinstance(arguments[0], str):
            if _SAFE_INCLUDES.search(arguments[0]):
                return ""
            if _NAME_INCLUDES.search(arguments[0]):
                return "chart"
            raise UnrenderedError
        case _:
            raise UnrenderedError


def _block_of(value: Any) -> str:
    """A value as YAML: one key or element a line."""
    if isinstance(value, Mapping):
        return "\n".join(f"{json.dumps(str(key))}: {_flow(one)}" for key, one in value.items()) or "{}"
    if isinstance(value, list):
        return "\n".join(f"- {_flow(one)}" for one in value) or "[]"
    return _flow(value)


def _flow(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _printed(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
        case _:
            return _flow(value)


def _lines(pieces: list[tuple[str, int, bool]]) -> list[int]:
    """For each line that was made, the line of the template on which it begins or, if it begins empty, ends."""
    lines = [0]
    for text, line, is_text in pieces:
        parts = text.split("\n")
        for index, part in enumerate(parts):
            if index:
                lines.append(0)
            if not lines[-1] and part.strip():
                lines[-1] = line + index if is_text else line
    last = 1
    for index, line in enumerate(lines):
        last = lines[index] = line or last
    return lines
