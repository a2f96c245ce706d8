"""The cost section of the reports: from a projection, and from nothing."""

from __future__ import annotations

import copy

import pytest

from aiaudit.cost.report import to_json
from aiaudit.reports import html, markdown, schema, words
from aiaudit.reports.charts_cost import projection, short
from aiaudit.reports.record import Record
from aiaudit.reports.text import amount
from tests.cost.helpers import api, cost, own, workload
from tests.reports import make_result as made
from tests.reports.page import Page

COSTS = {
    "fits": lambda: cost(own(), budget=1_000_000),
    "breaks": lambda: cost(api(), budget=4000),
    "too dear": lambda: cost(own(), budget=100),
    "no budget, one month": lambda: cost(own(), months=1),
    "nothing known": lambda: cost(workload(serving={"engine": "api"})),
}


def with_cost(name: str) -> dict:
    result = copy.deepcopy(made.make_result())
    result["cost"] = to_json(COSTS[name]())
    return result


@pytest.mark.parametrize("name", COSTS)
def test_the_section_is_well_formed_and_complete(name):
    result = with_cost(name)
    schema.check(result)
    page, text = html.render(result), markdown.render(result).replace("\\", "")
    read = Page.of(page)
    assert any(attrs["id"] == "cost" for attrs in read.all("section"))
    assert len(read.ids) == len(set(read.ids))
    assert "### Cost" in text
    for line in result["cost"]["lines"]:
        assert f">{amount(line['amount'])}<" in page
        assert line["amount"] in text
    for one in result["cost"]["missing"]:
        assert one["add"].split()[0] in page
    for assumed in result["cost"]["assumptions"]:
        assert assumed.split(":")[0] in page


def test_without_a_workload_there_is_no_section():
    result = made.make_result()
    assert 'id="cost"' not in html.render(result)
    assert "### Cost" not in markdown.render(result)


def test_the_chart_has_a_band_a_month_and_the_budget():
    found = to_json(COSTS["breaks"]())
    chart = str(projection(Record(found)))
    assert chart.count("<title>month ") == len(found["months"])
    assert "budget 4,000" in chart
    assert "budget" not in str(projection(Record(to_json(cost(own()))))).replace("no budget is declared", "")
    assert "<script" not in str(projection(Record({"currency": "<script>", "months": [{"p90": "x"}]})))


@pytest.mark.parametrize(("money", "text"), [(950, "950"), (9_500, "9,500"), (12_345, "12.3k"), (4_500_000, "4.5M")])
def test_short_amounts(money, text):
    assert short(money) == text


def test_two_amounts_beside_each_other_have_one_unit():
    assert (short(3_771, 11_605), short(11_605)) == ("3.77k", "11.6k")
    assert (short(400, 11_605), short(3_771, 9_000), short(200_000, 3e6)) == ("0.4k", "3,771", "0.2M")


@pytest.mark.parametrize(
    ("verdict", "breaks", "said"),
    [("pass", None, "within"), ("partial", 4, "month 4"), ("partial", 1, "high case does not"), ("fail", 1, "more than"),
     ("unknown", None, "cannot be told")],
)  # fmt: skip
def test_headings(verdict, breaks, said):
    assert said in words.cost_heading(verdict, breaks)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("6570.00", "6,570"),
        ("-912.9", "−913"),
        ("0.366", "0.366"),
        (4.104, "4.1"),
        ("", "–"),
        (None, "–"),
        ("unknown", "unknown"),
        ("inf", "–"),
    ],
)
def test_amounts_are_printed_as_far_as_they_tell(value, text):
    assert amount(value) == text
