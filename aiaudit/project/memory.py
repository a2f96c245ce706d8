"""Memory that is free but still held is handed back to the system where much of it has just become free."""

from __future__ import annotations

import contextlib
from typing import Final

WORTH_FILES: Final = 1000  # in a smaller tree there is little to hand back


def hand_back() -> None:
    """Let the C library return its free pages (`malloc_trim`, glibc only): without it, what the scan or the probes have
    let go of counts for this process until its end, on a tree of 5,000 files a sixth of all. Costs about 0.03 s."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
