"""What helps authors: the editor's schema, trying a query, explaining a check."""

from __future__ import annotations

import re
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
from aiaudit.packs.reasons import has_default_rule
from aiaudit.packs.scaffold import new_check
from aiaudit.packs.schema import json_schema
from aiaudit.packs.try_query import parse_query, try_query
from tests import shared
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


def test_a_list_that_must_hold_something_is_told_in_plain_words() -> None:
    with pytest.raises(PackError, match=r"^query:1:27: 'any' must not be empty$"):
        parse_query("{probe: text.search, any: []}")


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
    told = explain(library, check, tmp_path, PROBES, full=True)
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
    assert told.params == ("How many: 2 (most; at least 0, at most 9, lower is stricter)",)
    assert told.false_results == ("Own caches are reported.", "Loads in libraries are not seen.")
    assert told.controls == ("NIST: MEASURE 2.7, MAP 1.1",)
    assert told.cases == ("pass",)


def test_in_short_a_check_is_told_without_queries() -> None:
    library = one_check(
        facts='{risky: {derive: "loads.filter(l, !l.safe)", title: Loads that may run code}}',
        rule='{fail: "risky.size() > 0", pass: otherwise}',
        applies="tested && !uses || project.stage != ''",
    )
    check = library.check("OWN-001")
    assert check is not None
    told = explain(library, check, probes=PROBES)
    assert told.applies == "Where tested and not uses or project.stage is given."
    assert told.measured == ("risky: Loads that may run code",)


def test_a_title_that_leans_on_another_is_told_behind_that() -> None:
    library = one_check(
        facts='{risky: {derive: "mine.filter(l, !l.safe)", sees: [mine], title: Those of them that run code}, '
        "mine: {probe: calls, any: [pickle.load], title: Loads of files; pickles too}}",
        rule='{fail: "risky.size() > mine.size()", pass: otherwise}',
    )
    check = library.check("OWN-001")
    assert check is not None
    told = explain(library, check, probes=PROBES).measured
    assert [line for line in told if line.startswith("risky")] == ["risky: Loads of files: those of them that run code"]


def test_every_shipped_check_is_explained_in_readable_lines() -> None:
    library = shared.library()
    longest = 400  # characters of a line under "How it is measured": a title and a probe, never a query
    for check in library.checks:
        told = explain(library, check)
        assert not [line for line in told.measured if len(line) > longest], check.id
        assert "&&" not in told.applies, check.id
        assert told.measured, check.id


