"""What a text must hold for a regular expression to match in it: literals, by the expression's own structure.

Such requirements are necessary, never sufficient. They let a search pass over the expressions that cannot match, as
RE2's `FilteredRE2` does (https://github.com/google/re2/blob/main/re2/filtered_re2.h), which Python cannot ask for them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from aiaudit import lazy

Clause = frozenset[bytes]
"""Literals in lower case, one of which must be there."""
Alternative = tuple[Clause, ...]
"""Clauses that must all hold, the most telling first."""

LEAST: Final = 2  # bytes of a literal; shorter ones stand in every text
_MOST: Final = 64  # literals that a run of characters may be spelled out to
_MOST_OF_BRANCHES: Final = 256  # literals of a clause that stands for all branches of a choice
_SPELLED: Final = 8  # characters of a class, or repetitions, that are spelled out
_FLAGS_LATER: Final = lazy.regex(r"(?<=[|(])\(\?[a-z]+\)")  # RE2 takes flags anywhere, `re` at the start only
_POSIX_CLASS: Final = lazy.regex(r"\[:\^?[a-z]+:\]")  # `re` reads it otherwise than RE2 does
_FOLDED: Final = ("\u017f".encode(), "\u212a".encode())
"""The two characters beyond ASCII that are, without regard to case, one of ASCII (s and k)."""


def required(regex: str) -> tuple[Alternative, ...] | None:
    """What a text must hold for this expression (RE2's syntax) to match: one of the alternatives. None: anything may.

    Letters are compared without regard to case: compare with the text in lower case, unless `folds` says that the text
    has letters that only Unicode makes equal to those of ASCII.
    """
    try:
        from re import _constants as words  # type: ignore[attr-defined]
        from re import _parser as parser  # type: ignore[attr-defined]

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _parsed(parser, regex)
    except (ImportError, RecursionError, OverflowError, re.error):
        return None
    if tree is None:
        return None
    reader = _Reader(words)
    made = [reader.alternative(branch) for branch in reader.branches(list(tree))]
    return None if not all(made) else tuple(made)


@cache
def anchored_inside(regex: str) -> bool | None:
    """Whether the expression has `^` behind, or `$` before, something that takes characters; None where unknown.

    Such anchors are legal, and rare; not every engine has them.
    """
    try:
        from re import _constants as words  # type: ignore[attr-defined]
        from re import _parser as parser  # type: ignore[attr-defined]

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _parsed(parser, regex)
    except (ImportError, RecursionError, OverflowError, re.error):
        return None
    if tree is None:
        return None
    return _anchor_inside(words, list(tree), words.AT_BEGINNING, 1) or _anchor_inside(
        words, list(tree), words.AT_END, -1
    )


def folds(text: bytes) -> bool:
    """Whether the text holds a letter that is equal to one of ASCII without regard to case."""
    if text.isascii():
        return False
    return any(letter[-1:] in text and letter in text for letter in _FOLDED)  # one byte is found in a tenth of the time


def _anchor_inside(words: Any, items: Sequence[Any], anchor: Any, step: int, outermost: bool = True) -> bool:
    """Whether `anchor` stands where, read in this direction, characters were taken before."""
    for kind, value in items[::step]:
        if kind is words.AT:
            if value is anchor and not outermost:
                return True
            continue
        parts: list[Any] = []
        if kind is words.SUBPATTERN:
            parts = [value[3]]
        elif kind is words.BRANCH:
            parts = value[1]
        elif kind in (words.MAX_REPEAT, words.MIN_REPEAT):
            parts = [value[2]]
        if any(_anchor_inside(words, list(part), anchor, step, outermost) for part in parts):
            return True
        outermost = False
    return False


def _parsed(parser: Any, regex: str) -> Any:
    if _POSIX_CLASS.search(regex):
        return None
    try:
        return parser.parse(regex)
    except re.error:
        return parser.parse(_FLAGS_LATER.sub("", regex))  # flags change no literal, since case does not count here


class _Reader:
    """Reads the tree of `re`'s parser. `exact`: all texts that a part matches, where these are few, else None."""

    def __init__(self, words: Any) -> None:
        self._words = words
        self._empty = {words.AT, words.ASSERT, words.ASSERT_NOT}
        self._repeats = {words.MAX_REPEAT, words.MIN_REPEAT, words.POSSESSIVE_REPEAT}

    def branches(self, items: Sequence[Any]) -> list[Sequence[Any]]:
        """The choices that the whole expression is made of, or the expression itself."""
        while len(items) == 1 and items[0][0] is self._words.SUBPATTERN:
            items = list(items[0][1][3])
        if len(items) == 1 and items[0][0] is self._words.BRANCH:
            return [one for branch in items[0][1][1] for one in self.branches(list(branch))]
        return [items]

    def alternative(self, items: Iterable[Any]) -> Alternative:
        """All that must be there for these items, one after the other."""
        exact, clauses = self._sequence(items)
        return tuple(sorted({*clauses, *_clause(exact)}, key=_telling, reverse=True))

    def _sequence(self, items: Iterable[Any]) -> tuple[Clause | None, list[Clause]]:
        run: Clause = frozenset([b""])
        clauses: list[Clause] = []
        whole = True
        for item in items:
            exact, more = self._item(*item)
            clauses += more
            if exact is not None and len(run) * len(exact) <= _MOST:
                run = frozenset(before + after for before in run for after in exact)
                continue
            whole = False
            clauses += _clause(run)
            run = frozenset([b""]) if exact is None else exact
        return (run, clauses) if whole else (None, [*clauses, *_clause(run)])

    def _item(self, kind: Any, value: Any) -> tuple[Clause | None, list[Clause]]:
        words = self._words
        if kind is words.LITERAL:
            return _letters([value]), []
        if kind is words.IN:
            return _letters(self._members(value)), []
        if kind in self._empty:
            return frozenset([b""]), []
        if kind is words.SUBPATTERN:
            return self._sequence(value[3])
        if kind is words.BRANCH:
            return self._choice([self._sequence(branch) for branch in value[1]])
        if kind in self._repeats:
            return self._repeat(*value)
        return None, []

    def _members(self, members: Iterable[Any]) -> list[int]:
        """The characters of a class; none where they are many, or not told one by one."""
        found: list[int] = []
        for kind, value in members:
            if kind is self._words.LITERAL:
                found.append(value)
            elif kind is self._words.RANGE and value[1] - value[0] < _SPELLED:
                found += range(value[0], value[1] + 1)
            else:
                return []
        return found if len(found) <= _SPELLED else []

    def _choice(self, parts: list[tuple[Clause | None, list[Clause]]]) -> tuple[Clause | None, list[Clause]]:
        exact = [some for some, _ in parts if some is not None]
        if len(exact) == len(parts) and sum(map(len, exact)) <= _MOST:
            return frozenset().union(*exact), []
        told = [sorted([*clauses, *_clause(some)], key=_telling, reverse=True) for some, clauses in parts]
        joint = [frozenset().union(*same) for same in zip(*told, strict=False)]  # best with best, next with next
        return None, [clause for clause in joint[:2] if len(clause) <= _MOST_OF_BRANCHES]

    def _repeat(self, least: int, most: Any, items: Any) -> tuple[Clause | None, list[Clause]]:
        exact, clauses = self._sequence(items)
        if least == 0:
            return (exact | {b""}, []) if most == 1 and exact is not None else (None, [])
        if exact is not None and least == most and least <= _SPELLED and len(exact) ** least <= _MOST:
            run: Clause = frozenset([b""])
            for _ in range(least):
                run = frozenset(before + after for before in run for after in exact)
            return run, clauses
        return None, [*clauses, *_clause(exact)]


def _letters(characters: Sequence[int]) -> Clause | None:
    """These characters, one of which is there; None where one is not of ASCII or there is none."""
    if not characters or max(characters) > 127:
        return None
    return frozenset(chr(one).lower().encode() for one in characters)


def _clause(exact: Clause | None) -> list[Clause]:
    """A requirement from all texts that a part matches, unless one of them is too short to tell anything."""
    return [exact] if exact and min(map(len, exact)) >= LEAST else []


def _telling(clause: Clause) -> tuple[int, int, list[bytes]]:
    """Long literals are rare, and few of them rarer; the order is the same in every process."""
    return min(map(len, clause)), -len(clause), sorted(clause)
