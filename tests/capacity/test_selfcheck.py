"""The goals of accuracy over published measurements. The figures are those of `aiaudit plan --selfcheck`."""

from __future__ import annotations

import pytest

from aiaudit.capacity.selfcheck import (
    bound_violations,
    scores,
    spearman,
    throughput_rows,
    training_rows,
    vllm_rows,
)
from aiaudit.capacity.tables import GIB, table

SCORES = {score.title: score for score in scores()}
# three rows are held out, and the log of one of them does not add up by itself (see `test_the_3090`)
MISSED = {"vLLM cache pool, dense text, held out"}


@pytest.mark.parametrize("title", [title for title in SCORES if title not in MISSED])
def test_goals_are_met(title):
    score = SCORES[title]
    assert score.rows
    assert score.met, f"{score.hits} of {len(score.rows)}; worst {score.worst.what} {score.worst.error:+.1%}"


def test_what_misses_its_goal_is_known():
    assert {title for title, score in SCORES.items() if not score.met} == MISSED


def test_no_measurement_exceeds_the_ideal_bound():
    assert bound_violations(throughput_rows()) == 0
    assert spearman(throughput_rows()) >= 0.95


def test_the_3090():
    """util · total − weights − activations − non-torch of that log is 3.25 GiB, and it says 2.89: 1.7 % of its budget."""
    row = next(row for row in vllm_rows() if "3090" in row.what)
    assert row.error == pytest.approx(0.022, abs=0.002)
    assert 0.9 * 23.58 - 14.9888 - 2.63 - 0.35 - row.measured / GIB == pytest.approx(0.36, abs=0.01)


def test_the_least_pool_of_the_ranks_counts():
    """81,536 tokens × 98,304 B = 7.465 GiB; the 8.69 GiB of the same log are of the rank without the logits."""
    row = next(row for row in vllm_rows() if "qwen2.5-14b" in row.what)
    assert row.measured / GIB == pytest.approx(81_536 * 98_304 / GIB, abs=0.001)
    assert abs(row.error) < 0.01


def test_constants_hold_on_models_and_gpus_they_were_not_fitted_on():
    held = [row for row in training_rows() if not row.fit and row.kind != "assumed"]
    assert {row.what.split(",")[0] for row in held} >= {"qwen-7b", "qwen-14b", "llama-3.1-8b"}
    errors = [row.predicted / row.measured - 1 for row in held]
    assert abs(sum(errors) / len(errors)) < 0.03  # no bias to one side


def test_every_row_has_a_source():
    for kind in ("vllm", "training", "throughput"):
        rows = table("measured")[kind]
        assert rows
        assert all(row["source"] for row in rows)
