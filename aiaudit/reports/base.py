"""The small interface of a report, the formats there are, and how their files are written.

A format is a module with one function, `render(result)`: from the result JSON to text or bytes. Modules are imported
only when their format is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol, cast

from msgspec import Struct

from aiaudit.plugins import Plugin, find, names
from aiaudit.reports.writing import HERE, OutputError, write_below, write_file, write_files

__all__ = [
    "FORMATS", "HERE", "STDOUT", "Output", "OutputError", "Reporter", "brought_by", "check_folder", "parse_output",
    "render", "reporter", "write_below", "write_file", "write_files",
]  # fmt: skip

STDOUT: Final = "-"

# Suffix of the file -> the module of its format. The longest suffix that fits wins.
FORMATS: Final[Mapping[str, str]] = {
    ".html": "aiaudit.reports.html",
    ".pdf": "aiaudit.reports.pdf",
    ".md": "aiaudit.reports.markdown",
    ".long.md": "aiaudit.reports.markdown_long",
    ".json": "aiaudit.reports.json",
    ".cdx.json": "aiaudit.reports.bom",
    ".sarif": "aiaudit.reports.sarif",
    ".junit.xml": "aiaudit.reports.junit",
    ".gitlab.json": "aiaudit.reports.gitlab",
    ".oscal.json": "aiaudit.reports.oscal",
    ".csv": "aiaudit.reports.csv",
    ".frameworks.csv": "aiaudit.reports.frameworks_csv",
    ".github": "aiaudit.reports.github",
}


PAGES: Final = frozenset({".html", ".pdf", ".md", ".long.md"})  # what people read: every project has a name there


class Reporter(Protocol):
    """What the module of a format offers."""

    def render(self, result: dict[str, Any]) -> str | bytes:
        """The report of a result JSON. The same result gives the same bytes."""


class Output(Struct, frozen=True):
    """One `-o`: where to, and in which format (by suffix)."""

    path: str
    suffix: str

    @property
    def is_stdout(self) -> bool:
        return self.path == STDOUT


_STDOUTS: Final = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def parse_output(path: str, stdout_format: str | None = None) -> Output:
    """Find the format of an output, and whether its folder is there. Nothing is opened yet."""
    if path == STDOUT:
        suffix = "." + (stdout_format or "json").lstrip(".")
        if suffix not in FORMATS and brought_by(suffix) is None:
            raise OutputError(f"--format {stdout_format}: not a format; there are: {_listed(without_dot=True)}")
        return Output(path, suffix)
    name = Path(path).name.lower()
    suffix = max((s for s in FORMATS if name.endswith(s)), key=len, default="")
    if not suffix:  # a plug-in's, perhaps; ours go before those of others
        suffix = max((f".{s}" for s in names("formats") if name.endswith(f".{s}")), key=len, default="")
    if not suffix and path in _STDOUTS:
        raise OutputError(f"-o {path}: has no suffix that names the format; -o - --format NAME writes to stdout")
    if not suffix:
        raise OutputError(f"-o {path}: the suffix names no format; there are: {_listed()}")
    if Path(path).is_dir():
        raise OutputError(f"-o {path}: is a folder; name a file in it")
    check_folder(path, "-o")
    return Output(path, suffix)


def check_folder(path: str, option: str) -> None:
    """Raise before any work is done where the folder of an output is missing."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise OutputError(f"{option} {path}: the folder {folder} does not exist; make it first")


def reporter(suffix: str) -> Reporter:
    """The module of a format."""
    plugin = brought_by(suffix)
    if plugin is not None:
        return cast(Reporter, plugin.load())
    return cast(Reporter, importlib.import_module(FORMATS[suffix]))


def brought_by(suffix: str) -> Plugin | None:
    """The plug-in that brings a format; None where it is one of ours."""
    return None if suffix in FORMATS else find("formats", suffix[1:])


def render(suffix: str, result: dict[str, Any], folder: str = "") -> bytes:
    """The report in one format, as bytes. Where a project has no name, pages for people call it by its `folder`."""
    project = result.get("project") or {}
    if folder and suffix in PAGES and not project.get("name"):
        result = {**result, "project": {**project, "name": folder}}
    rendered = reporter(suffix).render(result)
    return rendered.encode("utf-8", "backslashreplace") if isinstance(rendered, str) else rendered


def _listed(without_dot: bool = False) -> str:
    return ", ".join(s.lstrip(".") if without_dot else s for s in FORMATS)
