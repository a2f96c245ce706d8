"""Patterns by themselves: which of them a text holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from aiaudit.probes.text.groups import Pattern
from aiaudit.probes.text.search import Expression, compiled_pattern, search_for

if TYPE_CHECKING:
    from aiaudit.project.cache import Cache


class PatternSets:
    """Patterns compiled together, to know quickly which of them a text holds."""

    def __init__(self, patterns: Iterable[Pattern], cache: Cache | None = None, *, much: bool = False) -> None:
        self._patterns = tuple(patterns)
        expressions = [Expression(one.regex) for one in self._patterns]
        self._search = search_for(expressions, much=much, cache=cache, purpose="sets")

    def anything(self, text: bytes) -> bool:
        """Whether any pattern is there."""
        return any(compiled.search(text) is not None for _, compiled in self._likely(text))

    def matching(self, text: bytes) -> Iterator[tuple[Pattern, Any]]:
        """The patterns that may be there, compiled, in their order."""
        return self._likely(text)

    def _likely(self, text: bytes) -> Iterator[tuple[Pattern, Any]]:
        for number in sorted(self._search.candidates(text)):
            yield self._patterns[number], compiled_pattern(self._patterns[number].regex)
