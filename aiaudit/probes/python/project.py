"""Names across files: what an import of one of the project's own modules stands for.

Built once from the base records of all files. An import is the project's own where a file stands at its path below the
importer's folder, one of the folders above it, or a `src` beside those; else where just one file's path ends so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import Any, Final

from msgspec import Struct, convert, field

from aiaudit.model.types import Unknown, from_json
from aiaudit.probes.base import Context
from aiaudit.probes.python.base_record import Base
from aiaudit.probes.python.call import Call
from aiaudit.probes.python.lost import Lost
from aiaudit.probes.python.shared import Shared
from aiaudit.project.entry import Entry
from aiaudit.project.found import errors_in, let_go, without
from aiaudit.project.memory import WORTH_FILES
from aiaudit.project.roles import Role

_NOTHING: Final[frozenset[str]] = frozenset()
MOST_BASES: Final = 512  # base records that are held
MOST_NAMES: Final = 50_000  # of which it is remembered whether they are of the project
MAX_STEPS: Final = 8
MAX_WAYS: Final = 4  # what one name may stand for on different ways
SYMBOL: Final = "symbol "  # an unknown value that is a library's constant: `symbol torch.float16`
_MEMO: Final = "python.project"


class Found(Struct):
    """What a name of the project's own stands for elsewhere, the keywords its object was made with, and those that a
    `partial` gives to each call."""

    name: str
    kw: dict[str, Any] = field(default_factory=dict)
    bound: dict[str, Any] = field(default_factory=dict)
    star: bool = False
    known: bool = False  # the call that made the object was seen
    once: bool = False  # the function that hands it out makes it once, however often it is called


class _Contents(Struct, frozen=True):
    """Files by what is in them, in path order. `taken`: all names that `from … import` takes; `modules`: the last parts
    of what is imported whole; neither of tests, which hand on files of their own."""

    having: dict[str, list[str]]
    importers: dict[str, list[str]]
    taken: set[str]
    modules: set[str]


class PythonProject:
    """All scanned Python files of a project, with their base records and how they import each other.

    `tests`: those that only try the others out. `unparsed`: why files were not read, or not whole; of these, `lost`
    says what may stand in the lines that were not. `failed`: by file, the extractors that broke on it, and how that is
    told.
    """

    def __init__(self, scans: Mapping[str, dict[str, Any]], tests: Collection[str] = frozenset()) -> None:
        self._tests = tests
        self.unparsed = errors_in(scans)
        self.lost = {path: convert(one, Lost) for path in self.unparsed if (one := scans[path].get("lost"))}
        self.failed = {
            path: (broke, self.unparsed[path]) for path in sorted(self.lost) if (broke := scans[path].get("failed"))
        }
        self.records = without(scans, self.unparsed.keys() - self.lost.keys())
        self.calls: dict[str, list[Call]] = {}  # filled by python.calls, file by file
        self.shared = Shared()  # for what they hold
        self.memo: dict[str, Any] = {}  # what probes work out once of all files
        self._bases: dict[str, Base] = {}
        self._constants: dict[str, dict[str, Any]] = {}
        folders: set[str] = set()
        names: list[str] = []
        for path in self.records:
            folder, _, name = path.rpartition("/")
            if name.endswith(".py"):
                names.append(name)
                if folder and folder not in folders:
                    folders.update((folder, *_folders(folder)))
        self._folders = frozenset(folders)  # with a Python file somewhere below
        self._homes: dict[tuple[str, str], list[str]] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        self._split: dict[tuple[str, str], tuple[str, str] | None] = {}
        self._own: dict[str, Set[str]] = {}
        # Names of folders and files: an absolute import that begins with none of them is foreign.
        # Those of files are one text: a set of them would take more than all else here.
        self._parts = {part.removesuffix(".py"): True for folder in folders for part in folder.split("/")}
        self._names = "\n".join(("", *names, ""))

    def base(self, path: str) -> Base:
        known = self._bases.get(path)
        if known is None:
            if len(self._bases) >= MOST_BASES:
                self._bases.clear()
            known = self._bases[path] = Base(self.records[path])
        return known

    def calls_taken(self, path: str) -> None:
        """The `calls` of a file are known: in a large tree they do not stay encoded beside that."""
        if len(self.records) >= WORTH_FILES:
            let_go(self.records, path, "calls")

    @property
    def having(self) -> Mapping[str, Sequence[str]]:
        """The files of which the engine found each part, by the part's name; `base.` before a part of the base."""
        return self._contents.having

    @cached_property
    def calling(self) -> Mapping[str, None]:
        """The files in which something that was asked for is called, in path order."""
        return dict.fromkeys(self.having.get("calls", ()))

    @property
    def importers(self) -> Mapping[str, Collection[str]]:
        """The files that import something below a top-level module, by its name."""
        return self._contents.importers

    @cached_property
    def _contents(self) -> _Contents:
        """What all records hold, read once."""
        having: dict[str, list[str]] = defaultdict(list)
        importers: dict[str, list[str]] = defaultdict(list)
        taken: set[str] = set()
        modules: set[str] = set()
        for path, record in self.records.items():
            for part in record:
                having[part].append(path)
            for part in record.get("base", ()):
                having[f"base.{part}"].append(path)
            base = Base(record)
            for root in base.roots:
                importers[root].append(path)
            for imported, _ in base.each_import() if path not in self._tests else ():
                last = imported.module.rpartition(".")[2]
                if imported.name and imported.name != "*":
                    taken.add(imported.name)
                if imported.name != last:  # `from package import module`, `import module`, `from module import *`
                    modules.add(imported.name if imported.name not in ("", "*") else last)
        return _Contents(dict(having), dict(importers), taken, modules)

    @cached_property
    def _modules(self) -> dict[str, list[str]]:
        """Paths by the last part of the module's name."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in self.records:
            if path.endswith(".py"):
                found[_stem(path).rpartition("/")[2]].append(path)
        return dict(found)

    def _at(self, place: str) -> str | None:
        """The file of the module or package at this path. Of both, Python takes the package."""
        for path in (f"{place}/__init__.py" if place else "__init__.py", f"{place}.py"):
            if path in self.records:
                return path
        return None

    def module(self, name: str, importer: str) -> str | None:
        """The file of the module `name` (with leading dots where relative) as `importer` imports it, or None."""
        if name[:1] != "." and not self.may_own(name.partition(".")[0]):
            return None
        key = (name, importer.rpartition("/")[0])
        if key not in self._found:
            self._found[key] = self._module(name, key[1])
        found = self._found[key]
        return (
            None if found == importer and name[:1] != "." else found
        )  # no file imports itself: a package of that name

    def _module(self, name: str, folder: str) -> str | None:
        parts = name.lstrip(".")
        level = len(name) - len(parts)
        tail = parts.replace(".", "/")
        if level:
            for _ in range(level - 1):
                folder = folder.rpartition("/")[0]
            return self._at(f"{folder}/{tail}" if folder and tail else tail or folder)
        for home in self.homes_of(parts.partition(".")[0], folder):
            if (found := self._at(home + tail)) is not None:
                return found
        if "/" not in tail:
            return self._package_of_a_workspace(tail)
        alike = self._modules.get(tail.rpartition("/")[2], ())
        ends = [path for path in alike if f"/{_stem(path)}".endswith(f"/{tail}")]
        return ends[0] if len(ends) == 1 else None

    def _package_of_a_workspace(self, name: str) -> str | None:
        """The one package of this name in a `src` of the tree: parts of a workspace install each other. A name of one
        word alone may as well be a library's."""
        if "_" not in name.strip("_"):
            return None
        alike = [path for path in self._modules.get(name, ()) if path.endswith(f"/src/{name}/__init__.py")]
        return alike[0] if len(alike) == 1 else None

    def homes_of(self, root: str, folder: str) -> list[str]:
        """Where an import by a file of this folder may find a top-level module: what its path begins with, nearest
        first."""
        key = (root, folder)
        homes = self._homes.get(key)
        if homes is None:
            above = [f"{one}/" for one in (folder, *_folders(folder)) if one]
            near = [home for one in (*above, "") for home in (one, f"{one}src/")]
            homes = self._homes[key] = [home for home in near if home + root in self._folders or self._at(home + root)]
        return homes

    def may_own(self, root: str) -> bool:
        """Whether some folder or file with Python in it is called so."""
        known = self._parts.get(root)
        if known is None:
            known = "/" not in root and "\n" not in root and f"\n{root}.py\n" in self._names
            if len(self._parts) < MOST_NAMES:
                self._parts[root] = known
        return known

    def is_foreign(self, name: str) -> bool:
        """Whether a resolved name surely stands for nothing of the project's own: most do."""
        return name[:1] in "@?" or (name[:1] != "." and not self.may_own(name.partition(".")[0]))

    def split(self, name: str, importer: str) -> tuple[str, str] | None:
        """(file, rest of the name) of a dotted name that begins with one of the project's own modules."""
        if name[:1] != "." and not self.may_own(name.partition(".")[0]):
            return None
        key = (name, importer.rpartition("/")[0])
        if key not in self._split:
            self._split[key] = self._split_at(name, importer)
        return self._split[key]

    def _split_at(self, name: str, importer: str) -> tuple[str, str] | None:
        dots = len(name) - len(name.lstrip("."))
        parts = name[dots:].split(".")
        for count in range(len(parts), 0 if not dots else -1, -1):
            module = "." * dots + ".".join(parts[:count])
            path = self.module(module, importer) if module else None
            if path is not None:
                return path, ".".join(parts[count:])
        return None

    def follow(self, name: str, importer: str) -> Found:
        """What `name`, as resolved in the file `importer`, stands for when the project's own modules are followed."""
        return self.alternatives(name, importer)[0]

    def alternatives(self, name: str, importer: str) -> list[Found]:
        """All that `name` may stand for: a module may import a name from one library, or else from another."""
        if self.is_foreign(name):
            return [Found(name)]
        ends: list[Found] = []
        ways = [(Found(name), importer)]
        for _ in range(MAX_STEPS):
            onward: list[tuple[Found, str]] = []
            for found, here in ways[:MAX_WAYS]:
                split = self.split(found.name, here) if not found.name.startswith(("@", "?")) else None
                steps = self._steps(*split) if split is not None else []
                if split is None or not steps:
                    ends.append(found)
                    continue
                for step in steps:
                    kw, bound = {**step.kw, **found.kw}, {**step.bound, **found.bound}
                    star, known = step.star or found.star, step.known or found.known
                    onward.append((Found(step.name, kw, bound, star, known, step.once or found.once), split[0]))
            if not onward:
                break
            ways = onward
        return ends or [found for found, _ in ways]

    def home(self, name: str, importer: str) -> tuple[str, str] | None:
        """(file, name in it) of the function or class that a name stands for, as resolved in the file `importer`."""
        for _ in range(MAX_STEPS):
            if name.startswith("@."):
                return importer, name[2:]
            split = self.split(name, importer)
            step = self._step(*split) if split is not None and not self._gives(*split) else None
            if split is None or step is None:
                return split
            name, importer = step.name, split[0]
        return None

    def is_made(self, name: str, importer: str) -> bool:
        """Whether a name stands for an object that a module of the project makes of a class, and not for the class."""
        for _ in range(MAX_STEPS):
            split = self.split(name, importer) if not name.startswith(("@", "?")) else None
            step = self._step(*split) if split is not None and not self._gives(*split) else None
            if split is None or step is None:
                return False
            if step.known and "." not in split[1]:
                return True
            name, importer = step.name, split[0]
        return False

    def _gives(self, path: str, name: str) -> bool:
        """Whether a name is a function of the file, of which it is known what it gives back: that is not what it is."""
        return bool(self.base(path).exports.get(name, {}).get("call"))

    def _step(self, path: str, rest: str) -> Found | None:
        return next(iter(self._steps(path, rest)), None)

    def _steps(self, path: str, rest: str) -> list[Found]:
        """What a name exported by a file stands for: an instance, alias or factory, or something it imports itself."""
        first, _, more = rest.partition(".")
        if not first:
            return []
        base = self.base(path)
        exported = base.exports.get(first)
        if exported is not None:
            name = str(exported["name"])
            kw = {str(key): from_json(value) for key, value in exported.get("kw", {}).items()}
            bound = {str(key): from_json(value) for key, value in exported.get("bound", {}).items()}
            name = f"{name}.{more}" if more else name
            once = bool(exported.get("once")) and not more
            return [Found(name, kw, bound, bool(exported.get("star")), "kw" in exported, once)]
        targets: dict[str, None] = {}
        for imported in base.imported_as.get(first, ()):
            target = imported.target if imported.name else imported.module
            if not imported.name and imported.alias != imported.module:
                target = imported.module if first != imported.module.partition(".")[0] else first
            targets[f"{target}.{more}" if more else target] = None
        if targets:
            return [Found(one) for one in targets]
        whole = base.imported_whole
        if whole and any(one.qualname == first for one in base.definitions):
            return []  # what the file makes itself comes after what `import *` brings
        for imported in whole:
            if self.module(imported.module, path) not in (None, path):
                return [Found(imported.of(rest))]
        return []

    def constant(self, name: str, importer: str) -> Any:
        """The value of a constant of one of the project's modules, or None."""
        for _ in range(MAX_STEPS):
            split = self.split(name, importer)
            if split is None or not split[1]:
                return None
            path, rest = split
            constants = self._constants_of(path)
            if rest in constants:
                return constants[rest]
            step = self._step(path, rest)
            if step is None:
                return None
            name, importer = step.name, path
        return None

    def _constants_of(self, path: str) -> dict[str, Any]:
        """Kept for the few files that calls take constants from."""
        if path not in self._constants:
            self._constants[path] = self.base(path).constants
        return self._constants[path]

    def fill(self, value: Any, importer: str) -> Any:
        """`value` with references to constants of the project's own modules replaced by what they are."""
        if isinstance(value, Unknown) and value.reason.startswith("$ref "):
            name = value.reason[5:]
            constant = self.constant(name, importer)
            if constant is not None:
                return constant
            return Unknown(name if self.split(name, importer) else SYMBOL + name)
        if isinstance(value, list):
            return [self.fill(one, importer) for one in value]
        if isinstance(value, dict):
            return {key: self.fill(one, importer) for key, one in value.items()}
        return value

    def is_taken(self, path: str, names: Collection[str]) -> bool:
        """Whether a file may take one of these functions and classes from another: by name, or with its module."""
        contents = self._contents
        return _stem(path).rpartition("/")[2] in contents.modules or not contents.taken.isdisjoint(names)

    def own_imports(self, path: str) -> Set[str]:
        """The files of the project that a file imports."""
        known = self._own.get(path)
        if known is None:
            known = self._own[path] = self._imports_of(path) or _NOTHING
        return known

    def _imports_of(self, path: str) -> set[str]:
        found: set[str] = set()
        for imported, _ in self.base(path).each_import():
            for name in (imported.target, imported.module) if imported.name != "*" else (imported.module,):
                split = self.split(name, path)
                if split is not None:
                    if split[0] != path:
                        found.add(split[0])
                    break
        return found


def python_project(context: Context) -> PythonProject:
    """The project's Python files, put together once for all queries."""
    if _MEMO not in context.memo:
        tests = {entry.path for entry in python_files(context) if entry.role is Role.TEST}
        context.memo[_MEMO] = PythonProject(context.scans.get("python", {}), tests)
    made = context.memo[_MEMO]
    assert isinstance(made, PythonProject)
    return made


def _folders(path: str) -> Iterator[str]:
    """The folders above a path, inner ones first."""
    while path := path.rpartition("/")[0]:
        yield path


def _stem(path: str) -> str:
    """The path without `.py`; of a package's `__init__.py` the folder."""
    stem = path.removesuffix(".py")
    return stem.removesuffix("/__init__") if stem.endswith("/__init__") else stem


def python_files(context: Context) -> list[Entry]:
    """All Python files and notebooks of the project, also those too large to parse; not vendored or generated ones."""
    if "python.files" not in context.memo:
        from aiaudit.probes.python.engine import LEFT_OUT, SUFFIXES

        context.memo["python.files"] = [
            entry for entry in context.project.files if entry.suffix in SUFFIXES and entry.role not in LEFT_OUT
        ]
    found: list[Entry] = context.memo["python.files"]
    return found
