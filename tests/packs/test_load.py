"""Loading: names, types, defaults, selection."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.model.check import Kind, Status
from aiaudit.model.fact import Level
from aiaudit.packs.load import load
from aiaudit.packs.problems import PackError
from tests.packs.fakes import HEAD, load_texts, one_check

SHARED = """\
schema: 1
facts:
  flag.raw: {probe: flag, name: raw}
  flag.trains: {derive: "flag.raw && flag.later", sees: [flag.raw]}
  flag.later: {probe: flag, name: later}
"""


def test_names_lead_to_full_ids_of_own_shared_and_local_facts() -> None:
    text = (
        HEAD
        + """\
- id: OWN-001
  title: A condition holds
  severity: high
  kind: automatic
  facts: {local: {probe: flag, name: here}}
  applies: flag.trains
  params: {days: 3}
  rule: {fail: "loads.size() > params.days || local", pass: "project.stage == 'pilot'"}
  says: {fail: "{tested}"}
  why: x
  remediation: x
"""
    )
    library = load_texts(shared=SHARED, own=text)
    check = library.check("OWN-001")
    assert check is not None
    assert check.names == {
        "flag.trains": "flag.trains",
        "loads": "own.loads",
        "local": "own.OWN-001.local",
        "tested": "own.tested",
    }
    assert list(library.needed()) == [
        "flag.raw",
        "flag.trains",
        "flag.later",
        "own.loads",
        "own.tested",
        "attestation.OWN-001",
        "own.OWN-001.local",
    ]
    assert str(library.facts["flag.trains"].type) == "bool"
    assert library.facts["own.loads"].query == {"any": ["pickle.load"]}


def test_unused_facts_are_not_needed() -> None:
    library = one_check()
    assert list(library.needed()) == ["own.loads", "attestation.OWN-001"]
    assert list(library.needed(also=["own.uses"])) == ["own.loads", "own.uses", "attestation.OWN-001"]


@pytest.mark.parametrize(
    ("keys", "level"),
    [
        ({}, Level.WIRED),
        ({"kind": "measured"}, Level.RESULT),
        ({"kind": "attested"}, Level.EXISTS),
        ({"asserts": "absence"}, Level.CONTENT),
        ({"min_level": "E4"}, Level.RESULT),
    ],
)
def test_the_least_level_follows_the_kind(keys: dict[str, str], level: Level) -> None:
    check = one_check(**{"min_level": "", **keys}).check("OWN-001")
    assert check is not None
    assert check.min_level is level


def test_an_attested_check_needs_no_rule() -> None:
    check = one_check(kind="attested", rule="").check("OWN-001")
    assert check is not None
    assert check.kind is Kind.ATTESTED
    assert [line.status for line in check.rule] == [
        Status.FAIL,
        Status.NOT_APPLICABLE,
        Status.UNKNOWN,
        Status.PASS,
        Status.PARTIAL,
    ]
    assert check.names == {"attestation": "attestation.OWN-001"}


def test_rule_lines_keep_the_order_in_which_they_are_written() -> None:
    check = one_check(rule='{pass: "tested", partial: "uses", fail: otherwise}').check("OWN-001")
    assert check is not None
    assert [(line.status.value, line.source) for line in check.rule] == [
        ("pass", "tested"),
        ("partial", "uses"),
        ("fail", "otherwise"),
    ]
    assert check.rule[2].when is None


def test_select_keeps_whole_packs_or_single_checks() -> None:
    library = one_check()
    assert [check.id for check in library.select(packs=["own"]).checks] == ["OWN-001"]
    assert [check.id for check in library.select(checks=["OWN-001"]).checks] == ["OWN-001"]
    with pytest.raises(PackError, match="no pack 'owm'; did you mean 'own'"):
        library.select(packs=["owm"])
    with pytest.raises(PackError, match="no check 'OWN-003'; did you mean 'OWN-001'"):
        library.select(checks=["OWN-003"])


def test_files_are_loaded_from_where_the_caller_says(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("schema: 1\npack: own\ntitle: Own checks\nchecks: []\n")
    assert [pack.id for pack in load([path], shipped=False).packs] == ["own"]
    with pytest.raises(PackError, match=r"absent\.yaml: cannot be read: no such file"):
        load([tmp_path / "absent.yaml"], shipped=False)


def test_the_digest_changes_with_the_text() -> None:
    assert one_check().digest == one_check().digest != one_check(severity="low").digest


def test_where_the_lines_of_an_expression_end_makes_no_difference() -> None:
    rule = """
    fail: >-
      loads.exists(l,
        l.source == 'network'
        && !l.safe && l.path != 'http://x'
      )
      || tested
    pass: |-
      loads.size() > 0  // where there are any
      && uses
    partial: otherwise"""
    check = one_check(rule=rule).check("OWN-001")
    assert check is not None
    assert [line.source for line in check.rule] == [
        "loads.exists(l, l.source == 'network' && !l.safe && l.path != 'http://x') || tested",
        "loads.size() > 0  // where there are any\n&& uses",
        "otherwise",
    ]
    assert all(line.when is None or "loads" in line.when.names for line in check.rule)
