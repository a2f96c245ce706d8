"""The searches for the packs' text patterns that a wheel carries compiled: one for all of them, and smaller ones for
the kinds of files of which there is most.

A project's own classes (`classes`) would fit it better, and take seconds to compile. What a search names beyond what is
asked of a file is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakValueDictionary

from aiaudit.probes.text.compiled import SUFFIX, shipped, to_bytes
from aiaudit.probes.text.search import Expression, WholeSearch
from aiaudit.project.globs import expand
from aiaudit.project.roles import ASIDE, Role
from aiaudit.resources import precompiled

if TYPE_CHECKING:
    from aiaudit.probes.text.groups import PatternGroup

INDEX: Final = "searches.json"
_MAIN: Final = frozenset(Role) - ASIDE
_KINDS: Final[dict[str, tuple[tuple[str, ...], frozenset[Role]]]] = {
    "aside": ((), ASIDE),
    "data": ((".csv", ".json", ".jsonl", ".txt"), _MAIN),
    "code": ((".py",), _MAIN),
    "all": ((), frozenset(Role)),
}
"""By suffix (any where there are none) and role."""

Numbered = tuple[str, int]
"""A group's key, and the number of one of its expressions."""


class Shared(NamedTuple):
    """A search that the wheel carries: what its numbers stand for."""

    name: str
    rules: tuple[Numbered, ...]
    keys: frozenset[str]

    def search(self) -> WholeSearch | None:
        """The search itself; None where this machine cannot use it."""
        return _search(self.name, len(self.rules))


@cache
def shared_searches() -> tuple[Shared, ...]:
    """Those of the wheel that this machine can use, the smallest first; none in a checkout."""
    file = precompiled(INDEX)
    try:
        index = {} if file is None else json.loads(file.read_bytes())
        made = [
            Shared(name, tuple((key, number) for key, number in rules), frozenset(key for key, _ in rules))
            for name, rules in index.items()
        ]
    except (OSError, ValueError, TypeError, AttributeError):
        return ()
    made.sort(key=lambda one: (len(one.rules), one.name))
    return tuple(made) if made and made[0].search() is not None else ()


_held: WeakValueDictionary[str, WholeSearch] = WeakValueDictionary()  # as long as an engine has it: it takes megabytes


def _search(name: str, size: int) -> WholeSearch | None:
    found = _held.get(name)
    if found is None and (compiled := shipped(name)) is not None:
        found = _held[name] = WholeSearch.of(compiled, size)
    return found


def files_of(groups: Iterable[PatternGroup]) -> dict[str, bytes]:
    """What a wheel carries of these groups, by the files' names. Raises `ImportError` where Hyperscan is missing."""
    by_key = {group.key: group for group in groups}
    index = {name: _rules(by_key, suffixes, roles) for name, (suffixes, roles) in _KINDS.items()}
    made = {INDEX: json.dumps(index, separators=(",", ":")).encode("ascii")}
    for name, rules in index.items():
        expressions = [Expression(by_key[key].regexes[number], by_key[key].ignore_case) for key, number in rules]
        made[name + SUFFIX] = to_bytes(WholeSearch(expressions).compiled)
    return made


def _rules(groups: Mapping[str, PatternGroup], suffixes: tuple[str, ...], roles: frozenset[Role]) -> list[Numbered]:
    """The expressions of the groups that may be meant for a file of these suffixes and roles."""
    return [
        (key, number)
        for key in sorted(groups)
        if (groups[key].roles or roles) & roles and (not suffixes or _may_take(groups[key], suffixes))
        for number in groups[key].numbers
    ]


def _may_take(group: PatternGroup, suffixes: tuple[str, ...]) -> bool:
    """Whether one of the group's globs stands for a path with one of these suffixes, as far as its end shows."""
    ends = {_end(glob) for some in group.files if not some.startswith("!") for glob in expand(some)}
    return any(end.endswith(suffix) or suffix.endswith(end) for end in ends for suffix in suffixes)


def _end(glob: str) -> str:
    """What the names that a glob stands for end with."""
    return glob[max(glob.rfind(sign) for sign in "/*?]") + 1 :].lower()
