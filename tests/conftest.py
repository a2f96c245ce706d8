"""What holds for all tests."""

from __future__ import annotations

import gc
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from aiaudit import resources
from aiaudit.__main__ import GC_THRESHOLD
from aiaudit.project.memory import hand_back

# How long an example takes depends on what else the machine does. Where a time is promised, the test names it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# The trees of the cases hold tests of the projects that they show, which are nobody's to run; `norecursedirs` keeps them
# out of a run of all tests, and not out of one that names their folder.
collect_ignore_glob = ["checks/*"]

# The tests start Python some hundred times. Where the environment says that nothing compiled is kept, each of them would
# compile the whole program anew, and each worker of a run all tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# The tests make and remove some ten thousand small folders, which costs a disk milliseconds each and memory nearly nothing.
_MEMORY = Path("/dev/shm")
_ROOM = 6 * 1024**3
if (
    "TMPDIR" not in os.environ
    and os.access(_MEMORY, os.W_OK)
    and not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC  # some tests start what they write
    and shutil.disk_usage(_MEMORY).free >= _ROOM
):
    os.environ["TMPDIR"] = str(_MEMORY)
    tempfile.tempdir = None  # asked for anew

# What `make test` compiled ahead is for the programs that the tests start: in the tests' own processes packs are loaded as
# in any checkout, wherever they are run. Before tests are collected, since some make engines as they are imported.
IS_FRESH, IS_OF_THESE_BYTES = resources.is_fresh, resources.is_of_these_bytes
for _name in ("is_fresh", "is_of_these_bytes"):
    pytest.MonkeyPatch().setattr(resources, _name, lambda: False)

# As the program has it: to look for cycles among all tests takes a seventh of an audit's time.
gc.set_threshold(GC_THRESHOLD)

# Each pool of workers begins that count anew (`gc.freeze`), so that nothing would ever be looked for in a process that
# audits one project after the other, and each worker is forked of all that was left: 30 ms at 0.35 GB, 110 ms at 1.7.
_GROWTH = 150 * 1024**2  # bytes that a process may have gained before cycles are looked for
_STATM = Path("/proc/self/statm")
_sizes = [0]  # bytes of this process when it was last looked at


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    if _STATM.exists() and _resident() > _sizes[0] + _GROWTH:
        gc.collect()
        hand_back()
        _sizes[0] = _resident()


def _resident() -> int:
    return int(_STATM.read_text().split()[1]) * resource.getpagesize()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is dear comes first: then one worker makes what several of these tests share, and none works alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_sessionfinish() -> None:
    """What tests shared goes with the process. To look through it for cycles, as pytest does five times at its end, takes
    longer than xdist waits, which then interrupts it."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _packs_loaded_once() -> Iterator[None]:
    """The shipped packs are parsed once in a process. How they are loaded has its own tests, which call the loader."""
    from aiaudit.packs import stored
    from tests import shared

    real = stored._load

    def load(files):
        return shared.library() if shared.are_shipped(files) else real(files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "_load", load)
        yield


@pytest.fixture(scope="session", autouse=True)
def _searches_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Hyperscan makes of the same expressions is made once in a run, whichever worker asks first."""
    from aiaudit.probes.text import search
    from tests import shared

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "hyperscan"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "database", shared.databases_in(folder, search.database))
        yield
