"""What people found wrong with other calculators; each is a test that ours is not (the project's capacity notes, 5)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from aiaudit.capacity.architecture import Architecture, cache
from aiaudit.capacity.fit import weights_of_a_rank
from aiaudit.capacity.model_config import from_config
from aiaudit.capacity.model_source import preset_named
from aiaudit.capacity.serving import cache_of
from aiaudit.capacity.tables import GIB, gpus
from aiaudit.capacity.training import Run, training_memory

from .support import on


def shape(name: str) -> Architecture:
    return from_config(preset_named(name)[1]["config"])


def test_grouped_queries_ignored():
    assert 2 * cache(shape("llama-3-8b")).per_token == 131_072  # vllm-fit #2, vLLM PR 29736, LLM-Viewer #12


def test_keys_without_values():
    """EleutherAI's calc_transformer_mem leaves out the factor 2 and grouped queries."""
    assert 2 * cache(shape("llama-2-7b")).per_token == 2 * (32 * 4096) * 2
    assert 2 * cache(shape("llama-3-8b")).per_token == 2 * (32 * 4096) * 2 / 4


@pytest.mark.parametrize(("name", "head"), [("qwen3-32b", 128), ("gpt-oss-20b", 64), ("mistral-small-24b", 128)])
def test_size_of_a_head_by_division(name, head):
    found = shape(name)
    assert found.attention.head_dim == head != found.hidden // found.attention.heads  # LMCache #688, #2248


def test_latent_attention_counted_as_grouped_or_twice():
    assert 2 * cache(shape("deepseek-v3")).per_token == 70_272  # LMCache PR 694 shipped twice that


def test_latent_cache_taken_as_split():
    one = on("H200", "deepseek-v3", "  serving: {parallel: {tp: 8}}")
    more = on("H200", "deepseek-v3", "  serving: {parallel: {tp: 16}}")
    per_token = [made.fit.terms["cache"].inputs["bytes_per_token"] for made in (one, more)]
    assert per_token == [70_272, 70_272]  # kaito PR 2139
    assert any("held whole on every rank" in note for note in one.fit.notes)


def test_pool_of_ranks_by_rank():
    """transformers PR 48566 and modular #6268: activations and context are subtracted on each rank."""
    two, four = (on("H100", "llama-3.3-70b", f"  serving: {{parallel: {{tp: {tp}}}}}") for tp in (2, 4))
    assert two.fit.terms["working set"].expected == four.fit.terms["working set"].expected
    assert four.fit.terms["weights"].expected == pytest.approx(two.fit.terms["weights"].expected / 2)
    per_token = cache_of(cache(shape("llama-3.3-70b")), 16, 2, 16, 4) / 16
    assert per_token == 327_680 / 4


def test_experts_not_divided_by_expert_parallelism():
    """aiconfigurator PR 1390: eight times too much."""
    made = on("H200", "mixtral-8x7b", "  serving: {parallel: {tp: 1, ep: 8}}")
    alone = on("H200", "mixtral-8x7b")
    experts = made.model.count.experts * 2
    spread, whole = weights_of_a_rank(made.setup).expected, weights_of_a_rank(alone.setup).expected
    assert spread == pytest.approx(whole - experts * 7 / 8, rel=1e-6)
    with_tp = replace(made.setup, tp=8)
    assert weights_of_a_rank(with_tp).expected / 8 == pytest.approx(whole / 8)


def test_flat_overhead():
    """kaito's flat 2.3 GiB promised too much; vllm #23278 ran out of memory by 2.14 GiB."""
    small, large = on("H100", "llama-2-7b"), on("H100", "gpt-oss-20b")
    assert small.fit.terms["working set"].expected / GIB == pytest.approx(1.19, abs=0.4)
    assert large.fit.terms["working set"].expected / GIB == pytest.approx(7.44, abs=0.1)


def test_window_layers_charged_as_full():
    """configiq #112, vllm #43308: a part that grows, and a part that does not."""
    gemma = cache(shape("gemma-3-27b"))
    growing = gemma.elements(101_024) - gemma.elements(1_024)
    assert growing == 100_000 * gemma.per_token
    assert gemma.per_window_token > 4 * gemma.per_token


def test_marketing_gigabytes():
    """A GPU of 80 GB does not have 80 · 10⁹ bytes for an engine, and 24 GB are not 24 GiB."""
    a100, small = gpus()["a100"], gpus()["rtx 3090"]
    assert a100.visible / GIB == pytest.approx(79.25)
    assert small.visible < 24 * GIB


def test_weights_alone():
    """accelerate #3297: what is needed is more than the weights."""
    made = on()
    assert made.fit.terms.expected > 1.3 * made.fit.terms["weights"].expected
    full = training_memory(shape("llama-3.1-8b"), Run("full"))
    assert full.expected > 7 * full["weights"].expected


def test_vllm_uses_all_memory():
    """vllm #8816, #17891, #15204: it is told why."""
    assert any("whatever the load" in note for note in on().fit.notes)


def test_split_overhead_as_a_share_of_weights():
    """modelinfo-cli adds 4 … 20 % of the weights for tensor parallelism; communication buffers do not grow with them."""
    small, large = (on("H200", name, "  serving: {parallel: {tp: 8}}") for name in ("llama-3.1-8b", "llama-3.1-405b"))
    assert small.fit.terms["context"].expected == large.fit.terms["context"].expected


def test_more_ranks_than_heads_copy_heads():
    made = on("H100", "llama-3.1-8b", "  serving: {parallel: {tp: 16}}")
    assert made.fit.terms["cache"].inputs["bytes_per_token"] == 131_072 / 8
    assert any("copied, not split" in note for note in made.fit.notes)
