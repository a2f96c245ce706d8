"""The probe `hardware`: this machine as a fact. Nothing is measured under load; see `aiaudit hardware --measure`."""

from __future__ import annotations

from typing import ClassVar, Final

from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.hardware.report import HardwareReport
from aiaudit.probes.hardware.survey import probe_hardware

_MIG: Final = record("MIG slice", name=STRING, memory=INT)
_GPU: Final = record(
    "GPU",
    vendor=STRING,
    index=INT,
    name=STRING,
    memory=INT,
    unified=BOOL,
    compute_capability=STRING,
    bf16=BOOL,
    fp8=BOOL,
    mig=BOOL,
    mig_slices=list_of(_MIG),
    ecc=BOOL,
    ecc_uncorrected=INT,
    rows_pending=BOOL,
    power_limit=DOUBLE,
    power_default=DOUBLE,
    nvlinks=INT,
)
_TYPE: Final = record(
    "hardware",
    os=STRING,
    container=STRING,
    cgroup=STRING,
    cpu=record(
        "processor",
        model=STRING,
        architecture=STRING,
        threads=INT,
        quota=DOUBLE,
        usable=DOUBLE,
        limited_by=STRING,
        features=list_of(STRING),
        numa_nodes=INT,
    ),
    memory=record("memory", total=INT, limit=INT, usable=INT, swap_total=INT, shm_total=INT),
    disks=list_of(record("disk", use=STRING, filesystem=STRING, total=INT)),
    gpus=record("GPUs", state=STRING, driver=STRING, cuda=STRING, devices=list_of(_GPU)),
)


class HardwareQuery(Query):
    """No keys: a machine has one hardware."""


class HardwareProbe(Probe[HardwareQuery]):
    """This machine's processor, memory, disks and GPUs, as a process in this container may use them."""

    name: ClassVar[str] = "hardware"
    title: ClassVar[str] = "this machine: usable cores and memory, disks, GPUs"
    query: ClassVar[type[HardwareQuery]] = HardwareQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: HardwareQuery) -> Type:
        return _TYPE

    def answer(self, fact_id: str, query: HardwareQuery, context: Context) -> Fact:
        report = context.memo.get("hardware")
        if not isinstance(report, HardwareReport):
            root, project = context.options.get("hardware_root", "/"), str(context.project.root)
            report = context.memo["hardware"] = probe_hardware(root, project=project)
        return Fact(
            id=fact_id,
            state=State.KNOWN,
            value=report.to_json(volatile=False),
            level=Level.MEASURED,
            method="kernel files and NVML",
        )
