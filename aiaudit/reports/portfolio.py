"""The portfolio of many audits as HTML, Markdown, CSV, JSON and terminal text."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from textwrap import wrap
from typing import Any, Final

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from aiaudit.model.records import as_dict
from aiaudit.project.own_tables import PORTFOLIO
from aiaudit.reports import html as report_html
from aiaudit.reports import words
from aiaudit.reports.brand import Brand
from aiaudit.reports.csv import safe_cell
from aiaudit.reports.strings import Strings, say, speaking
from aiaudit.reports.templating import asset, html_environment, markdown_environment
from aiaudit.reports.text import clean, figure, shorten
from aiaudit.scoring.portfolio import LEVELS, Outlier, Portfolio

FORMATS: Final = (".html", ".md", ".csv", ".json")
_FIELDS: Final = (
    "name", "owner", "as_of", "readiness", "score", "low", "high", "coverage", "weakest", "next_name", "next_days",
    "ruleset",
)  # fmt: skip
"""Of a project, in the order of the columns."""
_GAPS: Final = 12
_FIXES: Final = 8
_LINE: Final = 100  # columns of the terminal
_NARROWEST: Final = 60  # below that nothing but the figures would be left
_FIGURES: Final = 39  # columns of level, score, range and share, with the spaces between
_SHORTEST_NAME: Final = 12
_ROWS: Final = 40  # projects that the terminal shows
_BANDS: Final = (50, 70, 85)


class Row(Struct, frozen=True):
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


class Bar(Struct, frozen=True):
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


class View(Struct, frozen=True):
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


def render(suffix: str, made: Portfolio, brand: Brand | None = None) -> str:
    """The portfolio in one format, with the colour and in the language of a brand. The same one gives the same text."""
    if suffix == ".json":
        return json.dumps(clean(as_dict(made)), indent=2, ensure_ascii=False) + "\n"
    if suffix == ".csv":
        return _csv(made)
    brand = brand or Brand()
    with speaking(brand.language) as strings:
        seen = view(made)
        if suffix == ".md":
            return markdown_environment().get_template("portfolio.md.j2").render(view=seen).strip() + "\n"
        return _page(seen, brand, strings)


def _page(seen: View, brand: Brand, strings: Strings) -> str:
    style = asset("report.css") + asset("portfolio.css") + brand.style + report_html.page_numbers()
    return (
        html_environment()
        .get_template("portfolio.html.j2")
        .render(
            view=seen,
            strings=strings,
            policy=f"default-src 'none'; style-src '{report_html.digest(style)}'; base-uri 'none'; form-action 'none'",
            style=Markup(style),  # noqa: S704 (our files)
        )
    )


def terminal(made: Portfolio, brand: Brand | None = None, width: int = _LINE) -> str:
    """The ranking and the commonest gaps as plain lines of at most `width` columns, 100 at the most."""
    with speaking((brand or Brand()).language):
        return _lines(view(made), min(max(width, _NARROWEST), _LINE))


def _lines(seen: View, columns: int) -> str:
    lines = [*wrap(seen.headline, columns), ""]
    heads = {key: say(f"portfolio.column.{key}") for key in ("project", "level", "score", "range", "seen", "step")}
    beside = _FIGURES + max(len(row.step) for row in seen.rows)
    below = _SHORTEST_NAME + beside > columns  # the next step stands in a line of its own, where it would be cut
    room = columns - (_FIGURES - 2 if below else beside)
    width = min(30, max(len(row.name) for row in seen.rows), max(_SHORTEST_NAME, room))
    head = f"  {heads['project']:<{width}}  {heads['level']:<10}  {heads['score']:>5}  {heads['range']:>7}  "
    lines.append(f"{head}{heads['seen']:>5}" + ("" if below else f"  {heads['step']}"))
    for row in seen.rows[:_ROWS]:
        name = row.name if len(row.name) <= width else row.name[: width - 1] + "…"
        line = f"  {name:<{width}}  {row.level:<10}  {row.score:>5}  {row.span:>7}  {row.seen:>5}"
        lines += [line, f"    {heads['step']}: {row.step}"[:columns]] if below else [f"{line}  {row.step}".rstrip()]
    if len(seen.rows) > _ROWS:
        lines.append("  " + say("portfolio.more_rows", n=len(seen.rows) - _ROWS))
    for title, bars in (("portfolio.gaps", seen.gaps), ("portfolio.fixes", seen.fixes)):
        if bars:
            lines += ["", say(title)]
            lines += [f"  {_of(bar):<12} {bar.detail:<9} {shorten(bar.label, columns - 25)}" for bar in bars]
    lines += ["", *(line for note in seen.notes for line in wrap(note, columns))] if seen.notes else []
    return "\n".join(lines) + "\n"


def _of(bar: Bar) -> str:
    return say("portfolio.of", some=f"{bar.count:>4}", total=bar.of)


def view(made: Portfolio) -> View:
    """The portfolio in words, every text on one line and visible."""
    total = len(made.projects)
    gaps = [
        Bar(
            g.title,
            g.id,
            g.failed + g.partial,
            g.applies,
            say("portfolio.gap_note", counts=_counts(g.failed, g.partial), days=_days(g.days)),
        )
        for g in made.gaps[:_GAPS]
    ]
    fixes = [
        Bar(g.title, g.id, g.lifts, total, say("portfolio.fix_note", fix=g.remediation, days=_days(g.days)))
        for g in made.fixes[:_FIXES]
    ]
    made_view = View(
        headline=_headline(made),
        totals=tuple(_totals(made)),
        rows=tuple(_row(project, made) for project in made.projects),
        packs=tuple(title for _, title in made.packs),
        levels=tuple(_levels(made)),
        gaps=tuple(gaps),
        fixes=tuple(fixes),
        outliers=tuple((one.project, _why(one)) for one in made.outliers),
        owners=tuple((owner or say("portfolio.nobody"), str(n), figure(mean)) for owner, n, mean in made.owners),
        notes=tuple(_notes(made)),
    )
    return _visible(made_view)


def _counts(failed: int, partial: int) -> str:
    parts = [("gap_failed", failed), ("gap_partial", partial)]
    return words.joined(*(say(f"portfolio.{key}", count) for key, count in parts if count))


def _levels(made: Portfolio) -> Iterator[Bar]:
    """How many projects stand on each level; of those below the first, what was found and what was only not shown."""
    unproven = sum(project.not_shown for project in made.projects)
    for level in (*LEVELS, ""):
        if level == "not_ready":
            yield Bar(say("portfolio.not_shown"), "", unproven, len(made.projects), "")
        count = made.levels[level] - (unproven if level == "not_ready" else 0)
        yield Bar(_level(level), "", count, len(made.projects), "")


def _headline(made: Portfolio) -> str:
    total = len(made.projects)
    ready = made.levels["production"] + made.levels["scale"]
    stop = made.levels["not_ready"]
    parts = [say("portfolio.ready", ready, projects=words.digits(total, "project"))]
    if stop:
        parts.append(say("portfolio.stop", stop))
    return "; ".join(parts)


def _totals(made: Portfolio) -> list[tuple[str, str]]:
    scored = [project for project in made.projects if project.score is not None]
    near = [p for p in made.projects if p.next_checks and p.next_days is not None and p.next_days < 10]
    coverage = sum(project.coverage for project in made.projects) / len(made.projects)
    return [
        (say("portfolio.total.projects", len(made.projects), scored=len(scored)), str(len(made.projects))),
        (say("portfolio.total.ready"), str(made.levels["production"] + made.levels["scale"])),
        (say("portfolio.total.near"), str(len(near))),
        (say("portfolio.total.not_ready"), str(made.levels["not_ready"])),
        (say("portfolio.total.seen"), f"{coverage:.0f} %"),
    ]


def _row(project: Any, made: Portfolio) -> Row:
    titles = dict(made.packs)
    numbered = {pack: score for pack, score in project.packs.items() if score is not None}
    lowest = min(numbered, key=lambda pack: numbered[pack]) if numbered else ""
    weakest = f"{titles.get(lowest, lowest)}\u00a0{figure(numbered[lowest])}" if lowest else ""
    step = "–"
    if project.next_name and not project.next_checks:
        step = say("portfolio.step_evidence", level=_level(project.next_name))
    elif project.next_name:
        step = say("portfolio.step", days=_days(project.next_days or 0), level=_level(project.next_name))
    return Row(
        name=project.name,
        owner=project.owner,
        level=say("portfolio.not_shown") if project.not_shown else _level(project.readiness or ""),
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
    writer.writerow([*PORTFOLIO, *packs])
    for project in made.projects:
        row = [getattr(project, field) for field in _FIELDS]
        row += [project.packs.get(pack) for pack in packs]
        writer.writerow([safe_cell(clean(value)) if isinstance(value, str) else value for value in row])
    return "\ufeff" + stream.getvalue()


def _visible(seen: View) -> View:
    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, tuple):
            return tuple(walk(one) for one in value)
        if isinstance(value, Struct):
            return replace(value, **{name: walk(getattr(value, name)) for name in value.__struct_fields__})
        return value

    made: View = walk(seen)
    return made


def _level(level: str) -> str:
    if not level:
        return say("portfolio.no_level")
    return words.LEVEL[level].name if level in words.LEVEL else level


def _days(days: float) -> str:
    return say("thing.day", math.ceil(days), n=f"{days:g}")


def _why(one: Outlier) -> str:
    return say(f"portfolio.outlier.{one.why}", n=figure(one.figure))


def _notes(made: Portfolio) -> Iterator[str]:
    if made.older:
        yield say("portfolio.older", made.older)
    for path in made.unread:
        yield say("portfolio.unread", path=path)
    if made.rulesets > 1:
        yield say("portfolio.rulesets", made.rulesets)
