"""The text engine: all regular expressions of all queries in one scan of each text file.

Queries bring *groups* of patterns, each with the files it is meant for. One search (`search`) tells which patterns
may be in a file; these are searched by themselves for the place. RE2 is linear in the input, whatever the pattern. The
secret rules join the same scan: their group has a `judge` that turns a hit into what may be kept of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, runtime_checkable

from msgspec import Struct

from aiaudit.probes.comment_lines import Comments, comments_of
from aiaudit.probes.spans import each_span
from aiaudit.probes.text.classes import Keys, Weight, classes
from aiaudit.probes.text.search import Expression, Search, compiled_pattern, is_fast, placed_pattern, search_for
from aiaudit.probes.text.shipped import Shared, shared_searches
from aiaudit.project.entry import Entry, display
from aiaudit.project.globs import GlobTable
from aiaudit.project.reader import readable
from aiaudit.project.roles import DATA_SUFFIXES, MODEL_SUFFIXES, Role

if TYPE_CHECKING:
    from aiaudit.probes.base import Query
    from aiaudit.project.cache import Cache
    from aiaudit.project.tree import Project

NAME: Final = "text"
VERSION: Final = 8  # of what `scan` gives; part of the cache key
MAX_MATCH: Final = 120  # characters of a hit that are kept
_TEXT_DATA: Final = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".arff", ".libsvm"})
_MUCH: Final = 24 * 1024 * 1024  # bytes that pay for a search which takes a second to make
_FEW: Final = 1024 * 1024  # bytes that are not worth reading several searches of the wheel
_TOO_FEW: Final = 2 * 1024 * 1024  # bytes of files that are not worth a search of their own
_NO_TEXT: Final = frozenset(
    {".pdf", ".docx", ".pptx", ".pyc", ".pyo", ".so", ".dll", ".dylib", ".a", ".o", ".exe", ".class", ".jar", ".wasm"}
    | {".whl", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".ico", ".psd"}
)
BINARY_SUFFIXES: Final = (
    (DATA_SUFFIXES - _TEXT_DATA) | MODEL_SUFFIXES | _NO_TEXT
)  # not opened: what they hold is no text


class Pattern(NamedTuple):
    """A regular expression in RE2's syntax, and what hits of it are called."""

    name: str
    regex: str


Judge = Callable[[Pattern, Any, bytes], "dict[str, Any] | None"]
"""Called with the pattern, RE2's match and the whole text as UTF-8; gives what to keep of a hit, None for no hit."""


class PatternGroup(Struct, frozen=True):
    """Patterns that are searched in the same files.

    `files`, `roles` (None: any) and `ignored` say in which. `unless` takes back a hit whose line it matches. A hit is
    kept as its text (at most 120 characters), or as what `judge` makes of it; `judged_by` names the judge and its
    version. `keep`: whether a hit's text is kept at all. `most`: hits of one pattern in one file, more are left out.
    `comments`: whether a hit in a comment counts. `beside`: looked for only in files in which this matches too.
    """

    patterns: tuple[Pattern, ...]
    files: tuple[str, ...] = ("**/*",)
    roles: frozenset[Role] | None = None
    ignored: bool = False
    unless: str = ""
    ignore_case: bool = False
    keep: bool = True
    most: int = 50
    comments: bool = True
    beside: str = ""
    judge: Judge | None = None
    judged_by: str = ""

    @property
    def key(self) -> str:
        """What hits depend on besides the text; hits are kept under it."""
        parts: list[Any] = [self.patterns, self.unless, self.ignore_case, self.keep, self.most, self.comments]
        parts += [self.judged_by, *([self.beside] if self.beside else [])]
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()

    @property
    def regexes(self) -> tuple[str, ...]:
        """All that is looked for on behalf of the group."""
        return (*(pattern.regex for pattern in self.patterns), *((self.beside,) if self.beside else ()))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of those of them that a search for all groups looks for."""
        return (len(self.patterns),) if self.beside else tuple(range(len(self.patterns)))

    @property
    def searched(self) -> tuple[str, ...]:
        """The same themselves."""
        return (self.beside,) if self.beside else self.regexes

    def takes(self, entry: Entry) -> bool:
        """Whether a file whose path matches is one of the group's."""
        return (self.roles is None or entry.role in self.roles) and (self.ignored or not entry.ignored)


