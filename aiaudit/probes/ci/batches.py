"""Probe `entrypoints.batches`: jobs that no container runs: what a schedule or a script starts, step by step, and what
they bring to others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, ClassVar, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.inventory import SILENT, inventory
from aiaudit.probes.ci.makefile import MakeCall, load, tasks
from aiaudit.probes.ci.model import Shell
from aiaudit.probes.ci.resolve import Leaf, Place, Resolver
from aiaudit.probes.ci.schedules import scheduled
from aiaudit.probes.ci.shell import MOST_NAMELESS, is_script
from aiaudit.probes.ci.wrappers import program_of
from aiaudit.probes.config.redact import redact
from aiaudit.probes.reading import Files, listed, scope_of

_MEMO: Final = "entrypoints.batches"
_MOST_STEPS: Final = 500  # of one job
_MOST_FETCHES: Final = 200
_STORE: Final = lazy.regex(r"^(?:s3a?|gs|abfss?|wasbs?|hdfs|sftp|ftp|https?)://")
_HOST: Final = lazy.regex(r"^(?:[\w.$\{\}-]{1,80}@)?[\w.$\{\}-]{2,80}:")
_COPIES: Final = frozenset({"cp", "mv", "sync", "rsync", "copy", "copyto", "put", "mirror"})
_CARRIERS: Final = frozenset({"aws", "gsutil", "gcloud", "rclone", "s5cmd", "s3cmd", "mc", "azcopy", "hdfs", "hadoop"})
# What a target says that users meet, and what says that they do not.
_LIVE: Final = lazy.regex(
    r"(?i)(?:^|[/_.-])(?:prod|production|live|latest|current|release[ds]?|serving|published?|public)(?:[/_.-]|$)"
)
_ASIDE: Final = lazy.regex(
    r"(?i)(?:^|[/_.-])(?:experiments?|checkpoints?|ckpts?|backups?|bkp|archive|sandbox|debug|tests?|staging|dev)(?:[/_.-]|$)"
)
_WORD: Final = lazy.regex(r"[A-Za-z]{4,40}")
_COMMON: Final = frozenset(
    {"latest", "output", "outputs", "results", "result", "data", "file", "files", "final", "json", "parquet"}
)
_BUCKET: Final = lazy.regex(r"(?:s3a?|gs)://([^\s\"'/]{1,120})|--bucket[ =]([^\s\"'/]{1,120})")

BATCH: Final = record(
    "step of a job",
    path=STRING,
    line=INT,
    job=STRING,
    at=INT,
    source=STRING,
    scheduled=BOOL,
    command=STRING,
    start=STRING,
    module=STRING,
    kind=STRING,
    stops=BOOL,
    hands_on=BOOL,
    live=BOOL,
)


class BatchesQuery(Query):
    """Steps of jobs, in their order (`at`), by the `job` that they stand in. `source`: crontab, systemd, ci (a schedule
    of CI), script, makefile. `scheduled`: starts again and again by itself. `module`: the Python file that a step runs,
    "" where it runs none; `start`: the step as it stands among the `starts` of `entrypoints.reach`. `stops`: whether
    nothing of the job that comes later runs where it fails. `hands_on`: whether it carries a file to a store, a table
    or a machine of others; `live`: whether the place says that users meet it, or another script of the project fetches
    it from there."""


class Batches(Probe[BatchesQuery]):
    name: ClassVar[str] = "entrypoints.batches"
    title: ClassVar[str] = "Jobs that a schedule or a script runs, step by step, and what they hand on"
    query: ClassVar[type[Query]] = BatchesQuery
    max_level: ClassVar[Level] = Level.WIRED

    def value_type(self, query: BatchesQuery) -> Type:
        return list_of(BATCH)

    def answer(self, fact_id: str, query: BatchesQuery, context: Context) -> Fact:
        found = context.memo.get(_MEMO)
        if not isinstance(found, _Found):
            found = context.memo[_MEMO] = _Found(context)
        level = Level.WIRED if any(one["scheduled"] for one in found.records) else Level.CONTENT
        scope = scope_of(found.paths, found.files.problems)
        method = "schedules and scripts read and followed to the commands they run; nothing was run"
        return listed(fact_id, found.records, method=method, level=level, scope=scope, note="command")


class _Job(Struct):
    """A job with its steps, each with whether its failure ends the job."""

    name: str
    source: str
    scheduled: bool
    leaves: list[tuple[Leaf, bool]]


class _Found:
    def __init__(self, context: Context) -> None:
        self.files = Files(context.project)
        self.resolver = Resolver(self.files)
        self.paths: list[str] = []
        self.lines: dict[str, list[str]] = {}  # of the scripts that were looked into
        jobs = [*self._by_machines(), *self._by_ci(context)]
        known = {leaf.path for job in jobs for leaf, _ in job.leaves}
        jobs += [job for job in (*self._scripts(), *self._makefile()) if job.name.partition(":")[0] not in known]
        self.fetchers = list(islice(self._fetches(jobs), _MOST_FETCHES))
        self.records = [one for job in jobs for one in self._steps(job)]

    def _by_machines(self) -> Iterator[_Job]:
        for one in scheduled(self.files):
            self.paths.append(one.path)
            leaves = self.resolver.script(one.command, Place(one.path, one.line, ""), Shell(errexit=False))
            found = [(leaf, self._ends(leaf)) for leaf in leaves if leaf.words[0] not in SILENT]
            yield _Job(f"{one.path}:{one.line}", one.source, one.again, found)

    def _by_ci(self, context: Context) -> Iterator[_Job]:
        jobs: dict[str, _Job] = {}
        for command in inventory(context).commands:
            if "schedule" in command.triggers and command.runs is not False and not command.hook and command.leaf.words:
                name = f"{command.workflow.path} {command.job.id}"
                job = jobs.setdefault(name, _Job(name, "ci", True, []))
                job.leaves.append((command.leaf, command.leaf.blocking is True))
        yield from jobs.values()

    def _scripts(self) -> Iterator[_Job]:
        nameless = [one for one in self.files.running("**/*") if "." not in one.name and one.role != "data"]
        for entry in [*self.files.running("**/*.sh"), *nameless[:MOST_NAMELESS]]:
            text = self.files.text(entry.path) or ""
            if not is_script(entry.name, text):
                continue
            self.paths.append(entry.path)
            leaves = self.resolver.script(text, Place(entry.path, 1, ""), Shell(errexit=False))
            yield _Job(entry.path, "script", False, [(leaf, self._ends(leaf)) for leaf in leaves])

    def _makefile(self) -> Iterator[_Job]:
        """Targets whose own recipe hands something on; make runs nothing after a line that failed."""
        made = load(self.files, "", "")
        if made is None:
            return
        self.paths.append(made.path)
        for target in list(made.lines)[:100]:
            found = []
            for task in tasks(made, MakeCall((target,), "", "", {}, False)) or ():
                for piece in task.pieces:
                    place = Place(task.path, piece.line, "")
                    leaves = self.resolver.script(piece.script, place, Shell(errexit=False))
                    found += [(leaf, not piece.ignored) for leaf in leaves]
            if any(_carries(leaf.words) for leaf, _ in found):
                yield _Job(f"{made.path}:{target}", "makefile", False, found)

    def _ends(self, leaf: Leaf) -> bool:
        """Whether what comes after a command does not run where it fails: the shell ends (`set -e`), or the next one
        hangs on it (`python check.py && python score.py`)."""
        if leaf.blocking is True:
            return True
        if leaf.path not in self.lines:
            self.lines[leaf.path] = (self.files.text(leaf.path) or "").splitlines()
        lines = self.lines[leaf.path][leaf.line - 1 : leaf.line]
        name = leaf.words[2] if leaf.words[1:2] == ("-m",) and len(leaf.words) > 2 else leaf.words[-1]
        rest = lines[0].partition(name)[2] if lines and name else ""  # the last word may be one that is empty: ""
        return "&&" in rest and not any(mark in rest.partition("&&")[0] for mark in (";", "|"))

    def _steps(self, job: _Job) -> Iterator[dict[str, Any]]:
        for at, (leaf, ends) in enumerate(job.leaves[:_MOST_STEPS]):
            target = "" if any(word.endswith(".log") for word in leaf.words) else _carries(leaf.words)
            if target or leaf.module.endswith(".py"):
                yield {
                    "path": leaf.path,
                    "line": leaf.line,
                    "job": job.name,
                    "at": at,
                    "source": job.source,
                    "scheduled": job.scheduled,
                    "command": redact(leaf.text[:300]),
                    "start": f"{leaf.path}:{leaf.line} {_start(job, leaf)}",
                    "module": leaf.module if leaf.module.endswith(".py") else "",
                    "kind": leaf.kind,
                    "stops": ends,
                    "hands_on": bool(target),
                    "live": bool(target) and self._live(job, leaf, target),
                }

    def _live(self, job: _Job, leaf: Leaf, target: str) -> bool:
        text = " ".join(leaf.words)
        if _ASIDE.search(text):
            return False
        return bool(_LIVE.search(target)) or any(
            name != job.name and bucket == _bucket(target) and _same(target, told)
            for name, bucket, told in self.fetchers
        )

    def _fetches(self, jobs: Iterable[_Job]) -> Iterator[tuple[str, str, str]]:
        """Scripts that fetch from a bucket and train nothing: their names, the bucket, and the command."""
        for job in jobs:
            if any(leaf.kind == "train" for leaf, _ in job.leaves):
                continue
            for leaf, _ in job.leaves:
                if leaf.words[0] in _CARRIERS and not _carries(leaf.words) and (bucket := _bucket(leaf.text)):
                    yield job.name, bucket, leaf.text


def _start(job: _Job, leaf: Leaf) -> str:
    """The command as `entrypoints.reach` tells it."""
    return (leaf.text if job.source == "ci" else redact(leaf.text[:300]))[:100]


def _carries(words: Sequence[str]) -> str:
    """The place to which a command carries a file; "" where it carries none, or takes one from elsewhere."""
    program = program_of(words[0]) if words else ""
    named = [word for word in words[1:] if word[:1] != "-"]
    last = named[-1] if named else ""
    if program in ("hdfs", "hadoop"):
        return last if {"-put", "-copyFromLocal", "-moveFromLocal"} & set(words) and len(named) > 1 else ""
    if program in _CARRIERS:
        if words[1:3] == ("s3api", "put-object"):
            return last
        to = next((word for word in reversed(named) if _STORE.match(word) or _HOST.match(word)), "")
        verb = next((index for index, word in enumerate(named[:4]) if word in _COPIES), -1)
        taken = named[verb + 1 : named.index(to)] if to and verb >= 0 else []
        return to if taken and not _STORE.match(taken[-1]) and not _HOST.match(taken[-1]) else ""
    if program == "az" and words[1:3] == ("storage", "blob"):
        return " ".join(words[3:])[:200] if words[3:4] and words[3].startswith("upload") else ""
    if program == "bq" and "load" in words[1:4]:
        return last
    if program in ("scp", "rsync"):
        return last if _HOST.match(last) and len(named) > 1 else ""
    if program == "psql":
        return next((word for word in words if "copy " in word.lower() and " from " in word.lower()), "")
    if program == "curl":
        sends = any(word in ("-T", "--upload-file", "-F", "--form", "--data-binary") for word in words)
        return next((word for word in words if _STORE.match(word) or word[:1] == "$"), "") if sends else ""
    return last or "origin" if program == "git" and words[1:2] == ("push",) else ""


def _bucket(text: str) -> str:
    match = _BUCKET.search(text)
    return (match[1] or match[2]).strip("${}") if match else ""


def _same(target: str, told: str) -> bool:
    """Whether a script that fetches speaks of what was carried there, by the words of its name."""
    own = set(_WORD.findall(target.rpartition("/")[2].lower())) - _COMMON
    return bool(own) and 2 * len(own & set(_WORD.findall(told.lower()))) >= len(own)
