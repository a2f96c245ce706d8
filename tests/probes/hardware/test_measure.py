"""Measurements: what counts as a run, and what is said where one cannot be made."""

from __future__ import annotations

import itertools
import os
import time

import pytest

from aiaudit.probes.hardware import measure as module
from aiaudit.probes.hardware.measure import _best, measure


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Small buffers: tests look at how it is measured, not at what."""
    monkeypatch.setattr(module, "MEMORY", 1 << 20)
    monkeypatch.setattr(module, "MATRIX", 64)
    monkeypatch.setattr(module, "DISK", 8 << 20)
    monkeypatch.setattr(module, "_SLOT", 0.05)


def test_all_four_within_five_seconds(tmp_path):
    start = time.perf_counter()
    found = measure(2, str(tmp_path))
    assert time.perf_counter() - start < 5
    assert [one.name for one in found] == ["memory copy", "memory read", "matrix product", "disk read"]
    for one in found:
        assert (one.best is None) == bool(one.reason)
        if one.best is not None:
            assert one.runs >= 5
            assert one.best >= one.median > 0
        assert one.to_json()["lower_bound"] is True
    assert list(tmp_path.iterdir()) == []  # the file that was read is gone


@pytest.mark.parametrize(
    ("seconds", "stable"), [([1, 1, 1, 1, 1], True), ([1, 2, 2, 2, 2], False), ([1, 1.2, 1.2, 1.3, 5], True)]
)
def test_the_median_tells_whether_it_is_stable(monkeypatch, seconds, stable):
    ticks = iter([0.0, *itertools.chain(*((10.0 * n, 10.0 * n + second, 0.0) for n, second in enumerate(seconds)))])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(ticks, 1e9))
    monkeypatch.setattr(module, "_SLOT", 0.0)
    found = _best("x", "GB/s", 1.0, lambda: None, 1)
    assert (found.best, found.runs, found.stable) == (1.0, 5, stable)


def test_without_direct_reading_the_cache_is_not_taken_for_the_disk(monkeypatch, tmp_path):
    real = os.open

    def refuse(path, flags, *args, **kwargs):
        if flags & os.O_DIRECT:
            raise OSError(22, "Invalid argument")
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(module.os, "open", refuse)
    found = module._disk(str(tmp_path))
    assert found.best is None
    assert "O_DIRECT" in found.reason


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    found = module._disk(str(tmp_path / "none"))
    assert found.best is None
    assert "no file can be written" in found.reason
