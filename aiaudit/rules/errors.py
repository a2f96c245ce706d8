"""Errors in the text of a rule: one line, the place, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RuleError(Exception):
    """A rule that cannot be compiled.

    `line` and `column` count from 1 inside the rule's own source. `suggestion` is a replacement or a hint, or None.
    """

    def __init__(self, message: str, line: int = 1, column: int = 1, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.suggestion = suggestion

    def __str__(self) -> str:
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{self.line}:{self.column}: {self.message}{hint}"


def place(source: str, offset: int) -> tuple[int, int]:
    """The 1-based line and column of an offset in `source`."""
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def error_at(source: str, offset: int, message: str, suggestion: str | None = None) -> RuleError:
    """A `RuleError` at an offset of the source."""
    line, column = place(source, offset)
    return RuleError(message, line, column, suggestion)


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like `word`, or None where nothing is close."""
    found = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return found[0] if found else None


def show(text: str, limit: int = 40) -> str:
    """Source text made safe for a one-line message: printable, at most `limit` characters."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else "?" for c in short)
