"""Blanks functions in which nothing that anybody asks for can stand, before the parse.

The parse is nine tenths of the cost, and most functions of a large code base hold none of the identifiers that the
queries look for. Line numbers stay. A body is kept where one of the words stands in it, where it imports, defines or
declares globals, where it reads arguments or the environment, where it is short, and where it is not plain from
indentation and quotes that the region is the whole body. The caller parses the untouched file if the trimmed one is
not valid. Of a test, the assertions are counted in its text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.outline import Outline, UsedClasses, outline

MIN_FILE: Final = 4_000  # bytes; smaller files are not worth it
MIN_BODY: Final = 160  # bytes
MIN_RUN: Final = 80  # bytes between definitions in a body
MAX_SIGNATURE: Final = 4_000  # bytes
_LOOK_BACK: Final = 60  # bytes before a hit in which `self.` may stand: its receiver
_LOOK_AHEAD: Final = 160  # bytes behind it: its arguments

# The third group is the rest of a signature that stands on one line and holds no parenthesis.
_NAME: Final = lazy.regex(rb"([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(([^()\n#]*\)[^()\n#]*:[ \t]*\n)?")
_OPENS: Final = lazy.regex(rb"[ \t]*[rRuU]?(\"\"\"|''')")
_FIRST: Final = lazy.regex(rb"(?:[ \t]*(?:#[^\n]*)?\n)*+([ \t]*)")
_QUOTES: Final = (b'"""', b"'''")
_BLANK: Final = frozenset(b" \t\n\f")
_COMMENT: Final = lazy.regex(rb"[ \t\f]*#")
_KEPT: Final = lazy.regex(rb"([ \t]*)((?:async[ \t]+)?def|class|import|from)[ \t]")
_SIGNATURE_END: Final = lazy.regex(rb"\)[^\n()]*:[ \t]*(?:#[^\n]*)?\n")
_CONSTRUCTORS: Final = frozenset((b"__init__", b"__post_init__", b"__enter__", b"__aenter__", b"setup", b"setUp"))
_ON_OBJECT: Final = lazy.regex(rb"self\.|\w\.\w+\.\w")
_BINDS_SELF: Final = lazy.regex(rb"self\.\w+[ \t]*(?::[^=\n]+)?=[^=]")
_ON_SELF: Final = lazy.regex(rb"self\.(\w+)")
_ATTRIBUTE: Final = lazy.regex(rb"\.(\w+)")
_MOST_ROUNDS: Final = 4  # from a class to those whose objects it holds
_TOO_COMMON: Final = (b"__init__(", b"__call__(", b"main(", b"run(")  # to be looked for among all callers
_CALLED: Final = lazy.regex(rb"\b(\w++)\(")
_ASSERTION: Final = (
    re.compile(  # as `base_record` counts them in a syntax tree: none of a constant, none among arguments
        rb"\n(?:[ \t]*+assert\b(?![ \t]++(?:True|False|None|\d[\d +*/<>=!.%-]*+)[ \t]*+[,#\n])"
        rb"|[ \t]*+(?:with[ \t]++)?(?:\w++\.)*+(?:raises|warns|assert(?:Raises|Warns|Logs)\w*+)\("
        rb"|(?<![(,\[{]\n)[ \t]*+(?:(?:await|with)[ \t]++)?(?:\w++(?:\[\w++\])?+\.)*+"
        rb"(?:_*+(?i:assert|check|expect|verify)\w*+|(?i:_test_)\w*+|fail)\((?![ \t]*+(?:True|False)\))"
        rb"|(?<![(,\[{]\n)[ \t]*+(?:await[ \t]++(?:\([ \t]*+\n[ \t]*+)?)?\w++\.expect\.\w)"
    )
)
_SKIPS: Final = lazy.regex(  # its first statement
    rb"(?:[ \t]*+(?:#[^\n]*+)?\n)*+[ \t]*+(?:(?:pytest\.skip|self\.skipTest)\(|raise[ \t]++(?:\w++\.)*+SkipTest\b)"
)
_BESIDE: Final = lazy.regex(rb", (?:\w++\.)*+(?:raises|warns|assert(?:Raises|Warns|Logs)\w*+)\(")  # of a `with`


