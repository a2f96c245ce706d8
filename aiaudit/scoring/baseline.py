"""What is new since an earlier audit: failed checks and findings that the saved result JSON does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct, field

from aiaudit.model.check import Status
from aiaudit.model.result import CheckResult

_WRONG: Final = frozenset({Status.FAIL, Status.PARTIAL})
_LOOKED: Final = frozenset({*_WRONG, Status.PASS, Status.NOT_APPLICABLE})


class BaselineError(ValueError):
    """The baseline is not a result of aiaudit; the message says why."""


Key = tuple[str, str]  # check and fingerprint


class Located(NamedTuple):
    """What was found, and where."""

    message: str
    path: str | None
    line: int | None


class Baseline(Struct, frozen=True):
    """The part of an earlier result that a comparison needs. `failed` maps a failed check to its fingerprints."""

    as_of: str
    ruleset_hash: str
    readiness: str | None
    failed: Mapping[str, frozenset[str]]
    findings: Mapping[Key, Located] = field(default_factory=dict)  # of failed and partly shown checks


class Difference(Struct, frozen=True):
    """Findings of failed and partly shown checks against a baseline. A check that names no place is one finding.

    `fixed` holds only what was looked for again: where a check is now unknown, nothing of it is fixed.
    """

    as_of: str
    ruleset_hash: str
    new: tuple[tuple[str, Located], ...]
    fixed: tuple[tuple[str, Located], ...]
    unchanged: int


def read(result: Any) -> Baseline:
    """Take the baseline out of a result JSON."""
    try:
        failed = {
            str(check["id"]): frozenset(str(f["fingerprint"]) for f in check["findings"])
            for check in result["checks"]
            if check["status"] == Status.FAIL.value
        }
        findings = {
            (str(check["id"]), key): located
            for check in result["checks"]
            if check["status"] in _WRONG
            for key, located in _saved(check)
        }
        ruleset = str(result["tool"]["ruleset_hash"])
        return Baseline(str(result["as_of"]), ruleset, result["readiness"], failed, findings)
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


def difference(results: Iterable[CheckResult], baseline: Baseline) -> Difference:
    """What is new, fixed and unchanged since the baseline, by fingerprints, which hold no line numbers."""
    results = list(results)
    now = {(r.id, key): at for r in results if r.status in _WRONG for key, at in _found(r)}
    looked = {r.id for r in results if r.status in _LOOKED}
    return Difference(
        baseline.as_of,
        baseline.ruleset_hash,
        new=tuple(
            (check, at) for (check, key), at in sorted(now.items(), key=_key) if (check, key) not in baseline.findings
        ),
        fixed=tuple(
            (check, at)
            for (check, key), at in sorted(baseline.findings.items(), key=_key)
            if check in looked and (check, key) not in now
        ),
        unchanged=sum(key in baseline.findings for key in now),
    )


def _key(item: tuple[Key, Located]) -> Key:
    return item[0]


def _found(result: CheckResult) -> Iterable[tuple[str, Located]]:
    if not result.findings:
        yield "", Located(result.reason, None, None)
    for one in result.findings:
        yield one.fingerprint, Located(one.message, one.path, one.line)


def _saved(check: Mapping[str, Any]) -> Iterable[tuple[str, Located]]:
    if not check["findings"]:
        yield "", Located(str(check.get("reason", "")), None, None)
    for one in check["findings"]:
        yield str(one["fingerprint"]), Located(str(one.get("message", "")), one.get("path"), one.get("line"))
