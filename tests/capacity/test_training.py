"""Training memory: what shards, what trains, what is kept; and indexes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from aiaudit.capacity.architecture import parameters
from aiaudit.capacity.index import index_memory, tree_memory
from aiaudit.capacity.model_config import from_config
from aiaudit.capacity.model_source import preset_named
from aiaudit.capacity.training import Run, adapter_parameters, training_memory

from .support import on, planned

LLAMA = from_config(preset_named("llama-3.1-8b")[1]["config"])
P = parameters(LLAMA).total
FULL = Run("full", process=False)


def states(run: Run) -> float:
    terms = training_memory(LLAMA, run)
    return sum(term.expected for term in terms.terms if term.name in ("weights", "optimiser", "gradients")) / P


def test_bytes_a_parameter():
    assert states(FULL) == 16  # mixed-precision Adam
    assert states(replace(FULL, precision="pure")) == 8
    assert states(replace(FULL, precision="pure", optimizer="adamw8bit")) == 6
    assert states(replace(FULL, zero=1, deepspeed=True)) == 18  # DeepSpeed's estimator on one GPU


@pytest.mark.parametrize(("zero", "expected"), [(0, 16), (1, 2 + 2 + 12 / 8), (2, 2 + (2 + 12) / 8), (3, 16 / 8)])
def test_zero_shards_optimiser_gradients_weights(zero, expected):
    assert states(replace(FULL, gpus=8, zero=zero)) == pytest.approx(expected)


def test_adapters_are_the_sum_of_in_and_out():
    layer = (4096 + 4096) * 2 + 2 * (4096 + 1024) + 3 * (4096 + 14336)
    assert adapter_parameters(LLAMA, 16) == 16 * 32 * layer


def test_methods_are_in_order():
    peaks = [training_memory(LLAMA, Run(method)).expected for method in ("qlora", "lora", "full")]
    assert peaks == sorted(peaks)


def test_recomputation_and_flash_attention_save():
    kept = training_memory(LLAMA, replace(FULL, checkpointing=False)).expected
    eager = training_memory(LLAMA, replace(FULL, checkpointing=False, attention="eager")).expected
    assert training_memory(LLAMA, FULL).expected < kept < eager


def test_the_logits_chain_is_not_forgotten():
    assert training_memory(LLAMA, FULL)["logits"].expected == 2048 * 128256 * 14


def test_declared_runs_are_planned():
    made = on("H100", more="  training: [{method: qlora}, {method: full}, {method: lora, base: no-such-model}]")
    assert [one.verdict for one in made.training] == ["yes", "no", "unknown"]
    assert next(one.text for one in made.findings if "training" in one.text).startswith(
        "training (full of llama-3.1-8b)"
    )
    assert any(line.startswith("training.seq_len") for line in made.assumptions)


@pytest.mark.parametrize(
    ("kind", "settings", "size"),
    [("flat", {}, 1e6 * 768 * 4), ("ivf", {}, 1e6 * (768 * 4 + 8)), ("pq", {"code": 64}, 1e6 * 64 + 256 * 768 * 4)],
)
def test_indexes(kind, settings, size):
    assert index_memory(kind, 1e6, 768, 4, **settings).expected == size


def test_hnsw_adds_its_links():
    term = index_memory("hnsw", 1e6, 768, 4, links=16)
    assert term.low == 1e6 * (768 * 4 + 16 * 2 * 4)  # n · (d · 4 + M · 2 · 4)
    assert term.low < term.expected < 1.02 * term.low


def test_declared_indexes():
    text = (
        "workload: {indexes: [{kind: flat, vectors: 1e6, dimensions: 1024, memory_mb: 3000}, {kind: pq, vectors: 5}]}"
    )
    first, second = planned(text).indexes
    assert (first.verdict, second.verdict) == ("no", "unknown")


def test_trees_are_larger_than_their_files():
    assert tree_memory(100, "model.pkl").high == 300
