"""From the records of a result JSON to the checks and packs that a report shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aiaudit.reports import words
from aiaudit.reports.places import Place, folded
from aiaudit.reports.record import Record, as_text
from aiaudit.reports.strings import say
from aiaudit.reports.text import NBSP, beside, slug
from aiaudit.reports.view import PLACES_SHOWN, Basis, Check, Pack, Waiver

_CORE: Final = frozenset({"data", "infra", "security", "governance", "cost"})


def read_packs(result: Record, blocking: Iterable[str]) -> tuple[Pack, ...]:
    """The packs in the result's order, each with its checks. `blocking`: ids that stand before the next level."""
    titles = {r.text("id"): r.text("title") or r.text("id") for r in result.records("packs")}
    checks = _read_checks(result, titles, frozenset(blocking))
    by_pack: dict[str, list[Check]] = {}
    for check in checks:
        by_pack.setdefault(check.pack, []).append(check)
    anchors = _Anchors("pack")
    known = [_read_pack(record, anchors, by_pack.pop(record.text("id"), [])) for record in result.records("packs")]
    strays = [_read_pack(Record({"id": pack}), anchors, own) for pack, own in by_pack.items()]
    return tuple(known + strays)


def read_waiver(record: Record, check_id: str, title: str) -> Waiver:
    return Waiver(
        check_id=check_id or record.text("id"),
        title=title or record.text("id"),
        owner=record.text("owner"),
        reason=record.text("reason"),
        control=record.text("compensating_control") or record.text("control"),
        expires=record.text("expires"),
        expired=record.flag("expired") or record.text("state") == "expired",
        ticket=record.text("ticket"),
        paths=record.texts("paths"),
    )


def read_places(record: Record) -> tuple[Place, ...]:
    """The places of a fact's evidence that name a file."""
    return tuple(
        Place(item.text("path"), item.whole("line"), item.text("note"))
        for item in record.records("evidence")
        if item.text("path")
    )


