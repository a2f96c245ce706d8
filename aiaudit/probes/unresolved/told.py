"""The probe `readme.unresolved`: what a README tells people to run, and that is not there.

What no folder of the tree holds under that name is told of, and what none of the folders holds in which the command may
be meant to be run (`told_places`). What another command or a sentence of it makes, fetches or asks the reader to write
is left out, and so is all that follows a second repository, since it is that one's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci import makefile
from aiaudit.probes.docs.commands import bare
from aiaudit.probes.docs.common import library
from aiaudit.probes.docs.document import Document
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.probes.unresolved.copies import upward
from aiaudit.probes.unresolved.package_scripts import RUN, package_scripts
from aiaudit.probes.unresolved.told_places import BLANK, Folders, steps
from aiaudit.probes.unresolved.whereabouts import ELSEWHERE, NOWHERE, UNRESOLVED, Cause, row_of, whereabouts
from aiaudit.project.entry import display

_READMES: Final = (
    "{README,readme,Readme}{,.md,.rst,.txt}",
    "*/{README,readme,Readme}{,.md,.rst,.txt}",
    "README[-_]*.md",
)
ASIDE: Final = lazy.regex(
    r"(?i)(?:^|[/_-])(?:archived?|legacy|old|obsolete|deprecated|backups?|third[_-]party|docs?|tests?"
    r"|\.github)(?:[./_-]|$)"
)
_FLAG: Final = r"(?:\s++-[\w-]++(?:=\S++)?)*+"
_SCRIPT: Final = lazy.regex(
    r"^(?:python[\d.]*|py|ipython|streamlit run|chainlit run|fastapi (?:dev|run)|torchrun|accelerate launch|deepspeed"
    r"|bokeh serve|panel serve|gradio|node|nodemon|tsx|ts-node|npx tsx|bash|sh|zsh|jupyter(?: |-)(?:notebook|lab))"
    rf"{_FLAG}\s+([\w./-]+\.(?:py|js|mjs|ts|sh|ipynb))(?:\s|$)"
)
_DIRECT: Final = lazy.regex(r"^\./([\w./-]+\.(?:sh|py))(?:\s|$)")
_REQUIREMENTS: Final = lazy.regex(
    r"^(?:python[\d.]* -m )?(?:uv )?pip[\d.]* (?:install|sync)\b(?:\s+\S+)*?\s+(?:-r|--requirement)[ =]?([\w./-]+)"
    r"|^(?:conda|mamba|micromamba) env (?:create|update)\b(?:\s+\S+)*?\s+(?:-f|--file)[ =]([\w./-]+)"
)
_SERVED: Final = lazy.regex(
    r"^(?:python[\d.]* -m )?(?:uvicorn|gunicorn|hypercorn|daphne)\b(?:\s+\S+)*?\s+"
    r"([A-Za-z_]\w*(?:\.\w+)*):\w+(?:\(\))?(?:\s|$)"
)
_COPIED: Final = lazy.regex(
    r"^(?:cp|copy)(?:\s+-\w+)*\s+([\w./-]*(?:example|sample|template|\.dist)[\w./-]*)\s+[\w./-]+\s*$"
)
_COMPOSED: Final = lazy.regex(r"^docker(?:-|\s)compose\b(?:\s+\S+)*?\s+(?:-f|--file)[ =]([\w./-]+\.ya?ml)(?:\s|$)")
_APPLIED: Final = lazy.regex(
    r"^(?:kubectl|oc) (?:apply|create)\b(?:\s+(?!-f\b|--filename\b)[\w.=-]+)*"
    r"\s+(?:-f|--filename)[ =]([\w./-]+\.(?:ya?ml|json))(?:\s|$)"
)
_TESTED: Final = lazy.regex(
    r"^(?:python[\d.]* -m )?pytest(?:\s+(?:-[vqsxl]+|--[\w-]+=\S+|--(?:verbose|quiet|cov)))*"
    r"\s+([\w./-]+)(?:::\S+)?(?:\s|$)"
)
_UP: Final = lazy.regex(
    r"^docker(?:-|\s)compose(?:\s+--(?:profile|env-file|progress|ansi)[ =]\S+)*\s+(?:up|build|run)\b"
)
_COMPOSE_FILE: Final = lazy.regex(r"\s(?:-f|--file|--project-directory)[ =]")
_COMPOSES: Final = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
# Without `run`, pnpm and yarn look among the programs of packages too, of which none has a colon.
_SHORT: Final = lazy.regex(
    r"^(?:pnpm|yarn|bun) ([a-z][\w-]*:[\w:-]+|dev|preview|lint|format|typecheck|check-types)(?:\s|$)"
    r"|^(?:npm|pnpm|yarn) (test)(?:\s|$)"
)
_ELSEWHERE: Final = lazy.regex(r"\s(?:--prefix|-w|--workspaces?|-C|--cwd|--dir|--filter|-F|-r)(?:[ =]|$)")
MADE: Final = lazy.regex(
    r"(?:>{1,2}|\s-[oO]|--output(?:-document)?|\btee(?:\s+-a)?|\btouch|\bnano|\bvim?|\bcode|\bnotepad)[ =]+([\w./-]+)"
    r"|^(?:cp|mv|copy|move|ln)\b.*\s([\w./-]+)\s*$|^(?:wget|curl)\b.*/([\w.-]+)\s*$"
)
_WRITTEN: Final = lazy.regex(
    r"(?i)\b(?:creat|sav|writ|mak|add|nam|call|put|past|generat|download|export)\w*\b[^\n]{0,80}$"
)
_GENERATED: Final = lazy.regex(r"(?m)^[^\t#\n=]*%[^\n=]*:|^-?s?include\b|\$\((?:eval|foreach|call)\b|^define\b")
_MOST_COMMANDS: Final = 300


class UnresolvedQuery(Query):
    """Commands of a README whose file, module, script of `package.json` or target of `make` is nowhere in the
    project, or not where the command is run (cause: elsewhere; near: where it lies). cause, near: see
    `python.unresolved`. started: always false."""


class UnresolvedProbe(Probe[UnresolvedQuery]):
    name: ClassVar[str] = "readme.unresolved"
    title: ClassVar[str] = "Commands of a README that name what is not there"
    query: ClassVar[type[Query]] = UnresolvedQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: UnresolvedQuery) -> Type:
        return list_of(UNRESOLVED)

    def answer(self, fact_id: str, query: UnresolvedQuery, context: Context) -> Fact:
        found = library(context, _READMES)
        seen: set[tuple[str, str]] = set()
        lacking = [row for document in found.documents for row in _lacking(document, context, seen)]
        scope = scope_of([document.path for document in found.documents], ())
        return listed(
            fact_id, lacking, method="commands of READMEs looked for by their names", scope=scope, note="refers"
        )


class Named(Struct, frozen=True):
    """What a command names, as it is told; the file in which it would stand, and the names that this may have. `end`:
    where that name ends in the command; what stands behind it, such as a token, is nobody's business. `near`: where it
    lies instead of where the command is run, in one of `places`."""

    end: int
    target: str
    path: str
    names: tuple[str, ...] = ()
    near: str = ""
    places: tuple[str, ...] = ()


class Told:
    """What the project has under its names."""

    def __init__(self, context: Context) -> None:
        self._files = Files(context.project)
        self._project = context.project
        self._where = whereabouts(context)
        self.names = {entry.name for entry in context.project.entries}
        self.tree = Folders([entry.path for entry in context.project.entries])
        self.folders = {path.rpartition("/")[2] for path in self.tree.paths}

    @cached_property
    def packages(self) -> dict[str, frozenset[str]] | None:
        """See `package_scripts`."""
        return package_scripts(self._files, self._project)

    @cached_property
    def targets(self) -> frozenset[str] | None:
        """The targets of all makefiles; None where a pattern or a loop makes them, or another file is taken in."""
        found: set[str] = set()
        for entry in self._files.matching("**/{GNUmakefile,makefile,Makefile}"):
            folder, _, name = entry.path.rpartition("/")
            made = makefile.load(self._files, folder, name)
            if made is None or _GENERATED.search(self._files.text(entry.path) or ""):
                return None
            found.update(made.lines)
        return frozenset(found)

    @cached_property
    def _paths(self) -> dict[str, list[str]]:
        """Files and folders by their last names, shallow ones first."""
        found: dict[str, list[str]] = {}
        paths = [*(entry.path for entry in self._project.entries), *self.tree.paths]
        for path in sorted(paths, key=lambda one: (one.count("/"), one)):
            found.setdefault(path.rpartition("/")[2], []).append(path)
        return found

    def lacks(self, text: str, folders: Collection[str]) -> Named | None:
        """What a command names that stands nowhere, or in none of the folders in which it may be meant to be run."""
        places = () if _ELSEWHERE.search(text) else folders
        if (task := RUN.match(text) or _SHORT.match(text)) is not None:
            return self._task(task.group(task.lastindex or 0), task.end(task.lastindex or 0), places)
        if (words := text.split(" "))[0] == "make":
            targets = makefile.parse_call(tuple(words[1:]), "").targets
            ends = (text.index(f" {name}") + 1 + len(name) for name in targets)
            return next(filter(None, map(self._target, targets, ends)), None)
        if (up := _UP.match(text)) is not None and not _COMPOSE_FILE.search(text):
            return self._composed(up.end(), places)
        named = _named(text)
        if named is None or BLANK.search(named.path):
            return None
        if self.names.isdisjoint(named.names) and not self.folders.intersection(named.names):
            return named
        # A module may be that of an installed package, whatever folder a server is started in.
        return self._misplaced(named, places) if len(named.names) == 1 else None

    def _misplaced(self, named: Named, folders: Collection[str]) -> Named | None:
        paths = sorted({posixpath.normpath(posixpath.join(folder, named.path)) for folder in folders}, key=len)
        if not paths or any(path.startswith("..") or self._where.holds(path) for path in paths):
            return None
        near = next((one for one in self._paths.get(named.names[0], ()) if f"/{one}".endswith(f"/{named.path}")), "")
        return replace(named, near=near, places=tuple(paths))

    def _composed(self, end: int, folders: Collection[str]) -> Named | None:
        """The file that compose looks for where it is run, and above."""
        if not folders or any(
            self._where.holds(posixpath.join(up, one)) for at in folders for up in upward(at) for one in _COMPOSES
        ):
            return None
        near = [path for name in _COMPOSES for path in self._paths.get(name, ())]
        return Named(end, _COMPOSES[-1], _COMPOSES[-1], _COMPOSES, min(near, key=len, default=""))

    def _task(self, name: str, end: int, folders: Collection[str]) -> Named | None:
        packages = self.packages
        if packages is None or (name == "start" and "server.js" in self.names):
            return None
        target = f"the script {name} of package.json" if any(packages.values()) else "package.json"
        homes = [folder for folder, scripts in packages.items() if name in scripts]
        if not homes:
            return Named(end, target, "package.json")
        nearest = {next((up for up in upward(folder) if up in packages), None) for folder in folders}
        if not folders or any(home in nearest for home in homes):
            return None
        return Named(end, target, "package.json", near=posixpath.join(min(homes, key=len), "package.json"))

    def _target(self, name: str, end: int) -> Named | None:
        plain = name.replace("-", "").replace("_", "").isalnum()
        if not plain or self.targets is None or name in self.targets or name in self.names | self.folders:
            return None
        return Named(end, f"the target {name} of make" if self.targets else "Makefile", "Makefile")


def _named(text: str) -> Named | None:
    """The file of the project that a command line names."""
    for pattern in (_SCRIPT, _DIRECT, _REQUIREMENTS, _COPIED, _COMPOSED, _APPLIED, _TESTED):
        if (found := pattern.match(text)) is not None:
            at = next(number for number, group in enumerate(found.groups(), 1) if group)
            path = found.group(at).removeprefix("./").rstrip("/")
            return Named(found.end(at), path, path, (path.rpartition("/")[2],)) if path else None
    if (found := _SERVED.match(text)) is not None:
        module = found.group(1)
        last = module.rpartition(".")[2]
        path = f"{module.replace('.', '/')}.py"
        return Named(found.end(), path, path, (f"{last}.py", last))
    return None


def _lacking(document: Document, context: Context, seen: set[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    told = shared(context)
    if ASIDE.search(document.path):
        return
    commands = list(islice(steps(document, told.tree), _MOST_COMMANDS))
    made = {
        name.rpartition("/")[2]
        for one in commands
        for found in MADE.finditer(one.text)
        for name in found.groups()
        if name
    }
    prose = [line for section in document.sections for _, line in section.lines]
    passed: set[str] = set()
    folder = document.path.rpartition("/")[0]
    for one in commands:
        text = bare(one.text.replace("\\", "/"))
        lacking = told.lacks(text, one.folders)
        if lacking is None or lacking.target in passed or (folder, lacking.target) in seen:
            continue
        passed.add(lacking.target)
        name = lacking.path.rpartition("/")[2]
        if name in made or any(name in line and _WRITTEN.search(line.partition(name)[0][-160:]) for line in prose):
            continue
        row = row_for(lacking, document.path, one.line, text, "docs", (folder, ""), context)
        if row is not None:
            seen.add((folder, lacking.target))
            yield row


def row_for(
    lacking: Named, path: str, line: int, command: str, role: str, folders: Sequence[str], context: Context
) -> dict[str, Any] | None:
    """What is told of a command that names what is not there; None where it may be there after all. `folders`: those
    below which it would lie, if nothing tells where the command is run."""
    places = lacking.places or [posixpath.normpath(posixpath.join(top, lacking.path)) for top in folders]
    cause = whereabouts(context).why_not(places)
    if cause is None:
        return None
    if lacking.near and cause.kind == NOWHERE:
        cause = Cause(ELSEWHERE, display(lacking.near if "/" in lacking.near else f"./{lacking.near}"))
    shown = command[: lacking.end].strip()[:100]
    return row_of(path, line, role, f"`{shown}`", lacking.target, cause)


def shared(context: Context) -> Told:
    """What the project has under its names, put together once for all queries."""
    made = context.memo.get("unresolved.told")
    if not isinstance(made, Told):
        made = context.memo["unresolved.told"] = Told(context)
    return made
