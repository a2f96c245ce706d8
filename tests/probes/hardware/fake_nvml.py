"""A library that stands in for libnvidia-ml.so.1: nvidia-ml-py calls it as it would call the real one.

Each device is a table of answers. A missing entry answers "not supported"; a function named in `old` does not exist,
as in an old driver. Answers are written through the ctypes references that nvidia-ml-py passes.
"""
# ruff: noqa: N802 (the methods bear the names of NVML's functions)

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pynvml

SUCCESS, NOT_SUPPORTED, NOT_FOUND, INSUFFICIENT_SIZE = 0, 3, 6, 7
GIB = 1 << 30


@dataclass
class Device:
    """One GPU. Values as NVML gives them: bytes, milliwatts, bit masks."""

    name: str = "NVIDIA H100 80GB HBM3"
    uuid: str = "GPU-0"
    capability: tuple[int, int] = (9, 0)
    memory: tuple[int, int, int] | None = (85017493504, 84000000000, 1017493504)  # total, free, used
    reserved: int = 600 << 20
    mig: bool | None = False
    slices: tuple[tuple[str, int], ...] = ()
    ecc: bool | None = True
    uncorrected: int = 0
    pending: bool = False
    power: tuple[int, int] = (700_000, 700_000)  # limit, default
    pcie: tuple[int, int, int, int] = (5, 16, 1, 16)  # max generation, max width, current ones
    reasons: int = 0x1  # idle
    busy: int | None = 0
    processes: int | None = 0  # None: hidden
    nvlinks: int = 0
    codes: dict[str, int] = field(default_factory=dict)  # function -> return code that it gives instead


