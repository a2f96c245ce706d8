"""The probe `readme.unresolved`: what a README tells people to run, and that is not there.

Only what no folder of the tree holds under that name is told of: a README says "go to the folder" in prose as often as
in a command. What another command or a sentence of it makes, fetches or asks the reader to write is left out, and so
is all that follows a second repository, since it is that one's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci import makefile
from aiaudit.probes.docs.commands import Command, bare, typed
from aiaudit.probes.docs.common import library
from aiaudit.probes.docs.document import Document
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.probes.unresolved.whereabouts import UNRESOLVED, row_of, whereabouts
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable

_READMES: Final = ("{README,readme,Readme}{,.md,.rst,.txt}", "*/{README,readme,Readme}{,.md,.rst,.txt}")
_LATER: Final = lazy.regex(
    r"(?i)\b(?:roadmap|future|planned|to-?do|coming soon|next steps|contribut\w+|structure|layout|troubleshoot\w*|faq"
    r"|deprecated|legacy|example output|alternativ\w+|optional)\b"
)
_ASIDE: Final = lazy.regex(
    r"(?i)(?:^|[/_-])(?:archived?|legacy|old|obsolete|deprecated|backups?|third[_-]party|docs?|tests?|\.github)(?:[/_-]|$)"
)
_CLONE: Final = lazy.regex(r"\bgit\s+clone\b.{0,120}?([\w.-]{1,100}?)(?:\.git)?/?(?:\s+[\w./-]+)?\s*$")
# `<your file>`, `$NAME`, `{name}`, `*.py`, `path/to/x.py`, `your_script.py`, `…`
_BLANK: Final = lazy.regex(
    r"[<>$*{}\[\]…%|]|\.\.\.|(?i:path/to|(?:^|[/_-])(?:your|my|some|name|foo|xxx+)(?:[_.-]|$)|^https?:"
    r"|(?:^|/)(?:script|example|file|filename|app_name)\.\w+$)|^[-/~]"
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
_TASK: Final = lazy.regex(r"^(?:npm|pnpm|yarn|bun) run ([\w:.-]+)|^npm (start)\b")
_MADE: Final = lazy.regex(
    r"(?:>{1,2}|\s-[oO]|--output(?:-document)?|\btee(?:\s+-a)?|\btouch|\bnano|\bvim?|\bcode|\bnotepad)[ =]+([\w./-]+)"
    r"|^(?:cp|mv|copy|move|ln)\b.*\s([\w./-]+)\s*$|^(?:wget|curl)\b.*/([\w.-]+)\s*$"
)
_WRITTEN: Final = lazy.regex(
    r"(?i)\b(?:creat|sav|writ|mak|add|nam|call|put|past|generat|download|export)\w*\b[^\n]{0,80}$"
)
_GENERATED: Final = lazy.regex(r"(?m)^[^\t#\n=]*%[^\n=]*:|^-?s?include\b|\$\((?:eval|foreach|call)\b|^define\b")
_COMMENT: Final = lazy.regex(r"\s#\s.*$")
_GONE: Final = lazy.regex(r"^(?:cd|pushd)\s+([^\s;&]+)")
_MOST_COMMANDS: Final = 300


class UnresolvedQuery(Query):
    """Commands of a README whose file, module, script of `package.json` or target of `make` is nowhere in the
    project. cause, near: see `python.unresolved`. started: always false."""


class UnresolvedProbe(Probe[UnresolvedQuery]):
    name: ClassVar[str] = "readme.unresolved"
    title: ClassVar[str] = "Commands of a README that name what is not there"
    query: ClassVar[type[Query]] = UnresolvedQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: UnresolvedQuery) -> Type:
        return list_of(UNRESOLVED)

    def answer(self, fact_id: str, query: UnresolvedQuery, context: Context) -> Fact:
        found = library(context, _READMES)
        lacking = [row for document in found.documents for row in _lacking(document, context)]
        scope = scope_of([document.path for document in found.documents], ())
        return listed(
            fact_id, lacking, method="commands of READMEs looked for by their names", scope=scope, note="refers"
        )


class _Named(Struct, frozen=True):
    """What a command names, as it is told; the file in which it would stand, and the names that this may have. `end`:
    where that name ends in the command; what stands behind it, such as a token, is nobody's business."""

    end: int
    target: str
    path: str
    names: tuple[str, ...] = ()


