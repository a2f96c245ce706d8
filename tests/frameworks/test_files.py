"""The frameworks as shipped: complete, and in agreement with the checks on both sides."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from aiaudit.model.framework import Trust
from aiaudit.packs import frameworks
from aiaudit.packs.problems import PackError
from aiaudit.project.cache import open_cache
from tests import shared
from tests.reports.make_result import catalogue

LABELS_ONLY = {"12F", "AIV", "CDX", "CR", "DS", "GM", "MC", "MS", "SC", "SPDX"}
"""Keys under `controls` that name a practice or a format, for which no framework file is shipped."""


def by_id():
    return {one.id: one for one in frameworks.load()}


def test_every_mapped_check_ships() -> None:
    known = {check.id for check in shared.library().checks}
    assert {check["id"] for check in catalogue()} <= known
    mapped = {one.check for f in frameworks.load() for control in f.controls for one in control.checks}
    assert mapped <= known
    assert len(mapped) > 150


def test_the_checks_and_the_frameworks_name_each_other() -> None:
    """A check's `controls` and the frameworks' files agree pair by pair, for every shipped check."""
    shipped = {check.id: check for check in shared.library().checks}
    schemes = {one.scheme: one for one in frameworks.load()}
    assert {scheme for check in shipped.values() for scheme in check.controls} <= set(schemes) | LABELS_ONLY
    for scheme, framework in schemes.items():
        in_packs = {(c.id, control) for c in shipped.values() for control in c.controls.get(scheme, ())}
        in_file = {(m.check, c.id) for c in framework.controls for m in c.checks if m.check in shipped}
        assert in_packs == in_file, framework.id


def test_every_framework_is_complete() -> None:
    found = by_id()
    functions = Counter(control.group for control in found["nist-ai-rmf"].controls)
    assert functions == {"GOVERN": 19, "MAP": 18, "MEASURE": 22, "MANAGE": 13}
    assert Counter(c.group for c in found["ml-test-score"].controls) == dict.fromkeys(
        ("Data", "Model", "Infra", "Monitor"), 7
    )
    assert sum(control.id.startswith("A.") for control in found["iso-42001"].controls) == 38
    for name, first, last in (
        ("owasp-llm-2025", "LLM01:2025", "LLM10:2025"),
        ("owasp-ml-2023", "ML01:2023", "ML10:2023"),
        ("owasp-agentic-2026", "ASI01", "ASI10"),
    ):
        ids = [control.id for control in found[name].controls]
        assert (ids[0], ids[-1], len(ids)) == (first, last, 10)
    assert [c.id for c in found["owasp-agentic-threats"].controls] == [f"T{n}" for n in range(1, 16)]
    assert sum(c.group == "Mitigations" for c in found["mitre-atlas"].controls) == 35
    assert found["mitre-atlas"].edition.startswith("5.6.0")
    assert {c.group.split()[1] for c in found["eu-ai-act"].controls} >= set("4 5 6 9 10 11 12 13 14 15 17 26".split())


def test_dates_of_application_stand_with_their_doubt() -> None:
    controls = {control.id: control for control in by_id()["eu-ai-act"].controls}
    assert controls["Art. 9.1"].effective.date == "2027-12-02"
    assert controls["Art. 5"].effective.date == "2025-02-02"
    assert controls["Art. 50.2"].effective.trust is Trust.SECONDARY
    assert all(control.effective for control in controls.values())


def test_nothing_claims_conformity() -> None:
    for framework in frameworks.load():
        for control in framework.controls:
            assert not re.search(r"complian|conformant", f"{control.reason} {[m.reason for m in control.checks]}")


GOOD = """schema: 1
framework: own
scheme: OWN
title: Own
edition: "1"
source: https://example.com
licence: ours
trust: verified
effective: [{date: "2026", what: Published, trust: memory}]
groups:
- title: G
  effective: {date: "2027-12", what: Group, trust: memory}
  controls:
  - {id: A, title: T, reason: R, checks: [SEC-001, {check: SEC-002, reason: weak}]}
  - {id: B, title: T, effective: {date: "2028", what: Own, trust: memory}}
- title: H
  controls:
  - {id: C, title: T}
"""


def test_a_file_is_read(tmp_path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(GOOD)
    own = frameworks.read(path)
    assert [(m.check, m.reason) for m in own.controls[0].checks] == [("SEC-001", ""), ("SEC-002", "weak")]
    assert own.controls[1].checks == ()
    assert [control.group for control in own.controls] == ["G", "G", "H"]
    assert [control.effective and control.effective.date for control in own.controls] == ["2027-12", "2028", None]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schema: 1", "schema: 2", "schema is 2"),
        ("id: B", "id: A", "A stands twice"),
        ("reason: R, ", "", "gives no reason"),
        ("SEC-001", "sec1", "'sec1' is no check id"),
        ("check: SEC-002", "check: SEC-001", "names a check twice"),
        ("trust: verified", "trust: sure", "trust 'sure'"),
        ('"2026"', '"soon"', "'soon' is not"),
        ('"2027-12"', '"2027-1"', "'2027-1' is not"),
        ("  controls:", "  control:", "did you mean 'controls'"),
        ("\n  - {id: C, title: T}", " []", "controls is not a list of at least one"),
        ("licence: ours", "license: ours", "did you mean 'licence'"),
        ("title: Own", "title: [", "checks/frameworks/own.yaml"),
    ],
)
def test_a_broken_file_says_where(tmp_path, old, new, message) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(PackError, match=re.escape(message)):
        frameworks.read(path)


def test_an_unknown_framework_gets_a_hint() -> None:
    with pytest.raises(PackError, match="did you mean 'eu-ai-act'"):
        frameworks.find("eu-aiact")


def test_kept_frameworks_are_the_same_and_are_read_no_more(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(frameworks, "_loaded", {})
    with open_cache(tmp_path) as cache:
        first = frameworks.load(cache)
        frameworks._loaded.clear()
        monkeypatch.setattr(frameworks, "read", lambda path: pytest.fail(f"{path} was read again"))
        assert frameworks.load(cache) == first
    monkeypatch.undo()
    assert frameworks.load() == first
