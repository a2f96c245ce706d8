"""All CI commands of the project, read once and shared by every query (`Context.memo`)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.ci import (
    appveyor,
    azure,
    buildkite,
    cirrus,
    cloudbuild,
    codebuild,
    drone,
    github,
    gitlab,
    jenkins,
    other_systems,
    semaphore,
    taskcluster,
    travis,
)
from aiaudit.probes.ci.classify import kind_of_action, kind_of_step, pushes_to_a_host
from aiaudit.probes.ci.conditions import pushes_proposals
from aiaudit.probes.ci.kinds import Kind
from aiaudit.probes.ci.matrix import scripts
from aiaudit.probes.ci.model import CHANGE_EVENTS, Job, Maybe, Step, Workflow, as_map, both
from aiaudit.probes.ci.own import copies, in_tree
from aiaudit.probes.ci.refused import Torn, torn
from aiaudit.probes.ci.resolve import Leaf, Place, Resolver
from aiaudit.probes.ci.task import join
from aiaudit.probes.config.redact import redact, redact_words
from aiaudit.probes.reading import Files
from aiaudit.probes.words import word_set

CONFIG_GLOBS: Final = (
    *github.GLOBS,
    gitlab.FILE,
    *jenkins.GLOBS,
    *azure.GLOBS[:5],
    other_systems.CIRCLE,
    other_systems.BITBUCKET,
    *cloudbuild.GLOBS,
    taskcluster.FILE,
    *buildkite.GLOBS,
    travis.FILE,
    *codebuild.GLOBS,
    *drone.GLOBS,
    *appveyor.GLOBS,
    *semaphore.GLOBS,
    cirrus.FILE,
)
_MAX_REUSE: Final = 4
MOST_COMMANDS: Final = 10_000
_MEMO: Final = "ci.inventory"
_INPUT: Final = lazy.regex(r"^\s*\$\{\{\s*inputs\.([\w-]+)\s*\}\}\s*$")
SILENT: Final = word_set(
    "exit true false : set echo printf export cd pushd popd sleep mkdir pwd ls shift local unset return",
    "break continue trap [ [[ read declare cat touch rm cp mv date whoami",
)  # words of the shell that do no work of their own


class Command(Struct, frozen=True):
    """A leaf with the job it runs in."""

    leaf: Leaf
    workflow: Workflow
    job: Job
    step: Step
    triggers: tuple[str, ...]
    runs: Maybe
    needs: tuple[str, ...]
    uses: str = ""
    hook: bool = False
    at: int = 0  # its number among the commands of its step
    asked: bool = False  # a person lets it run

    @property
    def on_change(self) -> bool:
        return any(event in CHANGE_EVENTS for event in self.triggers)

    @property
    def proposed(self) -> bool:
        """Whether a change runs it before it is taken in."""
        if self.workflow.system != "github":
            return self.on_change
        if {"pull_request", "pull_request_target", "merge_group"} & set(self.triggers):
            return True
        return "push" in self.triggers and pushes_proposals(as_map(self.workflow.data).get("on"))

    def record(self) -> dict[str, Any]:
        leaf = self.leaf
        return {
            "path": leaf.path,
            "line": leaf.line,
            "ci_path": self.workflow.path,
            "ci_line": self.step.script_line or self.step.line,
            "system": self.workflow.system,
            "workflow": self.workflow.name,
            "job": self.job.id,
            "step": self.step.name,
            "command": redact(leaf.text[:300]),
            "program": leaf.words[0].rpartition("/")[2] if leaf.words else "",
            "words": redact_words(leaf.words[:60]),
            "wrappers": list(leaf.wrappers),
            "module": leaf.module,
            "kind": leaf.kind,
            "triggers": list(self.triggers),
            "on_change": self.on_change,
            "proposed": self.proposed,
            "runs": self.runs,
            "blocking": both(leaf.blocking, self.runs) if not self.hook else leaf.blocking,
            "needs": list(self.needs),
            "environment": self.job.environment,
            "condition": self.step.condition or self.job.condition,
            "via": [redact(one) for one in leaf.via],
            "resolved": leaf.resolved,
            "at": self.at,
            "halts": leaf.halts,
            "asked": self.asked,
            "uses": self.uses,
        }


class Inventory(Struct):
    """Every workflow and command, the configuration files that could not be read, and those that nobody can read."""

    workflows: list[Workflow] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    torn: list[Torn] = field(default_factory=list)


def inventory(context: Context) -> Inventory:
    """The project's CI, computed once a run."""
    found = context.memo.get(_MEMO)
    if not isinstance(found, Inventory):
        found = _build(Files(context.project))
        context.memo[_MEMO] = found
    return found


