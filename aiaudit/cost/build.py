"""From a declared workload and a price book to `Inputs`. What is not known becomes a `Missing`, never a guess; what is
taken from a default or from the illustrative table is listed."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit.capacity.demand import NoLoad, batch_load, demand_of
from aiaudit.capacity.fixes import Rents
from aiaudit.capacity.schedule import runs_a_month
from aiaudit.capacity.sizing import filled_at
from aiaudit.capacity.tables import UnknownName, gpu_named, table
from aiaudit.cost.assumptions import CostAssumptions
from aiaudit.cost.inputs import (
    Api,
    Budget,
    Energy,
    Hosting,
    Inputs,
    Load,
    Missing,
    Position,
    Rate,
    Storage,
    Training,
    Uncertainty,
)  # fmt: skip
from aiaudit.cost.money import decimal
from aiaudit.cost.prices import Price, PriceBook, Pricing, shipped_price
from aiaudit.project.workload import PercentilesPart, TargetPart, TokensPart, TrainingPart, WorkloadPart

if TYPE_CHECKING:
    from aiaudit.capacity.plan import Plan
    from aiaudit.capacity.setup import Setup

MOST_MONTHS: Final = 36


class NoCost(Exception):  # noqa: N818
    """Nothing can be counted. The text says what to add."""


class BudgetGiven(Struct, frozen=True):
    """The budget of the project file, beside the workload's own."""

    monthly: float | None = None
    total: float | None = None
    currency: str = ""
    gate: str = ""


class _Build(Struct):
    part: WorkloadPart
    plan: Plan | None
    book: PriceBook
    as_of: dt.date
    assumed: CostAssumptions = field(default_factory=CostAssumptions)
    other: CostAssumptions = field(default_factory=CostAssumptions)  # of the way that is not taken
    missing: list[Missing] = field(default_factory=list)

    def lacks(self, key: str, text: str, add: str) -> None:
        self.missing.append(Missing(key, text, add))

    def used(self, key: str, price: Price | None, assumed: CostAssumptions | None = None) -> Price | None:
        """A price that is taken; one of the illustrative table is listed."""
        if price is not None and price.illustrative:
            band = f", between {price.low} and {price.high}" if price.low is not None else ""
            note = f"illustrative, {price.source}, {price.date}{band}"
            (assumed or self.assumed).note(key, float(price.amount), note)
        return price


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
    work = _Build(part, plan, book, as_of)
    load = _load(work)
    growth = load.growth
    if months is not None:
        growth = replace(growth, horizon=months)
        load = replace(load, growth=growth)
        work.assumed.used.pop("growth.horizon_months", None)
        if why:
            work.assumed.note("growth.horizon_months", months, why)
    called = part.serving.engine == "api" or (not part.serving.engine and bool(part.api.model))
    api = _api(work, load, wanted=called)
    hosting = _hosting(work, load, wanted=not called)
    return Inputs(
        name=part.name or part.api.model or "workload",
        currency=book.currency,
        as_of=as_of,
        load=load,
        months=min(MOST_MONTHS, max(1, growth.horizon)),
        uncertainty=Uncertainty(
            work.assumed.number("uncertainty.load", part.uncertainty.load),
            work.assumed.number("uncertainty.tokens", part.uncertainty.tokens) if load.prompt else 0.0,
        ),
        api=api if called else None,
        hosting=None if called else hosting,
        other_api=None if called else api,
        other_hosting=hosting if called else None,
        training=tuple(_training(work)),
        storage=_storage(work),
        positions=tuple(_positions(work)),
        energy=None if called or hosting is None else _energy(work, hosting),
        budget=_budget(work, budget or BudgetGiven()),
        missing=tuple(work.missing),
        assumptions=_assumptions(work, called=called, both=api is not None and hosting is not None),
    )


def _assumptions(work: _Build, *, called: bool, both: bool) -> tuple[str, ...]:
    """Those of the cost, and those of the capacity where the replicas rest on it. `both`: the way that is not taken is
    counted too, for the break-even, which then rests on its defaults."""
    taken = work.assumed.used
    planned = work.plan.assumptions if work.plan and work.part.hardware.tokens_per_second is None else ()
    planned = tuple(text for text in planned if text.partition(":")[0] not in (*taken, "growth.horizon_months"))
    other = [one.text for key, one in work.other.used.items() if both and key not in taken]
    if called:
        other += planned if both else ()
        planned = ()
    return tuple(dict.fromkeys((*work.assumed.texts, *planned, *(f"break-even: {text}" for text in other))))


