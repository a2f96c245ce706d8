"""`aiaudit explain ID`: what a check asks, why, how it is measured, and how to fix it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from aiaudit.cli.errors import UsageError
from aiaudit.cli.options import check_ids, no_check, option, plugin_packs
from aiaudit.model.check_id import full_id

if TYPE_CHECKING:
    from aiaudit.packs.explain import Explanation

WIDEST = 100


def explain(
    check_id: Annotated[
        str, typer.Argument(metavar="ID", autocompletion=check_ids, help="The id of a check, such as SEC-001.")
    ],
    pack: Annotated[
        list[str] | None, option("--pack", metavar="ID|FILE", help="A pack of your own to look in as well. Repeatable.")
    ] = None,
    full: Annotated[
        bool, option("--full", help="Also every wording, query and expression, and the facts that many checks share.")
    ] = False,
) -> None:
    """Explain a check: why, how it is judged, how to mend it.

    Also its parameters, the controls of frameworks that it is evidence for, and its known false results.
    """
    from aiaudit.packs import explain as packs
    from aiaudit.ruleset import Options, read_ruleset

    library = read_ruleset(Options(packs=tuple(pack or ()))).full
    check = library.check(full_id(check_id))
    if check is None:
        own = "" if pack else f" (one of your own: --pack {plugin_packs() or 'FILE'})"
        if check_id.lower() in {one.id for one in library.packs}:
            raise UsageError(f"{check_id} is a pack; `aiaudit checks list --pack {check_id.lower()}` shows its checks")
        raise UsageError(no_check(check_id, [c.id for c in library.checks]) + own)
    width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
    print("\n\n".join(_parts(packs.explain(library, check, full=full), width)))


def _parts(told: Explanation, width: int) -> Iterable[str]:
    check = told.check
    days = f"{check.effort.days} person-{'day' if check.effort.days == 1 else 'days'}"
    yield textwrap.fill(f"{check.id}  {check.title}", width)
    yield f"{check.severity} · {check.kind} · pack {check.pack} · effort {check.effort}, counted as {days}"
    for title, told_lines in told.sections():
        lines = ["; ".join(map(_by_name, told_lines))] if told_lines is told.controls else told_lines
        hang = "    " if len(lines) > 1 else "  "  # a list hangs, a paragraph does not
        wrapped = [row for line in lines if line for row in _wrapped(line, width, hang)]
        if wrapped:
            yield "\n".join([title, *wrapped])


def _by_name(line: str) -> str:
    """The line of a framework's controls, with its name in place of its key."""
    from aiaudit.reports import words

    key, _, ids = line.partition(":")
    return f"{words.SCHEMES.get(key, key)}{ids}"


def _wrapped(text: str, width: int, hang: str) -> Iterable[str]:
    for line in text.splitlines():
        yield from textwrap.wrap(line, width, initial_indent="  ", subsequent_indent=hang, break_on_hyphens=False)
