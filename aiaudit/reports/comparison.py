"""The comparison of two audits as text for a terminal, Markdown, HTML and JSON. All four say the same."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from aiaudit.reports import html as report_html
from aiaudit.reports import words
from aiaudit.reports.templating import html_environment, markdown_environment
from aiaudit.reports.text import clean, figure, shorten
from aiaudit.scoring.comparison import Change, Comparison, compare, is_quiet

FORMATS: Final = (".html", ".md", ".json")
_PLACES: Final = 5
_FACTS: Final = 40


@dataclass(frozen=True, slots=True)
class Line:
    """A check in a group: severity, id, title, what happened, and the places that are new or gone."""

    severity: str
    id: str
    title: str
    moved: str
    places: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Group:
    """Checks to which the same happened."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the formats print, in words."""

    name: str
    headline: str
    score: str
    moved: str
    level: str
    spans: str
    groups: tuple[Group, ...]
    packs: tuple[tuple[str, str, str, str], ...]
    facts: tuple[tuple[str, str, str], ...]
    more_facts: int
    asides: tuple[str, ...]


def render(suffix: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The comparison in one format (`.html`, `.md`, `.json`). Raises `ComparisonError`."""
    made = compare(clean(dict(before)), clean(dict(after)))
    if suffix == ".json":
        return json.dumps(dataclasses.asdict(made), indent=2, ensure_ascii=False, default=dict) + "\n"
    seen = view(made, str(after.get("project", {}).get("name") or "the project"))
    if suffix == ".md":
        return markdown_environment().get_template("comparison.md.j2").render(view=seen).strip() + "\n"
    style = report_html.asset("report.css")
    return (
        html_environment()
        .get_template("comparison.html.j2")
        .render(
            view=seen,
            policy=f"default-src 'none'; style-src '{report_html.digest(style)}'; base-uri 'none'; form-action 'none'",
            style=Markup(style),  # noqa: S704 (our file)
        )
    )


def terminal(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The comparison as plain lines."""
    made = compare(clean(dict(before)), clean(dict(after)))
    seen = view(made, str(after.get("project", {}).get("name") or "the project"))
    lines = [seen.headline, "", f"  Score  {seen.score}", f"         {seen.moved}", f"  Level  {seen.level}"]
    lines += [f"         {seen.spans}"]
    for group in seen.groups:
        lines += ["", group.title]
        for one in group.lines:
            lines.append(f"  {one.id:<9}{one.severity:<9}{one.title}")
            lines.append(f"  {'':<18}{one.moved}")
            lines += [f"  {'':<18}{place}" for place in one.places]
            if one.more:
                lines.append(f"  {'':<18}and {one.more} more")
    changed = [row for row in seen.packs if row[3] != "–"]
    if changed:
        width = max(len(row[0]) for row in changed)
        lines += ["", "Packs", *(f"  {name:<{width}}  {a:>4} → {b:>4}  {d}" for name, a, b, d in changed)]
    lines += ["", *seen.asides] if seen.asides else []
    return "\n".join(lines) + "\n"


def view(made: Comparison, name: str) -> View:
    """The comparison in words."""
    a, b = made.before, made.after
    facts = tuple((fact.id, shorten(fact.before, 40), shorten(fact.after, 40)) for fact in made.facts)
    return View(
        name=name,
        headline=_headline(made),
        score=f"{_score(a)} → {_score(b)}",
        moved=_moved(made),
        level=f"{_level(a.readiness)} → {_level(b.readiness)}" if a.readiness != b.readiness else _level(b.readiness),
        spans=f"{_audit(a.as_of, a.commit)} → {_audit(b.as_of, b.commit)}",
        groups=tuple(_groups(made)),
        packs=tuple((pack, figure(x), figure(y), _delta(x, y)) for pack, x, y in made.packs),
        facts=facts[:_FACTS],
        more_facts=max(0, len(facts) - _FACTS),
        asides=tuple(_asides(made)),
    )


def _headline(made: Comparison) -> str:
    if is_quiet(made):
        return "Nothing has changed since the earlier audit."
    counted = [
        (len(made.new), "new failure", "new failures"),
        (len(made.fixed), "fixed", "fixed"),
        (len(made.regressed), "regressed", "regressed"),
        (len(made.improved), "improved", "improved"),
        (len(made.unseen), "no longer seen", "no longer seen"),
        (len(made.expired), "waiver expired", "waivers expired"),
    ]
    parts = [f"{count} {one if count == 1 else many}" for count, one, many in counted if count]
    return f"Since {made.before.as_of}: {', '.join(parts) or 'small changes only'}."


def _moved(made: Comparison) -> str:
    if made.moved is None:
        return "One of the two has no score, so there is no difference."
    if made.same_ruleset:
        return f"{made.moved:+.1f}, by the same rules."
    if made.moved_by_project is None or made.moved_by_ruleset is None:
        return f"{made.moved:+.1f}; the rules differ, and too few checks are common to tell their part."
    return (
        f"{made.moved:+.1f}: {made.moved_by_project:+.1f} by the project, {made.moved_by_ruleset:+.1f} by other rules."
    )


def _groups(made: Comparison) -> list[Group]:
    named: Sequence[tuple[str, tuple[Change, ...], bool]] = (
        ("New failures", made.new, True),
        ("Regressed", made.regressed, True),
        ("No longer seen", made.unseen, True),
        ("Still failed or partly shown, in other places", made.findings, True),
        ("Fixed", made.fixed, False),
        ("Improved", made.improved, False),
        ("Now seen", made.seen, False),
        ("Applies otherwise", made.applies, True),
    )
    return [
        Group(f"{title} ({len(some)})", tuple(_line(c, fresh) for c in some)) for title, some, fresh in named if some
    ]


def _line(change: Change, fresh: bool) -> Line:
    status = words.STATUS
    before, after = (status.get(one, one).lower() for one in (change.before, change.after))
    moved = f"{before} → {after}: {change.reason}" if before != after else change.reason
    new, gone = _places(change.new), _places(change.gone)
    places = [f"new: {place}" for place in new] if fresh else []
    places += [f"gone: {place}" for place in gone] if change.before == change.after or not fresh else []
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
    for ids, sentence in (
        (made.waived, "Newly waived: {}."),
        (made.expired, "Waivers that expired: {}."),
        (made.added, "Checks that only the later rules have: {}."),
        (made.removed, "Checks that only the earlier rules have: {}."),
    ):
        if ids:
            told.append(sentence.format(", ".join(ids)))
    return told


def _score(side: Any) -> str:
    return f"{figure(side.score)} ({figure(side.low)}–{figure(side.high)}, {figure(side.coverage)} % seen)"


def _delta(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "–" if before == after else "number lost" if after is None else "has a number now"
    return f"{after - before:+.1f}" if after != before else "–"


def _level(readiness: str | None) -> str:
    return (readiness or "not judged").replace("_", " ")


def _audit(day: str, commit: str | None) -> str:
    return f"{day} ({commit[:12]})" if commit else day
