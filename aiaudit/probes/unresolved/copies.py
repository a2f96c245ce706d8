"""The probe `images.unresolved`: what an image copies from the project, or runs of its package, and is not there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config.compose import GLOBS as COMPOSE_GLOBS
from aiaudit.probes.config.compose import builds
from aiaudit.probes.config.docker import GLOBS, is_development
from aiaudit.probes.config.dockerfile import Instruction, Stage, resolve, stages
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.probes.unresolved.package_scripts import lacking_scripts, package_scripts
from aiaudit.probes.unresolved.whereabouts import NOWHERE, UNRESOLVED, Cause, Whereabouts, row_of, whereabouts
from aiaudit.project.entry import Entry

# What is built, packed or fetched before the image is.
_MADE: Final = lazy.regex(
    r"(?i)(?:^|/)(?:dist|build|out|target|bin|obj|publish|release|\.?next|\.nuxt|\.output|node_modules|vendor|wheels?"
    r"|wheelhouse|gen|generated|rootfs|tmp)(?:/|$)|\.(?:jar|war|whl|gz|tgz|tar|zip|so|exe|deb|rpm|apk|dll)$"
)
# Nothing but a command of somebody makes a folder of wheels: no build of a project leaves one.
_WHEELS: Final = lazy.regex(r"(?i)(?:^|/)(?:wheels?|wheelhouse)(?:/|$)")
_WHEEL_MAKERS: Final = lazy.regex(
    r"(?i)\bpip3?\s+(?:wheel|download)\b|\bcibuildwheel\b|-m\s+build\b|\bbdist_wheel\b|\b(?:uv|poetry|hatch|pdm|flit|maturin)\s+build\b"
    r"|--wheel-dir\b|\bwheelhouse/|\bwheels?/"
)
_TOLD: Final = (
    "**/*.{sh,bash,ps1,bat,cmd,md,rst,txt,yml,yaml,toml,py,groovy}",
    "**/{[mM]akefile,[jJ]ustfile,Jenkinsfile}",
)
_USUAL: Final = frozenset({"Dockerfile", "dockerfile", "Containerfile"})  # what is built where nothing is named
_GLOB: Final = frozenset("*?[")
_APART: Final = lazy.regex(r"(?i)(?:^|/)(?:docker\w*|containers?|deploy\w*|infra\w*|k8s|ops|build)$")
_MOST: Final = 100


class UnresolvedQuery(Query):
    """Scripts of `package.json` that an image runs and no such file has; and sources of COPY and ADD that no folder
    holds from which the image may be built: those that a compose file names, else that of the Dockerfile and those
    above it. cause: nowhere, capitals (`near` is the path that differs from it in capitals alone) or ignored (`near`
    is the place of the rule, `rule` its words; `by_name`: it names this very file).
    started: the image is not one for developers, tests or documents, and is what is built where nothing is named, or a
    compose file names it."""


class UnresolvedProbe(Probe[UnresolvedQuery]):
    name: ClassVar[str] = "images.unresolved"
    title: ClassVar[str] = "Files that images copy, and scripts of package.json that they run, and that are not there"
    query: ClassVar[type[Query]] = UnresolvedQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: UnresolvedQuery) -> Type:
        return list_of(UNRESOLVED)

    def answer(self, fact_id: str, query: UnresolvedQuery, context: Context) -> Fact:
        files = Files(context.project)
        entries = files.running(GLOBS)
        where = whereabouts(context)
        contexts = compose_contexts(files) if entries else {}
        packages = package_scripts(files, context.project) if entries else None
        names = {entry.name for entry in context.project.entries} if packages else set()
        found: list[dict[str, Any]] = []
        for entry in entries:
            text = files.text(entry.path)
            if not text:
                continue
            made = stages(text)
            started = not is_development(entry.path, entry.role) and (
                entry.name in _USUAL or bool(contexts.get(entry.path))
            )
            lacking = chain(
                _lacking(entry, made, contexts.get(entry.path, ()), files, where, started),
                _scripts(entry, lacking_scripts(text, made, packages, names), started),
            )
            found.extend(islice(lacking, _MOST - len(found)))
        scope = scope_of([entry.path for entry in entries], files.problems)
        method = "sources of COPY and ADD, and scripts of package.json that are run, held against the tree"
        return listed(fact_id, found, method=method, scope=scope, note="refers")


def _scripts(entry: Entry, lacking: Iterable[tuple[Instruction, str, str]], started: bool) -> Iterator[dict[str, Any]]:
    for one, command, name in lacking:
        target = f"the script {name} of package.json"
        yield row_of(
            entry.path, one.line, entry.role.value, f"{one.name} {command}", target, Cause(NOWHERE), started=started
        )


def _lacking(
    entry: Entry, made: list[Stage], contexts: Sequence[str], files: Files, where: Whereabouts, started: bool
) -> Iterator[dict[str, Any]]:
    copies = [
        (one, source)
        for stage in made
        for one in stage.instructions
        if one.name in ("COPY", "ADD")
        for source in _sources(one, stage.variables)
    ]
    own = entry.path.rpartition("/")[0]
    folders = list(dict.fromkeys(contexts or upward(own)))
    hits = {folder: sum(where.holds_exactly(_join(folder, source)) for _, source in copies) for folder in folders}
    apart = bool(_APART.search(own))  # a folder of Dockerfiles alone, which are built from the root
    folders.sort(key=lambda folder: (-hits[folder], bool(folder) if apart else 0))  # first what holds most of it
    for one, source in copies:
        if _made_before(source, files) or any(where.holds_exactly(_join(folder, source)) for folder in folders):
            continue
        candidates = [_join(folder, source) for folder in folders]
        cause = where.why_not(candidates) if not _of_dvc(source, files) else None
        if cause is not None:
            refers = f"{one.name} {source}"
            yield row_of(entry.path, one.line, entry.role.value, refers, candidates[0], cause, started=started)


def _made_before(source: str, files: Files) -> bool:
    """Whether it is made before the image is built; of wheels, only where a command or a text tells how."""
    if not _MADE.search(source):
        return False
    if not _WHEELS.search(source) or source.endswith(".whl"):
        return True
    return any(_WHEEL_MAKERS.search(files.text(entry.path) or "") for entry in files.matching(_TOLD))


def _sources(one: Instruction, variables: dict[str, str]) -> Iterator[str]:
    """What an instruction copies from where the image is built; nothing that is fetched or stands in the file."""
    if "--from=" in one.value or one.bodies or "<<" in one.value:
        return
    flat = one.flat
    while flat.startswith("--"):
        flat = flat.partition(" ")[2].lstrip()
    words = Instruction(one.name, flat, one.line).exec_form() or flat.split()
    for word in words[:-1]:
        if not _GLOB.isdisjoint(word):  # `COPY uv.lock* ./` takes what there is (BuildKit: AllowEmptyWildcard)
            continue
        written = resolve(word.strip("\"'"), variables) or ""
        source = posixpath.normpath(written.lstrip("/")) if written else ""
        if source not in ("", ".") and "$" not in source and "://" not in written and not source.startswith(".."):
            yield source


def compose_contexts(files: Files) -> dict[str, list[str]]:
    """The folders that compose files build a Dockerfile from, by its path."""
    found: dict[str, list[str]] = {}
    for entry in files.matching(COMPOSE_GLOBS):
        for dockerfile, folder in builds(files, entry.path):
            found.setdefault(dockerfile, []).append(folder)
    return found


def _of_dvc(source: str, files: Files) -> bool:
    """Whether a pipeline of DVC makes it, so that `dvc pull` or `dvc repro` brings it."""
    return any(
        source.rpartition("/")[2] in (files.text(entry.path) or "") for entry in files.matching("**/dvc.{yaml,lock}")
    )


def upward(folder: str) -> Iterator[str]:
    """A folder and those above it, up to the root."""
    yield folder
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _join(folder: str, source: str) -> str:
    return f"{folder}/{source}" if folder else source
