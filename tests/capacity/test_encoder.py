"""Encoders: exact counts, a batch instead of a cache; and classical models by their file."""

from __future__ import annotations

import json

import pytest

from aiaudit.capacity.encoder import batch_memory, encoder_from_config

from .support import planned

BERT = {
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}
XLM = {**BERT, "model_type": "xlm-roberta", "vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1}


@pytest.mark.parametrize(("config", "count"), [(BERT, 109_482_240), (XLM, 278_043_648)])
def test_published_counts(config, count):
    assert encoder_from_config(config).parameters == count


@pytest.mark.parametrize(
    "config", [{**BERT, "model_type": "llama"}, {**BERT, "hidden_size": None}, {**BERT, "hidden_size": True}]
)
def test_what_is_no_known_encoder(config):
    assert encoder_from_config(config) is None


def test_a_batch_takes_six_hidden_states():
    assert batch_memory(encoder_from_config(BERT), 32, 512).expected == 6 * 32 * 512 * 768 * 2


def served(tmp_path, gpu="T4", batch="", tokens="300"):
    (tmp_path / "config.json").write_text(json.dumps(BERT))
    text = f"""
workload:
  model: {{source: config.json}}
  hardware: {{gpu: {gpu}}}
  serving: {{engine: hf{batch}}}
  traffic: {{requests_per_second: 3, tokens: {{input: {tokens}}}}}
"""
    return planned(text, tmp_path)


def test_an_encoder_needs_no_answer_and_no_cache(tmp_path):
    made = served(tmp_path)
    assert made.verdict == "yes"
    assert {term.name for term in made.fit.terms.terms} == {"weights", "working set", "context"}
    assert any("max_batch: 32" in line for line in made.assumptions)
    assert "speed of encoders" in made.problems[0]


def test_a_batch_can_be_too_large(tmp_path):
    made = served(tmp_path, batch=", max_batch: 4000", tokens="512")
    assert made.verdict == "no"
    assert "GiB are missing" in made.fit.reason
    assert not any("max_batch" in line for line in made.assumptions)


def test_a_pickled_model_takes_one_to_three_times_its_file(tmp_path):
    (tmp_path / "model.joblib").write_bytes(b"\0" * 1000)
    text = """
workload:
  model: {source: model.joblib}
  serving: {engine: hf}
  hardware: {target: {cpu: 1, memory_mb: 512}}
  traffic: {requests_per_second: 3, tokens: {input: 1, output: 1}}
"""
    made = planned(text, tmp_path)
    assert (made.model.weights.low, made.model.weights.high) == (1000, 3000)
    assert made.verdict == "yes"
    assert "load-test" in made.problems[0]
    (tmp_path / "model.joblib").write_bytes(b"\0" * 300_000_000)
    assert planned(text, tmp_path).verdict == "no"
