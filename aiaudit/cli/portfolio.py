"""`aiaudit portfolio`: many saved results side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from aiaudit.cli.errors import UsageError
from aiaudit.cli.options import option

MOST = 20_000


def portfolio(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT", help="Result JSONs, or folders of them.")],
    output: Annotated[
        list[str] | None,
        option("--output", "-o", metavar="FILE", help="Write the portfolio as .html, .md, .csv or .json. Repeatable."),
    ] = None,
    brand: Annotated[
        str | None, option("--brand", metavar="FILE", help="Colour and language of the portfolio, from this file.")
    ] = None,
    templates: Annotated[
        str | None, option("--templates", metavar="DIR", help="Templates of your own, used before the shipped ones.")
    ] = None,
) -> None:
    """Rank many projects, with the gaps that they share.

    Of each project (by its name and owner) its latest result counts. The common gaps are those whose mending helps most
    projects.
    """
    from aiaudit.cli.output import columns, suffixed, wrote
    from aiaudit.reports import brand as brands
    from aiaudit.reports import portfolio as report
    from aiaudit.reports.base import HERE, write_file
    from aiaudit.reports.templating import overriding
    from aiaudit.scoring.portfolio import PortfolioError, build

    outputs = suffixed(output or (), report.FORMATS)
    try:
        made = build(_files(results))
    except PortfolioError as error:
        raise UsageError(str(error)) from None
    look = brands.of(brands.load(brand)) if brand else None
    with overriding(templates):
        rendered = [(path, report.render(suffix, made, look)) for path, suffix in outputs]
    for path, text in rendered:
        write_file(path, text.encode("utf-8", "backslashreplace"), root=HERE)
    wrote(path for path, _ in rendered)
    if not outputs:
        with overriding(templates):
            told = report.terminal(made, look, columns(sys.stdout))
        print(told, end="")


def _files(given: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*.json") if file.is_file())
        elif path.is_file():
            found.append(path)
        else:
            raise UsageError(f"{path}: there is no such file or folder")
    if not found:
        raise UsageError(f"{given[0]}: no .json file here; give results of `aiaudit run -o result.json`")
    if len(found) > MOST:
        raise UsageError(f"{len(found):,} files are more than {MOST:,}: name the results")
    return found
