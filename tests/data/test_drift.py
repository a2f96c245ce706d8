"""Drift on the published fixtures, and the verdict's two conditions."""

from __future__ import annotations

import random

import pytest

from aiaudit.data.drift import compare

# scipy 1.17.1, NannyML's definitions of JS and chi-square; seed 42, n = 2,000 and 1,500
TRUTH = {
    "num": {"ks": 0.1575, "ks_p": 5.251049251935449e-19, "wasserstein": 0.3518588636667, "psi": 0.1411726852991, "js": 0.1763761651074},
    "logn": {"ks": 0.0718333333, "ks_p": 2.7472308093e-4, "wasserstein": 0.295819582, "psi": 0.0281835893241, "js": 0.0818296931555},
    "cat": {"psi": 0.5586661480292, "js": 0.2253965407172, "chi2": 188.6521300475, "chi2_p": 1.0325762378812781e-39},
    "bin": {"psi": 0.0404829705293, "js": 0.0853418388874, "chi2": 34.8596076480, "chi2_p": 3.543566027739574e-09},
}  # fmt: skip


def test_the_published_figures(engine, opened):
    drift = compare(engine, opened("ref.csv"), opened("cur.csv"))
    found = {column.name: column for column in drift.columns}
    assert set(found) == set(TRUTH)
    for name, figures in TRUTH.items():
        for figure, value in figures.items():
            assert getattr(found[name], figure) == pytest.approx(value, abs=1e-9), (name, figure)
    assert found["num"].ks_p == pytest.approx(5.251049251935449e-19, rel=1e-9)
    assert found["cat"].new_categories == ("e",)
    assert {name: c.drifted for name, c in found.items()} == {"num": True, "logn": False, "cat": True, "bin": False}
    assert (drift.missing, drift.notes) == ((), ())


def _csv(seed: int, n: int, shift: float = 0.0) -> str:
    draw = random.Random(seed)
    return "x,c\n" + "".join(f"{draw.gauss(shift, 1)},{draw.choice('abc')}\n" for _ in range(n))


def test_equal_distributions_do_not_drift(engine, opened):
    drift = compare(engine, opened(_csv(1, 900)), opened(_csv(2, 900)))
    assert [c.drifted for c in drift.columns] == [False, False]


def test_small_sets_are_not_judged(engine, opened):
    drift = compare(engine, opened(_csv(1, 60)), opened(_csv(2, 900, shift=3)))
    assert [c.drifted for c in drift.columns] == [None, None]
    assert "60 rows" in drift.notes[0]


def test_lost_columns_and_empty_ones_are_told(engine, opened):
    reference = opened("a,b,c\n" + "".join(f"{i},{i % 3},x\n" for i in range(200)))
    current = opened("a,c\n" + "".join(",x\n" for _ in range(200)))
    drift = compare(engine, reference, current)
    assert drift.missing == ("b",)
    assert any(note.startswith("a: no values") for note in drift.notes)


def test_columns_that_are_left_out_or_hold_odd_names(engine, opened):
    text = 'id,"drop ""table"\n' + "".join(f"{i},{i % 40}\n" for i in range(300))
    drift = compare(engine, opened(text), opened(text), leave_out=["id"])
    assert [(c.name, c.psi, c.drifted) for c in drift.columns] == [('drop "table', 0.0, False)]
