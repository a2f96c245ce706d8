"""Saved facts (`--facts-out`, `--facts`): what was collected, enough to be judged elsewhere without the project.

The file holds the collected facts (derived ones are made again by the packs that judge), a digest of each fact's query,
what the project declares, the machine, and what was skipped.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from aiaudit import facts_lines
from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.fact_json import fact_json, unchanged
from aiaudit.model.types import as_json, from_json
from aiaudit.plain_json import encode, encode_lines

FORMAT: Final = "aiaudit-facts"
VERSION: Final = 1
MAX_BYTES: Final = 1024 * 1024 * 1024


class FactsError(Exception):
    """A file that does not hold saved facts; the message says why."""


class SavedFacts(Struct, frozen=True):
    """What one collection knew. `config` is the project file as data; `config_by` who named it: caller or project."""

    as_of: dt.date
    project: Mapping[str, Any]
    host: dict[str, Any] | None
    skipped: dict[str, Any]
    config: Mapping[str, Any]
    config_by: str
    readable: bool
    facts: Mapping[str, Fact]
    queries: Mapping[str, str]


def query_digest(spec: FactSpec) -> str:
    """What a fact was asked: its probe and the query's keys."""
    asked = json.dumps([spec.probe, spec.query], sort_keys=True, default=str)
    return hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()


def pieces(saved: SavedFacts, version: str) -> Iterator[bytes]:
    """The file's content, fact by fact."""
    about = {
        "format": FORMAT,
        "schema_version": VERSION,
        "tool": {"name": "aiaudit", "version": version},
        "as_of": saved.as_of.isoformat(),
        "project": dict(saved.project),
        "host": saved.host,
        "skipped": saved.skipped,
        "readable": saved.readable,
        "config_by": saved.config_by,
        "config": dict(saved.config),
    }
    yield encode_lines(about, as_json, 1).removesuffix(b"\n}") + b"," + facts_lines.BEGIN
    lead = b"\n  "
    for fact_id in sorted(saved.facts):
        told = {"query": saved.queries[fact_id], **fact_json(saved.facts[fact_id], values=unchanged)}
        yield lead + encode(fact_id) + b": " + encode_lines(told, as_json, 1).replace(b"\n", b"\n  ")
        lead = b",\n  "
    yield facts_lines.END


def load(path: str) -> SavedFacts:
    """Read a file of saved facts.

    Raises:
        FactsError: it cannot be read or is none.
    """
    try:
        if Path(path).stat().st_size > MAX_BYTES:
            raise FactsError(f"{path}: larger than {MAX_BYTES // 1024**2} MB")
        with Path(path).open("rb") as stream:
            data = facts_lines.read(stream)
        if data is None:  # written by somebody else, or damaged
            data = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise FactsError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    except (ValueError, RecursionError):
        raise FactsError(f"{path}: not JSON; give a file of `aiaudit run --facts-out`") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise FactsError(f"{path}: holds no saved facts; make them with `aiaudit run PATH --facts-out FILE`")
    if data.get("schema_version") != VERSION:
        raise FactsError(f"{path}: version {data.get('schema_version')!r} of saved facts; this aiaudit reads {VERSION}")
    try:
        return _saved(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FactsError(f"{path}: damaged saved facts ({type(error).__name__}: {error})") from None


def _saved(data: Mapping[str, Any]) -> SavedFacts:
    facts: dict[str, Fact] = {}
    queries: dict[str, str] = {}
    for fact_id, fact in data["facts"].items():
        facts[str(fact_id)] = fact_of(str(fact_id), fact)
        queries[str(fact_id)] = str(fact["query"])
    return SavedFacts(
        as_of=dt.date.fromisoformat(data["as_of"]),
        project=dict(data["project"]),
        host=data["host"],
        skipped=dict(data["skipped"]),
        config=dict(data["config"]),
        config_by=str(data["config_by"]),
        readable=bool(data["readable"]),
        facts=facts,
        queries=queries,
    )


def fact_of(fact_id: str, data: Mapping[str, Any]) -> Fact:
    """A fact as it was written by `model.fact_json`. Raises the usual errors where it is none."""
    scope = data.get("scope")
    return Fact(
        id=fact_id,
        state=State(data["state"]),
        value=_value(data["value"]),
        level=Level(data["evidence_level"]),
        method=str(data["method"]),
        confidence=Confidence(data["confidence"]),
        evidence=tuple(Evidence(e["path"], e["line"], str(e["note"])) for e in data["evidence"]),
        scope=Scope(int(scope["files"]), int(scope["read"]), tuple(scope["unread"])) if scope else None,
        reason=str(data.get("reason", "")),
        beyond=str(data.get("beyond", "")),
    )


def _value(value: Any) -> Any:
    return value.rows if isinstance(value, facts_lines.Rows) else from_json(value)