Trimmed = tuple[bytes, list["Region"]]


class Region(NamedTuple):
    """A blanked body: byte offsets in the untouched file, how many assertions it holds, and, where it holds any, its
    last line's number."""

    start: int
    end: int
    line: int
    asserts: int


class _Idle(NamedTuple):
    """A function in which nothing stands: its name, the offsets of its line, of what is blanked of its signature, of
    its body, and of what is blanked of that: all, or what is neither an import nor a definition."""

    name: bytes
    start: int
    blank: int
    begin: int
    end: int
    runs: Sequence[tuple[int, int]]


def trim(
    data: bytes,
    hits: Sequence[int],
    whole: Sequence[int] = (),
    traced: Sequence[int] = (),
    lines: Outline | None = None,
) -> Trimmed:
    """The source with idle bodies blanked, and what was blanked.

    `hits`: the offsets, rising, at which a word of the queries stands; a function with one in its body is kept.
    `whole`: the same, also for one that stands in its decorators or signature. `traced`: hits from which data is
    followed into other functions of the file; those that are called beside them are kept. Where something stands on
    `self` or an attribute, what methods bind to `self` is kept too, of the classes that have to do with a hit.
    """
    if len(data) < MIN_FILE:
        return data, []
    lines = lines or outline(data)
    idle, busy = _functions(data, lines.functions, lines.matters, hits, whole)
    if traced:
        called, callers = _beside(data, busy, traced)
        idle = [
            one
            for one in idle
            if one.name not in called and not any(data.find(name, one.begin, one.end) >= 0 for name in callers)
        ]
    if lines.classes and any(_ON_OBJECT.search(data, max(0, hit - _LOOK_BACK), hit + _LOOK_AHEAD) for hit in hits):
        idle = _without_bound(data, idle, busy, hits, lines.classes)
    return _blanked(data, idle) if idle else (data, [])


def _functions(
    data: bytes, starts: Sequence[int], matters: Sequence[int], hits: Sequence[int], whole: Sequence[int]
) -> tuple[list[_Idle], list[tuple[int, int]]]:
    """The functions that can be blanked, and the bodies of those in which a hit stands."""
    idle: list[_Idle] = []
    busy: list[tuple[int, int]] = []  # from the signature on
    done = 0  # bytes before this offset are decided
    quotes = [one for one in _QUOTES if one in data]
    for start in starts:
        if start < done:
            continue
        named = _NAME.match(data, start)
        if named is None:
            continue
        begin = named.end() if named.start(3) >= 0 else _body(data, named.start(2))
        if begin is None:
            continue
        end = _end(data, begin, named.end(1) - start)
        if end - begin < MIN_BODY:
            continue
        if _between(hits, begin, end) and _between(hits, _docstring(data, begin, end), end):
            busy.append((start, end))
            continue
        name = named.group(2)
        runs = [(begin, end)] if not _between(matters, begin, end) else _runs(data, begin, end, matters, name)
        if not runs or (quotes and not all(_is_code(data, *run, quotes) for run in runs)):
            continue
        if whole and _between(whole, _decorators(data, start), end):
            continue
        signature = named.end(2)
        blank = begin if _between(hits, signature, begin) else data.index(b"(", signature) + 1
        idle.append(_Idle(name, start, blank, begin, end, runs))
        done = end if len(runs) == 1 and runs[0] == (begin, end) else begin
    return idle, busy


def _runs(data: bytes, begin: int, end: int, matters: Sequence[int], name: bytes) -> list[tuple[int, int]]:
    """What can be blanked of a body in which functions, classes and imports stand at its own level: all between them.
    Nothing where something else matters, and nothing of tests, whose assertions are counted."""
    first = _FIRST.match(data, begin)
    if first is None or name.startswith(b"test"):
        return []
    width = len(first.group(1))
    runs: list[tuple[int, int]] = []
    at = begin
    for index in range(bisect_left(matters, begin), bisect_left(matters, end)):
        start = matters[index]
        if start < at:
            continue
        stop = _statement_end(data, start, width)
        if stop is None:
            return []
        runs.append((at, _decorators(data, start)))
        at = min(stop + 1, end)
    runs.append((at, end))
    return [run for run in runs if run[1] - run[0] >= MIN_RUN]


