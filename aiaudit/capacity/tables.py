"""The shipped tables: accelerators, shapes of models, weight formats. Read once, checked when read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from msgspec import Struct

from aiaudit.resources import path_of

GIB: Final = 1024**3
_OTHER_NAMES: Final = {
    "float16": "fp16", "half": "fp16", "bfloat16": "bf16", "auto": "bf16", "float32": "fp32", "awq": "awq-int4",
    "gptq": "gptq-int4", "int4": "awq-int4", "f8_e4m3": "fp8", "w8a8": "int8",
}  # fmt: skip
_CACHE_NAMES: Final = {"auto": "bf16", "": "bf16", "fp8_e4m3": "fp8", "fp8_e5m2": "fp8", "float16": "fp16"}


class UnknownName(ValueError):  # noqa: N818
    """A GPU, a model or a format that no table has. The text names near ones."""


class Gpu(Struct, frozen=True):
    """One accelerator. `visible`: bytes that an engine can see; rates are dense; None where no source tells."""

    name: str
    memory: int
    visible: int
    bandwidth: float
    fp16: float | None
    fp8: float | None
    int8: float | None
    fp4: float | None
    tdp: float | None
    unified: bool
    source: str
    confidence: str
    linked: bool = False  # direct links between cards; without them ranks talk over PCIe

    def rate(self, compute: str) -> float | None:
        """FLOP/s of a type of multiplication; a type without units of its own is widened to 16 bits first."""
        wider = {"fp4": (self.fp4, self.fp16), "fp8": (self.fp8, self.fp16), "int8": (self.int8, self.fp16)}
        chosen = next((rate for rate in wider.get(compute, (self.fp16,)) if rate is not None), None)
        if chosen is None:
            return None
        return chosen * 1e12 / (16 if compute == "fp32" else 1)


class WeightFormat(Struct, frozen=True):
    """Bits a weight of each part; `whole` where the format is a mixture known only over the whole file."""

    name: str
    linear: float
    embedding: float
    experts: float
    whole: float | None
    compute: str
    source: str


@cache
def table(name: str) -> Mapping[str, Any]:
    """A table as plain data."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: Mapping[str, Any] = yaml.load((path_of("tables") / f"{name}.yaml").read_bytes(), loader)  # noqa: S506
    return data


@cache
def gpus() -> Mapping[str, Gpu]:
    """All accelerators by lower-case name, other names included."""
    found: dict[str, Gpu] = {}
    for name, row in table("gpus")["gpus"].items():
        memory = int(row["memory_bytes"])
        visible = int(row["visible_gib"] * GIB) if "visible_gib" in row else memory
        gpu = Gpu(
            name,
            memory,
            visible,
            float(row["bandwidth_gb_s"]) * 1e9,
            row.get("fp16_tflops"),
            row.get("fp8_tflops"),
            row.get("int8_tops"),
            row.get("fp4_tflops"),
            row.get("tdp_w"),
            bool(row.get("unified")),
            row["source"],
            row["confidence"],
            name in table("gpus")["linked"],
        )
        for known in (name, *row.get("also", ())):
            found[str(known).lower()] = gpu
    return found


def gpu_named(name: str) -> Gpu:
    """The accelerator of a name as people, drivers or clouds write it. Raises `UnknownName`."""
    wanted = name.lower().strip()
    for prefix in ("nvidia", "amd", "geforce", "tesla", "instinct"):  # a node's label writes nvidia-h100-80gb
        wanted = wanted.removeprefix(f"{prefix} ").removeprefix(f"{prefix}-")
    known = gpus()
    found = known.get(wanted) or known.get(wanted.replace(" ", "-")) or known.get(wanted.replace("-", " "))
    if found is None:
        raise UnknownName(f"no GPU {name!r} in the table{_near(wanted, known)}")
    return found


@cache
def weight_formats() -> Mapping[str, WeightFormat]:
    """Weight formats by name."""
    found = {}
    for name, row in table("quantisation")["formats"].items():
        whole = row.get("whole")
        linear = float(row.get("linear", whole or 16))
        found[name] = WeightFormat(
            name,
            linear,
            float(row.get("embedding", linear)),
            float(row.get("experts", linear)),
            whole,
            row["compute"],
            row.get("source", ""),
        )
    return found


def weight_format(name: str) -> WeightFormat:
    """The format of a name (`fp8`, `gguf:Q4_K_M` …). Raises `UnknownName`."""
    wanted = _OTHER_NAMES.get(name.lower(), name)
    known = weight_formats()
    found = known.get(wanted) or known.get(wanted.lower()) or known.get(f"gguf:{wanted.upper()}")
    if found is None:
        raise UnknownName(f"no weight format {name!r}{_near(wanted, known)}")
    return found


def cache_bytes(name: str) -> float:
    """Bytes of one cached element; `auto` is 16 bits whatever the weights are, as the engines have it."""
    known = table("quantisation")["cache"]
    wanted = _CACHE_NAMES.get(name.lower(), name.lower())
    if wanted not in known:
        raise UnknownName(f"no cache type {name!r}{_near(wanted, known)}")
    return float(known[wanted]["bytes"])


def _near(wanted: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(wanted, list(known), n=3, cutoff=0.5)
    return f"; near: {', '.join(near)}" if near else ""
