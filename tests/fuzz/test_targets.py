"""A short, seeded run of every fuzz target, and of each input that once was a fault (`fuzz/cases`). At length: `make fuzz`."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiaudit.project import pool
from fuzz.mutate import mutated
from fuzz.seeds import CASES, PARTS, WORDS, seeds
from fuzz.targets import TARGETS

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
RUNS = {"project": 2, "shapes": 2, "code": 15, "text": 10, "python": 15, "javascript": 15, **dict.fromkeys(PARTS, 15)}
FOUND = sorted(path for path in CASES.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def made():
    """The targets, each made once."""
    known = {}
    fork = pool.can_fork
    yield lambda name: known.setdefault(name, None) or known.update({name: TARGETS[name]()}) or known[name]
    pool.can_fork = fork  # the project target works in its own process


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_are_a_fault(name, made):
    run, begin, words = made(name), seeds(name, cases=False), WORDS.get(name, ())
    changed = st.integers(0, 2**32).map(lambda number: mutated(begin, words, random.Random(number)))

    @settings(
        max_examples=RUNS.get(name, 60),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(changed, changed, st.binary(max_size=200)))
    def tried(data):
        began = time.process_time()
        run(data)
        assert time.process_time() - began < 2

    tried()


@pytest.mark.parametrize("case", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_stays_mended(case, made):
    made(case.parent.name)(case.read_bytes())


def test_a_fault_is_seen_and_kept(tmp_path, monkeypatch):
    """The driver itself: what raises is counted once a place, with its input."""
    from fuzz.run import Watch

    monkeypatch.setattr("resource.setrlimit", lambda *_: None)  # this is the tests' own process
    monkeypatch.setattr("faulthandler.dump_traceback_later", lambda *_, **__: None)
    monkeypatch.setattr("fuzz.run.MEMORY_MB", 1 << 20)  # which may have grown large before

    def run(data: bytes) -> None:
        if data == b"bad":
            raise KeyError("x")

    watch = Watch("x", run, tmp_path, 100, 100.0)
    for data in (b"good", b"bad", b"bad"):
        watch(data)
    assert watch.count == 3
    assert list(watch.faults.values()) == ["'x'"]
    assert [path.read_bytes() for path in (tmp_path / "found" / "x").iterdir()] == [b"bad"]


HOSTILE = """
import collections
import itertools
import time
from pathlib import Path
from fuzz import run

run.HANG, run.SLOW, run.MEMORY_MB = 2.0, 0.2 if DATA == b"slow" else 1.5, 200  # what is large may be slow to make
kept = []

def target(data):
    if data == b"hang":
        collections.deque(itertools.repeat(0), maxlen=0)  # in C, where no signal handler of Python runs
    if data == b"slow":
        began = time.process_time()
        while time.process_time() - began < 0.3:
            pass
    if data == b"large":
        kept.append(b"x" * (250 << 20))
    if data == b"at once":
        kept.append(bytearray(2 << 30))

watch = run.Watch("x", target, Path("."), 3, 100.0)
for data in (b"good", DATA, b"good"):
    watch(data)
"""


@pytest.mark.parametrize(("data", "told"), [(b"slow", "slow"), (b"large", "memory"), (b"at once", "MemoryError")])
def test_the_limits_are_enforced(tmp_path, data, told):
    """Slow inputs and large ones are faults, and are kept."""
    code = HOSTILE.replace("DATA", repr(data))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert next(iter(json.loads(done.stdout)["faults"])).startswith(told)
    assert [path.read_bytes() for path in (tmp_path / "found" / "x").iterdir()] == [data]


def test_what_hangs_is_ended_and_its_input_known(tmp_path):
    """Also in C code that never comes back to Python."""
    from fuzz.run import AtWork

    code = HOSTILE.replace("DATA", repr(b"hang"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert AtWork.last(tmp_path / "at-work" / "x") == b"hang"