def _load(work: _Build) -> Load:
    """The load; without tokens where the workload has none (a model that is not of language)."""
    part, traffic = work.part, work.part.traffic
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
            work.assumed.used.setdefault(key, one_used)
    prompt, answer = (demand.prompt, demand.answer) if known else (None, None)
    return Load(demand.mean, demand.peak, demand.hours, prompt, answer, demand.growth, traffic.users)


def _api(work: _Build, load: Load, *, wanted: bool) -> Api | None:
    """The interface, where one is declared. `wanted`: it is what serves, so that what lacks is missing."""
    part, assumed = work.part.api, work.assumed
    if not part.model:
        if wanted:
            work.lacks("api", "model interface", "workload.api.provider and .model")
        return None
    if load.prompt is None:
        if wanted:
            work.lacks("api", part.model, "workload.traffic.tokens.input.p50 and .output.p50")
        return None
    price = work.book.api_price(part.provider, part.model, work.as_of)
    if price is None:
        if wanted:
            work.lacks("api", part.model, "its prices with --prices FILE, or a model that genai-prices knows")
        return None
    if not wanted:
        assumed = work.other
    batch = assumed.number("api.batch_share", part.batch_share)
    if batch and price.batch is None:
        assumed.note("api.batch_price", "none", f"no batch price of {price.model} is known: the full one is counted")
    tool_price = None
    uses = part.tool_uses_per_request or 0.0
    if uses and part.price_tool_use is None:
        work.lacks("api", "tool uses", "workload.api.price_tool_use")
    elif uses and part.price_tool_use is not None:
        tool_price = Price(decimal(part.price_tool_use), "workload.api.price_tool_use", work.part.reviewed)
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


def _hosting(work: _Build, load: Load, *, wanted: bool) -> Hosting | None:
    part, plan = work.part, work.plan
    hardware = part.hardware
    assumed = work.assumed if wanted else work.other
    setup = plan.setup if plan else None
    name = hardware.gpu or (setup.gpu.name if setup else "")
    if not wanted and not name and hardware.price_per_hour is None:
        return None
    pricing: Pricing = assumed.take("hardware.pricing", hardware.pricing)  # type: ignore[assignment]
    price = _hour_price(work, name, pricing) if wanted else _quiet_price(work, name, pricing)
    if price is None:
        if wanted:
            what = name or "the machine that serves"
            work.lacks("serving", what, "workload.hardware.price_per_hour, price_source and price_date")
        return None
    discount = assumed.number("hardware.discount", hardware.discount)
    ranks = setup.ranks if setup else (part.serving.parallel.tp or 1) * (part.serving.parallel.pp or 1)
    rate, why = _rate(work, load), _no_rate(plan)
    declared = part.serving.parallel.replicas or part.serving.replicas
    autoscale = bool(assumed.take("hardware.autoscale", hardware.autoscale)) if rate else False
    bought = 0 if autoscale else (hardware.count or 0) // ranks
    floor = hardware.min_replicas
    if floor is None:
        floor = declared or bought or assumed.whole("hardware.min_replicas", None)
    if not autoscale:
        floor = max(floor, declared or 0, bought)
    if rate is None:
        if not declared and hardware.count is None and wanted:
            work.lacks("serving", f"replicas of {name} ({why})", _what_tells(plan, load))
            return None
        assumed.note("serving.replicas", floor, "as declared, at any load: the throughput of one is not known")
    memory, demand = (plan.fit, plan.demand) if plan else (None, None)
    unit = "machine hours" if _on_processor(part, setup) else "GPU hours"
    return Hosting(
        gpu=name or "machine",
        ranks=ranks,
        rate=rate,
        target=_target(work, assumed, rate),
        floor=floor,
        autoscale=autoscale,
        price=price.times(1 - decimal(discount)),
        pricing=pricing,
        setup=setup,
        demand=demand,
        fit=memory,
        unit=unit,
        filled=filled_at(demand, memory) if demand is not None and memory is not None else math.inf,
        declared=setup.replicas if setup and not setup.open else None,
        why="" if rate else why,
    )


