"""The comparison of two audits in words: what a page, a part of the report, Markdown and a terminal print alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from aiaudit.reports import words
from aiaudit.reports.strings import say
from aiaudit.reports.text import figure, shorten
from aiaudit.scoring.comparison import OF_OTHERS, Change, Comparison, Side, is_quiet

_PLACES: Final = 5
_FACTS: Final = 40


class Line(Struct, frozen=True):
    """A check in a group: severity, id, title, what happened, and the places that are new or gone."""

    severity: str
    id: str
    title: str
    moved: str
    places: tuple[str, ...]
    more: int


class Group(Struct, frozen=True):
    """Checks to which the same happened."""

    title: str
    lines: tuple[Line, ...]


class View(Struct, frozen=True):
    """Everything that the formats print, in words."""

    name: str
    headline: str
    changes: str
    score: str
    moved: str
    level: str
    spans: str
    groups: tuple[Group, ...]
    packs: tuple[tuple[str, str, str, str], ...]
    pack_rows: tuple[tuple[str, str, str, str, float | None, float | None], ...]
    facts: tuple[tuple[str, str, str], ...]
    more_facts: int
    asides: tuple[str, ...]
    warning: str = ""  # stands first: that the two results are of different projects


def view(made: Comparison, name: str, titles: Mapping[str, str] | None = None) -> View:
    """The comparison in words. `titles`: of the packs by their id."""
    a, b = made.before, made.after
    facts = tuple((fact.id, shorten(fact.before, 40), shorten(fact.after, 40)) for fact in made.facts)
    packs = tuple((pack, figure(x), figure(y), _delta(x, y)) for pack, x, y in made.packs)
    known = titles or {}
    return View(
        name=name,
        headline=_headline(made),
        changes=say("comparison.quiet" if is_quiet(made) else "comparison.since_then", list=_sentence(_changes(made))),
        score=f"{_score(a)} → {_score(b)}",
        moved=_moved(made),
        level=_level(b) if _level(a) == _level(b) else f"{_level(a)} → {_level(b)}",
        spans=f"{_audit(a.as_of, a.commit)} → {_audit(b.as_of, b.commit)}",
        groups=tuple(_groups(made)),
        packs=tuple((known.get(row[0], row[0]), *row[1:]) for row in packs),
        pack_rows=tuple(
            (known.get(row[0], row[0]), *row[1:], x, y) for row, (_, x, y) in zip(packs, made.packs, strict=True)
        ),
        facts=facts[:_FACTS],
        more_facts=max(0, len(facts) - _FACTS),
        asides=tuple(note for note in _asides(made) if not note.startswith(OF_OTHERS)),
        warning=" ".join(note for note in made.notes if note.startswith(OF_OTHERS)),
    )


def _headline(made: Comparison) -> str:
    if is_quiet(made):
        return say("comparison.quiet")
    return say("comparison.since", day=words.day(made.before.as_of), list=_changes(made))


def _changes(made: Comparison) -> str:
    """What changed, counted, such as "1 new failure, 2 fixed"."""
    counts = {
        "new": made.new,
        "fixed": made.fixed,
        "regressed": made.regressed,
        "improved": made.improved,
        "seen": made.seen,
        "unseen": made.unseen,
        "waived": made.waived,
        "expired": made.expired,
    }
    parts = [say(f"comparison.count.{key}", len(some)) for key, some in counts.items() if some]
    return ", ".join(parts) or say("comparison.small")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _moved(made: Comparison) -> str:
    if made.moved is None:
        return say("comparison.no_difference")
    moved = words.signed(made.moved, 1)
    if made.same_ruleset and not round(made.moved, 1):
        return say("comparison.not_moved")
    if made.same_ruleset:
        return say("comparison.same_rules", moved=moved)
    if made.moved_by_project is None or made.moved_by_ruleset is None:
        return say("comparison.other_rules", moved=moved)
    if not any(round(part, 1) for part in (made.moved, made.moved_by_project, made.moved_by_ruleset)):
        return say("comparison.not_moved_rules")
    project, rules = words.signed(made.moved_by_project, 1), words.signed(made.moved_by_ruleset, 1)
    return say("comparison.parted", moved=moved, project=project, rules=rules)


def _groups(made: Comparison) -> list[Group]:
    named: Sequence[tuple[str, tuple[Change, ...], bool]] = (
        ("new", made.new, True),
        ("regressed", made.regressed, True),
        ("unseen", made.unseen, True),
        ("findings", made.findings, True),
        ("fixed", made.fixed, False),
        ("improved", made.improved, False),
        ("seen", made.seen, False),
        ("applies", made.applies, True),
    )
    return [
        Group(f"{say(f'comparison.group.{key}')} ({len(some)})", tuple(_line(c, fresh) for c in some))
        for key, some, fresh in named
        if some
    ]


def _line(change: Change, fresh: bool) -> Line:
    status = words.STATUS
    before, after = (status.get(one, one).lower() for one in (change.before, change.after))
    moved = f"{before} → {after}: {change.reason}" if before != after else change.reason
    new, gone = _places(change.new), _places(change.gone)
    places = [say("comparison.place_new", place=place) for place in new] if fresh else []
    places += (
        [say("comparison.place_gone", place=place) for place in gone]
        if change.before == change.after or not fresh
        else []
    )
    return Line(change.severity, change.id, change.title, moved, tuple(places[:_PLACES]), max(0, len(places) - _PLACES))


def _places(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    told = []
    for finding in findings:
        path, line = finding.get("path"), finding.get("line")
        place = f"{path}:{line}" if path and line else path or ""
        told.append(f"{place} {shorten(str(finding.get('message', '')), 160)}".strip())
    return told


def _asides(made: Comparison) -> list[str]:
    told = list(made.notes)
    for ids, key in (
        (made.waived, "waived"),
        (made.expired, "expired"),
        (made.added, "added"),
        (made.removed, "removed"),
    ):
        if ids:
            told.append(say(f"comparison.aside.{key}", list=", ".join(ids)))
    return told


def _score(side: Any) -> str:
    score, low, high = figure(side.score), figure(side.low), figure(side.high)
    key = "score_outside" if words.lies_outside(side.score, side.low, side.high) else "score"
    return say(f"comparison.{key}", score=score, low=low, high=high, seen=figure(side.coverage))


def _delta(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "–" if before == after else say("comparison.number_lost" if after is None else "comparison.number_now")
    return words.signed(after - before, 1) if after != before else "–"


def _level(side: Side) -> str:
    if side.not_shown:
        return say("not_shown")
    level = words.LEVEL.get(side.readiness or "")
    return level.name if level else say("comparison.not_judged")


def _audit(day: str, commit: str | None) -> str:
    return f"{words.day(day)} ({commit[:12]})" if commit else words.day(day)