def _statement_end(data: bytes, start: int, width: int) -> int | None:
    """Where an import, function or class at this indentation ends; None where it is none or that is not plain."""
    kept = _KEPT.match(data, start)
    if kept is None or len(kept.group(1)) != width:
        return None
    if kept.group(2) in (b"import", b"from"):
        line_end = data.find(b"\n", start)
        if data[line_end - 1 : line_end] == b"\\":
            return None
        open_at = data.find(b"(", start, line_end)
        return data.find(b"\n", data.find(b")", open_at)) if open_at >= 0 else line_end
    begin = _body(data, kept.start(2)) if kept.group(2) != b"class" else data.find(b"\n", start) + 1
    return _end(data, begin, width) if begin and data[begin - 2 : begin] == b":\n" else None


def _is_code(data: bytes, begin: int, end: int, quotes: Sequence[bytes]) -> bool:
    """Whether no string with one of these quotes begins in the region that ends outside of it, or the other way
    round."""
    return not any(data.count(one, begin, end) % 2 for one in quotes)


def _docstring(data: bytes, begin: int, end: int) -> int:
    """Where the docstring at the beginning of a body ends; `begin` where there is none."""
    opened = _OPENS.match(data, begin, end)
    if opened is None:
        return begin
    closed = data.find(opened.group(1), opened.end(), end)
    return closed if closed >= 0 else begin


def _without_bound(
    data: bytes, idle: list[_Idle], busy: list[tuple[int, int]], hits: Sequence[int], classes: Sequence[int]
) -> list[_Idle]:
    """The functions without those that give objects what is read of them: of the classes that have to do with a hit,
    and of those whose objects such a function makes (`self.index = Index()`)."""
    for _ in range(_MOST_ROUNDS):
        used = UsedClasses(data, classes, hits, busy)
        binding = [one for one in idle if used.have(one.start) and _binds(data, one)]
        kept = _bound(data, binding, _attributes(data, busy, hits)) if binding else set()
        if not kept:
            break
        busy = busy + [(one.start, one.end) for one in idle if one.start in kept]
        busy.sort()
        idle = [one for one in idle if one.start not in kept]
    return idle


def _binds(data: bytes, one: _Idle) -> bool:
    """Whether the function may give attributes to the object of its class."""
    return one.name in _CONSTRUCTORS or _BINDS_SELF.search(data, one.begin, one.end) is not None


def _attributes(data: bytes, busy: Sequence[tuple[int, int]], hits: Sequence[int]) -> set[bytes]:
    """What is read of objects in the functions in which hits stand, and beside hits that stand in none."""
    names = {name for start, end in busy for name in _ATTRIBUTE.findall(data, start, end)}
    inside = 0
    for hit in hits:
        while inside < len(busy) and busy[inside][1] <= hit:
            inside += 1
        if inside == len(busy) or hit < busy[inside][0]:
            names.update(_ATTRIBUTE.findall(data, max(0, hit - _LOOK_BACK), hit + _LOOK_AHEAD))
    return names


def _bound(data: bytes, binding: Sequence[_Idle], names: set[bytes]) -> set[int]:
    """Of functions that give attributes to objects, where those begin that name one of these, or one that such a
    function reads."""
    kept: set[int] = set()
    rest = list(binding)
    while rest:
        new = [one for one in rest if not names.isdisjoint(_ON_SELF.findall(data, one.begin, one.end))]
        if not new:
            break
        kept.update(one.start for one in new)
        rest = [one for one in rest if one.start not in kept]
        names = {name for one in new for name in _ATTRIBUTE.findall(data, one.begin, one.end)}
    return kept