def _no_rate(plan: Plan | None) -> str:
    """Why the throughput of a replica is not known."""
    if plan is not None and plan.problems:
        return "; ".join(plan.problems)
    if plan is not None and plan.fit is not None and plan.fit.verdict == "no":
        return f"it does not fit in memory: {plan.fit.reason}"
    return "nothing tells its throughput"


def _what_tells(plan: Plan | None, load: Load) -> str:
    """What would tell how many replicas run."""
    if plan is not None and plan.fit is not None and plan.fit.verdict == "no":
        return "hardware that holds it, or a smaller form of it"
    if load.answer is None:
        return "workload.serving.load_test, or workload.serving.replicas"
    return "workload.hardware.tokens_per_second or replicas"


def _target(work: _Build, assumed: CostAssumptions, rate: Rate | None) -> float:
    """The share of a replica's throughput that is planned for. A tested rate is one at which the objectives were met,
    so that nothing is taken off where nothing is declared."""
    declared = work.part.hardware.target_utilisation
    tested = work.plan.measured if work.plan else None
    if rate is None or (tested is not None and tested.met and declared is None):
        return 1.0
    return assumed.number("hardware.target_utilisation", declared)


def _on_processor(part: WorkloadPart, setup: Setup | None) -> bool:
    """Whether a machine without a GPU is rented."""
    if part.hardware.gpu:
        return False
    return setup.processor if setup else isinstance(part.hardware.target, TargetPart)


def _rate(work: _Build, load: Load) -> Rate | None:
    """What one replica serves: as measured or tested, else as the model of its throughput has it."""
    measured = work.part.hardware.tokens_per_second
    if measured is not None and load.answer is not None:
        each = measured / load.answer.mean
        return Rate(each, each, each)
    plan = work.plan
    if plan is not None and plan.measured is not None:
        each = plan.measured.each
        return Rate(each, each, each)
    if plan is None or plan.service is None or plan.setup is None:
        return None
    limit, copies = plan.service.capacity, plan.setup.replicas
    low, expected = limit.low / copies, limit.expected / copies
    return Rate(low, expected, min(limit.bound / copies, 2 * expected - low)) if expected > 0 else None


def rents(part: WorkloadPart, book: PriceBook) -> Rents:
    """What an hour of any GPU costs, bought as the workload buys its own: by the book, less the declared discount."""
    pricing: Pricing = part.hardware.pricing or "on-demand"
    share = 1 - (part.hardware.discount or 0.0)

    def hour(name: str) -> tuple[float, bool] | None:
        price = book.gpu_hour(name, pricing) or book.gpu_hour(name)
        return None if price is None else (float(price.amount) * share, price.illustrative)

    return Rents(book.currency, hour)


def _hour_price(work: _Build, name: str, pricing: Pricing) -> Price | None:
    hardware = work.part.hardware
    if hardware.price_per_hour is not None:
        source = hardware.price_source or "workload.hardware.price_per_hour"
        return Price(decimal(hardware.price_per_hour), source, hardware.price_date)
    return work.used(f"prices.gpu_hours.{name}", work.book.gpu_hour(name, pricing)) if name else None


def _quiet_price(work: _Build, name: str, pricing: Pricing) -> Price | None:
    """For the way that is not taken: nothing rests on it but the break-even, and what lacks there is not missing."""
    hardware = work.part.hardware
    if hardware.price_per_hour is not None:
        return Price(decimal(hardware.price_per_hour), "workload.hardware.price_per_hour", hardware.price_date)
    return work.used(f"prices.gpu_hours.{name}", work.book.gpu_hour(name, pricing), work.other) if name else None


def _training(work: _Build) -> list[Training]:
    found = []
    for number, run in enumerate(work.part.training):
        name = f"training, {run.method}"
        if run.gpu_hours is None:
            work.lacks("training", name, f"workload.training[{number}].gpu_hours")
            continue
        gpu = run.gpu or work.part.hardware.gpu
        price = _run_price(work, run, gpu)
        if price is None:
            work.lacks("training", name, f"workload.training[{number}].price_per_hour, price_source and price_date")
            continue
        runs = runs_a_month(run.every)
        if runs is None:
            if run.every:
                work.lacks("training", name, f"workload.training[{number}].every as 30d, 2w or monthly")
                continue
            runs = work.assumed.number("training.runs_a_month", None)
        spot = work.book.gpu_hour(gpu, "spot") if gpu else None
        found.append(Training(name, run.method, run.gpu_hours, runs, price, spot))
    return found


