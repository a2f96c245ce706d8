"""The engine: runs once over each Python file and notebook, and finds what all queries ask for.

The cost is the parse. Where identifiers of the patterns stand is found by one RE2 scan of the bytes, and only the
statements on those lines are looked into; so more patterns cost next to nothing.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.probes.python.base_record import base_record, pack
from aiaudit.probes.python.calls import CallFinder
from aiaudit.probes.python.extract import Features
from aiaudit.probes.python.features import FileView
from aiaudit.probes.python.match import patterns_of
from aiaudit.probes.python.module import Module
from aiaudit.probes.python.notebook import MAX_NOTEBOOK
from aiaudit.probes.python.resolve import Resolver
from aiaudit.probes.python.source import MAX_SOURCE, Hits, Source, Unparsed, read_source
from aiaudit.probes.python.words import offsets_of, word_finder

if TYPE_CHECKING:
    from aiaudit.probes.base import Query
    from aiaudit.project.tree import Entry

NAME: Final = "python"
VERSION: Final = 21  # of the records; part of the cache key
SUFFIXES: Final = frozenset({".py", ".pyw", ".ipynb"})
ALIAS_ROUNDS: Final = 3
LEFT_OUT: Final = frozenset({"vendored", "generated"})


class PythonEngine:
    """See `aiaudit.probes.base.Engine`. Built from the queries of all probes that use it."""

    name = NAME

    def __init__(self, queries: Iterable[Query]) -> None:
        queries = list(queries)
        wanted: set[str] = set()
        referenced: set[str] = set()
        for query in queries:
            patterns: Sequence[str] = getattr(query, "names", tuple)()
            wanted.update(patterns)
            if getattr(query, "references", False):
                referenced.update(patterns)
        self.features = Features(queries)
        self.patterns = patterns_of(sorted(wanted))
        self.references = patterns_of(sorted(referenced))
        self.words = word_finder(self.patterns.all)

    def key(self) -> str:
        asked = json.dumps([VERSION, self.patterns.all, self.references.all, self.features.key()])
        return hashlib.sha256(asked.encode()).hexdigest()

    def wants(self, entry: Entry) -> bool:
        if entry.suffix not in SUFFIXES or entry.kind != "file" or entry.role in LEFT_OUT:
            return False
        return entry.size <= (MAX_NOTEBOOK if entry.suffix == ".ipynb" else MAX_SOURCE)

    def pack(self, found: dict[str, Any]) -> None:
        """Put the parts of a record that few ask for into texts."""
        pack(found)

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        """The record of one file; `{"error": reason}` where it cannot be parsed."""
        collecting = gc.isenabled()
        gc.disable()  # a syntax tree is all small objects and no garbage: collecting during the parse doubles its cost
        try:
            return self._scan(data, entry.suffix)
        except Unparsed as error:
            return {"error": str(error)}
        except RecursionError:
            return {"error": "nested too deeply"}
        except MemoryError:
            return {"error": "too complex to parse"}
        finally:
            if collecting:
                gc.enable()

    def _scan(self, data: bytes, suffix: str, *, whole: bool = False) -> dict[str, Any]:
        source = read_source(data, suffix, self._find, whole=whole)
        module = Module(source)
        resolver = Resolver(module)
        try:
            record = self._record(source, module, resolver)
        finally:  # no cycle is left, so that the tree is freed at once
            resolver.release()
            module.release()
        return record or self._scan(data, suffix, whole=True)

    def _record(self, source: Source, module: Module, resolver: Resolver) -> dict[str, Any] | None:
        """The file's record; None where it turns out that something left out matters."""
        finder = CallFinder(module, resolver, self.patterns, self.references)
        words = self.words.words | {"getattr"}
        lines = source.lines_at(source.hits.words)
        interesting = set(lines)
        finder.visit(lines, words)
        imported = self._imported(module)
        known: set[str] = set()
        for _ in range(ALIAS_ROUNDS):
            new = (imported | finder.aliases) - known
            if not new:
                break
            offsets = offsets_of(new, source.data)
            if source.hides(offsets):
                return None
            known |= new
            lines = source.lines_at(offsets)
            interesting.update(lines)
            finder.revisit(lines, new)
        finder.finish()
        record: dict[str, Any] = {"base": base_record(module, resolver, self.patterns, sorted(interesting))}
        if finder.records:
            record["calls"] = sorted(finder.records, key=lambda one: int(one["line"]))
        record |= self.features.extract(FileView(module, resolver, finder))
        if source.cells:
            record["cells"] = _cells(source)
        return record

    def _find(self, data: bytes) -> Hits:
        marked = self.features.offsets(data)
        of = self.features.of
        return Hits(
            self.words.offsets(data), marked, of(marked, "whole"), of(marked, "traced"), bool(of(marked, "entire"))
        )

    def _imported(self, module: Module) -> set[str]:
        """Local names of imports that stand for something asked for under another name."""
        found: set[str] = set()
        below, match = self.patterns.below, self.patterns.match
        for one, _ in module.all_imports():
            if one.alias == "*":
                continue
            target = one.target
            if below(target) or (one.alias != one.name and match(target)):
                found.add(one.alias)
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
