"""Regular expressions that are compiled when they are first used.

A module names its expressions at its top. Most of them meet no text in one audit, and to compile them all costs as much
as to look through a small project.
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


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, later: an expression that is none is told when it is used. Not for the functions of `re`, which
    take what they did not make themselves for a text."""
    return cast("re.Pattern[AnyStr]", Lazy(pattern, flags))
