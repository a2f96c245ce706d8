"""Where results go: report files, the summary on the terminal, and lines for people."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from aiaudit.cli.errors import UsageError, say
from aiaudit.reports.base import Output, parse_output, render, write_file

WIDEST = 110


def outputs_of(paths: Iterable[str], stdout_format: str | None) -> list[Output]:
    """The outputs asked for; `--format` alone means stdout."""
    wanted = list(paths)
    if stdout_format and "-" not in wanted:
        wanted.append("-")
    if wanted.count("-") > 1:
        raise UsageError("-o -: stdout can take one report only")
    return [parse_output(path, stdout_format) for path in wanted]


def write(outputs: Sequence[Output], result: dict[str, Any]) -> None:
    """Render every report, and only then write any."""
    rendered = [(output, render(output.suffix, result)) for output in outputs]
    for output, data in rendered:
        if output.is_stdout:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            write_file(output.path, data)


def summary(result: dict[str, Any], stream: TextIO, subject: str = "") -> None:
    """The terminal report."""
    from aiaudit.reports.terminal import render as render_summary

    is_terminal = stream.isatty()
    width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST) if is_terminal or "COLUMNS" in os.environ else 80
    stream.write(render_summary(result, width=width, colour=use_colour(is_terminal), subject=subject))


def gate_lines(result: dict[str, Any]) -> None:
    """Which gates failed, by how much, and what would pass."""
    for rule in result["gate"]["rules"]:
        if not rule["passed"]:
            hint = f" ({rule['hint']})" if rule["hint"] else ""
            say(f"gate failed: {rule['rule']}: wanted {rule['wanted']}, got {rule['got']}{hint}")


def below(root: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that lie below the root, relative to it: an audit does not read its own reports."""
    base = Path(root).resolve()
    found = []
    for path in paths:
        full = Path(path).resolve()
        if full.is_relative_to(base) and not set(path) & set("[]{}*?!"):
            found.append(full.relative_to(base).as_posix())
    return tuple(found)


def use_colour(is_terminal: bool) -> bool:
    """Whether to print in colour: NO_COLOR forbids it, FORCE_COLOR asks for it, else a terminal decides."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal and os.environ.get("TERM") != "dumb")


class Progress:
    """`reading 120 of 456 files` on a terminal's stderr; nothing where stderr is no terminal."""

    def __init__(self, wanted: bool) -> None:
        self.on = wanted and sys.stderr.isatty()
        self.shown = ""

    def __call__(self, done: int, total: int) -> None:
        if self.on:
            text = f"reading {done:,} of {total:,} files"
            if text != self.shown:
                print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
                self.shown = text

    def clear(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self.shown = ""
