"""Code as if each short call stood on one line, so that a pattern finds it however a formatter has broken it.

Patterns are written for lines. black, ruff, prettier and people break a call behind a bracket, a comma or an operator,
as its length asks, and a verdict must not depend on that. So what stands in brackets is put on one line where that is
short; what is long keeps its breaks, and its parts are put on one line each. Paragraphs of prose and commands that go
on behind a backslash are put on one line too, and the cells of a notebook are what somebody wrote in them (`cells`).
Lines are counted as in the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.paragraphs import MAX_PARAGRAPH, goes_on
from aiaudit.probes.text.cells import cells_of, is_python

MAX_LINE: Final = 320  # characters: what is longer nobody would write on one line, and patterns would reach too far
_MAX_RAW: Final = 3 * MAX_LINE  # the same with its indentation
_PATIENCE: Final = 8  # times its length: so much of a text is looked at
_LITTLE: Final = 100  # what a look at a line that ends costs, in characters of one that goes on
_DEPTH: Final = 5  # brackets within brackets
_OPENING, _CLOSING = b"{}"
_ROUND, _COLON = b"(:"
_BEFORE: Final = lazy.regex(rb"(?:[^=!<>]=|\b(?:return|assert|await|if|elif|while|in|not|and|or|yield)) *\Z")
_QUOTED: Final = lazy.regex(rb"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_NESTED: Final = lazy.regex(rb"\([^()\[\]{}]*\)|\[[^()\[\]{}]*\]|\{[^()\[\]{}]*\}")
_NOT_BARE: Final = lazy.regex(rb"[()\[\]{},:]|\bfor\b")

_PYTHON: Final = frozenset({".py", ".pyi", ".pyw"})
_PROSE: Final = frozenset({".md", ".markdown", ".mdx", ".rst"})
_NOTEBOOK: Final = frozenset({".ipynb"})
_COMMANDS: Final = frozenset({"", ".sh", ".bash", ".zsh", ".yml", ".yaml", ".mk", ".dockerfile"})
_FENCE: Final = lazy.regex(r"[ \t>]*(`{3}|~{3})")
_JAVASCRIPT: Final = frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"})


class _Layout(NamedTuple):
    """How the code of a language goes on in the next line. `breaks`: a line's end that is none of a statement (or
    stands in a text); the end comes first, which a search can jump to. `statement`: what goes on to the end of a line:
    words, texts of one line, brackets that are closed. `goes_on`: what may stand before a break within it. `block`:
    what keeps its lines though it stands in brackets. `in_braces`: what stands on the inner sides of braces."""

    breaks: re.Pattern[bytes]
    statement: re.Pattern[bytes]
    goes_on: bytes = b""
    block: re.Pattern[bytes] | None = None
    in_braces: bytes = b""


@cache
def _layout(suffix: str) -> _Layout | None:
    """That of the files of a suffix, if it is known."""
    if suffix in _PYTHON:
        return _Layout(
            re.compile(rb"\n(?<=[(\[{,\\+*/%=|&-]\n)"),
            _statement(rb"\"\'#", quotes=b"\"'", rest=rb"(?!)", goes_on=rb"\\\n"),
            b"\\",
        )
    if suffix in _JAVASCRIPT:  # the parts of an object are written one a line, and read so
        return _Layout(
            re.compile(rb"\n(?:(?<=[(\[{,=?:&|+>]\n)|[ \t]*+\??\.(?=[A-Za-z_]))"),
            _statement(rb"\"\'`/", quotes=b"\"'`", rest=rb"/(?![/*])", goes_on=rb"\n[ \t]*+(?=\??\.[A-Za-z_])"),
            block=re.compile(rb"(?<!import )(?<!export )(?<!type )\{[ \t]*\n|;[ \t]*\S"),
            in_braces=b" ",
        )
    return None


def _statement(not_plain: bytes, *, quotes: bytes, rest: bytes, goes_on: bytes) -> re.Pattern[bytes]:
    """What goes on to the end of a line. `not_plain`: what begins a text or a comment; `rest`: the same where it begins
    none; `goes_on`: a break between brackets that is none of a statement."""
    texts = b"|".join(b"%c(?:[^%c\\\\\\n]++|\\\\.)*+%c" % (one, one, one) for one in quotes)
    inner = rb"(?!)"
    for _ in range(_DEPTH):
        inner = b"[(\\[{](?>[^()\\[\\]{}%s]++|%s|%s|%s)*+[)\\]}]" % (not_plain, texts, rest, inner)
    return re.compile(
        b"(?>[^()\\[\\]{}%s\\n\\\\]++|%s|%s|%s|%s)*+(?=\\n|\\Z)" % (not_plain, texts, rest, inner, goes_on)
    )


_END_OF_LINE: Final = lazy.regex(rb"\n")
_BREAK: Final = lazy.regex(rb"\n[ \t\n]*+")


def _joints(text: bytes, begin: int, end: int, goes_on: bytes) -> list[tuple[int, int]]:
    """The breaks of a statement, each with the spaces around it and what may stand before it."""
    found: list[tuple[int, int]] = []
    for joint in _BREAK.finditer(text, begin, end):
        start, stop = joint.span()
        if start > begin and text[start - 1] in b" \t\\":  # seldom
            start = begin + len(text[begin:start].removesuffix(goes_on).rstrip(b" \t"))
        found.append((max(start, begin), stop))
        begin = stop
    return found


_CONSTANT: Final = lazy.regex(
    rb"\n([A-Z][A-Z0-9_]{1,40})[ \t]*(?::[ \t]*[\w.\[\]]{1,40}[ \t]*)?=[ \t]*"
    rb"(-?\d[\d_.]{0,15}(?:[ \t]*\*[ \t]*\d[\d_.]{0,9}){0,3}|True|False|None"
    rb"|\"(?:[a-z]{2,12}|(?:\d{1,3}\.){3}\d{1,3})\"|'(?:[a-z]{2,12}|(?:\d{1,3}\.){3}\d{1,3})')"
    rb"[ \t]*(?=[#\n])"
)
_SECRET: Final = lazy.regex(rb"pass|pwd|secret|token|key|auth|credential")  # names of what stands in one place only
_GIVEN: Final = lazy.regex(rb"=[ \t]*+([A-Z][A-Z0-9_]{1,40})(?=\s*[,)\n])")
_KEYWORD: Final = lazy.regex(rb"[(,\s]([a-z]\w*)[ \t]*\Z")
_KEYWORD_LENGTH: Final = 80
_BOUND: Final = lazy.regex(rb"\n[ \t]*([A-Z][A-Z0-9_]{1,40})[ \t]*(?::[^=\n]{0,40})?=(?!=)")
_TYPE: Final = lazy.regex(rb":[ \t]*+[A-Za-z_][\w.,| \t\[\]\"']{0,80}+=(?!=)")
_TYPED: Final = lazy.regex(rb"([ \t]*+)(?!else\b|try\b|finally\b)([A-Za-z_]\w*+)[ \t]*+\Z")
_MADE: Final = lazy.regex(rb"\n([ \t]*+)(class|def|async[ \t]+def)[ \t]")


def _untyped(text: bytes) -> bytes:
    """Python without the types of what a module or a function binds. Fields of classes and parameters keep theirs: the
    type says what they are."""
    pieces: list[bytes] = []
    scopes: _Scopes | None = None
    taken = 0
    for found in _TYPE.finditer(text):  # a colon is quickly found, the beginning of a line is not
        begin = text.rfind(b"\n", 0, found.start()) + 1
        name = _TYPED.match(text, begin, found.start()) if begin else None
        if name is None:
            continue
        if name[1]:
            scopes = scopes or _Scopes(text)
            if scopes.declares(begin, len(name[1])):
                continue
        pieces += (text[taken:begin], name[1], name[2], b" =")
        taken = found.end()
    return b"".join((*pieces, text[taken:])) if pieces else text


class _Scopes:
    """The classes and functions of a module by their indentation, and in which of them a line stands."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._starts: list[int] = []
        self._made: list[tuple[int, bool]] = []  # indentation; whether it is a class
        self._around: list[int] = []  # of each the nearest before it that is indented less; -1: the module
        self._bodies: dict[int, int] = {}
        for number, one in enumerate(_MADE.finditer(b"\n" + text)):
            depth, around = len(one[1]), number - 1
            while around >= 0 and self._made[around][0] >= depth:
                around = self._around[around]
            self._starts.append(one.start())
            self._made.append((depth, one[2] == b"class"))
            self._around.append(around)

    def declares(self, begin: int, depth: int) -> bool:
        """Whether a line that begins there, indented so far, is a field of a class or a parameter of a function."""
        at = bisect_left(self._starts, begin) - 1
        while at >= 0 and self._made[at][0] >= depth:
            at = self._around[at]
        if at < 0:
            return False
        if self._made[at][1]:
            return True
        if at not in self._bodies:
            body = self._text.find(b":\n", self._starts[at])
            self._bodies[at] = body if body >= 0 else len(self._text)
        return begin <= self._bodies[at]


