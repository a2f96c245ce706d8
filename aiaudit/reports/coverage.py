"""The section `frameworks` of the result JSON: a row for every control, with its state and its checks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiaudit.model.framework import Control, ControlCoverage, Coverage, EffectiveDate, FrameworkCoverage, NativeScore


def to_json(frameworks: Iterable[FrameworkCoverage]) -> list[dict[str, Any]]:
    """The section of the result JSON, in the order of the frameworks' files and of their controls."""
    return [_framework(one) for one in frameworks]


def _framework(covered: FrameworkCoverage) -> dict[str, Any]:
    framework = covered.framework
    return {
        "id": framework.id,
        "scheme": framework.scheme,
        "title": framework.title,
        "edition": framework.edition,
        "source": framework.source,
        "licence": framework.licence,
        "trust": framework.trust.value,
        "note": framework.note,
        "effective": [_effective(one) for one in framework.effective],
        "counts": {state.value: covered.count(state) for state in Coverage},
        "native_score": _native(covered.native) if covered.native else None,
        "controls": [_row(row) for row in covered.controls],
    }


def _row(row: ControlCoverage) -> dict[str, Any]:
    control: Control = row.control
    return {
        "id": control.id,
        "group": control.group,
        "title": control.title,
        "reason": control.reason,
        "effective": _effective(control.effective) if control.effective else None,
        "state": row.state.value,
        "checks": [
            {"id": one.id, "status": one.status.value if one.status else None, "reason": one.reason}
            for one in row.checks
        ],
    }


def _effective(date: EffectiveDate) -> dict[str, str]:
    return {"date": date.date, "what": date.what, "trust": date.trust.value}


def _native(score: NativeScore) -> dict[str, Any]:
    return {
        "points": score.points,
        "best": score.best,
        "of": score.of,
        "reading": score.reading,
        "sections": [
            {"title": one.title, "points": one.points, "best": one.best, "of": one.of} for one in score.sections
        ],
    }
