"""`aiaudit interview`: ask what no file can show."""

from __future__ import annotations

import datetime as dt
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiaudit.cli.errors import UsageError, say
from aiaudit.cli.options import PROJECT_HELP, day, folder, no_check, option, typed

if TYPE_CHECKING:
    from aiaudit.interview.questions import Question
    from aiaudit.interview.tier_file import Tiering


def interview(
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help=PROJECT_HELP, readable=False)] = None,
    *,
    export: Annotated[
        Path | None, option("--export", metavar="FILE", help="Write the questions to a sheet: .xlsx, .csv or .md.")
    ] = None,
    import_: Annotated[
        Path | None, option("--import", metavar="FILE", help="Read the answers of a sheet: .xlsx, .csv or .md.")
    ] = None,
    ai_act: Annotated[
        bool, option("--ai-act", help="Only the questions of the EU AI Act; writes tier and rationale to aiaudit.yaml.")
    ] = False,
    everything: Annotated[bool, option("--all", help="Also ask what is answered already.")] = False,
    pack: Annotated[list[str] | None, option("--pack", metavar="ID", help="Only this pack. Repeatable.")] = None,
    as_of: Annotated[str | None, option("--as-of", metavar="DATE", help="The day that decides on expiry.")] = None,
) -> None:
    """Ask what no file can show; write attestations.yaml.

    Each answer has an owner, its evidence and a day on which it is looked at again. The questions can also be sent
    out as a sheet, and the answers read from it.
    """
    from aiaudit.interview import answers
    from aiaudit.interview.tier_file import Tiering
    from aiaudit.interview.tiering import CHECKS

    root = Path(folder(path or Path()))
    target = root / answers.FILE
    today = day(as_of) or dt.datetime.now(dt.UTC).date()
    if import_ is not None:
        _take(import_, target, today)
        return
    again = typed("interview", path)
    result = _audited(root, today, ("governance",) if ai_act else tuple(pack or ()))
    wanted = [] if ai_act else _open(result, answers.load(root), today, everything=everything)
    tiering = Tiering(root, today, result["facts"], everything=everything)
    if export is not None:
        asks_tier = ai_act or any(question.check in CHECKS for question in wanted)
        _give(wanted, tiering.rows() if asks_tier else [], export, again)
    elif ai_act:
        say(f"{tiering.talk(sys.stdin, sys.stdout, _width())} answered; aiaudit.yaml holds them")
    elif wanted:
        _talk(wanted, target, today, tiering, again)
    else:
        say("nothing to ask: every question that applies is answered (--all asks again)")


def _audited(root: Path, today: dt.date, packs: tuple[str, ...]) -> dict[str, Any]:
    from aiaudit.audit import audit
    from aiaudit.reports.result import to_json
    from aiaudit.reports.text import clean
    from aiaudit.ruleset import Options

    result: dict[str, Any] = clean(to_json(audit(str(root), Options(packs=packs, as_of=today))))
    return result


def _open(
    result: dict[str, Any], given: dict[str, dict[str, Any]], today: dt.date, *, everything: bool
) -> list[Question]:
    from aiaudit.interview.questions import questions

    return [one for one in questions(result, given, today) if everything or one.state != "answered"]


def _width() -> int:
    return min(shutil.get_terminal_size((80, 24)).columns, 100)


def _talk(wanted: list[Question], target: Path, today: dt.date, tiering: Tiering, again: str) -> None:
    from aiaudit.interview.answers import FILE, sealed, text_of, with_answer
    from aiaudit.interview.session import Session
    from aiaudit.interview.tiering import CHECKS
    from aiaudit.reports.base import write_below

    saved: list[str] = []

    def save(check: str, answer: dict[str, Any]) -> None:
        answers = with_answer(text_of(target.parent), check, sealed(answer, target.parent, today))
        write_below(target.parent, FILE, answers.encode())
        saved.append(check)

    def tier() -> bool:
        tiering.talk(sys.stdin, sys.stdout, _width())
        return bool(tiering.given.tier)

    helpers = dict.fromkeys(CHECKS, tier)
    session = Session(sys.stdin, sys.stdout, today, _width(), root=target.parent, helpers=helpers)
    answered = session.run(wanted, save)
    if saved:
        _tell_what_does_not_count(saved, target, today)
    left = len(wanted) - answered
    say(f"{answered} answered, {left} left; run `{again}` again to go on" if left else f"{answered} answered")


