"""`AIAUDIT_DEBUG=1`: a developer is shown where an error happened; everybody else is told what it was."""

from __future__ import annotations

import os


def debugging() -> bool:
    """Whether the caller wants tracebacks."""
    return os.environ.get("AIAUDIT_DEBUG", "") not in ("", "0")


def show_where() -> None:
    """Where the error that is being handled happened, for who wants to know."""
    if debugging():
        import traceback

        traceback.print_exc()


def in_a_line(error: Exception) -> str:
    """The kind of error and the first line of what it says, without control characters."""
    from aiaudit.project.entry import display

    text = str(error).strip().partition("\n")[0][:200]
    return display(f"{type(error).__name__}: {text}" if text else type(error).__name__)
