"""How the code of a language goes on in the next line, by the suffix of a file.

A break that says nothing stands behind a bracket that is open, a comma or an operator, or before a call of a chain.
What a language has of its own, such as texts over several lines, is left as it stands where it is not known.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

PYTHON: Final = frozenset({".py", ".pyi", ".pyw"})
PROSE: Final = frozenset({".md", ".markdown", ".mdx", ".rst"})
NOTEBOOK: Final = frozenset({".ipynb"})
YAML: Final = frozenset({".yml", ".yaml"})
COMMANDS: Final = frozenset({"", ".sh", ".bash", ".zsh", ".mk", ".dockerfile"})
_JAVASCRIPT: Final = frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"})
IN_BRACES: Final = _JAVASCRIPT | {".java", ".kt", ".kts", ".scala", ".go", ".cs", ".rs", ".swift", ".dart", ".groovy"}
R: Final = frozenset({".r"})
_DEPTH: Final = 5  # brackets within brackets
_KINDS: Final = {
    "py": PYTHON,
    "js": _JAVASCRIPT,
    "braces": IN_BRACES - _JAVASCRIPT,
    "r": R,
    "prose": PROSE,
    "commands": COMMANDS,
    "yaml": YAML,
    "cells": NOTEBOOK,
}


class Layout(NamedTuple):
    """How the code of a language goes on in the next line. `breaks`: a line's end that is none of a statement (or
    stands in a text); the end comes first, which a search can jump to. `statement`: what goes on to the end of a line:
    words, texts of one line, brackets that are closed. `goes_on`: what may stand before a break within it. `block`:
    what keeps its lines though it stands in brackets. `in_braces`: what stands on the inner sides of braces.
    `ends`, `begins`: what a line of a statement ends or the next begins with, where a line may also end a statement."""

    breaks: re.Pattern[bytes]
    statement: re.Pattern[bytes]
    goes_on: bytes = b""
    block: re.Pattern[bytes] | None = None
    in_braces: bytes = b""
    ends: bytes = b""
    begins: bytes = b""


@cache
def layout(suffix: str) -> Layout | None:
    """That of the files of a suffix, if it is known."""
    if suffix in PYTHON:
        return Layout(
            re.compile(rb"\n(?<=[(\[{,\\+*/%=|&-]\n)"),
            _statement(rb"\"\'#", quotes=b"\"'", rest=rb"(?!)", goes_on=rb"\\\n"),
            b"\\",
        )
    if suffix in R:  # a pipe at the end of a line, or what is added or given there
        return Layout(
            re.compile(rb"\n(?<=[(\[{,+*/=|&>%~-]\n)"),
            _statement(rb"\"\'`#", quotes=b"\"'`", rest=rb"(?!)", goes_on=rb"\n(?<=[+%>-]\n)(?<!->\n)[ \t]*+"),
            block=re.compile(rb"\{[ \t]*\n"),
        )
    if suffix in IN_BRACES:  # the parts of an object are written one a line, and read so
        return Layout(
            re.compile(rb"\n(?:(?<=[(\[{,=?:&|+>]\n)|[ \t]*+\??\.(?=[A-Za-z_]))"),
            _statement(rb"\"\'`/", quotes=b"\"'`", rest=rb"/(?![/*])", goes_on=rb"\n[ \t]*+(?=\??\.[A-Za-z_])"),
            block=re.compile(
                rb"^(?:import|const|var|type) \($|(?<!import )(?<!export )(?<!type )\{[ \t]*\n|;[ \t]*\S", re.MULTILINE
            ),
            in_braces=b" ",
            ends=b"" if suffix in _JAVASCRIPT else b"([{,=?:&|+-*/<>!",  # parts of an element stand one a line
            begins=b".?:&|+-*/<>=)]}",
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


def layout_of(suffix: str) -> str:
    """By what the text of files with this suffix is put on one line; empty where it is searched as it stands. What is
    found in a text depends on it."""
    return next((kind for kind, suffixes in _KINDS.items() if suffix in suffixes), "")
