"""The processor: model, usable cores, and the instructions that inference libraries look for."""

from __future__ import annotations

import os
import platform
import re

from aiaudit.model.types import Unknown
from aiaudit.probes.hardware.cgroup import Cgroups
from aiaudit.probes.hardware.report import Cpu
from aiaudit.probes.hardware.rooted import Rooted, count_list, missing

# /proc/cpuinfo's name -> the name that library documentation uses
_FEATURES = {
    "avx": "avx",
    "avx2": "avx2",
    "fma": "fma",
    "f16c": "f16c",
    "avx512f": "avx512f",
    "avx512_vnni": "avx512_vnni",
    "avx512_bf16": "avx512_bf16",
    "avx512_fp16": "avx512_fp16",
    "avx_vnni": "avx_vnni",
    "amx_tile": "amx_tile",
    "amx_bf16": "amx_bf16",
    "amx_int8": "amx_int8",
    "asimd": "neon",
    "neon": "neon",
    "asimddp": "dotprod",
    "bf16": "bf16",
    "i8mm": "i8mm",
    "sve": "sve",
    "sve2": "sve2",
}


def read_cpu(files: Rooted, cgroups: Cgroups) -> Cpu:
    """Usable cores are the least of affinity, cpuset and quota, and never more than there are."""
    info = files.text("/proc/cpuinfo")
    threads = _threads(files, info)
    affinity = _affinity(files)
    cpuset = cgroups.cpuset(files)
    quota = cgroups.cpu_quota(files)
    usable, limited_by = _usable(threads, affinity, cpuset.value if cpuset else None, quota.value if quota else None)
    return Cpu(
        model=_model(info) or _platform_model(files),
        vendor=_field(info, "vendor_id") or _arm_vendor(info) or missing("the vendor in /proc/cpuinfo"),
        architecture=platform.machine() if files.real else _architecture(info),
        threads=threads,
        physical_cores=_physical(info),
        affinity=affinity,
        cpuset=int(cpuset.value) if cpuset else None,
        quota=round(quota.value, 3) if quota else None,
        usable=usable,
        limited_by=limited_by,
        features=_features(info),
        numa_nodes=_numa(files),
        governor=files.word("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    )


def _usable(
    threads: int | Unknown, affinity: int | Unknown, cpuset: float | None, quota: float | None
) -> tuple[float | Unknown, str]:
    bounds = [
        (float(value), name)
        for value, name in ((threads, ""), (affinity, "affinity"), (cpuset, "cpuset"), (quota, "quota"))
        if value is not None and not isinstance(value, Unknown)
    ]
    if not bounds:
        return Unknown("neither the number of threads nor a limit is readable"), ""
    value, name = min(bounds, key=lambda bound: bound[0])  # the first of equals: no limit where a limit does not bite
    return round(value, 3), name


def _threads(files: Rooted, info: str | None) -> int | Unknown:
    online = count_list(files.word("/sys/devices/system/cpu/online") or "")
    if online:
        return online
    listed = len(re.findall(r"^processor\s*:", info or "", re.MULTILINE))
    if listed:
        return listed
    return (os.cpu_count() if files.real else None) or missing("/sys/devices/system/cpu/online")


def _affinity(files: Rooted) -> int | Unknown:
    status = files.text("/proc/self/status") or ""
    allowed = re.search(r"^Cpus_allowed_list:\s*(\S+)", status, re.MULTILINE)
    count = count_list(allowed.group(1)) if allowed else None
    if count:
        return count
    if files.real and hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return missing("the affinity in /proc/self/status")


def _physical(info: str | None) -> int | Unknown:
    pairs = set()
    for block in (info or "").split("\n\n"):
        package, core = _field(block, "physical id"), _field(block, "core id")
        if core is not None:
            pairs.add((package, core))
    return len(pairs) or Unknown("the kernel does not list the cores' ids")


def _features(info: str | None) -> tuple[str, ...] | Unknown:
    flags = _field(info, "flags") or _field(info, "Features")
    if flags is None:
        return missing("the flags in /proc/cpuinfo")
    return tuple(sorted({_FEATURES[flag] for flag in flags.split() if flag in _FEATURES}))


def _field(info: str | None, name: str) -> str | None:
    found = re.search(rf"^{name}[ \t]*:[ \t]*(\S.*)$", info or "", re.MULTILINE)
    return found.group(1).strip() if found else None


def _model(info: str | None) -> str | None:
    return _field(info, "model name") or _field(info, "Model") or _field(info, "Hardware")


def _platform_model(files: Rooted) -> str | Unknown:
    return (platform.processor() if files.real else "") or missing("the model in /proc/cpuinfo")


def _arm_vendor(info: str | None) -> str | None:
    code = _field(info, "CPU implementer")
    known = {
        "0x41": "ARM",
        "0x4e": "NVIDIA",
        "0x51": "Qualcomm",
        "0x61": "Apple",
        "0xc0": "Ampere",
        "0x48": "HiSilicon",
    }
    return known.get(code.lower(), f"implementer {code}") if code else None


def _architecture(info: str | None) -> str:
    return "aarch64" if _field(info, "CPU implementer") else "x86_64"


def _numa(files: Rooted) -> int | Unknown:
    nodes = [name for name in files.names("/sys/devices/system/node") if re.fullmatch(r"node\d+", name)]
    return len(nodes) or missing("/sys/devices/system/node")
