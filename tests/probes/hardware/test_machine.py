"""Processor, memory and disks, over fixture trees."""

from __future__ import annotations

from pathlib import Path

from aiaudit.model.types import Unknown
from aiaudit.probes.hardware import probe_hardware
from aiaudit.probes.hardware.disk import Space

from .trees import CGROUP2_MOUNT, GIB, MACHINE, V1_MOUNTS, lay


def test_a_plain_machine_has_all_it_shows(tmp_path: Path) -> None:
    report = probe_hardware(lay(tmp_path, MACHINE))
    assert report.cpu.model == "Intel(R) Xeon(R) Platinum 8480+"
    assert (report.cpu.threads, report.cpu.physical_cores, report.cpu.usable, report.cpu.limited_by) == (8, 4, 8.0, "")
    assert report.cpu.features == (
        "amx_bf16", "amx_int8", "amx_tile", "avx", "avx2", "avx512_bf16", "avx512_vnni", "avx512f", "fma",
    )  # fmt: skip
    assert report.memory.total == report.memory.usable == 65536000 * 1024
    assert (report.memory.limit, report.memory.limited_by) == (None, "")
    assert report.memory.swap_total == 2 * GIB
    assert report.memory.shm_total == 32768000 * 1024
    assert report.memory.transparent_huge_pages == "madvise"
    assert (report.memory.locked_limit, report.memory.open_files_limit) == (None, 1024)
    assert (report.cgroup, report.container) == ("v2", None)
    assert report.disks[0].rotational is False
    assert report.kernel == "6.8.0-45-generic"


def test_a_version_2_container_is_limited_by_its_own_group(tmp_path: Path) -> None:
    limits = {
        "/proc/self/cgroup": "0::/\n",
        "/proc/self/mountinfo": CGROUP2_MOUNT,
        "/sys/fs/cgroup/memory.max": f"{4 * GIB}\n",
        "/sys/fs/cgroup/memory.high": f"{3 * GIB}\n",
        "/sys/fs/cgroup/memory.current": f"{2 * GIB}\n",
        "/sys/fs/cgroup/memory.stat": f"anon 1\ninactive_file {GIB}\n",
        "/sys/fs/cgroup/cpu.max": "150000 100000\n",
        "/sys/fs/cgroup/cpuset.cpus.effective": "0-3\n",
        "/.dockerenv": "",
    }
    report = probe_hardware(lay(tmp_path, MACHINE, limits))
    assert (report.memory.limit, report.memory.usable, report.memory.high) == (4 * GIB, 4 * GIB, 3 * GIB)
    assert report.memory.limited_by == "/sys/fs/cgroup/memory.max"
    assert report.memory.now.available == 3 * GIB  # the limit, less what is charged and cannot be given back
    assert (report.cpu.quota, report.cpu.cpuset, report.cpu.usable, report.cpu.limited_by) == (1.5, 4, 1.5, "quota")
    assert report.container == "docker"


def test_the_least_limit_on_the_way_up_counts(tmp_path: Path) -> None:
    limits = {
        "/proc/self/cgroup": "0::/system.slice/app.service/worker\n",
        "/sys/fs/cgroup/system.slice/memory.max": f"{8 * GIB}\n",
        "/sys/fs/cgroup/system.slice/app.service/memory.max": f"{16 * GIB}\n",
        "/sys/fs/cgroup/system.slice/app.service/worker/memory.max": "max\n",
        "/sys/fs/cgroup/system.slice/cpu.max": "max 100000\n",
        "/sys/fs/cgroup/system.slice/app.service/cpu.max": "200000 100000\n",
    }
    report = probe_hardware(lay(tmp_path, MACHINE, limits))
    assert report.memory.usable == 8 * GIB
    assert report.memory.limited_by == "/sys/fs/cgroup/system.slice/memory.max"
    assert report.cpu.usable == 2.0


def test_version_1_with_the_group_mounted_as_root(tmp_path: Path) -> None:
    group = "/docker/abc"
    limits = {
        "/proc/self/cgroup": f"9:memory:{group}\n8:cpu,cpuacct:{group}\n7:cpuset:{group}\n1:name=systemd:{group}\n",
        "/proc/self/mountinfo": V1_MOUNTS.format(root=group),
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2 * GIB}\n",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes": f"{GIB}\n",
        "/sys/fs/cgroup/memory/memory.stat": f"cache 5\ntotal_inactive_file {GIB // 2}\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/cpuset/cpuset.cpus": "2,5\n",
    }
    report = probe_hardware(lay(tmp_path, MACHINE, limits))
    assert (report.cgroup, report.container) == ("v1", "docker")
    assert report.memory.usable == 2 * GIB
    assert report.memory.now.available == 3 * GIB // 2
    assert (report.cpu.quota, report.cpu.cpuset, report.cpu.usable) == (0.5, 2, 0.5)


