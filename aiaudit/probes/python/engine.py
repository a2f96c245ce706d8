"""The engine: runs once over each Python file and notebook, and finds what all queries ask for.

The cost is the parse. Where identifiers of the patterns stand is found by one RE2 scan of the bytes, and only the
statements on those lines are looked into; so more patterns cost next to nothing.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.model.fact import PART_FAILED
from aiaudit.probes.python.base_record import base_record, pack
from aiaudit.probes.python.calls import CallFinder
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.lost import lines_of, lost_in, shows_its_text
from aiaudit.probes.python.match import Patterns
from aiaudit.probes.python.module import Module
from aiaudit.probes.python.notebook import MAX_NOTEBOOK
from aiaudit.probes.python.outline import outline
from aiaudit.probes.python.resolve import Resolver
from aiaudit.probes.python.source import MAX_SOURCE, Hits, Source, Unparsed, as_read, read_source
from aiaudit.probes.python.wanted import ByPurpose, Wanted
from aiaudit.probes.python.words import offsets_of

if TYPE_CHECKING:
    from aiaudit.probes.base import Query
    from aiaudit.project.cache import Cache
    from aiaudit.project.tree import Entry, Project

NAME: Final = "python"
# Of a page, a service or a consumer, any function may be what a user reaches, though no word of a query stands in it.
_SERVED_BY_PLAIN_FUNCTIONS: Final = tuple(
    f"{word} {name}".encode()
    for name in ("streamlit", "gradio", "chainlit", "nicegui", "channels.", "dash", "taipy", "flet", "grpc")
    for word in ("import", "from")
)
# What is left out of a file may hold a link between a handler and what it does. Of a tree of this size nothing is: to
# parse all of it costs a fiftieth of an audit. A larger one is a library's, and would take half as long again.
WHOLE_UP_TO: Final = 16 * 1024 * 1024  # bytes of .py files
VERSION: Final = 237  # of the records; part of the cache key
NOTEBOOK: Final = ".ipynb"
SUFFIXES: Final = frozenset({".py", ".pyw", NOTEBOOK})
ALIAS_ROUNDS: Final = 3
MOST_TEXT: Final = 512 * 1024  # bytes of a file that is looked through without a parse
LEFT_OUT: Final = frozenset({"vendored", "generated"})


class PythonEngine:
    """See `aiaudit.probes.base.Engine`. Built from the queries of all probes that use it."""

    name = NAME

    def __init__(self, queries: Iterable[Query]) -> None:
        self.wanted = ByPurpose(queries)
        self.patterns = self.wanted.all.patterns
        self.whole = False  # nothing is left out of a file
        self._ahead: dict[int, tuple[bytes, Hits]] = {}  # by the content's `id`; it is kept, so that it stays the same

    def key(self) -> str:
        return hashlib.sha256(json.dumps([VERSION, self.wanted.all.digest]).encode()).hexdigest()

    def variant(self, entry: Entry) -> str:
        """The suffix, whether the file is parsed whole, and what is looked for where that is not all."""
        wanted = self.wanted.of(entry)
        kind = f"{entry.suffix} whole" if self.whole else entry.suffix
        return kind if wanted is self.wanted.all else f"{kind} {wanted.digest}"

    def survey(self, project: Project) -> None:
        """Whether the tree is small enough to be parsed whole."""
        sizes = (entry.size for entry in project.entries if self.wants(entry) and entry.suffix != NOTEBOOK)
        self.whole = sum(sizes) <= WHOLE_UP_TO

    def prepare(self, size: int, cache: Cache | None = None) -> None:
        """Compile what is searched for, once for all workers."""
        self.wanted.compile(size, cache)

    def ahead(self, files: Sequence[tuple[bytes, Entry]]) -> None:
        """Search the files that are scanned next."""
        self._ahead.clear()
        for data, entry in files:
            if entry.suffix != NOTEBOOK and as_read(data) is data:
                self._ahead[id(data)] = (data, _find(data, self.wanted.of(entry)))

    def again(self, entries: Mapping[str, Entry], found: Mapping[str, dict[str, Any]]) -> list[str]:
        """The files to look through once more, since files of which more is asked import them."""
        return self.wanted.widen(entries, found)

    def wants(self, entry: Entry) -> bool:
        if entry.suffix not in SUFFIXES or entry.kind != "file" or entry.role in LEFT_OUT:
            return False
        return entry.size <= (MAX_NOTEBOOK if entry.suffix == NOTEBOOK else MAX_SOURCE)

    def pack(self, found: dict[str, Any]) -> None:
        """Put the parts of a record that few ask for into texts."""
        pack(found)

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        """The record of one file; `{"error": reason}` where it cannot be parsed, with what was found in the rest and
        what may stand in the `lost` lines where only some of it cannot."""
        collecting = gc.isenabled()
        gc.disable()  # a syntax tree is all small objects and no garbage: collecting during the parse doubles its cost
        try:
            _, hits = self._ahead.pop(id(data), (b"", None))
            return _scan(data, entry.suffix, self.wanted.of(entry), hits, whole=self.whole)
        except Unparsed as error:
            return {"error": str(error), **self._by_text(data, entry)}
        except RecursionError:
            return {"error": "nested too deeply"}
        except MemoryError:
            return {"error": "too complex to parse"}
        finally:
            if collecting:
                gc.enable()

    def _by_text(self, data: bytes, entry: Entry) -> dict[str, Any]:
        """What may stand in a file that is not parsed at all, where its bytes show it and are not too many."""
        if len(data) > MOST_TEXT or not shows_its_text(data):
            return {}
        text = lines_of(data) if entry.suffix == NOTEBOOK else data
        wanted = self.wanted.of(entry)
        every = list(range(1, text.count(b"\n") + 2))
        source = Source(ast.Module([], []), text, _find(text, wanted), lost=every)
        return {"lost": lost_in(source, wanted.marked)}


class _LeftOutError(Exception):
    """Names, or places, that turned out to matter stand in a function that was not parsed."""

    def __init__(self, names: Iterable[str] = (), offsets: Iterable[int] = ()) -> None:
        self.names = frozenset(names)
        self.offsets = frozenset(offsets)


def _scan(data: bytes, suffix: str, wanted: Wanted, hits: Hits | None = None, *, whole: bool = False) -> dict[str, Any]:
    """The record of one file. `hits`: what was found in it already."""
    names: set[str] = set()
    places: set[int] = set()

    def find(text: bytes) -> Hits:
        found = hits or _find(text, wanted)
        return found._replace(needed=sorted({*offsets_of(names, text), *places})) if names or places else found

    for _ in range(0 if whole else ALIAS_ROUNDS):
        try:
            return _scan_with(find, data, suffix, wanted)
        except _LeftOutError as error:
            names |= error.names
            places |= error.offsets
    return _scan_with(find, data, suffix, wanted, whole=True)


def _scan_with(
    find: Callable[[bytes], Hits], data: bytes, suffix: str, wanted: Wanted, *, whole: bool = False
) -> dict[str, Any]:
    source = read_source(data, suffix, find, whole=whole)
    module = Module(source)
    resolver = Resolver(module)
    try:
        return _record(source, module, resolver, wanted)
    finally:  # no cycle is left, so that the tree is freed at once
        resolver.release()
        module.release()


def _record(source: Source, module: Module, resolver: Resolver, wanted: Wanted) -> dict[str, Any]:
    """The file's record. Raises `_LeftOutError`."""
    finder = CallFinder(module, resolver, wanted.patterns, wanted.references)
    lines = source.lines_at(source.hits.words)
    interesting = set(lines)
    finder.visit(lines, wanted.called)
    imported = _imported(module, wanted.patterns)
    known: set[str] = set()
    for _ in range(ALIAS_ROUNDS):
        new = (imported | finder.aliases) - known
        if not new:
            break
        offsets = offsets_of(new, source.data)
        if source.hides(offsets):
            raise _LeftOutError(new)
        known |= new
        lines = source.lines_at(offsets)
        interesting.update(lines)
        finder.revisit(lines, new)
    finder.finish()
    if resolver.left_out:
        raise _LeftOutError(offsets=resolver.left_out)
    record: dict[str, Any] = {"base": base_record(module, resolver, wanted.patterns, sorted(interesting))}
    if finder.records:
        record["calls"] = sorted(finder.records, key=lambda one: int(one["line"]))
    failed: dict[str, Exception] = {}
    record |= wanted.features.extract(FileView(module, resolver, finder), failed)
    if resolver.left_out:
        raise _LeftOutError(offsets=resolver.left_out)
    if source.cells:
        record["cells"] = _cells(source)
    if source.merged:
        record["merged"] = source.merged
    if source.why:
        record["error"] = f"{source.why}; the rest was read"
        record["lost"] = lost_in(source, wanted.marked)
    if failed:
        why = ", ".join(f"{name}: {type(error).__name__}" for name, error in failed.items())
        record.setdefault("error", f"{PART_FAILED} ({why}); the rest was read")
        lost = record.setdefault("lost", {"words": [], "marks": [], "imports": [], "defines": []})
        lost["marks"] = sorted({*lost["marks"], *failed})
        record["failed"] = sorted(failed)
    return record


def _find(data: bytes, wanted: Wanted) -> Hits:
    lines = outline(data)
    marked = wanted.features.offsets(data)
    of = wanted.features.of
    words = wanted.words.offsets(data, lines)
    entire = bool(of(marked, "entire")) or any(name in data for name in _SERVED_BY_PLAIN_FUNCTIONS)
    return Hits(words, marked, of(marked, "whole"), of(marked, "traced"), entire, lines)


def _imported(module: Module, patterns: Patterns) -> set[str]:
    """Local names of imports that stand for something asked for under another name."""
    found: set[str] = set()
    leads, below, match = patterns.leads_below, patterns.below, patterns.match
    for one, _ in module.imports:
        if (leads(one.module) and below(one.target)) or (one.alias != one.name and match(one.target)):
            found.add(one.alias)
    found.discard("*")
    return found


def _cells(source: Source) -> list[dict[str, Any]]:
    """Code cells: what `notebooks.cells` reports."""
    return [
        {
            "number": cell.number,
            "line": cell.line,
            "lines": len(cell.lines),
            "empty": not cell.code.strip(),
            "execution_count": cell.execution_count,
            "outputs": sorted(set(cell.outputs)),
            "error": cell.error,
        }
        for cell in source.cells
    ]
