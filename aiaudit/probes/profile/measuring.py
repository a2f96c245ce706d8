"""Measuring a project's data sets: those that belong together in a worker process each, kept by their content.

A file that makes the engine crash, or use too much memory or time, costs the sets it is measured with and nothing else.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.data.phrases import BOOK
from aiaudit.probes.profile.kept import Kept
from aiaudit.probes.profile.one_task import in_a_worker
from aiaudit.probes.profile.tasks import Task, tasks
from aiaudit.project.cache import Cache
from aiaudit.project.pool import Limits, available_jobs, can_fork, reason_of, run

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found
    from aiaudit.data.schema import Schema
    from aiaudit.project.tree import Project

VERSION: Final = "13"  # of what is measured: part of the cache's key
MEMORY: Final = 1024  # MiB that all engines together may use
_MOST_CORES: Final = 4  # that one task uses: more would want more memory
_PROCESS: Final = 5 * 1024 * 1024 * 1024  # bytes of address space: the engine's buffers, its libraries, mapped files
_SECONDS: Final = 600.0  # processor time of one task at most
_LEAST_SECONDS: Final = 60.0  # of a task with little data: many times what any table of people's making takes
_SECONDS_PER_MB: Final = 20.0  # more for each megabyte of its files
_PAUSE: Final = 0.1  # seconds between two words of progress
_WORTH_TELLING: Final = 1_000_000  # bytes
_PHRASES: Final = "phrases"  # beside a worker's answer: what it had to compile
Progress = Callable[[str], None]


def measure(
    project: Project,
    found: Sequence[Found],
    as_of: dt.date,
    *,
    jobs: int | None = None,
    cache: Cache | None = None,
    progress: Progress = lambda text: None,
    labels: Sequence[str] = (),
    schemas: Sequence[tuple[Schema, ...]] = (),
    engine: str | None = None,
) -> list[dict[str, Any]]:
    """One answer a task: what `session.measured` gives, or {"sets": […], "error": reason}.

    `labels`: names of label columns that the code tells; `schemas`: what is declared of each set; `engine`: the URL of
    what measures the sets that it can read."""
    there: list[int] = []
    told: list[dict[str, Any]] = []
    if engine is not None:
        from aiaudit.probes.profile import elsewhere

        there = [n for n, one in enumerate(found) if elsewhere.is_there(one, engine)]
        BOOK.open(cache)
        elsewhere_tasks = tasks(found, there)
        progress(f"measuring {len(there)} data sets on the named engine")
        told = elsewhere.measure(project, found, elsewhere_tasks, engine, as_of, labels=labels, schemas=schemas)
        told += [{"sets": [], "datasets": [], "notes": elsewhere.notes(found, there, engine)}]
    here = _Here(project, found, [n for n in range(len(found)) if n not in there], as_of, labels, schemas, cache)
    if here.todo:
        BOOK.open(cache)
    here.measure(jobs or available_jobs(), progress)
    BOOK.keep(cache)
    return [*told, *(here.answers[n] for n in sorted(here.answers))]


class _Here:
    """What is measured on this machine. `todo`: the tasks without an answer, by number."""

    def __init__(
        self,
        project: Project,
        found: Sequence[Found],
        among: Sequence[int],
        as_of: dt.date,
        labels: Sequence[str],
        schemas: Sequence[tuple[Schema, ...]],
        cache: Cache | None,
    ) -> None:
        self._root, self._found, self._as_of, self._labels, self._schemas = project.root, found, as_of, labels, schemas
        self._tasks = tasks(found, among)
        self._kept = Kept(project, found, f"{VERSION} {as_of} {list(labels)}", cache, schemas)
        self.answers = {n: known for n, task in enumerate(self._tasks) if (known := self._kept.get(task))}
        self.todo = [n for n in range(len(self._tasks)) if n not in self.answers]
        self._began = time.monotonic()
        self._last_word = -_PAUSE

    def measure(self, jobs: int, progress: Progress) -> None:
        """Answer all tasks, in `jobs` workers at most; what lacked memory once more, each alone with all of it."""
        from aiaudit.probes.profile.engine import Engines

        workers = max(1, min(jobs, len(self.todo)))
        while self.todo:
            cores = max(1, min(_MOST_CORES, available_jobs() // workers))
            # of each worker, made when it is asked for
            self._engines = Engines(memory_limit=MEMORY // workers, cores=cores)
            self._tick(progress)
            for number, answer in _answers(
                self._work, len(self.todo), workers, lambda: self._tick(progress), self._seconds_of
            ):
                self._take(self.todo[number], answer, alone=workers == 1)
                self._tick(progress)
            self._engines.close()
            self.todo = [n for n in self.todo if workers > 1 and _lacked_memory(self.answers[n])]
            workers = 1

    def _work(self, number: int) -> bytes:
        """In a worker: the answer to a task of those that are to be done."""
        task = self._tasks[self.todo[number]]
        made = in_a_worker(self._root, self._found, task, self._as_of, self._engines, self._labels, self._schemas)
        return json.dumps({**made, _PHRASES: BOOK.taken()}, allow_nan=False).encode()

    def _take(self, number: int, answer: bytes | str, *, alone: bool) -> None:
        made: dict[str, Any] = json.loads(answer) if isinstance(answer, bytes) else {"error": answer}
        BOOK.learn(made.pop(_PHRASES, {}))
        task = self._tasks[number]
        self.answers[number] = {**made, "sets": list(task.sets)}
        if "error" not in made and (alone or not _lacked_memory(made)):
            self._kept.put(task, made)

    def _tick(self, progress: Progress) -> None:
        """Now and then, how far it has come."""
        now = time.monotonic()
        if now - self._last_word < _PAUSE:
            return
        self._last_word = now
        waiting = [self._tasks[n] for n in self.todo if n not in self.answers]
        if waiting:
            progress(_told(self._found, waiting, len(self.answers), len(self._tasks), now - self._began))

    def _seconds_of(self, number: int) -> float:
        return seconds_for(sum(self._found[n].size for n in self._tasks[self.todo[number]].sets))


def _told(found: Sequence[Found], waiting: Sequence[Task], done: int, total: int, seconds: float) -> str:
    """Progress in one line: how many sets are measured, the largest of the others, and since when."""
    largest = max((found[n] for task in waiting for n in task.sets), key=lambda one: one.size)
    size = f"{largest.size / 1e6:,.0f} MB" if largest.size >= _WORTH_TELLING else "small"
    text = f"measuring data, {seconds:.0f} s: " if seconds >= 1 else "measuring data: "
    return f"{text}{done} of {total}, at {largest.path} ({size})"


def _answers(
    work: Callable[[int], bytes],
    tasks: int,
    workers: int,
    tick: Callable[[], None],
    seconds_of: Callable[[int], float],
) -> Iterator[tuple[int, bytes | str]]:
    if not tasks:
        return
    if can_fork():
        limits = Limits(memory=_PROCESS, stall_seconds=_SECONDS, seconds_of=seconds_of)
        # The folder is the parent's: a worker that is stopped or killed cannot tidy up behind itself.
        with tempfile.TemporaryDirectory(prefix="aiaudit-profile-", ignore_cleanup_errors=True) as folder:

            def placed(number: int) -> bytes:
                tempfile.tempdir = folder
                return work(number)

            yield from run(placed, [(n, n + 1) for n in range(tasks)], workers, limits, tick=tick)
        return
    for number in range(tasks):  # without processes of its own, as on Windows
        try:
            yield number, work(number)
        except Exception as error:
            yield number, reason_of(error)


def seconds_for(size: int) -> float:
    """Processor time that data of so many bytes may take: a small file with thousands of columns holds nobody up."""
    return min(_SECONDS, _LEAST_SECONDS + size / 1e6 * _SECONDS_PER_MB)


def _lacked_memory(made: dict[str, Any]) -> bool:
    said = [str(one.get("unread", "")) for one in made.get("datasets", ())] + list(made.get("notes", ()))
    return any("memory" in one for one in said)
