"""The probe `lifecycle`: models, interfaces and runtimes that the project names, and the day on which they stop.

The days come from `tables/end_of_life.yaml`, a dated table with a source for each row. A model counts where it is
given as a value (`model="gpt-4"`, `model: gpt-4`, `ChatOpenAI("gpt-4")`) or offered for choice, not where a table of
prices lists it. A runtime counts where it is what runs (an image, a version file, a CI job of one version), not where
it is the lowest that a package admits; `aiaudit.probes.runtimes` says which.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar, Final

import yaml
from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.model.fact import Confidence, Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.model_names import GROUPS
from aiaudit.probes.runtimes import runtimes
from aiaudit.probes.text.asking import MAX_EVIDENCE, hits_of, scope_of
from aiaudit.probes.text.engine import NAME
from aiaudit.probes.text.groups import PatternGroup
from aiaudit.resources import path_of

TABLE: Final = "end_of_life.yaml"
_APIS: Final = {"assistants": "OpenAI Assistants API", "threads": "OpenAI Assistants API"}
_MOST: Final = 500  # named models in the fact
_MOST_ITEMS: Final = 2_000
_LANGUAGE: Final = lazy.regex(  # in the tag of an image that adds something to a language's own
    r"(?:py|python)(?:(?P<dotted>\d\.\d{1,2})(?:\.\d+)?|3(?P<short>\d{1,2}))|node(?:js)?(?P<node>\d{1,2})"
)

_GATEWAY: Final = lazy.regex(r"(?P<name>claude-[\w.-]{1,60}?)(?:[:-]thinking|:beta)?")
_BEDROCK: Final = lazy.regex(r"-v\d+(?::\d\w*)*$")
_DATED: Final = lazy.regex(r"-20\d{6}")

ITEM: Final = record(
    "dated thing",
    path=STRING,
    line=INT,
    name=STRING,
    kind=STRING,
    ends=STRING,
    days_left=INT,
    use=STRING,
    source=STRING,
    second_hand=BOOL,
)
NAMED: Final = record("named thing", path=STRING, line=INT, name=STRING, role=STRING)
OPEN: Final = record("model that is not known to go on", path=STRING, line=INT, name=STRING, role=STRING, what=STRING)
VALUE: Final = record(
    "life cycle",
    checked=STRING,
    table_age_days=INT,
    items=list_of(ITEM),
    models=INT,
    named=list_of(NAMED),
    mentioned=list_of(NAMED),
    open=list_of(OPEN),
)


class _Row(Struct, frozen=True):
    kind: str
    ends: dt.date
    use: str
    source: str
    second_hand: bool  # not read with the provider, but quoted by somebody else


class _GoingOn(Struct, frozen=True):
    """What is known to go on: names that are served without an announced end, and how open weights are called."""

    living: frozenset[str]
    words: frozenset[str]
    weights: tuple[re.Pattern[str], ...]


@cache
def _data() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: dict[str, Any] = yaml.load((path_of("tables") / TABLE).read_bytes(), Loader=loader)  # noqa: S506 (a safe one)
    return data


@cache
def _going_on() -> _GoingOn:
    data = _data()
    return _GoingOn(
        frozenset(str(name) for row in data["living"] for name in row["names"]),
        frozenset(data["words"]),
        tuple(re.compile(pattern) for pattern in data["weights"]),
    )


@cache
def _table() -> tuple[dt.date, dict[str, _Row]]:
    """The day on which the table was checked, and its rows by name."""
    data = _data()
    rows = {
        name: _Row(
            kind, row["ends"], str(row["use"]), data["sources"][row["source"]], row["source"] in data["second_hand"]
        )
        for kind in ("models", "interfaces", "runtimes")
        for row in data[kind]
        for name in row["names"]
    }
    return data["checked"], rows


class LifecycleQuery(Query):
    """within_days: how many days before its end a thing is listed."""

    within_days: int = 90

    def groups(self) -> tuple[PatternGroup, ...]:
        return GROUPS


class LifecycleProbe(Probe[LifecycleQuery]):
    """Models, interfaces and runtimes that stop soon or have stopped: `kind` is model, interface, runtime, or ci for a
    runtime that only CI jobs run on; second_hand: the day is not from the provider's own page. `named`: every model
    that is given as a value, in the table or not; `mentioned`: those that stand as a text elsewhere, and how they are
    used was not seen. `open`: those that are not known to go on: what is `unknown` (the table does not know the name),
    `weights` (open ones, which go on where the project serves them itself), or `ended` and `ends` for one that the
    table has an end for and that is only mentioned."""

    name: ClassVar[str] = "lifecycle"
    title: ClassVar[str] = "models and runtimes named by the project that have stopped or stop soon"
    query: ClassVar[type[LifecycleQuery]] = LifecycleQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = NAME

    def value_type(self, query: LifecycleQuery) -> Type:
        return VALUE

    def answer(self, fact_id: str, query: LifecycleQuery, context: Context) -> Fact:
        checked, rows = _table()
        found = [
            (entry.display, line, name, kept["kind"], str(entry.role))
            for group in GROUPS
            for entry, hits in hits_of(group, context)
            for _, line, kept in hits
            for name in kept.get("names") or [kept["name"]]
        ]
        found += [(path, line, name, "ci" if ci else "version", "config") for path, line, name, ci in runtimes(context)]
        items = [
            _item(path, line, name, kind, row, context.as_of)
            for path, line, name, kind, _ in found
            if kind != "mentioned"
            and (row := _row(name, kind, rows))
            and (row.ends - context.as_of).days <= query.within_days
        ]
        named = sorted({hit for hit in found if hit[3] == "model"})
        mentioned = _mentioned(found, named)
        unique = {(item["path"], item["line"], item["name"]): item for item in items}
        shown = _of_each([unique[key] for key in sorted(unique)])
        scope, _ = scope_of(GROUPS[0], context)
        value = {
            "checked": checked.isoformat(),
            "table_age_days": (context.as_of - checked).days,
            "items": shown,
            "models": len({name for _, _, name, kind, _ in found if _counts(name, kind, rows)}),
            "named": _records(named),
            "mentioned": _records(mentioned),
            "open": _open([*named, *mentioned], rows, query.within_days, context.as_of),
        }
        return Fact(
            fact_id,
            State.KNOWN,
            value,
            Level.CONTENT,
            f"names looked up in tables/{TABLE} of {checked.isoformat()}",
            Confidence.MEDIUM,
            tuple(
                Evidence(item["path"], item["line"], f"{item['name']} ends {item['ends']}")
                for item in shown[:MAX_EVIDENCE]
            ),
            scope,
        )


_Hit = tuple[str, int, str, str, str]  # path, line, name, kind, role


def _counts(name: str, kind: str, rows: dict[str, _Row]) -> bool:
    """Whether a thing is in use: an image where it is known, a model that is only mentioned not."""
    return kind != "mentioned" and (kind != "image" or _row(name, kind, rows) is not None)


def _mentioned(found: list[_Hit], named: list[_Hit]) -> list[_Hit]:
    """The places where a model is mentioned and not used."""
    used = {(path, line, name.rpartition("/")[2]) for path, line, name, _, _ in named}
    return sorted(
        {hit for hit in found if hit[3] == "mentioned" and (hit[0], hit[1], hit[2].rpartition("/")[2]) not in used}
    )


def _records(hits: list[_Hit]) -> list[dict[str, Any]]:
    return [
        {"path": path, "line": line, "name": name, "role": role} for path, line, name, _, role in hits if _is_name(name)
    ][:_MOST]


def _is_name(name: str) -> bool:
    """Whether it names a model, and not a provider or a family."""
    return name not in _going_on().words


def _open(hits: list[_Hit], rows: dict[str, _Row], within_days: int, as_of: dt.date) -> list[dict[str, Any]]:
    """Those that are not known to go on, used ones first."""
    records: list[dict[str, Any]] = []
    for path, line, name, kind, role in hits:
        what = _standing(name, rows)
        if isinstance(what, _Row):
            left = (what.ends - as_of).days
            if kind == "model" or left > within_days:
                continue
            what = "ended" if left < 0 else "ends"
        if what:
            records.append({"path": path, "line": line, "name": name, "role": role, "what": what})
    return records[:_MOST]


def _standing(name: str, rows: dict[str, _Row]) -> _Row | str:
    """The row of a model, "" where it goes on or is none, `weights`, or `unknown`."""
    row = _row(name, "model", rows)
    if row is not None:
        return row
    going = _going_on()
    if name in going.words or not going.living.isdisjoint(_spellings(name)):
        return ""
    return "weights" if any(pattern.fullmatch(name) for pattern in going.weights) else "unknown"


def _spellings(name: str) -> Iterator[str]:
    """The name, as Bedrock numbers it and as gateways write it (`claude-opus-4.6` is `claude-opus-4-6`)."""
    yield name
    yield _BEDROCK.sub("", name)
    if match := _GATEWAY.fullmatch(name):
        yield match["name"].replace(".", "-")


def _of_each(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most `_MOST_ITEMS` of them, in their order: of each name in each folder the first ones."""
    if len(items) <= _MOST_ITEMS:
        return items
    before: Counter[tuple[str, str]] = Counter()
    turns: list[int] = []
    for item in items:
        place = item["name"], item["path"].rpartition("/")[0]
        turns.append(before[place])
        before[place] += 1
    first = sorted(range(len(items)), key=turns.__getitem__)[:_MOST_ITEMS]
    return [items[at] for at in sorted(first)]


