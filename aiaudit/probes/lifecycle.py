"""The probe `lifecycle`: models and runtimes that the project names, and the day on which they stop.

The days come from `checks/data/end_of_life.yaml`, a dated table with a source for each row. A model counts where it is
given as a value (`model="gpt-4"`, `model: gpt-4`, `ChatOpenAI("gpt-4")`), not where a table of prices lists it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final

import yaml

from aiaudit.model.fact import Confidence, Evidence, Fact, Level, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.text import hits_of, scope_of
from aiaudit.probes.text_engine import NAME, Judge, Pattern, PatternGroup
from aiaudit.project.roles import Role
from aiaudit.resources import path_of

TABLE: Final = "data/end_of_life.yaml"
_NAME: Final = (
    r"((?:gpt|chatgpt|o[134]|text-(?:davinci|curie|babbage|ada)|code-davinci|davinci|curie|babbage|claude|gemini)"
    r"[A-Za-z0-9.\-]*)"
)
_PREFIX: Final = r"(?:[A-Za-z_]+/){0,2}"
_PATTERNS: Final = (
    Pattern(
        "named",
        r'(?i:model|engine|deployment|llm)\w*["\']?\s*(?::[\w\s|\[\]]*)?[=:]\s*["\']' + _PREFIX + _NAME + r'["\']',
    ),
    Pattern("called", r'(?:Chat\w+|OpenAI\w*|Anthropic\w*|LM|init_chat_model)\(\s*["\']' + _PREFIX + _NAME + r'["\']'),
    Pattern("assigned", r"^\s*(?i:\w*model\w*)\s*[:=]\s*" + _PREFIX + _NAME + r"\s*(?:#.*)?$"),
    Pattern("image", r"^\s*(?i:FROM)\s+(?:--platform=\S+\s+)?(?:\S+/)?((?:python|node|debian|ubuntu):[\w.\-]+)"),
)
_CODE: Final = ("**/*.py", "**/*.ipynb", "**/*.ts", "**/*.tsx", "**/*.js", "**/*.mjs")
_CONFIG: Final = ("**/*.yaml", "**/*.yml", "**/*.toml", "**/*.json", "**/*.env", "**/.env*", "**/*.ini", "**/*.cfg")
_IMAGES: Final = ("**/Dockerfile*", "**/*.Dockerfile", "**/Containerfile*")
_ROLES: Final = frozenset({Role.CODE, Role.CONFIG, Role.NOTEBOOK, Role.OTHER})

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
)
VALUE: Final = record("life cycle", checked=STRING, table_age_days=INT, items=list_of(ITEM), models=INT)


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    ends: dt.date
    use: str
    source: str


@cache
def _table() -> tuple[dt.date, dict[str, _Row]]:
    """The day on which the table was checked, and its rows by name."""
    data = yaml.safe_load((path_of("checks") / TABLE).read_text(encoding="utf-8"))
    rows = {
        name: _Row(kind, row["ends"], str(row["use"]), data["sources"][row["source"]])
        for kind in ("models", "runtimes")
        for row in data[kind]
        for name in row["names"]
    }
    return data["checked"], rows


def _keep(pattern: Pattern, match: Any, text: bytes) -> dict[str, Any] | None:
    """The name that was found; nothing inside a triple-quoted text, which shows a use and makes none."""
    before = text[: match.start()]
    if before.count(b'"""') % 2 or before.count(b"'''") % 2:
        return None
    return {"name": match.group(1).decode("utf-8", "replace").lower(), "image": pattern.name == "image"}


def _group(files: tuple[str, ...], *names: str) -> PatternGroup:
    judge: Judge = _keep
    chosen = tuple(pattern for pattern in _PATTERNS if pattern.name in names)
    return PatternGroup(chosen, files, _ROLES, unless=r"^\s*(#|//|\*)", judge=judge, judged_by="lifecycle 2")


_GROUPS: Final = (
    _group(_CODE, "named", "called"),
    _group(_CONFIG, "named", "assigned"),
    _group(_IMAGES, "image"),
)


class LifecycleQuery(Query):
    """within_days: how many days before its end a thing is listed."""

    within_days: int = 90

    def groups(self) -> tuple[PatternGroup, ...]:
        return _GROUPS


class LifecycleProbe(Probe[LifecycleQuery]):
    """Models and runtimes that stop soon or have stopped."""

    name: ClassVar[str] = "lifecycle"
    title: ClassVar[str] = "models and runtimes named by the project that have stopped or stop soon"
    query: ClassVar[type[LifecycleQuery]] = LifecycleQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = NAME

    def value_type(self, query: LifecycleQuery) -> Type:
        return VALUE

    def answer(self, fact_id: str, query: LifecycleQuery, context: Context) -> Fact:
        checked, rows = _table()
        items: list[dict[str, Any]] = []
        named: set[str] = set()
        for group in _GROUPS:
            for entry, hits in hits_of(group, context):
                for _, line, kept in hits:
                    named.add(kept["name"])
                    row = _runtime(kept["name"], rows) if kept["image"] else rows.get(kept["name"])
                    left = (row.ends - context.as_of).days if row else 0
                    if row and left <= query.within_days:
                        items.append(
                            {"path": entry.display, "line": line, "name": kept["name"], "kind": row.kind[:-1]}
                            | {"ends": row.ends.isoformat(), "days_left": left, "use": row.use, "source": row.source}
                        )
        unique = {(item["path"], item["line"], item["name"]): item for item in items}
        shown = [unique[key] for key in sorted(unique)]
        scope, _ = scope_of(_GROUPS[0], context)
        value = {
            "checked": checked.isoformat(),
            "table_age_days": (context.as_of - checked).days,
            "items": shown,
            "models": len(named),
        }
        return Fact(
            fact_id,
            State.KNOWN,
            value,
            Level.CONTENT,
            f"names looked up in {TABLE} of {checked.isoformat()}",
            Confidence.MEDIUM,
            tuple(Evidence(item["path"], item["line"], f"{item['name']} ends {item['ends']}") for item in shown),
            scope,
        )


def _runtime(image: str, rows: dict[str, _Row]) -> _Row | None:
    """The row of `python:3.8.19-slim-buster`: by its first numbers, else by the release that its tag ends with."""
    name, _, tag = image.partition(":")
    number = tag.split("-")[0].split(".")
    for length in (2, 1):
        row = rows.get(f"{name}:{'.'.join(number[:length])}")
        if row:
            return row
    return next((rows[key] for part in tag.split("-")[1:] if (key := f"{name}:{part}") in rows), None)
