"""Own replicas that serve: what one of them does, how many run, and what an hour of each costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aiaudit.capacity.fixes import Rents
from aiaudit.capacity.sizing import filled_at
from aiaudit.cost.assumptions import CostAssumptions
from aiaudit.cost.draft import Draft
from aiaudit.cost.inputs import Hosting, Load, Rate
from aiaudit.cost.money import decimal
from aiaudit.cost.price import Price, Pricing
from aiaudit.cost.prices import PriceBook
from aiaudit.project.workload import TargetPart, WorkloadPart

if TYPE_CHECKING:
    from aiaudit.capacity.plan import Plan
    from aiaudit.capacity.setup import Setup


def hosting_of(draft: Draft, load: Load, *, wanted: bool) -> Hosting | None:
    """The replicas, where something tells what they run on. `wanted`: they serve, so that what lacks is missing."""
    part, plan = draft.part, draft.plan
    hardware = part.hardware
    assumed = draft.assumed if wanted else draft.other
    setup = plan.setup if plan else None
    name = hardware.gpu or (setup.gpu.name if setup else "")
    if not wanted and not name and hardware.price_per_hour is None:
        return None
    pricing: Pricing = assumed.take("hardware.pricing", hardware.pricing)  # type: ignore[assignment]
    price = hour_price(draft, name, pricing) if wanted else _quiet_price(draft, name, pricing)
    if price is None:
        if wanted:
            what = name or "the machine that serves"
            draft.lacks("serving", what, "workload.hardware.price_per_hour, price_source and price_date")
        return None
    discount = assumed.number("hardware.discount", hardware.discount)
    ranks = setup.ranks if setup else (part.serving.parallel.tp or 1) * (part.serving.parallel.pp or 1)
    rate, why = _rate(draft, load), _no_rate(plan)
    declared = part.serving.parallel.replicas or part.serving.replicas
    autoscale = bool(assumed.take("hardware.autoscale", hardware.autoscale)) if rate else False
    bought = 0 if autoscale or not hardware.count else max(1, hardware.count // ranks)
    floor = hardware.min_replicas
    if floor is None:
        floor = declared or bought or assumed.whole("hardware.min_replicas", None)
    if not autoscale:
        floor = max(floor, declared or 0, bought)
    if rate is None:
        if not declared and hardware.count is None and wanted:
            draft.lacks("serving", f"replicas of {name} ({why})", _what_tells(plan, load))
            return None
        assumed.note("serving.replicas", floor, "as declared, at any load: the throughput of one is not known")
    memory, demand = (plan.fit, plan.demand) if plan else (None, None)
    unit = "machine hours" if _on_processor(part, setup) else "GPU hours"
    return Hosting(
        gpu=name or "machine",
        ranks=ranks,
        rate=rate,
        target=_target(draft, assumed, rate),
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


def _target(draft: Draft, assumed: CostAssumptions, rate: Rate | None) -> float:
    """The share of a replica's throughput that is planned for. A tested rate is one at which the objectives were met,
    so that nothing is taken off where nothing is declared."""
    declared = draft.part.hardware.target_utilisation
    tested = draft.plan.measured if draft.plan else None
    if rate is None or (tested is not None and tested.met and declared is None):
        return 1.0
    return assumed.number("hardware.target_utilisation", declared)


def _on_processor(part: WorkloadPart, setup: Setup | None) -> bool:
    """Whether a machine without a GPU is rented."""
    if part.hardware.gpu:
        return False
    return setup.processor if setup else isinstance(part.hardware.target, TargetPart)


def _rate(draft: Draft, load: Load) -> Rate | None:
    """What one replica serves: as measured or tested, else as the model of its throughput has it."""
    measured = draft.part.hardware.tokens_per_second
    if measured is not None and load.answer is not None:
        each = measured / load.answer.mean
        return Rate(each, each, each)
    plan = draft.plan
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


def hour_price(draft: Draft, name: str, pricing: Pricing) -> Price | None:
    """An hour of a GPU or machine, as declared, else by the book."""
    hardware = draft.part.hardware
    if hardware.price_per_hour is not None:
        source = hardware.price_source or "workload.hardware.price_per_hour"
        return Price(decimal(hardware.price_per_hour), source, hardware.price_date)
    return draft.used(f"prices.gpu_hours.{name}", draft.book.gpu_hour(name, pricing)) if name else None


def _quiet_price(draft: Draft, name: str, pricing: Pricing) -> Price | None:
    """For the way that is not taken: nothing rests on it but the break-even, and what lacks there is not missing."""
    hardware = draft.part.hardware
    if hardware.price_per_hour is not None:
        return Price(decimal(hardware.price_per_hour), "workload.hardware.price_per_hour", hardware.price_date)
    return draft.used(f"prices.gpu_hours.{name}", draft.book.gpu_hour(name, pricing), draft.other) if name else None
