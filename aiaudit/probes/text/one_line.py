"""Code as if each short call stood on one line, so that a pattern finds it however a formatter has broken it.

Patterns are written for lines. black, ruff, prettier and people break a call behind a bracket, a comma or an operator,
as its length asks, and a verdict must not depend on that. So what stands in brackets is put on one line where that is
short; what is long keeps its breaks, and its parts are put on one line each. Paragraphs of prose and commands that go
on behind a backslash are put on one line too, the cells of a notebook are what somebody wrote in them (`cells`), and
YAML in braces stands in a block as well (`flow_yaml`).
Lines are counted as in the file.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.paragraphs import MAX_PARAGRAPH, goes_on
from aiaudit.probes.text.cells import cells_of, is_python
from aiaudit.probes.text.flow_yaml import blocks_of
from aiaudit.probes.text.layouts import COMMANDS, IN_BRACES, NOTEBOOK, PROSE, PYTHON, YAML, R, layout
from aiaudit.probes.text.plain_python import by_name, untyped, with_constants

MAX_LINE: Final = 320  # characters: what is longer nobody would write on one line, and patterns would reach too far
_MAX_RAW: Final = 3 * MAX_LINE  # the same with its indentation
_PATIENCE: Final = 8  # times its length: so much of a text is looked at
_LITTLE: Final = 100  # what a look at a line that ends costs, in characters of one that goes on
_OPENING, _CLOSING = b"{}"
_ROUND, _COLON = b"(:"
_BEFORE: Final = lazy.regex(rb"(?:[^=!<>]=|\b(?:return|assert|await|if|elif|while|in|not|and|or|yield)) *\Z")
_QUOTED: Final = lazy.regex(rb"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_NESTED: Final = lazy.regex(rb"\([^()\[\]{}]*\)|\[[^()\[\]{}]*\]|\{[^()\[\]{}]*\}")
_NOT_BARE: Final = lazy.regex(rb"[()\[\]{},:]|\bfor\b")
_FENCE: Final = lazy.regex(r"[ \t>]*(`{3}|~{3})")
_END_OF_LINE: Final = lazy.regex(rb"\n")
_RETURN: Final = lazy.regex(rb"\n([ \t]++)return ([a-z_]\w*+)[ \t]*+(?=\n|\Z)")
_NAMED: Final = lazy.regex(rb"([ \t]++)([a-z_]\w*+) = (?=\S)")
_SAYS_LITTLE: Final = lazy.regex(  # a name that a function's answer has anyway; others tell what it is
    rb"_?(?:results?|res|response|resp|ret|retval|return_value|rv|out|outputs?|outcome|answer|reply|value|val|obj|r|x|y)_?\Z"
)
_BREAK: Final = lazy.regex(rb"\n[ \t\n]*+")


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
            lines += bisect_left(self.breaks, end + 1) - (bisect_left(self.breaks, start + 1) if start else 0)
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


def on_one_line(text: bytes, suffix: str = ".py") -> OneLine:
    """The text of a file with each short call on one line. `suffix`: that of the file's name."""
    if suffix in PYTHON:
        return _answers(_statements(with_constants(untyped(by_name(text))), suffix))
    if suffix in IN_BRACES or suffix in R:
        return _statements(text, suffix)
    if suffix in NOTEBOOK:
        return _cells(text)
    if suffix in YAML:
        return _with_blocks(_commands(text))
    return _paragraphs(text) if suffix in PROSE else _commands(text) if suffix in COMMANDS else OneLine(text, [])


def _statements(text: bytes, suffix: str) -> OneLine:
    """Code with each short statement on one line, of a language whose layout is known."""
    code = layout(suffix)
    assert code is not None
    pieces: list[bytes] = []
    breaks: list[int] = []
    done = taken = size = 0  # of the text: looked at, copied; of the pieces
    left = _PATIENCE * (len(text) + _MAX_RAW)
    statement, block = code.statement.match, code.block
    for found in code.breaks.finditer(text):
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
        gaps = _joints(text, begin, end, code.goes_on)
        if gaps[-1][1] == len(text):  # nothing goes on there
            gaps.pop()
        if code.ends and not all(text[a - 1] in code.ends or text[b] in code.begins for a, b in gaps):
            done = at + 1
            continue
        if not gaps or end - begin - sum(stop - start - 1 for start, stop in gaps) > MAX_LINE:
            done = at + 1
            continue
        done = end
        bare = suffix in PYTHON and _may_go(text, begin, gaps[0][0] - 1, gaps[-1][1], end)
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
                gap = code.in_braces if text[stop] == _CLOSING else b""
            elif text[start - 1] in b"([{":
                gap = code.in_braces if text[start - 1] == _OPENING else b""
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


def _answers(shown: OneLine) -> OneLine:
    """Python in which a function gives back what it does, without a name for one line that says no more: `x = f()` and
    `return x` are `return f()`."""
    text = shown.text
    pieces: list[bytes] = []
    breaks: list[int] = []
    taken = size = known = 0
    for found in _RETURN.finditer(text):
        at = found.start()
        begin = text.rfind(b"\n", 0, at) + 1
        named = _NAMED.match(text, begin, at)
        if named is None or named.groups() != found.groups() or begin < taken or at - begin > MAX_LINE:
            continue
        if not _SAYS_LITTLE.match(named[2]):
            continue
        indented, value = begin + len(named[1]), named.end()
        upto = bisect_right(shown.breaks, begin, known)
        behind = bisect_right(shown.breaks, at, upto)
        pieces += (text[taken:indented], b"return ", text[value:at])
        breaks += [one - taken + size for one in shown.breaks[known:upto]]
        size += indented - taken + len(b"return ")
        breaks += [max(one, value) - value + size for one in shown.breaks[upto:behind]]
        size += at - value
        breaks.append(size)
        taken, known = found.end(), behind
    if not pieces:
        return shown
    breaks += [one - taken + size for one in shown.breaks[known:]]
    return OneLine(b"".join((*pieces, text[taken:])), breaks)


def _joints(text: bytes, begin: int, end: int, before: bytes) -> list[tuple[int, int]]:
    """The breaks of a statement, each with the spaces around it and what may stand before it."""
    found: list[tuple[int, int]] = []
    for joint in _BREAK.finditer(text, begin, end):
        start, stop = joint.span()
        if start > begin and text[start - 1] in b" \t\\":  # seldom
            start = begin + len(text[begin:start].removesuffix(before).rstrip(b" \t"))
        found.append((max(start, begin), stop))
        begin = stop
    return found


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
        told = _statements(untyped(cell.code), ".py") if python else OneLine(cell.code, [])
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


def _with_blocks(shown: OneLine) -> OneLine:
    """YAML with what stands in braces and brackets in a block too, behind the line on which it stands."""
    pieces: list[bytes] = []
    breaks: list[int] = []
    added: list[int] = []
    taken = size = known = 0
    for at, block in blocks_of(shown.text):
        upto = bisect_right(shown.breaks, at, known)
        breaks += [one - taken + size for one in shown.breaks[known:upto]]
        size += at - taken
        added += [size + one.start() for one in _END_OF_LINE.finditer(block)]
        size += len(block)
        pieces += (shown.text[taken:at], block)
        taken, known = at, upto
    if not pieces:
        return shown
    breaks += [one - taken + size for one in shown.breaks[known:]]
    return OneLine(b"".join((*pieces, shown.text[taken:])), breaks, added)


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
