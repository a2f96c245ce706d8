"""Guarded parsers: bytes of the audited tree in, plain data or `Malformed` out, whatever the bytes are.

YAML is built from libyaml's events, so that depth, aliases and size are bounded before anything is built. Its mappings
and lists are `Map` and `Seq`: a `dict` and a `list` that also know on which line their parts stand. Values are
plain JSON:

- keys are strings as written (GitHub's `on:` stays "on", where YAML 1.1 says True); a duplicate key is an error;
- `yes`, `no`, `on`, `off` as values are booleans; dates, sexagesimals, `.nan` and `.inf` stay text; `1e-3` is a number;
- a tag of an application (`!Ref`, `!reference`) is dropped and its value kept; merge keys (`<<`) are merged.
"""

from __future__ import annotations

import configparser
import datetime as dt
import json
import math
import re
from typing import Any, Final

from aiaudit.project.reader import decode

YAML_LIMIT: Final = 1024 * 1024  # bytes
TOML_LIMIT: Final = 4 * 1024 * 1024
INI_LIMIT: Final = 1024 * 1024
MAX_DEPTH: Final = 64  # nested mappings and lists in YAML
MAX_JSON_DEPTH: Final = 200
MAX_NODES: Final = 100_000  # YAML nodes, an alias counting as much as what it stands for
MAX_DOCUMENTS: Final = 1_000
_MAX_NUMBER: Final = 40  # longer digit strings stay text


class Malformed(Exception):  # noqa: N818
    """Bytes that are not of the format. `line` and `column` count from 1 where the parser knows them."""

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return self.reason if self.line is None else f"{self.reason} (line {self.line}, column {self.column})"


Mark = tuple[int, int]  # line and column, from 1


class Map(dict[str, Any]):
    """A YAML mapping. `at(key)`: where the key stands; `value_at(key)`: where its value begins; `mark`: its start."""

    __slots__ = ("keys_at", "mark", "values_at")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}

    def at(self, key: str) -> Mark:
        return self.keys_at.get(key, self.mark)

    def value_at(self, key: str) -> Mark:
        return self.values_at.get(key, self.mark)


class Seq(list[Any]):
    """A YAML list. `at(index)` is where that item begins, `mark` its own start."""

    __slots__ = ("items_at", "mark")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.items_at: list[Mark] = []

    def at(self, index: int) -> Mark:
        return self.items_at[index] if -len(self.items_at) <= index < len(self.items_at) else self.mark


def line_of(node: object, key: str | int | None = None) -> int | None:
    """The line of a `Map`, a `Seq`, or of one of its parts; None for anything else (JSON, TOML, a scalar)."""
    if isinstance(node, Map):
        return node.at(key)[0] if isinstance(key, str) else node.mark[0]
    if isinstance(node, Seq):
        return node.at(key)[0] if isinstance(key, int) else node.mark[0]
    return None


def parse_yaml(data: bytes, *, limit: int = YAML_LIMIT) -> Any:
    """The only (or first) document of a YAML file; None for an empty one. Raises `Malformed`."""
    documents = parse_yaml_all(data, limit=limit)
    return documents[0] if documents else None


