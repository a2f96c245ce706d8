"""Regular expressions of rules: RE2 only, bounded in length, size and work."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from aiaudit.rules.values import Meter

MAX_PATTERN: Final = 512  # characters
MAX_PROGRAM: Final = 4000  # RE2 instructions, after counted repetitions are unfolded


class PatternError(Exception):
    """A pattern that is no RE2, too long or too large."""


def search(meter: Meter, pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text. Charged for RE2's worst case: text × program size."""
    find, size = compiled(pattern)
    meter.spend(4 + len(text) * size // 32)
    return find(text)


def charge(meter: Meter, pattern: str) -> None:
    """The price of compiling a pattern that is made at run time: once an evaluation, whether or not it is cached.

    Measured: 0.8 ms for 512 dots, 2 ms with counted repetitions, 15 ms with Unicode classes.
    """
    if pattern not in meter.patterns:
        meter.patterns.add(pattern)
        meter.spend(2000 + 16 * len(pattern) + 20_000 * ("{" in pattern) + 100_000 * ("\\p" in pattern.lower()))


@functools.lru_cache(maxsize=512)
def compiled(pattern: str) -> tuple[Callable[[str], bool], int]:
    """A test for the pattern and its program size. Raises `PatternError`."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"pattern longer than {MAX_PATTERN} characters")
    import re2  # lazily: most runs of the command line need none

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    options.never_capture = True
    try:
        expression = re2.compile(pattern, options)
    except re2.error as error:
        cause = error.args[0] if error.args else ""
        words = cause.decode(errors="replace") if isinstance(cause, bytes) else str(cause)
        raise PatternError(f"invalid regular expression: {words}") from None
    except UnicodeEncodeError:
        raise PatternError("invalid regular expression: not Unicode text") from None
    size = int(expression.programsize)
    if size > MAX_PROGRAM:
        raise PatternError(f"pattern too large: {size} RE2 instructions, at most {MAX_PROGRAM}")
    return _finder(re2, expression), size


def _finder(re2: Any, expression: Any) -> Callable[[str], bool]:
    """A yes/no search. RE2's Python wrapper also computes character offsets (4 µs a hit): go below it where one can."""
    engine, anchor = getattr(expression, "_regexp", None), getattr(re2, "_Anchor", None)
    if engine is None or anchor is None:  # pragma: no cover - another version of the wrapper

        def slow(text: str) -> bool:
            return expression.search(text) is not None

        return slow
    match, unanchored = engine.Match, anchor.UNANCHORED

    def find(text: str) -> bool:
        data = text.encode("utf-8", "replace")
        return bool(match(unanchored, data, 0, len(data))[0][0] >= 0)

    return find


@functools.lru_cache(maxsize=512)
def glob_pattern(glob: str) -> str:
    """A glob as an anchored RE2 pattern: `**/` any folders, `**` anything, `*` and `?` in a name, `[a-c]` a class."""
    out: list[str] = []
    at, length = 0, len(glob)
    while at < length:
        char = glob[at]
        if glob.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
            continue
        if glob.startswith("**", at):
            out.append(".*")
            at += 2
            continue
        close = glob.find("]", at + 2) if char == "[" else -1
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif close > 0:
            inner = glob[at + 1 : close]
            negate = "^" if inner[0] in "!^" else ""
            body = "".join(c if c.isalnum() or c == "-" else f"\\x{{{ord(c):x}}}" for c in inner[len(negate) :])
            if not body:
                raise PatternError("empty class in a glob")
            out.append(f"[{negate}{body}]")
            at = close
        else:
            out.append(char if char.isalnum() or char in "/_-" else f"\\x{{{ord(char):x}}}")
        at += 1
    return f"(?s)^{''.join(out)}$"
