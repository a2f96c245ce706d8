"""Whole processes, measured: wall and CPU seconds and the largest memory of any process among them."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Seconds of wall clock and CPU (children included), and megabytes of the largest process."""

    wall: float
    cpu: float
    memory: float


def run(command: Sequence[str], env: Mapping[str, str] | None = None, allowed: Sequence[int] = (0,)) -> Cost:
    """Run one command to its end. An exit code that is not `allowed` ends the benchmark."""
    start = time.perf_counter()
    outer = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}  # as when installed
    process = subprocess.Popen(command, env={**outer, **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in allowed:
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
        raise SystemExit(f"{' '.join(command)}: exit {process.returncode}\n{said[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure; of memory the largest."""
    return Cost(
        statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs), max(c.memory for c in costs)
    )


def line(name: str, cost: Cost, said: str = "") -> str:
    """One row of a table."""
    return (
        f"{name:<44} {cost.wall * 1000:8.0f} ms  CPU {cost.cpu * 1000:8.0f} ms  {cost.memory:6.0f} MB  {said}".rstrip()
    )
