"""One plan: does it fit, how many requests, how long do they take, when does growth end it, and what would mend it.

Cost is a part of its own: it takes `Plan.setup` (GPUs, replicas, price an hour) and `Plan.demand` as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.calibration import Calibration, apply
from aiaudit.capacity.demand import Demand, NoLoad, demand_of
from aiaudit.capacity.fit import Fit, fit
from aiaudit.capacity.fixes import Fix, Rents, fixes
from aiaudit.capacity.growth import Runway, TenTimes, runways, ten_times
from aiaudit.capacity.index import Index, index_of
from aiaudit.capacity.latency import Service, impossible, misses, service, speed_at
from aiaudit.capacity.measured import Measured, NoMeasurement, declared_rate, measured, measured_memory
from aiaudit.capacity.model import Model, NoModel
from aiaudit.capacity.model_source import resolve
from aiaudit.capacity.refused import refused, unheard
from aiaudit.capacity.runs import TrainingPlan, training_plans
from aiaudit.capacity.setup import NoHardware, Setup, over_ranks, setup_of
from aiaudit.capacity.sizing import EVEN, Carries, carries, sized
from aiaudit.capacity.tables import UnknownName
from aiaudit.project.reader import Reader
from aiaudit.project.workload import WorkloadPart

if TYPE_CHECKING:
    from aiaudit.probes.hardware.report import HardwareReport


class Finding(Struct, frozen=True):
    """What a person has to know. `kind`: impossible (physics), missed (an objective), memory, calibration."""

    kind: str
    text: str


class Plan(Struct, frozen=True):
    """All that can be said of a workload. `problems`: why parts of it are unknown; never empty where the fit is."""

    workload: WorkloadPart
    problems: tuple[str, ...]
    model: Model | None = None
    setup: Setup | None = None
    demand: Demand | None = None
    fit: Fit | None = None
    service: Service | None = None
    runways: tuple[Runway, ...] = ()
    ten_times: TenTimes | None = None
    fixes: tuple[Fix, ...] = ()
    training: tuple[TrainingPlan, ...] = ()
    indexes: tuple[Index, ...] = ()
    findings: tuple[Finding, ...] = ()
    assumptions: tuple[str, ...] = ()
    calibration: Calibration | None = None
    measured: Measured | None = None
    carries: Carries | None = None
    searched: bool = False  # changes were looked for; none may be enough

    @property
    def verdict(self) -> str:
        """Whether the model fits in memory: yes, tight, no or unknown. Whether it bears the load is `carries`."""
        return self.fit.verdict if self.fit else "unknown"


def plan(
    part: WorkloadPart,
    reader: Reader | None,
    report: HardwareReport | None = None,
    calibration: Calibration | None = None,
    budget: float | None = None,
    *,
    search: bool = True,
    rents: Rents | None = None,
) -> Plan:
    """Plan a workload. `report`: this machine, for a local target. `budget`: dollars a month, where the project's file
    has one beside the workload's own. `search=False` leaves out the fixes; `rents`: the prices by which they are
    ordered."""
    assumed = Assumptions()
    found = Plan(part, ())
    if part.over_interface:
        return replace(found, problems=("the model is called over an interface: there is no hardware to plan",))
    indexes = tuple(index_of(one, assumed) for one in part.indexes)
    found = replace(found, indexes=indexes)
    try:
        classical = part.model is not None and part.model.kind == "classical"
        engine = part.serving.engine if classical else str(assumed.take("serving.engine", part.serving.engine))
        model = resolve(part.model, reader, engine, assumed)
        found = replace(found, model=model)
        setup = setup_of(part, model, report, assumed)
        if model.classical:
            setup = replace(setup, peak=measured_memory(part, reader))
        found = replace(found, setup=setup, training=training_plans(part.training, model, setup, reader, assumed))
        demand = demand_of(part, assumed, answers=model.encoder is None, language=not model.classical)
    except (NoModel, NoHardware, NoLoad, NoMeasurement, UnknownName) as error:
        return replace(found, problems=(str(error),), assumptions=assumed.texts)
    problems, tested = [], None
    known = model.encoder is None and not model.classical and speed_at(setup, demand, 1) is not None
    try:
        if not known:
            tested = declared_rate(setup.tokens_per_second, demand.answer.mean) or measured(part, reader, assumed)
    except NoMeasurement as error:
        problems.append(str(error))
    if (model.shape is not None and tested is None) or (tested is not None and not tested.met):
        # at a tested rate the objectives were met: nothing is taken off where nothing is declared
        share = assumed.number("hardware.target_utilisation", part.hardware.target_utilisation)
        demand = replace(demand, target=share)
    setup = _copies(part, _split(part, setup, demand, assumed), demand, tested, assumed)
    found = replace(found, setup=setup)
    memory = apply(fit(setup, demand), setup, calibration)
    memory = replace(memory, notes=(*memory.notes, *unheard(setup, demand)))
    speed = service(setup, demand, memory.limit) if memory.serves else None
    money = part.budget.monthly_usd if part.budget.monthly_usd is not None else budget
    if memory.verdict == "unknown":
        problems.append(memory.reason)
    elif speed is None and tested is None and not problems and (memory.serves or model.classical):
        problems.append(_no_speed(model, setup))
    return replace(
        found,
        problems=tuple(problems),
        demand=demand,
        fit=memory,
        service=speed,
        runways=runways(setup, demand, memory, speed, money, tested) if memory.verdict != "unknown" else (),
        ten_times=ten_times(setup, demand, memory, speed, tested),
        fixes=fixes(setup, demand, rents) if search else (),
        searched=search and model.shape is not None,
        findings=_findings(found, setup, demand, memory, speed, calibration, tested),
        assumptions=(*assumed.texts, *memory.assumed),
        calibration=calibration,
        measured=tested,
        carries=carries(setup, demand, memory, speed, tested, "; ".join(problems)),
    )


def _split(part: WorkloadPart, setup: Setup, demand: Demand, assumed: Assumptions) -> Setup:
    """Where nobody says over how many of the declared GPUs a model is split that one of them does not hold: over the
    fewest that hold it, and over all where none does."""
    shape, there = setup.model.shape, setup.available or 0
    if part.serving.parallel.tp is not None or shape is None or setup.processor or setup.open:
        return setup
    if there < 2 or fit(setup, demand).serves:
        return setup
    most = there // setup.pp // (setup.filled or setup.replicas)
    ways = [tp for tp in (2, 4, 8) if tp <= most and shape.attention.heads % tp == 0]
    if not ways:
        return setup
    held = (tp for tp in ways if fit(setup.tensor_parallel(tp), demand).serves)
    return over_ranks(setup, part, next(held, ways[-1]), assumed)


def _copies(part: WorkloadPart, setup: Setup, demand: Demand, tested: Measured | None, assumed: Assumptions) -> Setup:
    """As many replicas as are declared; where their number is open, as many as the peak needs, and two of what is
    rented, so that one may fail."""
    if not setup.open:
        return setup
    least = max(1, setup.least)
    made = sized(replace(setup, least=least), demand, tested)
    known = tested is not None or (speed_at(made, demand, 1) is not None and fit(made, demand).serves)
    if known and not setup.least and (part.hardware.gpu or part.hardware.target not in ("", "local")):
        least = assumed.whole("hardware.min_replicas", None)
        made = sized(replace(setup, least=least), demand, tested)
    if known:
        why = "as many as the peak needs, and the fewest that run: no number is declared"
        assumed.note("serving.parallel.replicas", made.replicas, why)
    else:
        assumed.whole("serving.parallel.replicas", None)
    return made


def _no_speed(model: Model, setup: Setup) -> str:
    test = "load-test it, and name the result in workload.serving.load_test"
    if model.classical:
        return f"the speed of classical models is not worked out: {test}"
    if model.encoder:
        return f"the speed of encoders is not worked out: {test}"
    return f"the speed of {setup.gpu.name} is not known: {test}"


def _findings(
    found: Plan,
    setup: Setup,
    demand: Demand,
    memory: Fit,
    speed: Service | None,
    calibration: Calibration | None,
    tested: Measured | None,
) -> tuple[Finding, ...]:
    said = [Finding("missed", text) for text in refused(setup, demand)]
    if memory.verdict == "no":
        said.append(Finding("memory", f"{setup.model.name} does not fit {setup.gpu.name}: {memory.reason}"))
    if speed is not None:
        said += [Finding("impossible", text) for text in impossible(speed, demand)]
        said += [Finding("missed", text) for text in misses(speed, demand)]
    elif tested is not None and demand.peak > tested.each * setup.replicas / EVEN:
        were = f"{setup.replicas} replicas were" if setup.replicas > 1 else "1 replica was"
        rate = f"{demand.peak:.3g} requests/s, {were} {tested.word} up to {tested.each * setup.replicas:.3g}"
        said.append(Finding("missed", f"the peak is {rate}{': test that rate' if tested.met else ''}"))
    said += [Finding("memory", one.finding) for one in found.training if one.finding]
    if calibration is not None:
        said += [Finding("calibration", text) for text in calibration.findings]
    return tuple(said)
