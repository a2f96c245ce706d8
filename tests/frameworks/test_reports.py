"""The matrices are the same in every format; OSCAL is valid by the official schema; nothing in it depends on the day."""

from __future__ import annotations

import csv
import html as html_text
import io
import json
import re
from pathlib import Path

import jsonschema
import pytest

from aiaudit.packs import frameworks as files
from aiaudit.reports import frameworks_csv, html, markdown_long, oscal, schema
from aiaudit.reports.base import parse_output
from aiaudit.reports.frameworks import STATE
from tests.reports.make_result import BARE, empty_result, make_result, with_strings

SCHEMA = Path(__file__).parent.parent / "schemas" / "oscal_assessment-results_schema.json"
"""Python's `re` has no Unicode classes: letters and digits are written in its way before the schema is used."""
OSCAL = jsonschema.Draft7Validator(
    json.loads(SCHEMA.read_text().replace(r"\\p{L}", r"[^\\W\\d_]").replace(r"\\p{N}", r"\\d"))
)


@pytest.fixture(scope="module", params=["support", "bare"])
def result(request):
    return make_result(BARE if request.param == "bare" else None)


def matrix(result):
    """(framework, control) -> state and checks, as the result JSON has them."""
    return {
        (one["id"], control["id"]): (control["state"], {check["id"] for check in control["checks"]})
        for one in result["frameworks"]
        for control in one["controls"]
    }


def test_the_result_has_a_row_for_every_control(result) -> None:
    schema.check(result)
    assert set(matrix(result)) == {(one.id, control.id) for one in files.load() for control in one.controls}
    for one in result["frameworks"]:
        assert sum(one["counts"].values()) == len(one["controls"])


def test_csv_has_the_same_matrix(result) -> None:
    found: dict[tuple[str, str], tuple[str, set[str]]] = {}
    for row in csv.DictReader(io.StringIO(frameworks_csv.render(result).removeprefix("\ufeff"))):
        state, checks = found.setdefault((row["framework"], row["control"]), (row["state"], set()))
        assert state == row["state"]
        if row["check"]:
            checks.add(row["check"])
    assert found == matrix(result)


def test_html_has_the_same_matrix_closed_and_small_enough(result) -> None:
    text = html.render(result)
    assert len(text.encode()) <= 1_000_000
    keys = {word: key for key, word in STATE.items()}
    found = {}
    for name, body in re.findall(
        r'<details class="group framework screen-only" id="framework-([^"]+)">(.*?)</details>', text, re.S
    ):
        for control, row in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', body):
            state = re.search(r"</svg>([^<]+)</span>", row)
            checks = set(re.findall(r"\b[A-Z]+-\d{3}\b", row.rpartition('data-label="Checks"')[2]))
            found[name, html_text.unescape(control)] = (keys[state[1]], checks)
    assert found == matrix(result)


def test_markdown_has_the_same_matrix(result) -> None:
    text = markdown_long.render(result)
    text = text[text.index("\n## Frameworks") :]
    keys = {word: key for key, word in STATE.items()}
    found = []
    for line in text[: text.index("\n## ", 5)].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) >= 4 and cells[2] in keys:
            found.append((keys[cells[2]], set(re.findall(r"\b[A-Z]+-\d{3}\b", cells[3]))))
    assert found == list(matrix(result).values())


def test_oscal_is_valid_and_complete(result) -> None:
    document = json.loads(oscal.render(result))
    OSCAL.validate(document)
    body = document["assessment-results"]["results"][0]
    assert len(body["observations"]) == len(result["checks"])
    states = {oscal.control_id(f, c): state for (f, c), (state, _) in matrix(result).items()}
    assert len(states) == len(matrix(result))  # no two controls share a token
    found = {one["target"]["target-id"]: one["target"]["status"]["state"] for one in body["findings"]}
    judged = {key: state for key, state in states.items() if state in ("supported", "partly", "gap")}
    assert found == {k: "satisfied" if state == "supported" else "not-satisfied" for k, state in judged.items()}
    assert {prop["class"] for prop in body["props"]} == set(states) - set(judged)
    observed = {one["uuid"] for one in body["observations"]}
    assert all(r["observation-uuid"] in observed for one in body["findings"] for r in one["related-observations"])


def test_oscal_is_made_of_its_content() -> None:
    first, again = oscal.render(make_result()), oscal.render(make_result())
    assert first == again
    other = json.loads(oscal.render(make_result(as_of="2026-11-25")))["assessment-results"]
    assert other["uuid"] != json.loads(first)["assessment-results"]["uuid"]
    assert "compliant" not in first


@pytest.mark.parametrize("frameworks", [None, []])
def test_oscal_of_little_is_valid(frameworks) -> None:
    result = empty_result()
    result.update(frameworks=frameworks, checks=[])
    OSCAL.validate(json.loads(oscal.render(result)))


def test_oscal_of_hostile_texts_is_valid() -> None:
    kept = ("status", "state", "kind", "as_of", "id", "evidence_level", "source")
    hostile = with_strings(
        make_result(), lambda text, path: text if path[-1] in kept else f" \x1b[31m\u202e\r\n<script>\ud800 {text}\t"
    )
    OSCAL.validate(json.loads(oscal.render(hostile)))


def test_suffixes() -> None:
    assert parse_output("r.oscal.json").suffix == ".oscal.json"
    assert parse_output("r.frameworks.csv").suffix == ".frameworks.csv"