def parse_yaml_all(data: bytes, *, limit: int = YAML_LIMIT) -> list[Any]:
    """All documents of a YAML file. Raises `Malformed`."""
    if len(data) > limit:
        raise Malformed(f"larger than {_size(limit)}")
    import yaml

    loader = getattr(yaml, "CLoader", yaml.Loader)  # used for its events alone: it constructs nothing
    builder = _Builder()
    try:
        for event in yaml.parse(decode(data), Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "not YAML"
        raise Malformed(reason, *((mark.line + 1, mark.column + 1) if mark else ())) from None
    except yaml.YAMLError as error:
        raise Malformed(str(error).splitlines()[0] if str(error) else "not YAML") from None
    return builder.documents


class _Builder:
    """Builds values from YAML events without recursion. One `_Frame`-like tuple per open mapping or list."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self.nodes = 0
        self._open: list[Map | Seq] = []
        self._keys: list[tuple[str, Mark] | None] = []  # the key that waits for its value, one per open container
        self._merges: list[list[Any]] = []  # values of `<<`, one list per open container
        self._started: list[tuple[str | None, int]] = []  # anchor and node count at the start, one per open container
        self._anchors: dict[str, tuple[Any, int]] = {}  # name -> value and how many nodes it stands for
        self._pending: set[str] = set()  # anchors of containers that are still open

    def take(self, event: Any) -> None:
        match type(event).__name__:
            case "ScalarEvent":
                self._count(1, event)
                value = event.value if self._wants_key() else _scalar(event)
                if event.anchor:
                    self._anchors[event.anchor] = (value, 1)
                self._put(value, event)
            case "MappingStartEvent":
                self._begin(Map(_mark(event)), event)
            case "SequenceStartEvent":
                self._begin(Seq(_mark(event)), event)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._end(event)
            case "AliasEvent":
                self._alias(event)
            case "DocumentStartEvent":
                self._anchors.clear()
                if len(self.documents) >= MAX_DOCUMENTS:
                    raise Malformed(f"more than {MAX_DOCUMENTS} documents", *_mark(event))

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise Malformed(f"more than {MAX_NODES} values (aliases expanded)", *_mark(event))

    def _wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1], Map) and self._keys[-1] is None

    def _begin(self, container: Map | Seq, event: Any) -> None:
        self._count(1, event)
        if len(self._open) >= MAX_DEPTH:
            raise Malformed(f"nested deeper than {MAX_DEPTH}", *_mark(event))
        self._open.append(container)
        self._keys.append(None)
        self._merges.append([])
        self._started.append((event.anchor, self.nodes - 1))
        if event.anchor:
            self._pending.add(event.anchor)

    def _end(self, event: Any) -> None:
        container = self._open.pop()
        self._keys.pop()
        merges = self._merges.pop()
        if isinstance(container, Map):
            for merged in merges:
                _merge(container, merged)
        anchor, before = self._started.pop()
        if anchor:
            self._pending.discard(anchor)
            self._anchors[anchor] = (container, self.nodes - before)
        self._put(container, event)

    def _alias(self, event: Any) -> None:
        if event.anchor in self._pending:
            raise Malformed("an alias inside what it stands for", *_mark(event))
        if event.anchor not in self._anchors:
            raise Malformed("an alias of nothing", *_mark(event))
        value, nodes = self._anchors[event.anchor]
        self._count(nodes, event)
        self._put(value, event)

    def _put(self, value: Any, event: Any) -> None:
        """Hand a finished value to the innermost open container."""
        if not self._open:
            self.documents.append(value)
            return
        container = self._open[-1]
        mark = value.mark if isinstance(value, (Map, Seq)) and not _is_alias(event) else _mark(event)
        if isinstance(container, Seq):
            container.append(value)
            container.items_at.append(mark)
            return
        waiting = self._keys[-1]
        if waiting is None:
            self._keys[-1] = (_key(value), mark)
            return
        self._keys[-1] = None
        key, key_mark = waiting
        if key == "<<":
            self._merges[-1].append(value)
            return
        if key in container:
            raise Malformed(f"duplicate key {key[:60]!r}", *key_mark)
        container[key] = value
        container.keys_at[key] = key_mark
        container.values_at[key] = mark


def _is_alias(event: Any) -> bool:
    return type(event).__name__ == "AliasEvent"


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _key(value: Any) -> str:
    """A key as text; a mapping or list as a key (legal, never useful) becomes its JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _merge(into: Map, merged: Any) -> None:
    """Add the keys of a merged mapping (or list of mappings) that are not there yet."""
    for source in merged if isinstance(merged, list) else [merged]:
        if isinstance(source, Map):
            for key, value in source.items():
                if key not in into:
                    into[key] = value
                    into.keys_at[key] = source.at(key)
                    into.values_at[key] = source.value_at(key)


_BOOLS: Final = {
    word: truth
    for words, truth in (("true yes on", True), ("false no off", False))
    for lower in words.split()
    for word in (lower, lower.capitalize(), lower.upper())
}
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_BASED: Final = re.compile(r"([-+]?)0(?:x([0-9a-fA-F_]+)|b([01_]+)|o?([0-7_]+))")
_FLOAT: Final = re.compile(r"[-+]?(?:(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]{1,4})?")


def _scalar(event: Any) -> Any:
    """The value of a scalar by YAML's rules as the module's docstring narrows them."""
    text: str = event.value
    tag: str | None = event.tag
    if tag == "tag:yaml.org,2002:str" or (event.style not in (None, "") and tag is None) or (tag == "!" and not text):
        return text
    if tag is not None and tag.startswith("!"):
        return text
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    return _number(text) if text[0] in "0123456789+-." and len(text) <= _MAX_NUMBER else text


def _number(text: str) -> int | float | str:
    if _INT.fullmatch(text):
        return int(text.replace("_", ""))
    based = _BASED.fullmatch(text)
    if based:
        sign, hexadecimal, binary, octal = based.groups()
        digits, base = (hexadecimal, 16) if hexadecimal else (binary, 2) if binary else (octal, 8)
        digits = digits.replace("_", "")
        return int(sign + digits, base) if digits else text
    if _FLOAT.fullmatch(text):
        value = float(text.replace("_", ""))
        return value if math.isfinite(value) else text
    return text


def parse_json(data: bytes) -> Any:
    """A JSON document; comments and trailing commas are let pass. NaN and infinities are text. Raises `Malformed`."""
    text = decode(data)
    try:
        try:
            value = json.loads(text, parse_constant=str)
        except json.JSONDecodeError as error:
            relaxed = _COMMENT_OR_COMMA.sub(_blank, text)
            if relaxed == text:
                raise
            try:
                value = json.loads(relaxed, parse_constant=str)
            except json.JSONDecodeError:
                raise error from None
    except json.JSONDecodeError as error:
        raise Malformed(error.msg.lower(), error.lineno, error.colno) from None
    except RecursionError:
        raise Malformed(f"nested deeper than {MAX_JSON_DEPTH}") from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise Malformed(str(error).split(":")[0].lower()) from None
    _check_depth(value, MAX_JSON_DEPTH)
    return _finite(_whole(value) if _SURROGATE.search(text) else value)


_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def _whole(value: Any) -> Any:
    """`value` with half surrogate pairs, which no encoding can hold, replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


# A string is matched first and kept, so that what looks like a comment inside it stays. Possessive repeats, and ends
# that may be missing, keep it linear on any input.
_COMMENT_OR_COMMA: Final = re.compile(
    r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|,(?=\s*+(?://[^\n]*+\s*+)*+[\]}])'
)


def _blank(found: re.Match[str]) -> str:
    text = found.group()
    return text if text.startswith('"') else re.sub(r"[^\n]", " ", text)


def parse_toml(data: bytes, *, limit: int = TOML_LIMIT) -> dict[str, Any]:
    """A TOML document; dates and times are ISO text. Raises `Malformed`."""
    if len(data) > limit:
        raise Malformed(f"larger than {_size(limit)}")
    import tomllib

    try:
        value = tomllib.loads(decode(data).replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        reason = str(error).split(" (at ")[0]
        raise Malformed(reason[:1].lower() + reason[1:], *(map(int, found.groups()) if found else ())) from None
    except (RecursionError, ValueError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error).split(":")[0].lower()
        raise Malformed(reason) from None
    _check_depth(value, MAX_JSON_DEPTH)
    plain: dict[str, Any] = _finite(value)
    return plain


def parse_ini(data: bytes, *, limit: int = INI_LIMIT) -> dict[str, dict[str, str]]:
    """An INI file as section -> key -> text; nothing is interpolated. Raises `Malformed`."""
    if len(data) > limit:
        raise Malformed(f"larger than {_size(limit)}")
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, default_section="DEFAULT")
    try:
        parser.read_string(decode(data))
    except configparser.MissingSectionHeaderError as error:
        raise Malformed("no section header", error.lineno, 1) from None
    except configparser.ParsingError as error:
        line = error.errors[0][0] if error.errors else None
        raise Malformed("not a key and a value", line, 1 if line else None) from None
    except (configparser.Error, RecursionError, ValueError, TypeError, AttributeError) as error:
        raise Malformed(str(error).splitlines()[0] if str(error) else "not INI") from None
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    defaults = dict(parser.defaults())
    if defaults:
        sections["DEFAULT"] = defaults
    return {name: {key: value or "" for key, value in items.items()} for name, items in sections.items()}


def _check_depth(value: Any, limit: int) -> None:
    """Raise `Malformed` where containers are nested deeper than `limit`. Level by level, without recursion."""
    level = [value]
    for _ in range(limit):
        level = [
            child
            for container in level
            if isinstance(container, (dict, list))
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise Malformed(f"nested deeper than {limit}")


def _finite(value: Any) -> Any:
    """`value` with dates and non-finite numbers as text: what JSON can hold. Depth was checked before."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list, float, dt.date, dt.time)):
                value[key] = _finite(item)
        return value
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list, float, dt.date, dt.time)):
                value[index] = _finite(item)
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return value


def _size(limit: int) -> str:
    return f"{limit // (1024 * 1024)} MB"
