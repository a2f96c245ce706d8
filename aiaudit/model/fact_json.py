"""A fact as JSON for people and tools: as results and files of saved facts show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiaudit.model.fact import Evidence, Fact
from aiaudit.model.types import as_json

Values = Callable[[Any], Any]


def fact_json(fact: Fact, most_items: int | None = None, values: Values = as_json) -> dict[str, Any]:
    """One fact. A list longer than `most_items` is cut, and `items` says how long it was."""
    value, items = fact.value, None
    if most_items is not None and isinstance(value, list) and len(value) > most_items:
        value, items = value[:most_items], len(value)
    data: dict[str, Any] = {
        "state": fact.state.value,
        "value": values(value),
        "evidence_level": fact.level.value,
        "method": fact.method,
        "confidence": fact.confidence.value,
        "evidence": [_evidence(e) for e in fact.evidence],
    }
    if fact.scope is not None:
        data["scope"] = {"files": fact.scope.files, "read": fact.scope.read, "unread": list(fact.scope.unread)}
    if fact.reason:
        data["reason"] = fact.reason
    if fact.beyond:
        data["beyond"] = fact.beyond
    if items is not None:
        data["items"] = items
    return data


def unchanged(value: Any) -> Any:
    """A fact's value as it is: msgspec writes it as `as_json` would, asking that about what it does not know."""
    return value


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"path": evidence.path, "line": evidence.line, "note": evidence.note}
