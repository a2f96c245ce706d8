"""A pack file as parsed YAML that knows where its parts stand, and pydantic's complaints in its author's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aiaudit.model.check import Place
from aiaudit.packs.problems import PackError, Problem, did_you_mean
from aiaudit.project.parse import Malformed, Map, Seq, parse_yaml

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from aiaudit.rules import RuleError

Path_ = tuple[str | int, ...]
Choices = Callable[[Path_], Iterable[str]]
"""The keys that may stand in the mapping at a path; for "did you mean"."""

_KINDS = {str: "a text", bool: "true or false", int: "a number", float: "a number", type(None): "nothing"}


class Document(Struct, frozen=True):
    """One YAML file of checks or facts. `name` is what messages call it."""

    name: str
    data: Any
    lines: tuple[str, ...]

    @classmethod
    def read(cls, path: Path, name: str | None = None) -> Document:
        """Read and parse a file.

        Raises:
            PackError: it cannot be read or is no YAML.
        """
        shown = name or str(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            reason = (error.strerror or "input/output error").lower()
            raise PackError([Problem(None, f"{shown}: cannot be read: {reason}")]) from None
        return cls.parse(content, shown)

    @classmethod
    def parse(cls, content: bytes, name: str) -> Document:
        """Parse the bytes of a file.

        Raises:
            PackError: they are no YAML.
        """
        try:
            data = parse_yaml(content)
        except Malformed as error:
            place = Place(name, error.line or 1, error.column or 1)
            raise PackError([Problem(place, error.reason)]) from None
        return cls(name, data, tuple(content.decode("utf-8", "replace").splitlines()))

    def place(self, *path: str | int, value: bool = False) -> Place:
        """Where the part at `path` stands: its key, or with `value` what follows the key. The nearest part above it
        where there is no such part."""
        node: Any = self.data
        mark = getattr(node, "mark", (1, 1))
        for index, part in enumerate(path):
            last = index == len(path) - 1
            if isinstance(node, Map) and isinstance(part, str) and part in node:
                mark = node.value_at(part) if value and last else node.at(part)
            elif isinstance(node, Seq) and isinstance(part, int) and 0 <= part < len(node):
                mark = node.at(part)
            else:
                break
            node = node[part]
        return Place(self.name, *mark)

    def source_place(self, path: Path_, source: str, error: RuleError) -> Place:
        """Where a mistake in the expression at `path` stands. In a text that YAML folds or escapes: where it begins."""
        start = self.place(*path, value=True)
        line = self.lines[start.line - 1] if start.line <= len(self.lines) else ""
        column = start.column - 1
        if line[column : column + 1] in ("'", '"'):
            column += 1
        if error.line == 1 and line.startswith(source[: max(error.column, 1)], column):
            return Place(self.name, start.line, column + error.column)
        return start

    def complaints(self, error: ValidationError, choices: Choices, at: Path_ = ()) -> list[Problem]:
        """pydantic's errors as problems, one a place. `at`: where the validated part stands in the document."""
        details: dict[Path_, ErrorDetails] = {}
        for detail in error.errors(include_url=False):
            path = self._walked((*at, *detail["loc"]))
            details.setdefault((*path, detail["loc"][-1]) if detail["type"] == "missing" else path, detail)
        extra = [path for path, detail in details.items() if detail["type"] == "extra_forbidden"]
        found = []
        for path, detail in details.items():
            deeper = any(len(other) > len(path) and other[: len(path)] == path for other in details)
            misspelt = detail["type"] == "missing" and any(
                other[:-1] == path[:-1] and did_you_mean(str(other[-1]), [str(path[-1])]) for other in extra
            )
            if not deeper and not misspelt:  # the branches of a union all complain; the deepest one knows best
                found.append(Problem(self._place_for(path, detail), self._message(path, detail, choices)))
        return found

    def _walked(self, loc: Sequence[str | int]) -> Path_:
        """The parts of pydantic's location that are really there (it also names models and branches of unions)."""
        node, path = self.data, []
        for part in loc:
            inside = isinstance(node, Mapping) and part in node
            if inside or (isinstance(node, list) and isinstance(part, int) and part < len(node)):
                node = node[part]
                path.append(part)
        return tuple(path)

    def _place_for(self, path: Path_, detail: ErrorDetails) -> Place:
        about_key = detail["type"] in ("extra_forbidden", "missing") or detail["loc"][-1:] == ("[key]",)
        return self.place(*(path[:-1] if detail["type"] == "missing" else path), value=not about_key)

    def _message(self, path: Path_, detail: ErrorDetails, choices: Choices) -> str:
        kind, got = detail["type"], detail["input"]
        context = detail.get("ctx", {})
        name = str(path[-1]) if path else "the file"
        owner = f"'{name}' " if isinstance(path[-1] if path else "", str) else ""
        if kind == "extra_forbidden":
            known = set(choices(path[:-1]))
            deeper = "; it belongs inside another key of this query (`aiaudit checks probes NAME` shows where)"
            return f"unknown key '{name}'{deeper if name in known else did_you_mean(name, known)}"
        if kind == "missing":
            return f"the key '{name}' is missing"
        if kind in ("literal_error", "enum"):
            allowed = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
            said = "unknown key" if detail["loc"][-1:] == ("[key]",) else f"{owner}may not be"
            return f"{said} {_shown(got)}: use {', '.join(allowed)}{did_you_mean(str(got), allowed)}"
        if kind == "string_pattern_mismatch":
            return f"{_shown(got)} {_pattern_words(context['pattern'])}"
        if kind == "string_too_short":
            return f"{owner}must not be empty"
        if kind.endswith(("_type", "_parsing")) or kind in ("model_attributes_type", "is_instance_of"):
            wanted = {"string": "a text", "bool": "true or false", "int": "a number", "float": "a number"}
            word = kind.split("_")[0]
            want = wanted.get(word, "a list" if word == "list" else "a mapping")
            return f"{owner}must be {want}, not {_kind(got)}"
        message = detail["msg"].removeprefix("Value error, ")
        return f"{owner}{message[:1].lower()}{message[1:]}" if owner else message[:1].lower() + message[1:]


def _pattern_words(pattern: str) -> str:
    from aiaudit.packs.schema import CHECK_ID, DOTTED_NAME, NAME

    return {
        CHECK_ID: "is no check id: capitals, a hyphen and three digits, such as SEC-002",
        NAME: "is no name: small letters, digits and _, beginning with a letter",
        DOTTED_NAME: "is no name: small letters, digits and _, with dots between",
    }.get(pattern, f"does not match {pattern}")


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else _KINDS.get(type(value), "this")


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str | int | float) and len(str(value)) <= 60 else _kind(value)
