"""Tokens of the rule language: numbers, strings, names, operators."""

from __future__ import annotations

import re
from sys import intern
from typing import Final, Literal

from msgspec import Struct

from aiaudit import lazy
from aiaudit.rules.errors import RuleError, error_at, show

MAX_SOURCE: Final = 4096  # bytes
INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1

TokenKind = Literal["int", "double", "string", "name", "op", "end"]


class Token(Struct, frozen=True):
    """`text` is the operator or name; `value` the literal's value. Offsets are into the source."""

    kind: TokenKind
    text: str
    start: int
    end: int
    value: int | float | str | None = None


# Every alternative is linear: no two of its repeated parts can match the same character.
_TOKEN: Final = lazy.regex(
    r"""
      (?P<space>(?:[ \t\r\n\f]|//[^\n]*)+)
    | (?P<double>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    | (?P<int>0[xX][0-9a-fA-F]+|[0-9]+)
    | (?P<raw>[rR](?:'''(?:[^']|'(?!''))*'''|\"{3}(?:[^"]|"(?!""))*\"{3}|'[^'\r\n]*'|"[^"\r\n]*"))
    | (?P<string>'''(?:[^'\\]|\\[\s\S]|'(?!''))*'''|\"{3}(?:[^"\\]|\\[\s\S]|"(?!""))*\"{3}
                |'(?:[^'\\\r\n]|\\.)*'|"(?:[^"\\\r\n]|\\.)*")
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<op>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_ESCAPE: Final = lazy.regex(
    r"""\\(?:([abfnrtv\\?"'`])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.|$))""", re.S
)
_SIMPLE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_MEANT: Final = {"=": "`==`", "&": "`&&`", "|": "`||`", ";": None, "'": None, '"': None}


def tokenize(source: str, start: int = 0, *, inside_braces: bool = False) -> list[Token]:
    """All tokens from `start`, closed by an `end` token.

    With `inside_braces` the `}` that closes no `{` ends the tokens (templates); the end token then stands on it.
    """
    check_length(source)
    tokens: list[Token] = []
    offset, length, braces = start, len(source), 0
    match = _TOKEN.match
    while offset < length:
        found = match(source, offset)
        if found is None:
            raise _unreadable(source, offset)
        kind, text, end = found.lastgroup, found.group(), found.end()
        if kind == "name":
            tokens.append(Token("name", intern(text), offset, end))  # the same few hundred everywhere
        elif kind == "op":
            if text == "{":
                braces += 1
            elif text == "}":
                braces -= 1
                if braces < 0 and inside_braces:
                    break
            tokens.append(Token("op", intern(text), offset, end))
        elif kind == "string":
            tokens.append(Token("string", text, offset, end, _unescape(source, text, offset)))
        elif kind == "raw":
            quotes = 3 if text[1:4] in ("'''", '"""') else 1
            tokens.append(Token("string", text, offset, end, text[1 + quotes : -quotes]))
        elif kind != "space":
            tokens.append(_number(source, str(kind), text, offset, end))
        offset = end
    else:
        if inside_braces:
            raise error_at(source, start - 1, "this `{` is not closed (write `{{` for a brace)")
    tokens.append(Token("end", "", offset, offset))
    return tokens


def check_length(source: str) -> None:
    """Refuse a source over 4 KB, and one that is not text."""
    if len(source) > MAX_SOURCE:
        raise RuleError(f"longer than {MAX_SOURCE} bytes ({len(source)} characters)")
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        raise error_at(source, error.start, "not valid Unicode text") from None
    if size > MAX_SOURCE:
        raise RuleError(f"longer than {MAX_SOURCE} bytes ({size})")


def _unreadable(source: str, offset: int) -> RuleError:
    char = source[offset]
    if char in "'\"":
        return error_at(source, offset, "this string is not closed")
    return error_at(source, offset, f"unexpected character `{show(char)}`", _MEANT.get(char))


def _number(source: str, kind: str, text: str, start: int, end: int) -> Token:
    after = source[end : end + 1]
    if after in ("u", "U") and kind == "int":
        raise error_at(source, start, "unsigned numbers are not part of the language", f"`{text}`")
    if after.isidentifier() and after.isascii():
        raise error_at(source, start, f"`{show(text + after)}` is no number")
    if kind == "double":
        return Token("double", text, start, end, float(text))
    if len(text) > 20:
        raise error_at(source, start, "number beyond 64 bits")
    value = int(text, 16) if text[:2] in ("0x", "0X") else int(text)
    if value > INT_MAX + 1:  # the parser allows exactly 2**63 after a minus sign
        raise error_at(source, start, "number beyond 64 bits")
    return Token("int", text, start, end, value)


def _unescape(source: str, text: str, offset: int) -> str:
    quotes = 3 if text[:3] in ("'''", '"""') else 1
    body = text[quotes:-quotes]
    if "\\" not in body:
        return body

    def replace(found: re.Match[str]) -> str:
        simple, hex2, hex4, hex8, octal, bad = found.groups()
        if simple is not None:
            return _SIMPLE.get(simple, simple)
        if bad is not None:
            where = offset + quotes + found.start()
            raise error_at(source, where, f"unknown escape `\\{show(bad)}`", f"`\\\\{show(bad)}` or a raw string r'…'")
        code = int(octal, 8) if octal else int(hex2 or hex4 or hex8, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise error_at(source, offset + quotes + found.start(), "this escape is no Unicode character")
        return chr(code)

    return _ESCAPE.sub(replace, body)
