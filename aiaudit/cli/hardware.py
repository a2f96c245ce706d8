"""`aiaudit hardware`: this machine, as a process started here may use it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from typing import Annotated, Any

from aiaudit.cli.options import option

GIB = 1024**3


def hardware(
    as_json: Annotated[bool, option("--json", help="Print the report as JSON.")] = False,
    measure: Annotated[
        bool, option("--measure", help="Measure memory, arithmetic and disk for at most five seconds: it loads them.")
    ] = False,
) -> None:
    """Show this machine as a process here may use it.

    Processor, memory, disks and GPUs, with the limits of the container.
    """
    from aiaudit.probes.hardware import probe_hardware

    report = probe_hardware()
    data = report.to_json()
    if measure:
        from aiaudit.probes.hardware.measure import measure as run

        usable = report.cpu.usable
        data["measured"] = [one.to_json() for one in run(int(usable) if isinstance(usable, (int, float)) else 1)]
    if as_json:
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return
    rows = [*_machine(data), *_processor(data["cpu"]), *_memory(data["memory"]), *_disks(data["disks"])]
    rows += [*_gpus(data["gpus"]), *_measured(data.get("measured", ()))]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        for number, line in enumerate(_fitted(value, width + 2)):
            print(f"{'' if number else name:<{width}}  {line}")


def _fitted(value: str, used: int) -> list[str]:
    """The lines of a value beside its name; whole where nobody looks on, so that it can be searched for."""
    if not (sys.stdout.isatty() or "COLUMNS" in os.environ):
        return [value]
    room = shutil.get_terminal_size((80, 24)).columns - used
    return textwrap.wrap(value, max(room, 20), break_on_hyphens=False) or [""]


Row = tuple[str, str]


def _machine(data: dict[str, Any]) -> Iterable[Row]:
    inside = f", inside {_plain(data['container'])}" if data["container"] else ""
    yield "System", f"{data['os']} {_plain(data['kernel'])}{inside}, cgroup {data['cgroup']}"


def _processor(cpu: dict[str, Any]) -> Iterable[Row]:
    yield "Processor", f"{_plain(cpu['model'])} ({cpu['architecture']})"
    limit = f", limited by {cpu['limited_by']}" if cpu["limited_by"] else ""
    yield "Cores", f"{_plain(cpu['usable'])} usable of {_plain(cpu['threads'])} threads{limit}"
    if isinstance(cpu["features"], list) and cpu["features"]:
        yield "Instructions", ", ".join(cpu["features"])


def _memory(memory: dict[str, Any]) -> Iterable[Row]:
    limit = f", limited by {memory['limited_by']}" if memory["limited_by"] else ""
    free = f", {_size(memory['now']['available'])} available now" if "now" in memory else ""
    yield "Memory", f"{_size(memory['usable'])} usable of {_size(memory['total'])}{limit}{free}"
    yield "Shared memory", _size(memory["shm_total"])


def _disks(disks: Iterable[dict[str, Any]]) -> Iterable[Row]:
    for disk in disks:
        free = f", {_size(disk['now']['free'])} free" if "now" in disk else ""
        yield f"Disk ({disk['use']})", f"{_size(disk['total'])} {_plain(disk['filesystem'])}{free}"


def _gpus(gpus: dict[str, Any]) -> Iterable[Row]:
    if gpus["state"] != "known":
        reason = f": {gpus['reason']}" if gpus["reason"] else ""
        yield "GPUs", ("none" if gpus["state"] == "absent" else "cannot be told") + reason
    else:
        yield "GPU driver", f"{_plain(gpus['driver'])}, CUDA up to {_plain(gpus['cuda'])}"
    for gpu in gpus["devices"]:
        notes = [
            word for word, holds in (("BF16", gpu["bf16"]), ("FP8", gpu["fp8"]), ("MIG", gpu["mig"])) if holds is True
        ]
        shared = " shared with the processor" if gpu["unified"] else ""
        yield f"GPU {gpu['index']}", ", ".join([f"{_plain(gpu['name'])}, {_size(gpu['memory'])}{shared}", *notes])
    for unread in gpus["unread"]:
        yield "Accelerator", f"{unread} (seen, but no library here reads it)"


def _measured(figures: Iterable[dict[str, Any]]) -> Iterable[Row]:
    """What was measured; each figure is a lower bound on what can be reached."""
    for one in figures:
        if one["best"] is None:
            yield f"Measured {one['name']}", f"unknown ({one['reason']})"
            continue
        noise = "" if one["stable"] else f", unstable (median {one['median']:g}): measure again on an idle machine"
        threads = f", {one['threads']} threads" if one["threads"] > 1 else ""
        yield (
            f"Measured {one['name']}",
            f"at least {one['best']:g} {one['unit']}{threads}, best of {one['runs']}{noise}",
        )


def _plain(value: Any) -> str:
    """A value in words: what could not be read says why."""
    if isinstance(value, dict) and "$unknown" in value:
        return f"unknown ({value['$unknown']})" if value["$unknown"] else "unknown"
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _size(value: Any) -> str:
    return f"{value / GIB:,.1f} GiB" if isinstance(value, int) else _plain(value)
