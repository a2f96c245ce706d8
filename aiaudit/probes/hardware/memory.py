"""Memory: the machine's, and what control groups leave of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from aiaudit.model.types import Unknown
from aiaudit.probes.hardware.cgroup import Cgroups
from aiaudit.probes.hardware.disk import Space
from aiaudit.probes.hardware.report import Memory, MemoryNow
from aiaudit.probes.hardware.rooted import Rooted, missing

_SHM: Final = "/dev/shm"  # noqa: S108 (only its size is asked)


def read_memory(files: Rooted, cgroups: Cgroups, space: Callable[[str], Space | None]) -> Memory:
    """`space` gives the size of the file system at a path; it tells the size of /dev/shm."""
    info = _meminfo(files)
    total = info.get("MemTotal") or _machine_total(files)
    limit = cgroups.memory_limit(files)
    high = cgroups.memory_high(files)
    usable = min((value for value in (total, int(limit.value) if limit else None) if value is not None), default=None)
    limits = files.text("/proc/self/limits") or ""
    bites = limit is not None and (total is None or limit.value < total)
    shm = space(_SHM)
    return Memory(
        total=total or missing("/proc/meminfo"),
        limit=int(limit.value) if limit else None,
        limited_by=limit.file if limit and bites else "",
        usable=usable if usable is not None else missing("/proc/meminfo"),
        high=int(high.value) if high else None,
        swap_total=info.get("SwapTotal", missing("/proc/meminfo")),
        shm_total=shm.total if shm else _shm_from_mounts(files),
        huge_pages=info.get("HugePages_Total", missing("/proc/meminfo")),
        huge_page_size=info.get("Hugepagesize", missing("/proc/meminfo")),
        transparent_huge_pages=_chosen(files.word("/sys/kernel/mm/transparent_hugepage/enabled")),
        locked_limit=_rlimit(limits, "Max locked memory"),
        open_files_limit=_rlimit(limits, "Max open files"),
        now=MemoryNow(_available(files, cgroups, info)),
    )


def _meminfo(files: Rooted) -> dict[str, int]:
    """/proc/meminfo in bytes; the counts of huge pages stay counts."""
    found: dict[str, int] = {}
    for name, value, unit in re.findall(r"^(\w+):\s+(\d+)(?: (kB))?$", files.text("/proc/meminfo") or "", re.MULTILINE):
        found[name] = int(value) * (1024 if unit else 1)
    return found


def _machine_total(files: Rooted) -> int | None:
    """Where there is no /proc (macOS, Windows), psutil knows."""
    if not files.real:
        return None
    try:
        import psutil

        return int(psutil.virtual_memory().total)
    except (ImportError, OSError, RuntimeError):
        return None


def _available(files: Rooted, cgroups: Cgroups, info: dict[str, int]) -> int | Unknown:
    candidates = [info["MemAvailable"]] if "MemAvailable" in info else []
    limit = cgroups.memory_limit(files)
    if limit is not None:
        used = cgroups.memory_used(files, limit)
        if used is not None:
            candidates.append(max(0, int(limit.value) - used))
    return min(candidates) if candidates else missing("MemAvailable in /proc/meminfo")


def _shm_from_mounts(files: Rooted) -> int | Unknown | None:
    mounts = files.text("/proc/self/mountinfo")
    if mounts is None:
        return missing("/proc/self/mountinfo")
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) > 4 and fields[4] == _SHM:
            size = re.search(r"\bsize=(\d+)([kmg]?)", line)
            if size is None:
                return Unknown("the shared memory file system is mounted without a size")
            return int(size.group(1)) << {"": 0, "k": 10, "m": 20, "g": 30}[size.group(2)]
    return None


def _chosen(text: str | None) -> str | None:
    """The word in brackets of a kernel choice such as `always [madvise] never`."""
    found = re.search(r"\[(\w+)\]", text or "")
    return found.group(1) if found else None


def _rlimit(limits: str, name: str) -> int | Unknown | None:
    """The soft limit of this process; None = unlimited."""
    found = re.search(rf"^{name}\s+(\S+)", limits, re.MULTILINE)
    if found is None:
        return missing("/proc/self/limits")
    return None if found.group(1) == "unlimited" else int(found.group(1))