def _item(path: str, line: int, name: str, kind: str, row: _Row, as_of: dt.date) -> dict[str, Any]:
    return {
        "path": path,
        "line": line,
        "name": _APIS.get(name, name),
        "kind": "ci" if kind == "ci" else row.kind[:-1],
        "ends": row.ends.isoformat(),
        "days_left": (row.ends - as_of).days,
        "use": row.use,
        "source": row.source,
        "second_hand": row.second_hand,
    }


def _row(name: str, kind: str, rows: dict[str, _Row]) -> _Row | None:
    if kind == "image":
        return _runtime(name, rows)
    if kind == "runtime":  # python3.8, nodejs16
        language, number = ("python", name[6:]) if name.startswith("python") else ("node", name[6:])
        return rows.get(f"{language}:{number}")
    return rows.get(_APIS.get(name, name)) or _by_gateway(name, rows) or _by_bedrock(name, rows)


def _by_gateway(name: str, rows: dict[str, _Row]) -> _Row | None:
    """A Claude model as gateways name it: `claude-3.7-sonnet` and `claude-3.7-sonnet:thinking` are the newest dated
    `claude-3-7-sonnet-…`; the numbers may stand before or after the family."""
    match = _GATEWAY.fullmatch(name)
    if match is None:
        return None
    plain = match["name"].replace(".", "-")
    dated = [row for other, row in rows.items() if other == plain or _DATED.fullmatch(other.removeprefix(plain))]
    return max(dated, key=lambda row: row.ends, default=None)


