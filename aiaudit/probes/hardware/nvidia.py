"""NVIDIA GPUs through NVML (the package nvidia-ml-py, module `pynvml`).

Every question is asked on its own: a device may answer most of them and refuse one (a MIG parent has no utilisation,
GB10 and Jetson have no memory of their own, an old driver lacks a function, a container hides processes). A refused
question is `Unknown` with the reason; it never stops the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from aiaudit.model.types import Unknown
from aiaudit.probes.hardware.report import Gpu, GpuNow, Gpus, MigSlice

NO_LIBRARY: Final = "the NVML library is not installed"
_REASONS: Final = {  # NVML's return codes, in words
    1: "NVML is not initialised",
    2: "the driver refused the question",
    3: "not supported by this device",
    4: "no permission",
    6: "not found",
    9: "the driver is not loaded",
    10: "the driver did not answer in time",
    12: NO_LIBRARY,
    13: "the driver is too old for this question",
    15: "the GPU has fallen off the bus",
    16: "the GPU needs a reset",
    17: "the operating system blocked the question",
    18: "library and driver are of different versions",
}
_NO_LIBRARY: Final = 12
_NOT_SUPPORTED: Final = 3
_NO_DRIVER: Final = 9

_SLOWDOWNS: Final = {  # bits of nvmlDeviceGetCurrentClocksEventReasons that mean "slower than the load asks for"
    0x04: "software power cap",
    0x08: "hardware slowdown",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "power brake",
}


class NoLibraryError(Exception):
    """NVML is not on this machine: not a fault, and no proof that there is no GPU."""


class _Ask(Struct, frozen=True):
    """Asks NVML one question at a time."""

    nvml: Any

    def __call__(self, name: str, *arguments: Any) -> Any:
        """The answer, or `Unknown` with the reason."""
        try:
            return getattr(self.nvml, name)(*arguments)
        except self.nvml.NVMLError as error:
            return Unknown(reason(error))
        except self._others as error:
            return Unknown(_strange(name, error))

    @property
    def _others(self) -> tuple[type[Exception], ...]:
        """What nvidia-ml-py raises besides NVMLError; its error of an older driver is no NVMLError."""
        mismatch = getattr(self.nvml, "NVMLLibraryMismatchError", None)
        return (AttributeError, OSError, ValueError, UnicodeDecodeError, *([mismatch] if mismatch else []))

    def optional(self, name: str, *arguments: Any) -> Any:
        """As asking, but None where the device says that it has no such thing."""
        try:
            return getattr(self.nvml, name)(*arguments)
        except self.nvml.NVMLError as error:
            return None if code(error) == _NOT_SUPPORTED else Unknown(reason(error))
        except self._others as error:
            return Unknown(_strange(name, error))


def _strange(name: str, error: Exception) -> str:
    if type(error).__name__ == "NVMLLibraryMismatchError":
        return "the driver is too old for this question"
    return f"{name}: {type(error).__name__}"


def code(error: Exception) -> int:
    """NVML's return code."""
    return int(getattr(error, "value", -1))


def reason(error: Exception) -> str:
    """NVML's return code in words (asking NVML itself for the words may fail again)."""
    return _REASONS.get(code(error), f"NVML error {code(error)}")


def read_nvidia(nvml: Any, memory_total: int | Unknown) -> Gpus:
    """All NVIDIA devices. `memory_total` is the machine's memory, which unified devices share.

    Raises NoLibraryError where NVML is not installed or no driver is loaded.
    """
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        if code(error) in (_NO_LIBRARY, _NO_DRIVER):
            raise NoLibraryError(reason(error)) from None
        return Gpus("unknown", f"NVML does not start: {reason(error)}")
    ask = _Ask(nvml)
    try:
        count = ask("nvmlDeviceGetCount")
        driver, cuda = ask("nvmlSystemGetDriverVersion"), _cuda(ask("nvmlSystemGetCudaDriverVersion_v2"))
        if isinstance(count, Unknown):
            return Gpus("unknown", f"the driver does not list its devices: {count.reason}", driver, cuda)
        devices = tuple(_device(ask, index, memory_total) for index in range(count))
        if not devices:
            return Gpus("absent", "the driver lists no device", driver, cuda)
        return Gpus("known", "", driver, cuda, devices)
    finally:
        ask("nvmlShutdown")


def _cuda(version: int | Unknown) -> str | Unknown:
    return version if isinstance(version, Unknown) else f"{version // 1000}.{version % 1000 // 10}"


