"""What an engine refuses, and over how many of the declared GPUs a model is split that one of them does not hold."""

from __future__ import annotations

import pytest

from tests.capacity.support import on, planned


def plan_of(
    model="llama-3.1-8b", hardware="gpu: H100, count: 2", serving="engine: vllm", tokens="input: 900, output: 250"
):
    return planned(f"""
workload:
  model: {{source: {model}}}
  hardware: {{{hardware}}}
  serving: {{{serving}}}
  traffic: {{requests_per_second: {{mean: 0.5, peak: 2}}, tokens: {{{tokens}}}}}
""")


def test_requests_longer_than_the_model_was_made_for():
    made = plan_of("llama-3-8b", tokens="input: 20000, output: 500")
    assert (made.verdict, made.carries.verdict) == ("yes", "no")
    said = "requests of 20,500 tokens, the median, are longer than the model's context, 8,192: an engine refuses them"
    assert made.carries.reason == said
    assert made.findings[0].text == said
    assert made.fixes == ()


def test_requests_longer_than_the_engine_is_set_to():
    made = plan_of(serving="engine: vllm, max_model_len: 1000")
    assert "longer than serving.max_model_len, 1,000" in made.carries.reason
    assert "max_model_len 3,328" in [one.text for one in made.fixes]
    rare = plan_of(serving="engine: vllm, max_model_len: 2048")
    assert rare.carries.verdict == "yes"
    said = "at the 95th percentile, are longer than serving.max_model_len, 2,048: they are refused or cut"
    assert any(said in note for note in rare.fit.notes)
    assert not any("percentile" in note for note in plan_of().fit.notes)


@pytest.mark.parametrize(("engine", "verdict"), [("vllm", "no"), ("llama.cpp", "yes")])
def test_ranks_divide_the_heads(engine, verdict):
    made = plan_of(hardware="gpu: H100, count: 3", serving=f"engine: {engine}, parallel: {{tp: 3}}")
    assert made.carries.verdict == verdict
    assert any("splits no 32 attention heads over 3 ranks" in one.text for one in made.findings) is (verdict == "no")


def test_a_peak_below_the_mean_is_no_peak():
    made = planned("""
workload:
  model: {source: llama-3.1-8b}
  hardware: {gpu: H100}
  traffic: {requests_per_second: {mean: 5, peak: 2}, tokens: {input: 900, output: 250}}
""")
    assert made.verdict == "unknown"
    assert made.problems == ("workload.traffic.requests_per_second.peak, 2, is below the mean, 5",)


def test_a_decoder_that_embeds_writes_nothing():
    made = plan_of("qwen3-0.6b", "gpu: L4", tokens="input: 500, output: 0")
    assert made.carries.verdict == "yes"
    assert made.demand.answer.mean == 1
    assert any(told.startswith("traffic.tokens.output: 0 (one pass over the prompt") for told in made.assumptions)


def told(made, key):
    (text,) = [one for one in made.assumptions if one.startswith(f"serving.parallel.{key}:")]
    return text


@pytest.mark.parametrize(
    ("model", "hardware", "split"),
    [
        ("deepseek-v3", "gpu: H200, count: 8", (8, 1)),  # 8 GPUs hold one copy
        ("llama-3.3-70b", "gpu: H100, count: 8", (4, 2)),
        ("llama-3.3-70b", "gpu: H100, count: 2", (2, 1)),  # not enough: over all of them
        ("llama-3.1-8b", "gpu: H100, count: 8", (1, 8)),  # one holds it
        ("llama-3.3-70b", "gpu: H100, count: 1", (1, 1)),
        ("llama-3.3-70b", "gpu: H100, count: 8, min_replicas: 2", (4, 2)),
        ("llama-3.3-70b", "gpu: H100, count: 4, min_replicas: 2", (2, 2)),  # over half of them each, at the most
    ],
)
def test_a_model_is_split_over_the_fewest_declared_gpus_that_hold_it(model, hardware, split):
    made = plan_of(model, hardware)
    assert (made.setup.tp, made.setup.replicas) == split
    assert told(made, "tp").startswith(f"serving.parallel.tp: {split[0]} (")
    assert told(made, "replicas") == f"serving.parallel.replicas: {split[1]} (all that the declared GPUs hold)"


def test_declared_ranks_and_replicas_stay():
    assert plan_of("llama-3.3-70b", "gpu: H100, count: 4", "parallel: {tp: 2}").setup.tp == 2
    two = plan_of("llama-3.3-70b", "gpu: H100, count: 8", "replicas: 2")
    assert (two.setup.tp, two.setup.replicas) == (4, 2)
    assert plan_of("llama-3.3-70b", "gpu: H100, count: 2", "replicas: 2").setup.tp == 1  # a GPU each


def test_a_change_of_ranks_takes_the_gpus_that_are_there():
    few = plan_of(hardware="gpu: L40S, count: 2", serving="engine: vllm, parallel: {tp: 4}")
    assert few.verdict == "no"
    (same,) = [one for one in few.fixes if one.text == "tensor parallel 2"]
    assert (same.setup.gpus, same.setup.gpu.name) == (2, "L40S")
    one = on("H100", "llama-3.3-70b", "  serving: {engine: vllm}")
    assert one.setup.tp == 1


def test_the_bound_lets_prompts_be_read_while_the_memory_is():
    """Chunked prefill multiplies while a step waits for the memory: only the slower of the two bounds it."""
    made = plan_of("llama-3.1-8b", "gpu: L40S, count: 1")
    flops = 2 * made.model.count.active * (900 + 250)
    assert made.service.capacity.bound < made.setup.gpu.rate("fp16") / flops
    assert made.service.capacity.bound > 0.7 * made.setup.gpu.rate("fp16") / flops
