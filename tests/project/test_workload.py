"""The `workload:` block: the notes' whole example, the smallest one, mistakes told with their place."""

from __future__ import annotations

import pytest

from aiaudit.project.config import ConfigError, parse_config

WHOLE = """
workload:
  name: support-chat
  model:
    source: ./config.json
    weights: {dtype: fp8}
    kv_cache_dtype: auto
    lora: {rank: 16, adapters: 2}
  serving:
    engine: vllm
    engine_version: "0.24"
    max_model_len: 8192
    max_num_seqs: 256
    memory_utilization: 0.90
    parallel: {tp: 1, pp: 1, ep: 1, replicas: 2}
  hardware: {gpu: L40S, count: 2, price_per_hour: 1.8, price_source: "a list", price_date: 2026-11-01}
  traffic:
    requests_per_second: {mean: 3, peak: 12}
    concurrency: {p50: 20, p99: 60}
    tokens: {input: {p50: 900, p95: 3000}, output: {p50: 250, p95: 700}}
    prefix_cache_hit: 0.4
    hours_per_day: 24
  slo: {ttft_ms_p95: 800, tpot_ms_p95: 50, e2e_s_p95: 15, availability: 0.99}
  growth: {per_month: {low: 0.03, expected: 0.08, high: 0.15}, horizon_months: 18}
  training:
    - {method: qlora, base: same, seq_len: 2048, micro_batch: 2, grad_checkpoint: true, optimizer: adamw, every: 30d, gpu_hours: 12}
  api: {provider: openai, model: gpt-4o-mini, batch_share: 0.3, cache_read_share: 0.5, retry_rate: 0.02}
  storage: {gb: 800, price_gb_month: 0.023}
  egress: {gb_month: 300, price_gb: 0.09}
  budget: {monthly_usd: 4000, horizon_total_usd: 90000, gate: p90}
  energy: {region: DEU, pue: 1.2}
"""


def test_the_whole_block_reads_and_says_what_it_declares():
    part = parse_config(WHOLE.encode()).workload
    assert part
    assert part.traffic.requests_per_second.peak == 12
    assert part.training[0].method == "qlora"
    assert part.declared()["growth"]["per_month"] == {"low": 0.03, "expected": 0.08, "high": 0.15}
    assert "indexes" not in part.declared()


def test_bare_numbers_are_mean_median_and_expectation():
    text = "workload: {traffic: {requests_per_second: 3, tokens: {input: 900, output: 250}}, growth: {per_month: 0.05}}"
    part = parse_config(text.encode()).workload
    assert part.traffic.requests_per_second.mean == 3
    assert part.traffic.tokens.output.p50 == 250
    assert part.growth.per_month.expected == 0.05


def test_reminders_are_no_figures():
    part = parse_config(b"workload: {traffic: {requests_per_second: TODO, hours_per_day: TBD}}").workload
    assert part.traffic.requests_per_second is None
    assert part.traffic.hours_per_day is None
    assert not parse_config(b"project: {name: x}").workload


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("workload:\n  traffik: {}\n", "aiaudit.yaml:2:3: workload.traffik: unknown key; did you mean 'traffic'?"),
        ("workload:\n  serving:\n    max_model_length: 9\n", "did you mean 'max_model_len'?"),
        ("workload:\n  traffic: {tokens: {input: {p90: 3}}}\n", "workload.traffic.tokens.input.p90: unknown key"),
        ("workload:\n  serving: {memory_utilization: 1.5}\n", "workload.serving.memory_utilization"),
        ("workload:\n  training: [{method: dpo}]\n", "'dpo' is none of full, lora, qlora"),
        ("workload:\n  traffic: {prefix_cache_hit: 40}\n", "prefix_cache_hit"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(text, said):
    with pytest.raises(ConfigError) as error:
        parse_config(text.encode())
    assert said in str(error.value)
