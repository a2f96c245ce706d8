"""`--prices FILE`: prices of one's own (YAML), LiteLLM's JSON or SkyPilot's CSV, told apart by what is in them.

The file is the caller's, not the audited project's; it is read as carefully all the same.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from aiaudit import lazy
from aiaudit.cost.money import decimal
from aiaudit.cost.price import ApiPrice, Price, Rates
from aiaudit.cost.prices import PriceBook, gpu_key

MOST_BYTES: Final = 64 * 1024 * 1024
_MILLION: Final = Decimal(1_000_000)
_ABOVE: Final = lazy.regex(r"input_cost_per_token_above_(\d+)k_tokens")


class BadPrices(ValueError):  # noqa: N818
    """A price file that cannot be used. The text names the place."""


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Money = Annotated[Decimal, Field(ge=0, max_digits=20)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Dated(_Part):
    source: str = ""
    date: dt.date | None = None


class PricePart(_Dated):
    price: Money
    low: Money | None = None
    high: Money | None = None


class GpuPart(_Dated):
    price: Money | None = None
    spot: Money | None = None
    commit: Money | None = None
    low: Money | None = None
    high: Money | None = None


class RatesPart(_Part):
    """A million tokens."""

    input: Money
    output: Money
    cache_read: Money | None = None
    cache_write: Money | None = None


class TierPart(RatesPart):
    above: int = Field(gt=0, description="Prompts longer than this pay these rates for all their tokens.")


class ApiPart(RatesPart, _Dated):
    tiers: list[TierPart] = Field(default=[])
    batch: RatesPart | None = None


class PriceFile(_Part):
    """The YAML form. `source` and `date` hold for every entry that has none of its own."""

    schema_: int = Field(1, alias="schema", ge=1, le=1)
    currency: Currency = "USD"
    source: str = ""
    date: dt.date | None = None
    exchange: dict[Currency, Money] = Field(default={})
    gpu_hours: dict[str, GpuPart | Money] = Field(default={})
    api: dict[str, ApiPart] = Field(default={})
    storage_gb_month: PricePart | None = None
    egress_gb: PricePart | None = None


def load_prices(path: Path) -> PriceBook:
    """The prices of a file, before those that ship. Raises `BadPrices`."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadPrices(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    if len(data) > MOST_BYTES:
        raise BadPrices(f"{path}: larger than 64 MiB")
    try:
        if path.suffix.lower() == ".csv":
            return _skypilot(data.decode("utf-8-sig", "replace"), path.name)
        if path.suffix.lower() == ".json":
            return _litellm(data, path.name)
        return _own(data, path.name)
    except (BadPrices, csv.Error) as error:
        raise BadPrices(f"{path}: {error}") from None


@lru_cache(maxsize=1)
def price_book(path: str) -> PriceBook:
    """The same, read once a run."""
    return load_prices(Path(path))


