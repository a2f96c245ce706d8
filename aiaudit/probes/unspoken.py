"""Where nothing is done in Python source: comments, and texts that stand there as statements of their own.

Such a text documents (a docstring) or keeps code that somebody switched off. One scan of the bytes finds them, since a
file that no parser takes, or an older Python's, has them too. Texts that are given to something are no such texts: what
documents a tool or a signature of DSPy is told to a model, what documents a test is shown when it fails. A first line
that names the program which runs the file is no comment.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from aiaudit import lazy

_SIMPLE: Final = rb"""(?:"(?:[^"\\\n]++|\\.)*+"?|'(?:[^'\\\n]++|\\.)*+'?)"""
_LONG: Final = rb'''"""|\'\'\''''
_REST: Final = rb"[^\"'#]++|(?!" + _LONG + rb")" + _SIMPLE
_UP_TO_LONG: Final = lazy.regex(rb"(?s)(?:" + _REST + rb"|#[^\n]*+)*+(" + _LONG + rb")")
"""All code, simple texts and comments up to a long text."""
_UP_TO_COMMENT: Final = lazy.regex(rb"(?s)(?:" + _REST + rb")*+#")
_NO_CODE: Final = lazy.regex(rb"(?s)" + _SIMPLE + rb"|#[^\n]*+")
_BEFORE: Final = (b"", b"r", b"u", b"b", b"br", b"rb")
_TOOL: Final = lazy.regex(rb"(?m)^\s*@[\w.]*(?:tool|kernel_function|system_prompt|instructions)\b")
_SIGNATURE: Final = lazy.regex(rb"\bSignature\b")
_HEADER: Final = 1024  # bytes of decorators and a signature, up to the text that documents them


class _Text(NamedTuple):
    """A long text: its offsets, and whether nothing is done with it."""

    start: int
    end: int
    idle: bool


class Unspoken:
    """The places of a source, as its bytes, at which nothing is done."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._rest = _texts(source)  # behind those that are known
        self._texts: list[_Text] = []
        self._starts: list[int] = []

    def has(self, at: int) -> bool:
        """Whether this offset is in one of them."""
        while not self._starts or self._starts[-1] <= at:
            if (text := next(self._rest, None)) is None:
                break
            self._texts.append(text)
            self._starts.append(text.start)
        source, number = self._source, bisect_right(self._starts, at) - 1
        before = self._texts[number] if number >= 0 else None
        if before is not None and at < before.end:
            return before.idle
        line = source.rfind(b"\n", 0, at) + 1
        if source.find(b"#", line, at + 1) < 0:
            return False
        if before is not None:
            line = max(line, before.end)
        found = _UP_TO_COMMENT.match(source, line, at + 1)
        return found is not None and not source.startswith(b"#!", found.end() - 1)


def _texts(source: bytes) -> Iterator[_Text]:
    """Long texts, rising."""
    at, depth = 0, 0
    while (found := _UP_TO_LONG.match(source, at)) is not None:
        start = found.start(1)
        defined = _definition(source, at, start)
        if defined >= 0:  # which begins outside all brackets
            at, depth = defined, 0
        code = source[at:start]
        depth = max(0, depth + _opened(code))
        end = _end_of(source, start, found[1])
        begins = at == 0 or defined >= 0 or b"\n" in code
        yield _Text(start, end, begins and depth == 0 and _is_statement(code, source, start))
        at = end


def _definition(source: bytes, first: int, end: int) -> int:
    """Where the last line begins with a definition of a function or class, behind its spaces; -1 where none does."""
    found = max(source.rfind(b"def ", first, end), source.rfind(b"class ", first, end))
    if found < 0:
        return -1
    line = max(first, source.rfind(b"\n", first, found) + 1)
    return found if source[line:found].strip() in (b"", b"async") and (line > first or first == 0) else -1


def _opened(code: bytes) -> int:
    """How many more brackets are opened than closed."""
    if b"'" in code or b'"' in code or b"#" in code:
        code = _NO_CODE.sub(b"", code)
    return sum(map(code.count, (b"(", b"[", b"{"))) - sum(map(code.count, (b")", b"]", b"}")))


def _end_of(source: bytes, start: int, quotes: bytes) -> int:
    """Where a long text ends; a backslash takes what follows it along, in a raw text too."""
    at = start + 3
    while (end := source.find(quotes, at)) >= 0:
        before = end
        while before > at and source[before - 1 : before] == b"\\":
            before -= 1
        if (end - before) % 2 == 0:
            return end + 3
        at = end + 1
    return len(source)


def _is_statement(code: bytes, source: bytes, start: int) -> bool:
    """Whether a long text behind this code, outside brackets, begins its line. One whose braces are filled in runs what
    stands in them."""
    before = code[code.rfind(b"\n") + 1 :]
    if before.strip().lower() not in _BEFORE:
        return False
    line = start - len(before)
    if source[max(0, line - 3) : line].rstrip(b"\r\n").endswith(b"\\"):
        return False
    head = source[max(0, line - _HEADER) : line]
    return not (head.rstrip().endswith(b":") and _is_told(head))


def _is_told(head: bytes) -> bool:
    """Whether a model, or who runs a test, is told what documents the function or class whose head ends here."""
    at = max(head.rfind(b"def "), head.rfind(b"class "))
    if head.startswith(b"class ", at):
        bases = head.find(b"(", at)
        return bases >= 0 and _SIGNATURE.search(head, bases) is not None
    if head.startswith(b"def test_", at):
        return True
    above = max(head.rfind(b"def ", 0, max(0, at)), head.rfind(b"class ", 0, max(0, at)), 0)
    return _TOOL.search(head, above, max(0, at)) is not None
