"""The mistakes people make most: one line each on stderr, with the place and the way out, and exit code 2."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import lay

PACK = """\
schema: 1
pack: team
title: Ours
checks:
- id: TEAM-001
  title: A thing holds
  severity: {severity}
  kind: automatic
  facts:
    found: {{probe: {probe}, any: [x]}}
  rule: {{pass: {rule}, fail: otherwise}}
  why: w
  remediation: r
  effort: S
"""
GOOD = {"severity": "high", "probe": "text.search", "rule": "found.size() > 0"}
FILES = {
    "notes.txt": "no JSON\n",
    "typo.yaml": "project:\n  nmae: x\n",
    "tabs.yaml": "project:\n\tname: x\n",
    "severity.yaml": PACK.format(**GOOD | {"severity": "sever"}),
    "probe.yaml": PACK.format(**GOOD | {"probe": "text.serach"}),
    "rule.yaml": PACK.format(**GOOD | {"rule": "fuond.size() > 0"}),
    "type.yaml": PACK.format(**GOOD | {"rule": "found > 0"}),
    "there/aiaudit.yaml": "schema: 1\n",
    "waived/README.md": "x\n",
    "waived/aiaudit.yaml": "waivers:\n- {id: SEC-001, reason: because, owner: Ann}\n",
    "answered/README.md": "x\n",
    "answered/aiaudit.yaml": "attestations:\n  SEC-001: {answer: maybe}\n",
    "attested/README.md": "x\n",
    "attested/attestations.yaml": "SEC-001: {answer: perhaps}\n",
    "cut/README.md": "x\n",
    "cut/attestations.yaml": "[1\n",
    "prose/README.md": "x\n",
    "prose/attestations.yaml": "foo bar\n",
    "unheard/README.md": "x\n",
    "unheard/aiaudit.yaml": "attestations:\n  SEC-001: {answer: yes}\n",
    "unheard/attestations.yaml": "SEC-001: {answer: yes}\nSCE-001: {answer: yes}\n",
    "commented/app.py": '# aiaudit: waive SEC-001 reason="demo" until=2027-01-31\nx = 1\n',
    "gated/README.md": "x\n",
    "gated/aiaudit.yaml": "gate: {fail_on: [sever]}\n",
}
MISTAKES = [
    "run gone",
    "run notes.txt",
    "run there --fail-undr 60",
    "rum there",
    "cost there",
    "attest there",
    "run there -o /dev/stdout",
    "run there --as-of yesterday",
    "run there --fail-under many",
    "run there --fail-under securty=60",
    "run there --fail-on SEC-99",
    "run there --fail-on-new high",
    "run there --pack securty",
    "run there --pack gone.yaml",
    "run there --profile libary",
    "run there --level prod",
    "run there --jobs 0",
    "run there --ruleset 0123456789abcdef",
    "run there --config typo.yaml",
    "run there --config tabs.yaml",
    "run there -o report.docx",
    "run there -o gone/report.html",
    "run there --format text",
    "run there --baseline notes.txt",
    "run --facts notes.txt",
    "run there --osv-db gone.zip",
    "run there --prices gone.yaml",
    "run there --facts notes.txt --prices gone.yaml",
    "run there --pack other",
    "run there --pack severity.yaml",
    "run there --pack probe.yaml",
    "run there --pack rule.yaml",
    "run there --pack type.yaml",
    "run waived -q",
    "run answered -q",
    "run attested -q",
    "run cut -q",
    "run prose -q",
    "run unheard -q",
    "run commented -q",
    "run gated -q",
    "report notes.txt -o report.html",
    "compare notes.txt notes.txt",
    "explain SCE-001",
    "explain SEC-999",
    "init there",
    "checks new team-1",
    "checks try {probe:text.search}",
    "waivers add SEC-001 --reason r --owner o --project waived",
    "waivers add SEC-001 --owner o",
]


@pytest.mark.parametrize(("typed", "said"), [((), " (set by AIAUDIT_LEVEL)"), (("--level=prd",), "")])
def test_a_value_of_the_environment_is_told_as_one(aiaudit, project, monkeypatch, typed, said):
    monkeypatch.setenv("AIAUDIT_LEVEL", "prod")
    done = aiaudit("run", project, *typed)
    assert done.code == 2
    assert f"'scale'{said}; see `aiaudit run --help`" in done.err


def test_each_mistake_is_one_line_with_place_and_way_out(aiaudit, tmp_path, monkeypatch, snapshot):
    lay(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    told = []
    for command in MISTAKES:
        done = aiaudit(*command.split())
        assert done.code == 2, (command, done)
        assert done.err.startswith("aiaudit: ") and done.err.count("\n") == 1, (command, done.err)
        assert not done.out and "Traceback" not in done.err, (command, done.out)
        said = done.err.replace(str(tmp_path), "…")
        said = re.sub("(these rules are )[0-9a-f]{16}", r"\1…", said)
        told.append(f"$ aiaudit {command}\n{re.sub('there are: .?html.*', 'there are: …', said)}")
    assert len(MISTAKES) >= 20
    snapshot("mistakes.txt", "\n".join(told))


def test_each_mistake_in_the_answers_is_told(aiaudit, tmp_path):
    wrong = "SEC-001: {answer: yes}\nSEC-002: yes\nSEC-003: {answer: yes, ownr: Ann}\nSEC-004: {answer: mayhap}\n"
    lay(tmp_path, {"README.md": "x\n", "attestations.yaml": wrong})
    done = aiaudit("run", tmp_path, "-q", "-o", tmp_path / "r.json")
    assert (done.code, done.err.count("\n")) == (2, 3)
    assert "attestations.yaml:2:" in done.err and "attestations.yaml:4:" in done.err
    assert "attestations.yaml:3:24: SEC-003.ownr: unknown key; did you mean 'owner'?" in done.err
    assert len(json.loads((tmp_path / "r.json").read_text())["problems"]) == 3
    unknown = "SEC-999: {answer: yes}\n"
    lay(
        tmp_path,
        {"attestations.yaml": unknown, "aiaudit.yaml": f"attestations:\n  SEC-998: {{answer: no}}\n  {unknown}"},
    )
    done = aiaudit("run", tmp_path, "-q")
    assert done.code == 2
    assert done.err.splitlines()[0].startswith("aiaudit: attestations.yaml:1:1: no check has the id 'SEC-999'")
    assert done.err.splitlines()[1].startswith("aiaudit: aiaudit.yaml:2:")
    lay(tmp_path, {"attestations.yaml": "sec-1: {answer: yes}\n", "aiaudit.yaml": "schema: 1\n"})
    assert "no check has the id 'sec-1'; did you mean 'SEC-001'?" in aiaudit("run", tmp_path, "-q").err


def test_a_file_with_the_other_ending_is_named(aiaudit, tmp_path):
    lay(tmp_path, {"README.md": "x\n", "aiaudit.yml": "project: {name: x}\n", "attestations.yml": "{}\n"})
    lay(tmp_path, {"attestations.yaml": "{}\n"})
    done = aiaudit("run", tmp_path, "-q")
    assert (done.code, done.err) == (0, f"aiaudit: warning: {tmp_path}/aiaudit.yml is not read; name it aiaudit.yaml\n")


def test_a_check_is_named_as_people_type_it(aiaudit, project):
    assert "gate failed: --fail-on SEC-001" in aiaudit("run", project, "--fail-on", "sec-1").err


def test_the_way_to_explain_a_check_of_ones_own_names_its_pack(aiaudit, project, tmp_path):
    pack = tmp_path / "my team.yaml"
    pack.write_text(PACK.format(**GOOD))
    told = aiaudit("run", project, "--pack", pack).out
    assert f"aiaudit explain TEAM-001 --pack '{pack}'" in " ".join(told.split())
    assert "explain SEC-001 --pack" not in aiaudit("run", project, "--pack", "all", "--pack", pack).out


def test_a_folder_that_cannot_be_read_or_written_is_named(aiaudit, tmp_path, monkeypatch):
    import os

    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode, **more: False)
    for command in ("run", "init", "plan", "interview", "fix GOV-006"):
        done = aiaudit(*command.split(), closed)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"aiaudit: {closed}: permission denied"), (command, done.err)


def test_what_cannot_be_written_is_told_with_its_folder(tmp_path, monkeypatch):
    from aiaudit.reports import writing

    def refused(*args, **more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(writing, "_walked", refused)
    with pytest.raises(writing.OutputError, match=f"cannot write {tmp_path}/aiaudit.yaml: permission denied"):
        writing.write_below(tmp_path, "aiaudit.yaml", b"")


def test_a_day_for_which_no_rule_was_written_is_told(aiaudit, project):
    assert "warning: --as-of 1999-01-01" in aiaudit("run", project, "--as-of", "1999-01-01").err
    assert "--as-of" not in aiaudit("run", project, "--as-of", "2026-12-04").err
