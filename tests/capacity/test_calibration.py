"""An engine's own log corrects the plan, narrows it, or convicts it."""

from __future__ import annotations

import json

import pytest

from aiaudit.capacity.calibration import Calibration, NoCalibration, compare, from_json, read_log
from aiaudit.capacity.tables import GIB

from .support import SMALLEST, planned

NEW = """
INFO 11-24 10:00:00 [gpu_model_runner.py:1770] Model loading took 14.9889 GiB and 5.1 seconds
INFO 11-24 10:00:10 [gpu_worker.py:227] Available KV cache memory: 51.02 GiB
INFO 11-24 10:00:10 [kv_cache_utils.py:715] GPU KV cache size: 417,920 tokens
INFO 11-24 10:00:20 [gpu_model_runner.py:2338] Graph capturing finished in 20 secs, took 0.54 GiB
"""
OLD = """
INFO model_runner.py:1062] Loading model weights took 13.9476 GB
INFO worker.py:232] Memory profiling results: total_gpu_memory=23.55GiB
the current vLLM instance can use total_gpu_memory (23.55GiB) x gpu_memory_utilization (0.98) = 23.08GiB
model weights take 13.95GiB; non_torch_memory takes 0.25GiB; PyTorch activation peak memory takes 0.19GiB; the rest of the memory reserved for KV Cache is 8.69GiB.
model weights take 13.95GiB; non_torch_memory takes 0.25GiB; PyTorch activation peak memory takes 1.42GiB; the rest of the memory reserved for KV Cache is 7.47GiB.
INFO executor_base.py:110] # CUDA blocks: 5096, # CPU blocks: 2730
"""


def compared(text: str, plan_text: str = SMALLEST) -> Calibration:
    made = planned(plan_text)
    return compare(read_log(text), made.setup, made.demand)


def test_lines_of_a_new_engine():
    log = read_log(NEW)
    assert log.weights == round(14.9889 * GIB)
    assert (log.pool, log.tokens, log.graphs) == (round(51.02 * GIB), 417_920, round(0.54 * GIB))


def test_lines_of_an_old_engine_and_the_least_pool_of_its_ranks():
    log = read_log(OLD)
    assert (log.pool, log.blocks, log.visible) == (round(7.47 * GIB), 5096, round(23.55 * GIB))
    assert log.activations == round(1.42 * GIB)


def test_the_residual_is_small_and_nothing_is_found():
    found = compared(NEW)
    assert found.findings == ()
    assert abs(found.residual) < 0.01 * 0.9 * 79.18 * GIB


def test_a_log_of_something_else_is_found():
    found = compared(NEW.replace("14.9889", "7.49").replace("51.02", "20.0"))
    assert len(found.findings) == 2
    assert "weights: the log has 7.49 GiB a rank" in found.findings[0]
    made = planned(SMALLEST, calibration=found)
    assert [one.kind for one in made.findings].count("calibration") == 2
    assert made.fit.pool == planned(SMALLEST).fit.pool  # what does not match corrects nothing


def test_it_corrects_the_pool_and_narrows_the_band():
    before, after = planned(SMALLEST), planned(SMALLEST, calibration=compared(NEW))
    assert after.fit.pool == round(51.02 * GIB)
    width = [sum(t.high - t.low for t in made.fit.terms.terms if t.name != "cache") for made in (before, after)]
    assert width[1] < 0.2 * width[0]
    assert any("own log" in note for note in after.fit.notes)


def test_it_holds_for_its_own_setup_only():
    other = SMALLEST.replace("gpu: H100", "gpu: H200")
    made = planned(other, calibration=compared(NEW))
    assert made.fit.pool == planned(other).fit.pool
    assert any("of another setup" in note for note in made.fit.notes)


def test_tokens_alone_tell_the_pool_of_a_model_without_windows():
    tokens = "\n".join(line for line in NEW.splitlines() if "Available" not in line)
    assert compared(tokens).pool == 417_920 * 131_072
    windowed = SMALLEST.replace("llama-3.1-8b", "gpt-oss-20b")
    assert compared(tokens, windowed).pool is None  # there the line is no rate (vLLM #51041)


def test_it_is_kept_and_read_again():
    found = compared(NEW)
    assert from_json(json.loads(found.to_json())) == found
    for junk in ([], {"schema": 2}, None):
        with pytest.raises(NoCalibration):
            from_json(junk)


@pytest.mark.parametrize("text", ["", "no such line\n", "x" * 100_000])
def test_a_log_without_such_lines(text):
    with pytest.raises(NoCalibration):
        read_log(text)


def test_a_log_confirms_nothing_of_a_model_without_a_cache():
    made = planned(
        "workload: {model: {kind: classical, file_mb: 2}, serving: {engine: onnxruntime},"
        " hardware: {target: {memory_mb: 1024}}, traffic: {requests_per_second: 1}}"
    )
    with pytest.raises(NoCalibration, match="confirms nothing"):
        compare(read_log("Available KV cache memory: 23.4 GiB"), made.setup, made.demand)