class _Told:
    """What the project has under its names, whatever the folder."""

    def __init__(self, context: Context) -> None:
        self._files = Files(context.project)
        self._project = context.project
        self.names = {entry.name for entry in context.project.entries}
        self.folders = {part for entry in context.project.entries for part in entry.path.split("/")[:-1]}

    @cached_property
    def scripts(self) -> frozenset[str] | None:
        """The names of all scripts of all `package.json`; None where one cannot be read."""
        found: set[str] = set()
        for entry in self._files.matching("**/package.json"):
            try:
                value: Any = self._project.json(entry.path)
            except (Malformed, Unreadable):
                return None
            scripts = value.get("scripts") if isinstance(value, dict) else None
            found.update(scripts if isinstance(scripts, dict) else ())
        return frozenset(found)

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

    def lacks(self, text: str) -> _Named | None:
        """What a command names that stands nowhere."""
        if (task := _TASK.match(text)) is not None:
            return self._task(task.group(1) or task.group(2), task.end())
        if (words := text.split(" "))[0] == "make":
            targets = makefile.parse_call(tuple(words[1:]), "").targets
            ends = (text.index(f" {name}") + 1 + len(name) for name in targets)
            return next(filter(None, map(self._target, targets, ends)), None)
        named = _named(text)
        if named is None or _BLANK.search(named.path) or not self.names.isdisjoint(named.names):
            return None
        return None if self.folders.intersection(named.names) else named

    def _task(self, name: str, end: int) -> _Named | None:
        if self.scripts is None or name in self.scripts or (name == "start" and "server.js" in self.names):
            return None
        target = f"the script {name} of package.json" if self.scripts else "package.json"
        return _Named(end, target, "package.json")

    def _target(self, name: str, end: int) -> _Named | None:
        plain = name.replace("-", "").replace("_", "").isalnum()
        if not plain or self.targets is None or name in self.targets or name in self.names | self.folders:
            return None
        return _Named(end, f"the target {name} of make" if self.targets else "Makefile", "Makefile")


def _named(text: str) -> _Named | None:
    """The file of the project that a command line names."""
    for pattern in (_SCRIPT, _DIRECT, _REQUIREMENTS, _COPIED, _COMPOSED, _APPLIED):
        if (found := pattern.match(text)) is not None:
            at = next(number for number, group in enumerate(found.groups(), 1) if group)
            path = found.group(at).removeprefix("./")
            return _Named(found.end(at), path, path, (path.rpartition("/")[2],))
    if (found := _SERVED.match(text)) is not None:
        module = found.group(1)
        last = module.rpartition(".")[2]
        path = f"{module.replace('.', '/')}.py"
        return _Named(found.end(), path, path, (f"{last}.py", last))
    return None


def _lacking(document: Document, context: Context) -> Iterator[dict[str, Any]]:
    told, where = _shared(context), whereabouts(context)
    if _ASIDE.search(document.path):
        return
    commands = list(islice(_own_commands(document, told.folders), _MOST_COMMANDS))
    made = {
        name.rpartition("/")[2]
        for one in commands
        for found in _MADE.finditer(one.text)
        for name in found.groups()
        if name
    }
    prose = [line for section in document.sections for _, line in section.lines]
    seen: set[str] = set()
    for one in commands:
        text = bare(one.text.replace("\\", "/"))
        lacking = told.lacks(text)
        if lacking is None or lacking.target in seen:
            continue
        seen.add(lacking.target)
        name = lacking.path.rpartition("/")[2]
        if name in made or any(name in line and _WRITTEN.search(line.partition(name)[0][-160:]) for line in prose):
            continue
        folder = document.path.rpartition("/")[0]
        cause = where.why_not([posixpath.normpath(posixpath.join(top, lacking.path)) for top in (folder, "")])
        if cause is not None:
            shown = text[: lacking.end].strip()[:100]
            yield row_of(document.path, one.line, "docs", f"`{shown}`", lacking.target, cause)


def _own_commands(document: Document, folders: Collection[str]) -> Iterator[Command]:
    """The commands of a README that are about its own project, as things are today."""
    cloned: set[str] = set()
    for section in document.sections:
        if _LATER.search(section.title):
            continue
        for block in section.code:
            away = False
            for command in typed(block):
                text = _COMMENT.sub("", command.text)
                if (clone := _CLONE.search(text)) is not None:
                    cloned.add(clone.group(1))
                if len(cloned) > 1:
                    return
                if (gone := _GONE.match(text)) is not None:
                    away = _leads_away(gone.group(1), cloned, folders)
                elif not away:
                    yield Command(command.line, text)


def _leads_away(path: str, cloned: Collection[str], folders: Collection[str]) -> bool:
    """Whether a `cd` leads out of the project: above it, or to a folder that is neither its own nor of its tree."""
    last = path.rstrip("/").rpartition("/")[2]
    if last in ("..", ".", "-") or last in folders or last in cloned:
        return False
    return path.startswith(("..", "/", "~")) or bool(cloned and not _BLANK.search(path))


def _shared(context: Context) -> _Told:
    made = context.memo.get("unresolved.told")
    if not isinstance(made, _Told):
        made = context.memo["unresolved.told"] = _Told(context)
    return made
