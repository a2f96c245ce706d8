"""From a declared workload and a price book to `Inputs`. What is not known becomes a `Missing`, never a guess; what is
taken from a default or from the illustrative table is listed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity.demand import NoLoad, batch_load, demand_of
from aiaudit.capacity.tables import UnknownName, gpu_named, table
from aiaudit.cost.assumptions import CostAssumptions
from aiaudit.cost.beside import positions_of, storage_of, training_of
from aiaudit.cost.draft import Draft
from aiaudit.cost.inputs import Api, Budget, Energy, Hosting, Inputs, Load, Uncertainty
from aiaudit.cost.money import decimal
from aiaudit.cost.price import Price
from aiaudit.cost.prices import PriceBook
from aiaudit.cost.replicas import hosting_of
from aiaudit.project.workload import PercentilesPart, TokensPart, WorkloadPart

if TYPE_CHECKING:
    from aiaudit.capacity.plan import Plan

MOST_MONTHS: Final = 36


class NoCost(Exception):  # noqa: N818
    """Nothing can be counted. The text says what to add."""


class BudgetGiven(Struct, frozen=True):
    """The budget of the project file, beside the workload's own."""

    monthly: float | None = None
    total: float | None = None
    currency: str = ""
    gate: str = ""


def inputs_of(
    part: WorkloadPart,
    plan: Plan | None,
    book: PriceBook,
    as_of: dt.date,
    budget: BudgetGiven | None = None,
    months: int | None = None,
    why: str = "",
) -> Inputs:
    """The workload, ready to be counted. `plan`: its capacity, where it is planned. Raises `NoCost`.

    `months`: the horizon, instead of the declared one; `why`: for what reason, where nobody asked for it.
    """
    draft = Draft(part, plan, book, as_of)
    load = _load(draft)
    growth = load.growth
    if months is not None:
        growth = replace(growth, horizon=months)
        load = replace(load, growth=growth)
        draft.assumed.used.pop("growth.horizon_months", None)
        if why:
            draft.assumed.note("growth.horizon_months", months, why)
    called = part.serving.engine == "api" or (not part.serving.engine and bool(part.api.model))
    api = _api(draft, load, wanted=called)
    hosting = hosting_of(draft, load, wanted=not called)
    return Inputs(
        name=part.name or part.api.model or "workload",
        currency=book.currency,
        as_of=as_of,
        load=load,
        months=min(MOST_MONTHS, max(1, growth.horizon)),
        uncertainty=Uncertainty(
            draft.assumed.number("uncertainty.load", part.uncertainty.load),
            draft.assumed.number("uncertainty.tokens", part.uncertainty.tokens) if load.prompt else 0.0,
        ),
        api=api if called else None,
        hosting=None if called else hosting,
        other_api=None if called else api,
        other_hosting=hosting if called else None,
        training=tuple(training_of(draft)),
        storage=storage_of(draft),
        positions=tuple(positions_of(draft)),
        energy=None if called or hosting is None else _energy(draft, hosting),
        budget=_budget(draft, budget or BudgetGiven()),
        missing=tuple(draft.missing),
        assumptions=_assumptions(draft, called=called, both=api is not None and hosting is not None),
    )


def _assumptions(draft: Draft, *, called: bool, both: bool) -> tuple[str, ...]:
    """Those of the cost, and those of the capacity where the replicas rest on it. `both`: the way that is not taken is
    counted too, for the break-even, which then rests on its defaults."""
    taken = draft.assumed.used
    planned = draft.plan.assumptions if draft.plan and draft.part.hardware.tokens_per_second is None else ()
    planned = tuple(text for text in planned if text.partition(":")[0] not in (*taken, "growth.horizon_months"))
    other = [one.text for key, one in draft.other.used.items() if both and key not in taken]
    if called:
        other += planned if both else ()
        planned = ()
    return tuple(dict.fromkeys((*draft.assumed.texts, *planned, *(f"break-even: {text}" for text in other))))


def _load(draft: Draft) -> Load:
    """The load; without tokens where the workload has none (a model that is not of language)."""
    part, traffic = draft.part, draft.part.traffic
    rate = traffic.requests_per_second
    if (rate is None or (rate.mean is None and rate.peak is None)) and batch_load(part.batch) is None:
        raise NoCost("the load is unknown: add workload.traffic.requests_per_second.mean")
    tokens = traffic.tokens
    known = bool(tokens and tokens.input and tokens.input.p50 and tokens.output and tokens.output.p50)
    if not known:
        one = PercentilesPart(p50=1.0, p95=1.0)
        part = part.model_copy(
            update={"traffic": traffic.model_copy(update={"tokens": TokensPart(input=one, output=one)})}
        )
    held = CostAssumptions()
    try:
        demand = demand_of(part, held)
    except NoLoad as error:
        raise NoCost(f"the load is unknown: {error}") from None
    for key, one_used in held.used.items():  # those on which the bill does not rest are left out
        if key not in ("traffic.concurrency.p99", "traffic.prefix_cache_hit"):
            draft.assumed.used.setdefault(key, one_used)
    prompt, answer = (demand.prompt, demand.answer) if known else (None, None)
    return Load(demand.mean, demand.peak, demand.hours, prompt, answer, demand.growth, traffic.users)


