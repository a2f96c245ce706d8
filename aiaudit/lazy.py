"""Regular expressions that are compiled when they are first used.

A module names its expressions at its top. Most of them meet no text in one audit, and to compile them all costs as much
as to look through a small project. `regex` makes Python's own, `linear` those of RE2: which of many words stands
anywhere in a file, RE2 says in a twentieth of the time.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class Lazy:
    """Stands for `re.compile(pattern, flags)`, and becomes it: what was asked of it once is kept beside it."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._asked: tuple[Any, int] = (pattern, flags)
        self._made: re.Pattern[Any] | None = None

    def __getattr__(self, name: str) -> Any:  # only for what is not there yet
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(self.compiled(), name)
        setattr(self, name, value)
        return value

    def compiled(self) -> re.Pattern[Any]:
        """What this stands for. Compiled once, however many others have passed through the cache of `re` since."""
        if self._made is None:
            self._made = re.compile(*self._asked)
        return self._made


class Linear:
    """What stands somewhere in the bytes of a file, by RE2."""

    def __init__(self, pattern: bytes) -> None:
        self.pattern = pattern
        self._made: Any = None

    def search(self, data: bytes) -> bool:
        """Whether the expression matches anywhere."""
        if self._made is None:
            import re2

            asked = re2.Options()
            asked.never_capture = True
            self._made = re2.compile(self.pattern, asked)
        return self._made.search(data) is not None


def linear(pattern: bytes) -> Linear:
    """The expression (RE2's syntax: nothing that looks around) to be searched in whole files."""
    return Linear(pattern)


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, later: an expression that is none is told when it is used. Not for the functions of `re`, which
    take what they did not make themselves for a text."""
    return cast("re.Pattern[AnyStr]", Lazy(pattern, flags))
