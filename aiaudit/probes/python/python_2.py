"""Syntax of Python 2, told in the words of Python 3, so that old scripts and notebooks are read too.

Tried only where a file does not parse. Lines stay, and so do columns up to a bracket that is closed at the end of a
statement: `print x` becomes `print(x)`, `raise E, "why"` becomes `raise E("why")`, of `except E, e:` the name is
dropped, backticks become brackets, `0777` and `10L` plain numbers of the same width.
"""

from __future__ import annotations

import re
from typing import Final

from aiaudit import lazy

_STRING: Final = rb"'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""
_TOKEN: Final = lazy.regex(
    rb"(?P<prefix>[uU][rR](?=['\"]))|(?P<string>"
    + _STRING
    + rb")|(?P<comment>#[^\n]*)|(?P<joined>\\\n)|(?P<newline>\n)"
    rb"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<octal>\b0[0-7]+[lL]?\b(?!\.))|(?P<long>\b(?:0[xX][0-9a-fA-F]+|\d+)[lL]\b)"
    rb"|(?P<word>[A-Za-z_]\w*)|(?P<tick>`)|(?P<unequal><>)|(?P<comma>,)|(?P<colon>:)|(?P<end>;)|(?P<space>[ \t]+)"
    rb"|(?P<other>[\w.]+|.)",
    re.DOTALL,
)
_STATEMENT: Final = lazy.regex(rb"(?:print|exec)([ \t]*)(>>)?[ \t]*(?=([^\s=(.,)#;]))")
_INDENT: Final = lazy.regex(rb"^[ \t]*\t[ \t]*", re.MULTILINE)


def in_words_of_python_3(data: bytes) -> bytes:
    """The same program, as far as its statements have another form in Python 3."""
    data = _INDENT.sub(lambda found: found[0].expandtabs(8), data)
    text, closing = bytearray(data), []
    depth, last, ticks = 0, 0, 0
    starts, kind, comma = True, "", -1  # of the statement: whether it begins here, what it is, its first comma
    opened = False  # a bracket was put in that the end of the statement closes

    for found in _TOKEN.finditer(data):
        name, at = found.lastgroup, found.start()
        if depth == 0 and name in ("newline", "end", "comment", "colon"):
            if opened and name != "colon":
                closing.append(last)
                opened = False
            if kind == "except" and name == "colon" and comma >= 0:
                text[comma:at] = b" " * (at - comma)
            if name != "comment":
                starts, kind, comma = True, "", -1
            continue
        match name:
            case "space" | "joined" | "comment" | "newline":
                continue
            case "open":
                depth += 1
            case "close":
                depth = max(0, depth - 1)
            case "word" if starts and depth == 0:
                kind = found[0].decode()
                opened = opened or _call(data, text, at)
            case "comma" if depth == 0 and comma < 0:
                comma = at
                if kind == "raise":
                    text[at] = ord("(")
                    opened = True
            case "tick":
                text[at] = ord("()"[ticks % 2])
                ticks += 1
            case "unequal":
                text[at : at + 2] = b"!="
            case "prefix":
                text[at : at + 2] = b" r"
            case "octal":
                number = str(int(found[0].rstrip(b"lL"), 8)).encode()
                text[at : found.end()] = number.rjust(len(found[0]))
            case "long":
                text[found.end() - 1] = ord(" ")
        starts, last = False, found.end()
    if opened:
        closing.append(last)
    for at in reversed(closing):
        text[at:at] = b")"
    return bytes(text)


def _call(data: bytes, text: bytearray, at: int) -> bool:
    """Whether a `print` or `exec` begins at `at` that is no call; its bracket is opened in `text`."""
    found = _STATEMENT.match(data, at)
    if found is None or not found[1]:
        return False
    text[found.start(1)] = ord("(")
    if found[2]:
        text[found.start(2) : found.end(2)] = b"  "
    return True
