"""What an engine takes depends on its version."""

from __future__ import annotations

import pytest

from aiaudit.capacity.serving import engine_law, version_within
from aiaudit.capacity.tables import GIB, table

from .support import on, planned


@pytest.mark.parametrize(
    ("version", "since", "before", "within"),
    [
        ("0.8.5", "", "0.21", True), ("0.21.0", "0.21", "", True), ("0.9.2", "0.21", "", False),
        ("0.21.0rc1", "0.21", "", False), ("0.6.4.post1", "", "0.8", True), ("latest", "0.21", "", False), ("", "", "0.8", False),
    ],
)  # fmt: skip
def test_versions_are_no_decimals(version, since, before, within):
    assert version_within(version, since, before) is within


def vllm(version: str, gpu: str = "H100"):
    return on(gpu, more=f"  serving: {{engine: vllm, engine_version: {version!r}}}")


def test_the_first_engine_takes_256_sequences_on_every_gpu():
    old, new = vllm("v0.6.4"), vllm("0.11.0")
    assert any(one.startswith("max_num_seqs 256:") for one in old.assumptions)
    assert any(one.startswith("max_num_seqs 1024:") for one in new.assumptions)
    assert old.fit.terms["working set"].expected < new.fit.terms["working set"].expected


def test_without_chunks_the_longest_prompt_is_one_step():
    text = """
workload:
  model: {source: llama-3.1-8b}
  serving: {engine: vllm, engine_version: 0.6.4, max_model_len: 29000}
  hardware: {gpu: RTX 3090}
  traffic: {requests_per_second: 0.1, tokens: {input: 900, output: 250}}
"""
    found = planned(text).fit.terms["working set"]
    assert found.inputs["tokens"] == 29_000
    assert found.expected / GIB == pytest.approx(2.63, rel=0.15)  # vllm issue 10517


def test_from_0_21_on_graphs_are_inside_and_the_share_is_larger():
    old, new = vllm("0.20.2"), vllm("0.21.0")
    assert old.fit.usable == round(0.90 * old.fit.visible)
    assert new.fit.usable == round(0.92 * new.fit.visible)
    graphs = new.fit.terms["graphs"].expected
    assert new.fit.pool - old.fit.pool == pytest.approx(0.02 * old.fit.visible - graphs, abs=2)


def test_the_default_of_a_version_that_is_not_declared_says_so():
    assert any("0.9: vllm's default before 0.21 (engine_version is not declared)" in one for one in on().assumptions)
    assert any(one == "memory utilisation 0.92: vllm's default" for one in vllm("0.27.1").assumptions)


def test_every_range_has_a_source_and_changes_what_its_engine_has():
    for name, row in table("engines")["engines"].items():
        for part in row.get("versions", ()):
            assert part["source"]
            assert ("since" in part) != ("before" in part)
            assert engine_law(name, part.get("since", "0.1")) != engine_law(name)
