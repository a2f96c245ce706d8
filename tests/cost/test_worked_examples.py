"""Published worked examples, to the cent; where the publication is wrong, its error is asserted as one."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from aiaudit.cost.api_prices import lookup
from aiaudit.cost.bill import Line
from aiaudit.cost.diff import diff
from aiaudit.cost.money import cents
from aiaudit.cost.price import ApiPrice, Price, Rates
from tests.cost.helpers import DAY, api, cost
from tests.cost.one_call import call_cost, usage

ROWS = {row["id"]: row for row in csv.DictReader((Path(__file__).parent / "worked_examples.csv").open())}
DEEPSEEK = (435_033_856, 767_616, 179_763)


def known(provider: str, model: str, day: dt.date = DAY) -> ApiPrice:
    price = lookup(provider, model, day)
    assert price is not None
    return price


def flat(*rates: str) -> ApiPrice:
    return ApiPrice("m", "p", ((0, Rates(*map(Decimal, rates))),), None, "example", DAY)


def hours(quantity: str, each: str) -> Decimal:
    return Line("serving", "x", Decimal(quantity), "hours", Price(Decimal(each), "example", DAY), "fixed").amount


def deepseek(hit: str, miss: str, out: str, *, cached: bool = True) -> Decimal:
    read, rest, answer = DEEPSEEK
    return call_cost(flat(miss, out, hit), usage("deepseek", read + rest, answer, read if cached else 0))


def c16() -> Decimal:
    """The difference of the two totals, as the table for a pull request has it."""
    base, new = (
        {"currency": "USD", "monthly": total, "lines": [{"key": "storage", "text": "gp2", "amount": total}]}
        for total in ("1444", "1537")
    )
    table = diff(base, new)
    assert "increase by USD 93.00 (+6%)" in table
    return Decimal(table.splitlines()[4].split("|")[4].strip())


def services(*parts: tuple[str, str]) -> Decimal:
    """Services of a month as the whole model counts them: millions of dimensions at a price."""
    named = [
        {"name": f"part {number}", "kind": "vector-database", "quantity": float(quantity), "unit": "million dimensions",
         "unit_price": float(price), "price_date": DAY}
        for number, (quantity, price) in enumerate(parts)
    ]  # fmt: skip
    return sum((one.amount for one in cost(api(services=named)).bill.lines if one.key == "vector-database"), Decimal())


TIER = ApiPrice(
    "bedrock/claude-3-5-sonnet", "bedrock",
    ((0, Rates(Decimal(3), Decimal(15))), (200_000, Rates(Decimal(6), Decimal(30)))), None, "example", DAY,
)  # fmt: skip
COUNTED: dict[str, Callable[[], Decimal]] = {
    "C1": lambda: call_cost(known("anthropic", "claude-opus-5"), usage("anthropic", 50_000, 15_000)) + Decimal("0.08"),
    "C2": lambda: (
        call_cost(known("anthropic", "claude-opus-5"), usage("anthropic", 10_000, 15_000, 40_000)) + Decimal("0.08")
    ),
    "C4": lambda: hours("730", "0.067"),
    "C6": lambda: hours("0.75", "0.5") + hours("0.75", "0.5"),
    "C8": lambda: call_cost(known("openai", "gpt-4o"), usage("openai", 2006, 300, 1920)),
    "C9": lambda: call_cost(TIER, usage("bedrock", 250_000, 1000)),
    "C13": lambda: hours("1460", "1.41"),
    "C15": lambda: hours("730", "37.69"),
    "C16": c16,
    "O1": lambda: deepseek("0.028", "0.139", "0.278"),
    "O2": lambda: deepseek("0.028", "0.139", "0.278", cached=False),
    "O3": lambda: deepseek("0.139", "1.667", "3.333"),
    "O4": lambda: hours("720", "0.29"),
    "O5": lambda: call_cost(known("google", "gemini-2.5-pro"), usage("google", 250_000, 1000)),
    "O6": lambda: 10_000 * call_cost(known("anthropic", "claude-opus-5-5"), usage("anthropic", 5000, 800), batch=True),
    "P1": lambda: hours("3600", "0.000217") + hours("7200", "0.000217"),
    "P2": lambda: hours("0.5", "2.31") + hours("500", "0.00013"),
    "P3": lambda: services(("30.72", "0.04")),
    "P4": lambda: services(("30.72", "0.01"), ("7.68", "0.0005")),
    "P5": lambda: hours("320", "0.000416667"),
}
# what the page took by mistake
MISTAKES: dict[str, Callable[[], Decimal]] = {
    "C4": lambda: hours("730", "0.064"),
    "P2": lambda: hours("0.5", "2.31") + Decimal("0.0015"),
}


def test_every_row_is_counted_by_a_rule_of_its_own():
    assert set(COUNTED) == set(ROWS)
    assert set(MISTAKES) == {name for name, row in ROWS.items() if row["verdict"] == "error"}
    assert len({row["source"] for name, row in ROWS.items() if name.startswith("P")}) == 5


@pytest.mark.parametrize("name", ROWS)
def test_every_row_to_the_cent(name):
    row = ROWS[name]
    counted, correct, published = COUNTED[name](), Decimal(row["correct"]), Decimal(row["published"])
    assert cents(counted) == cents(correct)
    if abs(correct) < 1:  # of less than a unit all digits are compared
        assert counted == correct
    if row["verdict"] == "error":
        assert cents(published) != cents(counted)
        assert cents(MISTAKES[name]()) == cents(published)
    elif row["verdict"] == "rounded":  # the page's figure has fewer digits
        assert counted != published
        digit = Decimal(1).scaleb(int(published.as_tuple().exponent))
        assert abs(counted - published) <= max(digit / 2, published / 1000)
    else:
        assert cents(published) == cents(counted)


def test_the_same_call_in_both_ways_of_counting_costs_the_same():
    price = flat("3", "15", "0.3", "3.75")
    outside = usage("anthropic", 1000, 500, cache_read=8000, cache_write=1000)
    inside = usage("openai", 10_000, 500, cache_read=8000, cache_write=1000)
    assert outside == inside
    assert call_cost(price, inside) == Decimal("0.003") + Decimal("0.0024") + Decimal("0.00375") + Decimal("0.0075")


def test_more_cached_than_there_is_cannot_be():
    with pytest.raises(ValueError, match="cannot lie inside"):
        usage("openai", 100, 10, cache_read=200)


def test_a_tier_holds_for_the_whole_prompt_cached_tokens_included():
    used = usage("bedrock", 250_000, 1000, cache_read=200_000)
    assert TIER.at(used.prompt).input == 6
    assert TIER.at(200_000).input == 3


def test_prices_of_the_day_hold():
    old, new = known("anthropic", "claude-sonnet-4-6", dt.date(2026, 3, 1)), known("anthropic", "claude-sonnet-4-6")
    assert old.thresholds == (200_000,)
    assert new.thresholds == ()