def with_constants(text: bytes) -> bytes:
    """Python in which a number, a truth or a word that a module names (`LIMIT = 30`) stands where a call is given it by
    that name. Addresses and whatever else may be secret stay where they are."""
    named = dict(_CONSTANT.findall(text))
    if not named:
        return text
    pieces: list[bytes] = []
    bound: Counter[bytes] = Counter()
    taken = 0
    for found in _GIVEN.finditer(text):
        value = named.get(found[1])
        if value is None:
            continue
        keyword = _KEYWORD.search(text, max(0, found.start() - _KEYWORD_LENGTH), found.start())
        if keyword is None or (value[:1] in b"\"'" and _SECRET.search(keyword[1])):
            continue
        bound = bound or Counter(_BOUND.findall(text))
        if bound[found[1]] == 1:
            pieces += (text[taken : found.start(1)], value)
            taken = found.end(1)
    return b"".join((*pieces, text[taken:])) if pieces else text


class OneLine(NamedTuple):
    """A text with its short calls on one line. `breaks`: where in it a line's break was taken out, rising; `added`:
    where one stands that the file does not have."""

    text: bytes
    breaks: list[int]
    added: Sequence[int] = ()

    def lines_between(self, start: int, end: int) -> int:
        """How many lines of the file the second place stands below the first."""
        lines = self.text.count(b"\n", start, end)
        if self.breaks:
            lines += bisect_left(self.breaks, end + 1) - bisect_left(self.breaks, start + 1)
        return lines - (bisect_left(self.added, end) - bisect_left(self.added, start)) if self.added else lines

    def lines(self) -> list[str]:
        """The lines of the file: what was put on one line stands on its first, and the others are empty."""
        found: list[str] = [""]
        begin = 0
        for line in self.text.split(b"\n"):
            end = begin + len(line)
            found[-1] += line.decode("utf-8", "replace")
            found += [""] * (bisect_right(self.breaks, end) - bisect_left(self.breaks, begin))
            at = bisect_left(self.added, end)
            if at < len(self.added) and self.added[at] == end:
                found[-1] += " "
            else:
                found.append("")
            begin = end + 1
        return found[:-1]


