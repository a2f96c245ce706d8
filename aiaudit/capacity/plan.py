"""One plan: does it fit, how many requests, how long do they take, when does growth end it, and what would mend it.

Cost is a part of its own: it takes `Plan.setup` (GPUs, replicas, price an hour) and `Plan.demand` as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.calibration import Calibration, apply
from aiaudit.capacity.demand import Demand, NoLoad, demand_of
from aiaudit.capacity.fit import Fit, fit
from aiaudit.capacity.fixes import Fix, fixes
from aiaudit.capacity.growth import Runway, TenTimes, runways, ten_times
from aiaudit.capacity.index import Index, index_of
from aiaudit.capacity.latency import Service, impossible, misses, service
from aiaudit.capacity.measured import Measured, NoMeasurement, measured, measured_memory
from aiaudit.capacity.model_source import Model, NoModel, resolve
from aiaudit.capacity.runs import TrainingPlan, training_plans
from aiaudit.capacity.setup import NoHardware, Setup, setup_of
from aiaudit.capacity.tables import UnknownName
from aiaudit.project.reader import Reader
from aiaudit.project.workload import WorkloadPart

if TYPE_CHECKING:
    from aiaudit.probes.hardware.report import HardwareReport

_EVEN: Final = 0.98  # of the peak: a fixed rate is never met to the digit


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

    @property
    def verdict(self) -> str:
        """yes, tight, no or unknown."""
        return self.fit.verdict if self.fit else "unknown"


def plan(
    part: WorkloadPart,
    reader: Reader | None,
    report: HardwareReport | None = None,
    calibration: Calibration | None = None,
    budget: float | None = None,
    *,
    search: bool = True,
) -> Plan:
    """Plan a workload. `report`: this machine, for a local target. `budget`: dollars a month, where the project's file
    has one beside the workload's own. `search=False` leaves out the fixes."""
    assumed = Assumptions()
    found = Plan(part, ())
    if part.over_interface:
        return replace(found, problems=("the model is called over an interface: there is no hardware to plan",))
    indexes = tuple(index_of(one, assumed) for one in part.indexes)
    found = replace(found, indexes=indexes)
    try:
        engine = str(assumed.take("serving.engine", part.serving.engine))
        model = resolve(part.model, reader, engine, assumed)
        found = replace(found, model=model)
        setup = setup_of(part, model, report, assumed)
        if model.classical:
            setup = replace(setup, peak=measured_memory(part, reader))
        found = replace(found, setup=setup, training=training_plans(part.training, model, setup, reader, assumed))
        demand = demand_of(part, assumed, answers=model.encoder is None, language=not model.classical)
    except (NoModel, NoHardware, NoLoad, NoMeasurement, UnknownName) as error:
        return replace(found, problems=(str(error),), assumptions=assumed.texts)
    memory = apply(fit(setup, demand), setup, demand, calibration)
    speed = service(setup, demand, memory.limit) if memory.pool > 0 else None
    money = part.budget.monthly_usd if part.budget.monthly_usd is not None else budget
    problems, tested = [], None
    try:
        tested = measured(part, reader, assumed) if speed is None else None
    except NoMeasurement as error:
        problems.append(str(error))
    if memory.verdict == "unknown":
        problems.append(memory.reason)
    elif speed is None and tested is None and not problems and (memory.pool > 0 or model.classical):
        problems.append(_no_speed(model, setup))
    return replace(
        found,
        problems=tuple(problems),
        demand=demand,
        fit=memory,
        service=speed,
        runways=runways(setup, demand, memory, speed, money, tested) if memory.verdict != "unknown" else (),
        ten_times=ten_times(setup, demand, memory, speed, tested),
        fixes=fixes(setup, demand) if search else (),
        findings=_findings(found, setup, demand, memory, speed, calibration, tested),
        assumptions=(*assumed.texts, *memory.assumed),
        calibration=calibration,
        measured=tested,
    )


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
    said = []
    if memory.verdict == "no":
        said.append(Finding("memory", f"{setup.model.name} does not fit {setup.gpu.name}: {memory.reason}"))
    if speed is not None:
        said += [Finding("impossible", text) for text in impossible(speed, demand)]
        said += [Finding("missed", text) for text in misses(speed, demand)]
    elif tested is not None and demand.peak > tested.each * setup.replicas / _EVEN:
        rate = f"{demand.peak:.3g} requests/s, {setup.replicas} replicas were tested up to"
        said.append(Finding("missed", f"the peak is {rate} {tested.each * setup.replicas:.3g}: test that rate"))
    said += [Finding("memory", one.finding) for one in found.training if one.finding]
    if calibration is not None:
        said += [Finding("calibration", text) for text in calibration.findings]
    return tuple(said)
