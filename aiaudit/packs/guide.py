"""What each probe can be asked, for authors of checks: `aiaudit checks probes`, and the page of the documentation.

All of it is read off the probes themselves and off the packs that ship, so it cannot fall behind them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
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

    `told`: what its keys mean. `gives`: the type of the fact's value, with the fields of its records. `example`: the
    shortest query of the shipped packs, "" where none is short.
    """

    name: str
    title: str
    told: str
    level: Level
    keys: tuple[Key, ...]
    gives: str
    fields: tuple[tuple[str, str], ...]
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
        fields=tuple((key, str(kind)) for key, kind in item.fields) if item else (),
        example=example if len(example) <= _LONGEST_EXAMPLE else "",
    )


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
