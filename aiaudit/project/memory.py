"""Memory that is free is not held for long where much of it becomes free: in large trees."""

from __future__ import annotations

import contextlib
import gc
from typing import Final

WORTH_FILES: Final = 1000  # in a smaller tree there is little to hand back
VERY_MANY_FILES: Final = 20_000  # in such a tree each step leaves some
_GC_THRESHOLD: Final = 50_000  # of a large tree: ten times as often as `aiaudit.__main__` has it
_MMAP_THRESHOLD: Final = -3  # of `mallopt` (malloc.h of glibc)
_LARGE: Final = 1024 * 1024  # bytes of what has pages of its own


def spare(files: int) -> None:
    """Look for cycles often enough for a tree of so many files, and let what is large have pages of its own, which go
    back when it goes. By itself the C library puts such things among all others once a large one has gone."""
    if files >= WORTH_FILES:
        gc.set_threshold(_GC_THRESHOLD)
        _tell_c_library("mallopt", _MMAP_THRESHOLD, _LARGE)


def hand_back() -> None:
    """Let the C library return its free pages (`malloc_trim`): without it, what the scan or the probes have let go of
    counts for this process until its end, on a tree of 5,000 files a sixth of all. Costs about 0.03 s."""
    _tell_c_library("malloc_trim", 0)


def _tell_c_library(function: str, *given: int) -> None:
    """Call a function of glibc; nothing is done where another library is there."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):
        getattr(ctypes.CDLL(None), function)(*given)
