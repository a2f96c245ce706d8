"""What is published: the wheel, installed where there is no checkout, audits and writes every format."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from aiaudit.reports.base import FORMATS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
HERE = [suffix for suffix in FORMATS if suffix != ".pdf"]  # needs an extra; tests/reports writes one


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An environment with the wheel, and with nothing of the checkout: the libraries are those of the tests."""
    place = tmp_path_factory.mktemp("clean")
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(place), versions=["standard"]))
    venv.create(place / "venv", with_pip=False, symlinks=True)
    site = next(place.glob("venv/lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")  # its own .pth files are not read
    return place


def run(place, *args):
    env = {"PATH": os.environ["PATH"], "HOME": str(place), "AIAUDIT_CACHE_DIR": str(place / "cache")}
    command = [str(place / "venv/bin/python"), "-P", "-m", "aiaudit", *args]
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_brings_its_packs_and_nothing_beside_its_package(installed):
    site = next(installed.glob("venv/lib/python*/site-packages"))
    for part in (
        "_checks/security/SEC-002.yaml",
        "_checks/levels/readiness.yaml",
        "_templates/report.html.j2",
        "_tables",
    ):
        assert (site / "aiaudit" / part).exists()
    (info,) = site.glob("aiaudit-*.dist-info")
    assert {entry.name for entry in site.iterdir()} == {"aiaudit", info.name, "libraries.pth"}
    assert "aiaudit = aiaudit.__main__:program" in (info / "entry_points.txt").read_text()


def test_the_packs_of_the_wheel_are_loaded_already(installed, tmp_path):
    site = next(installed.glob("venv/lib/python*/site-packages"))
    script = "import sys; from aiaudit.cli.app import run; run(['checks', 'list']); print('aiaudit.packs.load' in sys.modules)"
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = [str(installed / "venv/bin/python"), "-P", "-c", script]
    ready = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
    assert ready.endswith("False\n")
    pack = site / "aiaudit" / "_checks" / "security" / "SEC-002.yaml"
    before = pack.read_text()
    try:
        pack.write_text(
            before + "\n# changed\n"
        )  # whoever changes a pack of the installation is not answered by the old one
        changed = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
    finally:
        pack.write_text(before)
    assert changed.endswith("True\n")
    assert ready.splitlines()[:-2] == changed.splitlines()[:-2]  # the last line names the ruleset


def test_the_sdist_holds_what_builds_and_tests_it():
    held = {file.distribution_path for file in SdistBuilder(str(ROOT)).recurse_included_files()}
    assert {
        "Makefile",
        "mkdocs.yml",
        "docs/pages.py",
        "tests/test_wheel.py",
        "action.yml",
        "hatch_build.py",
        "requirements/docs.txt",
    } <= held
    assert not [path for path in held if path.startswith((".venv", "dist/", "site/"))]


def test_it_audits_a_project_and_writes_every_format(installed):
    assert run(installed, "--version").startswith("aiaudit 0.")
    project = installed / "project"
    project.mkdir()
    (project / "serve.py").write_text(
        "import torch\n\n\ndef load(path):\n    return torch.load(path, weights_only=False)\n"
    )
    run(installed, "run", "project", "-q", *(part for suffix in HERE for part in ("-o", f"out{suffix}")))
    assert [suffix for suffix in HERE if not (installed / f"out{suffix}").exists()] == []
    assert [s for s in HERE if s != ".github" and not (installed / f"out{s}").stat().st_size] == []
    result = json.loads((installed / "out.json").read_text())
    assert len(result["checks"]) > 100
    assert next(check for check in result["checks"] if check["id"] == "SEC-002")["findings"][0]["path"] == "serve.py"


def test_the_searches_of_the_wheel_are_compiled_already(installed, tmp_path):
    (tmp_path / "serve.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n# TODO: a key\n")
    script = """
import hyperscan
from aiaudit.cli.app import run
real = hyperscan.Database
hyperscan.Database = lambda **some: (print("compiled"), real(**some))[1]
run(["run", ".", "-q", "-o", "out.json"])
"""
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = [str(installed / "venv/bin/python"), "-P", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (tmp_path / "out.json").exists(), done.stderr
    assert "compiled" not in done.stdout
