"""Python as a pattern expects it: without the types of what is bound, and with numbers where a call is given a name."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from typing import Final

from aiaudit import lazy

_CONSTANT: Final = lazy.regex(
    rb"\n([A-Z][A-Z0-9_]{1,40})[ \t]*(?::[ \t]*[\w.\[\]]{1,40}[ \t]*)?=[ \t]*"
    rb"(-?\d[\d_.]{0,15}(?:e[+-]?\d{1,3})?(?:[ \t]*\*[ \t]*\d[\d_.]{0,9}){0,3}|True|False|None"
    rb"|\"[A-Za-z0-9][\w.:/-]{1,60}\"|'[A-Za-z0-9][\w.:/-]{1,60}')"
    rb"[ \t]*(?=[#\n])"
)
_WORD: Final = lazy.regex(rb".(?:[a-z]{2,12}|[A-Z][A-Z_]{1,15}|(?:\d{1,3}\.){3}\d{1,3}).\Z")
_MODEL: Final = lazy.regex(rb"\A(?:\w*model(?:_?(?:name|id|path))?|engine|deployment(?:_name)?|repo_id)\Z")
_SECRET: Final = lazy.regex(rb"pass|pwd|secret|token|key|auth|credential")  # names of what stands in one place only
_GIVEN: Final = lazy.regex(rb"=[ \t]*+([A-Z][A-Z0-9_]{1,40})(?=\s*[,)\n])")
_KEYWORD: Final = lazy.regex(rb"[(,\s]([a-z]\w*)[ \t]*\Z")
_KEYWORD_LENGTH: Final = 80
_BOUND: Final = lazy.regex(rb"\n[ \t]*([A-Z][A-Z0-9_]{1,40})[ \t]*(?::[^=\n]{0,40})?=(?!=)")
_TYPE: Final = lazy.regex(rb":[ \t]*+[A-Za-z_][\w.,| \t\[\]\"']{0,80}+=(?!=)")
_TYPED: Final = lazy.regex(rb"([ \t]*+)(?!else\b|try\b|finally\b)([A-Za-z_]\w*+)[ \t]*+\Z")
_MADE: Final = lazy.regex(rb"\n([ \t]*+)(class|def|async[ \t]+def)[ \t]")

_FLASK: Final = lazy.regex(rb"(?m)^([ \t]*+import flask)[ \t]*+(?=[#;\n]|$)")
_OF_FLASK: Final = lazy.regex(
    rb"(?<![\w.])flask\.((?:request|session|g|current_app|abort|jsonify|make_response|redirect|render_template|Response)\b)"
)


def by_name(text: bytes) -> bytes:
    """Python in which what belongs to Flask is named as nearly everybody names it: `request`, not `flask.request`."""
    if b"import flask" not in text or (imported := _FLASK.search(text)) is None:
        return text
    names = b"|".join(sorted({found[1] for found in _OF_FLASK.finditer(text)}))
    if not names:
        return text
    bound = re.compile(
        rb"\b(?:import|as|def|class|for|lambda)[ \t]+(?:%b)\b|(?<![\w.])(?:%b)[ \t]*(?::[^=\n]{1,80})?=(?!=)"
        rb"|\bdef[ \t]+\w+\([^)]{0,500}?\b(?:%b)\b" % (names, names, names)
    )
    if bound.search(text):  # by something of its own
        return text
    told = _OF_FLASK.sub(rb"\1", text)
    at = imported.end(1)  # no use stands above it
    return b"%b; from flask import %b%b" % (told[:at], names.replace(b"|", b", "), told[at:])


def untyped(text: bytes) -> bytes:
    """Python without the types of what a module or a function binds. Fields of classes and parameters keep theirs: the
    type says what they are."""
    pieces: list[bytes] = []
    scopes: _Scopes | None = None
    taken = 0
    for found in _TYPE.finditer(text):  # a colon is quickly found, the beginning of a line is not
        begin = text.rfind(b"\n", 0, found.start()) + 1
        name = _TYPED.match(text, begin, found.start())
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


def with_constants(text: bytes, *, models: bool = False) -> bytes:
    """Python in which a number, a truth or a word that a module names (`LIMIT = 30`) stands where a call is given it by
    that name; with `models` the name of one too. Addresses and whatever else may be secret stay where they are."""
    named = dict(_CONSTANT.findall(b"\n" + text))
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
        if keyword is None or (value[:1] in b"\"'" and not _is_shown(value, keyword[1], models)):
            continue
        bound = bound or Counter(_BOUND.findall(b"\n" + text))
        if bound[found[1]] == 1:
            pieces += (text[taken : found.start(1)], value)
            taken = found.end(1)
    return b"".join((*pieces, text[taken:])) if pieces else text


def _is_shown(value: bytes, keyword: bytes, models: bool) -> bool:
    """Whether a text may stand in a second place: a plain word, or the name of a model."""
    if _WORD.match(value):
        return _SECRET.search(keyword) is None
    return models and _MODEL.match(keyword) is not None and b"//" not in value
