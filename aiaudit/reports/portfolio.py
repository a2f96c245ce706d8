"""The portfolio of many audits as HTML, Markdown, CSV, JSON and terminal text."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from aiaudit.reports import html as report_html
from aiaudit.reports.csv import safe_cell
from aiaudit.reports.templating import asset, html_environment, markdown_environment
from aiaudit.reports.text import clean, figure
from aiaudit.scoring.portfolio import LEVELS, Portfolio

FORMATS: Final = (".html", ".md", ".csv", ".json")
_COLUMNS: Final = {
    "project": "name", "owner": "owner", "as_of": "as_of", "level": "readiness", "score": "score", "low": "low",
    "high": "high", "coverage": "coverage", "weakest_core": "weakest", "next_level": "next_name",
    "next_days": "next_days", "ruleset": "ruleset",
}  # fmt: skip
_GAPS: Final = 12
_FIXES: Final = 8
_ROWS: Final = 40  # projects that the terminal shows
_NAMES: Final = {"not_ready": "Not ready", "": "No level"}
_BANDS: Final = (50, 70, 85)


@dataclass(frozen=True, slots=True)
class Row:
    """A project as it is printed."""

    name: str
    owner: str
    level: str
    score: str
    span: str
    low: float
    high: float
    value: float | None
    seen: str
    weakest: str
    step: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A counted thing: `count` of `of`, with what helps."""

    label: str
    detail: str
    count: int
    of: int
    note: str

    @property
    def share(self) -> float:
        """Percent of the whole."""
        return round(100 * self.count / self.of, 1) if self.of else 0.0


@dataclass(frozen=True, slots=True)
class View:
    """The portfolio in words."""

    headline: str
    totals: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    packs: tuple[str, ...]
    levels: tuple[Bar, ...]
    gaps: tuple[Bar, ...]
    fixes: tuple[Bar, ...]
    outliers: tuple[tuple[str, str], ...]
    owners: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]


def render(suffix: str, made: Portfolio) -> str:
    """The portfolio in one format. The same portfolio gives the same text."""
    if suffix == ".json":
        return json.dumps(clean(dataclasses.asdict(made)), indent=2, ensure_ascii=False) + "\n"
    if suffix == ".csv":
        return _csv(made)
    seen = view(made)
    if suffix == ".md":
        return markdown_environment().get_template("portfolio.md.j2").render(view=seen).strip() + "\n"
    style = asset("report.css") + asset("portfolio.css")
    return (
        html_environment()
        .get_template("portfolio.html.j2")
        .render(
            view=seen,
            policy=f"default-src 'none'; style-src '{report_html.digest(style)}'; base-uri 'none'; form-action 'none'",
            style=Markup(style),  # noqa: S704 (our files)
        )
    )


def terminal(made: Portfolio) -> str:
    """The ranking and the commonest gaps as plain lines of at most 80 columns."""
    seen = view(made)
    lines = [seen.headline, ""]
    width = min(30, max(len(row.name) for row in seen.rows))
    lines.append(f"  {'project':<{width}}  {'level':<10}  score  {'range':>7}  seen   next step")
    for row in seen.rows[:_ROWS]:
        name = row.name if len(row.name) <= width else row.name[: width - 1] + "…"
        lines.append(
            f"  {name:<{width}}  {row.level:<10}  {row.score:>5}  {row.span:>7}  {row.seen:>5}  {row.step}"[:100]
        )
    if len(seen.rows) > _ROWS:
        lines.append(f"  and {len(seen.rows) - _ROWS} more; -o portfolio.html shows all")
    for title, bars in (("Commonest gaps", seen.gaps), ("Fixes that lift most projects", seen.fixes)):
        if bars:
            lines += ["", title]
            lines += [f"  {bar.count:>4} of {bar.of:<4} {bar.detail:<9} {bar.label}"[:100] for bar in bars]
    lines += ["", *seen.notes] if seen.notes else []
    return "\n".join(lines) + "\n"


