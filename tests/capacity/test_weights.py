"""Weights against sizes that others published or measured."""

from __future__ import annotations

import pytest

from aiaudit.capacity.architecture import parameters
from aiaudit.capacity.model_config import from_config
from aiaudit.capacity.tables import GIB, UnknownName, cache_bytes, gpu_named, gpus, table, weight_format, weight_formats
from aiaudit.capacity.terms import Sum, Term, total
from aiaudit.capacity.weights import from_bytes, from_count, from_shape

# GiB: llama.cpp's README, XiongjieDai's GPU benchmarks, vLLM logs, llm-d-planner
PUBLISHED = [
    ("llama-3.1-8b", "bf16", 14.96, 0.001), ("llama-3-70b", "bf16", 131.42, 0.001), ("llama-3.1-405b", "bf16", 755.96, 0.001),
    ("mistral-7b", "bf16", 13.49, 0.001), ("mixtral-8x7b", "bf16", 86.99, 0.001), ("qwen2.5-7b", "bf16", 14.19, 0.001),
    ("qwen2.5-72b", "bf16", 135.43, 0.001), ("qwen3-8b", "bf16", 15.26, 0.001), ("qwen3-32b", "bf16", 61.03, 0.001),
    ("llama-3.1-8b", "gguf:Q4_K_M", 4.58, 0.002), ("llama-3.1-8b", "gguf:Q8_0", 7.95, 0.002),
    ("llama-3-70b", "gguf:Q4_K_M", 39.60, 0.02), ("llama-3-70b", "fp8", 67.72, 0.001), ("llama-3-70b", "awq-int4", 37.06, 0.001),
    ("gpt-oss-20b", "mxfp4", 13.47, 0.005), ("gpt-oss-120b", "mxfp4", 64.38, 0.005),
]  # fmt: skip


@pytest.mark.parametrize(("model", "form", "gib", "share"), PUBLISHED)
def test_published_sizes(model, form, gib, share):
    count = parameters(from_config(table("models")["models"][model]["config"]))
    term = from_shape(count, weight_format(form), "config.json", engine="vllm")
    assert term.expected / GIB == pytest.approx(gib, rel=share)
    assert term.low <= term.expected <= term.high


def test_the_mixture_of_a_larger_model_lies_in_its_band():
    count = parameters(from_config(table("models")["models"]["llama-3-70b"]["config"]))
    term = from_shape(count, weight_format("gguf:Q4_K_M"), "")
    assert term.low <= 39.60 * GIB <= term.high


def test_a_count_from_a_name_has_a_band_and_bytes_of_a_header_have_none():
    named = from_count(7e9, weight_format("bf16"), "the name", rounded=True)
    assert (named.low, named.high) == (round(12.6e9), round(15.4e9))
    assert from_bytes(123, "header") == Term.exact("weights", 123, "Σ bytes of the tensors", "header", bytes=123)


@pytest.mark.parametrize(
    ("name", "found"),
    [("NVIDIA H100 80GB HBM3", "H100-SXM5-80GB"), ("A100", "A100-SXM4-80GB"), ("Tesla T4", "T4"), ("nvidia l40s", "L40S"),
     ("GeForce RTX 4090", "RTX 4090"), ("mi300x", "MI300X"), ("A10G", "A10G"), ("H100-PCIe-80GB", "H100-PCIe-80GB")],
)  # fmt: skip
def test_gpus_by_the_names_people_use(name, found):
    assert gpu_named(name).name == found


def test_unknown_names_are_told_with_near_ones():
    with pytest.raises(UnknownName, match="h100"):
        gpu_named("H1000")
    with pytest.raises(UnknownName, match="Q4_K_M"):
        weight_format("gguf:Q4_KM")
    with pytest.raises(UnknownName, match="q8_0"):
        cache_bytes("q8")


def test_every_row_of_the_tables_reads_and_has_a_source():
    assert len({gpu.name for gpu in gpus().values()}) >= 35
    for gpu in gpus().values():
        assert gpu.source, gpu.name
        assert 0 < gpu.visible <= gpu.memory, gpu.name
        assert gpu.confidence in ("strong", "medium", "weak")
    for form in weight_formats().values():
        assert 1 < form.linear <= 32, form.name
        assert form.source, form.name


def test_a_type_without_units_of_its_own_runs_at_the_next_wider_rate():
    a100 = gpu_named("A100")
    assert a100.rate("fp8") == a100.rate("fp16") == 312e12
    assert gpu_named("H100").rate("fp8") == 1978e12


def test_sums_add_their_terms():
    both = total([Term.exact("a", 10, "", ""), Term.within("b", 100, 0.1, "", "")])
    assert (both.low, both.expected, both.high, both["b"].high) == (100, 110, 120, 110)
    assert Sum(()).expected == 0
    assert both["a"].times(2, "× 2").expected == 20
