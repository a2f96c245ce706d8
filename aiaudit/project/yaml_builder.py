"""YAML values from libyaml's events, bounded in depth, size and aliases before anything is built.

- keys are strings as written (GitHub's `on:` stays "on", where YAML 1.1 says True); a duplicate key is an error;
- `yes`, `no`, `on`, `off` as values are booleans; dates, sexagesimals, `.nan` and `.inf` stay text; `1e-3` is a number;
- a tag of an application (`!Ref`, `!reference`) is dropped and its value kept; merge keys (`<<`) are merged.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

from aiaudit import lazy
from aiaudit.project.nodes import Malformed, Map, Mark, Seq

MAX_DEPTH: Final = 64  # nested mappings and lists
MAX_NODES: Final = 100_000  # an alias counts as much as what it stands for
MAX_DOCUMENTS: Final = 1_000
_MAX_NUMBER: Final = 40  # longer digit strings stay text


class Builder:
    """Builds the values of all `documents` from events, without recursion."""

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
_INT: Final = lazy.regex(r"[-+]?(?:0|[1-9][0-9_]*)")
_BASED: Final = lazy.regex(r"([-+]?)0(?:x([0-9a-fA-F_]+)|b([01_]+)|o?([0-7_]+))")
_FLOAT: Final = lazy.regex(r"[-+]?(?:(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]{1,4})?")


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
