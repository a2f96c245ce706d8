"""Bills of clouds, read by DuckDB: what they sum to, and when a sum is not to be believed."""

from __future__ import annotations

import datetime as dt
import gzip

import pytest

from aiaudit.cost.bills import BadBill, form_of, months_of, parts_of
from aiaudit.probes.cost.reviews import ReviewsProbe, ReviewsQuery
from tests.probes.support import context

duckdb = pytest.importorskip("duckdb")
APRIL = [dt.date(2026, 4, 1) + dt.timedelta(n) for n in range(30)]
HEADERS = {
    "FOCUS": "BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ChargePeriodEnd,BillingAccountId,Tags",
    "AWS": "bill/PayerAccountId,bill/BillingPeriodStartDate,lineItem/UsageStartDate,lineItem/UsageEndDate,"
    "lineItem/UnblendedCost,lineItem/CurrencyCode",
    "AWS 2": "bill_payer_account_id,bill_billing_period_start_date,line_item_usage_start_date,"
    "line_item_usage_end_date,line_item_unblended_cost,line_item_currency_code",
    "Google Cloud": "billing_account_id,usage_start_time,usage_end_time,cost,currency,invoice.month,credits",
    "Azure": "SubscriptionId,Date,CostInBillingCurrency,BillingCurrencyCode",
}


def row(form: str, day: dt.date) -> str:
    after = day + dt.timedelta(1)
    return {
        "FOCUS": f'2.5,EUR,2026-04-01T00:00:00Z,{day}T00:00:00Z,{after}T00:00:00Z,a,"{{""team"": ""a, b""}}"',
        "AWS": f"1,2026-04-01T00:00:00Z,{day}T00:00:00Z,{after}T00:00:00Z,2.5,EUR",
        "Google Cloud": f'1,{day} 07:00:00 UTC,{day} 08:00:00 UTC,3,EUR,202604,"[{{""amount"": -0.5}}]"',
        "Azure": f"s,{day:%m/%d/%Y},2.5,EUR",
    }[form.removesuffix(" 2")]


def bill(form: str, days=APRIL) -> str:
    return "\n".join([HEADERS[form], *(row(form, day) for day in days)]) + "\n"


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as made:
        yield made


def read(connection, folder, **files: str):
    parts = []
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text)
        found = form_of(text.split("\n")[0])
        assert found is not None
        parts += parts_of(connection, str(path), path.name, *found)
    return months_of(parts)


@pytest.mark.parametrize("form", HEADERS)
def test_a_month_of_each_form(connection, tmp_path, form):
    (month,) = read(connection, tmp_path, bill=bill(form))
    assert (month.month, month.currency, month.amount, month.problem) == ("2026-04", "EUR", 75.0, "")
    assert month.form == form.removesuffix(" 2")


def test_a_header_that_is_no_bill():
    assert form_of("period,forecast,actual,action") is None
    assert form_of("date,cost") is None


@pytest.mark.parametrize("days", [APRIL[:20], APRIL[3:]])
def test_a_part_of_a_month_is_no_month(connection, tmp_path, days):
    (month,) = read(connection, tmp_path, bill=bill("FOCUS", days))
    assert "not the whole month" in month.problem


def test_a_fee_over_the_month_does_not_make_an_early_export_whole(connection, tmp_path):
    fee = "1,2026-04-01T00:00:00Z,2026-04-01T00:00:00Z,2026-05-01T00:00:00Z,100,EUR\n"
    (month,) = read(connection, tmp_path, bill=bill("AWS", APRIL[:5]) + fee)
    assert "not the whole month" in month.problem


def test_rows_of_whole_months_are_whole(connection, tmp_path):
    text = HEADERS["FOCUS"] + "\n75,EUR,2026-04-01T00:00:00Z,2026-04-01T00:00:00Z,2026-05-01T00:00:00Z,a,\n"
    (month,) = read(connection, tmp_path, bill=text)
    assert (month.amount, month.problem) == (75.0, "")


def test_parts_of_a_month_are_added_and_overlaps_are_not(connection, tmp_path):
    (whole,) = read(connection, tmp_path, a=bill("AWS", APRIL[:15]), b=bill("AWS", APRIL[15:]))
    assert (whole.amount, whole.problem) == (75.0, "")
    (twice,) = read(connection, tmp_path, a=bill("AWS"), b=bill("AWS"))
    assert "cover the same days of one account" in twice.problem


def test_google_without_credits_is_not_what_is_paid(connection, tmp_path):
    lines = [line.rsplit(",", 1)[0].split(',"', 1)[0] for line in bill("Google Cloud").splitlines()]
    (month,) = read(connection, tmp_path, bill="\n".join(lines) + "\n")
    assert "credits" in month.problem


def test_amounts_that_are_none_are_not_passed_over(connection, tmp_path):
    with pytest.raises(BadBill, match="1 of 30 rows"):
        read(connection, tmp_path, bill=bill("Azure").replace(",2.5,", ",n/a,", 1))


def test_a_table_beside_its_bill(tmp_path):
    """One file is packed, and one would crash a careless reader; they are read in processes of their own."""
    files = {
        "docs/cost-review.md": "| Month | Forecast (EUR) | Actual | Action |\n|--|--|--|--|\n"
        "| 2026-04 | 100 | 74 | cache switched on |\n| 2026-03 | 100 | 90 | - |\n",
        "finops/focus.csv.gz": gzip.compress(bill("FOCUS").encode()),
        "finops/broken.csv": HEADERS["Azure"] + "\n" + '"' * 9 + "\n",
    }
    fact = ReviewsProbe().answer("r", ReviewsQuery(), context(tmp_path, files))
    april, march = fact.value
    assert (april["source"], april["billed"], april["gap"], april["bill"]) == (
        "table", 75.0, -0.0133, "finops/focus.csv.gz",
    )  # fmt: skip
    assert (march["actual"], march["billed"]) == (90.0, 0.0)
    assert any("broken.csv" in one for one in fact.scope.unread)


def test_a_forecast_in_another_currency_is_not_compared(tmp_path):
    files = {"cost.csv": "period,forecast\n2026-04,100 USD\n", "finops/focus.csv": bill("FOCUS")}
    assert ReviewsProbe().answer("r", ReviewsQuery(), context(tmp_path, files)).value == []
