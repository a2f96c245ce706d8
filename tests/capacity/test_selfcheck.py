"""The goals of accuracy over published measurements. The figures are those of `aiaudit plan --selfcheck`."""

from __future__ import annotations

import pytest

from aiaudit.capacity import selfcheck
from aiaudit.capacity.selfcheck import (
    bound_violations,
    by_family,
    by_gpu,
    fitted,
    held_out_rows,
    scores,
    spearman,
    throughput_rows,
    training_rows,
    vllm_rows,
)
from aiaudit.capacity.serving import engine_law
from aiaudit.capacity.tables import GIB, table

SCORES = {score.title: score for score in scores()}
# three rows are held out, and the log of one of them does not add up by itself (see `test_the_3090`)
MISSED = {"vLLM cache pool, dense text, as shipped, held out"}


@pytest.mark.parametrize("title", [title for title in SCORES if title not in MISSED])
def test_goals_are_met(title):
    score = SCORES[title]
    assert score.rows
    assert score.met, f"{score.hits} of {len(score.rows)}; worst {score.worst.what} {score.worst.error:+.1%}"


@pytest.mark.parametrize("group", [by_gpu, by_family])
def test_the_constants_of_the_cache_pool_hold_without_any_gpu_and_any_family(group):
    """Fitted anew without each group: the sampler's factor stays where it is, and so do the pools that it predicts."""
    logs = [row for row in table("measured")["vllm"] if "before" not in row]
    shipped = engine_law("vllm")["sampler_factor"]
    for name in {group(row) for row in logs}:
        law = fitted([row for row in logs if group(row) != name])
        assert law["sampler_factor"] == pytest.approx(shipped, rel=0.08), name
    rows = held_out_rows(group)
    assert len(rows) == len([row for row in logs if row["kind"] == "dense"]) == 6
    assert [row.what for row in rows if abs(row.error) > 0.01] == ["llama-3.1-8b on 1 × RTX 3090, vLLM V0"]


def test_a_log_is_not_predicted_by_itself(monkeypatch):
    """A pool that is moved moves the constants of the others, and not its own."""
    logs = [dict(row) for row in table("measured")["vllm"]]
    before = {row.what: row.predicted for row in held_out_rows(by_gpu)}
    a100 = next(row for row in logs if row["model"] == "llama-3-8b")
    a100["pool_gib"] -= 3
    real = selfcheck.table
    monkeypatch.setattr(selfcheck, "table", lambda name: {"vllm": logs} if name == "measured" else real(name))
    after = {row.what: row.predicted for row in held_out_rows(by_gpu)}
    assert [what for what in before if "A100" in what and before[what] != after[what]] == []
    assert any(before[what] != after[what] for what in before)


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
    for kind in ("cache", "vllm", "training", "throughput"):
        rows = table("measured")[kind]
        assert rows
        assert all(row["source"] for row in rows)
