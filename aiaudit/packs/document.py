"""A pack as parsed YAML that knows where its parts stand, and pydantic's complaints in its author's words.

A pack is a file, or a folder: `pack.yaml` with its title and facts, and a file for each check, which is called as its
check is; facts of either may stand in files beside it. It is always one document, and each part of it knows its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aiaudit.model.check import Place
from aiaudit.packs.files import HEAD, files_of, is_part, owner_of
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
    """A YAML file of checks or facts, or a folder of them. `name` is what messages call it.

    Of a folder `data` and `lines` are those of its `head`, with the checks of the other files in `data`. These files
    are `checks`, in the order of the checks there. `parts` are the files that hold further facts; `data` has them too.
    """

    name: str
    data: Any
    lines: tuple[str, ...]
    head: str = ""  # what messages call the `pack.yaml` of a folder
    checks: tuple[Document, ...] = ()
    parts: tuple[Document, ...] = ()

    @classmethod
    def read(cls, path: Path, name: str | None = None) -> Document:
        """Read and parse a file, or the files of a folder.

        Raises:
            PackError: it cannot be read or is no YAML.
        """
        shown = name or str(path)
        if path.is_dir():
            return cls._of_folder(path, shown)
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

    @classmethod
    def _of_folder(cls, folder: Path, name: str) -> Document:
        problems: list[Problem] = []
        found: list[Document] = []
        parts: dict[str, list[Document]] = {}
        for file in _listed(folder, name):
            try:
                one = cls.read(file, f"{name}/{file.name}")
            except PackError as error:
                problems += error.problems
                continue
            if is_part(file):
                parts.setdefault(owner_of(file), []).append(one)
            else:
                found.append(one)
        if problems:
            raise PackError(problems)
        found = [one._with(parts.pop(_called(one), []), problems) for one in found]
        problems += [_ownerless(part) for alone in parts.values() for part in alone]
        head, *checks = found
        if not isinstance(head.data, Map):
            return head  # told by who loads it
        if "checks" in head.data:
            say = "a pack that is a folder has a file for each check, called as the check is, and no list of checks"
            problems.append(Problem(head.place("checks"), say))
        problems += filter(None, map(_misnamed, checks))
        if problems:
            raise PackError(problems)
        data = _copied(head.data)
        data["checks"] = Seq(head.data.mark)
        data["checks"] += [check.data for check in checks]
        return cls(name, data, head.lines, head.name, tuple(checks), head.parts)

    def _with(self, parts: Sequence[Document], problems: list[Problem]) -> Document:
        """The file together with the facts that stand in files beside it; what is wrong with these is added to
        `problems`."""
        if not parts or not isinstance(self.data, Map):
            return self
        data = _copied(self.data)
        own = data.get("facts", Map(data.mark))
        if not isinstance(own, Map):
            return self  # told by who loads it
        facts = _copied(own)
        for part in parts:
            if not _is_of_facts(part.data):
                say = f"a file beside {_called(self)}.yaml holds facts of it, and nothing but the key 'facts'"
                problems.append(Problem(part.place(), say))
                continue
            for fact, body in part.data["facts"].items():
                if fact in facts:
                    say = f"the fact '{fact}' stands in another file of {_called(self)} already"
                    problems.append(Problem(part.place("facts", fact), say))
                facts[fact] = body
        data["facts"] = facts
        return Document(self.name, data, self.lines, parts=tuple(parts))

    @property
    def texts(self) -> Iterator[tuple[str, ...]]:
        """The lines of each file."""
        yield self.lines
        for part in self.parts:
            yield part.lines
        for check in self.checks:
            yield from check.texts

    def _inside(self, path: Sequence[str | int]) -> tuple[Document, Path_]:
        """The file in which a part stands, and where it stands there."""
        match path:
            case ("checks", int(index), *rest) if 0 <= index < len(self.checks):
                return self.checks[index]._inside(rest)
            case ("facts", str(fact), *_):
                return next((part for part in self.parts if fact in part.data["facts"]), self), tuple(path)
        return self, tuple(path)

    def place(self, *path: str | int, value: bool = False) -> Place:
        """Where the part at `path` stands: its key, or with `value` what follows the key. The nearest part above it
        where there is no such part."""
        document, inner = self._inside(path)
        if document is not self:
            return document.place(*inner, value=value)
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
        return Place(self.head or self.name, *mark)

    def source_place(self, path: Path_, source: str, error: RuleError) -> Place:
        """Where a mistake in the expression at `path` stands. In a text that YAML folds or escapes: where it begins."""
        start = self.place(*path, value=True)
        lines = self._inside(path)[0].lines
        line = lines[start.line - 1] if start.line <= len(lines) else ""
        column = start.column - 1
        if line[column : column + 1] in ("'", '"'):
            column += 1
        if error.line == 1 and line.startswith(source[: max(error.column, 1)], column):
            return Place(start.file, start.line, column + error.column)
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

    def _is_tag(self, path: Path_) -> bool:
        """Whether YAML took what stands at `path` for a tag (`!uses`), of which nothing is left."""
        start = self.place(*path, value=True)
        lines = self._inside(path)[0].lines
        return start.line <= len(lines) and lines[start.line - 1].startswith("!", start.column - 1)

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
        if kind in ("string_too_short", "too_short") and got == "":
            tag = "; a text that begins with `!` needs quotes" if self._is_tag(path) else ""
            return f"{owner}must not be empty{tag}"
        if kind.endswith(("_type", "_parsing")) or kind in ("model_attributes_type", "is_instance_of"):
            wanted = {"string": "a text", "bool": "true or false", "int": "a number", "float": "a number"}
            word = kind.split("_")[0]
            want = wanted.get(word, "a list" if word == "list" else "a mapping")
            return f"{owner}must be {want}, not {_kind(got)}"
        if kind == "too_short":
            return f"{owner}must not be empty"
        message = detail["msg"].removeprefix("Value error, ")
        return f"{owner}{message[:1].lower()}{message[1:]}" if owner else message[:1].lower() + message[1:]


def _listed(folder: Path, name: str) -> list[Path]:
    """The files of a folder. Raises `PackError`."""
    try:
        files = files_of(folder)
    except OSError as error:
        raise PackError([Problem(None, f"{name}: cannot be read: {(error.strerror or 'error').lower()}")]) from None
    if not files[0].is_file():
        raise PackError([Problem(None, f"{name}: is no pack: a folder needs a {HEAD} with schema, pack and title")])
    return files


def _copied(data: Map) -> Map:
    """A mapping of the same keys, which still knows where they stand."""
    copy = Map(data.mark)
    copy |= data
    copy.keys_at, copy.values_at = data.keys_at, data.values_at
    return copy


def _is_of_facts(data: Any) -> bool:
    return isinstance(data, Map) and list(data) == ["facts"] and isinstance(data["facts"], Map)


def _called(document: Document) -> str:
    """The name of a file without its folder and its ending."""
    return document.name.rpartition("/")[2].rpartition(".")[0]


def _ownerless(part: Document) -> Problem:
    owner = _called(part).partition(".")[0]
    return Problem(part.place(), f"it holds facts of {owner}, and no {owner}.yaml lies beside it")


def _misnamed(check: Document) -> Problem | None:
    """What is wrong with the name of a check's file."""
    if not isinstance(check.data, Mapping):
        return Problem(check.place(), "the file of a check must be a mapping with id, title, severity, kind and rule")
    called, own = _called(check), check.data.get("id")
    if not isinstance(own, str) or own == called:
        return None
    return Problem(check.place("id", value=True), f"the file of the check {own} must be called {own}.yaml")


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