@runtime_checkable
class HasGroups(Protocol):
    """A query that brings patterns to the text engine."""

    def groups(self) -> Sequence[PatternGroup]:
        """The pattern groups of this query; the same each time."""


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
        self._searches: dict[Keys, tuple[_Search, ...]] = {}  # of the files for which these groups are meant
        self._shared: dict[str, _Search] = {}  # of the searches of a wheel, by name
        self._ahead: dict[str, tuple[bytes, dict[str, Any]]] = {}  # by path

    def key(self) -> str:
        return str(VERSION)  # what is looked for is in `variant`, so that another query elsewhere costs nothing here

    def survey(self, project: Project) -> None:
        """Work out for all files at once which globs they match."""
        self._among = project.among(self._lists)

    def wants(self, entry: Entry) -> bool:
        return bool(self._keys(entry))

    def variant(self, entry: Entry) -> str:
        """The patterns that are searched in this file."""
        keys, kind = self._keys(entry), comments_of(entry)
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
        keys = self._keys(entry)
        searches = self._searches.get(keys)
        if searches is None:
            searches = self._searches[keys] = self._searches_for(keys)
        return {"hits": _looked_through(text, searches, keys, comments_of(entry))}

    @property
    def _joint(self) -> Keys:
        """The keys of all groups."""
        return tuple(sorted(self._by_key))

    def _searches_for(self, keys: Keys) -> tuple[_Search, ...]:
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

    def _carried(self, keys: Keys, cache: Cache | None = None, *, few: bool = False) -> tuple[_Search, ...]:
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

    def _of_wheel(self, shared: Shared) -> _Search:
        rules = [_Rule(key, self._by_key[key], number) if key in self._by_key else None for key, number in shared.rules]
        search = shared.search()
        return _Search(rules, search) if search is not None else self._made(self._joint)

    def _made(self, keys: Keys, cache: Cache | None = None, *, much: bool = False, purpose: str = "") -> _Search:
        """A search for the groups of these keys."""
        rules = _rules(self._by_key, keys)
        asked = [rule.expression for rule in rules]
        return _Search(rules, search_for(asked, much=much, cache=cache, purpose=purpose))

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


class _Rule(NamedTuple):
    """One pattern of a group; behind the last one stands what it is to be beside."""

    key: str
    group: PatternGroup
    number: int

    @property
    def expression(self) -> Expression:
        return Expression(self.group.regexes[self.number], self.group.ignore_case)

    def unfolded(self, text: bytes) -> Iterable[_Rule]:
        """The rule itself, or all patterns of its group where what they are to be beside is there."""
        if not self.group.beside:
            return (self,)
        if compiled_pattern(*self.expression).search(text) is None:
            return ()
        return (self._replace(number=number) for number in range(len(self.group.patterns)))

    @property
    def unless(self) -> Any:
        """The group's `unless`, compiled, or None."""
        return compiled_pattern(self.group.unless, self.group.ignore_case) if self.group.unless else None

    def places(self, text: bytes) -> Iterator[tuple[int, int, Any]]:
        """Start, end and match of all that the pattern finds; None for the match where no judge asks for it."""
        if self.group.judge is None:
            return ((start, end, None) for start, end in each_span(placed_pattern(*self.expression), text))
        return ((*match.span(), match) for match in compiled_pattern(*self.expression).finditer(text))


