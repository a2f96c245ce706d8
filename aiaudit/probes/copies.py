"""The probe `files.copies`: files that hold what another file of the project holds as well."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, ClassVar, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, DYN, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.project.aside import rank
from aiaudit.project.entry import Entry
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

_EVIDENCE: Final = 25
_LEAST: Final = 200  # bytes: shorter files are alike by chance
_MOST: Final = 256 * 1024  # bytes: what is longer is nobody's hand-written copy
_LEAST_LINES: Final = 12  # that are not empty
_ALIKE: Final = 0.9  # share of the lines of both that stand in both, in the same order
_MOST_LINES: Final = 3_000
_MOST_PAIRS: Final = 400  # that are compared line by line
_NAMESAKES: Final = 12  # files of one name; of more, only those in folders of one name are compared
_HEAP: Final = 3  # folders from which a folder holds copies: then it is where somebody dropped them
_ROLES: Final = frozenset({Role.CODE, Role.CONFIG, Role.NOTEBOOK, Role.TEST, Role.EXAMPLE, Role.OTHER, Role.DOCS})
_BINARY: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".ico", ".pdf", ".zip", ".gz", ".woff", ".woff2", ".ttf"})
_OF_A_COPY: Final = lazy.regex(
    r"(?i)(?:(?:[ _.-]|(?<![a-z]))(?:copy|old|bak|backup|orig|final|new)(?: ?+\(?+\d++\)?+)?+|[ _-]?+v?+\d++"
    r"| ?+\(\d++\))++(?=\.\w++$|$)"
    r"|^copy of "
)
COPY: Final = record("copy", path=STRING, line=INT, of=STRING, exact=BOOL, blocks=DYN)


class CopiesQuery(Query):
    """Nothing to ask."""


class CopiesProbe(Probe[CopiesQuery]):
    """Files that were copied: the same content, or nine tenths of the lines in the same order under the same name.

    `of`: the file that is told for all; one that was put aside, or that lies where copies were dropped, is none.
    `exact`: byte for byte. `blocks`: of others the runs of lines that are the same, as [line, line there, how many].
    """

    name: ClassVar[str] = "files.copies"
    title: ClassVar[str] = "files that hold what another file holds as well"
    query: ClassVar[type[CopiesQuery]] = CopiesQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: CopiesQuery) -> Type:
        return list_of(COPY)

    def answer(self, fact_id: str, query: CopiesQuery, context: Context) -> Fact:
        entries = [entry for entry in context.project.files if _may_be_a_copy(entry)]
        reading = _Reading(context)
        exact = list(_same_content(entries, reading))
        heaps = _heaps(exact)
        rows: list[dict[str, Any]] = []
        copies: set[str] = set()
        for group in exact:
            first, *others = sorted(group, key=lambda entry: _order(entry, heaps))
            copies.update(other.path for other in others)
            rows += [_row(other, first, []) for other in others]
        left = [entry for entry in entries if entry.path not in copies]
        twins = _Twins(rows, heaps)
        for one, first, blocks in _nearly(left, reading, heaps):
            if not twins.may_be(one, first):
                continue
            rows.append(_row(one, first, blocks))
        rows.sort(key=lambda row: row["path"])
        scope = Scope(len(entries), len(entries))
        evidence = tuple(Evidence(row["path"], None, f"as {row['of']}") for row in rows[:_EVIDENCE])
        state = State.KNOWN if rows else State.ABSENT
        return Fact(fact_id, state, rows, Level.CONTENT, "contents compared", evidence=evidence, scope=scope)


class _Text(Struct, frozen=True):
    """The lines of a file by their hashes, without the white space around them."""

    lines: tuple[int, ...]
    told: int  # lines that are not empty


class _Reading:
    """What was read of the files, each once."""

    def __init__(self, context: Context) -> None:
        self._project = context.project
        self._texts: dict[str, _Text | None] = {}

    def content(self, entry: Entry) -> bytes:
        """The content; empty where it cannot be read or is no text."""
        try:
            data = self._project.read(entry.path, keep=False)
        except Unreadable:
            return b""
        return b"" if b"\0" in data[:4096] else data

    def text(self, entry: Entry) -> _Text | None:
        if entry.path not in self._texts:
            lines = [line.strip() for line in self.content(entry).splitlines()]
            told = sum(map(bool, lines))
            fits = told >= _LEAST_LINES and len(lines) <= _MOST_LINES
            self._texts[entry.path] = _Text(tuple(map(hash, lines)), told) if fits else None
        return self._texts[entry.path]


def _may_be_a_copy(entry: Entry) -> bool:
    return _LEAST <= entry.size <= _MOST and entry.role in _ROLES and entry.suffix not in _BINARY and not entry.sparse


def _same_content(entries: Iterable[Entry], reading: _Reading) -> Iterator[list[Entry]]:
    """The files that hold the same, byte for byte. Only what has the size of another one is read."""
    sized: defaultdict[tuple[int, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        sized[entry.size, entry.suffix].append(entry)
    for some in sized.values():
        if len(some) == 1:
            continue
        hashed: defaultdict[bytes, list[Entry]] = defaultdict(list)
        for entry in some:
            if data := reading.content(entry):
                hashed[hashlib.blake2b(data, digest_size=16).digest()].append(entry)
        yield from (group for group in hashed.values() if len(group) > 1)


class _Twins:
    """Which files that are nearly the same were copied: two routes or two services that were written alike are both in
    use. A copy lies in a folder that holds other copies of the same folder, or where things are put away or dropped, or
    is named as one."""

    def __init__(self, rows: Iterable[dict[str, Any]], heaps: frozenset[str]) -> None:
        self._heaps = heaps
        self._folders = {_apart(row["path"], row["of"]) for row in rows if row["exact"]}

    def may_be(self, one: Entry, first: Entry) -> bool:
        return (
            _apart(one.display, first.display) in self._folders
            or rank(one.path) > rank(first.path)
            or _folder(one) in self._heaps
            or (one.name != _plain_name(one) and _folder(one) == _folder(first))
        )


def _apart(path: str, of: str) -> tuple[str, str]:
    """The folders in which two files stand at the same place: `v1/app/a.py`, `v2/app/a.py`: v1, v2."""
    one, other = path.split("/"), of.split("/")
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return "/".join(one), "/".join(other)


def _heaps(groups: Iterable[Sequence[Entry]]) -> frozenset[str]:
    """Folders that hold copies from several folders, which are no heaps themselves: somebody dropped them there."""
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for group in groups:
        folders = {_folder(entry) for entry in group}
        for folder in folders:
            sources[folder] |= folders - {folder}
    return frozenset(
        folder
        for folder, others in sources.items()
        if len(others) >= _HEAP and all(len(sources[other]) < len(others) for other in others)
    )


def _order(entry: Entry, heaps: frozenset[str]) -> tuple[int, bool, bool, int, list[tuple[int, str]]]:
    """The file that is told for all of its copies comes first."""
    named = entry.name != _plain_name(entry)
    parts = [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", entry.path)]
    return rank(entry.path), _folder(entry) in heaps, named, entry.path.count("/"), parts


def _nearly(
    entries: Sequence[Entry], reading: _Reading, heaps: frozenset[str]
) -> Iterator[tuple[Entry, Entry, list[list[int]]]]:
    """Files of one name of which one was made from the other."""
    named: defaultdict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.role is not Role.NOTEBOOK:  # lines of notebooks are those of their cells
            named[(_plain_name(entry),)].append(entry)
    for key in [key for key, some in named.items() if len(some) > _NAMESAKES]:
        for entry in named.pop(key):
            named[(*key, _folder(entry).rpartition("/")[2])].append(entry)
    yield from _pairs(named.values(), reading, heaps)


def _pairs(
    groups: Iterable[Sequence[Entry]], reading: _Reading, heaps: frozenset[str]
) -> Iterator[tuple[Entry, Entry, list[list[int]]]]:
    compared = 0
    for group in groups:
        if not 1 < len(group) <= _NAMESAKES:
            continue
        firsts: list[Entry] = []
        for entry in sorted(group, key=lambda one: _order(one, heaps)):
            for first in firsts:
                compared += _worth(entry, first, reading)
                if compared > _MOST_PAIRS:
                    return
                if blocks := _blocks(entry, first, reading):
                    yield entry, first, blocks
                    break
            else:
                firsts.append(entry)


def _worth(entry: Entry, first: Entry, reading: _Reading) -> bool:
    """Whether it pays to compare two files line by line: their sizes and most of their lines are the same."""
    if not 0.75 <= entry.size / first.size <= 1.34:
        return False
    one, other = reading.text(entry), reading.text(first)
    if one is None or other is None:
        return False
    shared = sum((Counter(one.lines) & Counter(other.lines)).values())
    return 2 * shared >= _ALIKE * (len(one.lines) + len(other.lines))


def _blocks(entry: Entry, first: Entry, reading: _Reading) -> list[list[int]]:
    """The runs of lines that are the same; nothing where the files are not alike."""
    if not _worth(entry, first, reading):
        return []
    one, other = reading.text(entry), reading.text(first)
    assert one is not None and other is not None
    matcher = SequenceMatcher(None, one.lines, other.lines, autojunk=False)
    blocks = [[a + 1, b + 1, size] for a, b, size in matcher.get_matching_blocks() if size]
    same = sum(size for _, _, size in blocks)
    return blocks if 2 * same >= _ALIKE * (len(one.lines) + len(other.lines)) else []


def _row(entry: Entry, first: Entry, blocks: list[list[int]]) -> dict[str, Any]:
    return {"path": entry.display, "line": 1, "of": first.display, "exact": not blocks, "blocks": blocks}


def _folder(entry: Entry) -> str:
    return entry.path.rpartition("/")[0]


def _plain_name(entry: Entry) -> str:
    """The name without what makes it one of a copy: `app copy 2.py`, `app_v3.py` and `app (1).py` are `app.py`."""
    plain = _OF_A_COPY.sub("", entry.name)
    return plain if plain.partition(".")[0] else entry.name
