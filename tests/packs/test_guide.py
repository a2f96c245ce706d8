"""What authors of checks are told of the probes holds: keys, fields, and queries that can be tried."""

from __future__ import annotations

import pytest

from aiaudit.packs.guide import guides
from aiaudit.packs.problems import PackError
from aiaudit.packs.try_query import parse_query
from aiaudit.probes.registry import PROBES, probes
from tests.cli import conftest
from tests.shared import library

aiaudit = conftest.aiaudit  # the command line in this process


@pytest.fixture(scope="module")
def told():
    return {guide.name: guide for guide in guides(probes(), library())}


def test_every_probe_tells_what_it_finds_and_what_it_takes(told) -> None:
    assert sorted(told) == sorted(PROBES)
    for guide in told.values():
        assert guide.title and guide.level.startswith("E"), guide.name
        assert {key.name for key in guide.keys} <= set(probes()[guide.name].query.model_json_schema()["properties"])
        assert guide.told or not guide.keys, guide.name


def test_every_example_is_a_query_that_its_probe_takes(told) -> None:
    examples = {guide.name: guide.example for guide in told.values() if guide.example}
    assert len(examples) > 70
    for name, example in examples.items():
        assert parse_query(example).probe == name


def test_a_key_is_needed_where_the_query_is_refused_without_it(told) -> None:
    for guide in told.values():
        needed = [key.name for key in guide.keys if key.needed]
        if not needed:
            continue
        with pytest.raises(PackError) as caught:
            parse_query(f"{{probe: {guide.name}}}")
        assert any(f"'{needed[0]}'" in str(problem) for problem in caught.value.problems), guide.name


def test_one_probe_is_told_with_its_keys_and_its_fields(aiaudit) -> None:
    said = aiaudit("checks", "probes", "text.search").out
    assert "any          list of text or map to text; needed" in said
    assert "max_hits     whole number; else 50" in said
    assert "path string; line int; match string; pattern string" in said
    assert max(map(len, said.partition("Try it")[0].splitlines())) <= 80


def test_the_beginning_of_names_lists_them_and_a_slip_is_corrected(aiaudit) -> None:
    listed = aiaudit("checks", "probes", "git.").out
    assert listed.splitlines()[-1] == "2 probes; the keys of one: aiaudit checks probes git.history"
    wrong = aiaudit("checks", "probes", "python.cals")
    assert (wrong.code, wrong.err) == (
        2,
        "aiaudit: checks probes: no probe 'python.cals'; did you mean 'python.calls'?\n",
    )


def test_what_stands_inside_a_record_and_the_conditions_of_a_pattern_are_told(aiaudit) -> None:
    assert (
        "  row:  path string; line int; text string; cells map(string);" in aiaudit("checks", "probes", "docs.rows").out
    )
    said = " ".join(aiaudit("checks", "probes", "python.calls").out.split())
    assert "missing_kw: none of these is given, or only as None" in said
    assert "Groups: `group:llm.client`," in said
    assert "`group:llm.ai_sdk`" in aiaudit("checks", "probes", "javascript.calls").out
    assert "Groups:" not in aiaudit("checks", "probes", "text.search").out


def test_shared_facts_are_told_by_the_beginning_of_their_names(aiaudit) -> None:
    told = aiaudit("checks", "probes", "flag.").out
    assert "flag.trains                bool  Trains or fine-tunes a model\n" in told
    assert "python.calls" not in told
    assert " facts that every pack may use; " in aiaudit("checks", "probes").out.splitlines()[-1]
    wrong = aiaudit("checks", "probes", "flag.train5")
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean 'flag.trains'?" in wrong.err
