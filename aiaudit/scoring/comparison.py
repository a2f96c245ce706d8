"""Two audits compared: what is new, fixed, regressed, waived or expired, and why the score moved.

A score can move because the project changed, because the rules did, or because more was seen. The first two are told
apart by scoring both audits a second time over the checks that both judged by the same severity and parameters: what
moves there is the project's, the rest is the ruleset's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit.model.check import Kind, Pack, Severity, Status
from aiaudit.model.fact import Confidence, Level
from aiaudit.model.records import as_dict
from aiaudit.model.result import CheckResult
from aiaudit.scoring.score import score

RANK: Final = {"fail": 0, "partial": 1, "pass": 2}
UNSEEN: Final = frozenset({"unknown", "blocked", "error"})
FACTS_KEPT: Final = 200

OF_OTHERS: Final = "The two results"
"""How a note begins that says that they are of different projects."""
_LEAST_PLACES: Final = 8  # fewer files tell nothing
_SHARED: Final = 0.2  # a README and a licence are in all projects; of one project most files stay

_CHANGES: Final = ("new", "fixed", "improved", "regressed", "unseen", "seen", "findings", "applies")


class ComparisonError(ValueError):
    """A result that cannot be compared; the message says why."""


class Side(Struct, frozen=True):
    """The headline of one audit."""

    as_of: str
    commit: str | None
    version: str
    ruleset: str
    score: float | None
    low: float
    high: float
    coverage: float
    readiness: str | None
    not_shown: bool = False
    """Below the first level, though nothing that was found rules it out."""


class Change(Struct, frozen=True):
    """A check of both audits that ended otherwise, or whose findings are others. Findings are those of the result."""

    id: str
    title: str
    severity: str
    before: str
    after: str
    reason: str
    new: tuple[Mapping[str, Any], ...] = ()
    gone: tuple[Mapping[str, Any], ...] = ()


class FactChange(Struct, frozen=True):
    """A fact that both audits have, with another state or value."""

    id: str
    before: str
    after: str


class Comparison(Struct, frozen=True):
    """Everything between two audits. Scores moved by: `project` + `ruleset` add up to the whole difference."""

    before: Side
    after: Side
    new: tuple[Change, ...] = ()  # did not fail, fails now
    fixed: tuple[Change, ...] = ()  # failed or was partly shown, passes now
    improved: tuple[Change, ...] = ()  # failed, is partly shown now
    regressed: tuple[Change, ...] = ()  # passed, is partly shown now
    unseen: tuple[Change, ...] = ()  # was judged, cannot be judged now
    seen: tuple[Change, ...] = ()  # could not be judged, passes or is partly shown now
    findings: tuple[Change, ...] = ()  # the same status with other findings
    applies: tuple[Change, ...] = ()  # applies now, or no longer
    waived: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    added: tuple[str, ...] = ()  # checks that only the later ruleset has
    removed: tuple[str, ...] = ()
    packs: tuple[tuple[str, float | None, float | None], ...] = ()
    facts: tuple[FactChange, ...] = ()
    moved: float | None = None
    moved_by_project: float | None = None
    moved_by_ruleset: float | None = None
    same_ruleset: bool = True
    notes: tuple[str, ...] = field(default=())


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """Compare two result JSONs, the earlier one first. Raises `ComparisonError`."""
    try:
        return _compare(before, after)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ComparisonError(f"not two results of aiaudit (no usable {error})") from None


def to_json(made: Comparison) -> dict[str, Any]:
    """The section `comparison` of a result. Of the facts that changed it holds the first 200."""
    kept = replace(made, facts=made.facts[:FACTS_KEPT])
    return as_dict(kept)


def from_json(data: Any) -> Comparison | None:
    """What `to_json` made; None where it is not that."""
    try:
        sides = {key: _side_of(data[key]) for key in ("before", "after")}
        changes = {key: tuple(_change_of(one) for one in data[key]) for key in _CHANGES}
        facts = tuple(FactChange(*(str(one[key]) for key in ("id", "before", "after"))) for one in data["facts"])
        packs = tuple((str(name), _figure(a), _figure(b)) for name, a, b in data["packs"])
        texts = {key: tuple(map(str, data[key])) for key in ("waived", "expired", "added", "removed", "notes")}
        moved = {key: _figure(data[key]) for key in ("moved", "moved_by_project", "moved_by_ruleset")}
        same = bool(data["same_ruleset"])
    except (KeyError, TypeError, ValueError):
        return None
    return Comparison(**sides, **changes, **texts, **moved, facts=facts, packs=packs, same_ruleset=same)  # type: ignore[arg-type]


def _side_of(data: Mapping[str, Any]) -> Side:
    optional = {key: None if data[key] is None else str(data[key]) for key in ("commit", "readiness")}
    return Side(
        as_of=str(data["as_of"]),
        version=str(data["version"]),
        ruleset=str(data["ruleset"]),
        score=_figure(data["score"]),
        low=float(data["low"]),
        high=float(data["high"]),
        coverage=float(data["coverage"]),
        not_shown=bool(data.get("not_shown")),
        **optional,
    )


def _change_of(data: Mapping[str, Any]) -> Change:
    places = {key: tuple(one for one in data[key] if isinstance(one, Mapping)) for key in ("new", "gone")}
    texts = {key: str(data[key]) for key in ("id", "title", "severity", "before", "after", "reason")}
    return Change(**texts, **places)  # type: ignore[arg-type]


def _figure(value: Any) -> float | None:
    return None if value is None else float(value)


def _compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    old = {check["id"]: check for check in before["checks"]}
    new = {check["id"]: check for check in after["checks"]}
    sides = _side(before), _side(after)
    groups: dict[str, list[Change]] = {}
    for check_id, check in new.items():
        if check_id in old:
            change = _change(old[check_id], check)
            kind = _kind(change)
            if kind:
                groups.setdefault(kind, []).append(change)
    first, second = _common(old, new)
    moved = None if sides[0].score is None or sides[1].score is None else round(sides[1].score - sides[0].score, 1)
    project = None
    if moved is not None:
        scores = [score(_packs(result), checks).score for result, checks in ((before, first), (after, second))]
        project = None if None in scores else round((scores[1] or 0.0) - (scores[0] or 0.0), 1)
    same = sides[0].ruleset == sides[1].ruleset
    if same and moved is not None:
        project = moved
    return Comparison(
        *sides,
        new=_sorted_changes(groups, "new"),
        fixed=_sorted_changes(groups, "fixed"),
        improved=_sorted_changes(groups, "improved"),
        regressed=_sorted_changes(groups, "regressed"),
        unseen=_sorted_changes(groups, "unseen"),
        seen=_sorted_changes(groups, "seen"),
        findings=_sorted_changes(groups, "findings"),
        applies=_sorted_changes(groups, "applies"),
        waived=_sorted(_waivers(new, expired=False) - _waivers(old, expired=False)),
        expired=_sorted(_waivers(new, expired=True) - _waivers(old, expired=True)),
        added=_sorted(set(new) - set(old)),
        removed=_sorted(set(old) - set(new)),
        packs=_pack_scores(before, after),
        facts=tuple(_facts(before.get("facts") or {}, after.get("facts") or {})),
        moved=moved,
        moved_by_project=project,
        moved_by_ruleset=None if moved is None or project is None else round(moved - project, 1),
        same_ruleset=same,
        notes=(*other_project(before, after), *_notes(sides)),
    )


def _side(result: Mapping[str, Any]) -> Side:
    return Side(
        str(result["as_of"]),
        result["project"].get("commit"),
        str(result["tool"]["version"]),
        str(result["tool"]["ruleset_hash"]),
        result["score"],
        float(result["score_low"]),
        float(result["score_high"]),
        float(result["coverage"]),
        result["readiness"],
        _not_shown(result),
    )


def _not_shown(result: Mapping[str, Any]) -> bool:
    missing = frozenset((result.get("next_level") or {}).get("missing") or ())
    failed = any(check["status"] == "fail" and check["id"] in missing for check in result["checks"])
    return result["readiness"] == "not_ready" and not failed


def _change(old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    had = {finding["fingerprint"] for finding in old["findings"]}
    has = {finding["fingerprint"] for finding in new["findings"]}
    return Change(
        new["id"],
        new["title"],
        new["severity"],
        old["status"],
        new["status"],
        new["reason"],
        tuple(finding for finding in new["findings"] if finding["fingerprint"] not in had),
        tuple(finding for finding in old["findings"] if finding["fingerprint"] not in has),
    )


def _kind(change: Change) -> str | None:
    before, after = change.before, change.after
    if before == after:
        return "findings" if after in RANK and (change.new or change.gone) else None
    if "not_applicable" in (before, after):
        return "new" if after == "fail" else "applies"
    if after in UNSEEN:
        return None if before in UNSEEN else "unseen"
    if after == "fail":
        return "new"
    if before in UNSEEN:
        return "seen"
    if after == "pass":
        return "fixed"
    return "improved" if RANK[after] > RANK[before] else "regressed"


def _sorted_changes(groups: Mapping[str, Sequence[Change]], kind: str) -> tuple[Change, ...]:
    return tuple(sorted(groups.get(kind, ()), key=_worst))


def _worst(change: Change) -> tuple[int, str]:
    return [*Severity].index(Severity(change.severity)), change.id


def _common(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> tuple[list[CheckResult], list[CheckResult]]:
    """The results of both over the checks that both judged by the same severity, pack and parameters."""
    same = [
        check_id
        for check_id in new
        if check_id in old
        and all(old[check_id].get(key) == new[check_id].get(key) for key in ("severity", "pack", "kind", "params"))
    ]
    return [_result(old[check_id]) for check_id in same], [_result(new[check_id]) for check_id in same]


def _result(check: Mapping[str, Any]) -> CheckResult:
    level = check.get("evidence_level")
    return CheckResult(
        id=check["id"],
        pack=check["pack"],
        title=check["title"],
        severity=Severity(check["severity"]),
        kind=Kind(check["kind"]),
        status=Status(check["status"]),
        points=check["points"],
        evidence_level=Level(level) if level else None,
        confidence=Confidence(check["confidence"]),
        reason=check["reason"],
    )


def _packs(result: Mapping[str, Any]) -> list[Pack]:
    return [Pack(pack["id"], pack["title"], "", core=bool(pack.get("core"))) for pack in result["packs"]]


def _waivers(checks: Mapping[str, Mapping[str, Any]], *, expired: bool) -> set[str]:
    return {i for i, check in checks.items() if check.get("waiver") and bool(check["waiver"]["expired"]) is expired}


def _pack_scores(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[tuple[str, float | None, float | None], ...]:
    old = {pack["id"]: pack["score"] for pack in before["packs"]}
    new = {pack["id"]: pack["score"] for pack in after["packs"]}
    return tuple((pack, old.get(pack), new.get(pack)) for pack in dict.fromkeys((*old, *new)))


def _facts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[FactChange]:
    for fact_id in sorted(old.keys() & new.keys()):
        before, after = _told(old[fact_id]), _told(new[fact_id])
        if before != after:
            yield FactChange(fact_id, before, after)


def _told(fact: Mapping[str, Any]) -> str:
    """A fact in a word or two: its value where that is plain, its size where it is a list."""
    if fact["state"] != "known":
        return str(fact["state"])
    value = fact["value"]
    if isinstance(value, list):
        size = fact.get("items", len(value))
        return f"{size} item" if size == 1 else f"{size} items"
    if isinstance(value, dict):
        return f"{len(value)} entries"
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)[:80]


def other_project(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """That the two results are of different projects: by their names, or by their files where one has no name."""
    one, other = ((result.get("project") or {}).get("name") or "" for result in (before, after))
    if one and other:
        named = f"{OF_OTHERS} name different projects, {one} and {other}: what differs is not what changed in one."
        return (named,) if one != other else ()
    old, new = _places(before), _places(after)
    fewer = min(len(old), len(new))
    if fewer < _LEAST_PLACES or len(old & new) >= _SHARED * fewer:
        return ()
    return (
        f"{OF_OTHERS} seem to be of different projects, {len(old & new)} of {fewer} files are the same: what differs is"
        " then not what changed in one.",
    )


def _places(result: Mapping[str, Any]) -> set[str]:
    """The files that an audit names, for what it found and for what it went by."""
    named = {one.get("path") for check in result["checks"] for one in check["findings"]}
    named |= {one.get("path") for fact in (result.get("facts") or {}).values() for one in fact.get("evidence") or ()}
    return {path for path in named if path}


def _notes(sides: tuple[Side, Side]) -> tuple[str, ...]:
    before, after = sides
    notes = []
    if before.ruleset != after.ruleset:
        versions = f"aiaudit {before.version} and {after.version}"
        notes.append(f"The rules differ: {before.ruleset} and {after.ruleset} ({versions}).")
    if before.as_of > after.as_of:
        notes.append(f"The first audit is the later one: {before.as_of} and {after.as_of}.")
    return tuple(notes)


def _sorted(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(ids))


def is_quiet(comparison: Comparison) -> bool:
    """Nothing that a reader must know has changed."""
    groups: Sequence[tuple[Any, ...]] = (
        comparison.new, comparison.fixed, comparison.improved, comparison.regressed, comparison.unseen,
        comparison.seen, comparison.findings, comparison.applies, comparison.waived, comparison.expired,
        comparison.added, comparison.removed,
    )  # fmt: skip
    return not any(groups) and not comparison.moved