def _tell_what_does_not_count(saved: list[str], target: Path, today: dt.date) -> None:
    """Answers that were just given and that the audit does not take as they are, each with the reason."""
    from aiaudit.interview.answers import load

    for question in _open(_audited(target.parent, today, ()), load(target.parent), today, everything=False):
        if question.check in saved and question.state == "stale":
            how = "fails by this answer" if question.fails else "does not count in full yet"
            say(f"{question.check} {how}: {question.found}")


def _give(wanted: list[Question], of_tier: Sequence[Question], path: Path, again: str) -> None:
    """The open questions as a sheet, those of the EU AI Act after the others."""
    from aiaudit.extras import install
    from aiaudit.interview.sheets import SheetError
    from aiaudit.interview.sheets import export as sheet
    from aiaudit.reports.base import HERE, check_folder, write_file

    check_folder(str(path), "--export")
    try:
        write_file(str(path), sheet([*wanted, *of_tier], path), root=HERE)
    except ImportError:
        raise UsageError(f"Excel sheets need openpyxl: {install('xlsx')}; or export .csv") from None
    except SheetError as error:
        raise UsageError(str(error)) from None
    count = f"{len(wanted) + len(of_tier)} questions"
    if wanted and of_tier:
        count += f" ({len(wanted)} as in the interview, and {len(of_tier)} by which the EU AI Act's tier is found)"
    say(f"{path}: {count}; read the answers with `{again} --import {shlex.quote(str(path))}`")


def _take(path: Path, target: Path, today: dt.date) -> None:
    from aiaudit.interview.answers import FIELDS, FILE, load, sealed, text_of, with_answer
    from aiaudit.interview.sheets import SheetError, read
    from aiaudit.reports.base import write_below

    try:
        given, wrong = read(path)
    except SheetError as error:
        raise UsageError(str(error)) from None
    known = _shipped()
    unknown = {key for key in given if _is_unknown(key, known)}
    wrong += [f"{path}: {no_check(key, known)}" for key in sorted(unknown)]
    tier = {key: row for key, row in given.items() if "/" in key and key not in unknown}
    given = {key: row for key, row in given.items() if "/" not in key and key not in unknown}
    if tier:
        _take_tier(tier, target.parent, today)
    before = load(target.parent)
    text = text_of(target.parent)
    told = {check: {key: answer.get(key) for key in FIELDS} for check, answer in before.items()}
    changed = {c: answer for c, answer in given.items() if told.get(c) != {key: answer.get(key) for key in FIELDS}}
    for check, answer in sorted(changed.items()):
        text = with_answer(text, check, sealed(answer, target.parent, today))
    if changed:
        write_below(target.parent, FILE, text.encode())
    if not (given or tier or wrong):
        say(f"{path}: no answer in it yet; nothing was written")
    elif given or not tier:
        are = "is" if len(changed) == 1 else "are"
        say(f"{target}: {len(changed)} of {len(given)} answers {are} new or changed")
    if changed:
        _tell_what_does_not_count(list(changed), target, today)
    if wrong:
        said = "answer was" if len(wrong) == 1 else "answers were"
        raise UsageError("\n".join([*wrong, f"{len(wrong)} {said} left out; mend the sheet and import it again"]))


def _shipped() -> list[str]:
    from aiaudit.ruleset import Options, read_ruleset

    return [check.id for check in read_ruleset(Options()).full.checks]


def _is_unknown(key: str, known: list[str]) -> bool:
    """No shipped check has the id, though it is of one of their areas; of another, a pack of one's own may have it."""
    check = key.partition("/")[0]
    return check not in known and any(one.startswith(f"{check.partition('-')[0]}-") for one in known)


def _take_tier(told: Mapping[str, Mapping[str, Any]], root: Path, today: dt.date) -> None:
    """The answers to the questions of the EU AI Act, and what they point to."""
    from aiaudit.interview.tier_file import Tiering

    tiering = Tiering(root, today, {}, everything=True)
    changed = tiering.take(told)
    given = tiering.given
    say(f"{tiering.target}: {changed} of {len(told)} answers on the EU AI Act are new or changed")
    if given.tier:
        kept = given.declared not in ("", given.tier)
        say(
            f"the answers point to the tier {given.tier}; no legal conclusion"
            + (f"; aiaudit.yaml names {given.declared}, which was kept" if kept else "")
        )
