"""The probe `capacity.plan`: whether the declared model serves the declared load on the declared hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.project.config import FILE
from aiaudit.project.reader import Reader

if TYPE_CHECKING:
    from aiaudit.capacity.fixes import Fix
    from aiaudit.capacity.plan import Plan  # the model is imported only where a workload is declared
    from aiaudit.cost.prices import PriceBook

_PLACE: Final = {"path": STRING}
MEMO: Final = "capacity.plan"
_TYPE: Final = record(
    "capacity plan",
    present=BOOL,
    model_declared=BOOL,
    hardware_declared=BOOL,
    over_api=BOOL,
    model=STRING,
    gpu=STRING,
    unit=STRING,
    verdict=STRING,
    reason=STRING,
    share=DOUBLE,
    needed_gib=DOUBLE,
    usable_gib=DOUBLE,
    in_flight=DOUBLE,
    holds=DOUBLE,
    beyond=BOOL,
    counted=BOOL,
    speed_known=BOOL,
    carries=STRING,
    load=STRING,
    replicas=INT,
    replicas_needed=INT,
    replicas_declared=BOOL,
    target=DOUBLE,
    utilisation=DOUBLE,
    months_left=DOUBLE,
    calibrated=BOOL,
    impossible=list_of(STRING),
    missed=list_of(STRING),
    problems=list_of(STRING),
    fixes=list_of(STRING),
    assumptions=list_of(STRING),
    terms=list_of(record("term", name=STRING, gib=DOUBLE, formula=STRING, provenance=STRING, **_PLACE)),
    report=DYN,
)
_GIB: Final = 1024**3


class PlanQuery(Query):
    """No keys: a project declares one workload."""


class PlanProbe(Probe[PlanQuery]):
    """The plan of `workload:` in aiaudit.yaml; absent where nothing is declared.

    `verdict`: whether it fits in memory: yes, tight, no, unknown. `carries`: the same of the load (tight: beyond the
    share that is planned for), and `load` says why. `replicas`: those that there are, or, where `replicas_declared` is
    false, those that the plan took; `replicas_needed`: that the peak needs, −1 where that is not known; `target`: the
    share of the capacity that is planned for. `share`: memory needed of what the engine may use. `months_left`: until
    growth ends speed, memory or budget, whichever is first; −1 where that cannot be told, 1,200 where it does not end.
    `unit`: whose memory it is, a GPU's or, where there is none, a replica's.
    `counted`: the requests in flight are known, or the cache holds all that the engine takes at once.
    `beyond`: the load is beyond the speed, so that waiting requests fill any cache.
    `impossible`: declared figures above what the hardware can do at best. `missed`: objectives that the expected
    figures miss. `hardware_declared`: a GPU, or explicitly this machine. Reaches E4 where the model's figures come
    from a file or a published shape, with an arithmetic that is held against measurements (`aiaudit plan --selfcheck`),
    or where its memory was measured.
    """

    name: ClassVar[str] = "capacity.plan"
    title: ClassVar[str] = "the declared workload on the declared hardware: fit, speed, growth"
    query: ClassVar[type[PlanQuery]] = PlanQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: PlanQuery) -> Type:
        return _TYPE

    def answer(self, fact_id: str, query: PlanQuery, context: Context) -> Fact:
        workload = context.config.workload
        if not workload or workload.model is None:
            return Fact(fact_id, State.ABSENT, level=Level.CLAIM, method="project file")
        made = planned(context)
        assert made is not None
        place = context.config.place("workload")
        evidence = (Evidence(place.file if place else FILE, place.line if place else None, made.verdict),)
        known = made.model is not None and made.model.shape is not None
        known = known or (made.setup is not None and made.setup.peak is not None)
        level = Level.MEASURED if made.calibration is not None else Level.RESULT if known else Level.CONTENT
        return Fact(fact_id, State.KNOWN, _value(made), level, "model of capacity", evidence=evidence)


def planned(context: Context) -> Plan | None:
    """The plan of the project's workload, made once an audit; None where nothing is declared."""
    workload = context.config.workload
    if not workload:
        return None
    from aiaudit.capacity.calibration import stored
    from aiaudit.capacity.plan import Plan, plan

    if MEMO not in context.memo:
        report = None
        if workload.hardware.target == "local" and not workload.hardware.gpu:
            from aiaudit.probes.hardware import probe_hardware

            report = probe_hardware(context.options.get("hardware_root", "/"))
        from aiaudit.cost.replicas import rents

        with Reader(context.project.root) as reader:
            known = stored(reader)
            budget, prices = context.config.budget.monthly, rents(workload, book_of(context.options.get("prices")))
            context.memo[MEMO] = plan(workload, reader, report, known, budget, rents=prices)
    made = context.memo[MEMO]
    return made if isinstance(made, Plan) else None