def _device(ask: _Ask, index: int, memory_total: int | Unknown) -> Gpu:
    handle = ask("nvmlDeviceGetHandleByIndex", index)
    if isinstance(handle, Unknown):
        return _silent(index, handle)
    capability = ask("nvmlDeviceGetCudaComputeCapability", handle)
    mode = ask.optional("nvmlDeviceGetMigMode", handle)
    mig = _map(mode, lambda both: bool(both[0])) if mode is not None else False
    memory, reserved, free, unified = _memory(ask, handle, memory_total)
    return Gpu(
        vendor="NVIDIA",
        index=index,
        name=ask("nvmlDeviceGetName", handle),
        uuid=ask("nvmlDeviceGetUUID", handle),
        memory=memory,
        memory_reserved=reserved,
        unified=unified,
        compute_capability=_map(capability, lambda pair: f"{pair[0]}.{pair[1]}"),
        bf16=_map(capability, lambda pair: pair >= (8, 0)),
        fp8=_map(capability, lambda pair: pair >= (8, 9)),
        mig=mig,
        mig_slices=_slices(ask, handle) if mig is True else (),
        ecc=_map(ask.optional("nvmlDeviceGetEccMode", handle), lambda both: bool(both[0])),
        ecc_uncorrected=ask.optional("nvmlDeviceGetTotalEccErrors", handle, 1, 1),  # uncorrected, since manufacture
        rows_pending=_map(ask.optional("nvmlDeviceGetRemappedRows", handle), lambda rows: bool(rows[2])),
        power_limit=_map(ask("nvmlDeviceGetPowerManagementLimit", handle), _watts),
        power_default=_map(ask("nvmlDeviceGetPowerManagementDefaultLimit", handle), _watts),
        pcie_generation_max=ask("nvmlDeviceGetMaxPcieLinkGeneration", handle),
        pcie_width_max=ask("nvmlDeviceGetMaxPcieLinkWidth", handle),
        nvlinks=_nvlinks(ask, handle),
        now=_now(ask, handle, free),
    )


def _silent(index: int, why: Unknown) -> Gpu:
    """A device that is listed and does not answer."""
    return Gpu(
        vendor="NVIDIA",
        index=index,
        unified=False,
        now=GpuNow(**dict.fromkeys(_names(GpuNow), why)),
        **dict.fromkeys(_names(Gpu) - {"vendor", "index", "unified", "now"}, why),
    )


def _names(record: type[Struct]) -> set[str]:
    return set(record.__struct_fields__)


def _memory(
    ask: _Ask, handle: Any, memory_total: int | Unknown
) -> tuple[int | Unknown, int | Unknown | None, int | Unknown, bool]:
    """Visible bytes, reserved bytes, free bytes, and whether the memory is the machine's own."""
    try:
        info = ask.nvml.nvmlDeviceGetMemoryInfo(handle)
    except ask.nvml.NVMLError as error:
        if code(error) == _NOT_SUPPORTED:  # GB10, Jetson: one memory for processor and GPU
            return memory_total, None, Unknown("shared with the processor"), True
        return Unknown(reason(error)), Unknown(reason(error)), Unknown(reason(error)), False
    split = ask("nvmlDeviceGetMemoryInfo", handle, ask.nvml.nvmlMemory_v2)
    return int(info.total), _map(split, lambda memory: int(memory.reserved)), int(info.free), False


def _slices(ask: _Ask, handle: Any) -> tuple[MigSlice, ...] | Unknown:
    most = ask("nvmlDeviceGetMaxMigDeviceCount", handle)
    if isinstance(most, Unknown):
        return most
    found = []
    for index in range(most):
        part = ask("nvmlDeviceGetMigDeviceHandleByIndex", handle, index)
        if isinstance(part, Unknown):
            continue  # an empty place
        memory = ask("nvmlDeviceGetMemoryInfo", part)
        found.append(MigSlice(ask("nvmlDeviceGetName", part), _map(memory, lambda info: int(info.total))))
    return tuple(found)


def _nvlinks(ask: _Ask, handle: Any) -> int | Unknown | None:
    active = 0
    for link in range(18):  # NVML_NVLINK_MAX_LINKS; a device stops answering after its last
        state = ask.optional("nvmlDeviceGetNvLinkState", handle, link)
        if state is None or isinstance(state, Unknown):
            return active or (state if link == 0 else 0)
        active += int(state)
    return active


def _now(ask: _Ask, handle: Any, free: int | Unknown) -> GpuNow:
    reasons = ask("nvmlDeviceGetCurrentClocksEventReasons", handle)
    if isinstance(reasons, Unknown):
        reasons = ask("nvmlDeviceGetCurrentClocksThrottleReasons", handle)  # the older name
    return GpuNow(
        memory_free=free,
        utilisation=_map(ask("nvmlDeviceGetUtilizationRates", handle), lambda rates: int(rates.gpu)),
        temperature=ask("nvmlDeviceGetTemperature", handle, 0),
        slowdown=_map(reasons, lambda bits: tuple(name for bit, name in _SLOWDOWNS.items() if bits & bit)),
        pcie_generation=ask("nvmlDeviceGetCurrPcieLinkGeneration", handle),
        pcie_width=ask("nvmlDeviceGetCurrPcieLinkWidth", handle),
        processes=_processes(ask, handle),
    )


def _processes(ask: _Ask, handle: Any) -> int | Unknown:
    """How many processes compute on the device. A container sees only its own: an empty list proves nothing there."""
    running = ask("nvmlDeviceGetComputeRunningProcesses", handle)
    if isinstance(running, Unknown):
        return running
    if running:
        return len(running)
    used = ask("nvmlDeviceGetUtilizationRates", handle)
    if isinstance(used, Unknown) or used.gpu or used.memory:
        return Unknown("no process is visible, which does not mean that there is none")
    return 0


def _watts(milliwatts: int) -> float:
    return round(milliwatts / 1000, 1)


def _map(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply `change` to an answer; leave None and Unknown as they are."""
    return value if value is None or isinstance(value, Unknown) else change(value)
