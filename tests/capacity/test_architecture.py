"""Parameters and cache of the shapes we ship, against published counts; and the complaints about other calculators."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from aiaudit.capacity.architecture import cache, parameters
from aiaudit.capacity.model_config import NotAnArchitecture, from_config
from aiaudit.resources import path_of

MODELS: dict[str, dict[str, Any]] = yaml.safe_load((path_of("tables") / "models.yaml").read_text())["models"]
LLAMA = MODELS["llama-3.1-8b"]["config"]

# bytes a token in 16 bits: vLLM and SGLang logs, model pages (see the sources in the project's notes on capacity)
CACHE = {
    "llama-3-8b": 131_072, "mistral-7b": 131_072, "mixtral-8x7b": 131_072, "llama-3-70b": 327_680,
    "llama-2-70b": 327_680, "qwen2.5-72b": 327_680, "llama-3.1-405b": 516_096, "llama-2-7b": 524_288,
    "qwen2.5-7b": 57_344, "qwen3-8b": 147_456, "qwen3-32b": 262_144, "qwen3-235b-a22b": 192_512,
    "mistral-small-24b": 163_840, "deepseek-v3": 70_272, "deepseek-v2-lite": 31_104, "deepseek-v2": 69_120,
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if "parameters" in model])
def test_parameters_are_the_published_ones(name):
    assert parameters(from_config(MODELS[name]["config"])).total == MODELS[name]["parameters"]


def test_there_are_many_families():
    assert len({model["config"]["model_type"] for model in MODELS.values()}) >= 16
    assert len(MODELS) >= 40


@pytest.mark.parametrize("name", CACHE)
def test_cache_bytes_a_token(name):
    assert 2 * cache(from_config(MODELS[name]["config"])).elements(1) == CACHE[name]


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("mixtral-8x7b", 12.7),
        ("qwen3-30b-a3b", 3.0),
        ("deepseek-v3", 36.6),
        ("gpt-oss-120b", 5.1),
        ("llama-3.1-8b", 7.5),
    ],
)
def test_active_parameters_of_a_token(name, billions):
    # cards count the input embedding too (12.9, 3.3, 37 … billion): a token looks up one row of it
    assert parameters(from_config(MODELS[name]["config"])).active / 1e9 == pytest.approx(billions, abs=0.1)


def test_grouped_queries_are_not_counted_as_heads():
    assert cache(from_config(LLAMA)).per_token == 2 * 32 * 8 * 128


def test_the_size_of_a_head_is_read_not_divided():
    assert cache(from_config(MODELS["qwen3-32b"]["config"])).per_token == 2 * 64 * 8 * 128  # 5120 / 64 = 80 is wrong
    assert cache(from_config(MODELS["mistral-small-24b"]["config"])).per_token == 2 * 40 * 8 * 128


def test_a_latent_vector_is_cached_once_and_on_every_rank():
    v3 = cache(from_config(MODELS["deepseek-v3"]["config"]))
    assert (v3.elements(1), v3.split(1), v3.split(8)) == (61 * 576, 1.0, 1.0)


def test_heads_are_copied_where_ranks_outnumber_them():
    eight = cache(from_config(LLAMA))
    assert [eight.split(n) for n in (1, 2, 4, 8, 16)] == [1, 0.5, 0.25, 0.125, 0.125]


def test_sliding_layers_stop_growing_at_the_window():
    oss = cache(from_config(MODELS["gpt-oss-20b"]["config"]))
    assert oss.elements(10_128) - oss.elements(128) == 10_000 * oss.per_token
    assert oss.per_token == oss.per_window_token == 12 * 2 * 8 * 64


def test_linear_layers_hold_a_state_of_fixed_size():
    hybrid = cache(from_config(MODELS["qwen3-next-80b-a3b"]["config"]))
    assert hybrid.elements(1001) - hybrid.elements(1) == 1000 * 12 * 2 * 2 * 256
    assert hybrid.per_sequence == 36 * (32 * 128 * 128 + 3 * (2 * 16 * 128 + 32 * 128))


def test_layer_types_are_read():
    config = {**LLAMA, "sliding_window": 512, "num_hidden_layers": 3}
    config["layer_types"] = ["full_attention", "sliding_attention", "linear_attention"]
    assert from_config(config).layers == ("full", "sliding", "linear")


def test_the_language_part_of_a_multimodal_model_says_what_it_leaves_out():
    shape = from_config({"model_type": "llava", "text_config": LLAMA})
    assert parameters(shape).total == MODELS["llama-3.1-8b"]["parameters"]
    assert "not counted" in shape.notes[0]


@pytest.mark.parametrize("missing", ["hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size"])
def test_a_missing_figure_is_named(missing):
    with pytest.raises(NotAnArchitecture, match=missing):
        from_config({name: value for name, value in LLAMA.items() if name != missing})


@pytest.mark.parametrize("value", ["32", -1, True, 10**12, None, 3.5])
def test_figures_that_are_no_counts_are_missing(value):
    with pytest.raises(NotAnArchitecture):
        from_config({**LLAMA, "num_hidden_layers": value})
