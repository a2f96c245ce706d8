"""The probe `entrypoints.unresolved`: programs of the project that a deployed start names and that are not there."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import Type, list_of
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.entrypoints import starts
from aiaudit.probes.ci.serving import start_of
from aiaudit.probes.config.dockerfile import stages
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.probes.unresolved.copies import compose_contexts, upward
from aiaudit.probes.unresolved.whereabouts import UNRESOLVED, row_of, whereabouts

# What an image fetches while it is built, or is made there.
_FETCHED: Final = lazy.regex(
    r"(?m)^\s*(?:RUN\b.*)?.*\b(?:git\s+clone|curl|wget|npx\s+create-|ollama|tar\s+-?x|unzip)\b|ADD\s+https?:|--from="
)
_MADE: Final = lazy.regex(r"(?i)(?:^|/)(?:dist|build|out|\.?next|\.output|target|bin|lib|standalone)/")
_NODE: Final = lazy.regex(r"^(?:\S{0,200}/)?node(?:\s++--?[\w=.:/-]++)*+\s++([\w./-]++)(?:\s|$)")
# With which a module is found elsewhere than at the root, or installed.
_MOVED: Final = lazy.regex(
    r"PYTHONPATH|--chdir|--app-dir|--pythonpath|(?m:^\s*(?:RUN\b.*)?.*\bcd\s)|pip3?\s+install\s+(?:-e\s+)?[\"']?\.|setup\.py|uv\s+sync|poetry"
    r"\s+install|pdm\s+install"
)
_IS_SCRIPT: Final = lazy.regex(r"[mc]?js")
_PLACES: Final = lazy.regex(r"^/(?:app|code|src|workspace|usr/src/app|opt/app|home/\w+/app)/")
_SOURCES: Final = frozenset({"dockerfile", "procfile", "platform", "package.json"})
_SCRIPT: Final = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx")


class UnresolvedQuery(Query):
    """Programs that an image, a Procfile, a platform's description or `npm start` starts, of which no file of the tree
    bears the name, however the image has moved it; where an image holds the project just as it lies, those that do not
    lie there. cause, near: see `python.unresolved`. started: it is deployed."""


class UnresolvedProbe(Probe[UnresolvedQuery]):
    name: ClassVar[str] = "entrypoints.unresolved"
    title: ClassVar[str] = "Programs of the project that a start names and that are not there"
    query: ClassVar[type[Query]] = UnresolvedQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: UnresolvedQuery) -> Type:
        return list_of(UNRESOLVED)

    def answer(self, fact_id: str, query: UnresolvedQuery, context: Context) -> Fact:
        found = list(_lacking(context))
        scope = scope_of([one["path"] for one in starts(context)], ())
        method = "programs of start commands looked for by their names"
        return listed(fact_id, found, method=method, scope=scope, note="refers")


def _lacking(context: Context) -> Iterator[dict[str, Any]]:
    files = Files(context.project)
    where = whereabouts(context)
    names = {entry.name for entry in context.project.entries}
    contexts = compose_contexts(files)
    seen: set[tuple[str, int, str]] = set()
    for one in starts(context):
        if one["source"] not in _SOURCES or not (one["deployed"] or one["name"] == "start") or one["wrappers"]:
            continue
        wanted = _program(one["command"])
        if not wanted or (one["path"], one["line"], wanted[0]) in seen:
            continue
        seen.add((one["path"], one["line"], wanted[0]))
        text = files.text(one["path"]) or ""
        own = one["path"].rpartition("/")[0]
        folders = list(contexts.get(one["path"], ())) or list(upward(own))
        if one["source"] == "dockerfile" and _as_it_is(text, one["command"]):
            lies = [posixpath.join(folder, wanted[0]) for folder in folders]
            there = any(where.holds(path) or where.holds(path.removesuffix(".py")) for path in lies)
        else:
            there = bool(one["module"]) or not names.isdisjoint(wanted)
        if there or _FETCHED.search(text):
            continue
        target = posixpath.join(folders[0], wanted[0])
        cause = where.why_not([target])
        if cause is not None:
            refers = f"start of {one['command'][:100]}"
            yield row_of(one["path"], one["line"], "config", refers, target, cause, started=bool(one["deployed"]))


def _as_it_is(dockerfile: str, command: str) -> bool:
    """Whether an image holds the project just as it lies, and the command is run at its root: `WORKDIR /app`,
    `COPY . .`, and nothing that makes another place one from which modules are taken."""
    if _MOVED.search(dockerfile) or _MOVED.search(command):
        return False
    made = stages(dockerfile)
    if len(made) != 1:
        return False
    folders = [one.flat for one in made[0].instructions if one.name == "WORKDIR"]
    copies = [
        one.flat.split() for one in made[0].instructions if one.name in ("COPY", "ADD") and "--from=" not in one.value
    ]
    whole = [words for words in copies if words[-2:-1] in (["."], ["./"])]
    home = folders[0].rstrip("/") if len(folders) == 1 else ""
    return bool(home) and len(whole) == 1 and whole[0][-1].rstrip("/") in (".", "", home)


def _program(command: str) -> list[str]:
    """The file of the project that a command starts, as written, and the names that it may have; nothing where it is
    none or a build makes it."""
    node = _NODE.match(command)
    if node is not None:
        written, _, ending = node.group(1).rpartition(".")
        if not _IS_SCRIPT.fullmatch(ending):
            written, ending = node.group(1), ""
        path = _PLACES.sub("", written).removeprefix("./")
        if path.startswith(("/", "-")) or _MADE.search(f"{path}/"):
            return []
        base = path.rpartition("/")[2]
        return [f"{path}.{ending or 'js'}", base, *(base + suffix for suffix in _SCRIPT)] if base else []
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    written = start_of(tuple(words)).target
    target = _PLACES.sub("", written).removeprefix("./")
    if not target or target.startswith(("/", "-")) or "$" in target:
        return []
    if target.endswith(".py"):
        return [target, target.rpartition("/")[2]]
    module = target.partition(":")[0]
    last = module.rpartition(".")[2]
    if "/" in module or not module.replace(".", "").isidentifier() or not _is_served(module, words):
        return []
    return [f"{module.replace('.', '/')}.py", f"{last}.py", last]


def _is_served(module: str, words: list[str]) -> bool:
    """Whether a word names an object of the module, as a server is told it: `app.main:app`."""
    return any(word.partition(":")[0] == module and ":" in word for word in words)
