"""Reports of a profile as files: JSON, HTML, Markdown, by suffix."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from aiaudit.data.model import Report
from aiaudit.model.records import plain
from aiaudit.reports.base import HERE, STDOUT, Output, OutputError, check_folder, write_file
from aiaudit.reports.text import escaped

FORMATS: Final = (".html", ".md", ".json")


def output_of(path: str) -> Output:
    """The output of one `-o`; `-` is JSON on stdout. Raises `OutputError`."""
    if path == STDOUT:
        return Output(path, ".json")
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise OutputError(f"-o {path}: the suffix names no format; there are: {', '.join(FORMATS)}")
    if Path(path).is_dir():
        raise OutputError(f"-o {path}: is a folder; name a file in it")
    check_folder(path, "-o")
    return Output(path, suffix)


def render(suffix: str, report: Report) -> str:
    """The report in one format."""
    if suffix == ".html":
        from aiaudit.data.report.html import render as as_page

        return as_page(report)
    if suffix == ".md":
        from aiaudit.data.report.markdown import render as as_markdown

        return as_markdown(report)
    return escaped(json.dumps(plain(report), indent=2, ensure_ascii=False)) + "\n"


def write(output: Output, text: str) -> None:
    """Write one rendered report. Raises `OutputError`."""
    if output.is_stdout:
        sys.stdout.write(text)
    else:
        write_file(output.path, text.encode("utf-8", "backslashreplace"), root=HERE)
