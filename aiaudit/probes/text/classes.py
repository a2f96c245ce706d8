"""Which files share a search, where there is much text: each costs by what it looks for, once and in every byte.

Most groups are meant for code, few for data and documents. One search for all makes a table of numbers pay for what
only code holds, one for each kind of file compiles the same expressions again and again. So kinds of files are joined
as long as that saves time, by the costs that were measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

Keys = tuple[str, ...]
"""Sorted keys of the groups that are meant for a kind of file."""

_COMPILE: Final = 22e-6  # seconds a character of an expression, by `WholeSearch`
_COMPILE_LITERALS: Final = 2.5e-6  # the same by `LiteralSearch`
_SCAN: Final = 31e-12  # seconds a byte and pattern, by either
_DOUBT: Final = 100e-12  # besides, by `LiteralSearch`, to search for what it names and is not there
_MOST: Final = 16  # kinds of files that are told apart


class Weight(NamedTuple):
    """How much a group looks for: its patterns, and the characters of them."""

    patterns: int
    characters: int

    @classmethod
    def of(cls, regexes: Iterable[str]) -> Weight:
        """The weight of these expressions."""
        sizes = [len(one) for one in regexes]
        return cls(len(sizes), sum(sizes))


class Class(NamedTuple):
    """Kinds of files that share a search, and all keys of it. `whole`: their text pays for a `WholeSearch`."""

    kinds: tuple[Keys, ...]
    keys: Keys
    whole: bool


class _Part(NamedTuple):
    kinds: tuple[Keys, ...]
    keys: frozenset[str]
    size: float
    cost: float
    whole: bool


def classes(sizes: Mapping[Keys, float], weights: Mapping[str, Weight]) -> list[Class]:
    """The classes of the kinds of files of these `sizes` (bytes), those that look for most first.

    `weights`: of each key. Equal sizes give equal classes.
    """
    kinds = sorted(sizes, key=lambda keys: (-sizes[keys], keys))
    parts = [_part([one], one, sizes[one], weights) for one in kinds[:_MOST]]
    if rest := kinds[_MOST:]:
        joint = {key for keys in rest for key in keys}
        parts.append(_part(rest, joint, sum(sizes[one] for one in rest), weights))
    parts = _joined(parts, weights)
    made = [Class(part.kinds, tuple(sorted(part.keys)), part.whole) for part in parts]
    return sorted(made, key=lambda one: (-sum(weights[key].patterns for key in one.keys), one.keys))


def _joined(parts: list[_Part], weights: Mapping[str, Weight]) -> list[_Part]:
    """The parts, two made one as long as that saves time, those first that save most."""

    def pair(a: int, b: int) -> tuple[float, _Part]:
        joint = _part((*of[a].kinds, *of[b].kinds), of[a].keys | of[b].keys, of[a].size + of[b].size, weights)
        return joint.cost - of[a].cost - of[b].cost, joint

    of = dict(enumerate(parts))
    pairs = {(a, b): pair(a, b) for a in of for b in of if a < b}
    while pairs:
        (a, b), (more, joint) = min(pairs.items(), key=lambda one: (one[1][0], one[0]))
        if more > 0:
            break
        pairs = {key: value for key, value in pairs.items() if key[0] not in (a, b) and key[1] not in (a, b)}
        del of[a], of[b]
        made = max((a, b, *of)) + 1
        of[made] = joint
        pairs |= {(other, made): pair(other, made) for other in of if other != made}
    return list(of.values())


def _part(kinds: Iterable[Keys], keys: Iterable[str], size: float, weights: Mapping[str, Weight]) -> _Part:
    joint = frozenset(keys)
    patterns = sum(weights[key].patterns for key in joint)
    characters = sum(weights[key].characters for key in joint)
    scan = size * patterns * _SCAN
    whole = scan + characters * _COMPILE
    literals = scan + characters * _COMPILE_LITERALS + size * patterns * _DOUBT
    return _Part(tuple(kinds), joint, size, min(whole, literals), whole <= literals)
