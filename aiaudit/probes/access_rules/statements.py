"""SQL taken apart into statements, each a list of words with their lines. Comments are left out; what a block (`DO`)
holds as text is taken apart as well, since migrations write policies there.

sqlglot is not asked: its reader keeps `DO` and `REVOKE` as one text each, and knows no `CREATE POLICY`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from aiaudit import lazy

_WORD: Final = lazy.regex(
    r"(?P<space>\s++|--[^\n]*+)"
    r"|(?P<comment>/\*)"
    r"|(?P<block>\$\w{0,60}+\$)"
    r"|(?P<text>[eE]'(?:[^'\\]|''|\\.)*+'|[nNbBxX]?'(?:[^']|'')*+')"
    r'|"(?P<quoted>(?:[^"]|"")*+)"'
    r"|(?P<name>[^\W\d][\w$]*+)"
    r"|(?P<sign>\d[\w.]*+|::|<>|!=|>=|<=|->>?|\|\||.)"
)
_ENDS: Final = {"/*": "*/"}
_MOST_NESTED: Final = 2
LARGEST: Final = 600_000  # characters; a dump of data is no migration
_MOST_OPEN: Final = 50  # comments and blocks that nothing closes; each is looked for to the end of the text


class Word(NamedTuple):
    """A word of SQL."""

    text: str
    """As written, names and texts without their quotes."""
    line: int
    start: int
    end: int
    kind: str
    """name, quoted (a name in quotes), text, block (a text between dollars) or sign."""


class Statement(NamedTuple):
    """A statement of SQL."""

    words: tuple[Word, ...]
    source: str
    """The text in which `start` and `end` of its words count."""

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.words[0].line

    def small(self, at: int) -> str:
        """A word in small letters, "" past the end or where it is a name in quotes or a text."""
        if at >= len(self.words) or self.words[at].kind in ("quoted", "text", "block"):
            return ""
        return self.words[at].text.lower()

    def begins(self, *words: str, at: int = 0) -> bool:
        """Whether these words stand in it from a place on."""
        return all(self.small(at + step) == word for step, word in enumerate(words))

    def written(self, first: int, last: int) -> str:
        """What is written from one word to before another, on one line and without comments."""
        taken = self.words[first:last]
        parts: list[str] = []
        end = taken[0].start if taken else 0
        for word in taken:
            parts += [" "] * (word.start > end) + [self.source[word.start : word.end]]
            end = word.end
        return " ".join("".join(parts).split())


def statements(text: str, before: int = 0, nested: int = 0) -> Iterator[Statement]:
    """The statements of a text of PostgreSQL; `before` is the number of lines that stand before it."""
    if len(text) > LARGEST:
        return
    found: list[Word] = []
    line, at, left_open = before + 1, 0, 0
    while at < len(text) and left_open < _MOST_OPEN:
        match = _WORD.match(text, at)
        if match is None:  # a line break alone is no `.`, and stands among the spaces
            break
        kind, start, inner = match.lastgroup or "", at, match.end()
        at = inner
        if kind in ("comment", "block"):
            closing = _ENDS.get(match[0], match[0])
            closed = text.find(closing, inner)
            left_open += closed < 0
            at = closed + len(closing) if closed >= 0 else inner
            kind = kind if closed >= 0 else "sign"
        first, line = line, line + text.count("\n", start, at)
        if kind in ("space", "comment"):
            continue
        if match[0] == ";":
            if found:
                yield Statement(tuple(found), text)
            found = []
            continue
        written = text[inner : at - len(match[0])] if kind == "block" else match[0]
        if kind == "block" and nested < _MOST_NESTED and found and found[0].text.upper() == "DO":
            yield from statements(written, first - 1, nested + 1)
            found = []
            continue
        bare = match["quoted"] if kind == "quoted" else written.strip("'") if kind == "text" else written
        found.append(Word(bare, first, start, at, kind))
    if found:
        yield Statement(tuple(found), text)
