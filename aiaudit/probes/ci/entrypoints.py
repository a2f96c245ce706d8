"""Probe `entrypoints`: how the project is started: images, compose, Kubernetes, platforms, schedules, scripts, make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.bundles import bundle_files, bundle_tasks
from aiaudit.probes.ci.classify import kind_of, stem_kind
from aiaudit.probes.ci.hosted import hosted_starts
from aiaudit.probes.ci.inventory import SILENT
from aiaudit.probes.ci.makefile import MakeCall, load, tasks
from aiaudit.probes.ci.model import Shell, as_map
from aiaudit.probes.ci.modules import file_of_module, file_of_script
from aiaudit.probes.ci.resolve import Leaf, Place, Resolver
from aiaudit.probes.ci.schedules import scheduled
from aiaudit.probes.ci.script_tasks import named_tasks
from aiaudit.probes.ci.serving import Start, start_of
from aiaudit.probes.ci.shell import MOST_NAMELESS, is_script
from aiaudit.probes.config.compose import GLOBS as COMPOSE_GLOBS
from aiaudit.probes.config.compose import services
from aiaudit.probes.config.docker import GLOBS as DOCKER_GLOBS
from aiaudit.probes.config.docker import is_development
from aiaudit.probes.config.docker import start_of as start_in
from aiaudit.probes.config.dockerfile import stages
from aiaudit.probes.config.kubernetes import manifests
from aiaudit.probes.config.redact import redact
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.parse import line_of

_MEMO: Final = "entrypoints"
_SCRIPT: Final = lazy.regex(r"([\w-]{1,100})\s{0,9}=\s{0,9}([a-zA-Z_][\w.]{0,200}:\w{1,100})")

ENTRYPOINT = record(
    "entrypoint",
    path=STRING,
    line=INT,
    source=STRING,
    name=STRING,
    command=STRING,
    program=STRING,
    kind=STRING,
    module=STRING,
    deployed=BOOL,
    development_server=STRING,
    workers=INT,
    wrappers=list_of(STRING),
)


# Targets whose name says that they train, or run all that leads to a model.
_TRAINS: Final = lazy.regex(
    r"(?i)^(?!.*(?:data|etl|ingest|infra|deploy))(?!(?:.*[_-])?(?:ci|lint|tests?)(?:[_-].*)?$)(?:.*[_-])?"
    r"(?:re-?train|train(?:ing)?|fit|fine-?tune|pipeline|repro(?:duce)?|experiments?)(?:[_-].*)?$"
)


class EntrypointsQuery(Query):
    """`kinds` of serve, train, evaluate, batch, other; `deployed`: only what an image, a compose file, a manifest, a
    Procfile, a platform by its description, a crontab or a unit of systemd starts."""

    kinds: tuple[str, ...] = ()
    deployed: bool = False


class Entrypoints(Probe[EntrypointsQuery]):
    """One record a start: its place, source, command, kind, the file of the tree it runs, and signs of a development
    server (`--reload`, debug mode)."""

    name: ClassVar[str] = "entrypoints"
    title: ClassVar[str] = "How the project is started: images, compose, Kubernetes, Procfile, scripts, Makefile"
    query: ClassVar[type[Query]] = EntrypointsQuery
    max_level: ClassVar[Level] = Level.WIRED

    def value_type(self, query: EntrypointsQuery) -> Type:
        return list_of(ENTRYPOINT)

    def answer(self, fact_id: str, query: EntrypointsQuery, context: Context) -> Fact:
        found = _found(context)
        records = [
            one
            for one in found.records
            if (not query.kinds or one["kind"] in query.kinds) and (not query.deployed or one["deployed"])
        ]
        level = Level.WIRED if any(one["deployed"] for one in records) else Level.CONTENT
        scope = scope_of(found.paths, found.files.problems)
        return listed(fact_id, records, method="start commands read", level=level, scope=scope, note="command")


def starts(context: Context) -> list[dict[str, Any]]:
    """All starts as records."""
    return _found(context).records


def _found(context: Context) -> _Starts:
    known = context.memo.get(_MEMO)
    if not isinstance(known, _Starts):
        known = context.memo[_MEMO] = _Starts(context)
    return known


class _Starts:
    """All starts, found once a run."""

    def __init__(self, context: Context) -> None:
        self.files = Files(context.project)
        self.resolver = Resolver(self.files)
        self.paths: list[str] = []
        self.records: list[dict[str, Any]] = []
        for source, name, leaf, deployed in (
            *self._images(),
            *self._compose(),
            *self._kubernetes(context),
            *self._procfile(),
            *self._hosted(),
            *self._machines(),
            *self._package_scripts(),
            *self._makefile(),
            *self._tasks(),
            *self._pipelines(),
            *self._bundles(),
            *self._bentos(),
            *self._scripts(),
        ):
            self.records.append(self._record(source, name, leaf, deployed))
        self.records.extend(self._console_scripts())
        self.records.extend(self._old_console_scripts())
        self.records.extend(self._graphs())

    def _record(self, source: str, name: str, leaf: Leaf, deployed: bool) -> dict[str, Any]:
        start = start_of(leaf.words)
        module = leaf.module or self._module(start, leaf)
        general = kind_of(leaf.words, module)
        if general == "other" and source == "script":  # `finetune.sh` runs `python model.py --bits 4`
            general = stem_kind(name.removesuffix(".sh"))
        if general == "other" and source == "makefile" and module and _TRAINS.search(name):
            general = "train"  # `make pipeline` runs `python main.py`
        kind = start.kind or (general if general in ("train", "evaluate") else "other")
        return {
            "path": leaf.path,
            "line": leaf.line,
            "source": source,
            "name": name,
            "command": redact(leaf.text[:300]),
            "program": leaf.words[0].rpartition("/")[2] if leaf.words else "",
            "kind": kind,
            "module": module,
            "deployed": deployed,
            "development_server": start.development,
            "workers": start.workers,
            "wrappers": list(leaf.wrappers),
        }

    def _module(self, start: Start, leaf: Leaf) -> str:
        if not start.target:
            return ""
        if start.target.endswith(".py") or "/" in start.target:
            return file_of_script(self.files, start.target, leaf.folder) or ""
        return file_of_module(self.files, start.target, leaf.folder) or ""

    def _leaves(self, command: str, place: Place) -> Iterator[Leaf]:
        """The commands behind a start command. Arguments alone (for the image's own entry point) start nothing new."""
        for leaf in self.resolver.script(command, place, Shell(errexit=False)):
            if leaf.words[0] not in SILENT and not leaf.words[0].startswith("-"):
                yield leaf

    def _images(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        for entry in self.files.matching(DOCKER_GLOBS):
            text = self.files.text(entry.path)
            made = stages(text) if text else []
            if not made:
                continue
            self.paths.append(entry.path)
            start = start_in(made)
            if start is None:
                continue
            line, command = start
            deployed = not is_development(entry.path, entry.role)
            folder = entry.path.rpartition("/")[0]
            for leaf in self._leaves(command, Place(entry.path, line, folder)):
                yield "dockerfile", entry.name, self._at(leaf, entry.path, line), deployed

    def _at(self, leaf: Leaf, path: str, line: int) -> Leaf:
        """A command of the start line itself stands at that line, whatever the shell's own line count says."""
        return replace(leaf, line=line) if leaf.path == path else leaf

    def _compose(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        for entry in self.files.matching(COMPOSE_GLOBS):
            self.paths.append(entry.path)
            for service in services(self.files, entry.path, is_development(entry.path, entry.role)):
                if service["command"]:
                    line = service["command_line"]
                    place = Place(entry.path, line, entry.path.rpartition("/")[0])
                    for leaf in self._leaves(service["command"], place):
                        found = self._at(leaf, entry.path, line)
                        yield "compose", service["service"], found, not service["development"]

    def _kubernetes(self, context: Context) -> Iterator[tuple[str, str, Leaf, bool]]:
        for one in manifests(context).containers:
            if isinstance(one["command"], str) and one["command"]:
                self.paths.append(one["path"])
                for leaf in self._leaves(one["command"], Place(one["path"], one["line"], "")):
                    yield "kubernetes", one["container"], self._at(leaf, one["path"], one["line"]), True

    def _procfile(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        for entry in self.files.matching("Procfile"):
            self.paths.append(entry.path)
            for number, line in enumerate((self.files.text(entry.path) or "").splitlines(), 1):
                if match := re.match(r"^([\w-]+)\s*:\s*(.+)$", line):
                    for leaf in self._leaves(match.group(2), Place(entry.path, number, "")):
                        yield "procfile", match.group(1), self._at(leaf, entry.path, number), True

    def _hosted(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        """What a platform starts by a description of its own."""
        for one in hosted_starts(self.files):
            self.paths.append(one.path)
            for leaf in self._leaves(one.command, Place(one.path, one.line, one.folder)):
                yield "platform", one.name, self._at(leaf, one.path, one.line), True

    def _machines(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        """What a machine starts by itself, by its crontab or by systemd."""
        for one in scheduled(self.files):
            self.paths.append(one.path)
            for leaf in self._leaves(one.command, Place(one.path, one.line, "")):
                yield one.source, one.path.rpartition("/")[2], self._at(leaf, one.path, one.line), True

    def _package_scripts(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        for entry in self.files.matching("package.json"):
            self.paths.append(entry.path)
            for name in as_map(as_map(self.files.json(entry.path)).get("scripts")):
                if name in ("start", "serve", "dev"):
                    words = ("npm", "run", str(name))
                    for leaf in self.resolver.command(words, " ".join(words), Place(entry.path, 1, "")):
                        yield "package.json", str(name), leaf, False

    def _makefile(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        made = load(self.files, "", "")
        if made is None:
            return
        self.paths.append(made.path)
        for target in list(made.lines)[:100]:
            if target.startswith(".") and "/" not in target:  # .PHONY; ./data/model.bin is a file
                continue
            own = [task for task in tasks(made, MakeCall((target,), "", "", {}, False)) or () if task.name == target]
            for task in own:
                for piece in task.pieces:
                    place = Place(task.path, piece.line, "")
                    for leaf in self.resolver.script(piece.script, place, Shell(errexit=False)):
                        start = start_of(leaf.words)
                        named = _TRAINS.search(target) and (leaf.module or self._module(start, leaf))
                        if start.kind or leaf.kind in ("train", "evaluate") or named:
                            yield "makefile", target, leaf, False

    def _tasks(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        """Tasks of the project's own that just, go-task, poe, taskipy, PDM, Rye and Pixi keep at its root."""
        for command, path, name in named_tasks(self.files):
            self.paths.append(path)
            words = (*command, name)
            for leaf in self.resolver.command(words, " ".join(words), Place(path, 1, "")):
                start = start_of(leaf.words)
                if (start.kind or leaf.kind in ("train", "evaluate")) and leaf.path == path:
                    yield "task", name, leaf, False

    def _pipelines(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        """Stages of DVC pipelines and entry points of MLflow projects: one command runs them."""
        for entry in self.files.matching("**/dvc.yaml"):
            self.paths.append(entry.path)
            for leaf in self.resolver.command(
                ("dvc", "repro"), "dvc repro", Place(entry.path, 1, entry.path.rpartition("/")[0])
            ):
                if leaf.path == entry.path or leaf.module:
                    yield "dvc", "dvc repro", leaf, False
        for entry in self.files.matching("MLproject"):
            self.paths.append(entry.path)
            for leaf in self.resolver.command(("mlflow", "run", "."), "mlflow run .", Place(entry.path, 1, "")):
                if leaf.path == entry.path:
                    yield "mlproject", "main", leaf, False

    def _bundles(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        """Tasks of the jobs that a Databricks asset bundle brings to a workspace."""
        self.paths.extend(bundle_files(self.files))
        for task in bundle_tasks(self.files):
            text = f"databricks job {task.job}, task {task.name}: {' '.join(task.words)}"
            kind = kind_of(task.words, task.module)
            leaf = Leaf(
                task.words, text, task.path, task.line, True, kind, task.path.rpartition("/")[0], module=task.module
            )
            yield "databricks job", task.name, leaf, True

    def _bentos(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        """The service that a Bento is built of: whoever runs the Bento serves it."""
        for entry in self.files.matching("**/bentofile.{yaml,yml}"):
            data = as_map(self.files.yaml(entry.path))
            target = data.get("service")
            if isinstance(target, str) and target.strip():
                self.paths.append(entry.path)
                words = ("bentoml", "serve", target.strip())
                folder = entry.path.rpartition("/")[0]
                place = (entry.path, line_of(data, "service") or 1)
                yield "bentofile", entry.name, Leaf(words, " ".join(words), *place, True, "other", folder), True

    def _scripts(self) -> Iterator[tuple[str, str, Leaf, bool]]:
        """Python files that shell scripts of the project run."""
        nameless = [one for one in self.files.matching("**/*", ("code", "other")) if "." not in one.name]
        for entry in [*self.files.matching("**/*.sh", ("code",)), *nameless[:MOST_NAMELESS]]:
            text = self.files.text(entry.path) or ""
            if not is_script(entry.name, text):
                continue
            self.paths.append(entry.path)
            for leaf in self.resolver.script(text, Place(entry.path, 1, ""), Shell(errexit=False)):
                if leaf.module and leaf.path == entry.path:
                    yield "script", entry.name, leaf, False

    def _console_scripts(self) -> Iterator[dict[str, Any]]:
        """Console scripts of pyproject.toml, and `if __name__ == "__main__"` is left to the Python probes."""
        for entry in self.files.matching("pyproject.toml"):
            data = self.files.toml(entry.path) or {}
            self.paths.append(entry.path)
            text = (self.files.text(entry.path) or "").splitlines()
            scripts = {
                **as_map(as_map(data.get("project")).get("scripts")),
                **as_map(as_map(as_map(data.get("tool")).get("poetry")).get("scripts")),
            }
            for name, target in scripts.items():
                if not isinstance(target, str):
                    continue
                line = next(
                    (
                        n
                        for n, raw in enumerate(text, 1)
                        if raw.strip().startswith((f"{name} ", f"{name}=", f'"{name}"'))
                    ),
                    1,
                )
                leaf = Leaf(
                    (name,),
                    target,
                    entry.path,
                    line,
                    True,
                    "other",
                    "",
                    module=file_of_module(self.files, target) or "",
                )
                yield self._record("console script", str(name), leaf, False)

    def _old_console_scripts(self) -> Iterator[dict[str, Any]]:
        """Console scripts of setup.cfg, and of setup.py as text: it is never run."""
        for entry in self.files.matching(("setup.cfg", "setup.py")):
            self.paths.append(entry.path)
            text = self.files.text(entry.path) or ""
            at = text.find("console_scripts")
            for match in _SCRIPT.finditer(text, at) if at >= 0 else ():
                yield self._named(entry.path, text, match.start(), match.group(1), match.group(2), "console script")

    def _graphs(self) -> Iterator[dict[str, Any]]:
        """Graphs that a LangGraph server serves, by its langgraph.json."""
        for entry in self.files.matching("langgraph.json"):
            self.paths.append(entry.path)
            text = self.files.text(entry.path) or ""
            for name, target in as_map(as_map(self.files.json(entry.path)).get("graphs")).items():
                if isinstance(target, str):
                    yield self._named(entry.path, text, text.find(f'"{name}"'), str(name), target, "graph")

    def _named(self, path: str, text: str, at: int, name: str, target: str, source: str) -> dict[str, Any]:
        where = target.partition(":")[0]
        module = file_of_script(self.files, where, "") if where.endswith(".py") else file_of_module(self.files, where)
        line = text.count("\n", 0, max(at, 0)) + 1
        leaf = Leaf((name,), target, path, line, True, "other", "", module=module or "")
        return self._record(source, name, leaf, False)
