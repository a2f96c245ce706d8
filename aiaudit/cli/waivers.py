"""`aiaudit waivers`: accepted risks, with a reason, an owner and an end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiaudit.cli.command import Group
from aiaudit.cli.errors import ExitCode, UsageError, say
from aiaudit.cli.manual import Manual
from aiaudit.cli.options import day, folder, option
from aiaudit.model.check_id import full_id

if TYPE_CHECKING:
    from aiaudit.model.result import Waiver
    from aiaudit.packs.library import Library
    from aiaudit.project.config import ProjectConfig
    from aiaudit.scoring.waivers import WaiverError

SOON = 30  # days
LONG = 366  # days
Root = Annotated[Path | None, option("--project", metavar="DIR", help="The project's folder (default: this one).")]
Where = Annotated[Path | None, typer.Argument(metavar="PATH", help="The same as --project.")]
Packs = Annotated[
    list[str] | None, option("--pack", metavar="ID|FILE", help="A pack of your own whose checks count. Repeatable.")
]

app = typer.Typer(
    cls=Group, help="Look at accepted risks, and accept one.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list", cls=Manual)
def list_(
    path: Where = None,
    project: Root = None,
    pack: Packs = None,
    as_of: Annotated[str | None, option("--as-of", metavar="DATE", help="The day that decides on expiry.")] = None,
) -> None:
    """List what is accepted, by whom, and until when."""
    from aiaudit.probes.secrets.hide import hide
    from aiaudit.reports.text import spelled

    today = day(as_of) or _today()
    found, errors = _all(project or path, today, pack or ())
    for waiver in sorted(found, key=lambda w: (w.expires or "9999", w.id)):
        where = f" ({waiver.at})" if waiver.at else f" (in {', '.join(waiver.paths)})" if waiver.paths else ""
        said = f"{waiver.id:<9} {_until(waiver.expires, today):<28} {waiver.owner}: {waiver.reason}{where}"
        print(spelled(hide(said)))
    for error in errors:
        say(hide(str(error)))
    if not found and not errors:
        print("no waivers")


@app.command("lint", cls=Manual)
def lint(
    path: Where = None,
    project: Root = None,
    pack: Packs = None,
    as_of: Annotated[str | None, option("--as-of", metavar="DATE", help="The day that decides on expiry.")] = None,
) -> None:
    """Check the waivers of aiaudit.yaml and of comments.

    Unknown ids, missing owners, reasons and days, and days that have passed.
    """
    from aiaudit.probes.secrets.hide import hide
    from aiaudit.reports.text import spelled
    from aiaudit.reports.words import digits

    today = day(as_of) or _today()
    found, errors = _all(project or path, today, pack or ())
    for error in errors:
        print(spelled(hide(f"error: {error}")))
    for waiver in found:
        if waiver.expired:
            print(f"error: {spelled(_place(waiver))}: expired on {waiver.expires}; its finding is back")
        elif waiver.expires and (dt.date.fromisoformat(waiver.expires) - today).days <= SOON:
            print(f"warning: {spelled(_place(waiver))}: ends on {waiver.expires}")
    wrong = len(errors) + sum(waiver.expired for waiver in found)
    print(f"{digits(len(found) + len(errors), 'waiver')}, {wrong} wrong")
    if wrong:
        raise typer.Exit(ExitCode.GATE)


@app.command("add", cls=Manual)
def add(
    check: Annotated[str, typer.Argument(metavar="ID", help="The check whose finding is accepted, such as SEC-004.")],
    reason: Annotated[str, option("--reason", metavar="TEXT", help="Why the risk is taken.")],
    owner: Annotated[str, option("--owner", metavar="NAME", help="Who answers for it.")],
    expires: Annotated[
        str | None, option("--expires", metavar="DATE", help="Its last day; needed for high and critical checks.")
    ] = None,
    path: Annotated[list[str] | None, option("--path", metavar="GLOB", help="Only findings here. Repeatable.")] = None,
    control: Annotated[str, option("--control", metavar="TEXT", help="What holds the risk down meanwhile.")] = "",
    ticket: Annotated[str, option("--ticket", metavar="TEXT", help="Where the work is tracked.")] = "",
    project: Root = None,
    pack: Packs = None,
) -> None:
    """Add a waiver to aiaudit.yaml; the rest of it stays as it is.

    It is told where the check finds nothing now, so that there is nothing to accept.
    """
    from aiaudit.project.config import FILE, parse_config, project_text
    from aiaudit.project.edit import with_entry
    from aiaudit.reports.base import write_below
    from aiaudit.scoring.waivers import read

    config, library = _project(project, pack or ())
    severities = {check.id: check.severity for check in library.checks}
    check = full_id(check)
    entry = {
        "id": check, "reason": reason, "owner": owner, "expires": expires, "paths": path or [], "control": control,
        "ticket": ticket,
    }  # fmt: skip
    said = {key: value for key, value in entry.items() if value}
    read_now, errors = read([*config.waivers, said], severities, _today())
    if len(errors) > len(read(config.waivers, severities, _today())[1]):
        wrong = str(errors[-1]).partition(": ")[2] or str(errors[-1])
        raise UsageError(f"--{wrong}" if wrong.startswith(("reason ", "owner ", "expires ")) else wrong)
    made = read_now[-1]
    if made.expired:
        raise UsageError(f"--expires {expires}: has passed already, so it would accept nothing; give a later day")
    for number, given in enumerate(config.waivers):
        if (str(given.get("id")), list(given.get("paths") or ())) == (check, list(made.paths)):
            place = config.place("waivers", number) or FILE
            raise UsageError(f"{place}: {check} is accepted here already; change the day or the words of that entry")
    target = Path(project or ".") / FILE
    text = project_text(target.parent, FILE) or "schema: 1\n"
    try:
        changed = with_entry(text, "waivers", entry)
    except ValueError as error:
        raise UsageError(f"{target}: {error}") from None
    if len(parse_config(changed.encode(), str(target)).waivers) != len(config.waivers) + 1:
        raise UsageError(f"{target}: the waiver could not be added; write it by hand")
    write_below(target.parent, FILE, changed.encode())
    until = f" until {expires}" if expires else ""
    say(f"{target}: {check} is accepted{until}; the score stays, the accepted score, to which gates look, moves")
    if made.expires and (dt.date.fromisoformat(made.expires) - _today()).days > LONG:
        say(f"warning: {made.expires} is more than a year away; nobody will look at it again until then")
    _tell_what_it_does(check, library, target.parent)


def _tell_what_it_does(check: str, library: Library, root: Path) -> None:
    """That the new waiver covers nothing, where that is so: the check is judged, as the project is now."""
    from aiaudit.cli import output
    from aiaudit.outcome import outcome
    from aiaudit.packs.files import shipped_packs
    from aiaudit.ruleset import Options

    pack = next(one for one in library.packs if any(check == its.id for its in one.checks))
    named = pack.id if pack.id in {one.stem for one in shipped_packs()} else pack.file
    progress = output.Progress(True)
    try:
        result = outcome(str(root), Options(packs=(named,)), progress=progress).head
    finally:
        progress.clear()
    output.waiver_lines({**result, "waivers": [one for one in result["waivers"] if one["id"] == check]})


def _project(project: Path | None, packs: Sequence[str]) -> tuple[ProjectConfig, Library]:
    from aiaudit.project.config import load_project_config
    from aiaudit.ruleset import Options, read_ruleset

    root: Any = folder(Path(project or "."))
    return load_project_config(root), read_ruleset(Options(packs=tuple(packs))).full


def _all(project: Path | None, today: dt.date, packs: Sequence[str]) -> tuple[list[Waiver], list[WaiverError]]:
    """The waivers of the project file and of comments, and what is wrong with others."""
    from aiaudit.collection import waivers_in_comments
    from aiaudit.scoring.waivers import read, read_inline

    config, library = _project(project, packs)
    severities = {check.id: check.severity for check in library.checks}
    found, errors = read(config.waivers, severities, today, lambda n: f"{config.place('waivers', n - 1)}: waivers[{n}]")
    rows = waivers_in_comments(str(project or "."), library)
    beside, wrong = read_inline(rows, config.project.owner, severities, today)
    return found + beside, errors + wrong


def _place(waiver: Waiver) -> str:
    return f"{waiver.at}: {waiver.id}" if waiver.at else waiver.id


def _until(expires: str | None, today: dt.date) -> str:
    if expires is None:
        return "without an end"
    left = (dt.date.fromisoformat(expires) - today).days
    if left < 0:
        return f"expired {expires}"
    return f"until {expires} ({left} {'day' if left == 1 else 'days'})"


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
