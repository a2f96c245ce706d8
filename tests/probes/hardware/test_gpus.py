"""GPUs: the real nvidia-ml-py over a stand-in library, AMD by its files, others by the bus."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from aiaudit.model.types import Unknown
from aiaudit.probes.hardware import probe_hardware
from aiaudit.probes.hardware.report import Gpus

from .fake_nvml import GIB, Device, FakeNvml, installed
from .trees import MACHINE, lay

PCI = {
    "/sys/bus/pci/devices/0000:01:00.0/class": "0x030200\n",
    "/sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n",
    "/sys/bus/pci/devices/0000:01:00.0/device": "0x2330\n",
}


def look(tmp_path: Path, fake: FakeNvml | None, *layers: dict[str, str]) -> Gpus:
    with installed(fake) as nvml:
        return probe_hardware(lay(tmp_path, MACHINE, *layers), nvml=nvml).gpus


def test_an_h100(tmp_path: Path) -> None:
    gpus = look(tmp_path, FakeNvml([Device(nvlinks=18, processes=2, busy=90, reasons=0x4)]))
    assert (gpus.state, gpus.driver, gpus.cuda) == ("known", "570.86.10", "12.8")
    gpu = gpus.devices[0]
    assert (gpu.name, gpu.memory, gpu.memory_reserved) == ("NVIDIA H100 80GB HBM3", 85017493504, 600 << 20)
    assert (gpu.compute_capability, gpu.bf16, gpu.fp8) == ("9.0", True, True)
    assert (gpu.mig, gpu.mig_slices, gpu.unified) == (False, (), False)
    assert (gpu.ecc, gpu.ecc_uncorrected, gpu.rows_pending) == (True, 0, False)
    assert (gpu.power_limit, gpu.power_default, gpu.pcie_generation_max, gpu.nvlinks) == (700.0, 700.0, 5, 18)
    assert (gpu.now.processes, gpu.now.slowdown, gpu.now.utilisation) == (2, ("software power cap",), 90)


def test_older_cards_lack_number_formats(tmp_path: Path) -> None:
    t4 = Device("Tesla T4", capability=(7, 5), memory=(15843721216, 15000000000, 0), mig=None, power=(70_000, 70_000))
    a100 = Device("NVIDIA A100-SXM4-80GB", capability=(8, 0))
    first, second = look(tmp_path, FakeNvml([t4, a100])).devices
    assert (first.bf16, first.fp8, first.mig) == (False, False, False)
    assert (second.bf16, second.fp8) == (True, False)


def test_a_partitioned_gpu_lists_its_slices(tmp_path: Path) -> None:
    slices = (("NVIDIA H100 80GB HBM3 MIG 3g.40gb", 40 * GIB), ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", 10 * GIB))
    parent = Device(mig=True, slices=slices, codes={"nvmlDeviceGetUtilizationRates": 3})
    gpu = look(tmp_path, FakeNvml([parent])).devices[0]
    assert gpu.mig is True
    assert isinstance(gpu.mig_slices, tuple)
    assert [(part.name, part.memory) for part in gpu.mig_slices] == list(slices)
    assert gpu.now.utilisation == Unknown("not supported by this device")
    assert isinstance(gpu.now.processes, Unknown)  # nothing visible and no utilisation: not proved idle


def test_unified_memory_is_the_machines(tmp_path: Path) -> None:
    gb10 = Device("NVIDIA GB10", capability=(12, 1), memory=None, mig=None, ecc=None)
    gpu = look(tmp_path, FakeNvml([gb10])).devices[0]
    assert (gpu.unified, gpu.memory, gpu.ecc, gpu.ecc_uncorrected) == (True, 65536000 * 1024, None, None)
    assert gpu.now.memory_free == Unknown("shared with the processor")


def test_hidden_processes_are_unknown_and_not_idle(tmp_path: Path) -> None:
    hidden = look(tmp_path, FakeNvml([Device(processes=0, busy=70)])).devices[0]
    assert isinstance(hidden.now.processes, Unknown)
    refused = look(tmp_path, FakeNvml([Device(processes=None)])).devices[0]
    assert refused.now.processes == Unknown("no permission")
    idle = look(tmp_path, FakeNvml([Device(processes=0, busy=0)])).devices[0]
    assert idle.now.processes == 0


def test_an_old_driver_answers_what_it_can(tmp_path: Path) -> None:
    old = frozenset({"nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetRemappedRows", "nvmlDeviceGetMigMode"})
    gpu = look(tmp_path, FakeNvml([Device(reasons=0x40)], old=old)).devices[0]
    assert gpu.now.slowdown == ("hardware thermal slowdown",)  # by the function's older name
    assert gpu.rows_pending == Unknown("the driver is too old for this question")
    assert gpu.mig == Unknown("the driver is too old for this question")
    assert gpu.memory == 85017493504


def test_a_lost_gpu_does_not_hide_the_others(tmp_path: Path) -> None:
    lost = Device(codes={"nvmlDeviceGetHandleByIndex_v2": 15})
    first, second = look(tmp_path, FakeNvml([lost, Device()])).devices
    assert first.memory == Unknown("the GPU has fallen off the bus")
    assert first.now.processes == Unknown("the GPU has fallen off the bus")
    assert second.memory == 85017493504


def test_health_faults_show(tmp_path: Path) -> None:
    gpu = look(tmp_path, FakeNvml([Device(uncorrected=3, pending=True, power=(400_000, 700_000))])).devices[0]
    assert (gpu.ecc_uncorrected, gpu.rows_pending, gpu.power_limit) == (3, True, 400.0)


def test_no_library_and_no_device_is_absent(tmp_path: Path) -> None:
    gpus = look(tmp_path, None)
    assert (gpus.state, gpus.devices) == ("absent", ())


def test_a_device_without_its_library_is_unknown(tmp_path: Path) -> None:
    gpus = look(tmp_path, None, PCI)
    assert gpus.state == "unknown"
    assert gpus.reason == "an NVIDIA device is on the PCI bus, but the NVML library is not installed"


def test_a_driver_that_does_not_start_is_unknown(tmp_path: Path) -> None:
    mismatch = look(tmp_path, FakeNvml(start=18))
    assert (mismatch.state, mismatch.reason) == (
        "unknown",
        "NVML does not start: library and driver are of different versions",
    )
    not_loaded = look(tmp_path, FakeNvml(start=9), PCI)
    assert not_loaded.reason == "an NVIDIA device is on the PCI bus, but the driver is not loaded"


def test_an_amd_card_by_its_files(tmp_path: Path) -> None:
    card = "/sys/class/drm/card1/device"
    files = {
        f"{card}/vendor": "0x1002\n",
        f"{card}/device": "0x74a1\n",
        f"{card}/product_name": "AMD Instinct MI300X\n",
        f"{card}/mem_info_vram_total": f"{192 * GIB}\n",
        f"{card}/mem_info_vram_used": f"{2 * GIB}\n",
        f"{card}/gpu_busy_percent": "12\n",
        "/sys/class/drm/card1-DP-1/status": "connected\n",
    }
    gpus = look(tmp_path, None, files)
    assert gpus.state == "known"
    assert (gpus.devices[0].name, gpus.devices[0].memory) == ("AMD Instinct MI300X", 192 * GIB)
    assert (gpus.devices[0].now.memory_free, gpus.devices[0].now.utilisation) == (190 * GIB, 12)


def test_an_accelerator_that_no_library_reads_is_unknown(tmp_path: Path) -> None:
    gaudi = {key.replace("01:00", "02:00"): text for key, text in PCI.items()}
    gaudi = {key: "0x1da3\n" if key.endswith("vendor") else text for key, text in gaudi.items()}
    gaudi = {key: "0x120000\n" if key.endswith("class") else text for key, text in gaudi.items()}
    gpus = look(tmp_path, None, gaudi)
    assert (gpus.state, gpus.unread) == ("unknown", ("Habana accelerator 0x2330",))


def test_nvml_is_imported_only_when_asked() -> None:
    code = "import sys, aiaudit.probes.hardware; print('pynvml' in sys.modules, 'psutil' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
