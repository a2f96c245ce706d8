"""Disks: how large, how free, of which kind."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable

from msgspec import Struct

from aiaudit.model.types import Unknown
from aiaudit.probes.hardware.report import Disk, DiskNow
from aiaudit.probes.hardware.rooted import Rooted


class Space(Struct, frozen=True):
    total: int
    free: int


def real_space(path: str) -> Space | None:
    """Size and free bytes of the file system that holds `path`; None where it cannot be asked."""
    try:
        usage = shutil.disk_usage(path)
    except (OSError, ValueError):
        return None
    return Space(usage.total, usage.free)


def read_disks(files: Rooted, space: Callable[[str], Space | None], project: str) -> tuple[Disk, ...]:
    """The file systems of the project and of temporary files; one entry where both are the same."""
    disks = [_disk(files, space, "project", project)]
    temporary = tempfile.gettempdir() if files.real else "/tmp"  # noqa: S108 (only its mount point is looked up)
    if _mount(files, temporary) != _mount(files, project):
        disks.append(_disk(files, space, "temporary files", temporary))
    return tuple(disks)


def _disk(files: Rooted, space: Callable[[str], Space | None], use: str, path: str) -> Disk:
    mount = _mount(files, path)
    size = space(path)
    unread = Unknown("the file system's size cannot be asked")
    return Disk(
        use=use,
        filesystem=mount.kind if mount else Unknown("the mount is not in /proc/self/mountinfo"),
        total=size.total if size else unread,
        rotational=_rotational(files, mount),
        now=DiskNow(size.free if size else unread),
    )


class _Mounted(Struct, frozen=True):
    point: str
    device: str  # major:minor
    kind: str


def _mount(files: Rooted, path: str) -> _Mounted | None:
    """The deepest mount point that holds `path`."""
    where = os.path.realpath(path) if files.real else path
    best: _Mounted | None = None
    for line in (files.text("/proc/self/mountinfo") or "").splitlines():
        left, _, right = line.partition(" - ")
        fields, tail = left.split(), right.split()
        if len(fields) < 5 or not tail:
            continue
        point = fields[4]
        inside = point in ("/", where) or where.startswith(point.rstrip("/") + "/")
        if inside and (best is None or len(point) >= len(best.point)):
            best = _Mounted(point, fields[2], tail[0])
    return best


def _rotational(files: Rooted, mount: _Mounted | None) -> bool | Unknown | None:
    """Whether the block device turns; None for a file system without a block device (overlay, tmpfs, network)."""
    if mount is None:
        return Unknown("the mount is not in /proc/self/mountinfo")
    if mount.device.startswith("0:"):
        return None
    base = f"/sys/dev/block/{mount.device}"
    for path in (f"{base}/queue/rotational", f"{base}/../queue/rotational"):  # the disk itself, or a partition's disk
        value = files.number(path)
        if value is not None:
            return bool(value)
    return Unknown("the block device is not in /sys")
