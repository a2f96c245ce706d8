"""The probe `cost.plan`: what the declared workload costs, and whether it fits the declared budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.capacity.plan import book_of, planned
from aiaudit.project.config import FILE

if TYPE_CHECKING:
    from aiaudit.cost.cost import Cost  # the model is imported only where a workload is declared

_TYPE: Final = record(
    "cost plan",
    present=BOOL,
    problem=STRING,
    currency=STRING,
    monthly=DOUBLE,
    p90=DOUBLE,
    last_p90=DOUBLE,
    months=INT,
    ten_times=DOUBLE,
    budget_known=BOOL,
    budget=DOUBLE,
    budget_problem=STRING,
    breaks=INT,
    breaks_expected=INT,
    illustrative=BOOL,
    dedicated=BOOL,
    doubts=list_of(STRING),
    missing=list_of(STRING),
    drivers=list_of(STRING),
    largest=STRING,
    report=DYN,
)
_YEAR: Final = 12  # months


class PlanQuery(Query):
    """No keys: a project declares one workload."""


class PlanProbe(Probe[PlanQuery]):
    """The cost of `workload:` in aiaudit.yaml by the prices that it declares, else by those of `--prices`, else by
    genai-prices and the illustrative table; absent where no workload is declared.

    `problem`: why nothing can be counted, else empty. Money is of a month, in `currency`. `breaks`: the first month
    whose p90 is above the budget, `breaks_expected` the first that is expected to be; 0 where none is. `doubts`: prices
    without a day or older than 180 days. `ten_times`: the bill at ten times the load, −1 where the throughput is not
    known. `missing`: positions that are not in the sum, with what to add. `largest`: the
    text of the dearest line. `dedicated`: own capacity is paid by the hour. Reaches E4 where nothing is missing.
    """

    name: ClassVar[str] = "cost.plan"
    title: ClassVar[str] = "what the declared workload costs over months, against the declared budget"
    query: ClassVar[type[PlanQuery]] = PlanQuery
    max_level: ClassVar[Level] = Level.RESULT

    def value_type(self, query: PlanQuery) -> Type:
        return _TYPE

    def answer(self, fact_id: str, query: PlanQuery, context: Context) -> Fact:
        config = context.config
        if not config.workload:
            return Fact(fact_id, State.ABSENT, level=Level.CLAIM, method="project file")
        from aiaudit.cost.build import BudgetGiven, NoCost
        from aiaudit.cost.cost import cost_of

        place = config.place("workload")
        budget = config.budget
        given = BudgetGiven(budget.monthly, budget.total, budget.currency or "", budget.gate or "")
        declared = config.workload.growth.horizon_months
        short = declared is not None and declared < _YEAR
        months, why = (_YEAR, "a budget is one of a year at the least") if short else (None, "")
        try:
            book = book_of(context.options.get("prices"))
            found: Cost | None = cost_of(config.workload, planned(context), book, context.as_of, given, months, why)
            problem = ""
        except NoCost as error:
            found, problem = None, str(error)
        note = problem or (f"{found.inputs.currency} {found.bill.total:,.2f} a month" if found else "")
        evidence = (Evidence(place.file if place else FILE, place.line if place else 1, note),)
        whole = found is not None and not found.bill.missing and bool(found.bill.lines)
        level = Level.RESULT if whole else Level.EXISTS
        return Fact(fact_id, State.KNOWN, _value(found, problem), level, "model of cost", evidence=evidence)


def _value(found: Cost | None, problem: str) -> dict[str, Any]:
    from aiaudit.cost.report import to_json

    if found is None:
        numbers = dict.fromkeys(("monthly", "p90", "last_p90", "ten_times", "budget"), 0.0)
        return {
            "present": True, "problem": problem, "currency": "", **numbers, "months": 0, "budget_known": False,
            "budget_problem": "", "breaks": 0, "breaks_expected": 0, "illustrative": False, "dedicated": False,
            "doubts": [], "missing": [], "drivers": [], "largest": "", "report": {},
        }  # fmt: skip
    projected, limit = found.projection, found.inputs.budget.monthly
    dearest = max(found.bill.lines, key=lambda line: line.amount, default=None)
    return {
        "present": True,
        "problem": "",
        "currency": found.inputs.currency,
        "monthly": round(float(found.bill.total), 2),
        "p90": round(projected.months[0].p90, 2),
        "last_p90": round(projected.months[-1].p90, 2),
        "months": len(projected.months),
        "ten_times": -1.0 if found.ten_times.monthly is None else round(float(found.ten_times.monthly), 2),
        "budget_known": limit is not None,
        "budget": round(float(limit), 2) if limit is not None else 0.0,
        "budget_problem": found.inputs.budget.problem,
        "breaks": (projected.breaks(float(limit), "p90") or 0) if limit is not None else 0,
        "breaks_expected": (projected.breaks(float(limit), "expected") or 0) if limit is not None else 0,
        "illustrative": any(line.price.illustrative and line.amount for line in found.bill.lines),
        "dedicated": found.inputs.hosting is not None,
        "doubts": list(found.doubts),
        "missing": [f"{one.text}: add {one.add}" for one in found.bill.missing],
        "drivers": [one.name for one in projected.drivers[:3]],
        "largest": dearest.text if dearest else "",
        "report": to_json(found),
    }