def test_a_hybrid_reads_version_1_controllers(tmp_path: Path) -> None:
    mounts = V1_MOUNTS.format(root="/") + "38 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    limits = {
        "/proc/self/cgroup": "4:memory:/app/7e2d\n3:cpuset:/\n1:cpu,cpuacct:/\n0::/\n",
        "/proc/self/mountinfo": mounts,
        "/sys/fs/cgroup/memory/app/7e2d/memory.limit_in_bytes": f"{6 * GIB}\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    }
    report = probe_hardware(lay(tmp_path, MACHINE, limits))
    assert report.cgroup == "hybrid"
    assert report.memory.usable == 6 * GIB
    assert report.cpu.quota is None


def test_a_limit_above_the_machine_does_not_bite(tmp_path: Path) -> None:
    limits = {"/sys/fs/cgroup/user.slice/memory.max": f"{1024 * GIB}\n"}
    report = probe_hardware(lay(tmp_path, MACHINE, limits))
    assert report.memory.limit == 1024 * GIB
    assert (report.memory.usable, report.memory.limited_by) == (report.memory.total, "")


def test_affinity_counts(tmp_path: Path) -> None:
    report = probe_hardware(lay(tmp_path, MACHINE, {"/proc/self/status": "Cpus_allowed_list:\t0-1,4\n"}))
    assert (report.cpu.affinity, report.cpu.usable, report.cpu.limited_by) == (3, 3.0, "affinity")


def test_an_arm_machine(tmp_path: Path) -> None:
    info = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd asimddp sve i8mm bf16\nCPU implementer\t: 0x41\n\n"
    report = probe_hardware(lay(tmp_path, MACHINE, {"/proc/cpuinfo": info, "/sys/devices/system/cpu/online": "0\n"}))
    assert (report.cpu.vendor, report.cpu.architecture) == ("ARM", "aarch64")
    assert report.cpu.features == ("bf16", "dotprod", "i8mm", "neon", "sve")
    assert isinstance(report.cpu.model, Unknown)


def test_an_empty_root_is_unknown_and_calm(tmp_path: Path) -> None:
    report = probe_hardware(tmp_path)
    for value in (report.cpu.usable, report.cpu.threads, report.memory.usable, report.cpu.features):
        assert isinstance(value, Unknown)
        assert value.reason
    assert report.cgroup == "none"
    assert report.to_json()["memory"]["usable"] == {"$unknown": "/proc/meminfo is not readable"}


def test_garbage_in_kernel_files_is_unknown(tmp_path: Path) -> None:
    garbage = dict.fromkeys(MACHINE, "\x00\xff: - :: ,,, 9-3 max\n")
    report = probe_hardware(lay(tmp_path, garbage))
    assert isinstance(report.cpu.usable, Unknown)
    assert isinstance(report.memory.usable, Unknown)


def test_two_disks_are_told_apart(tmp_path: Path) -> None:
    mounts = "22 1 8:2 / / rw - ext4 /dev/sda2 rw\n23 22 259:1 / /data rw - xfs /dev/nvme0n1 rw\n"
    tree = lay(tmp_path, MACHINE, {"/proc/self/mountinfo": mounts, "/sys/dev/block/259:1/queue/rotational": "0\n"})
    sizes = {"/data/project": Space(1000 * GIB, 10 * GIB), "/tmp": Space(50 * GIB, 5 * GIB)}
    report = probe_hardware(tree, space=sizes.get, project="/data/project")
    assert [(disk.use, disk.filesystem, disk.total) for disk in report.disks] == [
        ("project", "xfs", 1000 * GIB),
        ("temporary files", "ext4", 50 * GIB),
    ]
    assert report.disks[0].now.free == 10 * GIB


def test_what_changes_by_the_minute_can_be_left_out(tmp_path: Path) -> None:
    report = probe_hardware(lay(tmp_path, MACHINE))
    assert "now" in report.to_json()["memory"]
    assert "'now'" not in str(report.to_json(volatile=False))


def test_this_machine_answers(tmp_path: Path) -> None:
    report = probe_hardware(project=str(tmp_path))
    assert isinstance(report.cpu.usable, float)
    assert report.cpu.usable > 0
    assert isinstance(report.memory.usable, int)
    assert report.gpus.state in ("known", "absent", "unknown")
