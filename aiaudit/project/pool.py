"""Forked workers that look through files, so that no file can harm the run.

Parsing hostile input may take memory, time without end, or the process itself. Each worker has a limit on its memory,
each file a limit on its processor time; a worker that dies or hangs costs the one file it was at, and is replaced.

Engines reach the workers by the fork itself, contents never leave them, and what comes back is framed bytes: nothing
is unpickled. Which worker does what depends on the machine, the result does not.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import selectors
import signal
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from aiaudit.debug import debugging
from aiaudit.project.reader import Unreadable
from aiaudit.signals import obey, undisturbed

Work = Callable[[int], bytes]  # what a worker does for one task number; the bytes are the answer

CRASHED: Final = "the scanner crashed on this file"
TIMED_OUT: Final = "took too long"
PATIENCE: Final = 1.0  # seconds to wait for an answer, after which one looks whether a worker has come to a stop
GATHER: Final = 0.02  # seconds in which answers are let gather: to take each by itself costs as much as what is in it
_SOON: Final = 16  # tasks that a worker still has before it, where that would make it wait for more to do
MAX_CRASHES: Final = 100  # after so many, the rest is not looked through
_FRAME: Final = struct.Struct("<BII")  # kind, task, length
_ORDER: Final = struct.Struct("<II")  # first task, end
_ANSWER, _FAILED, _DONE = 0, 1, 2
_MAX_FRAME: Final = 256 * 1024 * 1024
_PIPE: Final = 1024 * 1024  # bytes of answers that may wait, so that a worker need not while its parent is busy


class OutOfTime(BaseException):
    """The file's processor time is used up. Not an `Exception`, so that an engine does not swallow it."""


class Limits(Struct, frozen=True):
    """What one worker or one file may use."""

    memory: int = 1024 * 1024 * 1024  # bytes of address space beyond what the parent has
    file_seconds: float = 10.0  # processor time of one file
    stall_seconds: float = 60.0  # wall time without any answer, after which a worker is stopped
    seconds_of: Callable[[int], float] | None = None  # processor time of a task, where they differ


def can_fork() -> bool:
    return hasattr(os, "fork")


def run(
    work: Work,
    chunks: Sequence[tuple[int, int]],
    jobs: int,
    limits: Limits,
    *,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, bytes | str]]:
    """Do `work` for all tasks of all chunks (ranges of task numbers), in up to `jobs` processes. Yields each task with
    its answer, or with the reason (text) why there is none, in no particular order. `tick` is called each time that
    some have been waited for."""
    with Pool(work, chunks, jobs, limits) as pool:
        while pool.working:
            yield from pool.answers(PATIENCE)
            tick()


class _Worker:
    """The parent's view of one worker: its process, its two pipes, and where it stands in its chunk."""

    __slots__ = ("answers", "buffer", "end", "last_seen", "next", "orders", "pid")

    def __init__(self, pid: int, orders: int, answers: int) -> None:
        self.pid = pid
        self.orders = orders
        self.answers = answers
        self.buffer = bytearray()
        self.next = self.end = 0
        self.last_seen = time.monotonic()