def _own(data: bytes, name: str) -> PriceBook:
    from aiaudit.project.parse import Malformed, parse_yaml

    try:
        part = PriceFile.model_validate(parse_yaml(data) or {})
    except Malformed as error:
        raise BadPrices(str(error)) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadPrices(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    def price(amount: Decimal, one: _Dated, low: Decimal | None = None, high: Decimal | None = None) -> Price:
        return Price(amount, one.source or part.source or name, one.date or part.date, False, low, high)

    gpus: dict[str, dict[str, Price]] = {}
    for gpu, row in part.gpu_hours.items():
        held = row if isinstance(row, GpuPart) else GpuPart(price=row)
        ways = {"on-demand": held.price, "spot": held.spot, "commit": held.commit}
        gpus[gpu_key(gpu)] = {
            way: price(amount, held, *((held.low, held.high) if way == "on-demand" else (None, None)))
            for way, amount in ways.items()
            if amount is not None
        }
    api = {}
    for model, entry in part.api.items():
        tiers = ((0, _rates(entry)), *((t.above, _rates(t)) for t in sorted(entry.tiers, key=lambda t: t.above)))
        batch = ((0, _rates(entry.batch)),) if entry.batch else None
        dated = price(Decimal(0), entry)
        api[model.lower()] = ApiPrice(model, "", tiers, batch, dated.source, dated.date)
    store, out = part.storage_gb_month, part.egress_gb
    return PriceBook(
        part.currency,
        gpus,
        api,
        price(store.price, store, store.low, store.high) if store else None,
        price(out.price, out, out.low, out.high) if out else None,
        part.exchange,
    )


def _rates(part: RatesPart) -> Rates:
    return Rates(part.input, part.output, part.cache_read, part.cache_write)


def _litellm(data: bytes, name: str) -> PriceBook:
    """LiteLLM's `model_prices_and_context_window.json`: dollars a token. It bears no date of its own."""
    try:
        rows = json.loads(data, parse_float=Decimal, parse_constant=lambda text: None)
    except (ValueError, RecursionError):
        raise BadPrices("not JSON") from None
    if not isinstance(rows, Mapping):
        raise BadPrices("not a table of models")
    api = {}
    for model, row in rows.items():
        if isinstance(row, Mapping) and (price := _litellm_row(str(model), row, name)) is not None:
            api[str(model).lower()] = price
    if not api:
        raise BadPrices("no model with input_cost_per_token and output_cost_per_token in it")
    return PriceBook(api=api)


def _litellm_row(model: str, row: Mapping[str, Any], name: str) -> ApiPrice | None:
    def rates(suffix: str = "", base: Rates | None = None) -> Rates | None:
        found = [
            _per_million(row.get(f"{key}{suffix}"))
            for key in (
                "input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost",
                "cache_creation_input_token_cost",
            )
        ]  # fmt: skip
        if base is not None:
            found = [
                new if new is not None else old
                for new, old in zip(found, (base.input, base.output, base.cache_read, base.cache_write), strict=True)
            ]
        if found[0] is None or found[1] is None:
            return None
        return Rates(found[0], found[1], found[2], found[3])

    base = rates()
    if base is None:
        return None
    above = sorted(int(found[1]) for key in row if (found := _ABOVE.fullmatch(str(key))))
    tiers = [(0, base)]
    for start in above:
        if (tier := rates(f"_above_{start}k_tokens", base)) is not None:
            tiers.append((start * 1000, tier))
    in_batch = _per_million(row.get("input_cost_per_token_batches"))
    out_batch = _per_million(row.get("output_cost_per_token_batches"))
    batch = ((0, Rates(in_batch, out_batch)),) if in_batch is not None and out_batch is not None else None
    return ApiPrice(model, str(row.get("litellm_provider", "")), tuple(tiers), batch, f"LiteLLM, {name}", None)


def _per_million(value: Any) -> Decimal | None:
    """Dollars a million tokens; None for what is no price."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    amount = decimal(value)
    return amount * _MILLION if amount.is_finite() and 0 <= amount < 1 else None


def _skypilot(text: str, name: str) -> PriceBook:
    """SkyPilot's catalogue of one cloud. Of a row only name, count and prices are taken: its memory sizes are wrong for
    some clouds. An instance with several GPUs is divided by them; the cheapest region counts."""
    rows = csv.DictReader(io.StringIO(text))
    wanted = {"AcceleratorName", "AcceleratorCount", "Price"}
    if not wanted <= set(rows.fieldnames or ()):
        raise BadPrices(f"not SkyPilot's catalogue: it lacks {', '.join(sorted(wanted - set(rows.fieldnames or ())))}")
    gpus: dict[str, dict[str, Price]] = {}
    for row in rows:
        count = _number(row.get("AcceleratorCount"))
        gpu = (row.get("AcceleratorName") or "").strip()
        if not gpu or not count or count <= 0:
            continue
        held = gpus.setdefault(gpu_key(gpu), {})
        for way, column in (("on-demand", "Price"), ("spot", "SpotPrice")):
            amount = _number(row.get(column))
            if amount is None or amount <= 0:
                continue
            each = amount / count
            if way not in held or each < held[way].amount:
                held[way] = Price(each, f"SkyPilot catalogue, {name}", None)
    if not gpus:
        raise BadPrices("no accelerator with a price in it")
    return PriceBook(gpus=gpus)


def _number(text: str | None) -> Decimal | None:
    try:
        value = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
