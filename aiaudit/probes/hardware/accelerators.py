"""All GPUs and other accelerators: NVIDIA by NVML, AMD by the kernel's files, others as far as the PCI bus tells."""

from __future__ import annotations

import ctypes
import re
import sys
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.model.types import Unknown
from aiaudit.probes.hardware.nvidia import NO_LIBRARY, NoLibraryError, read_nvidia
from aiaudit.probes.hardware.report import Gpu, GpuNow, Gpus
from aiaudit.probes.hardware.rooted import Rooted

_LIBRARY: Final = "libnvidia-ml.so.1"  # what nvidia-ml-py loads
_VENDORS: Final = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x1da3": "Habana", "0x8086": "Intel"}


class _OnBus(Struct, frozen=True):
    vendor: str
    device: str
    kind: str  # the PCI class


def read_gpus(files: Rooted, memory_total: int | Unknown, nvml: Any = None) -> Gpus:
    """`nvml`: the module to ask instead of `pynvml` (tests); it is imported only when it is needed."""
    bus = _accelerators(files)
    nvidia = _nvidia(files, memory_total, nvml, bus)
    amd = _amd(files, start=len(nvidia.devices))
    unread = tuple(
        f"{device.vendor} accelerator {device.device}"
        for device in bus
        if device.vendor not in ("NVIDIA", "AMD") or (device.vendor == "AMD" and not amd)
    )
    if amd:
        return replace(nvidia, state="known", reason="", devices=nvidia.devices + amd, unread=unread)
    if unread and nvidia.state == "absent":
        return replace(
            nvidia, state="unknown", reason="there is an accelerator that cannot be read here", unread=unread
        )
    return replace(nvidia, unread=unread)


def _nvidia(files: Rooted, memory_total: int | Unknown, nvml: Any, bus: list[_OnBus]) -> Gpus:
    if nvml is None and not files.real:
        return Gpus("absent", "no NVML in a fixture tree")
    try:
        return read_nvidia(_nvml() if nvml is None else nvml, memory_total)
    except ImportError:
        return Gpus("unknown", "the package nvidia-ml-py is not installed")
    except NoLibraryError as error:
        if any(device.vendor == "NVIDIA" for device in bus):
            return Gpus("unknown", f"an NVIDIA device is on the PCI bus, but {error}")
        if not files.real or files.names("/sys/bus/pci/devices") or files.exists("/proc/cpuinfo"):
            return Gpus("absent", f"no device is on the PCI bus, and {error}")
        return Gpus("unknown", str(error))


def _nvml() -> Any:
    """The module to ask. To import it takes longer than all else about a machine: on most there is no library to ask.

    Raises NoLibraryError, ImportError.
    """
    if sys.platform == "linux":
        try:
            ctypes.CDLL(_LIBRARY)
        except OSError:
            raise NoLibraryError(NO_LIBRARY) from None
    import pynvml

    return pynvml


def _accelerators(files: Rooted) -> list[_OnBus]:
    """Display controllers (class 03) and processing accelerators (class 12). Integrated Intel graphics do not count."""
    found = []
    for name in files.names("/sys/bus/pci/devices"):
        base = f"/sys/bus/pci/devices/{name}"
        kind, vendor = files.word(f"{base}/class") or "", files.word(f"{base}/vendor") or ""
        if vendor not in _VENDORS or not re.match(r"0x(03|12)", kind):
            continue
        if vendor == "0x8086" and kind.startswith("0x03"):
            continue
        found.append(_OnBus(_VENDORS[vendor], files.word(f"{base}/device") or "?", kind))
    return found


def _amd(files: Rooted, start: int) -> tuple[Gpu, ...]:
    """AMD devices by /sys/class/drm; the driver amdgpu writes the size of their memory there."""
    found: list[Gpu] = []
    for card in files.names("/sys/class/drm"):
        base = f"/sys/class/drm/{card}/device"
        memory = files.number(f"{base}/mem_info_vram_total")
        if not re.fullmatch(r"card\d+", card) or memory is None or files.word(f"{base}/vendor") != "0x1002":
            continue
        unread = Unknown("not in the files of the driver amdgpu")
        used, busy = files.number(f"{base}/mem_info_vram_used"), files.number(f"{base}/gpu_busy_percent")
        now = GpuNow(
            memory_free=memory - used if used is not None else unread,
            utilisation=busy if busy is not None else unread,
            temperature=unread,
            slowdown=unread,
            pcie_generation=unread,
            pcie_width=_width(files.word(f"{base}/current_link_width")) or unread,
            processes=unread,
        )
        found.append(
            Gpu(
                vendor="AMD",
                index=start + len(found),
                name=files.word(f"{base}/product_name") or f"AMD device {files.word(f'{base}/device') or '?'}",
                uuid=files.word(f"{base}/unique_id") or unread,
                memory=memory,
                memory_reserved=None,
                unified=False,
                compute_capability=None,
                bf16=unread,
                fp8=unread,
                mig=False,
                mig_slices=(),
                ecc=unread,
                ecc_uncorrected=unread,
                rows_pending=unread,
                power_limit=unread,
                power_default=unread,
                pcie_generation_max=unread,
                pcie_width_max=_width(files.word(f"{base}/max_link_width")) or unread,
                nvlinks=None,
                now=now,
            )
        )
    return tuple(found)


def _width(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
