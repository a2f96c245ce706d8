"""What each probe can be asked, for authors of checks: `aiaudit checks probes`, and the page of the documentation.

All of it is read off the probes themselves and off the packs that ship, so it cannot fall behind them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Level
from aiaudit.model.types import Type
from aiaudit.packs.declare import Probes
from aiaudit.packs.library import Library

_LONGEST_EXAMPLE: Final = 400  # characters; a longer query shows less of how to write one than its keys do


class Key(Struct, frozen=True):
    """One key of a query. `default`: as YAML, "" where there is none to name. A `needed` one may not be left out."""

    name: str
    kind: str
    default: str
    needed: bool


class Guide(Struct, frozen=True):
    """What one probe answers, and how it is asked.

    `told`: what its keys mean. `conditions`: what the keys of a mapping inside the query mean. `gives`: the type of the
    fact's value, with the fields of its records. `records`: those that stand inside them, each with its fields.
    `example`: the shortest query of the shipped packs, "" where none is short.
    """

    name: str
    title: str
    told: str
    level: Level
    keys: tuple[Key, ...]
    gives: str
    fields: tuple[tuple[str, str], ...]
    records: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    conditions: tuple[str, ...]
    example: str


def guides(probes: Probes, library: Library) -> Iterator[Guide]:
    """The guide of every probe, by name."""
    asked: dict[str, list[FactSpec]] = {}
    for spec in library.facts.values():
        if spec.probe:
            asked.setdefault(spec.probe, []).append(spec)
    for name in sorted(probes):
        specs = sorted(asked.get(name, ()), key=lambda spec: (len(_written(name, spec.query)), spec.id))
        yield _guide(name, probes[name], specs[0] if specs else None)


def _guide(name: str, probe: Any, shortest: FactSpec | None) -> Guide:
    given = _type(probe, shortest)
    example = _written(name, shortest.query) if shortest else f"{{probe: {name}}}"
    item = given.item if given and given.kind in ("list", "map") and given.item else given
    return Guide(
        name=name,
        title=probe.title,
        told=inspect.cleandoc(probe.query.__dict__.get("__doc__") or ""),
        level=probe.max_level,
        keys=tuple(_keys(probe)),
        gives=str(given) if given else "",
        fields=_fields(item) if item else (),
        records=tuple(_inside(item)) if item else (),
        conditions=tuple(_conditions(probe)),
        example=example if len(example) <= _LONGEST_EXAMPLE else "",
    )


def _fields(kind: Type) -> tuple[tuple[str, str], ...]:
    return tuple((key, str(one)) for key, one in kind.fields)


def _inside(kind: Type) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """The records that stand inside a record's fields, and inside theirs, each once."""
    told = {kind.name}
    todo = [one for _, one in kind.fields]
    while todo:
        one = todo.pop(0)
        if one.kind in ("list", "map") and one.item:
            todo.insert(0, one.item)
        elif one.fields and one.name not in told:
            told.add(one.name)
            yield one.name, _fields(one)
            todo += [inner for _, inner in one.fields]


def _conditions(probe: Any) -> Iterator[str]:
    """What the docs of the query's inner mappings say."""
    for part in probe.query.model_json_schema(by_alias=True).get("$defs", {}).values():
        if part.get("properties") and part.get("description"):
            yield part["description"]
    if "groups of them" in (probe.query.__doc__ or ""):
        yield f"Groups: {', '.join(f'`group:{name}`' for name in _groups(probe.name))}."


def _groups(name: str) -> Iterable[str]:
    """The names of the groups that a query of this probe may ask for."""
    if name.startswith("javascript."):
        from aiaudit.probes.javascript.groups import GROUPS
    else:
        from aiaudit.probes.python.groups import GROUPS
    return GROUPS


def shared_facts(library: Library) -> Iterator[tuple[str, str, str]]:
    """The facts that every pack may use: id, type and what it says, by id."""
    for fact_id, spec in sorted(library.facts.items()):
        if spec.place.file.startswith("checks/shared/"):
            yield fact_id, str(spec.type), spec.title


def _type(probe: Any, shortest: FactSpec | None) -> Type | None:
    """The type of its answer to a query of the packs; of a probe that no pack asks, to the query without a key."""
    if shortest:
        return shortest.type
    needed = any(field.is_required() for field in probe.query.model_fields.values())
    kind: Type | None = None if needed else probe.value_type(probe.query())
    return kind


def _keys(probe: Any) -> Iterator[Key]:
    schema = probe.query.model_json_schema(by_alias=True)
    needed, inner = schema.get("required", ()), schema.get("$defs", {})
    for key, part in schema.get("properties", {}).items():
        default = "" if part.get("default") in (None, "", []) else _flow(part["default"])
        yield Key(key, _kind(part, inner), default, key in needed)


def _kind(part: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    """What may stand at a key: "list of text", "image | stage", "text or {call, kw}"."""
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[-1]
        return _kind(inner.get(name, {}), inner)
    if "enum" in part or "const" in part:
        return " | ".join(map(str, part.get("enum") or [part["const"]]))
    if either := part.get("anyOf") or part.get("oneOf"):
        return " or ".join(dict.fromkeys(_kind(one, inner) for one in either if one.get("type") != "null"))
    match part.get("type"):
        case "array":
            item = _kind(part.get("items", {}), inner)
            return f"list of ({item})" if " or " in item or " | " in item else f"list of {item}"
        case "object":
            if "properties" in part:
                return f"{{{', '.join(part['properties'])}}}"
            return f"map to {_kind(part.get('additionalProperties') or {}, inner)}"
        case "string":
            return "text"
        case "integer":
            return "whole number"
        case "boolean":
            return "true or false"
        case other:
            return str(other or "any value")


def _written(name: str, query: Mapping[str, Any]) -> str:
    """A query as a pack may write it, on one line: JSON's marks are YAML's, and a plain word needs none."""
    return "{" + ", ".join([f"probe: {name}", *(f"{key}: {_flow(value)}" for key, value in query.items())]) + "}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and value.replace(".", "a").replace("_", "a").isalpha():
        return value
    return json.dumps(value, ensure_ascii=False)
