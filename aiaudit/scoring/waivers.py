"""Waivers: risks that somebody accepted, with a reason, an owner and an end. A mark beside the status, never a status.

They come from `waivers:` in aiaudit.yaml and from comments (`aiaudit.probes.waivers`). A waiver without an owner or a
reason is no waiver; one for a high or critical check needs a last day. An expired waiver has no effect, and is shown.
"""

from __future__ import annotations

import datetime as dt
import difflib
import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.model.check import Severity, Status
from aiaudit.model.check_id import meant
from aiaudit.model.result import CheckResult, Finding, Waiver

NEEDS_EXPIRY: Final = frozenset({Severity.HIGH, Severity.CRITICAL})
NOTHING_TO_WAIVE: Final = frozenset({Status.PASS, Status.NOT_APPLICABLE})
_NOBODY: Final = 'without it nobody answers for the risk; name one (owner="…"), or set project.owner in aiaudit.yaml'
_SAY: Final = {"reason": "why the risk is taken", "owner": "who answers for it"}
_KEYS: Final = ("id", "reason", "owner", "expires", "paths", "control", "ticket")


class WaiverError(ValueError):
    """A waiver that is not one; the message says which, why, and the way out."""


class WaiverUse(Struct, frozen=True):
    """What a waiver did in this audit.

    `in_force`: it covers all that the check found. `partial`: only `covers` of `of` findings, so the check still
    counts. `unused`: the check has nothing to waive. `expired`: its last day has passed.
    """

    waiver: Waiver
    state: Literal["in_force", "partial", "unused", "expired"]
    covers: int = 0
    of: int = 0


def read(
    entries: Sequence[Any],
    severities: Mapping[str, Severity],
    as_of: dt.date,
    place: Callable[[int], str] = "waivers[{}]".format,
) -> tuple[list[Waiver], list[WaiverError]]:
    """The valid waivers among `entries` (as they stand in aiaudit.yaml) and what is wrong with the others.

    `severities` holds the shipped severity of every known check; `as_of` is the day that decides on expiry; `place`
    says where the entry of a number (from 1) stands.
    """
    waivers: list[Waiver] = []
    errors: list[WaiverError] = []
    for number, entry in enumerate(entries, start=1):
        try:
            waivers.append(_read_one(entry, place(number), severities, as_of))
        except WaiverError as error:
            errors.append(error)
    return waivers, errors


def read_inline(
    rows: Iterable[Mapping[str, Any]], owner: str, severities: Mapping[str, Severity], as_of: dt.date
) -> tuple[list[Waiver], list[WaiverError]]:
    """The valid waivers among those in comments, and what is wrong with the others.

    `rows`: the value of the fact of `waivers.inline`. `owner`: who answers where a comment names nobody.
    """
    waivers: list[Waiver] = []
    errors: list[WaiverError] = []
    for row in rows:
        place = f"{row['path']}:{row['line']}: waive"
        try:
            if row["problem"]:
                raise WaiverError(f"{place}: {row['problem']}")
            entry = {
                "id": row["check"], "reason": row["reason"], "owner": row["owner"] or owner, "expires": row["until"],
                "control": row["control"], "ticket": row["ticket"],
            }  # fmt: skip
            made = _read_one(entry, place, severities, as_of, day="until", nobody=_NOBODY)
            at = f"{row['path']}:{row['line']}"
            waivers.append(replace(made, paths=(row["path"],), line=row["covers"], at=at))
        except WaiverError as error:
            errors.append(error)
    return waivers, errors


def apply(
    waivers: Sequence[Waiver], results: Sequence[CheckResult]
) -> tuple[tuple[CheckResult, ...], tuple[WaiverUse, ...]]:
    """Mark the results that a waiver in force or an expired one names, and say what each waiver did."""
    marked: list[CheckResult] = []
    uses: list[WaiverUse] = []
    for result in results:
        own = _uses([w for w in waivers if w.id == result.id], result)
        mark = next((u.waiver for state in ("in_force", "expired") for u in own if u.state == state), None)
        marked.append(replace(result, waiver=mark) if mark else result)
        uses += own
    judged = {r.id for r in results}
    uses += [WaiverUse(w, "expired" if w.expired else "unused") for w in waivers if w.id not in judged]
    return tuple(marked), tuple(sorted(uses, key=lambda u: (u.waiver.id, u.waiver.expires or "", u.waiver.paths)))


