"""What a report says of how often verdicts are right is what the readings say (`benchmarks/drawn.tsv`)."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aiaudit import track_record
from aiaudit.reports import html, markdown, sarif

READINGS = Path(__file__).parents[2] / "benchmarks" / "drawn.tsv"


def test_the_figures_of_the_reports_are_those_of_the_table(result: dict[str, Any]) -> None:
    every = [(status, read) for of in track_record.table().checks.values() for status, read in of.items()]
    judged, projects = sum(read.read for _, read in every), track_record.table().projects
    fail, half, passed = (_share(every, status) for status in ("fail", "partial", "pass"))
    said = f"{fail} of the failures, {half} of what is partly met and {passed} of the passes had the"
    page, text = html.render(result), markdown.render(result)
    assert f"Of {judged:,} verdicts on {projects} public projects" in page and said in page
    assert f"of {judged:,} verdicts on {projects} other projects" in text and said in text


def _share(every: list[tuple[str, track_record.Read]], asked: str) -> str:
    some = [read for status, read in every if status == asked]
    return f"{100 * sum(read.right for read in some) / sum(read.read for read in some):.0f} %"


def test_passes_that_rested_on_less_are_left_out_of_the_table() -> None:
    with READINGS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    read = [row for row in rows if row["check"] == "SEC-018" and row["status"] == "pass"]
    seventh = next(number for number, row in enumerate(rows) if row["set"].endswith("seventh"))
    since = [row for row in rows[seventh:] if row["check"] == "SEC-018" and row["status"] == "pass"]
    assert 0 < len(since) < len(read)
    record = track_record.record("SEC-018", "pass")
    assert record is not None and record.read == len(since)


def test_the_table_that_ships_is_made_of_the_readings() -> None:
    script = READINGS.with_name("drawn.py")
    command = [sys.executable, str(script), "--record", track_record.table().until]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert made == (READINGS.parents[1] / "tables" / track_record.TABLE).read_text(encoding="utf-8")


def test_a_check_that_nobody_read_has_no_record() -> None:
    assert track_record.record("XYZ-001", "pass") is None and track_record.records("XYZ-001") == {}


def _with_record(result: dict[str, Any], status: str, right: int, read: int) -> str:
    """Give the first check with this status and with places a track record; its id."""
    placed = (one for one in result["checks"] if one["status"] == status)
    check = next(one for one in placed if status == "pass" or any(found["path"] for found in one["findings"]))
    check["track_record"] = {"read": read, "right": right, "in_full": 0}
    return str(check["id"])


@pytest.mark.parametrize(("right", "read", "said"), [(9, 15, True), (14, 15, False), (1, 4, False)])
def test_a_report_says_of_a_pass_that_such_passes_were_often_wrong(
    result: dict[str, Any], right: int, read: int, said: bool
) -> None:
    _with_record(result, "pass", right, read)
    assert (f"Of {read} such passes on other projects, people found {right} right." in html.render(result)) == said


@pytest.mark.parametrize(
    ("right", "read", "precision"),
    [(19, 20, "very-high"), (9, 10, "high"), (4, 5, "medium"), (2, 5, "low"), (4, 4, None)],
)
def test_sarif_tells_how_often_a_rule_is_right(
    result: dict[str, Any], right: int, read: int, precision: str | None
) -> None:
    name = _with_record(result, "fail", right, read)
    rules = json.loads(sarif.render(result))["runs"][0]["tool"]["driver"]["rules"]
    assert next(rule for rule in rules if rule["id"] == name)["properties"].get("precision") == precision


def test_nothing_is_said_of_how_often_checks_were_right_that_nobody_read(result: dict[str, Any]) -> None:
    own = [check | {"id": f"ACME-{n:03}", "pack": "acme"} for n, check in enumerate(result["checks"][:4], 1)]
    packs = [pack | {"id": "acme", "title": "ACME house rules"} for pack in result["packs"][:1]]
    alone = result | {"checks": own, "packs": packs}
    assert "people read" not in markdown.render(alone)
    assert "public projects that were drawn" not in html.render(alone)
    beside = result | {"checks": [*result["checks"], *own], "packs": [*result["packs"], *packs]}
    for text in (markdown.render(beside), html.render(beside)):
        assert "No verdict of ACME house rules is among them." in text
    assert "is among them" not in markdown.render(result) + html.render(result)


def test_a_framework_of_whose_checks_none_was_asked_has_no_table(result: dict[str, Any]) -> None:
    assert "OWASP Top 10 for LLM Applications" in html.render(result)
    left_out = [
        framework
        | {"controls": [one | {"checks": [c | {"status": ""} for c in one["checks"]]} for one in framework["controls"]]}
        for framework in result["frameworks"]
    ]
    assert "OWASP Top 10 for LLM Applications" not in html.render(result | {"frameworks": left_out})
