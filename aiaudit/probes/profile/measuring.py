"""Measuring a project's data sets: which belong together, in a worker process each, kept by their content.

Files are opened through the guarded reader, once. The engine gets links in a folder of its own that lead to those open
descriptors (`/proc/self/fd/N`): what it reads is the file that was checked, whatever the tree has become since. A file
that makes the engine crash, or use too much memory or time, costs the sets it is measured with, and nothing else.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from aiaudit.data.phrases import BOOK
from aiaudit.project.cache import Cache, engine_id
from aiaudit.project.pool import Limits, available_jobs, can_fork, reason_of, run
from aiaudit.project.reader import Reader, Unreadable

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found
    from aiaudit.data.engine import Engine
    from aiaudit.data.schema import Schema
    from aiaudit.probes.profile.engine import Engines
    from aiaudit.project.tree import Project

VERSION: Final = "7"  # of what is measured: part of the cache's key
MEMORY: Final = 1024  # MiB that all engines together may use
_MOST_CORES: Final = 4  # that one task uses: more would want more memory
_PROCESS: Final = 5 * 1024 * 1024 * 1024  # bytes of address space: the engine's buffers, its libraries, mapped files
_SECONDS: Final = 600.0  # processor time of one task at most
_LEAST_SECONDS: Final = 60.0  # of a task with little data: many times what any table of people's making takes
_SECONDS_PER_MB: Final = 20.0  # more for each megabyte of its files
_SMALL: Final = 4 * 1024 * 1024  # bytes of all files of a task: an engine is used on for the next one
_PAUSE: Final = 0.1  # seconds between two words of progress
_ROOM: Final = 1024 * 1024 * 1024  # bytes of one scratch file that every task may write
_GROWTH: Final = (
    64  # and so many times the size of its files: packed text is 10 times as large, and a column of it 4 times
)
_WORTH_TELLING: Final = 1_000_000  # bytes
_WHOLE: Final = 64 * 1024 * 1024  # bytes: larger files are known by size, time and inode instead of their hash
_PHRASES: Final = "phrases"  # beside a worker's answer: what it had to compile
_SPLITS: Final = ("train", "validation", "test")
_NOW: Final = ("current", "serving")
Progress = Callable[[str], None]


class Task(Struct, frozen=True):
    """Sets that are compared with each other, by their numbers; most stand alone."""

    sets: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...] = ()


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
    planned = tasks(found, [n for n in range(len(found)) if n not in there])
    kept = _Kept(project, found, f"{VERSION} {as_of} {list(labels)}", cache, schemas)
    answers: dict[int, dict[str, Any]] = {n: known for n, task in enumerate(planned) if (known := kept.get(task))}
    todo = [n for n in range(len(planned)) if n not in answers]
    workers = max(1, min(jobs or available_jobs(), len(todo)))

    if todo:
        BOOK.open(cache)
    from aiaudit.probes.profile.engine import Engines

    def work(number: int) -> bytes:
        task = planned[todo[number]]
        made = _measured(project.root, found, task, as_of, engines, labels, schemas)
        return json.dumps({**made, _PHRASES: BOOK.taken()}, allow_nan=False).encode()

    began = time.monotonic()
    last = -_PAUSE

    def tick() -> None:
        nonlocal last
        if time.monotonic() - last < _PAUSE:
            return
        last = time.monotonic()
        waiting = [n for n in todo if n not in answers]
        if waiting:
            progress(_told(found, [planned[n] for n in waiting], len(answers), len(planned), time.monotonic() - began))

    def seconds_of(number: int) -> float:
        return seconds_for(sum(found[n].size for n in planned[todo[number]].sets))

    while todo:
        cores = max(1, min(_MOST_CORES, available_jobs() // workers))
        engines = Engines(memory_limit=MEMORY // workers, cores=cores)  # of each worker, made when it is asked for
        tick()
        for number, answer in _answers(work, len(todo), workers, tick, seconds_of):
            made: dict[str, Any] = json.loads(answer) if isinstance(answer, bytes) else {"error": answer}
            BOOK.learn(made.pop(_PHRASES, {}))
            task = planned[todo[number]]
            answers[todo[number]] = {**made, "sets": list(task.sets)}
            if "error" not in made and not (workers > 1 and _lacked_memory(made)):
                kept.put(task, made)
            tick()
        engines.close()
        todo = [n for n in todo if workers > 1 and _lacked_memory(answers[n])]
        workers = 1  # once more, each alone with all the memory
    BOOK.keep(cache)
    return [*told, *(answers[n] for n in sorted(answers))]


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


def tasks(found: Sequence[Found], among: Sequence[int] | None = None) -> list[Task]:
    """Sets that are splits of one data set, or a reference and what came later, are measured together."""
    able = [n for n, one in enumerate(found) if not one.unread and (among is None or n in among)]
    pairs = [pair for pair in combinations(able, 2) if _compared(found, *pair)]
    group = {n: n for n in able}
    for a, b in pairs:
        low, high = sorted((group[a], group[b]))
        group = {n: low if of == high else of for n, of in group.items()}
    return [
        Task(
            tuple(n for n in able if group[n] == root),
            tuple(pair for pair in pairs if group[pair[0]] == root),
        )
        for root in sorted(set(group.values()))
    ]


def _compared(found: Sequence[Found], a: int, b: int) -> bool:
    """Two splits of one data set; or the reference (else the training set) and a current set."""
    one, other = found[a], found[b]
    roles = {one.role, other.role}
    if len(roles) == 2 and roles <= set(_SPLITS):
        both = one.declared is not None and other.declared is not None
        return both or _stem(one.path, one.role) == _stem(other.path, other.role)
    if not roles & set(_NOW) or len(roles) != 2:
        return False
    bases = {n.role for n in found if not n.unread} & {"reference", "train"}
    return ("reference" if "reference" in bases else "train") in roles


def _stem(path: str, role: str) -> str:
    """The path without the words that tell the role: equal for the splits of one data set."""
    from aiaudit.data.naming import role_of

    parts = []
    for part in PurePath(path.lower()).parts:
        words = [word for word in _words(part) if not (role and role_of(word) in _SPLITS)]
        parts.append("-".join(words))
    return "/".join(parts)


def _words(text: str) -> list[str]:
    return [word for word in "".join(c if c.isalnum() else " " for c in text).split() if word]


def _measured(
    root: str,
    found: Sequence[Found],
    task: Task,
    as_of: dt.date,
    engines: Engines,
    labels: Sequence[str],
    schemas: Sequence[tuple[Schema, ...]],
) -> dict[str, Any]:
    """In a worker: open the task's files and measure them."""
    size = sum(found[n].size for n in task.sets)
    small = size <= _SMALL
    room = _limit_scratch(size) if can_fork() else 0
    with engines.lent(small=small) as engine:
        if room:
            engine.execute(f"SET max_temp_directory_size = '{room}B'")
        return _by(engine, root, found, task, as_of, labels, schemas)


