"""Lint: each fault of a pack that loads is told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.types import BOOL, STRING
from aiaudit.packs.lint import lint, lint_files
from aiaudit.packs.presence import demanded, missed
from aiaudit.rules import compile
from tests.packs.fakes import ATTESTATION, CALL, PROBES, list_of, one_check

COMPLETE = {
    "rule": '{fail: "loads.exists(l, !l.safe)", pass: "loads.size() > 0", partial: "uses && tested"}',
    "says": "{fail: Unsafe, pass: Safe, partial: Partly}",
    "risk": "Code of others runs.",
    "false_results": "None known.",
    "controls": "{NIST: [MEASURE 2.7]}",
}


def faults(**keys: str) -> list[str]:
    return [str(problem) for problem in lint(one_check(**COMPLETE | keys), probes=PROBES)]


def test_a_complete_check_has_no_fault() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (
            {"title": "Check that loads are safe"},
            "own.yaml:10:3: OWN-001: the title should state the condition that holds, such as 'Backups are tested'",
        ),
        (
            {"findings": "loads.map(l, l.path)", "finding_says": "Found"},
            "own.yaml:21:3: OWN-001: its elements are of type string, so that no finding has a place: give records with",
        ),
        ({"title": "Are loads safe?"}, "own.yaml:10:3: OWN-001: the title should state the condition that holds"),
        ({"title": "Loads are safe."}, "own.yaml:10:3: OWN-001: the title should be one line"),
        ({"risk": ""}, "own.yaml:9:3: OWN-001: `risk` is missing"),
        ({"false_results": ""}, "own.yaml:9:3: OWN-001: `false_results` is missing"),
        (
            {"controls": ""},
            "own.yaml:9:3: OWN-001: `controls` is missing: framework -> ids that it is evidence for; a rule book of your own "
            "is one too",
        ),
        (
            {"says": "{fail: Unsafe, pass: Safe}"},
            "own.yaml:17:3: OWN-001: `says.partial` is missing: say what was seen, in one sentence",
        ),
        (
            {"rule": '{pass: "loads.size() > 0 && uses && tested", partial: otherwise}'},
            "own.yaml:14:3: OWN-001: the rule can never fail",
        ),
        (
            {"rule": '{fail: "loads.size() > 0 && uses", partial: "tested", pass: false}'},
            "own.yaml:14:3: OWN-001: the rule can never pass",
        ),
        (
            {"rule": '{fail: "loads.size() > 0", partial: "loads.size() > 0", pass: "uses && tested"}'},
            "own.yaml:14:36: OWN-001: it can never be reached: 'fail' holds first",
        ),
        (
            {"applies": "uses", "rule": '{fail: "!uses", partial: tested, pass: "loads.size() > 0"}'},
            "own.yaml:21:3: OWN-001: it applies only where 'uses' is there, and fails where it is not: it would never "
            "fail",
        ),
        (
            {
                "applies": '"loads.size() > 0 && tested"',
                "rule": '{pass: "loads.size() > 0", partial: uses, fail: otherwise}',
            },
            "own.yaml:21:3: OWN-001: it applies only where 'loads' is there, and fails where it is not",
        ),
        (
            {
                "facts": '{any: {derive: "uses && loads.size() > 2"}}',
                "applies": "any",
                "rule": '{fail: "tested && loads.size() == 0", partial: uses, pass: otherwise}',
            },
            "own.yaml:22:3: OWN-001: it applies only where 'loads' is there, and fails where it is not",
        ),
        ({"applies": "false"}, "own.yaml:21:3: OWN-001: it never applies"),
        (
            {"min_level": "E4"},
            "own.yaml:13:3: OWN-001: it can never pass: its evidence reaches E3 at best, and a pass needs E4",
        ),
        (
            {"min_level": "E2", "evidence": "[claimed]", "facts": "{claimed: {probe: attestations, check: X}}"},
            "own.yaml:13:3: OWN-001: it can never pass: its evidence reaches E1 at best, and a pass needs E2",
        ),
        ({"let": "{many: loads.size() > 3}"}, "own.yaml:21:9: OWN-001: the name 'many' is used nowhere"),
        (
            {"says": "{fail: [{when: uses, say: TODO}, {say: B}], pass: Safe, partial: Partly}"},
            "own.yaml:17:10: OWN-001: `says.fail` is still TODO",
        ),
        ({"params": "{most: 3}"}, "own.yaml:21:12: OWN-001: the parameter 'most' is used nowhere"),
        (
            {"rule": '{fail: "loads.size() > 0 && tested && uses", partial: attestation.valid, pass: otherwise}'},
            "own.yaml:14:3: OWN-001: the rule reads `attestation`: a claim is weighed anyway, and cannot make",
        ),
        ({"kind": "attested"}, "own.yaml:9:3: OWN-001: `question` is missing: an attested check asks one"),
        (
            {"rule": "{fail: \"project.stage == ''\", pass: otherwise}", "findings": ""},
            "own.yaml:14:3: OWN-001: the rule reads no fact",
        ),
        (
            {"rule": '{fail: "loads.size() > 0", partial: "uses", pass: otherwise}'},
            "own.yaml:7:3: the fact 'own.tested' is used by no check",
        ),
    ],
)  # fmt: skip
def test_each_fault_is_told(keys: dict[str, str], line: str) -> None:
    assert any(fault.startswith(line) for fault in faults(**keys)), faults(**keys)


def test_it_may_apply_for_another_reason() -> None:
    either = {"applies": '"uses || tested"', "rule": '{fail: "!uses", partial: tested, pass: "loads.size() > 0"}'}
    assert faults(**either) == []
    filled = {
        "applies": '"loads.size() > 0"',
        "rule": '{pass: "loads.all(l, l.safe)", partial: "uses && tested", fail: otherwise}',
    }
    assert faults(**filled) == []


def test_missing_cases_are_told(tmp_path: Path) -> None:
    (tmp_path / "OWN-001" / "pass").mkdir(parents=True)
    lines = [str(problem) for problem in lint(one_check(**COMPLETE), tmp_path, PROBES)]
    assert lines == [f"own.yaml:9:3: OWN-001 has no case '{name}'" for name in ("decoy", "fail", "partial")]


def test_an_author_is_told_of_cases_ids_facts_and_globs_without_being_asked(tmp_path: Path) -> None:
    pack = tmp_path / "team.yaml"
    pack.write_text(OF_A_TEAM)
    told = [str(problem).removeprefix(f"{pack}:") for problem in lint_files([pack])]
    assert [line for line in told if "has no case" not in line] == [
        "2:7: 'security' is a pack of aiaudit itself; take a name of your own",
        "5:3: SEC-001 is a check of aiaudit itself; take an id of your own, as TEAM-001",
        "9:5: the fact 'security.SEC-001.modules': no file fits '/src/*.py' of `files`: paths begin below the project's"
        " folder, without a `/` before them, and have `/` between parts",
        "10:5: the fact 'security.SEC-001.spare' is not used by its check",
    ]
    assert [line for line in told if "has no case" in line] == [
        f"5:3: SEC-001 has no case '{name}'" for name in ("decoy", "fail", "pass")
    ]
    sound = OF_A_TEAM.replace("security", "team").replace("SEC-001", "TEAM-001").replace("/src/*.py", "src/*.py")
    pack.write_text("\n".join(line for line in sound.splitlines() if "spare" not in line) + "\n")
    for name in ("decoy", "fail", "pass"):
        (tmp_path / "cases" / "TEAM-001" / name).mkdir(parents=True)
    assert lint_files([pack]) == []


OF_A_TEAM = """\
schema: 1
pack: security
title: Our rules
checks:
- id: SEC-001
  title: Code is there
  severity: low
  facts:
    modules: {probe: files.exists, files: ["/src/*.py"], title: Code}
    spare: {probe: files.exists, files: ["*.md"], title: Pages}
  kind: automatic
  min_level: E1
  rule: {pass: modules.size() > 0, fail: otherwise}
  says: {pass: It is., fail: It is not.}
  why: w
  risk: r
  remediation: m
  false_results: none
  controls: {OURS: [A-1]}
