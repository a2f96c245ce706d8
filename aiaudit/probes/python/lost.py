"""What may stand in the lines of a file that could not be parsed: enough to tell which questions stay open."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.python.source import Source, hiding_encoding

_WORD: Final = lazy.regex(rb"\w+")
_DEFINED: Final = lazy.regex(rb"(?:def|class)[ \t]+(\w+)")
_IN_QUOTES: Final = lazy.regex(rb'(?m)^[ \t]*"(.*?)(?:\\n)?",?[ \t\r]*$')
_LINE_END: Final = re.compile(rb"\n")
# A line that gives a name something: what the rest of the file does with that name is then not known either.
_BINDS: Final = lazy.regex(rb"[ \t]*(?:(?:async|import|from|def|class|with|for|global)\b|@)|[^=!<>]*=(?!=)")
# With which a function is reached whose name stands elsewhere.
_BY_NAME: Final = frozenset(("getattr", "attrgetter", "methodcaller", ""))


class Lost(Struct, frozen=True):
    """`words`: those of the patterns, where they may be code ("" for one that is reached by a text). `marks`: the
    extractors whose marks stand there; of both, where a name is bound in these lines, those of the whole file.
    `imports`: every name in an import. `defines`: the functions and classes that begin there."""

    words: list[str]
    marks: list[str]
    imports: list[str]
    defines: list[str]

    @property
    def anything(self) -> bool:
        """Whether something may stand there that anybody asks for."""
        return bool(self.words or self.marks or self.imports or self.defines)

    def names(self, patterns: Iterable[str]) -> bool:
        """Whether one of these patterns may match there."""
        return bool(self.words) and not {*_BY_NAME, *(word for one in patterns for word in words_of(one))}.isdisjoint(
            self.words
        )

    def holds(self, features: Iterable[str]) -> bool:
        """Whether one of these extractors may find something there."""
        return not set(features).isdisjoint(self.marks)

    def may_import(self, globs: Collection[str]) -> bool:
        """Whether a module of one of these dotted names may be imported there."""
        roots = {one.partition(".")[0] for one in globs}
        return any(fnmatchcase(name, root) for name in self.imports for root in roots)


def words_of(pattern: str) -> list[str]:
    """The identifiers by which a pattern is looked for: the last, or the one before `.*`, and the classes on the way,
    which may be made in one file and asked in another."""
    parts = pattern.split(".")
    last = parts[-2] if parts[-1] == "*" and len(parts) > 1 else parts[-1]
    return [last, *(part for part in parts[:-1] if part[:1].isupper() and part != last)]


def shows_its_text(data: bytes) -> bool:
    """Whether the names of a program stand in its bytes as they are written."""
    if b"\0" in data or hiding_encoding(data):
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def lines_of(notebook: bytes) -> bytes:
    """The lines of the cells of a notebook that is no JSON, as far as its text shows them."""
    return _IN_QUOTES.sub(rb"\1", notebook).replace(b'\\"', b'"')


def lost_in(source: Source, features: Iterable[str]) -> dict[str, Any]:
    """`Lost` of a source as JSON. `features`: the names of the marks' extractors, in their order."""
    starts = [0, *(found.end() for found in _LINE_END.finditer(source.data))]
    lost = frozenset(source.lost)

    def there(offsets: Iterable[int]) -> list[int]:
        return [at for at in offsets if bisect_right(starts, at) in lost]

    def line(at: int) -> bytes:
        end = source.data.find(b"\n", at)
        return source.data[at:] if end < 0 else source.data[at:end]

    hits, outline = source.hits, source.hits.outline
    binds = any(_BINDS.match(line(starts[number - 1])) for number in lost)
    asked = hits.words if binds else there(hits.words)
    words = {found.group().decode() if (found := _WORD.match(source.data, at)) else "" for at in asked}
    marks = {
        name for name, offsets in zip(features, hits.marked, strict=False) if (offsets if binds else there(offsets))
    }
    imports = {
        name.decode() for at in there(outline.imports if outline else ()) for name in _WORD.findall(line(at))
    } - {"from", "import", "as"}
    begun = there((*outline.functions, *outline.classes)) if outline else ()
    defines = {named[1].decode() if (named := _DEFINED.search(line(at))) else "" for at in begun}
    return {"words": sorted(words), "marks": sorted(marks), "imports": sorted(imports), "defines": sorted(defines)}