class PatternSets:
    """Patterns compiled together, to know quickly which of them a text holds."""

    def __init__(self, patterns: Iterable[Pattern], cache: Cache | None = None, *, much: bool = False) -> None:
        self._patterns = tuple(patterns)
        expressions = [Expression(one.regex) for one in self._patterns]
        self._search = search_for(expressions, much=much, cache=cache, purpose="sets")

    def anything(self, text: bytes) -> bool:
        """Whether any pattern is there."""
        return any(compiled.search(text) is not None for _, compiled in self._likely(text))

    def matching(self, text: bytes) -> Iterator[tuple[Pattern, Any]]:
        """The patterns that may be there, compiled, in their order."""
        return self._likely(text)

    def _likely(self, text: bytes) -> Iterator[tuple[Pattern, Any]]:
        for number in sorted(self._search.candidates(text)):
            yield self._patterns[number], compiled_pattern(self._patterns[number].regex)


def _rules(groups: Mapping[str, PatternGroup], keys: Iterable[str]) -> list[_Rule]:
    """What a search looks for: of a group that is to be beside something, only that."""
    return [_Rule(key, groups[key], number) for key in keys for number in groups[key].numbers]


class _Search(NamedTuple):
    """What is looked for in one scan. None: what nobody asks for."""

    rules: Sequence[_Rule | None]
    search: Search

    def likely(self, text: bytes, keys: frozenset[str]) -> Iterator[_Rule]:
        """The rules of these keys that may be in the text."""
        for index in self.search.candidates(text):
            rule = self.rules[index]
            if rule is not None and rule.key in keys:
                yield from rule.unfolded(text)


def _looked_through(
    text: bytes, searches: Iterable[_Search], keys: Iterable[str], comments: str
) -> dict[str, list[list[Any]]]:
    """The hits of the groups of these keys in a text with this kind of comments."""
    meant = frozenset(keys)
    passed_over = Comments(comments, text)
    hits: dict[str, list[list[Any]]] = {}
    quoted: list[_Quoted] = []
    for search in searches:
        for rule in search.likely(text, meant):
            if found := _hits(text, rule, quoted, passed_over):
                hits.setdefault(rule.key, []).extend(found)
    if quoted:
        _quote(text, quoted)
    return {key: sorted(hits[key], key=lambda hit: (hit[1], hit[0])) for key in sorted(hits)}


class _Quoted(NamedTuple):
    """A hit whose text is kept, and where that stands."""

    hit: list[Any]
    start: int
    end: int


def _hits(text: bytes, rule: _Rule, quoted: list[_Quoted], comments: Comments) -> list[list[Any]]:
    """The hits of one pattern, one a line at most. Those whose text is kept go to `quoted` too."""
    group, number, unless = rule.group, rule.number, rule.unless
    found: list[list[Any]] = []
    line, counted, last = 1, 0, 0
    for start, end, match in rule.places(text):
        begin = max(_begin(text, start, end), counted)
        line += text.count(b"\n", counted, begin)
        counted = begin
        if line == last or (unless is not None and unless.search(_line(text, begin))):
            continue
        if not group.comments and comments.have(start, end):
            continue
        hit: list[Any] = [number, line, ""]
        if group.judge is not None:
            hit[2] = group.judge(group.patterns[number], match, text)
            if hit[2] is None:
                continue
        elif group.keep:
            quoted.append(_Quoted(hit, start, end))
        last = line
        found.append(hit)
        if len(found) >= group.most:
            break
    return found


def _quote(text: bytes, quoted: Sequence[_Quoted]) -> None:
    """Give hits their texts, without the secrets in them."""
    from aiaudit.probes.secrets.hide import shown  # it uses this module

    told = shown(text, [(one.start, one.end) for one in quoted])
    for (hit, _, _), said in zip(quoted, told, strict=True):
        hit[2] = display(said.strip()[:MAX_MATCH])


def _begin(text: bytes, start: int, end: int) -> int:
    """Where a hit has its first character that is no space: `^\\s*` also takes the empty lines before the one meant."""
    begin = start
    while begin < end and text[begin] in b" \t\r\n":
        begin += 1
    return begin if begin < end else start


def _line(text: bytes, position: int) -> bytes:
    """The line around a position (its first 4,096 bytes on either side)."""
    start = text.rfind(b"\n", max(0, position - 4096), position) + 1 or max(0, position - 4096)
    end = text.find(b"\n", position, position + 4096)
    return text[start : end if end >= 0 else position + 4096]
