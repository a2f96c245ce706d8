"""`aiaudit fix`: begin what is missing, from facts."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from aiaudit.cli.errors import UsageError, say
from aiaudit.cli.options import PROJECT_HELP, day, folder, no_check, option
from aiaudit.model.check_id import full_id


def _topics(incomplete: str) -> list[str]:
    """What can be begun, for the completion of shells."""
    from aiaudit.remediation.scaffold import catalogue

    found = [word for name, (checks, _) in catalogue().items() for word in (name, *checks)]
    return sorted(word for word in found if word.startswith(incomplete))


def _check(topic: str) -> str:
    """A topic that looks like the id of a check, as it is written. Raises `UsageError` where no check has it."""
    if re.fullmatch(r"[A-Za-z]{2,8}-\d+", topic) is None:
        return topic
    from aiaudit.remediation.scaffold import catalogue
    from aiaudit.ruleset import Options, read_ruleset

    known = {check.id for check in read_ruleset(Options()).full.checks}
    known.update(one for checks, _ in catalogue().values() for one in checks)
    if full_id(topic) not in known:
        raise UsageError(no_check(topic, sorted(known)))
    return full_id(topic)


def _shown(patch: str) -> str:
    """The patch as a person may read it; who applies it gets its bytes."""
    from aiaudit.reports.text import visible

    return "".join(
        line if line.rstrip("\n").isprintable() else f"{line[0]}{visible(line[1:])}\n"
        for line in patch.splitlines(keepends=True)
    )


def fix(
    topic: Annotated[
        str,
        typer.Argument(metavar="ID", autocompletion=_topics, help="A check such as GOV-006, or model-card, ci, lock …"),
    ],
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help=PROJECT_HELP, readable=False)] = None,
    write: Annotated[bool, option("--write", help="Write the new files; without it the patch is only shown.")] = False,
    as_of: Annotated[
        str | None, option("--as-of", metavar="DATE", help="The day that stands in the files (default: today).")
    ] = None,
) -> None:
    """Begin a missing document or configuration from facts.

    Prints a patch. --write makes the new files; a file that is there is never changed or overwritten: apply the patch
    yourself (aiaudit fix SEC-011 | patch -p1). TODO stands where a person must think, and does not pass the check.
    """
    from aiaudit.audit import audit
    from aiaudit.project.tree import Project as Tree
    from aiaudit.remediation.scaffold import Project, ScaffoldError, build, find
    from aiaudit.reports.result import to_json
    from aiaudit.ruleset import Options

    root = folder(path or Path())
    try:
        topic = _check(topic)
        find(topic)
        result = to_json(audit(root, Options(as_of=day(as_of))))
        with Tree.open(root) as tree:
            paths = frozenset(entry.path for entry in tree.files)
            made = build(topic, Project(result, paths, tree.text))
        written = made.write(Path(root)) if write else []
    except ScaffoldError as error:
        raise UsageError(str(error)) from None
    if not write or made.changed:
        print(_shown(made.patch()) if sys.stdout.isatty() else made.patch(), end="")
    for name in written:
        say(f"{name}: written")
    if write and made.changed:
        say("files that are there stay as they are: aiaudit fix … | patch -p1")
    for command in made.commands:
        say(f"run: {command}")
    for note in made.notes:
        say(note)
    if made.todos:
        say(f"{made.todos} lines are marked TODO: what stands there no file could tell")
