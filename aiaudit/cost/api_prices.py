"""Prices of language-model interfaces from genai-prices: offline, by day. Imported only where a model is looked up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, Final

from aiaudit import lazy
from aiaudit.capacity.tables import table
from aiaudit.cost.money import ZERO
from aiaudit.cost.price import ApiPrice, Rates, Tiers

_NOT_TEXT: Final = lazy.regex(
    r"embed|image|audio|realtime|tts|transcri|search|guard|moderat|vision|live|rerank|computer|codex|-oss"
)
_FIELDS: Final = {
    "input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cache_read", "cache_write_mtok": "cache_write",
}  # fmt: skip


def lookup(provider: str, model: str, as_of: dt.date) -> ApiPrice | None:
    """The prices of a model on a day; None where the package is not installed or does not know the model."""
    found = _find(provider, model)
    return _priced(*found, as_of) if found else None


def cheaper(provider: str, price: ApiPrice, as_of: dt.date, factor: Decimal) -> ApiPrice | None:
    """The dearest current text model of the same provider that costs at most `factor` of this one, in and out."""
    found = _find(provider, price.model)
    if found is None:
        return None
    limit = price.tiers[0][1]
    fitting = [
        one
        for one in _models(found[0], as_of)
        if one.tiers[0][1].input <= limit.input * factor and ZERO < one.tiers[0][1].output <= limit.output * factor
    ]
    return max(fitting, key=lambda one: (one.tiers[0][1].output, one.tiers[0][1].input, one.model), default=None)


def snapshot() -> tuple[str, dt.date | None]:
    """The package's version, and the last day on which its prices are known to have been looked at."""
    import genai_prices

    version = str(genai_prices.__version__)
    day = table("prices")["api_snapshots"].get(version)
    return version, day if isinstance(day, dt.date) else None


@cache
def _find(provider: str, model: str) -> tuple[Any, Any] | None:
    try:
        from genai_prices import data_snapshot
    except ImportError:
        return None
    try:
        known: Any = data_snapshot.get_snapshot()
        found = known.find_provider_model(model, None, provider or None, None)
    except LookupError:
        return None
    return found[0], found[1]


def _models(provider: Any, as_of: dt.date) -> Iterator[ApiPrice]:
    for model in provider.models:
        if model.deprecated or _NOT_TEXT.search(model.id) or "etired" in str(model.description or ""):
            continue
        price = _priced(provider, model, as_of)
        if price is not None:
            yield price


def _priced(provider: Any, model: Any, as_of: dt.date) -> ApiPrice | None:
    moment = dt.datetime.combine(as_of, dt.time(12), dt.UTC)
    whole = model.get_prices(moment)
    tiers = _tiers(whole)
    if tiers is None:
        return None
    batch = model.get_prices(moment, {"processing": "batch"})
    version, day = snapshot()
    return ApiPrice(
        model.id,
        provider.id,
        tiers,
        None if batch is whole or batch == whole else _tiers(batch),
        f"genai-prices {version}, {(provider.pricing_urls or [''])[0]}".rstrip(", "),
        min(day, as_of) if day else None,
    )


def _tiers(prices: Any) -> Tiers | None:
    if prices.input_mtok is None or prices.output_mtok is None:
        return None
    fields = {name: getattr(prices, key) for key, name in _FIELDS.items()}
    starts = {0} | {tier.start for value in fields.values() for tier in getattr(value, "tiers", ())}
    return tuple((start, Rates(**{n: _at(v, start) for n, v in fields.items()})) for start in sorted(starts))


def _at(value: Any, start: int) -> Any:
    """A price from a prompt length on."""
    if value is None or isinstance(value, Decimal):
        return value
    reached = [tier.price for tier in value.tiers if tier.start <= start]
    return reached[-1] if reached else value.base