def layout_of(suffix: str) -> str:
    """By what the text of files with this suffix is put on one line; empty where it is searched as it stands. What is
    found in a text depends on it."""
    kinds = {"py": _PYTHON, "js": _JAVASCRIPT, "prose": _PROSE, "commands": _COMMANDS, "cells": _NOTEBOOK}
    return next((kind for kind, suffixes in kinds.items() if suffix in suffixes), "")


def on_one_line(text: bytes, suffix: str = ".py") -> OneLine:
    """The text of a file with each short call on one line. `suffix`: that of the file's name."""
    if suffix in _PYTHON:
        return _statements(with_constants(_untyped(text)), suffix)
    if suffix in _JAVASCRIPT:
        return _statements(text, suffix)
    if suffix in _NOTEBOOK:
        return _cells(text)
    return _paragraphs(text) if suffix in _PROSE else _commands(text) if suffix in _COMMANDS else OneLine(text, [])


def _statements(text: bytes, suffix: str) -> OneLine:
    """Code with each short statement on one line, of a language whose layout is known."""
    layout = _layout(suffix)
    assert layout is not None
    pieces: list[bytes] = []
    breaks: list[int] = []
    done = taken = size = 0  # of the text: looked at, copied; of the pieces
    left = _PATIENCE * (len(text) + _MAX_RAW)
    statement, block = layout.statement.match, layout.block
    for found in layout.breaks.finditer(text):
        at = found.start()
        if at < done:
            continue
        if left < 0:
            break  # a table of data, or brackets that nobody closes
        begin = max(done, text.rfind(b"\n", 0, at) + 1)
        whole = statement(text, begin, begin + _MAX_RAW)
        end = whole.end() if whole is not None else 0
        if 0 < end <= at:  # the break is none of this statement
            done = at + 1
            left -= _LITTLE
            continue
        if not end or end == begin + _MAX_RAW < len(text) or (block and block.search(text, begin, end)):
            done = at + 1
            left -= _MAX_RAW
            continue
        gaps = _joints(text, begin, end, layout.goes_on)
        if end - begin - sum(stop - start - 1 for start, stop in gaps) > MAX_LINE:
            done = at + 1
            continue
        done = end
        bare = suffix in _PYTHON and _may_go(text, begin, gaps[0][0] - 1, gaps[-1][1], end)
        for start, stop in gaps:
            piece = text[taken:start]
            gap = b""
            taken = stop
            if bare and start == gaps[0][0]:
                piece = piece[:-1]
            elif bare and stop == gaps[-1][1]:
                taken += 1
            elif text[stop] in b")]}":
                piece = piece.removesuffix(b",")
                gap = layout.in_braces if text[stop] == _CLOSING else b""
            elif text[start - 1] in b"([{":
                gap = layout.in_braces if text[start - 1] == _OPENING else b""
            elif text[stop] not in b".?":
                gap = b" "
            size += len(piece)
            breaks += [size] * text.count(b"\n", start, stop)
            pieces += (piece, gap)
            size += len(gap)
    if not pieces:
        return OneLine(text, [])
    pieces.append(text[taken:])
    return OneLine(b"".join(pieces), breaks)


