"""The summary for a terminal: figures, packs, what to do first, what failed and where.

Text of the audited project is never read as markup, and every control or direction character in it is made visible
(`aiaudit.reports.text.clean`). Readable at 80 columns, and without colour: signs and words carry the meaning.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aiaudit.reports import brand, page_one, terminal_checks, words
from aiaudit.reports.console import console_on
from aiaudit.reports.failed import is_waived
from aiaudit.reports.record import Record, preview
from aiaudit.reports.rows import is_danger, unseen_of
from aiaudit.reports.strings import say, speaking
from aiaudit.reports.terminal_checks import NARROW, SIGN
from aiaudit.reports.text import NBSP, clean, figure, lower_first
from aiaudit.subject import NO_MODEL

BAR: Final = 10  # cells of a pack's bar
BAR_WIDE: Final = 24
WIDE: Final = 110  # columns from which the pack table spreads
ROOM_FOR_BARS: Final = 72  # columns under which the names of the packs need the room of their bars
NEXT: Final = 6  # checks of the next level that are named
SCREEN: Final = 60  # lines after which the answer, which has scrolled away, is said once more


def render(
    result: dict[str, Any],
    *,
    width: int = 80,
    colour: bool = False,
    subject: str = "",
    options: Mapping[str, str] | None = None,
) -> str:
    """The summary as text. `subject` heads it where the project has no name of its own (the path it was given by).
    `options`: by check, what `aiaudit explain` needs beside its id."""
    page = io.StringIO()
    console = console_on(page, max(width, 40), colour=colour)
    view = Record(clean({key: value for key, value in result.items() if key != "facts"}))
    with speaking(brand.of(result.get("brand")).language):
        _print(console, view, clean(subject), options or {})
        if page.getvalue().count("\n") > SCREEN and (readiness := view.text("readiness")):
            console.print()
            console.print(
                Text.assemble(
                    f"{say('terminal.in_short')} ", _score(view), ". ", _level(view, readiness), *_critical(view)
                )
            )
        if (first := terminal_checks.first(view)) is not None:
            console.print()
            console.print(first)
    # wrapped by now: plain spaces are easier to search for and to copy
    return "\n".join(line.rstrip() for line in page.getvalue().replace(NBSP, " ").split("\n")).rstrip() + "\n"


def _print(console: Console, view: Record, subject: str, options: Mapping[str, str]) -> None:
    console.print(_head(view, subject))
    console.print()
    console.print(_indent(_standing(view, console)))
    if any(pack.percent("coverage") for pack in view.records("packs")):  # else all rows would say nothing
        console.print()
        console.print(_indent(_packs(view, console.width)))
        if console.width >= ROOM_FOR_BARS:
            console.print(_indent(Text(say("terminal.bar"), "dim")))
    parts = (
        _own_settings(view),
        terminal_checks.actions(view, console),
        terminal_checks.failed(view, console, options),
        terminal_checks.partial(view, console),
        terminal_checks.rest(view, console),
    )
    for part in parts:
        if part is not None:
            console.print()
            console.print(part)


def _head(view: Record, subject: str) -> Text:
    project = view.record("project")
    commit = project.text("commit")[:10]
    around = say("cover.around", commit=commit) if commit and project.text("within") else commit
    facts = [around, words.day(view.text("as_of"))]
    name = project.text("name") or subject or say("cover.unnamed")
    return Text.assemble((name, "bold"), ("  " + " · ".join(f for f in facts if f), "dim"))


def _standing(view: Record, console: Console) -> Text:
    """The score with its range and coverage, the level, the weakest area, and the way to the next level."""
    low, high, coverage = view.percent("score_low"), view.percent("score_high"), view.percent("coverage")
    lines = [_score(view)]
    if coverage and (unnumbered := view.texts("unnumbered")):
        lines.append(Text(words.range_remark(view.number("score"), low, high, len(unnumbered)), "dim"))
        numbered = sum(pack.number("score") is not None for pack in view.records("packs"))
        if few := words.few_areas(numbered, len(unnumbered)):
            lines.append(Text(few, "yellow"))
    if NO_MODEL in view.texts("assumptions"):
        lines.append(Text(NO_MODEL, "yellow"))
    accepted, score = view.number("score_accepted"), view.number("score")
    if accepted != score:
        changed, waived = len(view.records("relaxations")), view.records("waivers")
        risks = sum(w.text("state") in ("in_force", "partial") for w in waived)
        counts = {"changed": changed, "risks": risks}
        named = words.joined(*(say(f"terminal.{key}", n) for key, n in counts.items() if n))
        lines.append(Text(say("terminal.accepted", score=figure(accepted), list=named)))
    if readiness := view.text("readiness"):
        lines.append(_level(view, readiness))
        if graves := _graves(view, readiness):
            lines.append(Text(graves))
        lines += _weakest(view)
        lines += _next(view, console)
    return Text("\n").join(lines)


def _graves(view: Record, readiness: str) -> str:
    """What was found that rules out any use, or any use by others, as page one of the report has it."""
    failed = {check.text("id"): check for check in view.records("checks") if check.text("status") == "fail"}
    missing = view.record("next_level").texts("missing") if readiness == "not_ready" else ()
    ruling = failed.keys() & set(missing)
    critical = [check for name, check in failed.items() if name not in ruling and is_danger(check)]
    accepted = sum(is_waived(check) for check in critical)
    said = page_one.graves(len(ruling), len(critical), accepted, readiness in ("not_ready", "prototype"))
    return said.removesuffix(".")


def _critical(view: Record) -> list[str]:
    """How many critical checks fail, which a level that is not ruled out may let one forget."""
    critical = [check for check in view.records("checks") if check.text("severity") == "critical"]
    failed = sum(check.text("status") == "fail" for check in critical)
    return [". ", say("terminal.critical", failed)] if failed else []


def _score(view: Record) -> Text:
    low, high, coverage = view.percent("score_low"), view.percent("score_high"), view.percent("coverage")
    return Text(words.score_phrase(view.number("score"), low, high, coverage), "bold")


def _level(view: Record, readiness: str) -> Text:
    """The level and what it means; where none is reached and nothing found forbids it, that it was not shown."""
    if readiness not in words.LEVEL:
        return Text(readiness)
    missing = view.record("next_level").texts("missing")
    failed = {check.text("id") for check in view.records("checks") if check.text("status") == "fail"}
    if readiness == "not_ready" and failed.isdisjoint(missing):
        following = view.record("next_level").text("name")
        name = words.LEVEL[following].name if following in words.LEVEL else ""
        line = Text.assemble((say("not_shown"), "bold"), say("terminal.not_ruled_out", level=name) if name else "")
    elif readiness == "not_ready":
        line = Text(words.LEVEL[readiness].verdict, "bold")
    else:
        level = words.LEVEL[readiness]
        line = Text.assemble((level.name, "bold"), f": {lower_first(level.verdict)}")
    shipped = view.text("readiness_shipped")
    if shipped in words.LEVEL and shipped != readiness:
        line.append(" " + say("terminal.by_shipped", level=words.LEVEL[shipped].name))
    return line


def _weakest(view: Record) -> list[Text]:
    """The area with the lowest score, core or not, as page one of the report has it."""
    numbered = [pack for pack in view.records("packs") if pack.number("score") is not None]
    if not numbered:
        return []
    lowest = min(numbered, key=lambda pack: pack.number("score") or 0.0)
    return [Text(say("terminal.weakest", pack=lowest.text("title"), score=figure(lowest.number("score"))))]


def _next(view: Record, console: Console) -> list[Text]:
    step = view.record("next_level")
    key, checks = step.text("name"), step.texts("missing")
    if key not in words.LEVEL:
        return []
    level = next((entry for entry in view.records("levels") if entry.text("id") == key), Record({}))
    gates = level.records("gates")
    needs = [f"{gate.text('wanted')} ({gate.text('got')})" for gate in gates if gate.text("state") == "unmet"]
    if checks:
        days = words.digits(step.whole("effort_days"), "person_day")
        lines = [Text(say("terminal.next", len(checks), level=words.LEVEL[key].name, days=days))]
        lines += _wanted(view, checks, console)
    elif needs:
        lines = [Text(say("terminal.next_needs", level=words.LEVEL[key].name, list="; ".join(needs[:NEXT])))]
    else:
        lines = [Text(say("terminal.next_only", level=words.LEVEL[key].name))]
    lines += _not_contradicted(view, level)
    states = [gate.text("state") for gate in gates]
    for state in ("not_shipped", "not_selected"):
        if waiting := states.count(state):
            lines.append(Text(say(f"terminal.{state}", waiting), "dim"))
    return lines


def _wanted(view: Record, names: Sequence[str], console: Console) -> Iterable[Text]:
    """The checks that the next level waits for, each with how it stands and what it asks."""
    known = {check.text("id"): check for check in view.records("checks")}
    shown = names[:NEXT] if len(names) <= NEXT else names[: NEXT - 1]
    for name in shown:
        check = known.get(name, Record({}))
        sign = SIGN.get(check.text("status"), SIGN["unknown"])
        head = Text.assemble((sign, "red" if check.text("status") == "fail" else "dim"), f"  {name:<8}  ")
        yield from terminal_checks.hung(console, head, Text(check.text("title")), margin=2)
    if more := len(names) - len(shown):
        yield Text(say("more", n=more), "dim")


def _not_contradicted(view: Record, following: Record) -> Iterable[Text]:
    """What holds only as nothing was seen to fail: of the levels reached, and of the one that follows."""
    reached = [level for level in view.records("levels") if level.flag("reached")]
    for key, levels in (("reached_open", reached), ("next_open", [following])):
        found = [unseen_of(gate) for level in levels for gate in level.records("gates")]
        names = tuple(dict.fromkeys(name for names in found for name in names))
        if names:
            listed = _and_more(names) if len(names) > NEXT else ", ".join(names)
            yield Text(say(f"terminal.{key}", sum(map(bool, found)), list=listed), "dim")


def _and_more(checks: Sequence[str]) -> str:
    return say("and_more", list=", ".join(checks[: NEXT - 1]), n=len(checks) - NEXT + 1)


def _packs(view: Record, width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=False)
    wide = width >= WIDE
    table.add_column(say("terminal.pack"), overflow="fold", max_width=46 if wide else 36)
    roomy = width >= NARROW
    columns = ("failed_column", "score", "range", "seen") if roomy else ("failed_column", "score", "range")
    for column in columns:
        table.add_column(say(f"terminal.{column}"), justify="right", no_wrap=True)
    cells = BAR_WIDE if wide else BAR if width >= ROOM_FOR_BARS else 0
    if cells:
        table.add_column("", no_wrap=True, width=cells)
    for pack in view.records("packs"):
        if not pack.whole("applicable_weight"):
            continue
        low, high = pack.percent("low"), pack.percent("high")
        failed = pack.record("counts").whole("fail")
        row: dict[str, Text | str] = {
            "failed_column": Text(f"{SIGN['fail']}{failed}" if failed else "", "red"),
            "score": Text(figure(pack.number("score")), "bold"),
            "range": f"{figure(low)}–{figure(high)}",
            "seen": f"{figure(pack.percent('coverage'))}{NBSP}%",
        }
        bar = [_bar(low, high, cells)] if cells else []
        table.add_row(Text(pack.text("title")), *(row[column] for column in columns), *bar)
        for line in _caps(pack):
            table.add_row(Text("  " + line, "dim"))
    return table


def _caps(pack: Record) -> Iterable[str]:
    if causes := pack.texts("capped_by"):
        named = causes[0] + (f" +{len(causes) - 1}" if causes[1:] else "")
        yield say("terminal.but_for", score=figure(pack.number("uncapped_score")), checks=named)


def _bar(low: float, high: float, cells: int) -> Text:
    """Solid up to the low end (certain), hatched up to the high end (not seen)."""
    certain = round(low * cells / 100)
    possible = max(round(high * cells / 100) - certain, 0)
    rest = cells - certain - possible
    return Text.assemble(("█" * certain, "cyan"), ("▒" * possible, "dim"), ("·" * rest, "dim"))


def _own_settings(view: Record) -> Table | None:
    """Every setting by which a check is judged otherwise than shipped."""
    changes = view.records("relaxations")
    if not changes:
        return None
    table = _listing(say("terminal.settings"))
    for change in changes:
        used, shipped = preview(change.data.get("used")), preview(change.data.get("shipped"))
        key = "terminal.setting_eases" if change.flag("relaxes") else "terminal.setting"
        name = f"{change.text('check')} {change.text('name')}"
        table.add_row("", Text(say(key, name=name, used=used, shipped=shipped)))
    return table


def _listing(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    table.add_column("", width=1, no_wrap=True)
    table.add_column("", overflow="fold")
    return table


def _indent(content: Any) -> Padding:
    return Padding(content, (0, 0, 0, 2))
