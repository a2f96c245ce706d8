"""The probe `python.unresolved`: imports of the project's own modules that are not there, and files that are no Python.

Imports count that run whenever their file does: they stand at its margin, outside every `try` and `if`. Those in a
function count where they run whenever it does; what is started goes without them. An absolute import is the
project's own where its package lies above the importer and another import finds its way into that very package; a
library of the same name is none. Of names that nothing in the project bears, those count that a library would hardly
have (`proj_secrets`, `config`) and that no manifest names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.dependencies.inventory import inventory
from aiaudit.probes.python.asking import CodeQuery, listed, scope_of
from aiaudit.probes.python.base_record import Base
from aiaudit.probes.python.lost import Lost
from aiaudit.probes.python.module import Import
from aiaudit.probes.python.project import PythonProject, python_project
from aiaudit.probes.reading import Files
from aiaudit.probes.unresolved.whereabouts import UNRESOLVED, Cause, Whereabouts, row_of, whereabouts
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

# What compilers of interfaces and of forms, and tools that count versions, write where the project is set up.
_MADE: Final = lazy.regex(
    r"(?i)(?:^|/)(?:gen|generated|_generated|codegen|autogen|protos?|pb|pb2|stubs|grpc)(?:/|$)"
    r"|_pb2(?:_grpc)?$|(?:^|/)_?(?:version|_version|build_info|buildinfo)(?:__)?$"
)
_OF_FORMS: Final = lazy.regex(r"(?i)(?:^|/)(?:ui|rc)_\w+$|_(?:ui|rc)$")  # where Qt's forms lie in the tree
_FORMS: Final = frozenset({".ui", ".qrc"})
_MOST: Final = 200  # of one project
# With which a module has names that stand nowhere in it.
_BY_TEXT: Final = lazy.regex(
    r"import\s*\*|__getattr__|\bglobals\(|\bvars\(|\bsetattr\(|\bexec\(|sys\.modules|__all__\s*\+="
)
UNDEFINED: Final = "undefined"
BROKEN: Final = "broken"
MERGE: Final = "merge"
_NOT_PYTHON: Final = lazy.regex(r"^not Python 3 at line (\d+)(?:;|$)")
# What another program fills in or reads first: a template, a cell of a notebook that was written down, words of a newer
# Python than the one that looks.
_OF_ANOTHER: Final = lazy.regex(
    r"\{\{|\{%|<%|\$\{|^\s*[!%]|\b[fFtT][rR]?[\"']|^\s*(?:type\s+\w+|except\b.*,|match\b|case\b)"
)
# Names that people give modules of their own: `config`, `proj_secrets`, `prompt_template`, `model_def`.
_OWN_NAME: Final = lazy.regex(
    r"(?:(?:my|proj|project)_\w+|\w+_(?:secrets?|config|constants|defs?|keys|credentials|template|prompts?)"
    r"|configs?|constants|consts|helpers?|credentials?|creds)\Z"
)
_MARGIN: Final = lazy.regex(r"(?:from|import)\s")
# What is below runs with what is around.
_OPEN_HEAD: Final = lazy.regex(r"(?:async\s+)?(?:def|with)\b|class\b")


class UnresolvedQuery(CodeQuery):
    """Modules of the project that are imported and not there, each import once, and files with a line that is none.
    cause: broken (this very line is none), merge (here begin the marks of one that nobody settled), undefined (the
    module is there and the name that is taken from it stands nowhere in it), nowhere, capitals
    (`near` is the path that differs from it in capitals alone) or ignored (`near` is the place of the rule, `rule` its
    words; `by_name`: it names this very file; `here`: the file is in this working tree, and git does not take it in).
    started: nothing imports the importer, or some file does so at its margin, so that it cannot go without."""

    def may_stand_in(self, lost: Lost) -> bool:
        return bool(lost.imports)


class UnresolvedProbe(Probe[UnresolvedQuery]):
    name: ClassVar[str] = "python.unresolved"
    title: ClassVar[str] = "Imports of the project's own Python modules that are not there"
    query: ClassVar[type[Query]] = UnresolvedQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: UnresolvedQuery) -> Type:
        return list_of(UNRESOLVED)

    def answer(self, fact_id: str, query: UnresolvedQuery, context: Context) -> Fact:
        modules, project = _Modules(context), python_project(context)
        parsed, scope = scope_of(query, context)
        rows = [
            one for path, entry in parsed.items() if entry.suffix == ".py" for one in modules.lacking(entry, project)
        ]
        broken = (context.project.entry(path) for path in sorted(project.unparsed, key=os.fsencode))
        rows += modules.broken([entry for entry in broken if entry and query.covers(entry)], project)
        rows += modules.merged([parsed[path] for path in parsed if "merged" in project.records[path]], project)
        return listed(fact_id, rows, scope, project.unparsed, _note)


def _note(row: dict[str, Any]) -> str:
    return f"{row['refers']} is {'no Python' if row['cause'] in (BROKEN, MERGE) else 'not there'}"


class _Modules:
    """What each file imports and the tree lacks."""

    def __init__(self, context: Context) -> None:
        self._where: Whereabouts = whereabouts(context)
        self._files = Files(context.project)
        self._project = context.project
        self._context = context
        self._proven: dict[str, frozenset[str]] = {}
        self._count = 0
        self._last: tuple[str, frozenset[str]] = ("", frozenset())
        self._forms = any(entry.suffix in _FORMS for entry in context.project.files)
        self._importers: dict[str, list[str]] | None = None
        files = context.project.files
        self._with_modules = {entry.path.rpartition("/")[0] for entry in files if entry.suffix == ".py"}
        self._aside = any(entry.ignored and entry.suffix == ".py" for entry in context.project.files)

    @cached_property
    def _declared(self) -> frozenset[str] | None:
        """The names of packages of Python that a manifest names, as modules are written; None where other repositories
        lie in this one, which bring what they like."""
        if self._project.entry(".gitmodules") is not None:
            return None
        manifests = inventory(self._context).manifests
        return frozenset(one.name.lower().replace("-", "_") for made in manifests for one in made.dependencies)

    def _bears_own_name(self, root: str, entry: Entry) -> bool:
        """Whether a name that nothing in the project bears is still one of its own, and no library's."""
        if entry.role is not Role.CODE or not _OWN_NAME.match(root) or root in sys.stdlib_module_names:
            return False
        if self._declared is None or root.lower() in self._declared:
            return False
        return "sys.path" not in (self._files.text(entry.path) or "")

    def lacking(self, entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
        if entry.role is Role.TEST and "sys.modules" in (self._files.text(entry.path) or ""):
            return  # a test puts what it likes in the place of a module
        lines: list[str] | None = None
        seen: set[str] = set()
        for imported, local in project.base(entry.path).each_import():
            if self._count >= _MOST or local or imported.module in seen or not self._may_lack(imported, entry, project):
                continue
            if lines is None:
                lines = (self._files.text(entry.path) or "").splitlines()
            if imported.line > len(lines) or not _MARGIN.match(lines[imported.line - 1]):
                continue
            row = self._row(imported, entry, project)
            if row is not None:
                seen.add(imported.module)
                self._count += 1
                yield row | {"started": self._needed(entry.path, project)}
        yield from self._lacking_in_functions(entry, project, seen)

    def _lacking_in_functions(self, entry: Entry, project: PythonProject, seen: set[str]) -> Iterator[dict[str, Any]]:
        """What a function takes from a module of the project that is not there, or has no such name: it fails each time
        it is called."""
        lines: list[str] | None = None
        for imported, local in project.base(entry.path).each_import():
            if self._count >= _MOST or not local or imported.module in seen:
                continue
            if not self._may_lack(imported, entry, project):
                continue
            if lines is None:
                lines = (self._files.text(entry.path) or "").splitlines()
            if not runs_with_its_function(lines, imported.line):
                continue
            row = self._row(imported, entry, project)
            if row is not None and not row["here"]:
                seen.add(imported.module)
                self._count += 1
                yield row | {"started": False}

    def broken(self, entries: Sequence[Entry], project: PythonProject) -> Iterator[dict[str, Any]]:
        """A line of each file for which Python would refuse the whole of it."""
        for entry in entries[:_MOST]:
            found = _NOT_PYTHON.match(project.unparsed[entry.path])
            if found is None or entry.suffix != ".py":
                continue
            line = int(found.group(1))
            lines = (self._files.text(entry.path) or "").splitlines()
            if any(_OF_ANOTHER.search(one) for one in lines[max(line - 3, 0) : line + 1]):
                continue
            row = row_of(entry.path, line, entry.role.value, f"line {line}", entry.path, Cause(BROKEN))
            yield row | {"started": self._needed(entry.path, project)}

    def merged(self, entries: Sequence[Entry], project: PythonProject) -> Iterator[dict[str, Any]]:
        """The first mark of a merge in each file that is a program by one side alone."""
        for entry in entries[:_MOST]:
            line = project.records[entry.path]["merged"]
            row = row_of(entry.path, line, entry.role.value, f"line {line}", entry.path, Cause(MERGE))
            yield row | {"started": self._needed(entry.path, project)}

    def _may_lack(self, imported: Import, entry: Entry, project: PythonProject) -> bool:
        """A first look, for most imports are of libraries or of what is there."""
        module = imported.module
        if module[:1] != "." and not project.may_own(module.partition(".")[0]):
            return "." not in module and self._bears_own_name(module, entry)
        found = project.module(module, entry.path)
        if found is None:
            return module[:1] == "." or "." in module
        return self._aside or self._lacks(imported, found, entry.path, project)

    def _row(self, imported: Import, entry: Entry, project: PythonProject) -> dict[str, Any] | None:
        module, path = imported.module, entry.path
        found = project.module(module, path)
        if found is not None:
            if (row := self._here_alone(imported, entry, found)) is not None:
                return row
            if not self._lacks(imported, found, path, project) or not self._is_own(imported, found, path, project):
                return None
            target = f"{imported.name} in {found}"
            return row_of(path, imported.line, entry.role.value, _words(imported), target, Cause(UNDEFINED))
        candidates = [one for one in self._candidates(module, path, project) if one]
        if not candidates or any(self._where.holds(one) or self._is_made(one) for one in candidates):
            return None
        cause = self._where.why_not([f"{one}{end}" for one in candidates for end in (".py", "/__init__.py")])
        if cause is None:
            return None
        return row_of(path, imported.line, entry.role.value, _words(imported), f"{candidates[0]}.py", cause)

    def _is_made(self, stem: str) -> bool:
        return bool(_MADE.search(stem) or (self._forms and _OF_FORMS.search(stem)))

    def _needed(self, path: str, project: PythonProject) -> bool:
        """Whether a file runs whenever what imports it does: nothing imports it, so that it is started itself, or some
        file does so at its margin. What stands in a function or a `try` may go without."""
        if self._importers is None:
            self._importers = {}
            for importer in project.records:
                for target in project.own_imports(importer) if importer.endswith(".py") else ():
                    self._importers.setdefault(target, []).append(importer)
        importers = self._importers.get(path, ())
        return not importers or any(self._imports_at_margin(one, path, project) for one in importers)

    def _imports_at_margin(self, importer: str, target: str, project: PythonProject) -> bool:
        lines = (self._files.text(importer) or "").splitlines()
        for imported, local in project.base(importer).each_import():
            if local or imported.line > len(lines) or not _MARGIN.match(lines[imported.line - 1]):
                continue
            if target in (project.module(imported.module, importer), project.module(imported.target, importer)):
                return True
        return False

    def _lacks(self, imported: Import, found: str, importer: str, project: PythonProject) -> bool:
        """Whether the name that is taken from a module of the project stands nowhere in it, and is no module below."""
        name = imported.name
        if name in ("", "*") or found == importer:
            return False
        if self._last[0] != found:  # names are mostly taken from one module after the other
            self._last = (found, _names_of(project.base(found)))
        if name in self._last[1]:
            return False
        if found.endswith("__init__.py") and self._where.holds(f"{found.removesuffix('__init__.py')}{name}"):
            return False
        text = self._files.text(found)
        if text is None or name in text:  # a part of another word counts too: this is about what is nowhere
            return False
        return _BY_TEXT.search(text) is None

    def _is_own(self, imported: Import, found: str, importer: str, project: PythonProject) -> bool:
        """Whether the module that was found is surely the one that is meant, and no library of the same name."""
        module = imported.module
        if module[:1] == ".":
            return True
        root = module.partition(".")[0]
        if root in sys.stdlib_module_names:
            return False
        if "." not in module:  # a file beside the importer, which Python finds first where that is started
            folder = f"{importer.rpartition('/')[0]}/".lstrip("/")
            return found == f"{folder}{module}.py" and not self._is_package(folder)
        if root not in self._proven:
            self._proven[root] = self._packages_of(root, project)
        return any(found.startswith(f"{package}/") for package in self._proven[root])

    def _here_alone(self, imported: Import, entry: Entry, found: str) -> dict[str, Any] | None:
        """The module is here, and git keeps it out of every clone."""
        target = self._project.entry(found)
        if target is None or not target.ignored or entry.ignored or self._is_made(found.removesuffix(".py")):
            return None
        cause = self._where.kept_out(found)
        if cause is None:
            return None
        return row_of(entry.path, imported.line, entry.role.value, _words(imported), found, cause, here=True)

    def _candidates(self, module: str, importer: str, project: PythonProject) -> Iterator[str]:
        """Where the module would have to lie, nearest first; nothing where it may as well be a library's."""
        name = module.lstrip(".")
        tail = name.replace(".", "/")
        folder = importer.rpartition("/")[0]
        if module[:1] == ".":
            for _ in range(len(module) - len(name) - 1):
                folder = folder.rpartition("/")[0]
            yield f"{folder}/{tail}" if folder and tail else tail or folder
            return
        root = name.partition(".")[0]
        if root in sys.stdlib_module_names:
            return
        if not project.may_own(root):  # it was told before that the name is one of the project's own
            yield f"{folder}/{root}".lstrip("/")
            return
        if root not in self._proven:
            self._proven[root] = self._packages_of(root, project)
        for home in project.homes_of(root, folder):
            if f"{home}{root}" in self._proven[root] and self._holds_modules(home + tail):
                yield home + tail

    def _is_package(self, home: str) -> bool:
        """Whether a folder, with its slash, or one above it is a package: what lies in it is no module of the first
        rank, and an absolute import of that name is one of a library. `app/celery/` beside the library Celery."""
        folder = home.rstrip("/")
        while folder:
            if self._where.holds_exactly(f"{folder}/__init__.py"):
                return True
            folder = folder.rpartition("/")[0]
        return False

    def _packages_of(self, root: str, project: PythonProject) -> frozenset[str]:
        """The folders of packages of this name that some file of the project imports a module of, and finds it there,
        as long as they lie in no other package."""
        found: set[str] = set()
        for path in project.importers.get(root, ()):
            for imported, _ in project.base(path).each_import({root}):
                if "." not in imported.module and (not imported.name or imported.name == "*"):
                    continue
                for name in (imported.target, imported.module):
                    tail = name.replace(".", "/")
                    target = project.module(name, path) if "." in name else None
                    stem = "" if target is None else target.removesuffix(".py").removesuffix("/__init__")
                    if stem.endswith(tail):
                        home = stem[: len(stem) - len(tail)]
                        if not self._is_package(home):
                            found.add(home + root)
                        break
        return frozenset(found)

    def _holds_modules(self, stem: str) -> bool:
        """Whether the nearest folder above that is there holds modules itself. One that holds folders alone may be a
        namespace, of which other parts are installed: `google/cloud/…`."""
        above = stem.rpartition("/")[0]
        while above and not self._where.holds_exactly(above):
            above = above.rpartition("/")[0]
        return above in self._with_modules


def _names_of(base: Base) -> frozenset[str]:
    """The names of a module that its record knows: most that others take from it."""
    return frozenset((*base.exports, *base.imported_as, *base.constants, *(row[1] for row in base.defined)))


def runs_with_its_function(lines: Sequence[str], line: int) -> bool:
    """Whether what stands in a line runs whenever the function around it is called: no `try`, no `if` is between. Where
    that cannot be told from how far the lines above are moved in, it is not known, and that is no."""
    if not 0 < line <= len(lines):
        return False
    depth, closing = _depth(lines[line - 1]), False
    for above in reversed(lines[: line - 1]):
        text = above.strip()
        if not text or text[0] == "#" or _depth(above) > depth or (_depth(above) == depth and not closing):
            continue
        depth = _depth(above)
        closing = text[0] in ")]"  # the end of a head of several lines, whose first word stands further up
        if closing:
            continue
        if not _OPEN_HEAD.match(text):
            return False
        if depth == 0:
            return True
    return False


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _words(imported: Import) -> str:
    return f"from {imported.module} import {imported.name}" if imported.name else f"import {imported.module}"
