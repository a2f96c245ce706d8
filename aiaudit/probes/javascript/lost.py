"""What may stand in a script that could not be parsed: enough to tell which questions stay open.

Parsed or not, a name stands in the text of a script where it is called, and a package where it is imported. What is
asked for and stands nowhere in the text is not in the file; by the same signs the engine passes over files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.javascript.names import package, roots
from aiaudit.probes.python.lost import words_of

# A name that is called, made, inherited from, asked for something, or looked up by a text.
_CALLED: Final = lazy.regex(
    rb"\b(?:new|extends)\s+(?:\w+\.)*([A-Za-z_$][\w$]*)|([A-Za-z_$][\w$]*)[\"'`]?(?=\s*(?:\?\.|[.(<`\]]))"
)
_QUOTED: Final = lazy.regex(rb"[\"'`](?=([^\"'`\\\n]{1,200})[\"'`])")
# A letter of a name that stands there by its number: no search finds the name.
_BY_NUMBER: Final = lazy.linear(rb"\\(?:x|u00|u\{0*)(?:4[1-9A-Fa-f]|5[0-9Aa]|6[1-9A-Fa-f]|7[0-9Aa])")


class Lost(Struct, frozen=True):
    """`words`: the names in it that some question asks for. `packages`: those that one asks for. `marks`: the
    extractors that may find something in it."""

    words: list[str]
    packages: list[str]
    marks: list[str]

    def names(self, patterns: Collection[str]) -> bool:
        """Whether one of these patterns may match there."""
        return not _words(patterns).isdisjoint(self.words) or any(map(_below(patterns), self.packages))

    def holds(self, features: Iterable[str]) -> bool:
        """Whether one of these extractors may find something there."""
        return not set(features).isdisjoint(self.marks)


def lost_in(data: bytes, path: str, patterns: Collection[str], marks: Mapping[str, lazy.Linear]) -> dict[str, Any]:
    """`Lost` of a file as JSON; {} where its bytes do not tell. `marks`: of the extractors."""
    from aiaudit.probes.javascript import logged, open_loops, routes, tools

    if b"\0" in data or _BY_NUMBER.search(data):
        return {}
    marks = {**marks, "logged": logged.MARKS, "log_values": logged.MARKS, "routes": routes.SERVES, "tools": tools.MAKES}
    found = {name for name, mark in marks.items() if mark.search(data)}
    if routes.PLACES.search(path) and routes.EXPORTS.search(data):
        found.add("routes")
    if open_loops.RECURS.search(data):
        found.add("loops")
    called = {(one[1] or one[2]).decode() for one in _CALLED.finditer(data)}
    quoted = {package(one[1].decode("utf-8", "replace")) for one in _QUOTED.finditer(data)}
    is_below = _below(patterns)
    return {
        "words": sorted(called & _words(patterns)),
        "packages": sorted(one for one in quoted if is_below(one)),
        "marks": sorted(found),
    }


def _words(patterns: Iterable[str]) -> set[str]:
    """The identifiers by which patterns are looked for; that of a package alone stands in quotes."""
    return {word for one in patterns if "." in one or "/" not in one for word in words_of(one)} - {"*"}


def _below(patterns: Iterable[str]) -> Callable[[str], object]:
    """Whether a package is one of those with which the patterns begin, or lies below it."""
    asked = sorted(re.escape(one).replace(r"\*", ".*") for one in roots(patterns) - {"*", "?", "@"})
    return re.compile(f"(?:{'|'.join(asked)})(?:/.*)?" if asked else "(?!)").fullmatch
