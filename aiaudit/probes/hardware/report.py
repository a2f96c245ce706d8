"""The hardware report: frozen data, and its JSON.

A field is its value, None (looked, it is not there) or `Unknown` with the reason (could not look). Sizes are bytes.
What changes from minute to minute (free memory, free disk, load) stands apart in `now`: it may be left out of a
result that has to come out the same twice.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from aiaudit.model.records import as_dict
from aiaudit.model.types import Unknown


class Cpu(Struct, frozen=True):
    """Cores in units of one hardware thread; `usable` may be a fraction where a quota cuts one."""

    model: str | Unknown
    vendor: str | Unknown
    architecture: str
    threads: int | Unknown  # online on the machine
    physical_cores: int | Unknown
    affinity: int | Unknown  # threads this process may be scheduled on
    cpuset: int | Unknown | None  # threads of the cgroup's cpuset; None where no cpuset limits it
    quota: float | Unknown | None  # cores of CPU time per period; None where there is no quota
    usable: float | Unknown
    limited_by: str  # what makes `usable` less than `threads`: "", "affinity", "cpuset" or "quota"
    features: tuple[str, ...] | Unknown  # vector and matrix instructions that inference libraries use
    numa_nodes: int | Unknown
    governor: str | Unknown | None


class MemoryNow(Struct, frozen=True):
    available: int | Unknown


class Memory(Struct, frozen=True):
    """`usable` is the least of the machine's memory and every cgroup limit above this process."""

    total: int | Unknown
    limit: int | Unknown | None
    limited_by: str  # the control file that sets `limit`, "" where there is none
    usable: int | Unknown
    high: int | Unknown | None  # above this (cgroup v2 memory.high) the kernel throttles the process
    swap_total: int | Unknown
    shm_total: int | Unknown | None  # /dev/shm: data loaders and NCCL need it
    huge_pages: int | Unknown
    huge_page_size: int | Unknown
    transparent_huge_pages: str | Unknown | None
    locked_limit: int | Unknown | None  # RLIMIT_MEMLOCK; None = unlimited
    open_files_limit: int | Unknown | None
    now: MemoryNow


class DiskNow(Struct, frozen=True):
    free: int | Unknown


class Disk(Struct, frozen=True):
    """One file system. `use` says what it would hold: the project, or temporary files."""

    use: str
    filesystem: str | Unknown
    total: int | Unknown
    rotational: bool | Unknown | None
    now: DiskNow


class MigSlice(Struct, frozen=True):
    """One slice of a partitioned GPU."""

    name: str | Unknown
    memory: int | Unknown


class GpuNow(Struct, frozen=True):
    memory_free: int | Unknown
    utilisation: int | Unknown  # percent
    temperature: int | Unknown  # degrees Celsius
    slowdown: tuple[str, ...] | Unknown  # reasons that lower the clock below what the load asks for
    pcie_generation: int | Unknown  # an idle link trains down: compare under load only
    pcie_width: int | Unknown
    processes: int | Unknown  # hidden in most containers: unknown, never "idle"


class Gpu(Struct, frozen=True):
    vendor: str
    index: int
    name: str | Unknown
    uuid: str | Unknown
    memory: int | Unknown  # what a process can see, less than the marketing figure
    memory_reserved: int | Unknown | None  # held by driver and firmware
    unified: bool  # shares the machine's memory (GB10, Jetson)
    compute_capability: str | Unknown | None
    bf16: bool | Unknown
    fp8: bool | Unknown
    mig: bool | Unknown
    mig_slices: tuple[MigSlice, ...] | Unknown
    ecc: bool | Unknown | None
    ecc_uncorrected: int | Unknown | None
    rows_pending: bool | Unknown | None  # memory rows wait for a reset to be remapped
    power_limit: float | Unknown  # watts
    power_default: float | Unknown
    pcie_generation_max: int | Unknown
    pcie_width_max: int | Unknown
    nvlinks: int | Unknown | None  # active links
    now: GpuNow


class Gpus(Struct, frozen=True):
    """`state`: known (devices listed), absent (no device and no driver), unknown (`reason` says why)."""

    state: str
    reason: str
    driver: str | Unknown | None = None
    cuda: str | Unknown | None = None  # the newest CUDA version that the driver serves
    devices: tuple[Gpu, ...] = ()
    unread: tuple[str, ...] = ()  # accelerators seen on the bus that no library here can read


class HardwareReport(Struct, frozen=True):
    """This machine, as a process started here would find it."""

    os: str
    kernel: str | Unknown
    container: str | Unknown | None
    cgroup: str  # "v1", "v2", "hybrid" or "none"
    cpu: Cpu
    memory: Memory
    disks: tuple[Disk, ...] = field(default=())
    gpus: Gpus = field(default_factory=lambda: Gpus("unknown", "not looked for"))

    def to_json(self, *, volatile: bool = True) -> dict[str, Any]:
        """The report as plain JSON; `volatile=False` leaves out everything under `now`."""
        return as_dict(self, without=() if volatile else ("now",))
