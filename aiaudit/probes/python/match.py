"""Name patterns of all queries, compiled into tables: the cost of a look-up does not grow with their number.

`torch.load` is that very name · `*.from_pretrained` any name that ends so, also of an unknown receiver ·
`langchain*.ChatOpenAI` with a star anywhere before the last dot · `mlflow.*` everything below a root. A star
stands for any characters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property, lru_cache
from typing import Final

from aiaudit import lazy
from aiaudit.probes.words import word_set

PERHAPS: Final = "perhaps nothing"  # why a value is not known: one of two branches gives none
MAX_KNOWN: Final = 20_000  # names of which it is remembered whether a pattern matches
name_set: Final = word_set  # the names in a text: keeps long tables readable
_NAME: Final = lazy.regex(r"[\w*?@]+(\.[\w*]+)*")


def check_pattern(pattern: str) -> str:
    """The pattern itself, or ValueError with the reason: for query models."""
    if not _NAME.fullmatch(pattern) or len(pattern) > 200:
        raise ValueError(f"{pattern[:60]!r} is not a dotted name (with stars)")
    root, _, last = pattern.rpartition(".")
    if "*" in last and (last != "*" or not root or "*" in root):
        raise ValueError(f"{pattern!r}: a star in the last part must be all of it, after a plain name (`mlflow.*`)")
    return pattern


def expand_groups(names: Iterable[str], groups: Mapping[str, Iterable[str]]) -> list[str]:
    """The names, with `group:NAME` replaced by what is in the group. Raises ValueError for an unknown group."""
    out: list[str] = []
    for name in names:
        if not name.startswith("group:"):
            out.append(name)
            continue
        group = groups.get(name[6:])
        if group is None:
            raise ValueError(f"there is no group {name[6:]!r}; there are {', '.join(groups)}")
        out.extend(group)
    return out


def checker(groups: Mapping[str, Iterable[str]], check: Callable[[str], object]) -> Callable[[list[str]], list[str]]:
    """What holds the names of a query to these groups and this form of a name. It raises ValueError."""

    def checked(names: list[str]) -> list[str]:
        for one in expand_groups(names, groups):
            check(one)
        return names

    return checked


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", pattern)))


def _dots(pattern: str) -> Iterator[int]:
    """Where the dots stand."""
    at = pattern.find(".")
    while at >= 0:
        yield at
        at = pattern.find(".", at + 1)


class NameIndex:
    """Names, found by their last part and by their first."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self.by_last: dict[str, list[str]] = defaultdict(list)
        self.by_root: dict[str, list[str]] = defaultdict(list)
        for name in self.names:
            self.by_last[name.rpartition(".")[2]].append(name)
            self.by_root[name.partition(".")[0]].append(name)


