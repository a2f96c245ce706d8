"""`--prices`: own YAML, LiteLLM's JSON, SkyPilot's CSV."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aiaudit.cost.price_files import BadPrices, load_prices
from tests.cost.helpers import DAY, api, cost, own

OWN = """
schema: 1
currency: USD
source: contract 4711
date: 2026-11-01
exchange: {EUR: 0.86}
gpu_hours:
  L40S: {price: 1.10, commit: 0.80, spot: 0.50}
  A100: 2
api:
  our-model: {input: 1, output: 4, cache_read: 0.1, tiers: [{above: 200000, input: 2, output: 6}]}
storage_gb_month: {price: 0.02}
"""
LITELLM = """{"sample_spec": {"input_cost_per_token": "a text"},
 "m": {"input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "cache_read_input_token_cost": 3e-07,
  "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2.25e-05,
  "input_cost_per_token_batches": 1.5e-06, "output_cost_per_token_batches": 7.5e-06, "litellm_provider": "anthropic"},
 "bad": {"input_cost_per_token": NaN, "output_cost_per_token": 1}}"""
SKYPILOT = """InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,SpotPrice,Region,GpuInfo
a,L40S,4,48,384,4.00,2.00,r1,"{'SizeInMiB': 80}"
b,L40S,1,8,64,1.40,,r2,
c,,,8,64,0.2,,r2,
d,H100,8,8,64,nan,,r2,
"""


def write(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def test_own_prices_go_before_those_that_ship(tmp_path):
    book = load_prices(write(tmp_path, "prices.yaml", OWN))
    price = book.gpu_hour("L40S")
    assert price is not None
    assert (price.amount, price.source, str(price.date), price.illustrative) == (
        Decimal("1.10"), "contract 4711", "2026-11-01", False)  # fmt: skip
    commit = book.gpu_hour("NVIDIA L40S", "commit")
    assert commit is not None
    assert commit.amount == Decimal("0.80")
    assert book.gpu_hour("A100") == book.gpu_hour("a100-80gb")
    ours = book.api_price("", "our-model", DAY)
    assert ours is not None
    assert ours.at(250_000).output == 6
    found = cost(own(hardware={"price_per_hour": None}), book)
    assert found.bill.lines[0].price.amount == Decimal("1.10")
    assert not any("illustrative" in text for text in found.inputs.assumptions)
    assert cost(api(api={"provider": "", "model": "our-model"}), book).bill.total > 0


def test_prices_in_another_currency_are_not_mixed_with_dollars(tmp_path):
    book = load_prices(write(tmp_path, "p.yaml", OWN.replace("USD", "EUR").replace("exchange: {EUR: 0.86}", "")))
    assert book.gpu_hour("H100") is None
    assert book.api_price("openai", "gpt-4o", DAY) is None
    found = cost(own(hardware={"price_per_hour": None}), book)
    assert found.inputs.currency == "EUR"


@pytest.mark.parametrize(
    ("text", "place"),
    [("gpu_hours: {L40S: {price: -1}}", "gpu_hours"), ("gpus: {}", "gpus"), ("currency: dollars", "currency"),
     ("api: {m: {input: 1}}", "api.m.output"), ("gpu_hours: {L40S: {price: .nan}}", "gpu_hours"), ("a: [", "prices")],
)  # fmt: skip
def test_mistakes_are_named_with_their_place(tmp_path, text, place):
    with pytest.raises(BadPrices, match=place):
        load_prices(write(tmp_path, "prices.yaml", text))


def test_litellm(tmp_path):
    book = load_prices(write(tmp_path, "model_prices.json", LITELLM))
    price = book.api_price("", "m", DAY)
    assert price is not None
    assert price.date is None  # it bears none: a gate on it is unknown
    rates = price.at(1000)
    assert (rates.input, rates.output, rates.cache_read) == (3, 15, Decimal("0.3"))
    assert price.at(300_000).input == 6
    assert price.at(300_000).cache_read == Decimal("0.3")
    assert price.at(1000, batch=True).output == Decimal("7.5")
    assert set(book.api) == {"m"}


def test_skypilot_is_read_for_prices_alone(tmp_path):
    book = load_prices(write(tmp_path, "vms.csv", SKYPILOT))
    on_demand, spot = book.gpu_hour("L40S"), book.gpu_hour("L40S", "spot")
    assert on_demand is not None
    assert spot is not None
    assert (on_demand.amount, spot.amount) == (Decimal(1), Decimal("0.5"))
    assert set(book.gpus) == {"l40s", "h100-sxm5-80gb"}
    assert book.gpus["h100-sxm5-80gb"] == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "x,y\n1,2\n"),
        ("a.csv", SKYPILOT + "e,L40S,1,8,64," + "1" * 140_000),
        ("a.json", "[]"),
        ("a.json", "{"),
        ("a.json", "{}"),
    ],
)
def test_files_of_another_kind(tmp_path, name, text):
    with pytest.raises(BadPrices):
        load_prices(write(tmp_path, name, text))


def test_no_file(tmp_path):
    with pytest.raises(BadPrices, match="no such file"):
        load_prices(tmp_path / "none.yaml")
