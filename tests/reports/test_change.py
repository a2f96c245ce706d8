"""The last audit and the line over time inside the report, and its data page."""

from __future__ import annotations

import copy
import json

import pytest

from aiaudit.reports import headings, html, schema, words
from aiaudit.reports.data import read
from aiaudit.reports.history import History
from aiaudit.reports.record import Record
from aiaudit.scoring import history
from aiaudit.scoring.comparison import compare, from_json, to_json
from tests.reports.make_full import earlier, full_result
from tests.reports.page import Page


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> dict:
    return full_result(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def page(full) -> str:
    schema.check(full)
    return html.render(full)


def part(page: str, anchor: str) -> str:
    return page[page.index(f'<section id="{anchor}"') :].split("</section>", maxsplit=1)[0]


def test_the_optional_parts_are_there_in_their_order(page) -> None:
    sections = [attrs.get("id") for attrs in Page.of(page).all("section")]
    wanted = ["data", "cost", "frameworks", "comparison", "history", "accepted"]
    assert [one for one in sections if one in wanted] == wanted


def test_the_comparison_says_what_changed_and_by_how_much(page) -> None:
    text = part(page, "comparison")
    assert "Since 1\u00a0Aug\u00a02026 seven gaps were closed; the score rose by nine points" in text
    assert text.count('aria-label="') >= 11 and "57 before, 66 now" not in text  # packs, not the whole
    assert "Fixed (7)" in text and "fail → pass" in text


def test_a_comparison_survives_being_saved(result) -> None:
    made = compare(earlier(result, "2026-01-01", 9, 5), result)
    assert from_json(json.loads(json.dumps(to_json(made)))) == made
    for broken in (None, 3, {}, {"before": {}}, {**to_json(made), "facts": [3]}, {**to_json(made), "packs": [["x"]]}):
        assert from_json(broken) is None


def test_the_line_is_to_scale_and_marks_other_rules(full) -> None:
    points = History(Record(full)).points
    assert [point.day for point in points] == [words.day(day) for day in ("2026-02-01", "2026-08-01", full["as_of"])]
    assert points[0].at == 0 and points[-1].at == 100 and 50 < points[1].at < 70
    assert [point.rules for point in points] == [False, True, False]


def test_without_earlier_audits_there_is_no_line(result) -> None:
    for past in (None, [], [{"as_of": "not a day"}], [{"as_of": "2099-01-01"}]):
        assert not History(Record({**result, "history": past}))
        assert 'id="history"' not in html.render({**result, "history": past})


def test_only_earlier_audits_of_the_same_project_are_points(tmp_path, result) -> None:
    others = copy.deepcopy(result)
    others["project"]["name"] = "another"
    for name, one in (
        ("a", earlier(result, "2026-03-01", 5, 1)), ("b", earlier(result, "2026-01-01", 9, 1)), ("later", earlier(result, "2099-01-01", 1, 1)),
        ("other", earlier(others, "2026-02-01", 5, 1)), ("itself", result),
    ):  # fmt: skip
        (tmp_path / f"{name}.json").write_text(json.dumps(one))
    (tmp_path / "broken.json").write_text("{")
    found = history.read(sorted(tmp_path.glob("*.json")), result)
    assert [(one["as_of"], one["score"]) for one in found] == [
        ("2026-01-01", result["score"] - 9),
        ("2026-03-01", result["score"] - 5),
    ]
    schema.check({**result, "history": found})


def test_the_data_page_names_problems_drift_groups_and_shape(page) -> None:
    text = part(page, "data")
    assert "Two data sets were measured; six problems, four of them serious" in text
    for said in ("personal data: email, 100 %", "tells the label alone", "30 rows of the second set", "four-fifths rule",
                 "drifted: PSI 1.397", "2025-01-01 … 2026-02-03", "duckdb 2.0.1", "One file was left out."):  # fmt: skip
        assert said in text, said


def test_a_data_section_of_another_shape_is_left_out(full) -> None:
    for broken in (None, {}, {"datasets": [{"name": 3, "columns": 4}]}, {"datasets": "x"}, {"datasets": [{}]}):
        assert read(Record({"data": broken})) is None
    older = copy.deepcopy(full["data"])
    del older["notes"], older["datasets"][0]["leakage"]
    assert read(Record({"data": older})) is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("1 Aug", 0, 0, None), "Since 1 Aug no gap was closed and none is new"),
        (("1 Aug", 1, 2, -3.2), "Since 1 Aug one gap was closed and two are new; the score fell by three points"),
        (("1 Aug", 0, 1, 0.2), "Since 1 Aug one is new; the score stands where it did"),
    ],
)
def test_the_heading_of_a_comparison(arguments, said) -> None:
    assert headings.comparison(*arguments) == said