def book_of(path: str | None) -> PriceBook:
    """The prices that the caller names; else what ships."""
    from aiaudit.cost.prices import PriceBook

    if path is None:
        return PriceBook()
    from aiaudit.cost.price_files import price_book

    return price_book(path)


def _value(made: Plan) -> dict[str, Any]:
    from aiaudit.capacity.report import to_json

    held, speed, workload = made.fit, made.service, made.workload
    months = [one.expected for one in made.runways]
    ends = [one for one in months if one is not None]
    return {
        "present": True,
        "model_declared": workload.model is not None,
        "hardware_declared": bool(workload.hardware.gpu or workload.hardware.target),
        "over_api": workload.over_interface,
        "model": made.model.name if made.model else "",
        "gpu": made.setup.gpu.name if made.setup else "",
        "unit": "replica" if made.setup and made.setup.processor else "GPU",
        "verdict": made.verdict,
        "reason": held.reason if held else "; ".join(made.problems),
        "share": round(held.share, 4) if held else 0.0,
        "needed_gib": round(held.share * held.usable / _GIB, 2) if held else 0.0,
        "usable_gib": round(held.usable / _GIB, 2) if held else 0.0,
        "in_flight": round(held.concurrency, 1) if held else 0.0,
        "holds": float(held.holds) if held else 0.0,
        "beyond": held.beyond if held else False,
        "counted": held.counted if held else False,
        "carries": made.carries.verdict if made.carries else "unknown",
        "load": made.carries.reason if made.carries else "",
        "replicas": made.setup.replicas if made.setup else 0,
        "replicas_needed": -1 if made.carries is None or made.carries.needed is None else made.carries.needed,
        "replicas_declared": made.carries.declared if made.carries else False,
        "target": made.demand.target if made.demand else 0.0,
        "speed_known": speed is not None or made.measured is not None,
        "utilisation": round(speed.utilisation, 4) if speed else _tested(made),
        "months_left": round(min(ends), 1) if ends else 1200.0 if months else -1.0,
        "calibrated": made.calibration is not None,
        "impossible": [one.text for one in made.findings if one.kind == "impossible"],
        "missed": [one.text for one in made.findings if one.kind == "missed"],
        "problems": list(made.problems),
        "fixes": [_change(one) for one in made.fixes],
        "assumptions": list(made.assumptions),
        "terms": [
            {
                "name": term.name, "gib": round(term.expected / _GIB, 3), "formula": term.formula,
                "provenance": term.provenance, "path": FILE,
            }
            for term in (held.terms.terms if held else ())
        ],
        "report": to_json(made),
    }  # fmt: skip


def _change(one: Fix) -> str:
    """A change that works, and what it costs a month where a price is known."""
    return one.text if one.monthly is None else f"{one.text} ({one.currency} {one.monthly:,.0f} a month)"


def _tested(made: Plan) -> float:
    """The peak over the rate that a load test showed; 0 where there is none."""
    if made.measured is None or made.setup is None or made.demand is None:
        return 0.0
    return round(made.demand.peak / (made.measured.each * made.setup.replicas), 4)