def _run_price(work: _Build, run: TrainingPart, gpu: str) -> Price | None:
    if run.price_per_hour is not None:
        return Price(decimal(run.price_per_hour), run.price_source or "workload.training", run.price_date)
    return _hour_price(work, gpu, "on-demand")


def _storage(work: _Build) -> Storage | None:
    part = work.part.storage
    if part.gb is None and part.gb_added_month is None:
        return None
    if part.price_gb_month is not None:
        source = part.price_source or "workload.storage.price_gb_month"
        price: Price | None = Price(decimal(part.price_gb_month), source, part.price_date)
    else:
        price = work.used("prices.storage_gb_month", _of_book(work, "storage_gb_month"))
    if price is None:
        work.lacks("storage", "storage", "workload.storage.price_gb_month and price_date")
        return None
    return Storage(part.gb or 0.0, part.gb_added_month or 0.0, part.retention_months, price)


def _of_book(work: _Build, name: str) -> Price | None:
    given = work.book.storage if name == "storage_gb_month" else work.book.egress
    if given is not None or not work.book.shipped or work.book.currency != "USD":
        return given
    return shipped_price("storage_gb_month" if name == "storage_gb_month" else "egress_gb")


def _positions(work: _Build) -> list[Position]:
    found = []
    egress = work.part.egress
    if egress.gb_month is not None:
        if egress.price_gb is not None:
            source = egress.price_source or "workload.egress.price_gb"
            price: Price | None = Price(decimal(egress.price_gb), source, egress.price_date)
        else:
            price = work.used("prices.egress_gb", _of_book(work, "egress_gb"))
        if price is None:
            work.lacks("egress", "egress", "workload.egress.price_gb and price_date")
        else:
            found.append(Position("egress", "egress", egress.gb_month, "GB", True, price))
    for number, one in enumerate(work.part.services):
        if one.unit_price is None or one.quantity is None:
            work.lacks(one.kind, one.name, f"workload.services[{number}].quantity and unit_price")
            continue
        price = Price(decimal(one.unit_price), one.price_source or one.name, one.price_date)
        found.append(Position(one.kind, one.name, one.quantity, one.unit, one.grows, price))
    return found


def _energy(work: _Build, hosting: Hosting) -> Energy:
    """Power by the maker's board power; carbon by the country's grid."""
    part, data = work.part.energy, table("energy")
    try:
        tdp = gpu_named(hosting.gpu).tdp
    except UnknownName:
        tdp = None
    if hosting.unit != "GPU hours":
        return Energy(None, 1.0, part.region, None, "", "the power of a machine without a GPU is not worked out")
    if tdp is None:
        return Energy(None, 1.0, part.region, None, "", f"the board power of {hosting.gpu} is not in the table")
    share = work.assumed.number("energy.load_share", None)
    pue = work.assumed.number("energy.pue", part.pue)
    grams = data["grams_per_kwh"].get(part.region.upper()) if part.region else None
    problem = "" if grams is not None else "carbon is unknown: add workload.energy.region (" + (
        ", ".join(sorted(data["grams_per_kwh"])) + ")")  # fmt: skip
    return Energy(tdp * share / 1000, pue, part.region, grams, data["source"], problem)


def _budget(work: _Build, given: BudgetGiven) -> Budget:
    part = work.part.budget
    declared = part.gate or given.gate
    if part.monthly_usd is not None or part.horizon_total_usd is not None:
        amounts, currency = (part.monthly_usd, part.horizon_total_usd), "USD"
    else:
        amounts, currency = (given.monthly, given.total), given.currency
    if amounts == (None, None):
        return Budget(None, None, declared or "p90")
    gate = str(work.assumed.take("budget.gate", declared))
    rate = work.book.in_currency(Decimal(1), currency)
    if not currency:
        return Budget(None, None, gate, "the budget names no currency: add budget.currency")
    if rate is None:
        why = (
            f"the budget is in {currency}, the prices in {work.book.currency}: declare workload.budget.monthly_usd,"
            f" or give --prices with exchange.{currency}"
        )
        return Budget(None, None, gate, why)
    monthly, total = (None if amount is None else decimal(amount) * rate for amount in amounts)
    return Budget(monthly, total, gate)