def _build(files: Files) -> Inventory:
    workflows = [
        *github.read(files),
        *gitlab.read(files),
        *jenkins.read(files),
        *azure.read(files),
        *other_systems.read_circle(files),
        *other_systems.read_bitbucket(files),
        *cloudbuild.read(files),
        *taskcluster.read(files),
        *buildkite.read(files),
        *travis.read(files),
        *codebuild.read(files),
        *drone.read(files),
        *appveyor.read(files),
        *semaphore.read(files),
        *cirrus.read(files),
    ]
    paths = dict.fromkeys([*(entry.path for entry in files.matching(CONFIG_GLOBS)), *(one.path for one in workflows)])
    made = Inventory(workflows, paths=list(paths))
    collector = _Collector(files, workflows)
    for workflow in workflows:
        # A workflow that only others call is seen through its callers.
        if set(workflow.triggers) == {"workflow_call"} and workflow.path in collector.called:
            continue
        room = MOST_COMMANDS - len(made.commands)
        made.commands.extend(islice(collector.workflow(workflow), room))
        if len(made.commands) >= MOST_COMMANDS:
            files.problems.setdefault(workflow.path, f"more than {MOST_COMMANDS:,} commands; no more were followed")
            break
    made.commands.extend(collector.hooks())
    broken = (torn(files, path) for path in files.problems if path.startswith(".github/workflows/"))
    made.torn = [one for one in broken if one is not None]
    lost = {one.path for one in made.torn}  # GitHub runs nothing of these, so that nothing of them was missed
    made.problems = {path: reason for path, reason in files.problems.items() if path in made.paths and path not in lost}
    return made


class _Surroundings(Struct, frozen=True):
    """What the caller of a (reusable) workflow decides for its jobs."""

    triggers: tuple[str, ...]
    runs: Maybe = True
    needs: tuple[str, ...] = ()
    depth: int = 0


def _environment(inner: Job, caller: Job, callee: Workflow) -> str:
    """The environment of a job of a called workflow, which may be told it as an input. A name that is worked out on the
    way is one."""
    told = _INPUT.match(inner.environment)
    if told is None:
        return inner.environment
    taken = as_map(as_map(as_map(as_map(callee.data).get("on")).get("workflow_call")).get("inputs"))
    by_default = as_map(taken.get(told[1])).get("default")
    return str(caller.inputs.get(told[1], by_default) or "")


