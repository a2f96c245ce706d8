"""The summary for a terminal: figures, packs, what to do first, what failed and where.

Text of the audited project is never read as markup, and every control or direction character in it is made visible
(`aiaudit.reports.text.clean`). Readable at 80 columns, and without colour: signs and words carry the meaning.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aiaudit.reports import words
from aiaudit.reports.record import Record, preview
from aiaudit.reports.text import NBSP, clean, figure

BAR: Final = 16  # cells of a pack's bar
PLACES: Final = 3  # places of a failed check that are shown; `-o` reports hold all
PARTIALS: Final = 20  # checks that are partly shown and named; the reports name all
SIGN: Final = {"fail": "✗", "partial": "◐", "pass": "✓", "unknown": "?", "blocked": "∥", "error": "!"}
STYLE: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}
UNSEEN: Final = ("unknown", "blocked", "error")


def render(result: dict[str, Any], *, width: int = 80, colour: bool = False, subject: str = "") -> str:
    """The summary as text. `subject` heads it where the project has no name of its own (the path it was given by)."""
    page = io.StringIO()
    console = Console(
        file=page,
        width=max(width, 40),
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    view = Record(clean({key: value for key, value in result.items() if key != "facts"}))
    console.print(_head(view, clean(subject)))
    console.print()
    console.print(_indent(_standing(view)))
    if any(pack.whole("applicable_weight") for pack in view.records("packs")):
        console.print()
        console.print(_indent(_packs(view)))
    for part in (_own_settings(view), _actions(view), _failed(view), _partial(view), _rest(view)):
        if part is not None:
            console.print()
            console.print(part)
    # wrapped by now: plain spaces are easier to search for and to copy
    return "\n".join(line.rstrip() for line in page.getvalue().replace(NBSP, " ").split("\n")).rstrip() + "\n"


def _head(view: Record, subject: str) -> Text:
    project = view.record("project")
    facts = [project.text("commit")[:10], words.day(view.text("as_of"))]
    name = project.text("name") or subject or "this project"
    return Text.assemble((name, "bold"), ("  " + " · ".join(f for f in facts if f), "dim"))


def _standing(view: Record) -> Text:
    """The score with its range and coverage, the level, the weakest core pack, and the way to the next level."""
    low, high, coverage = view.percent("score_low"), view.percent("score_high"), view.percent("coverage")
    lines = [Text(words.score_phrase(view.number("score"), low, high, coverage), "bold")]
    if unnumbered := view.texts("unnumbered"):
        verb = "has" if len(unnumbered) == 1 else "have"
        also = "also " if view.number("score") is not None else ""
        packs = words.listed(unnumbered)
        lines.append(Text(f"The range {also}takes in {packs}, which {verb} too little evidence for a number", "dim"))
    accepted, score = view.number("score_accepted"), view.number("score")
    if accepted != score:
        settings = words.digits(len(view.records("relaxations")), "setting")
        waivers = words.digits(sum(w.text("state") == "in_force" for w in view.records("waivers")), "waiver")
        lines.append(Text(f"{figure(accepted)} as the project accepts it ({settings} of its own, {waivers})"))
    if readiness := view.text("readiness"):
        lines.append(_level(view, readiness))
        lines += _next(view)
    return Text("\n").join(lines)


def _level(view: Record, readiness: str) -> Text:
    named = {level.text("id"): level.text("title") for level in view.records("levels")}
    line = Text.assemble("Readiness: ", (named.get(readiness, "not shown"), "bold"))
    shipped = view.text("readiness_shipped")
    if shipped and shipped != readiness:
        line.append(f" ({named.get(shipped, shipped)} by the gates whose checks are shipped so far)")
    weakest = next((p for p in view.records("packs") if p.text("id") == view.text("weakest_core")), None)
    if weakest:
        line.append(f"\nWeakest core pack: {weakest.text('title')}, {figure(weakest.number('score'))}")
    return line


def _next(view: Record) -> list[Text]:
    step = view.record("next_level")
    if not step:
        return []
    name, checks, days = step.text("name"), step.texts("missing"), step.whole("effort_days")
    level = next((entry for entry in view.records("levels") if entry.text("id") == name), Record({}))
    states = [gate.text("state") for gate in level.records("gates")]
    work = f" ({words.digits(len(checks), 'check')} to pass, {words.digits(days, 'person-day')})" if checks else ""
    lines = [Text(f"Next level: {level.text('title') or name}{work}")]
    for state, said in (("not_shipped", "not shipped yet"), ("not_selected", "left out of this audit")):
        if waiting := states.count(state):
            needs = "needs" if waiting == 1 else "need"
            lines.append(Text(f"{words.digits(waiting, 'gate')} of it {needs} what is {said}", "dim"))
    return lines


def _packs(view: Record) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=False)
    table.add_column("Pack", overflow="fold", max_width=34)
    table.add_column("Score", justify="right", no_wrap=True)
    table.add_column("Range", justify="right", no_wrap=True)
    table.add_column("Seen", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, width=BAR)
    for pack in view.records("packs"):
        if not pack.whole("applicable_weight"):
            continue
        low, high = pack.percent("low"), pack.percent("high")
        title = Text(pack.text("title"))
        if pack.record("counts").whole("fail"):
            title.append(f" {SIGN['fail']}{pack.record('counts').whole('fail')}", "red")
        table.add_row(
            title,
            Text(figure(pack.number("score")), "bold"),
            f"{figure(low)}–{figure(high)}",
            f"{figure(pack.percent('coverage'))}{NBSP}%",
            _bar(low, high),
        )
        for line in _caps(pack):
            table.add_row(Text("  " + line, "dim"))
    return table


def _caps(pack: Record) -> Iterable[str]:
    if causes := pack.texts("capped_by"):
        yield f"{figure(pack.number('uncapped_score'))} but for {causes[0]}" + (
            f" +{len(causes) - 1}" if causes[1:] else ""
        )


def _bar(low: float, high: float) -> Text:
    """Solid up to the low end (certain), hatched up to the high end (not seen)."""
    certain = round(low * BAR / 100)
    possible = max(round(high * BAR / 100) - certain, 0)
    return Text.assemble(("█" * certain, "cyan"), ("▒" * possible, "dim"), ("·" * (BAR - certain - possible), "dim"))


def _own_settings(view: Record) -> Table | None:
    """Every setting by which a check is judged otherwise than shipped."""
    changes = view.records("relaxations")
    if not changes:
        return None
    table = _listing("Settings other than the shipped ones", 1)
    for change in changes:
        used, shipped = preview(change.data.get("used")), preview(change.data.get("shipped"))
        eases = "; may ease it" if change.flag("relaxes") else ""
        table.add_row("", Text(f"{change.text('check')} {change.text('name')}: {used} (shipped: {shipped}{eases})"))
    return table


def _actions(view: Record) -> Table | None:
    actions = view.records("actions")
    if not actions:
        return None
    titles = {check.text("id"): check.text("title") for check in view.records("checks")}
    table = _listing("What gains most per effort", 2)
    for place, action in enumerate(actions, start=1):
        check = action.text("check")
        what = "fix" if action.text("verb") == "fix" else "show"
        effort = words.EFFORT.get(action.text("effort"), "")
        gain = f"score {figure(action.number('score_before'))} → {figure(action.number('score_after'))}, "
        gain += f"at least {figure(action.number('low_before'))} → {figure(action.number('low_after'))}"
        title = Text.assemble((check, "bold"), f"  {titles.get(check, '')}\n", (f"{what}, {effort}; {gain}", "dim"))
        table.add_row(f"{place}.", title)
    return table


def _failed(view: Record) -> Table | None:
    failed = [c for c in view.records("checks") if c.text("status") == "fail"]
    if not failed:
        return None
    table = _listing(f"Failed: {words.digits(len(failed), 'check')}", 1)
    for check in sorted(failed, key=lambda c: -(c.number("priority") or 0.0)):
        severity = check.text("severity")
        text = Text.assemble(
            (check.text("id"), "bold"), "  ", (severity, STYLE.get(severity, "")), f"  {check.text('title')}"
        )
        if waiver := check.record("waiver"):
            end = f" until {words.day(waiver.text('expires'))}" if waiver.text("expires") else ""
            state = "waiver expired" if waiver.flag("expired") else f"waived by {waiver.text('owner')}{end}"
            text.append(f"  [{state}]", "yellow")
        for line in _places(check):
            text.append("\n" + line, "dim")
        table.add_row(Text(SIGN["fail"], "red"), text)
    return table


def _places(check: Record) -> Iterable[str]:
    findings = check.records("findings")
    located = [f for f in findings if f.text("path")]
    if not located:
        yield check.text("reason")
    for finding in located[:PLACES]:
        line = f":{finding.whole('line')}" if finding.number("line") else ""
        yield f"{finding.text('path')}{line}  {finding.text('message')}"
    if len(located) > PLACES:
        yield f"and {words.digits(len(located) - PLACES, 'place')} more"


def _partial(view: Record) -> Table | None:
    """The checks that are partly shown, the weightiest first: one line each, saying what is missing."""
    partial = [c for c in view.records("checks") if c.text("status") == "partial"]
    if not partial:
        return None
    title = f"Partly shown: {words.digits(len(partial), 'check')}"
    table = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    table.add_column("", no_wrap=True, overflow="ellipsis")
    for check in sorted(partial, key=lambda c: -(c.number("priority") or 0.0))[:PARTIALS]:
        waived = "  [waived]" if check.record("waiver") and not check.record("waiver").flag("expired") else ""
        table.add_row(
            Text.assemble(
                (SIGN["partial"], "yellow"),
                "  ",
                (check.text("id"), "bold"),
                (waived, "yellow"),
                "  ",
                check.text("reason"),
            )
        )
    if len(partial) > PARTIALS:
        table.add_row(Text(f"   and {len(partial) - PARTIALS} more", "dim"))
    return table


def _rest(view: Record) -> Text | None:
    """What was not judged, what passed, counted; and what was left out of the walk."""
    checks = view.records("checks")
    counts = {status: sum(c.text("status") == status for c in checks) for status in words.STATUS}
    lines = []
    if unseen := sum(counts[status] for status in UNSEEN):
        ask = sum(c.text("status") == "unknown" and c.text("kind") == "attested" for c in checks)
        parts = [
            f"{ask} to be answered by people" if ask else "",
            f"{counts['blocked']} blocked" if counts["blocked"] else "",
        ]
        parts.append(f"{counts['error']} in error" if counts["error"] else "")
        detail = ", ".join(p for p in parts if p)
        lines.append(f"{SIGN['unknown']} Not judged: {unseen}" + (f", of which {detail}" if detail else ""))
    lines.append(f"{SIGN['pass']} Passed: {counts['pass']}; not applicable: {counts['not_applicable']}")
    skipped = view.record("skipped").whole("files")
    if skipped:
        lines.append(f"  Left out or not readable: {words.digits(skipped, 'path')}")
    return Text("\n".join(lines)) if checks else None


def _listing(title: str, sign: int) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    table.add_column("", width=sign, no_wrap=True)
    table.add_column("", overflow="fold")
    return table


def _indent(content: Any) -> Padding:
    return Padding(content, (0, 0, 0, 2))
