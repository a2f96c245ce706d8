"""Small trees of kernel files: what /proc and /sys hold on machines of different kinds."""

from __future__ import annotations

from pathlib import Path

GIB = 1 << 30

MACHINE = {
    "/proc/meminfo": "MemTotal:       65536000 kB\nMemAvailable:   60000000 kB\nSwapTotal:       2097152 kB\n"
    "HugePages_Total:       8\nHugepagesize:       2048 kB\n",
    "/proc/cpuinfo": "".join(
        f"processor\t: {n}\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Platinum 8480+\n"
        f"physical id\t: 0\ncore id\t\t: {n // 2}\n"
        "flags\t\t: fpu sse2 avx avx2 fma avx512f avx512_vnni avx512_bf16 amx_tile amx_bf16 amx_int8\n\n"
        for n in range(8)
    ),
    "/proc/self/status": "Name:\tpython\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n",
    "/proc/self/limits": "Limit                     Soft Limit           Hard Limit           Units     \n"
    "Max open files            1024                 524288               files     \n"
    "Max locked memory         unlimited            unlimited            bytes     \n",
    "/proc/sys/kernel/osrelease": "6.8.0-45-generic\n",
    "/sys/devices/system/cpu/online": "0-7\n",
    "/sys/devices/system/node/node0/cpulist": "0-7\n",
    "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    "/proc/self/cgroup": "0::/user.slice/session-1.scope\n",
    "/proc/self/mountinfo": "22 1 8:2 / / rw - ext4 /dev/sda2 rw\n"
    "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    "31 22 0:27 / /dev/shm rw - tmpfs tmpfs rw,size=32768000k\n",
    "/sys/dev/block/8:2/queue/rotational": "0\n",
}

CGROUP2_MOUNT = "22 1 0:40 / / rw - overlay overlay rw\n30 22 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n"
V1_MOUNTS = (
    "22 1 0:40 / / rw - overlay overlay rw\n"
    "31 30 0:27 {root} /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
    "32 30 0:28 {root} /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
    "33 30 0:29 {root} /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n"
)


def lay(root: Path, *layers: dict[str, str]) -> Path:
    """Write the files of all layers below `root`; a later layer wins."""
    merged: dict[str, str] = {}
    for layer in layers:
        merged |= layer
    for name, text in merged.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
