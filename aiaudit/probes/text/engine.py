"""The text engine: all regular expressions of all queries in one scan of each text file.

Queries bring *groups* of patterns, each with the files it is meant for. One search (`search`) tells which patterns
may be in a file; these are searched by themselves for the place. RE2 is linear in the input, whatever the pattern. The
secret rules join the same scan: their group has a `judge` that turns a hit into what may be kept of it.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from aiaudit.probes.comment_lines import comments_of
from aiaudit.probes.text.classes import Keys, Weight, classes
from aiaudit.probes.text.groups import HasGroups, PatternGroup
from aiaudit.probes.text.hits import Rule, RuleSearch, looked_through, rules_of
from aiaudit.probes.text.layouts import layout_of
from aiaudit.probes.text.search import is_fast, search_for
from aiaudit.probes.text.shipped import Shared, shared_searches
from aiaudit.project.entry import Entry
from aiaudit.project.globs import GlobTable
from aiaudit.project.reader import readable
from aiaudit.project.roles import DATA_SUFFIXES, MODEL_SUFFIXES, Role

if TYPE_CHECKING:
    from aiaudit.probes.base import Query
    from aiaudit.project.cache import Cache
    from aiaudit.project.tree import Project

NAME: Final = "text"
VERSION: Final = 15  # of what `scan` gives; part of the cache key
_TEXT_DATA: Final = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".arff", ".libsvm"})
_MUCH: Final = 24 * 1024 * 1024  # bytes that pay for a search which takes a second to make
_FEW: Final = 1024 * 1024  # bytes that are not worth reading several searches of the wheel
_TOO_FEW: Final = 2 * 1024 * 1024  # bytes of files that are not worth a search of their own
BUNDLED: Final = frozenset({".js", ".mjs", ".cjs", ".css"})  # may be what a bundler made, whatever its name
_PACKED_SIZE: Final = 20_000
_PACKED_LINE: Final = 500  # bytes of a line, on average
_NO_TEXT: Final = frozenset(
    {".pdf", ".docx", ".pptx", ".pyc", ".pyo", ".so", ".dll", ".dylib", ".a", ".o", ".exe", ".class", ".jar", ".wasm"}
    | {".whl", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".ico", ".psd"}
)
BINARY_SUFFIXES: Final = (
    (DATA_SUFFIXES - _TEXT_DATA) | MODEL_SUFFIXES | _NO_TEXT
)  # not opened: what they hold is no text


def is_packed(text: bytes) -> bool:
    """Whether a script or a style sheet was made smaller by a program: nobody writes such lines. It counts as
    generated, as a `.min.js` does by its name."""
    return len(text) >= _PACKED_SIZE and len(text) >= _PACKED_LINE * (text.count(b"\n") + 1)


class TextEngine:
    """See `aiaudit.probes.base.Engine`. Its result: `{"hits": {group key: [[pattern number, line, kept]]}}`, or
    `{"binary": true}` for a file that is no text."""

    name = NAME
    bounded = True  # linear in time and memory by construction: needs no process of its own for a small tree
    read_only = True  # nobody changes an answer: equal ones may be one
    takes_head = True  # of a file that is too large, the head is searched

    def __init__(self, queries: Iterable[Query] = (), *, groups: Iterable[PatternGroup] = ()) -> None:
        groups = [*groups, *(group for query in queries if isinstance(query, HasGroups) for group in query.groups())]
        lists = list(dict.fromkeys(group.files for group in groups))
        self._lists = lists
        self._among: Mapping[str, tuple[int, ...]] = {}  # the numbers of the lists by path
        self._groups: list[list[tuple[str, PatternGroup]]] = [[] for _ in lists]  # key and group, by list of globs
        for group in groups:
            self._groups[lists.index(group.files)].append((group.key, group))
        self._by_key = {key: group for some in self._groups for key, group in some}
        self._keys_of: dict[tuple[tuple[int, ...], Role, bool], Keys] = {}
        self._variants: dict[tuple[Keys, str], str] = {}  # what the keys are called together, by kind of comments
        self._keys_at: dict[str, Keys] = {}
        self._bytes: dict[Keys, int] = {}  # of the files for which these groups are meant
        self._searches: dict[Keys, tuple[RuleSearch, ...]] = {}  # of the files for which these groups are meant
        self._shared: dict[str, RuleSearch] = {}  # of the searches of a wheel, by name
        self._ahead: dict[str, tuple[bytes, dict[str, Any]]] = {}  # by path

    def key(self) -> str:
        return str(VERSION)  # what is looked for is in `variant`, so that another query elsewhere costs nothing here

    def survey(self, project: Project) -> None:
        """Work out for all files at once which globs they match."""
        self._among = project.among(self._lists)

    def wants(self, entry: Entry) -> bool:
        return bool(self._keys(entry))

    def variant(self, entry: Entry) -> str:
        """The patterns that are searched in this file, its kind of comments, and how it is put on one line."""
        keys, kind = self._keys(entry), f"{comments_of(entry)} {layout_of(entry.suffix)}"
        known = self._variants.get((keys, kind))
        if known is None:
            known = self._variants[keys, kind] = ",".join((kind, *keys)) if keys else ""
        return known

    def prepare(self, size: int, cache: Cache | None = None) -> None:
        """Make ready for so many bytes, before workers are forked: they share what is made here."""
        if not self._by_key or not is_fast():
            return
        if shared_searches():
            few = size < _FEW
            self._searches.update({keys: self._carried(keys, cache, few=few) for keys in self._bytes or (self._joint,)})
        elif size < _MUCH or not self._bytes:
            self._searches[self._joint] = (self._made(self._joint, cache, much=size >= _MUCH),)
        else:
            self._prepare_classes(size, cache)

    def _prepare_classes(self, size: int, cache: Cache | None) -> None:
        """A search for each class of files."""
        share = size / max(size, sum(self._bytes.values()))  # of the files that are new
        sizes = {kind: share * some for kind, some in self._bytes.items()}
        weights = {key: Weight.of(group.searched) for key, group in self._by_key.items()}
        for number, one in enumerate(classes(sizes, weights)):
            search = self._made(one.keys, cache, much=one.whole, purpose=str(number))
            self._searches.update(dict.fromkeys(one.kinds, (search,)))

    def ahead(self, files: Sequence[tuple[bytes, Entry]]) -> None:
        """Look through the files that are scanned next: the tables of a search stay in the processor's cache."""
        self._ahead.clear()
        for data, entry in files:
            self._ahead[entry.path] = (data, self._look(data, entry))

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        seen, found = self._ahead.pop(entry.path, (None, {}))
        return found if seen is data else self._look(data, entry)

    @cached_property
    def _table(self) -> GlobTable:
        return GlobTable(self._lists)

    def _look(self, data: bytes, entry: Entry) -> dict[str, Any]:
        text = readable(data)
        if text is None:
            return {"binary": True}
        text = text.removeprefix(BOM_UTF8)
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")  # patterns know one kind of line ends
        keys = self._keys(entry)
        if entry.suffix in BUNDLED and is_packed(text):
            keys = tuple(key for key in keys if self._by_key[key].takes_role(Role.GENERATED))
            if not keys:
                return {"hits": {}}
        searches = self._searches.get(keys)
        if searches is None:
            searches = self._searches[keys] = self._searches_for(keys)
        return {"hits": looked_through(text, searches, keys, comments_of(entry), entry.suffix)}

    @property
    def _joint(self) -> Keys:
        """The keys of all groups."""
        return tuple(sorted(self._by_key))

    def _searches_for(self, keys: Keys) -> tuple[RuleSearch, ...]:
        """The searches for these groups. To make a slow one costs as much as to search megabytes, so that few files
        share the search of files with more groups, and all share a fast one; what is not meant for them is passed
        over."""
        joint = keys
        if is_fast():
            if shared_searches():
                return self._carried(keys)
            joint = self._joint
        elif self._bytes[keys] <= _TOO_FEW:
            more = [some for some in self._bytes if len(some) > len(keys) and set(keys) <= set(some)]
            joint = min(more, key=lambda some: (-len(some), some), default=keys)
        if joint not in self._searches:
            self._searches[joint] = (self._made(joint),)
        return self._searches[joint]

    def _carried(self, keys: Keys, cache: Cache | None = None, *, few: bool = False) -> tuple[RuleSearch, ...]:
        """The wheel's smallest search that has all of these groups, or of `few` files the one for all; and, where
        somebody's own packs or another pack file bring more, one for those."""
        shared = shared_searches()
        every = shared[-1]
        own = tuple(sorted(self._by_key.keys() - every.keys))
        asked = every.keys.intersection(keys)
        least = every if few else next(one for one in shared if asked <= one.keys)
        if least.name not in self._shared:
            self._shared[least.name] = self._of_wheel(least)
        if own and own not in self._searches:
            self._searches[own] = (self._made(own, cache, purpose="own"),)
        return (self._shared[least.name], *(self._searches[own] if own else ()))

    def _of_wheel(self, shared: Shared) -> RuleSearch:
        rules = [Rule(key, self._by_key[key], number) if key in self._by_key else None for key, number in shared.rules]
        search = shared.search()
        return RuleSearch(rules, search) if search is not None else self._made(self._joint)

    def _made(self, keys: Keys, cache: Cache | None = None, *, much: bool = False, purpose: str = "") -> RuleSearch:
        """A search for the groups of these keys."""
        rules = rules_of(self._by_key, keys)
        asked = [rule.expression for rule in rules]
        return RuleSearch(rules, search_for(asked, much=much, cache=cache, purpose=purpose))

    def _keys(self, entry: Entry) -> Keys:
        """The keys of the groups that apply to a file, sorted."""
        known = self._keys_at.get(entry.path)
        if known is not None:
            return known
        if entry.kind != "file" or entry.suffix in BINARY_SUFFIXES:
            return ()
        among = self._among.get(entry.path)
        like = (self._table(entry.path) if among is None else among, entry.role, entry.ignored)
        keys = self._keys_of.get(like)
        if keys is None:
            some = {key for number in like[0] for key, group in self._groups[number] if group.takes(entry)}
            keys = self._keys_of[like] = tuple(sorted(some))
        self._keys_at[entry.path] = keys
        if keys:
            self._bytes[keys] = self._bytes.get(keys, 0) + entry.size
        return keys
