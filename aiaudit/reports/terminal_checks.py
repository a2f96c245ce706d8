"""What the terminal summary says check by check: what to do first, what failed and where, what is partly shown.

Titles and places hang beside the sign and the id of their check, and below it on a narrow screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from rich.console import Console, Group
from rich.text import Text

from aiaudit.project.entry import not_own
from aiaudit.reports import words
from aiaudit.reports.places import Place, Spot, folded, gathered
from aiaudit.reports.plan import Step, step_text
from aiaudit.reports.reading import read_basis, read_packs
from aiaudit.reports.record import Record, unread_files
from aiaudit.reports.rows import is_danger
from aiaudit.reports.strings import say
from aiaudit.reports.text import beside, figure, first_sentence, full_stop

NARROW: Final = 60  # columns under which text does not hang below a title
SIGN: Final = {"fail": "✗", "partial": "◐", "pass": "✓", "unknown": "?", "blocked": "∥", "error": "!"}
PLACES: Final = {"critical": 3, "high": 2}  # sentences on places of such a failure; of others the first places alone
ALIKE: Final = 5  # places of one such sentence
REMEDY: Final = 150  # characters of what is to be done: two lines
PARTIALS: Final = 20  # checks that are partly shown and named; the reports name all
SEEN: Final = 3  # places of a check that is partly shown
UNREAD: Final = 3  # files that could not be read and are named; the reports name more
STYLE: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}
UNSEEN: Final = ("unknown", "blocked", "error")


def actions(view: Record, console: Console) -> Group | None:
    wanted = view.records("actions")
    if not wanted:
        return None
    checks = {check.text("id"): check for check in view.records("checks")}
    remedies = _remedies(view)
    dangers = {check.text("id") for check in view.records("checks") if is_danger(check)}
    lines: list[Text] = []
    for place, action in enumerate(wanted, start=1):
        check = action.text("check")
        if place == 1 or (check in dangers) != (wanted[place - 2].text("check") in dangers):
            key = "danger" if check in dangers else "then_gains" if place > 1 else "gains"
            lines.append(Text(say(f"terminal.{key}"), "bold"))
        head = Text.assemble(f"{f'{place}.':<4}", (f"{check:<8}", "bold"), "  ")
        lines += hung(console, head, _title(checks.get(check, Record({}))))
        remedy = remedies.get(check, "")
        said = Text.assemble(f"{full_stop(remedy)}  " if remedy else "", (f"({_gain(action)})", "dim"))
        lines += _below(console, said, head.cell_len)
    return Group(*lines)


def first(view: Record) -> Text | None:
    """The first thing to do, and where, as the last line: what stands above has scrolled away."""
    wanted = view.records("actions")
    remedy = _remedies(view).get(wanted[0].text("check")) if wanted else ""
    if not remedy:
        return None
    name = wanted[0].text("check")
    check = next(one for one in view.records("checks") if one.text("id") == name)
    where = next((place.text for f in check.records("findings") if (place := _place(f)).path), "")
    label = say("terminal.first_at", check=name, place=where) if where else say("terminal.first", check=name)
    return Text.assemble((f"{label} ", "bold"), full_stop(remedy))


def _remedies(view: Record) -> Mapping[str, str]:
    """What is to be done, in short, by the check of each action: its remedy, what would settle it, or the question."""
    names = {action.text("check") for action in view.records("actions")}
    only = Record({**view.data, "checks": [c.data for c in view.records("checks") if c.text("id") in names]})
    checks = [check for pack in read_packs(only, ()) for check in pack.checks]
    return {check.id: Step(0, check, step_text(check)).brief(REMEDY) for check in checks}


def _gain(action: Record) -> str:
    """What an action costs and moves, such as "fix, under a day; score 36 → 42, low end 20 → 23"."""
    before, after = action.number("score_before"), action.number("score_after")
    if before is None or after is None:
        score = say("terminal.gain.unnumbered") if after is None else say("terminal.gain.first", after=figure(after))
    elif figure(before) == figure(after):
        score = say("terminal.gain.stays", score=figure(after))
    else:  # only a pack that gets its number by the new evidence can lower the mean
        key = "terminal.gain.moves" if after > before else "terminal.gain.joins"
        score = say(key, before=figure(before), after=figure(after))
    return say(
        "terminal.fix" if action.text("verb") == "fix" else "terminal.show",
        effort=words.EFFORT.get(action.text("effort"), ""),
        score=score,
        low=figure(action.number("low_before")),
        high=figure(action.number("low_after")),
    )


def failed(view: Record, console: Console, options: Mapping[str, str]) -> Group | None:
    """The failed checks, the severest first; among those, as in the actions, what gains most per effort."""
    found = [check for check in view.records("checks") if check.text("status") == "fail"]
    if not found:
        return None
    found.sort(key=_weight)
    lines = [Text(say("terminal.failed", checks=words.digits(len(found), "check")), "bold")]
    counts = Counter(check.text("severity") for check in found)
    severity = ""
    for check in found:
        if severity != (severity := check.text("severity")):
            name = words.SEVERITY.get(severity, severity)
            lines.append(Text(say("terminal.of_severity", severity=name, n=counts[severity]), STYLE.get(severity, "")))
        head = Text.assemble((SIGN["fail"], "red"), "  ", (f"{check.text('id'):<8}", "bold"), "  ")
        if severity not in PLACES:  # the place alone
            where = _seen(check, "")
            lines += hung(console, head, Text.assemble(_title(check), "  " if where else "", where))
            continue
        lines += hung(console, head, _title(check))
        for said in _places(check):
            lines += _below(console, said, 5)
    first = found[0].text("id")
    lines.append(Text(say("terminal.explained", check=first + options.get(first, "")), "dim"))
    return Group(*lines)


def _weight(check: Record) -> tuple[int, bool, float]:
    severity = check.text("severity")
    rank = words.SEVERITIES.index(severity) if severity in words.SEVERITIES else len(words.SEVERITIES)
    return rank, not (check.flag("urgent") and is_danger(check)), -(check.number("priority") or 0.0)


def _title(check: Record) -> Text:
    """The check's title, and who accepted its risk until when."""
    title = Text(check.text("title"))
    if waiver := check.record("waiver"):
        title.append(f"  [{_waived(waiver)}]", "yellow")
    return title


