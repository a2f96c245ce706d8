"""Limits that control groups put on this process: version 1, version 2 and hybrids of both.

The group of a process is named in /proc/self/cgroup; where its hierarchy is mounted, and which part of it, in
/proc/self/mountinfo. A limit holds for all groups below it, so the way from the process's group up to the mount
point is walked and the least limit counts. Inside a container with its own cgroup namespace the group is "/" and the
mount point holds the container's own limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from msgspec import Struct

from aiaudit.probes.hardware.rooted import Rooted, count_list

UNLIMITED = 1 << 62  # version 1 writes "no limit" as a number near 2^63


class Limit(Struct, frozen=True):
    """The least value found on the way up, and the control file that holds it."""

    value: float
    file: str


class Hierarchy(Struct, frozen=True):
    """Where one controller's groups are mounted, and this process's group below that point."""

    version: int
    mount: str
    group: str

    def groups(self) -> Iterator[str]:
        """The folders from the process's own group up to the mount point."""
        at = PurePosixPath(self.group)
        while True:
            yield str(PurePosixPath(self.mount) / str(at).lstrip("/"))
            if at == at.parent:
                return
            at = at.parent


class Cgroups(Struct, frozen=True):
    """The hierarchies this process is in. `layout`: "v1", "v2", "hybrid" or "none"."""

    layout: str
    controllers: dict[str, Hierarchy]

    def memory_limit(self, files: Rooted) -> Limit | None:
        """The least of memory.max (v2) or memory.limit_in_bytes (v1), in bytes; None where nothing limits it."""
        return self._least_memory(files, {1: "memory.limit_in_bytes", 2: "memory.max"})

    def memory_high(self, files: Rooted) -> Limit | None:
        """The least of memory.high, in bytes (version 2 only)."""
        return self._least_memory(files, {2: "memory.high"})

    def memory_used(self, files: Rooted, limit: Limit) -> int | None:
        """Bytes charged to the group that sets `limit`, without page cache that the kernel would give back."""
        folder = limit.file.rpartition("/")[0]
        current = files.number(f"{folder}/memory.current")
        if current is None:
            current = files.number(f"{folder}/memory.usage_in_bytes")
        if current is None:
            return None
        stat = files.text(f"{folder}/memory.stat") or ""
        cache = re.search(r"^(?:total_)?inactive_file (\d+)$", stat, re.MULTILINE)
        return max(0, current - (int(cache.group(1)) if cache else 0))

    def cpu_quota(self, files: Rooted) -> Limit | None:
        """The least CPU quota in cores: cpu.max (v2) or cfs_quota_us / cfs_period_us (v1)."""
        hierarchy = self.controllers.get("cpu")
        best: Limit | None = None
        for folder in hierarchy.groups() if hierarchy else ():
            found = _quota(files, folder)
            if found is not None and (best is None or found.value < best.value):
                best = found
        return best

    def cpuset(self, files: Rooted) -> Limit | None:
        """How many threads the cpuset allows. The group's effective set already takes in those above it."""
        hierarchy = self.controllers.get("cpuset")
        for folder in hierarchy.groups() if hierarchy else ():
            for name in ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"):
                count = count_list(files.word(f"{folder}/{name}") or "")
                if count:
                    return Limit(count, f"{folder}/{name}")
        return None

    def _least_memory(self, files: Rooted, names: dict[int, str]) -> Limit | None:
        hierarchy = self.controllers.get("memory")
        name = names.get(hierarchy.version) if hierarchy else None
        best: Limit | None = None
        for folder in hierarchy.groups() if hierarchy and name else ():
            value = files.number(f"{folder}/{name}")  # "max" is no number
            if value is not None and value < UNLIMITED and (best is None or value < best.value):
                best = Limit(value, f"{folder}/{name}")
        return best


def _quota(files: Rooted, folder: str) -> Limit | None:
    maximum = files.word(f"{folder}/cpu.max")
    if maximum is not None:
        quota, _, period = maximum.partition(" ")
        if quota.isdigit() and period.strip().isdigit() and int(period):
            return Limit(int(quota) / int(period), f"{folder}/cpu.max")
        return None
    micros, length = files.number(f"{folder}/cpu.cfs_quota_us"), files.number(f"{folder}/cpu.cfs_period_us")
    if micros is None or not length or micros <= 0:  # -1 = no quota
        return None
    return Limit(micros / length, f"{folder}/cpu.cfs_quota_us")


def read_cgroups(files: Rooted) -> Cgroups:
    """Find the hierarchies of this process. A controller that is in version 1 is not in version 2."""
    mounts = _mounts(files.text("/proc/self/mountinfo") or "")
    controllers: dict[str, Hierarchy] = {}
    versions: set[int] = set()
    for line in (files.text("/proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        names, _, group = rest.partition(":")
        if not group.startswith("/"):
            continue
        for key in names.split(",") if names else ["unified"]:
            mount = mounts.get(key)
            if mount is None or key.startswith("name="):
                continue
            version = 2 if key == "unified" else 1
            versions.add(version)
            hierarchy = Hierarchy(version, mount.point, _below(group, mount.root))
            for controller in ("memory", "cpu", "cpuset") if version == 2 else (key,):
                if version == 1 or controller not in controllers:
                    controllers[controller] = hierarchy
    v1_controllers = any(h.version == 1 for h in controllers.values())
    layout = "hybrid" if v1_controllers and 2 in versions else "v1" if v1_controllers else "v2" if versions else "none"
    return Cgroups(layout, controllers)


class _Mount(Struct, frozen=True):
    root: str
    point: str


def _mounts(mountinfo: str) -> dict[str, _Mount]:
    """Controller name ("unified" for version 2) -> where it is mounted. Format: proc(5), /proc/PID/mountinfo."""
    found: dict[str, _Mount] = {}
    for line in mountinfo.splitlines():
        left, dash, right = line.partition(" - ")
        fields, tail = left.split(), right.split()
        if not dash or len(fields) < 5 or len(tail) < 1 or not tail[0].startswith("cgroup"):
            continue
        mount = _Mount(_unescaped(fields[3]), _unescaped(fields[4]))
        if tail[0] == "cgroup2":
            found.setdefault("unified", mount)
        else:
            for option in tail[2].split(",") if len(tail) > 2 else ():
                found.setdefault(option, mount)
    return found


def _unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), path)


def _below(group: str, root: str) -> str:
    """The group's path below the mounted part. A group outside it (another namespace) is seen at the mount point."""
    if ".." in group.split("/"):
        return "/"
    if root in ("", "/"):
        return group
    if group == root or group.startswith(root.rstrip("/") + "/"):
        return group[len(root.rstrip("/")) :] or "/"
    return "/"
