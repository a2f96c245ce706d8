"""`aiaudit report`: render a saved result again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from aiaudit.cli.errors import UsageError
from aiaudit.cli.options import option

MAX_BYTES = 512 * 1024 * 1024


def report(
    result: Annotated[Path, typer.Argument(help="A result JSON of `aiaudit run -o result.json`.")],
    output: Annotated[
        list[str] | None,
        option("--output", "-o", metavar="FILE", help="Write a report; format by suffix, '-' is stdout. Repeatable."),
    ] = None,
    stdout_format: Annotated[
        str | None, option("--format", help="Format of '-o -': a suffix without its dot (json, md, sarif …).")
    ] = None,
    brand: Annotated[
        str | None,
        option("--brand", metavar="FILE", help="YAML with the look of the report, instead of the saved one."),
    ] = None,
) -> None:
    """Render a saved result; without -o print its summary."""
    from aiaudit.cli import output as out

    outputs = out.outputs_of(output or (), stdout_format)
    data = read_result(result)
    if brand:
        data = {**data, "brand": _brand(brand)}
    if outputs:
        out.write(outputs, data)
    else:
        out.summary(data, sys.stdout)


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


def _brand(path: str) -> dict[str, Any]:
    from aiaudit.project.parse import Malformed, parse_yaml

    try:
        data = parse_yaml(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(f"--brand {path}: {(error.strerror or 'cannot be read').lower()}") from None
    except Malformed as error:
        raise UsageError(f"--brand {path}: {error}") from None
    if not isinstance(data, dict):
        raise UsageError(f"--brand {path}: must be a mapping of settings")
    return dict(data)