def view(made: Portfolio) -> View:
    """The portfolio in words, every text on one line and visible."""
    total = len(made.projects)
    gaps = [
        Bar(
            g.title,
            g.id,
            g.failed + g.partial,
            g.applies,
            f"{g.failed} failed, {g.partial} partly shown; {_days(g.days)} each",
        )
        for g in made.gaps[:_GAPS]
    ]
    fixes = [Bar(g.title, g.id, g.lifts, total, f"{g.remediation} {_days(g.days)} each.") for g in made.fixes[:_FIXES]]
    levels = [Bar(_level(level), "", made.levels[level], total, "") for level in (*LEVELS, "")]
    made_view = View(
        headline=_headline(made),
        totals=tuple(_totals(made)),
        rows=tuple(_row(project, made) for project in made.projects),
        packs=tuple(title for _, title in made.packs),
        levels=tuple(levels),
        gaps=tuple(gaps),
        fixes=tuple(fixes),
        outliers=tuple((one.project, one.why) for one in made.outliers),
        owners=tuple((owner, str(count), figure(mean)) for owner, count, mean in made.owners),
        notes=made.notes,
    )
    return _visible(made_view)


def _headline(made: Portfolio) -> str:
    total = len(made.projects)
    ready = made.levels["production"] + made.levels["scale"]
    stop = made.levels["not_ready"]
    is_or_are = "is" if ready < 2 else "are"
    parts = [f"{ready or 'None'} of {total} {_plural(total, 'project')} {is_or_are} shown ready for production"]
    if stop:
        parts.append(f"{stop} {'does' if stop == 1 else 'do'} not show what a prototype needs")
    return "; ".join(parts)


def _totals(made: Portfolio) -> list[tuple[str, str]]:
    scored = [project for project in made.projects if project.score is not None]
    near = [p for p in made.projects if p.next_checks and p.next_days is not None and p.next_days < 10]
    coverage = sum(project.coverage for project in made.projects) / len(made.projects)
    return [
        (f"{_plural(len(made.projects), 'project')}, {len(scored)} with a score", str(len(made.projects))),
        ("at Production or above", str(made.levels["production"] + made.levels["scale"])),
        ("one level away in under ten days", str(len(near))),
        ("not ready", str(made.levels["not_ready"])),
        ("of the evidence seen, in the mean", f"{coverage:.0f} %"),
    ]


def _row(project: Any, made: Portfolio) -> Row:
    titles = dict(made.packs)
    weakest = ""
    if project.weakest:
        weakest = f"{titles.get(project.weakest, project.weakest)} {figure(project.packs.get(project.weakest))}"
    step = "–"
    if project.next_name and not project.next_checks:
        step = f"evidence for {_level(project.next_name).lower()}"
    elif project.next_name:
        step = f"{project.next_days or 0:g} days to {_level(project.next_name).lower()}"
    return Row(
        name=project.name,
        owner=project.owner,
        level=_level(project.readiness or ""),
        score=figure(project.score),
        span=f"{project.low:.0f}–{project.high:.0f}",
        low=project.low,
        high=project.high,
        value=project.score,
        seen=f"{project.coverage:.0f} %",
        weakest=weakest,
        step=step,
        cells=tuple(_cell(project.packs.get(pack)) for pack, _ in made.packs),
    )


def _cell(score: float | None) -> tuple[str, str]:
    if score is None:
        return "bu", "–"
    return f"b{sum(score >= band for band in _BANDS)}", f"{score:.0f}"


def _csv(made: Portfolio) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    packs = [pack for pack, _ in made.packs]
    writer.writerow([*_COLUMNS, *packs])
    for project in made.projects:
        row = [getattr(project, field) for field in _COLUMNS.values()]
        row += [project.packs.get(pack) for pack in packs]
        writer.writerow([safe_cell(clean(value)) if isinstance(value, str) else value for value in row])
    return "\ufeff" + stream.getvalue()


def _visible(seen: View) -> View:
    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, tuple):
            return tuple(walk(one) for one in value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return dataclasses.replace(
                value, **{f.name: walk(getattr(value, f.name)) for f in dataclasses.fields(value)}
            )
        return value

    made: View = walk(seen)
    return made


def _level(level: str) -> str:
    return _NAMES.get(level, level.capitalize())


def _days(days: float) -> str:
    return f"{days:g} {_plural(int(days), 'day')}"


def _plural(count: int, word: str) -> str:
    return word if count == 1 else word + "s"