class Patterns:
    """A set of patterns."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.all = tuple(sorted(set(patterns)))
        self._exact = frozenset(one for one in self.all if "*" not in one)
        self._globs: dict[str, list[str]] = defaultdict(list)  # last part -> patterns with a star before it
        self._below: dict[str, list[str]] = defaultdict(list)  # root -> what stands before `.*`
        self._heads: dict[str, list[str]] = defaultdict(list)  # `pickle` -> `pickle.load`, …
        self._known: dict[str, bool] = {}
        self._leading: dict[str, bool] = {}
        for pattern in self.all:
            self._add(pattern)

    def _add(self, pattern: str) -> None:
        head, _, last = pattern.rpartition(".")
        if last == "*":
            self._below[pattern.partition(".")[0]].append(head)
        else:
            self._heads[head].append(pattern)
            if "*" in pattern:
                self._globs[last].append(pattern)

    @cached_property
    def _lasts(self) -> frozenset[str]:
        """The last parts of those that end in a name."""
        return frozenset(last for pattern in self.all if (last := pattern.rpartition(".")[2]) != "*")

    @cached_property
    def makers(self) -> frozenset[str]:
        """Last parts of what makes an object that is asked for where it is called itself: `pipeline` of
        `transformers.pipeline.__call__`."""
        made = (pattern.removesuffix(".__call__") for pattern in self.all if pattern.endswith(".__call__"))
        return frozenset(name.rpartition(".")[2] for name in made)

    @cached_property
    def _tails(self) -> frozenset[str]:
        """What is left of the patterns behind each of their dots."""
        return frozenset(pattern[at + 1 :] for pattern in self.all for at in _dots(pattern))

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        """What stands before each of their dots, as far as there is no star."""
        return frozenset(start for pattern in self.all for at in _dots(pattern) if "*" not in (start := pattern[:at]))

    def match(self, name: str) -> bool:
        """Whether some pattern matches; remembered, since the files of a project use the same names."""
        known = self._known.get(name)
        if known is None:
            known = name in self._exact or bool(self._others(name, first=True))
            if len(self._known) < MAX_KNOWN:
                self._known[name] = known
        return known

    def matching(self, name: str) -> list[str]:
        """All patterns that match the name."""
        return ([name] if name in self._exact else []) + self._others(name)

    def _others(self, name: str, *, first: bool = False) -> list[str]:
        found: list[str] = []
        if name.endswith(".?"):  # `getattr(pickle, name)`: any of them
            return list(self._heads.get(name[:-2], ()))
        for pattern in self._globs.get(name.rpartition(".")[2], ()):
            if _glob(pattern).fullmatch(name):
                found.append(pattern)
                if first:
                    return found
        for head in self._below.get(name.partition(".")[0], ()):
            if name.startswith(head + "."):
                found.append(head + ".*")
        return found

    def among(self, names: NameIndex) -> set[str]:
        """Those of the names that some pattern matches: one look at what the patterns end in or begin with."""
        maybe: set[str] = set()
        for last in self._globs:
            maybe.update(names.by_last.get(last, ()))
        for root in self._below:
            maybe.update(names.by_root.get(root, ()))
        maybe.update(name for name in names.by_last.get("?", ()) if name[:-2] in self._heads)
        return {*(self._exact & names.names), *filter(self.match, maybe)}

    def ends_like(self, last: str) -> bool:
        """Whether some pattern ends in this identifier."""
        return last in self._lasts

    def leads_below(self, module: str) -> bool:
        """Whether a pattern `head.*` may match below the module: it is the head, or stands above or below it. It is
        remembered, since the files of a project import the same."""
        known = self._leading.get(module)
        if known is None:
            heads = self._below.get(module.partition(".")[0], ())
            known = any(f"{head}.".startswith(f"{module}.") or module.startswith(f"{head}.") for head in heads)
            if len(self._leading) < MAX_KNOWN:
                self._leading[module] = known
        return known

    def is_tail(self, chain: str) -> bool:
        """Whether some pattern ends in these dotted parts: what may follow a name imported from another file."""
        return chain in self._tails

    def leads_to(self, name: str) -> bool:
        """Whether a pattern may match below the name: `openai.OpenAI` leads to `openai.OpenAI.responses.create`."""
        return name in self._prefixes or self.below(name)

    def below(self, name: str) -> bool:
        """Whether some pattern takes everything below the module or object of this name."""
        heads = self._below.get(name.partition(".")[0])
        return heads is not None and any(name == head or name.startswith(head + ".") for head in heads)


def among(patterns: Iterable[str], names: NameIndex) -> set[str]:
    """Those of the names that some pattern matches; most queries ask for a few plain names, which need no tables."""
    wanted = tuple(patterns)
    if any("*" in pattern for pattern in wanted) or "?" in names.by_last:
        return patterns_of(wanted).among(names)
    return {pattern for pattern in wanted if pattern in names.names}


def patterns_of(names: Iterable[str]) -> Patterns:
    """The patterns of these names; made once, since many queries ask for the same."""
    return _patterns(tuple(names))


@lru_cache(maxsize=4096)
def _patterns(names: tuple[str, ...]) -> Patterns:
    return Patterns(names)
