"""The cost of a workload, whole: bill, projection, unit costs, break-even, ten times, levers, energy, and the gate."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from aiaudit.cost.bill import Bill, api_lines, bill, hours_a_month
from aiaudit.cost.build import BudgetGiven, inputs_of
from aiaudit.cost.inputs import HOURS_A_MONTH, Hosting, Inputs
from aiaudit.cost.levers import Lever, levers
from aiaudit.cost.money import ZERO, decimal, shown
from aiaudit.cost.prices import PriceBook
from aiaudit.cost.projection import Projection, expected, project
from aiaudit.project.workload import WorkloadPart

if TYPE_CHECKING:
    from aiaudit.capacity.plan import Plan

TEN: Final = 10
Verdict = Literal["pass", "partial", "fail", "unknown"]


class Unit(Struct, frozen=True):
    """What one unit of the work costs now."""

    name: str
    amount: Decimal


class BreakEven(Struct, frozen=True):
    """Where own GPUs and an interface cost the same. `requests` a month is None where the GPUs never get there: a full
    replica costs more a request than the interface."""

    requests: float | None
    now: float
    api_request: Decimal
    gpu_month: Decimal
    gpu_request_full: Decimal
    text: str


class Carbon(Struct, frozen=True):
    """Electricity of a month. None where it is unknown, and `problem` says why."""

    kwh: float | None
    kg: float | None
    text: str
    problem: str


class Gate(Struct, frozen=True):
    """The budget against the projection. `breaks`: the first month above it at the percentile that counts."""

    verdict: Verdict
    text: str
    breaks: int | None = None
    breaks_expected: int | None = None


class TenTimes(Struct, frozen=True):
    """The bill at ten times the load, now and as the month's mean over the horizon. None where it is not known how
    many replicas that load needs, and `problem` says why."""

    monthly: Decimal | None
    mean: float | None
    problem: str = ""


class Cost(Struct, frozen=True):
    """All that can be said. `doubts`: prices that a gate cannot rest on."""

    inputs: Inputs
    bill: Bill
    projection: Projection
    units: tuple[Unit, ...]
    break_even: BreakEven | None
    ten_times: TenTimes
    levers: tuple[Lever, ...]
    carbon: Carbon | None
    doubts: tuple[str, ...]
    gate: Gate


def cost_of(
    part: WorkloadPart,
    plan: Plan | None,
    book: PriceBook,
    as_of: dt.date,
    budget: BudgetGiven | None = None,
    months: int | None = None,
    why: str = "",
) -> Cost:
    """The cost of a declared workload. Raises `NoCost` where not even the load is known.

    `months` and `why`: a horizon other than the declared one, and the reason where nobody asked for it.
    """
    inputs = inputs_of(part, plan, book, as_of, budget, months, why)
    now, projected = bill(inputs), project(inputs)
    problems = doubts(now, as_of)
    return Cost(
        inputs=inputs,
        bill=now,
        projection=projected,
        units=tuple(_units(inputs, now)),
        break_even=break_even(inputs),
        ten_times=ten_times(inputs),
        levers=levers(inputs),
        carbon=carbon(inputs),
        doubts=problems,
        gate=gate(inputs, now, projected, problems, inputs.budget.monthly, inputs.budget.gate),
    )


def ten_times(inputs: Inputs) -> TenTimes:
    """Replicas of unknown throughput may not be enough: what they cost at ten times the load is then no answer."""
    if why := unsized(inputs):
        return TenTimes(None, None, why)
    more = inputs.times(TEN)
    return TenTimes(bill(more).total, math.fsum(expected(more)) / more.months)


def unsized(inputs: Inputs) -> str:
    """Why nobody can say whether the replicas are enough for the load; empty where it can be said."""
    if inputs.hosting is None or inputs.hosting.rate is not None:
        return ""
    why = f" ({inputs.hosting.why})" if inputs.hosting.why else ""
    return f"the throughput of one replica is not known{why}"


def doubts(found: Bill, as_of: dt.date) -> tuple[str, ...]:
    """Why the prices of lines are no ground for a gate; each price once."""
    said: dict[tuple[str, str], str] = {}
    for line in found.lines:
        if line.amount and (why := line.price.doubt(as_of)):
            said.setdefault((line.key, line.price.source), f"the price of {line.text} ({line.price.source}) {why}")
    return tuple(said.values())


def gate(
    inputs: Inputs,
    now: Bill,
    projected: Projection,
    problems: tuple[str, ...],
    limit: Decimal | None,
    percentile: str = "p90",
) -> Gate:
    """Whether every projected month fits a monthly limit at a percentile.

    fail: the present bill is above it already (what is missing can only add). unknown: no budget, positions that are
    not counted, replicas whose throughput is not known, or prices without a day or too old. partial: now it fits, but
    not every month at the percentile.
    """
    money = inputs.currency
    if inputs.budget.problem and limit is None:
        return Gate("unknown", inputs.budget.problem)
    if limit is None:
        return Gate("unknown", "no budget is declared: add budget.monthly and currency, or workload.budget.monthly_usd")
    breaks, usual = projected.breaks(float(limit), percentile), projected.breaks(float(limit), "expected")
    if problems:
        return Gate("unknown", "; ".join(problems), breaks, usual)
    first = projected.months[0]
    if now.total > limit:
        text = f"{shown(now.total, money)} a month now, the budget is {shown(limit)}"
        return Gate("fail", text, breaks, usual)
    if now.missing:
        lacks = "; ".join(f"{one.text}: add {one.add}" for one in now.missing)
        return Gate("unknown", f"not counted: {lacks}", breaks, usual)
    if why := unsized(inputs):
        return Gate("unknown", f"{why}, so that the declared replicas may be too few", breaks, usual)
    if breaks is not None:
        text = f"{shown(first.at(percentile), money)} now at {percentile}; month {breaks} is above {shown(limit)}"
        return Gate("partial", text, breaks, usual)
    last = projected.months[-1]
    text = f"{shown(last.at(percentile), money)} at {percentile} in month {last.number}, within {shown(limit)}"
    return Gate("pass", text)


def _units(inputs: Inputs, now: Bill) -> list[Unit]:
    requests = decimal(inputs.load.requests)
    found: list[Unit] = []
    served = inputs.hosting
    if served is not None and served.rate is None and served.fit is not None and served.fit.verdict == "no":
        return found  # what does not fit in memory serves no request
    if requests > 0:
        found.append(Unit("1,000 requests", now.total / requests * 1000))
        prompt, answer = inputs.load.prompt, inputs.load.answer
        if prompt is not None and answer is not None:
            tokens = requests * decimal(prompt.mean + answer.mean)
            found.append(Unit("million tokens", now.total / tokens * 1_000_000))
    if inputs.load.users:
        found.append(Unit("user", now.total / decimal(inputs.load.users)))
    return found


def break_even(inputs: Inputs) -> BreakEven | None:
    """Requests a month at which own replicas cost as much as the interface. None where only one way is described."""
    api = inputs.api or inputs.other_api
    hosting = inputs.hosting or inputs.other_hosting
    load = inputs.load
    if api is None or hosting is None or hosting.rate is None or load.requests <= 0:
        return None
    each = sum((line.amount for line in api_lines(api, 1000.0, load.prompt, load.answer)), ZERO) / 1000
    if each <= 0:
        return None
    replica = _replica_month(inputs, hosting)
    share = load.mean / load.peak if load.peak > 0 and not hosting.autoscale else 1.0
    full = hosting.bears() * share * 3600 * HOURS_A_MONTH * load.hours / 24
    at_full = replica / decimal(full)
    fleet = max(1, hosting.floor)
    money = inputs.currency
    # n replicas cost as much as n × month / each requests, and serve n × full: one comparison decides for all n
    wanted = float(replica * fleet / each) if at_full <= each else None
    if wanted is None:
        text = f"never: a request costs {shown(at_full, money)} on full replicas, {shown(each, money)} by the interface"
    else:
        text = f"at {wanted:,.0f} requests a month own replicas cost as much as the interface; now {load.requests:,.0f}"
    return BreakEven(wanted, load.requests, each, replica * fleet, at_full, text)


def _replica_month(inputs: Inputs, hosting: Hosting) -> Decimal:
    return hosting.price.amount * hosting.ranks * decimal(hours_a_month(inputs, hosting))


def carbon(inputs: Inputs) -> Carbon | None:
    """kWh = GPU hours × board power × share × PUE; kg = kWh × grams / 1000. For an interface nobody publishes it."""
    if inputs.api is not None:
        return Carbon(None, None, "", "the provider of the interface does not say what a request needs")
    energy, hosting = inputs.energy, inputs.hosting
    if energy is None or hosting is None:
        return None
    if energy.power is None:
        return Carbon(None, None, "", energy.problem)
    asked = inputs.load.mean if hosting.autoscale else inputs.load.peak
    hours = hosting.needed(asked) * hosting.ranks * hours_a_month(inputs, hosting)
    kwh = hours * energy.power * energy.pue
    text = f"{hours:,.0f} GPU hours × {energy.power:.3f} kW × PUE {energy.pue:g} = {kwh:,.0f} kWh"
    if energy.grams is None:
        return Carbon(kwh, None, text, energy.problem)
    kg = kwh * energy.grams / 1000
    return Carbon(kwh, kg, f"{text} × {energy.grams:g} g ({energy.region}, {energy.source}) = {kg:,.0f} kg CO2", "")