def _api(draft: Draft, load: Load, *, wanted: bool) -> Api | None:
    """The interface, where one is declared. `wanted`: it is what serves, so that what lacks is missing."""
    part, assumed = draft.part.api, draft.assumed
    if not part.model:
        if wanted:
            draft.lacks("api", "model interface", "workload.api.provider and .model")
        return None
    if load.prompt is None:
        if wanted:
            draft.lacks("api", part.model, "workload.traffic.tokens.input.p50 and .output.p50")
        return None
    price = draft.book.api_price(part.provider, part.model, draft.as_of)
    if price is None:
        if wanted:
            draft.lacks("api", part.model, "its prices with --prices FILE, or a model that genai-prices knows")
        return None
    if not wanted:
        assumed = draft.other
    batch = assumed.number("api.batch_share", part.batch_share)
    if batch and price.batch is None:
        assumed.note("api.batch_price", "none", f"no batch price of {price.model} is known: the full one is counted")
    tool_price = None
    uses = part.tool_uses_per_request or 0.0
    if uses and part.price_tool_use is None:
        draft.lacks("api", "tool uses", "workload.api.price_tool_use")
    elif uses and part.price_tool_use is not None:
        tool_price = Price(decimal(part.price_tool_use), "workload.api.price_tool_use", draft.part.reviewed)
    read = assumed.number("api.cache_read_share", part.cache_read_share)
    write = assumed.number("api.cache_write_share", part.cache_write_share)
    if read + write > 1:
        raise NoCost(
            "workload.api: cache_read_share and cache_write_share are shares of one prompt: at most 1 together"
        )
    return Api(
        price=price,
        batch_share=batch,
        cache_read=read,
        cache_write=write,
        retry=assumed.number("api.retry_rate", part.retry_rate),
        calls=assumed.number("api.calls_per_request", part.calls_per_request),
        tool_tokens=assumed.number("api.tool_tokens", part.tool_tokens),
        tool_uses=uses,
        tool_price=tool_price,
    )


def _energy(draft: Draft, hosting: Hosting) -> Energy:
    """Power by the maker's board power; carbon by the country's grid."""
    part, data = draft.part.energy, table("energy")
    try:
        tdp = gpu_named(hosting.gpu).tdp
    except UnknownName:
        tdp = None
    if hosting.unit != "GPU hours":
        return Energy(None, 1.0, part.region, None, "", "the power of a machine without a GPU is not worked out")
    if tdp is None:
        return Energy(None, 1.0, part.region, None, "", f"the board power of {hosting.gpu} is not in the table")
    share = draft.assumed.number("energy.load_share", None)
    pue = draft.assumed.number("energy.pue", part.pue)
    grams = data["grams_per_kwh"].get(part.region.upper()) if part.region else None
    problem = "" if grams is not None else "carbon is unknown: add workload.energy.region (" + (
        ", ".join(sorted(data["grams_per_kwh"])) + ")")  # fmt: skip
    return Energy(tdp * share / 1000, pue, part.region, grams, data["source"], problem)


def _budget(draft: Draft, given: BudgetGiven) -> Budget:
    part = draft.part.budget
    declared = part.gate or given.gate
    if part.monthly_usd is not None or part.horizon_total_usd is not None:
        amounts, currency = (part.monthly_usd, part.horizon_total_usd), "USD"
    else:
        amounts, currency = (given.monthly, given.total), given.currency
    if amounts == (None, None):
        return Budget(None, None, declared or "p90")
    gate = str(draft.assumed.take("budget.gate", declared))
    rate = draft.book.in_currency(Decimal(1), currency)
    if not currency:
        return Budget(None, None, gate, "the budget names no currency: add budget.currency")
    if rate is None:
        why = (
            f"the budget is in {currency}, the prices in {draft.book.currency}: declare workload.budget.monthly_usd,"
            f" or give --prices with exchange.{currency}"
        )
        return Budget(None, None, gate, why)
    monthly, total = (None if amount is None else decimal(amount) * rate for amount in amounts)
    return Budget(monthly, total, gate)
