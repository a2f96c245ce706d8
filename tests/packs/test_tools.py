"""What helps authors: the editor's schema, trying a query, explaining a check."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from aiaudit.model.fact import State
from aiaudit.packs.cases import run_pack
from aiaudit.packs.explain import explain
from aiaudit.packs.lint import lint
from aiaudit.packs.load import load
from aiaudit.packs.problems import PackError
from aiaudit.packs.scaffold import new_pack
from aiaudit.packs.schema import json_schema
from aiaudit.packs.try_query import parse_query, try_query
from tests.packs.fakes import PROBES, one_check

PACK = """\
schema: 1
pack: own
title: Own checks
facts:
  notes: {probe: files.exists, files: [NOTES.md], title: The notes}
  there: {derive: "notes.size() > 0", sees: [notes]}
checks:
- id: OWN-001
  title: The notes are written
  severity: high
  kind: automatic
  params: {days: 3, share: {default: 0.5, max: 1}}
  rule: {pass: there, fail: otherwise}
  findings: {of: notes, says: "{path}"}
  why: x
  remediation: x
"""


def test_the_editors_schema_takes_good_packs_and_refuses_bad_keys() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(yaml.safe_load(PACK))) == []
    for good, bad in [("files: [N", "fiels: [N"), ("severity: high", "severity: hi"), ("derive:", "dervie:"),
                      ("files.exists", "files.exist"), ("  why: x\n", "")]:  # fmt: skip
        assert list(validator.iter_errors(yaml.safe_load(PACK.replace(good, bad)))), bad


def test_a_query_is_tried_on_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    for query in ("{probe: files.exists, files: ['*.py']}", "probe: files.exists, files: ['*.py']"):
        fact = try_query(query, tmp_path).fact
        assert fact.state is State.KNOWN
        assert [element["path"] for element in fact.value] == ["a.py"]
    assert try_query("probe: files.exists, files: ['*.js']", tmp_path).fact.state is State.ABSENT


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("{probe: cals}", "query:1:2: no probe 'cals'; did you mean 'calls'?"),
        ("probe: calls, anny: [x]", "query:1:16: unknown key 'anny'; did you mean 'any'?"),
        ("{probe: calls", "query:2:1: did not find expected ',' or '}'"),
        ("calls", "query:1:1: a query is written {probe: NAME, KEY: VALUE, …}"),
    ],
)
def test_a_mistaken_query_is_one_line(query: str, line: str) -> None:
    with pytest.raises(PackError) as caught:
        parse_query(query, PROBES)
    assert str(caught.value) == line


def test_a_check_is_explained_in_words(tmp_path: Path) -> None:
    (tmp_path / "OWN-001" / "pass").mkdir(parents=True)
    library = one_check(
        facts='{risky: {derive: "loads.filter(l, !l.safe)", title: Loads that may run code}}',
        rule='{fail: "risky.size() > params.most", partial: uses, pass: otherwise}',
        params="{most: {default: 2, min: 0, max: 9, stricter: lower, title: How many}}",
        applies="tested",
        points="0.25",
        controls="{NIST: [MEASURE 2.7, MAP 1.1]}",
        false_results="[Own caches are reported., Loads in libraries are not seen.]",
    )
    check = library.check("OWN-001")
    assert check is not None
    told = explain(library, check, tmp_path, PROBES)
    assert told.applies == "Where tested."
    assert told.measured == (
        "risky: Loads that may run code; from loads.filter(l, !l.safe)",
        "tested: a thing that is there or not (flag): name tested",
        "uses: a thing that is there or not (flag): name uses",
        "loads: calls of functions (calls): any [pickle.load]",
    )
    assert told.judged == (
        "fail: risky.size() > params.most",
        "partial: uses",
        "pass: otherwise",
        "partial earns 0.25 of a pass",
    )
    assert told.evidence == (
        "A pass needs content that was judged (E2) or better. An attestation alone earns at most half."
    )
    assert told.params == ("most = 2 (at least 0, at most 9, lower is stricter; How many)",)
    assert told.false_results == ("Own caches are reported.", "Loads in libraries are not seen.")
    assert told.controls == ("NIST: MEASURE 2.7, MAP 1.1",)
    assert told.cases == ("pass",)


def test_an_attested_check_is_explained_by_its_answers() -> None:
    library = one_check(kind="attested", rule="", question="Is it so?")
    check = library.check("OWN-001")
    assert check is not None
    told = explain(library, check, probes=PROBES)
    assert told.measured == ("attestation: what the owner attests, with evidence and date",)
    assert told.judged[0] == 'pass: the owner answers "yes", with evidence and a review date that has not passed'


def test_a_new_pack_works_as_it_is(tmp_path: Path) -> None:
    for path, text in new_pack("TEAM-001", 'Rules of "us"').items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    done = run_pack(tmp_path / "team.yaml")
    assert [result.problems for result in done.results] == [()] * 5
    assert done.passed
    library = load([tmp_path / "team.yaml"], shipped=False)
    assert library.packs[0].title == 'Rules of "us"'
    assert lint(library, tmp_path / "cases") == []
    with pytest.raises(PackError, match="'team' is no check id"):
        new_pack("team")
