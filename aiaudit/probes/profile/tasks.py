"""Which data sets are measured together: the splits of one, or a reference and what came later."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found

_SPLITS: Final = ("train", "validation", "test")
_NOW: Final = ("current", "serving")


class Task(Struct, frozen=True):
    """Sets that are compared with each other, by their numbers; most stand alone."""

    sets: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...] = ()


def tasks(found: Sequence[Found], among: Sequence[int] | None = None) -> list[Task]:
    """Sets that are splits of one data set, or a reference and what came later, are measured together."""
    able = [n for n, one in enumerate(found) if not one.unread and (among is None or n in among)]
    pairs = [pair for pair in combinations(able, 2) if _compared(found, *pair)]
    group = {n: n for n in able}
    for a, b in pairs:
        low, high = sorted((group[a], group[b]))
        group = {n: low if of == high else of for n, of in group.items()}
    return [
        Task(
            tuple(n for n in able if group[n] == root),
            tuple(pair for pair in pairs if group[pair[0]] == root),
        )
        for root in sorted(set(group.values()))
    ]


def _compared(found: Sequence[Found], a: int, b: int) -> bool:
    """Two splits of one data set; or the reference (else the training set) and a current set."""
    one, other = found[a], found[b]
    roles = {one.role, other.role}
    if len(roles) == 2 and roles <= set(_SPLITS):
        both = one.declared is not None and other.declared is not None
        return both or _stem(one.path, one.role) == _stem(other.path, other.role)
    if not roles & set(_NOW) or len(roles) != 2:
        return False
    bases = {n.role for n in found if not n.unread} & {"reference", "train"}
    return ("reference" if "reference" in bases else "train") in roles


def _stem(path: str, role: str) -> str:
    """The path without the words that tell the role: equal for the splits of one data set."""
    from aiaudit.data.naming import role_of

    parts = []
    for part in PurePath(path.lower()).parts:
        words = [word for word in _words(part) if not (role and role_of(word) in _SPLITS)]
        parts.append("-".join(words))
    return "/".join(parts)


def _words(text: str) -> list[str]:
    return [word for word in "".join(c if c.isalnum() else " " for c in text).split() if word]


def places(task: Task) -> list[tuple[int, int]]:
    """The pairs by their places among the sets of the task."""
    return [(task.sets.index(a), task.sets.index(b)) for a, b in task.pairs]