class Pool:
    """Workers that do `work` for all tasks of all `chunks` (ranges of task numbers). They begin at once and go on while
    the caller does other things, as long as it asks for `answers` now and then. Use it as a context: it leaves none."""

    def __init__(self, work: Work, chunks: Sequence[tuple[int, int]], jobs: int, limits: Limits) -> None:
        self.work = work
        self.chunks = deque(chunks)
        self.limits = limits
        self.workers: dict[int, _Worker] = {}  # by the descriptor of their answers
        self.selector = selectors.DefaultSelector()
        self.crashes = 0
        self._read = memoryview(bytearray(_PIPE))  # one for all reads: to make and free it costs more than to fill it

        try:
            for _ in range(min(jobs, len(self.chunks))):
                self._start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def working(self) -> bool:
        """Whether there are answers to come."""
        return bool(self.workers)

    @property
    def busy(self) -> bool:
        """Whether no worker will soon be out of work, so that nobody need ask for answers at once."""
        return all(worker.end - worker.next >= _SOON for worker in self.workers.values())

    def answers(self, wait: float) -> Iterator[tuple[int, bytes | str]]:
        """What has been answered since: each task with its answer, or with the reason (text) why there is none, in no
        particular order. Waits up to `wait` seconds where nothing has been. Idle workers are given more to do."""
        if wait and self.busy:
            time.sleep(min(wait, GATHER))
        for key, _ in self.selector.select(timeout=wait):
            worker = self.workers[key.fd]
            size = os.readv(worker.answers, [self._read])
            if size:
                worker.last_seen = time.monotonic()
                worker.buffer += self._read[:size]
                yield from self._frames(worker)
            else:
                yield from self._gone(worker, CRASHED)
        now = time.monotonic()
        for worker in [w for w in self.workers.values() if now - w.last_seen > self.limits.stall_seconds]:
            _kill(worker.pid)
            yield from self._gone(worker, TIMED_OUT)

    def stop(self) -> None:
        for worker in list(self.workers.values()):
            _kill(worker.pid)
            self._drop(worker)
        self.selector.close()

    def _start(self) -> None:
        orders_in, orders_out = os.pipe()
        answers_in, answers_out = os.pipe()
        _widen(answers_in)
        gc.freeze()  # what is there is not touched by the workers' collections: pages stay shared
        with undisturbed():  # a signal right after the fork would make the child take the parent's way out
            pid = os.fork()
            if pid == 0:
                with contextlib.suppress(BaseException):
                    for other in self.workers.values():
                        os.close(other.orders)
                        os.close(other.answers)
                    os.close(orders_out)
                    os.close(answers_in)
                    _serve(self.work, orders_in, answers_out, self.limits)
                os._exit(0)
            worker = _Worker(pid, orders_out, answers_in)
            self.workers[answers_in] = worker
            self.selector.register(answers_in, selectors.EVENT_READ)
        gc.unfreeze()
        os.close(orders_in)
        os.close(answers_out)
        self._give(worker)

    def _give(self, worker: _Worker) -> None:
        """Give the worker its next chunk, or let it go."""
        if not self.chunks:
            self._drop(worker)
            return
        worker.next, worker.end = self.chunks.popleft()
        worker.last_seen = time.monotonic()
        with contextlib.suppress(OSError):  # it may have died: the end of its answers tells
            os.write(worker.orders, _ORDER.pack(worker.next, worker.end))

    def _frames(self, worker: _Worker) -> Iterator[tuple[int, bytes | str]]:
        buffer, position, end = worker.buffer, 0, len(worker.buffer)
        finished = False
        with memoryview(buffer) as view:
            while end - position >= _FRAME.size:
                kind, task, length = _FRAME.unpack_from(view, position)
                if end - position - _FRAME.size < length:
                    break
                position += _FRAME.size
                body = bytes(view[position : position + length])
                position += length
                if kind == _DONE:
                    finished = True
                elif task == worker.next:
                    worker.next += 1
                    yield task, body if kind == _ANSWER else body.decode("utf-8", "replace")
        del buffer[:position]
        if finished:
            self._give(worker)

    def _gone(self, worker: _Worker, reason: str) -> Iterator[tuple[int, bytes | str]]:
        """A worker died or was stopped: the file it was at has no answer; the rest of its chunk goes to another."""
        at, end = worker.next, worker.end
        ended_by = self._drop(worker)
        if at < end:
            yield at, TIMED_OUT if ended_by == getattr(signal, "SIGXCPU", None) else reason
            if at + 1 < end:
                self.chunks.appendleft((at + 1, end))
        self.crashes += 1
        if self.crashes > MAX_CRASHES:
            while self.chunks:
                first, last = self.chunks.popleft()
                for task in range(first, last):
                    yield task, "not looked through: the scanner crashed too often"
        elif self.chunks:
            self._start()

    def _drop(self, worker: _Worker) -> int:
        """Let go of a worker; the signal that ended it, or 0."""
        del self.workers[worker.answers]
        self.selector.unregister(worker.answers)
        os.close(worker.orders)
        os.close(worker.answers)
        try:
            _, status = os.waitpid(worker.pid, 0)
        except OSError:
            return 0
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def _widen(pipe: int) -> None:
    """Let a pipe hold more, where the system can."""
    with contextlib.suppress(OSError, ImportError, AttributeError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)


