"""One look at the whole machine."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiaudit.model.types import Unknown
from aiaudit.probes.hardware.accelerators import read_gpus
from aiaudit.probes.hardware.cgroup import read_cgroups
from aiaudit.probes.hardware.cpu import read_cpu
from aiaudit.probes.hardware.disk import Space, read_disks, real_space
from aiaudit.probes.hardware.memory import read_memory
from aiaudit.probes.hardware.report import HardwareReport
from aiaudit.probes.hardware.rooted import Rooted, missing


def probe_hardware(
    root: str | Path = "/",
    *,
    nvml: Any = None,
    space: Callable[[str], Space | None] | None = None,
    project: str = ".",
) -> HardwareReport:
    """Read processor, memory, disks and GPUs.

    root: where /proc and /sys are ("/" for this machine, a fixture tree in tests).
    nvml: a module with pynvml's functions (default: pynvml, imported only here).
    space: total and free bytes of the file system at a path (default: asked of the system; nothing in a fixture tree).
    project: the folder whose disk is looked at.
    Never raises for what a machine lacks: each part degrades to `Unknown` with its reason.
    """
    files = Rooted(Path(root))
    if space is None:
        space = real_space if files.real else _no_space
    cgroups = read_cgroups(files)
    memory = read_memory(files, cgroups, space)
    return HardwareReport(
        os=platform.system() if files.real else "Linux",
        kernel=files.word("/proc/sys/kernel/osrelease")
        or (platform.release() if files.real else missing("the kernel")),
        container=_container(files),
        cgroup=cgroups.layout,
        cpu=read_cpu(files, cgroups),
        memory=memory,
        disks=read_disks(files, space, project),
        gpus=read_gpus(files, memory.total, nvml),
    )


def _no_space(path: str) -> Space | None:
    return None


def _container(files: Rooted) -> str | Unknown | None:
    """The container runtime, by the traces that runtimes leave; None where there is no trace."""
    if files.exists("/.dockerenv"):
        return "docker"
    if files.exists("/run/.containerenv"):
        return "podman"
    groups = files.text("/proc/self/cgroup")
    if groups is None:
        return missing("/proc/self/cgroup") if sys.platform == "linux" else None
    for word, runtime in (("kubepods", "kubernetes"), ("docker", "docker"), ("libpod", "podman"), ("lxc", "lxc")):
        if word in groups:
            return runtime
    return None