def _uses(waivers: Sequence[Waiver], result: CheckResult) -> list[WaiverUse]:
    """What the waivers of one check did. Waivers on different paths may cover all of its findings together."""
    uses = [_use(waiver, result) for waiver in waivers]
    partial = [u.waiver for u in uses if u.state == "partial"]
    if partial and all(any(_covers(w, f) for w in partial) for f in result.findings):
        return [replace(u, state="in_force") if u.state == "partial" else u for u in uses]
    return uses


def _use(waiver: Waiver, result: CheckResult) -> WaiverUse:
    total = len(result.findings)
    if waiver.expired:
        return WaiverUse(waiver, "expired", 0, total)
    if result.status in NOTHING_TO_WAIVE:
        return WaiverUse(waiver, "unused", 0, total)
    if not waiver.paths:
        return WaiverUse(waiver, "in_force", total, total)
    covered = sum(_covers(waiver, f) for f in result.findings)
    if not covered:
        return WaiverUse(waiver, "unused", 0, total)
    return WaiverUse(waiver, "in_force" if covered == total else "partial", covered, total)


def _covers(waiver: Waiver, finding: Finding) -> bool:
    if waiver.line is not None:  # a comment speaks for its place alone
        return finding.path in waiver.paths and finding.line in (None, waiver.line)
    path = finding.path
    return not waiver.paths or (
        path is not None and any(fnmatch.fnmatchcase(path, pattern) for pattern in waiver.paths)
    )


def _read_one(
    entry: Any,
    place: str,
    severities: Mapping[str, Severity],
    as_of: dt.date,
    *,
    day: str = "expires",
    nobody: str = "without it nobody answers for the risk",
) -> Waiver:
    if not isinstance(entry, Mapping):
        raise WaiverError(f"{place}: expected a mapping with id, reason, owner and expires")
    for key in entry:
        if key not in _KEYS:
            near = _did_you_mean(str(key), _KEYS) or f"; there are: {', '.join(_KEYS)}"
            raise WaiverError(f"{place}: unknown key {key!r}{near}")
    check_id = str(entry.get("id") or "")
    if check_id not in severities:
        raise WaiverError(f"{place}: no check has the id {check_id!r}{meant(check_id, severities)}")
    for key in ("reason", "owner"):
        if not str(entry.get(key) or "").strip():
            raise WaiverError(f"{place} ({check_id}): {key} is missing; {nobody}")
        if _is_gap(str(entry[key]).strip()):
            gap = "TODO" if "TODO" in str(entry[key]).upper() else "placeholder"
            raise WaiverError(f"{place} ({check_id}): {key} is still a {gap}; say {_SAY[key]}")
    expires = _date(entry.get("expires"), f"{place} ({check_id}): {day}")
    if expires is None and severities[check_id] in NEEDS_EXPIRY:
        raise WaiverError(
            f"{place} ({check_id}): {day} is missing; a {severities[check_id].value} check needs a last day"
        )
    paths = entry.get("paths") or ()
    if isinstance(paths, str) or not all(isinstance(p, str) for p in paths):
        raise WaiverError(f"{place} ({check_id}): paths must be a list of patterns")
    return Waiver(
        id=check_id,
        reason=str(entry["reason"]).strip(),
        owner=str(entry["owner"]).strip(),
        expires=expires.isoformat() if expires else None,
        expired=expires is not None and expires < as_of,
        paths=tuple(paths),
        compensating_control=str(entry.get("control") or "").strip(),
        ticket=str(entry.get("ticket") or "").strip(),
    )


def _is_gap(text: str) -> bool:
    """Whether a text only keeps a place: TODO, "…", <name>."""
    bracketed = text.startswith("<") and text.endswith(">") and "@" not in text
    return bracketed or text.upper().startswith(("TODO", "TBD")) or not any(map(str.isalnum, text))


def _date(value: Any, place: str) -> dt.date | None:
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise WaiverError(f"{place} must be a day such as 2027-03-31, not {str(value)!r}") from None


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
