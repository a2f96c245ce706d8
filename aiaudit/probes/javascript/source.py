"""From a file's bytes to a syntax tree, or to the reason why there is none. Nothing is imported or executed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aiaudit import lazy

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_SOURCE: Final = 1024 * 1024  # bytes of a file
MAX_LINE: Final = 20_000  # characters of a line; a person writes none of that length outside of data
MAX_BRACKETS: Final = 400  # open brackets: the parser copes with more, what walks its tree need not
PAGES: Final = frozenset({".vue", ".svelte"})  # components: of their text, the script blocks are read
HTML: Final = frozenset({".html", ".htm"})  # of their scripts only what they put into the page is looked at
SUFFIXES: Final = frozenset({".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"}) | PAGES
PLAIN: Final = frozenset({".ts", ".mts", ".cts"})  # `<T>x` is a cast there; in all others an element
_BRACKETS: Final = lazy.regex(rb"[(\[{]+|[)\]}]+")
_LITERAL_LINE: Final = lazy.regex(rb"[\"'`]")
_SCRIPT: Final = lazy.regex(rb"<script\b([^>]{0,500})>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_DATA: Final = lazy.regex(
    rb"\btype\s*=\s*[\"']?(?!text/javascript|module|application/javascript|text/babel)\w", re.IGNORECASE
)
_TYPED: Final = lazy.regex(rb"\blang\s*=\s*[\"']?ts(x?)\b", re.IGNORECASE)
_NOT_NEWLINE: Final = lazy.regex(rb"[^\n]")


class Unparsed(Exception):  # noqa: N818
    """There is no tree; `str()` is the reason in a few words."""


def parse(data: bytes, suffix: str) -> tuple[SgNode, str]:
    """The tree and the text of a file. Raises `Unparsed`: too large, minified, nested too deeply, or no text."""
    if len(data) > MAX_SOURCE:
        raise Unparsed(f"larger than {MAX_SOURCE // (1024 * 1024)} MB")
    if b"\x00" in data[:4096]:
        raise Unparsed("not text")
    if _minified(data):
        raise Unparsed("minified")
    if _deepest(data) > MAX_BRACKETS:
        raise Unparsed("nested too deeply")
    from ast_grep_py import SgRoot

    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    root = SgRoot(text, "typescript" if suffix in PLAIN else "tsx").root()
    if root.kind() == "ERROR":
        raise Unparsed("not valid JavaScript or TypeScript")
    return root, text


def scripts_of(data: bytes) -> tuple[bytes, str]:
    """The script blocks of a component or a page, at their places, all else blank; and the suffix of their language."""
    blank = bytearray(_NOT_NEWLINE.sub(b" ", data))
    suffix = ".js"
    for match in _SCRIPT.finditer(data):
        if _DATA.search(match.group(1)):
            continue  # a template, a graph of data
        blank[match.start(2) : match.end(2)] = match.group(2)
        if typed := _TYPED.search(match.group(1)):
            suffix = ".tsx" if typed.group(1) or suffix == ".tsx" else ".ts"
    return bytes(blank), suffix


def _minified(data: bytes) -> bool:
    """Whether a line is longer than anybody writes, and code rather than one long literal."""
    if len(data) <= MAX_LINE:
        return False
    for line in data.split(b"\n"):
        if len(line) > MAX_LINE:
            longest = max((len(part) for part in _LITERAL_LINE.split(line)[1::2]), default=0)
            if longest * 2 < len(line):
                return True
    return False


def _deepest(data: bytes) -> int:
    """The most brackets that stand open at once, those in strings included: an upper bound that costs one scan."""
    depth = deepest = 0
    for match in _BRACKETS.finditer(data):
        length = match.end() - match.start()
        if data[match.start()] in b"([{":
            depth += length
            deepest = max(deepest, depth)
        else:
            depth = max(0, depth - length)
    return deepest
