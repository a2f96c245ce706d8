"""The comparison of two audits as text for a terminal, Markdown, HTML and JSON. All four say the same."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from aiaudit.model.records import as_dict
from aiaudit.reports import brand, charts_change, words
from aiaudit.reports import html as report_html
from aiaudit.reports.comparison_view import View, view
from aiaudit.reports.strings import Strings, say, speaking
from aiaudit.reports.templating import asset, html_environment, markdown_environment
from aiaudit.reports.text import clean
from aiaudit.scoring.comparison import compare

FORMATS: Final = (".html", ".md", ".json")
HANG: Final = " " * 20  # what stands below a check's id and severity


def render(suffix: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The comparison in one format (`.html`, `.md`, `.json`). Raises `ComparisonError`."""
    after = clean(dict(after))
    made = compare(clean(dict(before)), after)
    if suffix == ".json":
        return json.dumps(as_dict(made), indent=2, ensure_ascii=False) + "\n"
    with speaking(_language(after)) as strings:
        seen = view(made, _name(after), _titles(after))
        if suffix == ".md":
            template = markdown_environment().get_template("comparison.md.j2")
            return template.render(view=seen, words=words).strip() + "\n"
        return _page(seen, strings)


def _page(seen: View, strings: Strings) -> str:
    style = asset("report.css") + report_html.page_numbers()
    return (
        html_environment()
        .get_template("comparison.html.j2")
        .render(
            view=seen,
            words=words,
            strings=strings,
            charts=charts_change,
            policy=f"default-src 'none'; style-src '{report_html.digest(style)}'; base-uri 'none'; form-action 'none'",
            style=Markup(style),  # noqa: S704 (our file)
        )
    )


def terminal(before: Mapping[str, Any], after: Mapping[str, Any], width: int = 80) -> str:
    """The comparison as plain lines of at most `width` columns, where no single word is wider."""
    after = clean(dict(after))
    made = compare(clean(dict(before)), after)
    with speaking(_language(after)):
        return _lines(view(made, _name(after), _titles(after)), width)


def _lines(seen: View, room: int) -> str:
    score, level = say("comparison.score_label"), say("comparison.level_label")
    wide = max(len(score), len(level))
    warned = [*_hung("", seen.warning, room), ""] if seen.warning else []
    lines = [*warned, seen.headline, ""]
    for label, text in ((score, seen.score), ("", seen.moved), (level, seen.level), ("", seen.spans)):
        lines += _hung(f"  {label:<{wide}}  ", text, room)
    for group in seen.groups:
        lines += ["", group.title]
        for one in group.lines:
            head = f"  {one.id:<9}{words.SEVERITY.get(one.severity, one.severity).lower():<9}"
            lines += _hung(head, one.title, room) + _hung(HANG, one.moved, room)
            lines += [line for place in one.places for line in _hung(HANG, place, room)]
            if one.more:
                lines.append(f"{HANG}{say('more', n=one.more)}")
    changed = [row for row in seen.packs if row[3] != "–"]
    if changed:
        width = max(len(row[0]) for row in changed)
        lines += [
            "",
            say("comparison.packs"),
            *(f"  {name:<{width}}  {a:>4} → {b:>4}  {d}" for name, a, b, d in changed),
        ]
    asides = [line for aside in seen.asides for line in _hung("", aside, room)]
    lines += ["", *asides] if asides else []
    return "\n".join(lines) + "\n"


def _hung(head: str, text: str, room: int) -> list[str]:
    """A head and a text beside it, whose further lines hang below its first."""
    left = max(room - len(head), 30)
    first, *rest = textwrap.wrap(text, left, break_long_words=False, break_on_hyphens=False) or [""]
    return [head + first, *(" " * len(head) + line for line in rest)]


def _language(result: Mapping[str, Any]) -> str:
    return brand.of(result.get("brand")).language


def _name(result: Mapping[str, Any]) -> str:
    """The project's name; "" where it has none: both audits are named by their day and commit anyway."""
    return str((result.get("project") or {}).get("name") or "")


def _titles(result: Mapping[str, Any]) -> dict[str, str]:
    return {str(pack.get("id")): str(pack.get("title") or pack.get("id")) for pack in result.get("packs", ())}
