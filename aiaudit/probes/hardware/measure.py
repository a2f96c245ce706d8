"""Short measurements of this machine: memory copy and read, matrix multiplication, disk. At most five seconds.

What is told is the best of at least five runs after a warm-up, and it is a lower bound on what can be reached: other
loads on the machine and this process's own small buffers can only make it less. Where the median is under three
quarters of the best, the figure is called unstable. Copies count twice their bytes (read and written), reads once.
Nothing here touches a GPU: run `dcgmi diag -r 1` for that, when its owners agree.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from aiaudit.model.records import as_dict

RUNS: Final = 5
STABLE: Final = 0.75
MEMORY: Final = 64 * 1024 * 1024  # bytes a thread: beyond the caches of common processors
MOST_THREADS: Final = 8
MATRIX: Final = 1536
DISK: Final = 64 * 1024 * 1024
BLOCK: Final = 4 * 1024 * 1024
_SLOT: Final = 0.9  # seconds that one measurement may go on beyond its five runs
_LIMIT: Final = 5.0  # seconds in all


class Measured(Struct, frozen=True):
    """One figure in `unit` (10⁹ a second); None with a reason where it could not be had."""

    name: str
    unit: str
    best: float | None
    median: float | None
    runs: int
    stable: bool
    threads: int
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        return {**as_dict(self), "lower_bound": True}


def measure(threads: int, folder: str | None = None) -> tuple[Measured, ...]:
    """Measure with `threads` threads (at most eight); the disk that holds `folder` (default: temporary files)."""
    workers = max(1, min(threads, MOST_THREADS))
    end = time.perf_counter() + _LIMIT
    found = []
    for work in (_copy, _read, _matrix, lambda _: _disk(folder)):
        if time.perf_counter() < end - 0.5:
            found.append(work(workers))
    return tuple(found)


def _copy(workers: int) -> Measured:
    """ctypes.memmove releases the interpreter's lock, so that threads copy at the same time."""
    sources = [_filled(MEMORY) for _ in range(workers)]
    targets = [_filled(MEMORY) for _ in range(workers)]
    pairs = [(_address(target), _address(source)) for target, source in zip(targets, sources, strict=True)]
    with ThreadPoolExecutor(workers) as pool:

        def once() -> None:
            list(pool.map(lambda pair: ctypes.memmove(pair[0], pair[1], MEMORY), pairs))

        return _best("memory copy", "GB/s", 2 * MEMORY * workers / 1e9, once, workers)


def _read(workers: int) -> Measured:
    """memchr for a byte that is not there reads every cache line once."""
    try:
        memchr = ctypes.CDLL(None).memchr
    except (OSError, AttributeError):
        return _none("memory read", "GB/s", "the C library has no memchr that can be called")
    memchr.argtypes, memchr.restype = (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t), ctypes.c_void_p
    buffers = [_filled(MEMORY) for _ in range(workers)]
    places = [_address(buffer) for buffer in buffers]
    with ThreadPoolExecutor(workers) as pool:

        def once() -> None:
            list(pool.map(lambda place: memchr(place, 0xFF, MEMORY), places))

        return _best("memory read", "GB/s", MEMORY * workers / 1e9, once, workers)


def _matrix(workers: int) -> Measured:
    """A product of two matrices of 32-bit floats, by the BLAS that numpy brings."""
    import numpy as np

    one = np.ones((MATRIX, MATRIX), dtype=np.float32)
    return _best("matrix product", "GFLOP/s", 2 * MATRIX**3 / 1e9, lambda: one @ one, workers)


def _disk(folder: str | None) -> Measured:
    """Reading past the page cache (O_DIRECT); without it the figure would be the memory's."""
    direct = getattr(os, "O_DIRECT", None)
    if direct is None:
        return _none("disk read", "GB/s", "this system has no O_DIRECT, and the page cache would be measured instead")
    try:
        handle, name = tempfile.mkstemp(prefix="aiaudit-measure-", dir=folder)
    except OSError as error:
        return _none("disk read", "GB/s", f"no file can be written ({error.strerror})")
    try:
        with os.fdopen(handle, "wb") as file:
            block = bytes(range(256)) * (BLOCK // 256)
            for _ in range(DISK // BLOCK):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        try:
            reader = os.open(name, os.O_RDONLY | direct)
        except OSError as error:
            return _none("disk read", "GB/s", f"no O_DIRECT on this file system ({error.strerror})")
        with mmap.mmap(-1, BLOCK) as buffer:  # O_DIRECT wants memory on a page's boundary
            try:
                return _best("disk read", "GB/s", DISK / 1e9, lambda: _read_whole(reader, buffer), 1)
            except OSError as error:
                return _none("disk read", "GB/s", f"cannot be read with O_DIRECT ({error.strerror})")
            finally:
                os.close(reader)
    except OSError as error:
        return _none("disk read", "GB/s", f"no file can be written ({error.strerror})")
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _read_whole(reader: int, buffer: mmap.mmap) -> None:
    for offset in range(0, DISK, BLOCK):
        os.preadv(reader, [buffer], offset)


def _best(name: str, unit: str, amount: float, once: Callable[[], object], threads: int) -> Measured:
    """`amount` of units are done by one run of `once`."""
    once()  # warm-up: pages are touched, clocks rise
    rates: list[float] = []
    end = time.perf_counter() + _SLOT
    while len(rates) < RUNS or (time.perf_counter() < end and len(rates) < 4 * RUNS):
        start = time.perf_counter()
        once()
        rates.append(amount / max(time.perf_counter() - start, 1e-9))
        if time.perf_counter() > end + 2 * _SLOT:
            break  # a very slow machine: what there is must do
    best, median = max(rates), statistics.median(rates)
    stable = len(rates) >= RUNS and median >= STABLE * best
    reason = "" if len(rates) >= RUNS else f"{len(rates)} runs only: the machine is slow or busy"
    return Measured(name, unit, round(best, 2), round(median, 2), len(rates), stable, threads, reason)


def _none(name: str, unit: str, reason: str) -> Measured:
    return Measured(name, unit, None, None, 0, False, 0, reason)


def _filled(size: int) -> bytearray:
    return bytearray(b"\x01") * size


def _address(buffer: bytearray) -> int:
    return ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))