def _waived(waiver: Record) -> str:
    if waiver.flag("expired"):
        return say("terminal.waiver_expired")
    if not waiver.text("expires"):
        return say("terminal.waived_by", owner=waiver.text("owner"))
    return say("terminal.waived_until", owner=waiver.text("owner"), day=words.day(waiver.text("expires")))


def _places(check: Record) -> Iterable[Text]:
    findings = check.records("findings")
    located = [(f, copies) for f, copies in folded(findings) if f.text("path")]
    if not located:
        yield Text(words.dated(check.text("reason")), "dim")
    most = PLACES[check.text("severity")]
    told = gathered([_place(finding, copies) for finding, copies in located], ALIKE)[:most]
    left = len(located) - sum(one.shown for one in told)
    for position, one in enumerate(told, start=1):
        more = f"  {say('terminal.more_places', left)}" if left and position == len(told) else ""
        yield Text.assemble(", ".join(map(_spot, one.spots)), (f"  {one.note}{more}", "dim"))


def _spot(spot: Spot) -> str:
    return f"{spot.text} ({words.digits(len(spot.copies), 'copy')})" if spot.copies else spot.text


def _place(finding: Record, copies: tuple[str, ...] = ()) -> Place:
    path = finding.text("path")
    note = words.dated(beside(path, finding.text("message")))
    return Place(path, finding.whole("line"), note, copies=copies, cell=finding.whole("cell"))


