"""Loaded packs as plain JSON and back, so that they need not be parsed and type-checked again (`aiaudit.packs.stored`).

A part is a list that begins with its kind; a type stands once in a table. The trees of expressions stand apart, each a
text of its own that is read when the expression is first used: most rules of a library say nothing in one audit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import Any, Final

from aiaudit.model.check import Check, Effort, FactSpec, Kind, Outcome, Pack, Param, Place, Severity, Status
from aiaudit.model.fact import Level
from aiaudit.model.types import Type
from aiaudit.packs.library import Library
from aiaudit.plain_json import decode
from aiaudit.rules import Expression, Template, nodes

_ENUMS: Final = (Severity, Kind, Effort, Status, Level)
_FROZEN: Final = (Check, FactSpec, Outcome, Pack, Param, Place, Template)
_LIST, _TUPLE, _MAP, _SET, _TYPE, _EXPRESSION, _FIRST = range(7)
_CLASSES: Final[tuple[type, ...]] = (*_ENUMS, *_FROZEN)
_NUMBER: Final = {cls: number for number, cls in enumerate(_CLASSES, start=_FIRST)}
_FIELDS: Final[Mapping[type, tuple[str, ...]]] = {cls: cls.__struct_fields__ for cls in _FROZEN}
_as_text: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Unstorable(ValueError):  # noqa: N818
    """A value that has no JSON form here."""


def to_plain(library: Library) -> dict[str, Any]:
    """The library as JSON, without its documents. Raises `Unstorable`."""
    packer = _Packer()
    data = {
        "packs": packer.pack(library.packs),
        "facts": packer.pack(tuple(library.facts.values())),
        "digest": library.digest,
    }
    return {"types": packer.types, "trees": packer.trees, **data}


def from_plain(data: Mapping[str, Any]) -> Library:
    """The library of `to_plain`; it has no documents. Raises the usual errors where the data is not of that shape."""
    unpacker = _Unpacker(data["types"], data["trees"])
    facts: tuple[FactSpec, ...] = unpacker.unpack(data["facts"])
    return Library(unpacker.unpack(data["packs"]), {spec.id: spec for spec in facts}, data["digest"])


def to_parts(library: Library) -> tuple[bytes, bytes]:
    """The library as two texts: all but the trees as JSON, and the trees in a row, whose ends are told in the first.

    Raises `Unstorable`.
    """
    plain = to_plain(library)
    trees = [tree.encode("ascii") for tree in plain["trees"]]
    return _as_text({**plain, "trees": list(accumulate(map(len, trees)))}).encode("ascii"), b"".join(trees)


def from_parts(data: bytes | memoryview, trees: bytes | memoryview) -> Library:
    """The library of `to_parts`, which is not copied. Raises the usual errors where the data is not of that shape."""
    plain, whole = decode(data), memoryview(trees)
    if plain["trees"] and plain["trees"][-1] != len(whole):
        raise ValueError("the trees are not whole")
    return from_plain({**plain, "trees": [whole[first:end] for first, end in pairwise([0, *plain["trees"]])]})


class _Packer:
    """Makes plain values; `types` and `trees` are the tables that they refer to."""

    def __init__(self) -> None:
        self.types: list[Any] = []
        self.trees: list[str] = []
        self._trees: dict[str, int] = {}
        self._known: dict[Type, int] = {}

    def pack(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind in (str, int, bool, float):
            return value
        if isinstance(value, Expression):
            tree = self._tree(_as_text(nodes.to_plain(value.node)))
            of = self._type(value.type)
            expect = None if value.expect is None else self._type(value.expect)
            return [_EXPRESSION, value.source, of, sorted(value.names), tree, value.slots, expect]
        if kind is Type:
            return [_TYPE, self._type(value)]
        if kind in _ENUMS:
            return [_NUMBER[kind], value.value]
        if kind in _FIELDS:
            return [_NUMBER[kind], *(self.pack(getattr(value, name)) for name in _FIELDS[kind])]
        if isinstance(value, Mapping):
            return [_MAP, *(part for key, one in value.items() for part in (self._key(key), self.pack(one)))]
        if isinstance(value, (list, tuple)):
            return [_TUPLE if isinstance(value, tuple) else _LIST, *map(self.pack, value)]
        if isinstance(value, frozenset):
            return [_SET, *sorted(map(self.pack, value), key=repr)]
        raise Unstorable(f"a {kind.__name__}")

    @staticmethod
    def _key(key: Any) -> str:
        if not isinstance(key, str):
            raise Unstorable(f"a key of the kind {type(key).__name__}")
        return str(key)

    def _tree(self, text: str) -> int:
        if text not in self._trees:
            self.trees.append(text)
            self._trees[text] = len(self.trees) - 1
        return self._trees[text]

    def _type(self, of: Type) -> int:
        known = self._known.get(of)
        if known is None:
            item = None if of.item is None else self._type(of.item)
            parts = [[name, self._type(part)] for name, part in of.fields]
            self.types.append([of.kind, item, of.name, parts])
            known = self._known[of] = len(self.types) - 1
        return known


class _Unpacker:
    def __init__(self, types: list[Any], trees: Sequence[str | memoryview]) -> None:
        self.types: list[Type] = []
        self.trees = [tree.encode() if isinstance(tree, str) else tree for tree in trees]
        for kind, item, name, parts in types:  # what a type is made of stands before it
            inner = None if item is None else self.types[item]
            self.types.append(Type(kind, inner, name, tuple((part, self.types[at]) for part, at in parts)))

    def unpack(self, value: Any) -> Any:
        """The value of `_Packer.pack`. It is called for thousands of parts: only lists are anything but themselves."""
        if type(value) is not list:
            return value
        unpack, kind = self.unpack, value[0]
        if kind >= _FIRST:
            return _CLASSES[kind - _FIRST](*[unpack(one) if type(one) is list else one for one in value[1:]])
        if kind == _TUPLE:
            return tuple([unpack(one) if type(one) is list else one for one in value[1:]])
        if kind == _MAP:
            keys = iter(value[1:])
            return {key: unpack(one) if type(one) is list else one for key, one in zip(keys, keys, strict=True)}
        if kind == _LIST:
            return [unpack(one) for one in value[1:]]
        if kind == _TYPE:
            return self.types[value[1]]
        if kind == _SET:
            return frozenset(map(unpack, value[1:]))
        _, source, of, names, number, slots, expect = value
        tree = self.trees[number]
        return Expression(
            source,
            self.types[of],
            frozenset(names),
            partial(nodes.from_json, tree),
            slots,
            None if expect is None else self.types[expect],
        )