def _may_go(text: bytes, begin: int, opened: int, closed: int, end: int) -> bool:
    """Whether the brackets at the first and the last break are there for the breaks only, as black puts them:
    `x = (`, a value, `)`."""
    if text[opened] != _ROUND or text[end - 1 - (text[end - 1] == _COLON)] != _ROUND + 1 or end - closed > 2:
        return False
    if not _BEFORE.search(text, begin, opened) or not text[opened + 1 : closed].strip():
        return False
    inner, last = _QUOTED.sub(b"", text[opened + 1 : closed]), b""
    while inner != last:
        inner, last = _NESTED.sub(b"", inner), inner
    return not _NOT_BARE.search(inner)


def _cells(text: bytes) -> OneLine:
    """A notebook with the code of its cells as it is written there, and in Python each short statement on one line."""
    pieces: list[bytes] = []
    breaks: list[int] = []
    added: list[int] = []
    taken = size = 0
    python = is_python(text)
    for cell in cells_of(text):
        told = _statements(_untyped(cell.code), ".py") if python else OneLine(cell.code, [])
        code = told.text if cell.lines else b"\n" + told.text
        size += cell.start - taken
        if cell.lines:
            breaks += [size + one for one in told.breaks]
        else:
            added += [size + one.start() for one in _END_OF_LINE.finditer(code)]
        size += len(code)
        pieces += (text[taken : cell.start], code)
        taken = cell.end
    pieces.append(text[taken:])
    return OneLine(b"".join(pieces), breaks, added)


def _paragraphs(text: bytes) -> OneLine:
    """Prose with each paragraph on one line."""
    pieces: list[bytes] = []
    breaks: list[int] = []
    size = length = 0
    above, fence = "", ""
    for number, raw in enumerate(text.split(b"\n")):
        line = raw.decode("utf-8", "replace")
        if marker := _FENCE.match(line):
            fence = "" if fence == marker[1] else fence or marker[1]
        if number and not fence and not marker and length < MAX_PARAGRAPH and goes_on(above, line):
            pieces[-1] = b" "
            breaks.append(size - 1)
            told = raw.lstrip()
        else:
            told, length = raw, 0
        pieces += (told, b"\n")
        length += len(told)
        size += len(told) + 1
        above = line
    if not breaks:
        return OneLine(text, [])
    return OneLine(b"".join(pieces[:-1]), breaks)


def _commands(text: bytes) -> OneLine:
    """Commands of scripts, Dockerfiles, Makefiles and steps of CI with what follows a backslash at the end of a line.
    Each of several commands keeps its own line."""
    if b"\\\n" not in text:
        return OneLine(text, [])
    pieces: list[bytes] = []
    breaks: list[int] = []
    taken = size = 0
    for found in _CONTINUED.finditer(text):
        piece = text[taken : found.start()]
        size += len(piece)
        breaks += [size] * found[0].count(b"\n")
        pieces += (piece, b" ")
        size += 1
        taken = found.end()
    pieces.append(text[taken:])
    return OneLine(b"".join(pieces), breaks)


# Not between two commands: `a && \\` and `b` on the next line are two.
_CONTINUED: Final = lazy.regex(rb"(?<!&&)(?<!;)(?<!&& )(?<!; )[ \t]*\\\n[ \t]*(?:#[^\n]*\n[ \t]*)*(?!&&|;)")
