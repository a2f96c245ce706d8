"""The probe `recipes.unresolved`: what a makefile, a script of package.json or one of the shell runs and is not there.

Each line of a makefile is run in its folder, and a script of package.json in that of the package, so that what lies in
another folder is told of, too; of a script of the shell only what no folder holds, since it may be started anywhere.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci import makefile
from aiaudit.probes.ci.script_tasks import npm
from aiaudit.probes.docs.commands import bare
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.probes.unresolved.told import ASIDE, MADE, Named, row_for, shared
from aiaudit.probes.unresolved.whereabouts import UNRESOLVED

_MAKEFILES: Final = "**/{GNUmakefile,makefile,Makefile}"
_SPLIT: Final = lazy.regex(r"\s*(?:&&|;|\n|\s&\s|\s&$)\s*")
_GONE: Final = lazy.regex(r"^(?:cd|pushd)\s+[\"']?([^\s;&\"')]+)")
_OWN_PLACE: Final = lazy.regex(r"dirname|BASH_SOURCE|ROOT|SCRIPT|PROJECT|BASE|REPO|%/\*")
_INTERPRETER: Final = lazy.regex(r"^\S*/(?=(?:python|pip|uvicorn|pytest)[\d.]*\s)")
_FETCHES: Final = lazy.regex(
    r"\b(?:git\s+clone|curl|wget|gdown|unzip|tar\s+-?\w*x|aws\s+s3|gsutil|dvc\s+(?:pull|get|import)|rsync|scp|docker\s+cp"
    r"|cookiecutter|copier|huggingface-cli|npx\s+create-)"
)
_BUILT: Final = lazy.regex(r"(?i)(?:^|/)(?:dist|build|out|\.?next|\.output|target|bin|lib|standalone|generated)/")
_HEREDOC: Final = lazy.regex(r"<<-?\s*[\"']?(\w+)[\"']?\s*(?:[>|;&].*)?$")
_UNSURE: Final = lazy.regex(r"\|\||^\s*-")  # what fails there stops nothing
_MOST_LINES: Final = 2_000
_MOST_FILES: Final = 200


class UnresolvedQuery(Query):
    """Commands of makefiles, of scripts of `package.json` and of scripts of the shell whose file, script or target is
    not there. cause, near: see `readme.unresolved`. started: always false."""


class UnresolvedProbe(Probe[UnresolvedQuery]):
    name: ClassVar[str] = "recipes.unresolved"
    title: ClassVar[str] = "Commands of makefiles and scripts that name what is not there"
    query: ClassVar[type[Query]] = UnresolvedQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: UnresolvedQuery) -> Type:
        return list_of(UNRESOLVED)

    def answer(self, fact_id: str, query: UnresolvedQuery, context: Context) -> Fact:
        sources = list(_sources(Files(context.project)))
        lacking = [row for source in sources for row in _lacking(source, context)]
        scope = scope_of([source.path for source in sources], ())
        method = "commands of makefiles and scripts looked for by their names"
        return listed(fact_id, lacking, method=method, scope=scope, note="refers")


class _Source(Struct, frozen=True):
    """A file of commands. `folders`: those in which each of its lines is begun; none where nothing tells."""

    path: str
    text: str
    lines: tuple[tuple[int, str], ...]
    folders: frozenset[str] = frozenset()


def _sources(files: Files) -> Iterator[_Source]:
    for entry in _own(files, _MAKEFILES):
        folder, _, name = entry.rpartition("/")
        text = files.text(entry) or ""
        made = makefile.load(files, folder, name)
        if made is None or ".ONESHELL" in text:
            continue
        variables = {"MAKE": "make", **made.variables}
        lines = [
            (line, makefile.expand(script.lstrip().lstrip("@+ "), variables))
            for recipe in made.recipes.values()
            for script, line, path in recipe
            if path == entry
        ]
        yield _Source(entry, text, tuple(lines[:_MOST_LINES]), frozenset({folder, ""}))
    for entry in _own(files, "**/package.json"):
        folder = entry.rpartition("/")[0]
        value = files.json(entry)
        scripts = value.get("scripts") if isinstance(value, dict) else None
        tasks = [
            task for name in (scripts if isinstance(scripts, dict) else ()) for task in npm(files, folder, name) or ()
        ]
        lines = sorted({(piece.line, piece.script) for task in tasks for piece in task.pieces})
        yield _Source(entry, files.text(entry) or "", tuple(lines[:_MOST_LINES]), frozenset({folder}))
    for entry in _own(files, "**/*.{sh,bash}"):
        text = files.text(entry) or ""
        if not _FETCHES.search(text):
            yield _Source(entry, text, tuple(_shell_lines(text)))


def _own(files: Files, pattern: str) -> list[str]:
    found = (entry.path for entry in files.matching(pattern))
    return list(islice((path for path in found if not ASIDE.search(path) and not f"/{path}".count("/.")), _MOST_FILES))


def _shell_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a script, without texts that it hands on, up to where it goes to a folder that nothing tells."""
    ending = ""
    for number, line in enumerate(text.split("\n")[:_MOST_LINES], 1):
        if ending:
            ending = "" if line.strip() == ending else ending
            continue
        if (begun := _HEREDOC.search(line)) is not None:
            ending = begun.group(1)
        gone = _GONE.match(line.strip())
        if gone is not None and gone.group(1).startswith(("$", "/", "~", "..")) and not _OWN_PLACE.search(line):
            return
        yield number, line


def _lacking(source: _Source, context: Context) -> Iterator[dict[str, Any]]:
    told = shared(context)
    made = {name.rpartition("/")[2] for found in MADE.finditer(source.text) for name in found.groups() if name}
    passed: set[str] = set()
    for number, line in source.lines:
        if _UNSURE.search(line):
            continue
        for command, folders in _commands(line.replace("\\\n", " "), source.folders):
            lacking = told.lacks(command, folders)
            if lacking is None or lacking.target in passed or _may_be_made(lacking, source, made):
                continue
            passed.add(lacking.target)
            tops = sorted(source.folders, reverse=True) or ["", source.path.rpartition("/")[0]]
            row = row_for(lacking, source.path, number, command, "config", tops, context)
            if row is not None:
                yield row


def _commands(line: str, folders: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """The commands of a line of the shell, and where each is run; nothing more of it where that is not to be told."""
    here = folders
    for part in _SPLIT.split(line):
        text = part.strip().lstrip("(@ ")
        gone = _GONE.match(text)
        if gone is not None:
            paths = {posixpath.normpath(posixpath.join(folder, gone.group(1))) for folder in here}
            if any(path.startswith(("..", "/", "~")) or "$" in path or "%" in path for path in paths):
                return
            here = frozenset("" if path == "." else path for path in paths)
        else:
            yield bare(_INTERPRETER.sub("", text.rstrip(") "))), here
        if part.strip().endswith(")"):
            here = folders


def _may_be_made(lacking: Named, source: _Source, made: set[str]) -> bool:
    """Whether the file itself makes, fetches or looks for what it names, or a build does."""
    name = lacking.path.rpartition("/")[2]
    if name in made or _BUILT.search(f"{lacking.path}/"):
        return True
    for line in source.text.split("\n"):
        if _FETCHES.search(line) and (name in line or "/" in lacking.path):
            return True
        if name in line and any(word in line for word in ("-f ", "-e ", "-d ", "-s ", "wildcard", "exists")):
            return True
    return False