def _blanked(data: bytes, idle: Sequence[_Idle]) -> Trimmed:
    regions: list[Region] = []
    pieces: list[bytes] = []
    done = line = counted = 0
    for begin, end, one in sorted([(begin, end, function) for function in idle for begin, end in function.runs]):
        blank = one.blank if begin == one.begin else begin
        counts = one.name.startswith(b"test") and not _SKIPS.match(data, one.begin)
        asserts = _asserts(data, begin - 1, end) if counts else 0
        if asserts:
            line += data.count(b"\n", counted, end)
            counted = end
        regions.append(Region(blank, end, line + 1, asserts))
        pieces.append(data[done:blank])
        if blank != begin:  # the signature of such a function tells nothing either
            pieces += (b"\n" * (data.count(b"\n", blank, begin) - 1), b"):\n")
        pieces.append(b"\n" * data.count(b"\n", begin, end))
        if end == one.end:
            first = _FIRST.match(data, one.begin)
            pieces += (first.group(1) if first is not None else b"", b"pass")
        done = end
    pieces.append(data[done:])
    return b"".join(pieces), regions


def _asserts(data: bytes, begin: int, end: int) -> int:
    return len(_ASSERTION.findall(data, begin, end)) + len(_BESIDE.findall(data, begin, end))


def _beside(data: bytes, busy: Sequence[tuple[int, int]], traced: Sequence[int]) -> tuple[set[bytes], set[bytes]]:
    """Of the functions with one of these hits: the last names of what they call, and how they are called themselves."""
    called: set[bytes] = set()
    callers: set[bytes] = set()
    for start, end in busy:
        if _between(traced, start, end):
            called.update(_CALLED.findall(data, start, end))
            named = _NAME.match(data, start)
            callers.add(named.group(2) + b"(" if named else b"")
    return called, callers - {b"", *_TOO_COMMON}


def _between(offsets: Sequence[int], begin: int, end: int) -> bool:
    index = bisect_left(offsets, begin)
    return index < len(offsets) and offsets[index] < end


def _decorators(data: bytes, start: int) -> int:
    """Where the decorators of the function at `start` begin; one may go over several lines."""
    width = len(data[start : start + 200]) - len(data[start : start + 200].lstrip(b" \t"))
    first = at = start
    while at and start - at < MAX_SIGNATURE:
        above = data.rfind(b"\n", 0, at - 1) + 1
        text = data[above : at - 1].lstrip(b" \t")
        indent = at - 1 - above - len(text)
        at = above
        if indent == width and text.startswith(b"@"):
            first = above
        elif text and indent <= width and not text.startswith((b")", b"]", b"}", b"#")):
            break
    return first


def _body(data: bytes, start: int) -> int | None:
    """The offset of the body's first line, of the function whose `def` is at `start`; None where that is not plain."""
    line_end = data.find(b"\n", start)
    if data.count(b"(", start, line_end) == data.count(b")", start, line_end):
        return line_end + 1 if line_end > 0 and data[start:line_end].rstrip().endswith(b":") else None
    match = _SIGNATURE_END.search(data, line_end, line_end + MAX_SIGNATURE)
    if match is None:
        return None
    end = match.end()
    if data.count(b"(", start, end) != data.count(b")", start, end):
        return None
    before = data.rfind(b"\n", start, match.start())  # where all is closed there already, the body stands on that line
    return end if data.count(b"(", start, before) != data.count(b")", start, before) else None


def _end(data: bytes, begin: int, width: int) -> int:
    """The offset at which the body's last line ends: before the first line indented no deeper than the `def`."""
    match = _dedent(width).search(data, begin - 1)
    end = match.start() if match else len(data)
    while end > begin:
        while end > begin and data[end - 1] in _BLANK:
            end -= 1
        last = max(begin, data.rfind(b"\n", begin, end) + 1)
        if not _COMMENT.match(data, last, end):
            break
        end = last  # a comment at the end is no part of the function
    return end


@lru_cache(maxsize=64)
def _dedent(width: int) -> re.Pattern[bytes]:
    return re.compile(rb"\n[ \t]{0,%d}[^ \t\n\f]" % width)