def _by_bedrock(name: str, rows: dict[str, _Row]) -> _Row | None:
    """A model as Amazon Bedrock numbers it (`claude-3-sonnet-20240229-v1:0`). Bedrock keeps dates of its own, so that
    its maker's is second-hand."""
    row = rows.get(_BEDROCK.sub("", name)) if _BEDROCK.search(name) else None
    return replace(row, second_hand=True) if row is not None else None


def _runtime(image: str, rows: dict[str, _Row]) -> _Row | None:
    """The row of `python:3.8.19-slim-buster`: by its first numbers, else by the release that its tag ends with.

    Images of others are as old as the language in their tag (`uvicorn-gunicorn:python3.7`, `4-node16`, `1.9-py38`) or
    the release they are built on (`nvidia/cuda:12.1.0-runtime-ubuntu20.04`).
    """
    name, _, tag = image.partition(":")
    number = tag.split("-")[0].split(".")
    for length in (2, 1):
        row = rows.get(f"{name}:{'.'.join(number[:length])}")
        if row:
            return row
    for part in tag.split("-"):
        match = _LANGUAGE.fullmatch(part)
        if match:
            language = "node" if match["node"] else "python"
            row = rows.get(f"{language}:{match['node'] or match['dotted'] or '3.' + match['short']}")
            if row:
                return row
    for part in tag.split("-")[1:]:
        system, version = (part[:6], part[6:]) if part.startswith(("ubuntu", "alpine")) else ("debian", part)
        row = rows.get(f"{system}:{version}")
        if row:
            return row
    return None
