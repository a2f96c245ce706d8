"""What is looked for in a file, by the file's purpose.

Most queries ask of code, few of tests and examples: what nobody asks of a test is not looked for in tests. A test or an
example that other files import says what their names stand for, so it is looked through for what is asked of those too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aiaudit.probes.python.extract import Features
from aiaudit.probes.python.match import Patterns, patterns_of
from aiaudit.probes.python.project import PythonProject
from aiaudit.probes.python.words import WordFinder, word_finder
from aiaudit.project.entry import Entry
from aiaudit.project.roles import ASIDE, Role

if TYPE_CHECKING:
    from aiaudit.probes.base import Query
    from aiaudit.project.cache import Cache


class Wanted:
    """Names, references and marks that some queries ask for. `within`: those of more queries, these among them."""

    def __init__(self, queries: Iterable[Query], within: Wanted | None = None) -> None:
        queries = list(queries)
        names: set[str] = set()
        referenced: set[str] = set()
        for query in queries:
            patterns: Sequence[str] = getattr(query, "names", tuple)()
            names.update(patterns)
            if getattr(query, "references", False):
                referenced.update(patterns)
        self.features: Features = Features(queries, within.features if within is not None else None)
        self.patterns: Patterns = patterns_of(sorted(names))
        self.references: Patterns = patterns_of(sorted(referenced))

    @cached_property
    def words(self) -> WordFinder:
        """Finds the places at which one of the names may stand."""
        return word_finder(self.patterns.all)

    @cached_property
    def called(self) -> frozenset[str]:
        """The names by whose last parts calls are looked for."""
        return self.words.words | {"getattr"}

    @property
    def marked(self) -> list[str]:
        """What `Hits.marked` holds the marks of, in that order."""
        return [*self.features.names, "assigned"]

    @cached_property
    def digest(self) -> str:
        """Tells one set from others."""
        asked = json.dumps([self.patterns.all, self.references.all, self.features.key()])
        return hashlib.sha256(asked.encode()).hexdigest()


class ByPurpose:
    """What is wanted of each file: all that is asked of anything, or, of a narrow role, what is asked of that."""

    def __init__(self, queries: Iterable[Query]) -> None:
        self._queries = list(queries)
        self.all = Wanted(self._queries)
        self._of: dict[Role, Wanted] = {}
        self._by_set: dict[frozenset[int], Wanted] = {}
        self._widened: set[str] = set()

    def of(self, entry: Entry) -> Wanted:
        """What is looked for in this file."""
        if entry.role not in ASIDE or entry.path in self._widened:
            return self.all
        found = self._of.get(entry.role)
        if found is None:
            found = self._of[entry.role] = self._narrowed(entry.role)
        return found

    def compile(self, size: int = 0, cache: Cache | None = None) -> None:
        """Make the searches of each purpose that was asked about ready for so many bytes."""
        self.all.features.compile(size, cache)
        for wanted in {self.all, *self._of.values()}:
            assert wanted.words is not None

    def _narrowed(self, role: Role) -> Wanted:
        asked = frozenset(n for n, one in enumerate(self._queries) if role in getattr(one, "roles", (role,)))
        if len(asked) == len(self._queries):
            return self.all
        if asked not in self._by_set:
            self._by_set[asked] = Wanted((self._queries[number] for number in sorted(asked)), self.all)
        return self._by_set[asked]

    def widen(self, entries: Mapping[str, Entry], found: Mapping[str, dict[str, Any]]) -> list[str]:
        """The files that were looked through for too little, as their importers show; from now on all is wanted of
        them. `found`: the engine's results by path."""
        wanted = {path: self.of(entries[path]) for path in found}
        narrow = {path: one for path, one in wanted.items() if one is not self.all}
        if not narrow:
            return []
        others = {  # by what is wanted of an importer: how files are called of which something else is wanted
            own: {_module_name(path) for path, one in narrow.items() if one is not own}
            for own in {self.all, *wanted.values()}
        }
        project = PythonProject(found)
        new: list[str] = []
        todo = list(project.records)
        while todo:
            importer = todo.pop()
            own = wanted[importer]
            for path in sorted(_imported_by(importer, others[own], project)):
                if wanted[path] not in (self.all, own):
                    wanted[path] = self.all
                    new.append(path)
                    todo.append(path)
        self._widened.update(new)
        return sorted(new)


def _module_name(path: str) -> str:
    """The last part of the name by which a file is imported."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    return stem.rpartition("/")[2]


def _imported_by(importer: str, names: Collection[str], project: PythonProject) -> set[str]:
    """The files that a file imports by these names: as a module's last part, or from a package. Most imports are told
    apart by a look at their names."""
    found: set[str] = set()
    for _, _, module, *imported in project.records[importer].get("base", {}).get("imports", ()):
        last = module.rpartition(".")[2]
        plain = [one.partition(" ")[0] for one in imported if not one.startswith("as ")]
        if last and last not in names and not any(one in names for one in plain):
            continue
        joint = module if module.endswith(".") else f"{module}."
        for name in plain or ("",):
            for target in (f"{joint}{name}", module) if name not in ("", "*") else (module,):
                split = project.split(target, importer)
                if split is not None:
                    found.add(split[0])
                    break
    return found