@dataclass
class FakeNvml:
    """The library. `old`: functions that this driver does not have. `start`: what nvmlInit returns."""

    devices: list[Device] = field(default_factory=list)
    driver: str = "570.86.10"
    cuda: int = 12080
    old: frozenset[str] = frozenset()
    start: int = SUCCESS

    def __getattr__(self, name: str) -> Callable[..., int]:
        if not name.startswith("nvml") or name in self.__dict__.get("old", ()):
            raise AttributeError(name)
        handler = getattr(type(self), "_" + name.removesuffix("_v2").removesuffix("_v3"), None)
        exact = getattr(type(self), "_" + name, handler)

        def call(*arguments: Any) -> int:
            device = self._device(arguments[0]) if arguments and name.startswith("nvmlDevice") else None
            if isinstance(device, Device) and name in device.codes:
                return device.codes[name]
            return NOT_SUPPORTED if exact is None else int(exact(self, *arguments))

        return call

    # A handle is a number: 1000 * (device + 1), and + 1 + slice for a MIG slice.
    def _device(self, handle: Any) -> Device | None:
        if not isinstance(handle, pynvml.c_nvmlDevice_t):
            return None
        number = ctypes.cast(handle, ctypes.c_void_p).value
        return self.devices[number // 1000 - 1] if number and number >= 1000 else None

    def _slice(self, handle: Any) -> tuple[str, int] | None:
        number = ctypes.cast(handle, ctypes.c_void_p).value or 0
        return self.devices[number // 1000 - 1].slices[number % 1000 - 1] if number % 1000 else None

    def _nvmlInitWithFlags(self, flags: int) -> int:
        return self.start

    def _nvmlShutdown(self) -> int:
        return SUCCESS

    def _nvmlSystemGetDriverVersion(self, text: Any, size: Any) -> int:
        text.value = self.driver.encode()
        return SUCCESS

    def _nvmlSystemGetCudaDriverVersion(self, out: Any) -> int:
        out._obj.value = self.cuda
        return SUCCESS

    def _nvmlDeviceGetCount(self, out: Any) -> int:
        out._obj.value = len(self.devices)
        return SUCCESS

    def _nvmlDeviceGetHandleByIndex(self, index: Any, out: Any) -> int:
        device = self.devices[index.value]
        code = device.codes.get("nvmlDeviceGetHandleByIndex_v2", SUCCESS)
        if code != SUCCESS:
            return code
        ctypes.cast(out, ctypes.POINTER(ctypes.c_void_p))[0] = 1000 * (index.value + 1)
        return SUCCESS

    def _nvmlDeviceGetName(self, handle: Any, text: Any, size: Any) -> int:
        part, device = self._slice(handle), self._device(handle)
        text.value = (part[0] if part else device.name if device else "").encode()
        return SUCCESS

    def _nvmlDeviceGetUUID(self, handle: Any, text: Any, size: Any) -> int:
        device = self._device(handle)
        text.value = (device.uuid if device else "").encode()
        return SUCCESS

    def _nvmlDeviceGetCudaComputeCapability(self, handle: Any, major: Any, minor: Any) -> int:
        device = self._device(handle)
        assert device
        major._obj.value, minor._obj.value = device.capability
        return SUCCESS

    def _nvmlDeviceGetMemoryInfo(self, handle: Any, out: Any) -> int:
        part, device = self._slice(handle), self._device(handle)
        assert device
        if part:
            out._obj.total, out._obj.free, out._obj.used = part[1], part[1], 0
            return SUCCESS
        if device.memory is None:
            return NOT_SUPPORTED
        out._obj.total, out._obj.free, out._obj.used = device.memory
        if hasattr(out._obj, "reserved"):
            out._obj.reserved = device.reserved
        return SUCCESS

    def _nvmlDeviceGetMigMode(self, handle: Any, current: Any, pending: Any) -> int:
        device = self._device(handle)
        if device is None or device.mig is None:
            return NOT_SUPPORTED
        current._obj.value = pending._obj.value = int(device.mig)
        return SUCCESS

    def _nvmlDeviceGetMaxMigDeviceCount(self, handle: Any, out: Any) -> int:
        out._obj.value = 7
        return SUCCESS

    def _nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, index: Any, out: Any) -> int:
        device = self._device(handle)
        number = int(getattr(index, "value", index))
        if device is None or number >= len(device.slices):
            return NOT_FOUND
        base = ctypes.cast(handle, ctypes.c_void_p).value or 0
        ctypes.cast(out, ctypes.POINTER(ctypes.c_void_p))[0] = base + number + 1
        return SUCCESS

    def _nvmlDeviceGetEccMode(self, handle: Any, current: Any, pending: Any) -> int:
        device = self._device(handle)
        if device is None or device.ecc is None:
            return NOT_SUPPORTED
        current._obj.value = pending._obj.value = int(device.ecc)
        return SUCCESS

    def _nvmlDeviceGetTotalEccErrors(self, handle: Any, kind: Any, counter: Any, out: Any) -> int:
        device = self._device(handle)
        if device is None or device.ecc is None:
            return NOT_SUPPORTED
        out._obj.value = device.uncorrected
        return SUCCESS

    def _nvmlDeviceGetRemappedRows(self, handle: Any, corrected: Any, bad: Any, pending: Any, failed: Any) -> int:
        device = self._device(handle)
        if device is None or device.ecc is None:
            return NOT_SUPPORTED
        pending._obj.value = int(device.pending)
        return SUCCESS

    def _number(self, handle: Any, out: Any, pick: Callable[[Device], int]) -> int:
        device = self._device(handle)
        assert device
        out._obj.value = pick(device)
        return SUCCESS

    def _nvmlDeviceGetPowerManagementLimit(self, handle: Any, out: Any) -> int:
        return self._number(handle, out, lambda device: device.power[0])

    def _nvmlDeviceGetPowerManagementDefaultLimit(self, handle: Any, out: Any) -> int:
        return self._number(handle, out, lambda device: device.power[1])

    def _nvmlDeviceGetMaxPcieLinkGeneration(self, handle: Any, out: Any) -> int:
        return self._number(handle, out, lambda device: device.pcie[0])

    def _nvmlDeviceGetMaxPcieLinkWidth(self, handle: Any, out: Any) -> int:
        return self._number(handle, out, lambda device: device.pcie[1])

    def _nvmlDeviceGetCurrPcieLinkGeneration(self, handle: Any, out: Any) -> int:
        return self._number(handle, out, lambda device: device.pcie[2])

    def _nvmlDeviceGetCurrPcieLinkWidth(self, handle: Any, out: Any) -> int:
        return self._number(handle, out, lambda device: device.pcie[3])

    def _nvmlDeviceGetCurrentClocksEventReasons(self, handle: Any, out: Any) -> int:
        return self._number(handle, out, lambda device: device.reasons)

    def _nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: Any, out: Any) -> int:
        return self._number(handle, out, lambda device: device.reasons)

    def _nvmlDeviceGetUtilizationRates(self, handle: Any, out: Any) -> int:
        device = self._device(handle)
        if device is None or device.busy is None:
            return NOT_SUPPORTED
        out._obj.gpu, out._obj.memory = device.busy, 0
        return SUCCESS

    def _nvmlDeviceGetTemperature(self, handle: Any, sensor: Any, out: Any) -> int:
        return self._number(handle, out, lambda device: 41)

    def _nvmlDeviceGetComputeRunningProcesses(self, handle: Any, count: Any, out: Any) -> int:
        device = self._device(handle)
        if device is None or device.processes is None:
            return 4
        if out is None:
            count._obj.value = device.processes
            return INSUFFICIENT_SIZE if device.processes else SUCCESS
        count._obj.value = device.processes
        return SUCCESS

    def _nvmlDeviceGetNvLinkState(self, handle: Any, link: Any, out: Any) -> int:
        device = self._device(handle)
        number = int(getattr(link, "value", link))
        if device is None or number >= device.nvlinks:
            return NOT_SUPPORTED if device is None or not device.nvlinks else 2
        out._obj.value = 1
        return SUCCESS


@contextmanager
def installed(fake: FakeNvml | None) -> Iterator[Any]:
    """The module pynvml with `fake` as its library; with None, a machine without the library."""
    before = pynvml.nvmlLib
    pynvml._nvmlGetFunctionPointer_cache.clear()
    pynvml.nvmlLib = fake
    try:
        yield pynvml
    finally:
        pynvml.nvmlLib = before
        pynvml._nvmlGetFunctionPointer_cache.clear()
