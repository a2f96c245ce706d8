"""SARIF, JUnit, GitLab, CSV and GitHub annotations: valid by the official schemas, complete, and inert."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest
import xmlschema

from aiaudit.project.own_tables import FINDINGS
from aiaudit.reports import csv as csv_report
from aiaudit.reports import github, gitlab, junit, sarif
from tests.reports.make_result import empty_result, with_strings

SCHEMAS = Path(__file__).parent.parent / "schemas"
SARIF = jsonschema.Draft7Validator(json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text()))
JUNIT = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
GITLAB = jsonschema.Draft202012Validator(  # the format of docs.gitlab.com, Code Quality
    {
        "type": "array",
        "items": {
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "required": ["path", "lines"],
                    "properties": {"lines": {"required": ["begin"], "properties": {"begin": {"minimum": 1}}}},
                },
            },
        },
    }
)
HOSTILE = "=cmd|' /C calc'!A0 <script>\x1b[31m\u202e%0A::error::,\r\n\x00 \ud800\"'&]]>"


def in_force(check):
    return bool(check["waiver"]) and not check["waiver"].get("expired")


def places(result, *, waived=True):
    """Findings with a place, of checks that failed, are partly shown or ended in an error."""
    return [
        finding
        for check in result["checks"]
        if check["status"] in ("fail", "partial", "error") and (waived or not in_force(check))
        for finding in check["findings"]
        if finding["path"]
    ]


def hostile(result):
    return with_strings(result, lambda text, path: text if _is_word(path) else HOSTILE + text)


def _is_word(path):
    """Enumerations and ids that aiaudit itself writes."""
    return path and path[-1] in ("status", "severity", "kind", "pack", "id", "confidence", "fingerprint", "as_of")


@pytest.fixture(params=["as it is", "hostile", "empty"])
def any_result(request, result):
    return {"as it is": lambda: result, "hostile": lambda: hostile(result), "empty": empty_result}[request.param]()


def test_sarif_is_valid(any_result):
    log = json.loads(sarif.render(any_result))
    assert not list(SARIF.iter_errors(log))
    run = log["runs"][0]
    assert len(run["results"]) == len(places(any_result))
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(ids[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    assert len(set(ids)) == len(ids)


def test_sarif_paths_are_relative_uris(result):
    check = next(c for c in result["checks"] if c["status"] == "fail" and c["findings"])
    check["findings"] = [{**check["findings"][0], "path": "a dir/ü#?.py", "line": 7}]
    log = json.loads(sarif.render(result))
    one = next(r for r in log["runs"][0]["results"] if r["ruleId"] == check["id"])
    place = one["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%20dir/%C3%BC%23%3F.py", "uriBaseId": "PROJECT"}
    assert place["region"] == {"startLine": 7}


def test_sarif_says_which_findings_are_waived(result):
    check = next(c for c in result["checks"] if c["status"] == "fail" and c["findings"] and c["findings"][0]["path"])
    check["waiver"] = {"reason": "replaced in June", "owner": "Kim", "expires": "2027-01-31"}
    runs = json.loads(sarif.render(result))["runs"]
    found = [r for r in runs[0]["results"] if r["ruleId"] == check["id"]]
    assert {r["suppressions"][0]["justification"] for r in found} == {"replaced in June"}


def test_junit_is_valid_and_counts_right(any_result):
    data = junit.render(any_result)
    JUNIT.validate(io.BytesIO(data))
    root = ET.fromstring(data)
    assert int(root.get("tests")) == len(any_result["checks"])
    assert int(root.get("failures")) == sum(c["status"] == "fail" and not in_force(c) for c in any_result["checks"])


def test_gitlab_is_valid_and_leaves_waived_findings_out(any_result):
    issues = json.loads(gitlab.render(any_result))
    assert not list(GITLAB.iter_errors(issues))
    assert len(issues) == len(places(any_result, waived=False))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_csv_has_a_row_for_every_check_and_no_formula(any_result):
    text = csv_report.render(any_result)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert tuple(rows[0]) == FINDINGS
    assert {row[0].lstrip("'") for row in rows[1:]} == {check["id"] for check in any_result["checks"]}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_annotations_are_one_command_a_line(any_result):
    lines = github.render(any_result).splitlines()
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert all(line.count("::") == 2 or "%3A%3A" in line or "::error::" not in line[2:] for line in lines)
    assert len(lines) <= github.MOST + 1


def test_annotations_come_worst_first_and_escape_their_values(result):
    check = next(c for c in result["checks"] if c["severity"] == "critical" and c["status"] == "fail")
    check["findings"] = [
        {
            **(check["findings"] or [{"fingerprint": "x", "confidence": "strong"}])[0],
            "path": "a,b:c%.py",
            "line": 3,
            "message": "50 % of it",
        }
    ]
    text = github.render(result)
    assert "file=a%2Cb%3Ac%25.py,line=3,title=" in text
    assert "::50 %25 of it." in text
    kinds = [line.partition(" ")[0] for line in text.splitlines()]
    assert kinds == sorted(kinds, key=["::error", "::warning", "::notice"].index)


@pytest.mark.parametrize("module", [sarif, junit, gitlab, csv_report, github])
def test_the_same_result_gives_the_same_bytes(module, result):
    assert module.render(result) == module.render(json.loads(json.dumps(result)))