def partial(view: Record, console: Console) -> Group | None:
    """The checks that are partly shown, the severest first, each with what is missing."""
    found = [c for c in view.records("checks") if c.text("status") == "partial"]
    if not found:
        return None
    lines = [Text(say("terminal.partial", checks=words.digits(len(found), "check")), "bold")]
    for check in sorted(found, key=_weight)[:PARTIALS]:
        waived = check.record("waiver") and not check.record("waiver").flag("expired")
        head = Text.assemble((SIGN["partial"], "yellow"), "  ", (f"{check.text('id'):<8}", "bold"), "  ")
        said = Text(f"[{say('terminal.waived')}]  ", "yellow") if waived else Text()
        reason = words.dated(check.text("reason"))
        seen = _seen(check, reason)
        told = Text.assemble(head, said, first_sentence(reason), "  " if seen else "", seen)
        line, *others = told.wrap(console, console.width - 5) or [head]
        lines += [line, *_below(console, Text(" ").join(map(_stripped, others)), 5)] if others else [line]
    if len(found) > PARTIALS:
        lines.append(Text(say("terminal.more_partial", len(found) - PARTIALS), "dim"))
    return Group(*lines)


def _stripped(line: Text) -> Text:
    line.rstrip()
    return line


def _seen(check: Record, reason: str) -> Text:
    """The first places of what is told of a check: those of its findings, or else of each thing that it rests on;
    nothing where the reason names them already."""
    found = [place.text for finding, _ in folded(check.records("findings")) if (place := _place(finding)).path]
    found = list(dict.fromkeys(found))
    if check.text("status") == "partial" and not found:
        found = list(dict.fromkeys(basis.places[0].text for basis in read_basis(check) if not basis.looked_at))
    if all(place in reason for place in found[:SEEN]):
        return Text()
    listed = ", ".join(found[:SEEN])
    return Text(say("and_more", list=listed, n=len(found) - SEEN) if len(found) > SEEN else listed, "dim")


def hung(console: Console, head: Text, text: Text, margin: int = 0) -> list[Text]:
    """A head and a text beside it, whose further lines hang below its first; on a narrow screen below the head.
    `margin`: columns in which they may not stand."""
    hang, width = head.cell_len, console.width - margin
    if console.width < NARROW:
        first, *rest = (head + text).wrap(console, width) or [head]
        for line in rest:
            line.rstrip()
        return [first, *_below(console, Text(" ").join(rest), 3, margin)] if rest else [first]
    first, *rest = text.wrap(console, width - hang) or [Text()]
    return [head + first, *(Text(" " * hang) + line for line in rest)]


def _below(console: Console, text: Text, indent: int, margin: int = 0) -> list[Text]:
    """The lines of a text that stands indented below a head."""
    indent = min(indent, 3 if console.width < NARROW else indent)
    return [Text(" " * indent) + line for line in text.wrap(console, console.width - indent - margin)]


def rest(view: Record, console: Console) -> Group | None:
    """What was not judged, what passed, counted; and what was left out of the walk."""
    checks = view.records("checks")
    counts = {status: sum(c.text("status") == status for c in checks) for status in words.STATUS}
    lines = []
    if unseen := sum(counts[status] for status in UNSEEN):
        ask = sum(c.text("status") == "unknown" and c.text("kind") == "attested" for c in checks)
        parts = {"ask": ask, "blocked": counts["blocked"], "error": counts["error"]}
        detail = words.joined(*(say(f"terminal.unseen.{key}", n=count) for key, count in parts.items() if count))
        key = "terminal.not_judged_of" if detail else "terminal.not_judged"
        lines.append(f"{SIGN['unknown']} {say(key, n=unseen, list=detail)}")
    lines.append(f"{SIGN['pass']} {say('terminal.passed', n=counts['pass'], other=counts['not_applicable'])}")
    return Group(*map(Text, lines), *_unread(view.record("skipped"), console)) if checks else None


def _unread(skipped: Record, console: Console) -> Iterable[Text]:
    """The project's own files that could not be read, the first by name, each with the reason."""
    unread = unread_files(skipped)
    own = [one for one in skipped.records("paths") if not not_own(one.text("reason"))]
    if not unread or not own:
        return
    yield Text(f"! {say('terminal.unread', files=words.digits(unread, 'file'))}")
    for one in own[:UNREAD]:
        yield from _below(console, Text.assemble(one.text("path"), (f"  {one.text('reason')}", "dim")), 2)
    if (more := unread - len(own[:UNREAD])) > 0:
        yield Text("  " + say("terminal.more_unread", more), "dim")
