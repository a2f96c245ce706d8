"""How fast a model can serve: a bound that physics sets, an expectation fitted on measurements, a pessimistic figure.

A decoding step reads every weight once and each sequence's cache once, and multiplies; it takes as long as the slower
of the two. Bound: peak bandwidth and peak rate, nothing else (no measured row of ours exceeds it). Expectation: shares
of the peaks (MBU, MFU), a fixed cost a step and a cost a sequence, fitted on one half of published measurements and
tested on the other (`aiaudit plan --selfcheck`).
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from aiaudit.capacity.architecture import Architecture, Cache, Parameters
from aiaudit.capacity.tables import Gpu

MFU: Final = 0.45  # share of the peak rate that large multiplications reach
MBU: Final = 0.70  # share of the peak bandwidth that reading weights and cache reaches
STEP_S: Final = 2e-3  # scheduling and launches, a step
SEQUENCE_S: Final = 12e-6  # sampling and bookkeeping, a sequence and step
LINK_S: Final = 40e-6  # latency of one all-reduce
LINK_BANDWIDTH: Final = 300e9  # bytes a second between ranks (NVLink, effective)
PCIE_BANDWIDTH: Final = (
    25e9  # the same over PCIe 4.0 x16: its data sheet's 32 GB/s less protocol; no measured row tests it
)
MIXTURE: Final = 0.65  # mixtures reach this share of what the model says for dense ones (1.3–1.9 × over-predicted)
PESSIMISTIC: Final = 0.6


class Load(Struct, frozen=True):
    """Requests in flight: `batch` sequences at once, of `prompt` and `answer` tokens (means)."""

    batch: float
    prompt: int
    answer: int
    reused: int = 0  # tokens of the prompt whose cache is there already (a shared prefix)

    @property
    def context(self) -> float:
        """Tokens a sequence holds on average while it decodes."""
        return self.prompt + self.answer / 2


class Machine(Struct, frozen=True):
    """`ranks` equal GPUs that share one copy of the weights."""

    gpu: Gpu
    ranks: int
    compute: str
    weight_bytes: float
    element: float  # bytes of a cached element

    @property
    def bandwidth(self) -> float:
        return self.gpu.bandwidth * self.ranks

    @property
    def rate(self) -> float | None:
        one = self.gpu.rate(self.compute)
        return one * self.ranks if one else None


class Speed(Struct, frozen=True):
    """Of one replica. Tokens a second are output tokens; times in seconds. `limited_by`: bandwidth or compute."""

    tokens_per_second: float
    time_per_output_token: float
    time_to_first_token: float
    limited_by: str


class Estimate(Struct, frozen=True):
    """Three figures for one load: never exceeded, expected, and pessimistic."""

    bound: Speed
    expected: Speed
    pessimistic: Speed


def estimate(shape: Architecture, count: Parameters, cached: Cache, machine: Machine, load: Load) -> Estimate | None:
    """Speed of a replica at a load; None where the table does not know the GPU's rate."""
    if machine.rate is None or load.batch <= 0:
        return None
    bound = _speed(shape, count, cached, machine, load, mfu=1.0, mbu=1.0, overheads=False)
    factor = MIXTURE if shape.experts is not None else 1.0
    expected = _speed(shape, count, cached, machine, load, mfu=MFU * factor, mbu=MBU * factor, overheads=True)
    slow = _speed(
        shape,
        count,
        cached,
        machine,
        load,
        mfu=MFU * factor * PESSIMISTIC,
        mbu=MBU * factor * PESSIMISTIC,
        overheads=True,
    )
    return Estimate(bound, expected, slow)


def touched_share(shape: Architecture, batch: float) -> float:
    """Share of a layer's experts that a step of `batch` tokens reads: 1 − (1 − active / count) ^ batch."""
    if shape.experts is None:
        return 1.0
    return 1 - float((1 - shape.experts.active / shape.experts.count) ** batch)


def _speed(
    shape: Architecture,
    count: Parameters,
    cached: Cache,
    machine: Machine,
    load: Load,
    *,
    mfu: float,
    mbu: float,
    overheads: bool,
) -> Speed:
    rate = machine.rate
    assert rate is not None
    attention = 4 * len(shape.layers) * shape.attention.heads * shape.attention.head_dim
    fresh = max(1, load.prompt - load.reused)
    prefill = 2 * count.active * fresh + attention / 2 * (load.prompt**2 - load.reused**2)
    prefill /= rate * mfu
    experts = count.experts / count.total if count.total else 0.0
    read = machine.weight_bytes * (1 - experts + experts * touched_share(shape, load.batch))
    cache = load.batch * cached.elements(round(load.context)) * machine.element
    cache *= cached.split(machine.ranks) * machine.ranks
    memory_s = (read + cache) / (machine.bandwidth * mbu)
    compute_s = load.batch * (2 * count.active + attention * load.context) / (rate * mfu)
    # While a batch decodes, its next requests are prefilled: each output token carries its share of a prompt. Nothing
    # in physics keeps that work from the time in which the memory is read; engines of today do the one after the other.
    prompts = load.batch / load.answer * prefill
    if overheads:
        step = max(memory_s, compute_s) + prompts
        step += STEP_S + SEQUENCE_S * load.batch + _communication(shape, machine, load.batch)
    else:
        step = max(memory_s, compute_s + prompts)
    # The first token of a prompt that arrives alone: its prefill, which reads every weight at least once.
    first = max(prefill, machine.weight_bytes / (machine.bandwidth * mbu)) + (STEP_S if overheads else 0.0)
    return Speed(
        load.batch / step,
        step,
        first,
        "compute" if compute_s > memory_s else "bandwidth",
    )


def _communication(shape: Architecture, machine: Machine, batch: float) -> float:
    """Two all-reduces a layer of the batch's hidden states."""
    if machine.ranks <= 1:
        return 0.0
    link = LINK_BANDWIDTH if machine.gpu.linked else PCIE_BANDWIDTH
    return len(shape.layers) * 2 * (LINK_S + batch * shape.hidden * 4 / link)
