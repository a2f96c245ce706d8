"""Severity of an advisory: what its database says, else its CVSS score, v4 or v3 (specification of v3, 7.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from aiaudit.probes.dependencies import cvss4

_WORDS: Final = {"critical": "critical", "high": "high", "moderate": "medium", "medium": "medium", "low": "low"}
_METRICS: Final[dict[str, dict[str, float]]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES: Final = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}


def severity_of(record: Mapping[str, Any], affected: Mapping[str, Any]) -> str:
    """critical, high, medium, low, or "" where the advisory states none that can be read."""
    for holder in (affected, record):
        stated = (holder.get("database_specific") or {}).get("severity")
        if isinstance(stated, str) and stated.lower() in _WORDS:
            return _WORDS[stated.lower()]
    scores = [
        (cvss4.score if one.get("type") == "CVSS_V4" else base_score)(str(one.get("score", "")))
        for one in [*(record.get("severity") or []), *(affected.get("severity") or [])]
        if isinstance(one, Mapping) and one.get("type") in ("CVSS_V3", "CVSS_V4")
    ]
    known = [score for score in scores if score is not None]
    return rating(max(known)) if known else ""


def rating(score: float) -> str:
    """The qualitative rating of a base score (CVSS v3.1, table 14)."""
    return (
        "critical" if score >= 9 else "high" if score >= 7 else "medium" if score >= 4 else "low" if score > 0 else ""
    )


def base_score(vector: str) -> float | None:
    """The base score of a `CVSS:3.x/…` vector; None where the vector is not complete."""
    parts = dict(part.split(":", 1) for part in vector.split("/")[1:] if ":" in part)
    scope = parts.get("S")
    try:
        values = {name: table[parts[name]] for name, table in _METRICS.items()}
        privileges = _PRIVILEGES[scope or ""][parts["PR"]]
    except KeyError:
        return None
    remaining = 1 - (1 - values["C"]) * (1 - values["I"]) * (1 - values["A"])
    impact = 6.42 * remaining if scope == "U" else 7.52 * (remaining - 0.029) - 3.25 * (remaining - 0.02) ** 15
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * values["AV"] * values["AC"] * privileges * values["UI"]
    return _round_up(min((impact + exploitability) * (1.0 if scope == "U" else 1.08), 10))


def _round_up(value: float) -> float:
    """The specification's round-up to one decimal, free of floating point surprises (appendix A)."""
    scaled = round(value * 100_000)
    return scaled / 100_000 if scaled % 10_000 == 0 else (math.floor(scaled / 10_000) + 1) / 10
