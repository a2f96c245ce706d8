"""What is new since an earlier audit: failed checks and findings that the saved result JSON does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiaudit.model.check import Status
from aiaudit.model.result import CheckResult


class BaselineError(ValueError):
    """The baseline is not a result of aiaudit; the message says why."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The part of an earlier result that a comparison needs. `failed` maps a failed check to its fingerprints."""

    as_of: str
    ruleset_hash: str
    readiness: str | None
    failed: Mapping[str, frozenset[str]]


def read(result: Any) -> Baseline:
    """Take the baseline out of a result JSON."""
    try:
        failed = {
            str(check["id"]): frozenset(str(f["fingerprint"]) for f in check["findings"])
            for check in result["checks"]
            if check["status"] == Status.FAIL.value
        }
        return Baseline(str(result["as_of"]), str(result["tool"]["ruleset_hash"]), result["readiness"], failed)
    except (KeyError, TypeError) as error:
        raise BaselineError(f"not a result JSON of aiaudit (no usable {error})") from None


def new_failures(results: Iterable[CheckResult], baseline: Baseline) -> dict[str, int]:
    """Failed checks that are new or have new findings, and how many of these are new (1 where none is located)."""
    found: dict[str, int] = {}
    for result in results:
        if result.status is not Status.FAIL:
            continue
        before = baseline.failed.get(result.id)
        fresh = sum(1 for f in result.findings if f.fingerprint not in (before or ()))
        if before is None or fresh:
            found[result.id] = max(fresh, 1)
    return found
