"""Which files are wired: they run when CI or a deployed start runs, or CI builds, applies or tests with them.

Most probes judge content (level E2) and cannot know whether the code around it ever runs. What the collector asks here
is the rest of the definition of E3: *reachable from CI or from a production entry point*. A fact is lifted only where
every place that it names lies in such a file; one place in a file that nothing starts keeps the whole fact at E2.
What lies only in a script or notebook that people run by hand, in a file that git ignores, or in code that only tests
import, is not wired. Whether it also blocks or alerts, where that is its purpose, the rules of the checks ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from aiaudit.model.fact import Fact, Level, State
from aiaudit.probes.base import Context, Probe
from aiaudit.probes.ci.inventory import Command, inventory
from aiaudit.probes.ci.reach import idle_functions, run_files
from aiaudit.probes.ci.task import join
from aiaudit.probes.lifting import liftable
from aiaudit.probes.reading import Files
from aiaudit.project.roles import Role

_MEMO: Final = "wiring.files"
KUSTOMIZATIONS: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_APPLY: Final = frozenset({"apply", "create", "replace", "upgrade", "install", "build"})
_PARTS: Final = ("resources", "bases", "components", "patches", "patchesStrategicMerge", "configMapGenerator")
_SUFFIXES: Final = (".yaml", ".yml", ".json", ".tf")
_MAX_DEPTH: Final = 5


def lifted(fact: Fact, probe: Probe[Any], context: Context) -> Fact:
    """The fact at E3 where all its places are wired; else as it was."""
    if not liftable(probe) or fact.state is not State.KNOWN or fact.level is not Level.CONTENT:
        return fact
    records = fact.value
    if not isinstance(records, list) or not records or not all(isinstance(one, dict) for one in records):
        return fact
    wired = _wired(context)
    if not wired or not all(_runs(one, wired) for one in records):
        return fact
    return replace(fact, level=Level.WIRED, method=f"{fact.method}; every place is in what CI or a deployed start runs")


def _runs(record: dict[str, Any], wired: dict[str, frozenset[str]]) -> bool:
    idle = wired.get(record.get("path", ""))
    function = record.get("function") or record.get("qualname") or ""
    return idle is not None and not (function and idle and function in idle)


def _wired(context: Context) -> dict[str, frozenset[str]]:
    """Wired files, each with the functions in it that nothing calls; computed once a run."""
    known = context.memo.get(_MEMO)
    if not isinstance(known, dict):
        known = context.memo[_MEMO] = {path: idle_functions(context, path) for path in run_files(context)}
        for path in _by_ci(context):
            known.setdefault(path, frozenset())
    return known


def _by_ci(context: Context) -> Iterator[str]:
    """CI's own files, images that it builds, manifests that it applies, and tests that block a change."""
    files = Files(context.project)
    for command in inventory(context).commands:
        leaf = command.leaf
        if command.hook or command.runs is False:
            continue
        yield command.workflow.path  # what stands in the workflow itself
        if leaf.kind == "build_image" and leaf.module:
            yield leaf.module
        elif leaf.kind == "deploy":
            yield from _applied(command, files)
        elif leaf.kind == "test" and command.on_change and command.record()["blocking"] is True:
            yield from _tested(command, context)


def _applied(command: Command, files: Files) -> Iterator[str]:
    """The files that `kubectl apply -f`, `kubectl apply -k`, `helm upgrade` or `terraform apply` hand over."""
    leaf = command.leaf
    if leaf.folder is None or _APPLY.isdisjoint(leaf.words):
        return
    program, arguments = leaf.words[0].rpartition("/")[2], leaf.words[1:]
    if program in ("terraform", "tofu"):
        chosen = next((one.partition("=")[2] for one in arguments if one.startswith("-chdir=")), "")
        yield from _below(join(leaf.folder, chosen) if chosen else leaf.folder, files, deep=False)
        return
    kustomized = any(one in ("-k", "--kustomize") or one.startswith(("-k=", "--kustomize=")) for one in arguments)
    deep = program in ("helm", "helmfile") or bool({"-R", "--recursive"} & set(arguments))
    for word in arguments:
        path = join(leaf.folder, word.partition("=")[2] if word.startswith("-") and "=" in word else word)
        if path is None or word == "-":
            continue
        if files.exists(path):
            yield path
        elif kustomized or program == "kustomize":
            yield from _kustomized(path, files, 0)
        else:
            yield from _below(path, files, deep=deep)


def _kustomized(folder: str, files: Files, depth: int) -> Iterator[str]:
    """What a kustomization takes in; nothing that merely lies beside it."""
    start = next((f"{folder}/{name}".lstrip("/") for name in KUSTOMIZATIONS if files.exists(f"{folder}/{name}")), "")
    document = files.yaml(start) if start and depth < _MAX_DEPTH else None
    if not isinstance(document, dict):
        return
    yield start
    for part in _PARTS:
        for one in document.get(part) or ():
            named = one.get("path") if isinstance(one, dict) else one
            path = join(folder, named) if isinstance(named, str) else None
            if path is not None and files.exists(path):
                yield path
            elif path is not None:
                yield from _kustomized(path, files, depth + 1)


def _below(folder: str | None, files: Files, *, deep: bool) -> Iterator[str]:
    """Manifests in a folder (`deep`: and below it) that exists in the tree."""
    if folder is None:
        return
    prefix = f"{folder}/" if folder else ""
    for entry in files.project.files:
        inner = entry.path.removeprefix(prefix)
        if entry.path.startswith(prefix) and entry.suffix in _SUFFIXES and (deep or "/" not in inner):
            yield entry.path


def _tested(command: Command, context: Context) -> Iterator[str]:
    """The test files that a test command collects: below the paths it names, or all of them where it names none."""
    leaf = command.leaf
    if leaf.folder is None:
        return
    named = [join(leaf.folder, word.partition("::")[0]) for word in leaf.words[1:] if not word.startswith("-")]
    paths = [entry.path for entry in context.project.files if entry.role is Role.TEST]
    chosen = [one for one in named if one and any(p == one or p.startswith(f"{one}/") for p in paths)]
    starts = chosen or ([leaf.folder] if not any("/" in word or ".py" in word for word in leaf.words[1:]) else [])
    for path in paths:
        if any(not start or path == start or path.startswith(f"{start}/") for start in starts):
            yield path
