"""The scan stage: every file that an engine wants is read once, hashed, and looked through by all its engines.

What a file holds is known by its hash, so that a file already seen costs one read. All else happens in forked workers
(`aiaudit.project.pool`). The result depends on the tree and the engines alone: not on the number of processes, their
order, or the state of the cache.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, ParamSpec

from aiaudit.project import pool
from aiaudit.project.cache import Cache, Key, engine_id
from aiaudit.project.entry import Entry
from aiaudit.project.found import Found
from aiaudit.project.hashes import Hashes
from aiaudit.project.look import ERROR, HIT, Engines, Looker, Task, parts_of
from aiaudit.project.memory import WORTH_FILES, hand_back
from aiaudit.project.pool import Limits
from aiaudit.project.reader import Unreadable
from aiaudit.project.tree import Project, limit_of

if TYPE_CHECKING:
    from aiaudit.probes.base import Engine

_Given = ParamSpec("_Given")
Progress = Callable[[int, int], None]  # files done, files in all

IN_PROCESS_BYTES: Final = 512 * 1024  # less work than this does not pay a fork, where every engine is `bounded`
ONE_JOB_BYTES: Final = 64 * 1024  # less work than this does not pay a second fork
_CHUNKS_PER_JOB: Final = 16
_KEEP_AT_ONCE: Final = 1000  # answers that wait to be written to the cache
_ATTEND_EVERY: Final = 0.002  # seconds
_CHUNK_FILES: Final = 128


class Scan:
    """A scan that has begun. Workers go on while their caller does other things, as long as it calls `attend` now and
    then. Use it as a context: no worker is left.

    `jobs`: processes at most (None: as many as there are processors). `isolate`: whether workers are forked (None:
    unless the work is small and all engines are `bounded`). `hashes`: takes each content's hash.
    """

    def __init__(
        self,
        project: Project,
        engines: Sequence[Engine],
        *,
        jobs: int | None = None,
        cache: Cache | None = None,
        progress: Progress | None = None,
        limits: Limits | None = None,
        isolate: bool | None = None,
        hashes: Hashes | None = None,
    ) -> None:
        self.project = project
        self.engines = engines
        self.jobs = jobs or pool.available_jobs()
        self.cache = cache
        self.progress = progress
        self.limits = limits or Limits()
        self.isolate = isolate
        self.hashes = hashes
        self._keys = [engine.key() for engine in engines]
        self._ids: dict[tuple[int, str], bytes] = {}
        self.tasks = self._plan()
        if hashes is not None:
            hashes.expect(task.entry.path for task in self.tasks)
        self._looker = Looker(project, engines, self.tasks)
        self.found = [self._answers_of(number) for number in range(len(engines))]
        self.hits: dict[tuple[int, int], Key] = {}  # (task, engine) -> where the answer is kept
        self._pool: pool.Pool | None = None
        self._todo: Sequence[int] = ()  # the tasks of this pass
        self._done = 0
        self._fresh: list[tuple[Key, bytes]] = []  # what waits to be written to the cache
        self._attended = time.monotonic()
        self._begin(range(len(self.tasks)), first=True)

    def __enter__(self) -> Scan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of workers that are still at it."""
        if self._pool is not None:
            self._pool.stop()
        self._looker.close()

    def attend(self) -> None:
        """Take what workers have found so far, and give them more to do. Cheap: call it often."""
        since = time.monotonic() - self._attended
        if self._pool is not None and since > _ATTEND_EVERY and (since > pool.GATHER or not self._pool.busy):
            self._attended += since
            self._take_all(self._pool.answers(0))

    def results(self) -> dict[str, Found]:
        """All that was found, by engine and path, in path order. Waits for the workers."""
        self._finish(first=True)
        for number in range(len(self.engines)):
            if again := self._again(number):
                self._begin(again)
                self._finish()
        if len(self.tasks) >= WORTH_FILES:
            hand_back()
        return {engine.name: found.whole() for engine, found in zip(self.engines, self.found, strict=True)}

    def _plan(self) -> list[Task]:
        tasks: list[Task] = []
        alike: dict[Engines, Engines] = {}  # a large tree has a few dozen
        for engine in self.engines:
            if (survey := getattr(engine, "survey", None)) is not None:
                survey(self.project)
        for entry in self.project.files:
            wanted = tuple(
                (number, self._id(number, entry)) for number, engine in enumerate(self.engines) if engine.wants(entry)
            )
            if wanted:
                tasks.append(Task(entry, alike.setdefault(wanted, wanted)))
        return tasks

    def _answers_of(self, number: int) -> Found:
        """Where the answers of an engine go."""
        meant = {task.engines: any(engine == number for engine, _ in task.engines) for task in self.tasks}
        paths = (task.entry.path for task in self.tasks if meant[task.engines])
        return Found(paths, alike=getattr(self.engines[number], "read_only", False))

    def _id(self, number: int, entry: Entry) -> bytes:
        """The cache id under which an engine looks through a file."""
        engine = self.engines[number]
        variant = _variant(engine, entry)
        made = self._ids.get((number, variant))
        if made is None:
            made = self._ids[number, variant] = engine_id(f"{engine.name}\0{self._keys[number]}", variant)
        return made

    def _again(self, number: int) -> list[int]:
        """The tasks that an engine wants to do once more, now that it has seen what all files hold."""
        ask = getattr(self.engines[number], "again", None)
        if ask is None:
            return []
        found = self.found[number]
        entries = {task.entry.path: task.entry for task in self.tasks if task.entry.path in found}
        wanted = frozenset(ask(entries, found))
        again = [at for at, task in enumerate(self.tasks) if task.entry.path in wanted] if wanted else []
        self._looker.again = {at: ((number, self._id(number, self.tasks[at].entry)),) for at in again}
        return again

    # -- doing the work ------------------------------------------------------------------------------------------------

    def _begin(self, todo: Sequence[int], *, first: bool = False) -> None:
        """Begin a pass over these tasks."""
        if self.cache is not None:
            self._looker.known = self.cache.known({made for engines in self._of(todo) for _, made in engines})
        self._start(todo, prepare=first)

    def _of(self, todo: Iterable[int]) -> Counter[Engines]:
        """How often which engines are wanted in these tasks."""
        return Counter(map(self._looker.engines_of, todo))

    def _finish(self, *, first: bool = False) -> None:
        """Take all answers of this pass."""
        self._take_rest()
        lost = self._fetch()
        if lost:  # kept answers that turned out broken: look again, without the cache
            self._looker.known = {}
            self._start(lost, prepare=first)
            self._take_rest()

    def _start(self, todo: Sequence[int], *, prepare: bool) -> None:
        self._todo, self._done = todo, 0
        if not todo:
            return
        sizes = [min(self.tasks[number].entry.size, limit_of(self.tasks[number].entry)) for number in todo]
        total = sum(sizes)
        for number, engine in enumerate(self.engines if prepare else ()):
            if (ready := getattr(engine, "prepare", None)) is not None:
                ready(int(total * self._new(number)), self.cache)
        if self._forks(total):
            jobs = 1 if total <= ONE_JOB_BYTES else self.jobs
            chunks = _chunks(sizes, jobs)
            ends = dict(chunks)
            self._pool = pool.Pool(lambda at: self._looker.look_on(todo, at, ends), chunks, jobs, self.limits)

    def _new(self, number: int) -> float:
        """The least share of an engine's files that is new to it: of a tree that was seen before, next to nothing."""
        wanted: Counter[bytes] = Counter()
        for engines, files in self._of(self._todo).items():
            wanted.update({made: files for engine, made in engines if engine == number})
        new = sum(max(0, files - len(self._looker.known.get(made, ()))) for made, files in wanted.items())
        return new / max(1, wanted.total())

    def _take_rest(self) -> None:
        if self._pool is None:
            self._take_all(self._here())
        else:
            with self._pool:
                while self._pool.working:
                    self._take_all(self._pool.answers(pool.PATIENCE))
            self._pool = None
        self._todo = ()
        self._keep()

    def _take_all(self, answers: Iterable[tuple[int, bytes | str]]) -> None:
        for position, answer in answers:
            self._take(self._todo[position], answer)
            self._done += 1
            if self.progress is not None:
                self.progress(self._done, len(self._todo))
            if len(self._fresh) >= _KEEP_AT_ONCE:
                self._keep()

    def _keep(self) -> None:
        if self.cache is not None and self._fresh:
            self.cache.put(self._fresh)
        self._fresh.clear()

    def _forks(self, total: int) -> bool:
        if not pool.can_fork():
            return False
        if self.isolate is not None:
            return self.isolate
        return total > IN_PROCESS_BYTES or not all(getattr(engine, "bounded", False) for engine in self.engines)

    def _here(self) -> Iterator[tuple[int, bytes | str]]:
        for position, number in enumerate(self._todo):
            try:
                yield position, self._looker.look(number)
            except Exception as error:
                yield position, pool.reason_of(error)

    # -- taking the answers --------------------------------------------------------------------------------------------

    def _take(self, number: int, answer: bytes | str) -> None:
        entry, engines = self.tasks[number].entry, self._looker.engines_of(number)
        if isinstance(answer, str):
            for engine, _ in engines:
                self.found[engine].fail(entry.path, answer)
            self._learn(number, b"")
            return
        digest, parts = parts_of(answer)
        self._learn(number, digest)
        ids = dict(engines)
        for engine, kind, body in parts:
            if kind == HIT:
                self.hits[number, engine] = (ids[engine], digest)
            elif kind == ERROR:
                self.found[engine].fail(entry.path, body.decode("utf-8", "replace"))
                self._learn(number, b"")
            else:
                self.found[engine].put(entry.path, body)
                if self.cache is not None and entry.path not in self.found[engine].truncated:
                    self._fresh.append(((ids[engine], digest), body))

    def _learn(self, number: int, digest: bytes) -> None:
        if self.hashes is not None:
            self.hashes.put(number, digest)

    def _fetch(self) -> list[int]:
        """Get what the cache has; the tasks whose kept answer could not be read."""
        hits, self.hits = self.hits, {}
        if not hits or self.cache is None:
            return []
        kept = self.cache.get_encoded(hits.values())
        lost: set[int] = set()
        for (number, engine), key in hits.items():
            if key in kept:
                self.found[engine].put(self.tasks[number].entry.path, kept[key])
            else:
                lost.add(number)
        return sorted(lost)


