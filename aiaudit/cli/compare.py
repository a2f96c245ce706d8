"""`aiaudit compare`: what changed between two saved results."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from aiaudit.cli.errors import UsageError, say
from aiaudit.cli.options import option
from aiaudit.cli.report import read_result


def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="The earlier result JSON.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The later result JSON.")],
    output: Annotated[
        list[str] | None,
        option("--output", "-o", metavar="FILE", help="Write the comparison as .html, .md or .json. Repeatable."),
    ] = None,
    templates: Annotated[
        str | None, option("--templates", metavar="DIR", help="Templates of your own, used before the shipped ones.")
    ] = None,
) -> None:
    """Compare two results, and say why the score moved.

    New, fixed and regressed findings, waivers that began or expired, and which part of the difference is the
    project's and which that of other rules.
    """
    from aiaudit.cli.output import columns, suffixed, wrote
    from aiaudit.reports import comparison
    from aiaudit.reports.base import HERE, write_file
    from aiaudit.reports.templating import overriding
    from aiaudit.scoring.comparison import ComparisonError, other_project

    outputs = suffixed(output or (), comparison.FORMATS)
    first, second = read_result(before), read_result(after)
    try:
        with overriding(templates):
            rendered = [(path, comparison.render(suffix, first, second)) for path, suffix in outputs]
        text = comparison.terminal(first, second, columns(sys.stdout)) if not outputs else ""
    except ComparisonError as error:
        raise UsageError(f"{before}, {after}: {error}") from None
    for note in other_project(first, second) if outputs else ():
        say(f"warning: {note}")
    for path, data in rendered:
        write_file(path, data.encode("utf-8", "backslashreplace"), root=HERE)
    wrote(path for path, _ in rendered)
    print(text, end="")
