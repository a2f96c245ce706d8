"""What serves: a model, an engine, and the GPUs under it. Immutable, so that a search can try others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.capacity.architecture import Cache, cache
from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.model import Model
from aiaudit.capacity.serving import Setting, engine_law
from aiaudit.capacity.tables import GIB, Gpu, UnknownName, cache_bytes, gpu_named
from aiaudit.model.types import Unknown
from aiaudit.project.workload import TargetPart, WorkloadPart

if TYPE_CHECKING:
    from aiaudit.probes.hardware.report import HardwareReport

# engines that run on a machine's own processor as well
_ON_CPU: Final = frozenset({"llama.cpp", "transformers", "hf", "onnxruntime", "openvino", "ollama", "other"})


ALL_THERE: Final = "all that the declared GPUs hold"


class NoHardware(Exception):  # noqa: N818
    """The hardware is not known. The text says why, and what would help."""


class Setup(Struct, frozen=True):
    """One way to serve the model. `available`: GPUs that there are; None where as many as needed may be had."""

    model: Model
    engine: str
    gpu: Gpu
    available: int | None
    tp: int = 1
    pp: int = 1
    ep: int = 1
    replicas: int = 1
    kv_type: str = "auto"
    utilisation: float | None = None
    max_num_seqs: int | None = None
    max_batched: int | None = None
    max_model_len: int | None = None
    version: str = ""  # of the engine
    price: float | None = None  # dollars an hour and GPU
    processes: int = 1  # of a replica that serves a classical model
    peak: int | None = None  # bytes of a replica that serves a classical model, as measured
    processor: bool = False  # no GPU: a machine's own processor and memory
    least: int = 1  # replicas that run whatever the load; 0: nobody declares it
    open: bool = False  # nobody declares how many replicas there are: as many as the load needs
    tokens_per_second: float | None = None  # output of one replica, as the project measured it
    filled: int = 0  # nobody declares replicas: they are all that the declared GPUs hold, and so many at the least

    @property
    def ranks(self) -> int:
        """GPUs of one copy of the model."""
        return self.tp * self.pp

    @property
    def gpus(self) -> int:
        return self.ranks * self.replicas

    @property
    def element(self) -> float:
        """Bytes of a cached element."""
        return cache_bytes(self.kv_type)

    @property
    def cache(self) -> Cache | None:
        return cache(self.model.shape) if self.model.shape else None

    @property
    def block(self) -> int:
        return int(engine_law(self.engine).get("block", 16))

    @property
    def setting(self) -> Setting:
        return Setting(
            self.engine, self.ranks, self.utilisation, self.max_num_seqs, self.max_batched, self.max_model_len,
            self.version,
        )  # fmt: skip

    def tensor_parallel(self, tp: int) -> Setup:
        return replace(self, tp=tp)

    def copies_over(self, tp: int) -> int:
        """Replicas where the model is split over `tp` ranks: as declared, else all that the declared GPUs hold."""
        return max(self.filled, (self.available or 0) // (tp * self.pp)) if self.filled else self.replicas


def setup_of(part: WorkloadPart, model: Model, report: HardwareReport | None, assumed: Assumptions) -> Setup:
    """The declared way to serve. `report`: this machine, for `target: local`. Raises `NoHardware`, `UnknownName`."""
    serving, parallel = part.serving, part.serving.parallel
    if model.classical:
        return _classical(part, model, report, assumed)
    engine = str(assumed.take("serving.engine", serving.engine))
    try:
        engine_law(engine)
    except UnknownName as error:
        near = error.args[0].partition("; ")[2]
        mark = f" ({near})" if near.startswith("near") else ""
        why = f"not in the table{mark}: 2.3 GiB and 5 % of the weights are its overhead"
        assumed.note("serving.engine", engine, why)
        engine = "other"
    tp = assumed.whole("serving.parallel.tp", parallel.tp)
    pp = assumed.whole("serving.parallel.pp", parallel.pp)
    gpu, available = _hardware(part, report, engine, assumed)
    copies = _copies(part, tp * pp, assumed)
    kv_type = str(assumed.take("model.kv_cache_dtype", part.model.kv_cache_dtype if part.model else ""))
    cache_bytes(kv_type)
    moe = model.shape is not None and model.shape.experts is not None
    return Setup(
        model=model,
        engine=engine,
        gpu=gpu,
        available=available,
        tp=tp,
        pp=pp,
        ep=assumed.whole("serving.parallel.ep", parallel.ep) if moe else 1,
        replicas=copies.replicas,
        kv_type=kv_type,
        utilisation=serving.memory_utilization,
        max_num_seqs=serving.max_num_seqs or serving.max_batch,
        max_batched=serving.max_num_batched_tokens,
        max_model_len=serving.max_model_len,
        version=serving.engine_version.strip().removeprefix("v"),
        price=_price(part),
        processor=_on_processor(part, report),
        least=copies.least,
        open=copies.open,
        tokens_per_second=part.hardware.tokens_per_second,
        filled=copies.filled,
    )


def over_ranks(setup: Setup, part: WorkloadPart, tp: int, assumed: Assumptions) -> Setup:
    """The same GPUs with the model split over `tp` of them, which nobody declares."""
    assumed.instead("serving.parallel.tp", tp, "the fewest of the declared GPUs that hold the model, or all of them")
    copies = setup.copies_over(tp)
    if setup.filled:
        assumed.instead("serving.parallel.replicas", copies, ALL_THERE)
    return replace(setup, tp=tp, replicas=copies, least=copies if setup.filled else setup.least)


class _Copies(Struct, frozen=True):
    replicas: int
    least: int  # 0: nobody declares it
    open: bool
    filled: int = 0


def _copies(part: WorkloadPart, ranks: int, assumed: Assumptions) -> _Copies:
    """Replicas by what is declared: their number, else that of the GPUs, and the fewest that run. Where replicas follow
    the load, or nothing tells their number, it is open."""
    hardware = part.hardware
    declared = part.serving.parallel.replicas or part.serving.replicas or 0
    bought = (hardware.count or 0) // ranks
    if hardware.autoscale or not (declared or hardware.count):
        least = declared if hardware.min_replicas is None else max(1, hardware.min_replicas)
        return _Copies(max(1, least), least, True)
    least = max(1, bought, declared, hardware.min_replicas or 0)
    if not declared:
        assumed.note("serving.parallel.replicas", least, ALL_THERE)
    return _Copies(declared or least, least, False, 0 if declared else hardware.min_replicas or 1)


def _price(part: WorkloadPart) -> float | None:
    """An hour of one GPU as it is paid: less the declared discount."""
    hardware = part.hardware
    return None if hardware.price_per_hour is None else hardware.price_per_hour * (1 - (hardware.discount or 0.0))


def _classical(part: WorkloadPart, model: Model, report: HardwareReport | None, assumed: Assumptions) -> Setup:
    """Processes on a machine: nothing is split over ranks, and there is no cache."""
    serving = part.serving
    engine = serving.engine or "its own process"
    gpu, available = _hardware(part, report, "other", assumed)
    copies = _copies(part, 1, assumed)
    return Setup(
        model=model,
        engine=engine,
        gpu=gpu,
        available=available,
        replicas=copies.replicas,
        least=copies.least,
        open=copies.open,
        price=_price(part),
        processes=assumed.whole("serving.processes", serving.processes),
        processor=_on_processor(part, report),
    )


def _on_processor(part: WorkloadPart, report: HardwareReport | None) -> bool:
    """Whether what serves is a machine without a GPU."""
    if part.hardware.gpu:
        return False
    return isinstance(part.hardware.target, TargetPart) or report is None or not report.gpus.devices


def _hardware(
    part: WorkloadPart, report: HardwareReport | None, engine: str, assumed: Assumptions
) -> tuple[Gpu, int | None]:
    hardware = part.hardware
    if hardware.gpu:
        try:
            gpu = gpu_named(hardware.gpu)
        except UnknownName as error:
            if hardware.memory_gib is None:
                raise NoHardware(f"workload.hardware.gpu: {error}; or give hardware.memory_gib") from None
            gpu = plain_memory(hardware.gpu, round(hardware.memory_gib * GIB))
        if hardware.memory_gib is not None:
            gpu = replace(gpu, visible=round(hardware.memory_gib * GIB), memory=round(hardware.memory_gib * GIB))
        if hardware.count is None:
            assumed.take("hardware.count", None)
        return gpu, hardware.count
    if isinstance(hardware.target, TargetPart):
        if hardware.target.memory_mb is None:
            raise NoHardware("workload.hardware.target.memory_mb is missing")
        cores = "" if hardware.target.cpu is None else f"{hardware.target.cpu:g} CPU, "
        name = f"machine ({cores}{hardware.target.memory_mb:,.0f} MB)"
        return plain_memory(name, round(hardware.target.memory_mb * 1e6)), hardware.count
    assumed.take("hardware.target", hardware.target or None)
    return _local(report, engine)


def plain_memory(name: str, size: int) -> Gpu:
    """A device of which only the memory is known."""
    return Gpu(
        name, size, size, 0.0, None, None, None, None, None, unified=True, source="declared", confidence="medium"
    )


def _local(report: HardwareReport | None, engine: str) -> tuple[Gpu, int | None]:
    if report is None:
        raise NoHardware("this machine was not looked at; declare workload.hardware.gpu and count")
    devices = report.gpus.devices
    if devices:
        first = devices[0]
        if isinstance(first.mig_slices, tuple) and first.mig is True and first.mig_slices:
            part = first.mig_slices[0]
            if isinstance(part.memory, int):
                return plain_memory(str(part.name), part.memory), len(first.mig_slices)
        memory = first.memory if isinstance(first.memory, int) else report.memory.usable if first.unified else None
        if not isinstance(memory, int):
            raise NoHardware(
                f"the memory of {first.name} is not told by its driver; declare workload.hardware.gpu and count"
            )
        try:
            known = gpu_named(str(first.name))
        except UnknownName:
            return plain_memory(str(first.name), memory), len(devices)
        return replace(known, visible=memory, memory=max(memory, known.memory)), len(devices)
    if engine not in _ON_CPU:
        why = report.gpus.reason or "none was found"
        raise NoHardware(f"no GPU on this machine ({why}); declare workload.hardware.gpu and count")
    usable = report.memory.usable
    if isinstance(usable, Unknown):
        raise NoHardware(
            f"the memory of this machine is not known ({usable.reason}); declare workload.hardware.target.memory_mb"
        )
    return plain_memory("this machine's memory", usable), 1
