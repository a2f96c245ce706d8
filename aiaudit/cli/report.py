"""`aiaudit report`: render a saved result again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from aiaudit.cli.errors import UsageError, say
from aiaudit.cli.options import FORMAT_HELP, OUTPUT_HELP, option

MAX_BYTES = 512 * 1024 * 1024
FOR_PEOPLE = (".html", ".pdf", ".md", ".long.md")  # formats that a name heads


def report(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A result JSON, from: aiaudit run -o result.json")],
    output: Annotated[
        list[str] | None,
        option("--output", "-o", metavar="FILE", help=OUTPUT_HELP),
    ] = None,
    stdout_format: Annotated[str | None, option("--format", metavar="NAME", help=FORMAT_HELP)] = None,
    brand: Annotated[
        str | None,
        option("--brand", metavar="FILE", help="YAML with client, author, logo, colour and standing texts."),
    ] = None,
    templates: Annotated[
        str | None, option("--templates", metavar="DIR", help="Templates of your own, used before the shipped ones.")
    ] = None,
    compare: Annotated[
        Path | None, option("--compare", metavar="FILE", help="An earlier result JSON: what changed since.")
    ] = None,
    history: Annotated[
        Path | None,
        option(
            "--history",
            envvar="AIAUDIT_REPORT_HISTORY",
            metavar="DIR",
            help="A folder of earlier result JSONs: the scores over time.",
        ),
    ] = None,
) -> None:
    """Render a saved result again.

    The result JSON is all that a report needs: neither the project nor the packs are looked at. Without -o the
    summary is printed.
    """
    from aiaudit.cli import output as out
    from aiaudit.reports.result import naming
    from aiaudit.reports.templating import overriding

    outputs = out.outputs_of(output or (), stdout_format)
    data = read_result(result)
    if brand:
        from aiaudit.reports.brand import load

        data = {**data, "brand": load(brand)}
    if compare:
        data = {**data, "comparison": compared(read_result(compare), data, str(compare))}
    if history:
        data = {**data, "history": _history(history, data)}
    if (data.get("brand") or {}).get("paths") == "names":
        from aiaudit.reports.redact import without_folders

        data = without_folders(data)
    if not outputs:
        out.summary(data, sys.stdout)
        return
    data = naming(data, out.brought(outputs))
    with overriding(templates):
        out.write(outputs, out.Saved(data))
        if any(output.suffix in FOR_PEOPLE for output in outputs) and (note := _untranslated(data)):
            say(note)
    out.wrote(output.path for output in outputs if not output.is_stdout)
    if any(output.suffix in FOR_PEOPLE for output in outputs):
        out.nameless_line(data, "project.name in aiaudit.yaml, `aiaudit run --name`, or `system` in a file of --brand")


def _untranslated(data: dict[str, Any]) -> str:
    """What of the pages is not in the brand's language; "" where all of it is."""
    from aiaudit.reports import brand
    from aiaudit.reports.opening import Opening
    from aiaudit.reports.strings import speaking

    with speaking(brand.of(data.get("brand")).language):
        return Opening(data).language_note


def compared(before: dict[str, Any], after: dict[str, Any], name: str) -> dict[str, Any]:
    """The section `comparison` of a result, from an earlier one of that file name. Raises `UsageError`."""
    from aiaudit.scoring.comparison import ComparisonError, compare, to_json

    try:
        return to_json(compare(before, after))
    except ComparisonError as error:
        raise UsageError(f"{name}: {error}") from None


def _history(folder: Path, data: dict[str, Any]) -> list[dict[str, Any]]:
    from aiaudit.scoring.history import read
    from aiaudit.scoring.portfolio import PortfolioError

    if not folder.is_dir():
        raise UsageError(f"--history {folder}: there is no such folder")
    try:
        found = read(sorted(file for file in folder.rglob("*.json") if file.is_file()), data)
    except PortfolioError as error:
        raise UsageError(f"--history {folder}: {error}") from None
    if not found:
        name = data["project"].get("name") or "a project without a name"
        raise UsageError(
            f"--history {folder}: holds no earlier result of {name}; its name and a day before {data['as_of']} decide"
        )
    return found


def read_result(path: Path) -> dict[str, Any]:
    """A saved result, checked against the schema. Raises `UsageError`."""
    from aiaudit.reports.schema import ResultError, check

    try:
        return check(_read(path))
    except ResultError as error:
        raise UsageError(f"{path}: {error}") from None


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path}: larger than {MAX_BYTES // 1024**2} MB")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: not JSON; give a file of `aiaudit run -o result.json`") from None
