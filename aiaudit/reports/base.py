"""The small interface of a report, the formats there are, and how their files are written.

A format is a module with one function, `render(result)`: from the result JSON to text or bytes. Modules are imported
only when their format is asked for.
"""

from __future__ import annotations

import importlib
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

STDOUT: Final = "-"

# Suffix of the file -> the module of its format. The longest suffix that fits wins.
FORMATS: Final[Mapping[str, str]] = {
    ".html": "aiaudit.reports.html",
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


class Reporter(Protocol):
    """What the module of a format offers."""

    def render(self, result: dict[str, Any]) -> str | bytes:
        """The report of a result JSON. The same result gives the same bytes."""


class OutputError(Exception):
    """An output that cannot be written or a format that does not exist; the message says the way out."""


@dataclass(frozen=True, slots=True)
class Output:
    """One `-o`: where to, and in which format (by suffix)."""

    path: str
    suffix: str

    @property
    def is_stdout(self) -> bool:
        return self.path == STDOUT


def parse_output(path: str, stdout_format: str | None = None) -> Output:
    """Find the format of an output, and whether its folder is there. Nothing is opened yet."""
    if path == STDOUT:
        suffix = "." + (stdout_format or "json").lstrip(".")
        if suffix not in FORMATS:
            raise OutputError(f"--format {stdout_format}: not a format; there are: {_listed(without_dot=True)}")
        return Output(path, suffix)
    name = Path(path).name.lower()
    suffix = max((s for s in FORMATS if name.endswith(s)), key=len, default="")
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
        raise OutputError(f"{option} {path}: the folder {folder} does not exist")


def reporter(suffix: str) -> Reporter:
    """The module of a format."""
    return cast(Reporter, importlib.import_module(FORMATS[suffix]))


def render(suffix: str, result: dict[str, Any]) -> bytes:
    """The report in one format, as bytes."""
    rendered = reporter(suffix).render(result)
    return rendered.encode("utf-8", "backslashreplace") if isinstance(rendered, str) else rendered


def write_file(path: str, data: bytes) -> None:
    """Write all of a file or nothing: into a temporary file beside it, which then takes its name.

    What is no regular file (a pipe, /dev/null) is written to directly.
    """
    target = Path(path)
    try:
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            target.write_bytes(data)
            return
        target = target.resolve()
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(temporary).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _listed(without_dot: bool = False) -> str:
    return ", ".join(s.lstrip(".") if without_dot else s for s in FORMATS)
