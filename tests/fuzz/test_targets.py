"""A short, seeded run of every fuzz target, and of each input that once was a fault (`fuzz/cases`). At length: `make fuzz`."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiaudit.project import pool
from fuzz.mutate import mutated
from fuzz.seeds import CASES, WORDS, seeds
from fuzz.targets import TARGETS

RUNS = {"project": 2, "shapes": 2, "text": 10, "python": 15, "javascript": 15}
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


def test_a_fault_is_seen_and_kept(tmp_path):
    """The driver itself: what raises is counted once a place, with its input."""
    from fuzz.run import Watch

    def run(data: bytes) -> None:
        if data == b"bad":
            raise KeyError("x")

    watch = Watch("x", run, tmp_path, 100, 100.0)
    for data in (b"good", b"bad", b"bad"):
        watch(data)
    assert watch.count == 3
    assert list(watch.faults.values()) == ["'x'"]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"bad"]