class _Collector:
    def __init__(self, files: Files, workflows: list[Workflow]) -> None:
        self.files = files
        self.resolver = Resolver(files)
        self.by_path = {workflow.path: workflow for workflow in workflows}
        self.called = {job.uses[2:] for w in workflows for job in w.jobs if job.uses.startswith("./")}

    def workflow(self, workflow: Workflow) -> Iterator[Command]:
        for job in workflow.jobs:
            yield from self._job(workflow, job, _Surroundings(workflow.triggers))

    def _job(self, workflow: Workflow, job: Job, around: _Surroundings) -> Iterator[Command]:
        triggers = job.triggers or around.triggers
        runs = both(around.runs, job.runs)
        waits = tuple(dict.fromkeys((*around.needs, *_all_needs(workflow, job))))
        asked = job.asked or any(one.asked for one in workflow.jobs if one.id in waits)
        callee = self.by_path.get(job.uses[2:]) if job.uses.startswith("./") else None
        if callee is not None and around.depth < _MAX_REUSE and self.files.may_follow(workflow.path):
            inside = _Surroundings(triggers, runs, waits, around.depth + 1)
            for inner in callee.jobs:
                for command in self._job(callee, inner, inside):
                    via = (f"{workflow.path}:{job.line} uses {job.uses}", *command.leaf.via)
                    leaf = replace(command.leaf, via=via, blocking=both(job.blocking, command.leaf.blocking))
                    here = job.environment or _environment(command.job, job, callee)
                    outer = replace(job, id=f"{job.id} / {command.job.id}", environment=here)
                    yield replace(command, job=outer, leaf=leaf, asked=asked or command.asked)
            return
        if job.uses:
            leaf = Leaf((), job.uses, workflow.path, job.line, job.blocking, kind_of_action(job.uses), resolved=False)
            yield Command(leaf, workflow, job, Step(job.line), triggers, runs, waits, uses=job.uses)
        beside = copies(job) if workflow.system == "github" else frozenset()
        remotes: dict[str, str] = {}
        for step in job.steps:
            folder = in_tree(step.folder, beside)
            blocking = both(job.blocking, step.blocking)
            place = Place(step.path or workflow.path, step.script_line, folder, blocking, copies=beside)
            seen: set[tuple[str, str, int]] = set()
            written = scripts(step.script, workflow.data, job) if workflow.system == "github" else (step.script,)
            at = 0
            for script in written:
                for leaf, uses in self._step(step if script == step.script else replace(step, script=script), place, 0):
                    if len(written) > 1:  # each is a job of its own
                        if (what := (leaf.text, leaf.path, leaf.line)) in seen:
                            continue
                        seen.add(what)
                    foreign = job.deploys and leaf.kind == "other" and self._is_foreign(leaf)
                    deploys = foreign or pushes_to_a_host(leaf.words, remotes)
                    told = replace(
                        leaf, kind="deploy" if deploys else leaf.kind, halts=leaf.halts and len(written) == 1
                    )
                    starts = both(both(runs, step.runs), leaf.starts)
                    at += 1
                    let = asked or step.asked
                    yield Command(told, workflow, job, step, triggers, starts, waits, uses, at=at, asked=let)

    def _is_foreign(self, leaf: Leaf) -> bool:
        """Whether it runs a program by a path that the tree does not have: its stage alone tells what it does."""
        return leaf.words[0].startswith("./") and not self.files.exists(join(leaf.folder, leaf.words[0]) or "")

    def _step(self, step: Step, place: Place, depth: int) -> Iterator[tuple[Leaf, str]]:
        if step.script and step.shell.kind == "sh":
            for leaf in self.resolver.script(step.script, place, step.shell):
                if leaf.words[0] not in SILENT:
                    yield leaf, ""
        elif step.script:
            yield (
                Leaf(
                    (step.shell.kind,),
                    step.script.strip().partition("\n")[0],
                    place.path,
                    place.line,
                    place.blocking,
                    "other",
                ),
                "",
            )
        if not step.uses:
            return
        composite = github.composite_action(self.files, step.uses)
        if composite is not None and depth < _MAX_REUSE and self.files.may_follow(place.path):
            via = (*place.via, f"{place.path}:{step.line} uses {step.uses}")
            for inner in composite.steps:
                blocking = both(place.blocking, inner.blocking)
                folder = inner.folder if inner.folder or inner.folder is None else place.folder
                at = Place(composite.path, inner.script_line, folder, blocking, via)
                yield from self._step(inner, at, depth + 1)
            return
        yield from self._action(step, place)

    def _action(self, step: Step, place: Place) -> Iterator[tuple[Leaf, str]]:
        kind: Kind = kind_of_step(step.uses, step.inputs)
        words = (
            "uses",
            step.uses,
            *(f"{key}={str(value)[:120]}" for key, value in step.inputs.items() if not _secret(key)),
        )
        file = self._image_file(step) if kind == "build_image" else ""
        yield (
            Leaf(words, step.uses, place.path, step.line, place.blocking, kind, place.folder, place.via, (), file),
            step.uses,
        )
        inner = replace(place, via=(*place.via, f"{place.path}:{step.line} uses {step.uses}"), depth=1)
        if step.uses.lower().startswith("pre-commit/action"):
            for found in self.resolver.command(
                ("pre-commit", "run", "--all-files"), "pre-commit run --all-files", inner
            ):
                yield found, ""
        elif file:
            for found in self.resolver.image(file, replace(inner, folder=file.rpartition("/")[0])):
                yield found, ""

    def _image_file(self, step: Step) -> str:
        """The Dockerfile that an action for building images uses; "" where it is not in the tree."""
        file = str(step.inputs.get("file") or step.inputs.get("dockerfile") or "")
        path = join("", file) if file else join(join("", str(step.inputs.get("context") or ".")), "Dockerfile")
        return path if path is not None and self.files.exists(path) else ""

    def hooks(self) -> Iterator[Command]:
        """pre-commit's own hooks: they run when a person commits, so they block nobody who did not install them."""
        for hook in self.resolver.hooks():
            workflow = Workflow(hook.path, "pre-commit", "pre-commit", ("commit",), ())
            step = Step(hook.line, hook.id, script_line=hook.line)
            for leaf in self.resolver.command(hook.words, " ".join(hook.words), Place(hook.path, hook.line, "")):
                yield Command(
                    replace(leaf, blocking=False),
                    workflow,
                    Job(hook.id, hook.line),
                    step,
                    ("commit",),
                    True,
                    (),
                    hook=True,
                )


def _all_needs(workflow: Workflow, job: Job) -> tuple[str, ...]:
    """The jobs that must have ended before this one, those they need included."""
    by_id = {one.id: one for one in workflow.jobs}
    found: dict[str, None] = {}
    queue = list(job.needs)
    while queue:
        name = queue.pop()
        if name not in found:
            found[name] = None
            queue.extend(by_id[name].needs if name in by_id else ())
    return tuple(sorted(found))


def _secret(key: str) -> bool:
    lower = key.lower()
    return any(word in lower for word in ("token", "password", "secret", "key", "credential"))