def test_what_to_do_is_told_first_and_long_lists_only_in_full() -> None:
    library = shared.library()
    longest = library.check("SEC-018")
    assert longest is not None
    titles = [title for title, lines in explain(library, longest).sections() if any(lines)]
    assert titles[:2] == ["Why", "How to fix"] and titles[-1] == "What is looked at"
    assert titles.index("Known false results") < titles.index("Track record") < titles.index("Supports evidence for")
    lengths = {}
    for check in library.checks:
        short, full = explain(library, check), explain(library, check, full=True)
        lengths[check.id] = sum(len(lines) for _, lines in short.sections())
        for title, lines in short.sections():
            assert title != "What is looked at" or len(lines) <= 4, check.id
        for status in ("pass", "partial", "fail", "unknown"):
            told = [line for title, lines in short.sections() if title.startswith("How it is judged") for line in lines]
            assert sum(line.startswith(f"{status}:") for line in told) <= 4, check.id
        assert {title for title, lines in full.sections() if any(lines)} >= {"What is looked at"}, check.id
    assert sorted(lengths.values())[len(lengths) // 2] <= 40


def test_every_outcome_says_something_and_the_general_one_comes_first() -> None:
    library = shared.library()
    told = {check.id: dict(explain(library, check).sections()) for check in library.checks}
    judged = {key: next(lines for title, lines in parts.items() if title.startswith("How it is judged"))
              for key, parts in told.items()}  # fmt: skip
    first = {key: {line.partition(":")[0]: line for line in reversed(lines)} for key, lines in judged.items()}
    assert first["SEC-007"]["fail"].startswith("fail: N of N handlers answer to anyone")
    assert first["SEC-001"]["fail"].startswith("fail: N places hold a secret")
    assert "fail: A page loads the model again each time it is used." in judged["INF-009"]
    for check in library.checks:
        for lines in (judged[check.id], explain(library, check, full=True).outcomes):
            for line in lines:
                said = line.partition(": ")[2]
                assert len(re.findall(r"[^\W\d_]{2,}", said)) >= 2, f"{check.id}: {line}"
        if not has_default_rule(check):
            stated = {
                str(line.status).replace("_", " ") for line in check.rule if f"says.{line.status}" in check.templates
            }
            assert stated <= set(first[check.id]), check.id


def test_an_attested_check_is_explained_by_its_answers() -> None:
    library = one_check(kind="attested", rule="", question="Is it so?")
    check = library.check("OWN-001")
    assert check is not None
    told = explain(library, check, probes=PROBES, full=True)
    assert told.measured == ("attestation: what the owner attests, with evidence and date",)
    assert not told.judged
    assert told.outcomes[0] == 'pass: the owner answers "yes", with evidence and a review date that has not passed'


def test_a_new_check_takes_no_id_of_a_shipped_one(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="SEC-001 is a check of aiaudit itself; take an id of your own"):
        new_check("SEC-001", tmp_path / "own.yaml")


def test_a_new_check_lints_and_fails_until_it_is_filled_in(tmp_path: Path) -> None:
    pack = tmp_path / "team.yaml"
    new_check("TEAM-001", pack).write()
    assert all("is still TODO" in fault.message for fault in lint(load([pack], shipped=False), tmp_path / "cases"))
    faults = lint(load([pack], shipped=False))
    assert {str(fault.place.line) for fault in faults} >= {"5", "8"}
    assert [fault.message.partition(": ")[2] for fault in faults if "the fact" in fault.message] == [
        "`title` is still TODO",
        "`any` is still TODO",
        "`title` is still TODO",
    ]
    done = run_pack(pack)
    assert len(done.results) == 5
    assert not any(result.passed for result in done.results)
    assert all("may not be 'TODO'" in result.problems[0] for result in done.results)
    filled = {
        "pass": "TODO: what proves it\n" * 2,
        "partial": "TODO: what proves it\n",
        "fail": "",
        "decoy": "# proof\n",
    }
    for case in (tmp_path / "cases/TEAM-001").iterdir():
        text = (case / "expect.yaml").read_text().replace("status: TODO   # ", "status: ").replace(", once", " # once")
        (case / "expect.yaml").write_text(text.partition("files:")[0])
        if case.name in filled:
            (case / "app.py").write_text("x = 1\n" + filled[case.name])
    assert run_pack(pack).passed, [result.problems for result in run_pack(pack).results]


@pytest.mark.parametrize("indent", ["", "  "])
def test_another_check_follows_those_of_a_pack(tmp_path: Path, indent: str) -> None:
    pack = tmp_path / "team.yaml"
    new_check("TEAM-001", pack).write()
    lines = pack.read_text().splitlines()
    at = lines.index("checks:") + 1
    pack.write_text("\n".join([*lines[:at], *(indent + line for line in lines[at:])]))  # and no end of line
    before = pack.read_text()
    new_check("TEAM-002", pack).write()
    assert pack.read_text().startswith(before)
    library = load([pack], shipped=False)
    assert [check.id for check in library.checks] == ["TEAM-001", "TEAM-002"]
    assert all("is still TODO" in fault.message for fault in lint(library, tmp_path / "cases"))


def test_a_new_check_overwrites_nothing(tmp_path: Path) -> None:
    pack = tmp_path / "team.yaml"
    with pytest.raises(PackError, match="'team' is no check id"):
        new_check("team", pack)
    new_check("TEAM-001", pack).write()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(PackError, match="is there already; nothing was written"):
        new_check("TEAM-001", pack)
    with pytest.raises(PackError, match="has a check TEAM-001 already"):
        new_check("TEAM-001", pack, tmp_path / "elsewhere")
    (tmp_path / "facts.yaml").write_text("schema: 1\nchecks: []\npack: x\n")
    with pytest.raises(PackError, match="`checks` must be the last key"):
        new_check("TEAM-009", tmp_path / "facts.yaml", tmp_path / "elsewhere")
    late = new_check("TEAM-003", pack)
    (tmp_path / "cases/TEAM-003/pass").mkdir(parents=True)
    with pytest.raises(PackError, match="cannot be written: file exists"):
        late.write()
    assert {path: path.read_bytes() for path in before} == before
