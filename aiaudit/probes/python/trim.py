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

MIN_FILE: Final = 4_000  # bytes; smaller files are not worth it
MIN_BODY: Final = 160  # bytes
MAX_SIGNATURE: Final = 4_000  # bytes
_LOOK_BACK: Final = 60  # bytes

_NAME: Final = re.compile(rb"def[ \t]+(\w+)[ \t]*\(")
_SIGNATURE_END: Final = re.compile(rb"\)[^\n()]*:[ \t]*(?:#[^\n]*)?\n")
_CONSTRUCTORS: Final = frozenset((b"__init__", b"__post_init__", b"__enter__", b"__aenter__", b"setup", b"setUp"))
_SOURCES: Final = (b"parse_args(", b"parse_known_args(", b"os.environ", b"getenv(", b"sys.argv")  # of what is passed on
_KEPT_WORDS: Final = (b"def ", b"import ", b"class ", b"global ", b"nonlocal ")
_KEPT_BODY: Final = re.compile(rb"^[ \t]*(?:import|from|global|nonlocal|async|def|class)[ \t]", re.MULTILINE)
_BINDS_SELF: Final = re.compile(rb"\bself\.\w+[ \t]*(?::[^=\n]+)?=[^=]")
_ASSERTION: Final = re.compile(
    rb"^[ \t]*(?:assert\b(?![ \t]+(?:True|1)\b)|(?:with[ \t]+)?(?:\w+\.)*(?:assert|check_|expect|verify)\w*\("
    rb"|with[ \t]+(?:\w+\.)*(?:raises|warns)\()",
    re.MULTILINE,
)


class Region(NamedTuple):
    """A blanked body: byte offsets in the untouched file, its last line's number, and how many assertions it holds."""

    start: int
    end: int
    line: int
    asserts: int


def trim(data: bytes, hits: Sequence[int], whole: Sequence[int] = ()) -> tuple[bytes, list[Region]]:
    """The source with idle bodies blanked, and what was blanked.

    `hits`: the offsets, rising, at which a word of the queries stands; a function with one in its body is kept.
    `whole`: the same, also for one that stands in its decorators or signature. Where something is called on `self`,
    what its methods bind to `self` is kept too.
    """
    if len(data) < MIN_FILE:
        return data, []
    regions: list[Region] = []
    pieces: list[bytes] = []
    done = 0  # bytes before this offset are decided
    line = counted = 0
    on_self = any(b"self." in data[max(0, hit - _LOOK_BACK) : hit] for hit in hits)
    at = -1
    while (at := data.find(b"def ", max(at + 1, done))) >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        before = data[start:at]
        named = _NAME.match(data, at)
        if named is None or before.strip() not in (b"", b"async"):
            continue
        begin = _body(data, at)
        if begin is None:
            continue
        end = _end(data, begin, len(before) - len(before.lstrip()))
        if end - begin < MIN_BODY or (on_self and named.group(1) in _CONSTRUCTORS):
            continue
        if _between(hits, begin, end) or (whole and _between(whole, _decorators(data, start), end)):
            continue
        if not _is_idle(data, begin, end) or (on_self and _BINDS_SELF.search(data, begin, end)):
            continue
        body = data[begin:end]
        line += data.count(b"\n", counted, end)
        counted = end
        asserts = len(_ASSERTION.findall(body)) if named.group(1).startswith(b"test") else 0
        indent = body[: len(body) - len(body.lstrip(b" \t"))]
        blank = begin if _between(hits, named.end(), begin) else named.end()
        regions.append(Region(blank, end, line + 1, asserts))
        if blank != begin:  # the signature of such a function tells nothing either
            pieces += (data[done:blank], b"\n" * (data.count(b"\n", blank, begin) - 1), b"):\n")
        else:
            pieces.append(data[done:begin])
        pieces += (b"\n" * body.count(b"\n"), indent, b"pass")
        done = end
    if not regions:
        return data, []
    pieces.append(data[done:])
    return b"".join(pieces), regions


def _between(offsets: Sequence[int], begin: int, end: int) -> bool:
    index = bisect_left(offsets, begin)
    return index < len(offsets) and offsets[index] < end


def _decorators(data: bytes, start: int) -> int:
    """Where the decorators of the function at `start` begin."""
    while start:
        above = data.rfind(b"\n", 0, start - 1) + 1
        line = data[above : start - 1].strip()
        if not line.startswith((b"@", b")", b"]")) and not (line.endswith(b",") and start - above < 200):
            return start
        start = above
    return start


def _body(data: bytes, start: int) -> int | None:
    """The offset of the body's first line, of the function whose `def` is at `start`; None where that is not plain."""
    line_end = data.find(b"\n", start)
    first = data[start:line_end]
    if first.count(b"(") == first.count(b")"):
        return line_end + 1 if line_end > 0 and first.rstrip().endswith(b":") else None
    match = _SIGNATURE_END.search(data, line_end, line_end + MAX_SIGNATURE)
    if match is None or data.count(b"(", start, match.end()) != data.count(b")", start, match.end()):
        return None
    return match.end()


def _end(data: bytes, begin: int, width: int) -> int:
    """The offset at which the body's last line ends: before the first line indented no deeper than the `def`."""
    match = _dedent(width).search(data, begin - 1)
    end = match.start() if match else len(data)
    while end > begin and data[end - 1] in b" \t\n\f":
        end -= 1
    return end


@lru_cache(maxsize=64)
def _dedent(width: int) -> re.Pattern[bytes]:
    return re.compile(rb"\n[ \t]{0,%d}[^ \t\n\f]" % width)


def _is_idle(data: bytes, begin: int, end: int) -> bool:
    """Whether the region can be blanked: no definitions or imports, and no string that begins or ends outside of it."""
    if data.count(b'"""', begin, end) % 2 or data.count(b"'''", begin, end) % 2:
        return False
    if any(data.find(word, begin, end) >= 0 for word in _SOURCES):
        return False
    if any(data.find(word, begin, end) >= 0 for word in _KEPT_WORDS):
        return not _KEPT_BODY.search(data, begin, end)
    return True
