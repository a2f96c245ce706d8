"""End to end over a compiled libnvidia-ml.so.1: nvidia-ml-py loads it as it would load the real one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("stub_nvml.c")
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(COMPILER is None or sys.platform != "linux", reason="needs a C compiler on Linux")


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("nvml")
    target = folder / "libnvidia-ml.so.1"
    subprocess.run([str(COMPILER), "-shared", "-fPIC", "-w", "-o", str(target), str(SOURCE)], check=True)
    return folder


def gpus(library: Path, machine: str, *args: str) -> dict:
    return json.loads(run(library, machine, "hardware", "--json", *args).stdout)["gpus"]


def run(library: Path, machine: str, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LD_LIBRARY_PATH": str(library), "STUB_NVML": machine}
    return subprocess.run(
        [sys.executable, "-m", "aiaudit", *args],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_a100_with_errors_and_a_power_cap(library):
    found = gpus(library, "a100")
    gpu = found["devices"][0]
    assert (found["state"], found["driver"], found["cuda"]) == ("known", "570.86.10", "12.8")
    assert (gpu["name"], gpu["memory"], gpu["compute_capability"]) == ("NVIDIA A100-SXM4-80GB", 85094825984, "8.0")
    assert (gpu["bf16"], gpu["fp8"], gpu["mig"], gpu["ecc_uncorrected"]) == (True, False, False, 3)
    assert (gpu["power_limit"], gpu["power_default"]) == (300.0, 400.0)


def test_an_h100(library):
    gpu = gpus(library, "h100")["devices"][0]
    assert (gpu["fp8"], gpu["memory_reserved"], gpu["unified"]) == (True, 600 << 20, False)


def test_slices(library):
    gpu = gpus(library, "mig")["devices"][0]
    assert gpu["mig"] is True
    assert [part["memory"] for part in gpu["mig_slices"]] == [42412802048, 42412802048]


def test_unified_memory_is_not_told_by_the_driver(library):
    found = gpus(library, "gb10")
    gpu = found["devices"][0]
    assert (gpu["unified"], gpu["mig"], gpu["compute_capability"]) == (True, False, "12.1")
    assert gpu["memory"] > 0  # the machine's


def test_functions_that_an_old_driver_lacks_are_unknown(library):
    gpu = gpus(library, "h100")["devices"][0]
    assert "$unknown" in gpu["now"]["utilisation"]
    assert "$unknown" in gpu["pcie_width_max"]


@pytest.mark.parametrize(("machine", "state"), [("no-driver", "absent"), ("broken", "unknown")])
def test_a_driver_that_does_not_start(library, machine, state):
    found = gpus(library, machine)
    assert (found["state"], found["devices"]) == (state, [])
    assert found["reason"]


def test_a_plan_for_this_machine_uses_what_the_driver_says(library, tmp_path):
    (tmp_path / "aiaudit.yaml").write_text(
        "workload:\n  model: {source: llama-3.1-8b}\n  hardware: {target: local}\n"
        "  traffic: {requests_per_second: 1, tokens: {input: 900, output: 250}}\n"
    )
    done = run(library, "h100", "plan", str(tmp_path), "--json")
    data = json.loads(done.stdout)
    assert (done.returncode, data["verdict"], data["setup"]["gpu"]) == (0, "yes", "H100-SXM5-80GB")
    assert data["memory"]["visible"] == 85017493504
    part = json.loads(run(library, "mig", "plan", str(tmp_path), "--json").stdout)
    assert part["memory"]["visible"] == 42412802048
