"""Precision and recall on the second corpus, with the built-in rules and with Kingfisher beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.probes.secrets import kingfisher

from . import held_out
from .looking import found_in

SEEDS = (3105, 1, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_built_in_rules(tmp_path: Path, seed: int) -> None:
    recall, precision = _measured(tmp_path, seed, "builtin")
    assert recall >= 0.95
    assert precision >= 0.97


@pytest.mark.skipif(kingfisher.program() is None, reason="kingfisher is not installed")
def test_with_kingfisher(tmp_path: Path, with_rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(with_rules))
    recall, precision = _measured(tmp_path, SEEDS[0], kingfisher.NAME)
    assert recall >= 0.95
    assert precision >= 0.97


def _measured(tmp_path: Path, seed: int, engine: str) -> tuple[float, float]:
    true, false = held_out.true_cases(seed), held_out.false_cases(seed)
    assert len(true) >= 40
    assert len(false) >= 80
    hits = found_in(tmp_path / "true", true, engine)
    alarms = found_in(tmp_path / "false", false, engine)
    return len(hits) / len(true), len(hits) / (len(hits) + len(alarms))
