"""What a program writes, taken within bounds of time and size."""

from __future__ import annotations

import os
import selectors
import subprocess
import time


class OverrunError(Exception):
    """The program took too long or wrote too much; the message says which."""


def drain(process: subprocess.Popen[bytes], *, seconds: float, most_bytes: int, grace: float) -> bytes:
    """All that a started program writes to its stdout, until it ends. `grace`: seconds at least that it has to end once
    it has closed its output. Raises `OverrunError`; the caller stops the program then."""
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    parts: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise OverrunError(f"took longer than {seconds:.0f} s")
            chunk = os.read(process.stdout.fileno(), 1 << 20)
            if not chunk:
                break
            parts.append(chunk)
            size += len(chunk)
            if size > most_bytes:
                raise OverrunError(f"wrote more than {most_bytes >> 20} MB")
    try:
        process.wait(max(grace, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise OverrunError(f"took longer than {seconds:.0f} s") from None
    return b"".join(parts)
