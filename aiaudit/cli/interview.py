"""`aiaudit interview`: ask what no file can show."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiaudit.cli.errors import UsageError, say
from aiaudit.cli.options import PROJECT_HELP, day, folder, option

if TYPE_CHECKING:
    from aiaudit.interview.questions import Question


def interview(
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help=PROJECT_HELP)] = None,
    *,
    export: Annotated[
        Path | None, option("--export", metavar="FILE", help="Write the questions to a sheet: .xlsx, .csv or .md.")
    ] = None,
    import_: Annotated[
        Path | None, option("--import", metavar="FILE", help="Read the answers of a sheet: .xlsx or .csv.")
    ] = None,
    everything: Annotated[bool, option("--all", help="Also ask what is answered already.")] = False,
    pack: Annotated[list[str] | None, option("--pack", metavar="ID", help="Only this pack. Repeatable.")] = None,
    as_of: Annotated[str | None, option("--as-of", metavar="DATE", help="The day that decides on expiry.")] = None,
) -> None:
    """Ask what no file can show; write attestations.yaml.

    Each answer has an owner, its evidence and a day on which it is looked at again. The questions can also be sent
    out as a sheet, and the answers read from it.
    """
    from aiaudit.interview import answers

    root = Path(folder(path or Path()))
    target = root / answers.FILE
    today = day(as_of) or dt.datetime.now(dt.UTC).date()
    if import_ is not None:
        _take(import_, target, today)
        return
    asked = _questions(root, answers.load(target), today, tuple(pack or ()))
    wanted = [question for question in asked if everything or question.state != "answered"]
    if export is not None:
        _give(wanted, export)
        return
    if not wanted:
        say("nothing to ask: every question that applies is answered (--all asks again)")
        return
    _talk(wanted, target, today)


def _questions(root: Path, given: dict[str, dict[str, Any]], today: dt.date, packs: tuple[str, ...]) -> list[Question]:
    from aiaudit.audit import audit
    from aiaudit.interview.questions import questions
    from aiaudit.reports.result import to_json
    from aiaudit.ruleset import Options

    return questions(to_json(audit(str(root), Options(packs=packs, as_of=today))), given, today)


def _talk(wanted: list[Question], target: Path, today: dt.date) -> None:
    from aiaudit.interview.answers import sealed, with_answer
    from aiaudit.interview.session import Session
    from aiaudit.reports.base import write_file

    def save(check: str, answer: dict[str, Any]) -> None:
        text = target.read_text(encoding="utf-8") if target.exists() else ""
        write_file(str(target), with_answer(text, check, sealed(answer, target.parent, today)).encode())

    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    answered = Session(sys.stdin, sys.stdout, today, width).run(wanted, save)
    left = len(wanted) - answered
    say(f"{answered} answered, {left} left; run `aiaudit interview` again to go on" if left else f"{answered} answered")


def _give(wanted: list[Question], path: Path) -> None:
    from aiaudit.interview.sheets import SheetError
    from aiaudit.interview.sheets import export as sheet
    from aiaudit.reports.base import check_folder, write_file

    check_folder(str(path), "--export")
    try:
        write_file(str(path), sheet(wanted, path))
    except ImportError:
        raise UsageError("Excel sheets need openpyxl: pip install 'aiaudit[xlsx]'; or export .csv") from None
    except SheetError as error:
        raise UsageError(str(error)) from None
    say(f"{path}: {len(wanted)} questions; read the answers with `aiaudit interview --import {path}`")


def _take(path: Path, target: Path, today: dt.date) -> None:
    from aiaudit.interview.answers import FIELDS, load, sealed, with_answer
    from aiaudit.interview.sheets import SheetError, read
    from aiaudit.reports.base import write_file

    try:
        given = read(path)
    except SheetError as error:
        raise UsageError(str(error)) from None
    before = load(target)
    text = target.read_text(encoding="utf-8") if target.exists() else ""
    told = {check: {key: answer.get(key) for key in FIELDS} for check, answer in before.items()}
    changed = {c: answer for c, answer in given.items() if told.get(c) != {key: answer.get(key) for key in FIELDS}}
    for check, answer in sorted(changed.items()):
        text = with_answer(text, check, sealed(answer, target.parent, today))
    if changed:
        write_file(str(target), text.encode())
    say(f"{target}: {len(changed)} of {len(given)} answers are new or changed")