def _kill(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)


# -- in the worker -----------------------------------------------------------------------------------------------------


def _serve(work: Work, orders: int, answers: int, limits: Limits) -> None:
    """A worker's life: take chunks, answer each task at once (so that a crash is known to be the next task's)."""
    obey()
    _fall_silent()
    _limit_memory(limits.memory)
    gc.disable()  # syntax trees have no cycles; one collection a chunk takes what else there is
    deadline = _Deadline(limits.file_seconds)
    while len(order := os.read(orders, _ORDER.size)) == _ORDER.size:
        first, end = _ORDER.unpack(order)
        for task in range(first, end):
            if limits.seconds_of is not None:
                deadline.seconds = limits.seconds_of(task)
            kind, body = _answer(work, task, deadline)
            _write_all(answers, _FRAME.pack(kind, task, len(body)) + body)
        gc.collect()
        _write_all(answers, _FRAME.pack(_DONE, 0, 0))


def _fall_silent() -> None:
    """A worker says nothing: what a crash prints is no use to anyone but a developer."""
    if debugging():
        return
    faulthandler.disable()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)


def _answer(work: Work, task: int, deadline: _Deadline) -> tuple[int, bytes]:
    reason = ""
    try:
        with deadline:
            body = work(task)
        if len(body) <= _MAX_FRAME:
            return _ANSWER, body
        reason = "what was found is too large"
    except OutOfTime:
        reason = TIMED_OUT
    except Exception as error:  # a library may make an error of its own of what ends it: DuckDB's "Query interrupted"
        reason = TIMED_OUT if deadline.expired else reason_of(error)
    return _FAILED, reason.encode("utf-8", "replace")


def reason_of(error: BaseException) -> str:
    """Why one file has no answer, in a few words that depend on the file alone."""
    match error:
        case OutOfTime():
            return TIMED_OUT
        case Unreadable():
            return error.reason
        case MemoryError():
            return "needs too much memory"
        case RecursionError():
            return "nested too deeply"
        case _:
            return f"the scanner failed ({type(error).__name__})"


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class _Deadline:
    """Raises `OutOfTime` inside its block once that has used so much processor time (wall time would depend on what
    else the machine does). Where even that does not get through, because the time is spent in C, the process ends then.
    Only for a worker: it takes the process's profiling timer and its limit on processor time."""

    def __init__(self, seconds: float) -> None:
        import resource

        self.seconds = seconds
        self.expired = False  # in the block that was entered last
        self._armed = False
        self._stop = 0  # seconds of processor time at which the process ends
        self._resource = resource
        _, self._hard = resource.getrlimit(resource.RLIMIT_CPU)
        signal.signal(signal.SIGPROF, self._expire)

    def _expire(self, *_: object) -> None:
        if self._armed:
            self.expired = True
            raise OutOfTime

    def __enter__(self) -> None:
        stop = int(time.process_time() + self.seconds + 2)
        if stop != self._stop:  # once a second
            self._stop = stop
            unlimited = self._hard == self._resource.RLIM_INFINITY
            with contextlib.suppress(ValueError, OSError):
                limits = (stop if unlimited else min(stop, self._hard), self._hard)
                self._resource.setrlimit(self._resource.RLIMIT_CPU, limits)
        self.expired, self._armed = False, True
        signal.setitimer(signal.ITIMER_PROF, self.seconds)

    def __exit__(self, *_: object) -> None:
        self._armed = False  # the timer is set anew for the next block


def _limit_memory(extra: int) -> None:
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        used = _address_space()
        if not used:
            return
        limit = used + extra
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def available_jobs() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