class _Anchors:
    """Anchors that are unique in the document, whatever the ids hold."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.taken: set[str] = set()

    def of(self, text: str) -> str:
        base = anchor = f"{self.prefix}-{slug(text)}"
        while anchor in self.taken:
            anchor = f"{base}-{len(self.taken)}"
        self.taken.add(anchor)
        return anchor


def _read_pack(record: Record, anchors: _Anchors, checks: Sequence[Check]) -> Pack:
    identity = record.text("id") or "other"
    return Pack(
        id=identity,
        anchor=anchors.of(identity),
        title=record.text("title") or identity,
        core=_is_core(record),
        score=record.percent("score") if "score" in record else None,
        uncapped=record.percent("uncapped_score") if "uncapped_score" in record else None,
        low=record.percent("low"),
        high=record.percent("high"),
        coverage=record.percent("coverage"),
        capped_by=record.texts("capped_by"),
        checks=tuple(checks),
    )


def _is_core(pack: Record) -> bool:
    return pack.flag("core") or pack.text("id") in _CORE


def _read_checks(result: Record, titles: Mapping[str, str], blocking: frozenset[str]) -> list[Check]:
    anchors = _Anchors("check")
    core = frozenset(pack.text("id") for pack in result.records("packs") if _is_core(pack)) | _CORE
    records = result.records("checks")
    children: dict[str, list[str]] = {}
    for record in records:
        if record.text("blocked_by"):
            children.setdefault(record.text("blocked_by"), []).append(record.text("id"))
    return [
        _read_check(record, anchors, titles, blocking, core, tuple(children.get(record.text("id"), ())))
        for record in records
    ]


def _read_check(
    record: Record,
    anchors: _Anchors,
    titles: Mapping[str, str],
    blocking: frozenset[str],
    core: frozenset[str],
    children: tuple[str, ...],
) -> Check:
    identity, pack = record.text("id"), record.text("pack")
    title = record.text("title") or identity or say("check.untitled")
    status = _one_of(record.text("status"), words.STATUS, "unknown")
    points = record.number("points")
    findings = folded(record.records("findings"))
    measured = {words.dated(f.text("measured")) for f, _ in findings}
    limits = {f.text("limit") for f, _ in findings}
    same_measure = len(measured) == 1
    places = tuple(_read_finding(finding, same_measure, copies) for finding, copies in findings[:PLACES_SHOWN])
    waiver = record.record("waiver")
    return Check(
        id=identity,
        anchor=anchors.of(identity),
        pack=pack,
        pack_title=titles.get(pack, pack),
        title=title,
        severity=_one_of(record.text("severity"), words.WEIGHT, "medium"),
        kind=_one_of(record.text("kind"), words.KIND, "automatic"),
        status=status,
        points=min(max(points, 0.0), 1.0) if points is not None else {"pass": 1.0, "partial": 0.5}.get(status, 0.0),
        reason=words.dated(record.text("reason")),
        evidence_level=_one_of(record.text("evidence_level"), words.EVIDENCE_LEVEL, ""),
        confidence=record.text("confidence"),
        blocked_by=record.text("blocked_by"),
        why=record.text("why"),
        remediation=record.text("remediation"),
        effort=_one_of(record.text("effort"), words.EFFORT, "M"),
        risk=record.text("risk"),
        settles=record.text("settles"),
        urgent=record.flag("urgent"),
        priority=record.number("priority") or 0.0,
        question=record.text("question"),
        blocks_next=identity in blocking,
        places=places,
        findings=len(findings),
        measured=measured.pop() if same_measure else "",
        limit=", ".join(sorted(limits - {""})[:3]),
        limits=_settings(record),
        controls=_controls(record.record("controls")),
        facts=record.texts("facts"),
        explain=record.texts("explain"),
        rests_on=read_basis(record),
        waiver=read_waiver(waiver, identity, title) if waiver else None,
        children=children,
        after=record.texts("after"),
        core=pack in core,
        read=record.record("track_record").whole("read"),
        right=record.record("track_record").whole("right"),
    )


def _read_finding(finding: Record, same_measure: bool, copies: tuple[str, ...]) -> Place:
    return Place(
        path=finding.text("path"),
        line=finding.whole("line"),
        note=words.dated(beside(finding.text("path"), finding.text("message"))),
        measured="" if same_measure else words.dated(finding.text("measured")),
        confidence=finding.text("confidence"),
        copies=copies,
        cell=finding.whole("cell"),
    )


def read_basis(check: Record) -> tuple[Basis, ...]:
    """What a verdict rests on, without what its findings name; each kind by the first part of its title."""
    told = {(finding.text("path"), finding.whole("line")) for finding in check.records("findings")}
    rows = []
    for record in check.records("rests_on"):
        what = record.text("what").partition("; ")[0]
        places = [Place(place.text("path"), place.whole("line"), what) for place in record.records("places")]
        if any((place.path, place.line) not in told for place in places):
            more = max(record.whole("count") - len(places), 0)
            rows.append(Basis(what, tuple(places), more, record.flag("looked_at")))
    return tuple(rows)


def _controls(record: Record) -> str:
    """Such as "NIST AI RMF MAP 2.3, MEASURE 2.1; OWASP LLM LLM10:2025"."""
    return "; ".join(
        f"{words.SCHEMES.get(scheme, scheme)} {', '.join(record.texts(scheme))}" for scheme, _ in record.items()
    )


def _settings(record: Record) -> str:
    """The parameters of a check by what they are called; a result of before their titles were kept has only names."""
    titles = record.record("param_titles")
    told = ((name, titles.text(name), value) for name, value in record.record("params").items())
    return "; ".join(f"{title or name.replace('_', ' ')}: {_param(name, title, value)}" for name, title, value in told)


def _param(name: str, title: str, value: Any) -> str:
    """A value with its unit, as far as the name and the title tell it."""
    if isinstance(value, list):
        return ", ".join(map(as_text, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return as_text(value) or say("value.none")
    if name.endswith("days") and "days" not in title.lower():
        return words.digits(round(value), "day")
    if 0 <= value <= 1 and title.startswith(("Share", "Least share", "Largest share", "Largest drop")):
        return f"{value * 100:.10g}{NBSP}%"
    return as_text(value)


def _one_of(text: str, known: Mapping[str, Any], default: str) -> str:
    return text if text in known else default
