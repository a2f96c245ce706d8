"""Earlier audits of the same project, as points of a line: what a report needs to show where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aiaudit.scoring.portfolio import Project, headlines

MOST: Final = 60
"""Points of a line that a report shows: five years of monthly audits."""


def read(files: Sequence[Path], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The audits of this result's project before it, the earliest first: the section `history` of a result.

    A project is the same by its name, or by having none in both. Of several audits of one day the last file's stands.
    Raises `PortfolioError` where a file is too large.
    """
    name, day = result["project"].get("name") or "", str(result["as_of"])
    days = {one.as_of: _point(one) for named, one in headlines(files) if named == name and one.as_of < day}
    return [days[key] for key in sorted(days)][-MOST:]


def _point(one: Project) -> dict[str, Any]:
    return {
        "as_of": one.as_of,
        "ruleset_hash": one.ruleset,
        "score": one.score,
        "score_low": one.low,
        "score_high": one.high,
        "coverage": one.coverage,
        "readiness": one.readiness,
        "packs": dict(one.packs),
    }