def _limit_scratch(size: int) -> int:
    """Hold this worker's scratch files to the bytes that data of this size may give, and to half of what is free on the
    disk: a small file that unpacks without end would fill it. Returns the bytes."""
    import resource

    room = min(max(_ROOM, _GROWTH * size), shutil.disk_usage(tempfile.gettempdir()).free // 2)
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room if hard == resource.RLIM_INFINITY else min(room, hard), hard))
    return room


def in_this_process(
    root: str,
    found: Sequence[Found],
    task: Task,
    as_of: dt.date,
    engine: Engine,
    labels: Sequence[str],
    schemas: Sequence[tuple[Schema, ...]],
) -> dict[str, Any]:
    """What an engine that works elsewhere measures; an error of its client is the reason why nothing was measured."""
    try:
        return _by(engine, root, found, task, as_of, labels, schemas)
    except Exception as error:
        return {"error": reason_of(error)}


def _by(
    engine: Engine,
    root: str,
    found: Sequence[Found],
    task: Task,
    as_of: dt.date,
    labels: Sequence[str],
    schemas: Sequence[tuple[Schema, ...]],
) -> dict[str, Any]:
    from aiaudit.probes.profile.session import measured

    folder = Path(tempfile.mkdtemp(prefix="links-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        reader = stack.enter_context(Reader(root))
        files: list[list[Path]] = []
        for number in task.sets:
            files.append([])
            for path in found[number].files:
                stream = stack.enter_context(reader.open(path))
                link = folder / f"{number}-{len(files[-1])}{_suffix(path)}"
                link.symlink_to(f"/proc/self/fd/{stream.fileno()}")
                files[-1].append(link)
        now = dt.datetime.combine(as_of, dt.time(23, 59, 59), dt.UTC)
        chosen = [found[n] for n in task.sets]
        of_sets = [schemas[n] for n in task.sets] if schemas else ()
        return measured(engine, chosen, files, _places(task), now, labels=labels, schemas=of_sets)


def _places(task: Task) -> list[tuple[int, int]]:
    return [(task.sets.index(a), task.sets.index(b)) for a, b in task.pairs]


def _suffix(path: str) -> str:
    return "".join(suffix for suffix in PurePath(path).suffixes[-2:] if suffix[1:].isalnum() and len(suffix) < 12)


class _Kept:
    """Answers of earlier runs about the same bytes, declarations and day."""

    def __init__(
        self,
        project: Project,
        found: Sequence[Found],
        depends: str,
        cache: Cache | None,
        schemas: Sequence[tuple[Schema, ...]],
    ) -> None:
        self.cache = cache
        self._schemas = schemas
        self._project = project
        self._found = found
        self._engine = engine_id("data.profile", depends)
        self._keys: dict[Task, bytes | None] = {}

    def get(self, task: Task) -> dict[str, Any] | None:
        key = self._key(task) if self.cache is not None else None
        if key is None or self.cache is None:
            return None
        known = self.cache.get([(self._engine, key)]).get((self._engine, key))
        return {**known, "sets": list(task.sets)} if known else None

    def put(self, task: Task, made: dict[str, Any]) -> None:
        key = self._key(task) if self.cache is not None else None
        if key is not None and self.cache is not None:
            self.cache.put([((self._engine, key), json.dumps(made, allow_nan=False).encode())])

    def _key(self, task: Task) -> bytes | None:
        if task not in self._keys:
            self._keys[task] = self._made(task)
        return self._keys[task]

    def _made(self, task: Task) -> bytes | None:
        digest = hashlib.blake2b(repr(_places(task)).encode(), digest_size=20)
        try:
            for number in task.sets:
                one = self._found[number]
                part = one.declared.model_dump_json() if one.declared else ""
                if self._schemas:
                    digest.update(repr(self._schemas[number]).encode("utf-8", "surrogateescape"))
                said = (one.name, one.path, one.format, one.role, one.label, one.ids, one.time, one.provenance, part)
                digest.update(repr(said).encode("utf-8", "surrogateescape"))
                for path in one.files:
                    digest.update(self._content(path))
        except Unreadable:
            return None
        return digest.digest()

    def _content(self, path: str) -> bytes:
        with self._project.stream(path) as stream:
            status = os.fstat(stream.fileno())
            if status.st_size > _WHOLE:
                return repr((status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)).encode()
            made = hashlib.blake2b(digest_size=20)
            while part := stream.read(1 << 20):
                made.update(part)
            return made.digest()
