"""Trouble and exit codes. Known trouble is one line with the place and the way out; no traceback is shown unasked."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """What an exit code means. Where several hold, `PRECEDENCE` decides."""

    FINE = 0  # without a gate the score alone never fails
    GATE = 1  # a gate failed
    USAGE = 2  # wrong usage, configuration or pack
    NOTHING = 3  # nothing could be judged
    INTERNAL = 4  # a fault of aiaudit
    INTERRUPTED = 130  # SIGINT, as shells count it


PRECEDENCE: Final = (ExitCode.INTERNAL, ExitCode.USAGE, ExitCode.NOTHING, ExitCode.GATE)

# Errors that say all there is to say. They are looked up by name, so that none of their modules is imported for it.
_KNOWN: Final = (
    ("aiaudit.cli.errors", "UsageError"),
    ("aiaudit.packs.problems", "PackError"),
    ("aiaudit.plugins", "PluginError"),
    ("aiaudit.project.config", "ConfigError"),
    ("aiaudit.project.reader", "Unreadable"),
    ("aiaudit.scoring.gate", "GateError"),
    ("aiaudit.scoring.baseline", "BaselineError"),
    ("aiaudit.facts_file", "FactsError"),
    ("aiaudit.reports.base", "OutputError"),
    ("aiaudit.reports.brand", "BrandError"),
    ("aiaudit.reports.templating", "TemplateFolderError"),
    ("aiaudit.reports.schema", "ResultError"),
)


class UsageError(Exception):
    """What the caller asked for cannot be done; the message says the way out."""


def say(line: str) -> None:
    """One line for a person, on stderr, with nothing in it that a terminal would obey."""
    from aiaudit.reports.text import visible

    print(f"aiaudit: {visible(line)}", file=sys.stderr)


def worst(codes: set[ExitCode]) -> ExitCode:
    """The code that is told where several hold."""
    return next((code for code in PRECEDENCE if code in codes), ExitCode.FINE)


def tell(error: Exception) -> ExitCode:
    """Say what went wrong; the exit code."""
    from aiaudit.debug import debugging

    if debugging():
        traceback.print_exception(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        say(f"{os.strerror(error.errno).lower()}: the output (or a temporary file) could not be written")
        return ExitCode.USAGE
    if _is_known(error):
        for line in _discreet(str(error)).splitlines():
            say(line)
        return ExitCode.USAGE
    if isinstance(error, PermissionError) and isinstance(error.filename, str):
        say(f"{error.filename}: permission denied")
        return ExitCode.USAGE
    say(f"internal error: {type(error).__name__}: {(_discreet(str(error)).splitlines() or [''])[0]}")
    if not debugging():
        say("this is a fault of aiaudit; AIAUDIT_DEBUG=1 shows where it happened")
    return ExitCode.INTERNAL


def _discreet(words: str) -> str:
    """What went wrong, with no secret that stands in a file, a name or an address."""
    from aiaudit.probes.secrets.hide import hide

    try:
        return hide(words)
    except Exception:  # what is wrong may be what looks for secrets
        return words


def _is_known(error: Exception) -> bool:
    kinds = [getattr(sys.modules.get(module), name, None) for module, name in _KNOWN]
    return isinstance(error, tuple(kind for kind in kinds if kind is not None))
