"""The capacity section of the reports: from a plan, and from nothing."""

from __future__ import annotations

import copy
import json

import pytest

from aiaudit.capacity.plan import plan
from aiaudit.capacity.report import to_json
from aiaudit.cost.report import to_json as cost_json
from aiaudit.reports import charts_cost, html, markdown, schema, words
from aiaudit.reports.charts_capacity import memory_bar
from aiaudit.reports.record import Record
from tests.capacity.support import on, planned
from tests.cost.helpers import cost
from tests.cost.test_machines import small
from tests.reports import make_result as made
from tests.reports.page import Page


def with_plan(plan) -> dict:
    result = copy.deepcopy(made.make_result())
    result["capacity"] = to_json(plan)
    return result


CLASSICAL = """
workload:
  model: {kind: classical, file_mb: 3}
  serving: {engine: onnxruntime, replicas: 2, load_test: {file: load.json, replicas: 1}}
  hardware: {target: {cpu: 1, memory_mb: 512}}
  traffic: {requests_per_second: {mean: 2, peak: 12}}
"""


def test_a_machine_without_a_gpu_and_its_load_test(tmp_path):
    summary = {"metrics": {"http_reqs": {"count": 1200, "rate": 20}, "http_req_duration": {"p(95)": 210}}}
    (tmp_path / "load.json").write_text(json.dumps(summary))
    text = html.render(with_plan(planned(CLASSICAL, tmp_path)))
    section = text[text.index('id="capacity"') : text.index("</section>", text.index('id="capacity"'))]
    assert "Memory of each replica" in section
    assert "GPU" not in section
    assert "At least 40 requests a second, as a load test shows (k6, no date, load.json)" in section
    assert "an answer took 210 ms" in section


def test_a_bill_that_is_unknown_at_ten_times_says_why():
    part = small()
    result = with_plan(plan(part, None, search=False))
    result["cost"] = cost_json(cost(part))
    for text in (html.render(result), markdown.render(result).replace("\\", "")):
        assert "At ten times the load it is unknown: the throughput of one replica is not known" in text or (
            "at ten times the load unknown: the throughput of one replica is not known" in text
        )


PLANS = {
    "fits": on,
    "too slow": lambda: on("L40S", rate="900"),
    "too large": lambda: on("H100", "llama-3.1-70b"),
    "unknown": lambda: planned("workload: {model: {source: no-such-model}}"),
}


@pytest.mark.parametrize("name", PLANS)
def test_the_section_is_well_formed_and_says_the_verdict(name):
    result = with_plan(PLANS[name]())
    schema.check(result)
    text = html.render(result)
    page = Page.of(text)
    assert any(attrs["id"] == "capacity" for attrs in page.all("section"))
    assert len(page.ids) == len(set(page.ids))
    assert ("Memory of each GPU" in text) == (name != "unknown")
    assert "### Capacity" in markdown.render(result)


def test_every_assumption_is_in_both_reports():
    made_plan = on()
    result = with_plan(made_plan)
    for text in (html.render(result), markdown.render(result).replace("\\", "")):
        for line in made_plan.assumptions:
            assert line.split(":")[0] in text


def test_without_a_workload_there_is_no_section():
    result = made.make_result()
    assert 'id="capacity"' not in html.render(result)
    assert "### Capacity" not in markdown.render(result)


def test_the_bar_says_its_figures_and_marks_the_limit():
    bar = str(memory_bar(Record(to_json(on())["memory"])))
    assert "weights 15.0 GiB" in bar
    assert "71.3 GiB usable" in bar
    assert "<script" not in str(
        memory_bar(Record({"terms": [{"name": "<script>", "expected": 5}], "visible": 9, "usable": 8}))
    )


@pytest.mark.parametrize(
    ("verdict", "months", "said"),
    [("yes", 7.2, "holds the model and carries the load, for about 7 months of growth"), ("tight", None, "with little room"), ("no", 3.0, "does not hold"),
     ("unknown", None, "cannot be told"), ("yes", 0.0, "but does not carry the load")],
)  # fmt: skip
def test_headings(verdict, months, said):
    assert said in words.capacity_heading(verdict, months)


def test_both_answers_are_in_the_heading_the_lead_and_the_markdown():
    result = with_plan(on("L40S", rate="{mean: 1, peak: 5}"))
    for text in (html.render(result), markdown.render(result)):
        assert "The declared hardware holds the model, but does not carry the load" in text
        assert "Carries the load: no, the peak of 5/s is 122 % of 4.1/s; it needs 2 replicas." in text


def test_a_change_shows_its_price():
    found = {
        "text": "2 replicas",
        "gpus": 2,
        "gpu": "L40S",
        "monthly": 2628.0,
        "monthly_now": 1314.0,
        "currency": "USD",
    }
    assert words.change(Record(found)) == "2 replicas (2 × L40S): USD 2,628 a month, now 1,314"
    assert words.change(Record({**found, "illustrative": True})).endswith(", at an illustrative price")
    assert words.change(Record({**found, "monthly": None})) == "2 replicas (2 × L40S)"


def test_one_day_of_prices_is_told_and_units_are_words():
    lines = [{"date": "2026-11-24"}, {"date": "2026-11-24"}, {"date": None}]
    assert words.price_days(Record({"lines": lines})).replace("\xa0", " ") == "24 Nov 2026"
    lines.append({"date": "2026-09-01"})
    assert words.price_days(Record({"lines": lines})).replace("\xa0", " ") == "1 Sep 2026 to 24 Nov 2026"
    assert words.unit_cost("0.706", "million tokens") == "0.71 for a million tokens"
    assert words.unit_cost("0.00041", "1,000 requests") == "0.00041 for 1,000 requests"


def test_the_budget_is_named_above_the_plot():
    months = [{"month": n, "p10": "1000", "p50": "1200", "p90": "1500"} for n in (1, 2)]
    chart = str(charts_cost.projection(Record({"months": months, "budget": {"monthly": "1500"}, "currency": "USD"})))
    label = chart[: chart.index(">budget 1,500<")].rpartition("<text")[2]
    assert 'y="12"' in label and 'x="20"' in label


def test_a_training_run_and_a_search_in_vain_are_told():
    found = on("RTX 4090", rate="0.1", more="  training: [{method: full}]")
    assert "; a training run does not fit" in markdown.render(with_plan(found))
    none = on("L4", "llama-3.1-405b", rate="{mean: 50, peak: 500}", more="  slo: {ttft_ms_p95: 1}")
    for text in (html.render(with_plan(none)), markdown.render(with_plan(none))):
        assert "None of the changes that were tried is enough" in text