def _whole(begin: Callable[_Given, Scan]) -> Callable[_Given, dict[str, Found]]:
    def scan(*given: _Given.args, **named: _Given.kwargs) -> dict[str, Found]:
        with begin(*given, **named) as begun:
            return begun.results()

    return scan


scan = _whole(Scan)
"""What each engine found, by the engine's name and the file's path; `{"error": reason}` for a file that could not be
read or looked through. It takes what `Scan` takes."""


def _variant(engine: Engine, entry: Entry) -> str:
    """What the answer depends on besides the content: the suffix, unless the engine says otherwise."""
    own = getattr(engine, "variant", None)
    return entry.suffix if own is None else str(own(entry))


def _chunks(sizes: Sequence[int], jobs: int) -> list[tuple[int, int]]:
    """Ranges of neighbouring files of about equal bytes: enough of them that no worker waits long for the last."""
    share = max(64 * 1024, sum(sizes) // (jobs * _CHUNKS_PER_JOB))
    chunks: list[tuple[int, int]] = []
    first, filled = 0, 0
    for position, size in enumerate(sizes):
        filled += size + 512  # an empty file costs something as well
        if filled >= share or position - first + 1 >= _CHUNK_FILES:
            chunks.append((first, position + 1))
            first, filled = position + 1, 0
    if first < len(sizes):
        chunks.append((first, len(sizes)))
    return chunks


__all__ = ["Limits", "Scan", "Unreadable", "scan"]