"""

NAMES: dict[str, Any] = {
    "a": BOOL,
    "b": BOOL,
    "s": STRING,
    "xs": list_of(CALL),
    "ys": list_of(CALL),
    "att": ATTESTATION,
}


@pytest.mark.parametrize(
    ("source", "needs", "lacks"),
    [
        ("a", "a", ""),
        ("!a", "", "a"),
        ("a && b", "a b", ""),
        ("a || b", "", ""),
        ("!(a || b)", "", "a b"),
        ("!(a && b)", "", "a b"),
        ("!(!a || !b)", "a b", ""),
        ("a && (b || a)", "a", ""),
        ("xs.size() > 0", "xs", ""),
        ("xs.size() >= 1", "xs", ""),
        ("xs.size() >= 0", "", ""),
        ("0 < size(xs)", "xs", ""),
        ("xs.size() != 0", "xs", ""),
        ("xs.size() != 5", "", ""),
        ("xs.size() == 3", "xs", ""),
        ("xs.size() == 0", "", "xs"),
        ("xs.size() < 3", "", "xs"),
        ("xs.size() < 0", "", ""),
        ("!(xs.size() > 0)", "", "xs"),
        ("s == ''", "", "s"),
        ("s != ''", "s", ""),
        ("a == true", "a", ""),
        ("a == false", "", "a"),
        ("xs.exists(x, !x.safe)", "", ""),
        ("xs.all(x, a)", "", ""),
        ("att.valid", "", ""),
    ],
)
def test_what_an_expression_says_of_presence(source: str, needs: str, lacks: str) -> None:
    node = compile(source, NAMES).node
    assert (demanded(node), missed(node)) == (set(needs.split()), set(lacks.split()))
