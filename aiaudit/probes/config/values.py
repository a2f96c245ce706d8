"""Probe `config.values`: values at dotted keys in YAML, TOML, JSON, INI and .env files, with their lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, ClassVar, Final

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import DYN, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config.environment import assignments
from aiaudit.probes.config.redact import redact
from aiaudit.probes.config.secret_names import is_secret_name
from aiaudit.probes.dependencies.lines import LineFinder
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.parse import Map, Seq
from aiaudit.project.roles import Role

_MAX_VALUES: Final = 5_000  # of one file
_MAX_TEXT: Final = 500  # characters of one value

VALUE = record("setting", path=STRING, line=INT, key=STRING, name=STRING, value=DYN)


class ValuesQuery(Query):
    """`files`: globs. `keys`: dotted keys in which `*` is any one part and `**` any number; case does not count.
    A list counts as its elements (`services.*.image`). `roles`: purposes that a file may have (all but tests, examples
    and documents, which say nothing of what runs). Values under secret names are never kept."""

    files: tuple[str, ...] | str
    keys: tuple[str, ...] | str
    roles: list[Role] | None = None


class ConfigValues(Probe[ValuesQuery]):
    """Each element is one setting that is there: file, line, full key, last part of the key, value."""

    name: ClassVar[str] = "config.values"
    title: ClassVar[str] = "Values at dotted keys in YAML, TOML, JSON, INI and .env files"
    query: ClassVar[type[Query]] = ValuesQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: ValuesQuery) -> Type:
        return list_of(VALUE)

    def answer(self, fact_id: str, query: ValuesQuery, context: Context) -> Fact:
        files = Files(context.project)
        entries = files.running(query.files) if query.roles is None else files.matching(query.files, query.roles)
        keys = (query.keys,) if isinstance(query.keys, str) else query.keys
        matches = re.compile("|".join(f"(?:{key_pattern(key)})" for key in keys), re.IGNORECASE)
        found = [
            {"path": entry.path, "line": line, "key": key, "name": key.rpartition(".")[2], "value": _kept(key, value)}
            for entry in entries
            for key, value, line in settings(files, entry.path, matches.fullmatch)
        ]
        words = re.compile("|".join(map(_sign, keys)) if files.problems else "", re.IGNORECASE)
        unread = [path for path in files.problems if files.may_hold(path, words)]
        scope = scope_of([entry.path for entry in entries], unread)
        return listed(fact_id, found, method="configuration files read", scope=scope, note="key")


def key_pattern(key: str) -> str:
    """The regular expression of a dotted key with `*` and `**`."""
    parts = []
    for part in key.split("."):
        parts.append(r"[^\n]+" if part == "**" else re.escape(part).replace(r"\*", r"[^.\n]*"))
    return r"\.".join(parts).replace(r"[^\n]+\.", r"(?:[^\n]+\.)?")


def _sign(key: str) -> str:
    """What stands in the text of a file that has such a key: the last part of it that is a word."""
    words = [part for part in key.split(".") if part.strip("*")]
    return re.escape(words[-1]).replace(r"\*", ".*") if words else ""


def settings(
    files: Files, path: str, wanted: Callable[[str], object] = lambda key: True
) -> Iterator[tuple[str, Any, int]]:
    """The settings of a file whose key is `wanted` (all), as key, value and line. Mappings and lists are values as well
    as their parts."""
    name = path.rpartition("/")[2].lower()
    if name.startswith(".env") or name.endswith(".env"):
        yield from (one for one in assignments(files.text(path) or "") if wanted(one[0]))
        return
    suffix = name.rpartition(".")[2]
    documents: list[Any] = []
    if suffix in ("yaml", "yml", "dvc") or name == "dvc.lock":
        documents = files.yaml_all(path)
    elif suffix == "toml":
        documents = [files.toml(path)]
    elif suffix in ("json", "jsonc"):
        documents = [files.json(path)]
    elif suffix in ("ini", "cfg", "conf", "properties"):
        documents = [files.ini(path)]
    lines = cache(lambda: LineFinder(files.text(path) or ""))  # few keys are wanted, and of most files none
    for document in documents:
        for key, value, place in _walk(document):
            if wanted(key):
                yield key, value, _line(place, lines)


_Place = tuple[Any, Any, Any] | None
"""Where a part of a document stands: the mapping or list, the key in it, and the place of that; None for the root."""


def _walk(root: Any) -> Iterator[tuple[str, Any, _Place]]:
    """Every part of a parsed document with its dotted key, breadth last."""
    stack: list[tuple[str, Any, _Place]] = [("", root, None)]
    count = 0
    while stack and count < _MAX_VALUES:
        key, value, place = stack.pop()
        if key:
            count += 1
            yield key, value, place
        children: list[tuple[str, Any, _Place]]
        if isinstance(value, dict):
            children = [(f"{key}.{k}" if key else str(k), v, (value, k, place)) for k, v in value.items()]
        elif isinstance(value, list):
            children = [(f"{key}.{i}", v, (value, i, place)) for i, v in enumerate(value)]
        else:
            continue
        stack.extend(reversed(children))


def _line(place: _Place, lines: Callable[[], LineFinder]) -> int:
    """The line of a place. `lines` finds it where the parser gave none."""
    if place is None:
        return 1
    container, key, around = place
    if isinstance(container, Map | Seq):
        return container.at(key)[0]
    outer = _line(around, lines)
    return lines().key(key, outer) if isinstance(key, str) else outer


def _kept(key: str, value: Any) -> Any:
    if any(is_secret_name(part) for part in key.split(".")) and isinstance(value, str):
        return Unknown("not kept")
    if isinstance(value, str):
        return redact(value[:_MAX_TEXT])
    if isinstance(value, Mapping):
        return {"keys": [str(one) for one in list(value)[:50]]}
    if isinstance(value, list):
        return [
            one if isinstance(one, int | float | bool) else redact(str(one)[:_MAX_TEXT])
            for one in value[:50]
            if not isinstance(one, Mapping | list)
        ]
    return value
