"""What a plan takes where the workload is silent. Every default that is used is listed: the key, the value, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

Value = float | int | str | bool

# key of the workload -> default and why. A figure is used through `Assumptions.take` alone, which lists it.
DEFAULTS: Final[Mapping[str, tuple[Value, str]]] = {
    "model.weights.dtype": ("bf16", "as most checkpoints are published"),
    "model.kv_cache_dtype": ("auto", "16 bits, the engines' default"),
    "serving.engine": ("vllm", "the commonest engine for decoders"),
    "serving.parallel.tp": (1, "one GPU a replica"),
    "serving.parallel.pp": (1, "layers are not split over machines"),
    "serving.parallel.ep": (1, "experts are not split"),
    "serving.parallel.replicas": (1, "one copy serves"),
    "serving.processes": (1, "one process serves a replica"),
    "hardware.target": ("local", "the machine that this runs on"),
    "hardware.count": ("enough", "as many GPUs as the replicas need"),
    "hardware.min_replicas": (2, "one may fail while the other serves"),
    "hardware.target_utilisation": (0.8, "of a replica's capacity is planned for at peak, the rest is for bursts"),
    "traffic.requests_per_second.peak": (3, "times the mean"),
    "traffic.concurrency.p99": ("derived", "peak rate × time of a request (Little's law)"),
    "traffic.tokens.input.p95": (3, "times the median"),
    "traffic.tokens.output.p95": (2.5, "times the median"),
    "traffic.prefix_cache_hit": (0.0, "no prompt is shared"),
    "traffic.hours_per_day": (24.0, "around the clock"),
    "growth.per_month.expected": (0.05, "a share a month"),
    "growth.per_month.low": (0.5, "times the expected growth"),
    "growth.per_month.high": (2.0, "times the expected growth"),
    "growth.horizon_months": (18, "a planning horizon"),
    "training.seq_len": (2048, "tokens a sequence"),
    "training.micro_batch": (1, "sequences a step and GPU"),
    "training.grad_checkpoint": (True, "activations are recomputed"),
    "training.optimizer": ("adamw", "two moments a parameter"),
    "training.rank": (16, "of the adapters, on all linear layers"),
    "training.gpus": (1, "one GPU trains"),
    "training.zero_stage": (0, "nothing is sharded"),
    "training.precision": ("mixed", "16-bit weights with a 32-bit copy where they are trained"),
    "training.attention": ("flash", "scores are not kept"),
    "indexes.element": ("fp32", "4 bytes a dimension"),
    "indexes.links": (16, "M of HNSW's common default"),
    "indexes.code_bytes": (64, "bytes of a product-quantised code"),
}


class Assumption(Struct, frozen=True):
    """A default that was used. `key` is that of the workload block."""

    key: str
    value: Value
    why: str

    @property
    def text(self) -> str:
        value = f"{self.value:g}" if isinstance(self.value, float) else str(self.value)
        if isinstance(self.value, bool):  # as the project file would have it
            value = str(self.value).lower()
        if self.why.startswith("times "):
            return f"{self.key}: {value} × {self.why.removeprefix('times ')}"
        return f"{self.key}: {value} ({self.why})"


class Assumptions(Struct):
    """The defaults used so far, in the order of use, each once."""

    used: dict[str, Assumption] = field(default_factory=dict)

    def take(self, key: str, given: Value | None) -> Value:
        """What is given; else the default, which is then listed. Raises `KeyError` for a key without a default."""
        if given is not None and given != "":
            return given
        value, why = DEFAULTS[key]
        self.used.setdefault(key, Assumption(key, value, why))
        return value

    def number(self, key: str, given: float | None) -> float:
        """The same for a figure."""
        return float(self.take(key, given))

    def whole(self, key: str, given: int | None) -> int:
        """The same for a count."""
        return int(self.take(key, given))

    def note(self, key: str, value: Value, why: str) -> None:
        """A default that is not of the table: an engine's own, or one that follows from another figure."""
        self.used.setdefault(key, Assumption(key, value, why))

    def instead(self, key: str, value: Value, why: str) -> None:
        """A default that another figure has overtaken: what is taken in its place, and why."""
        self.used[key] = Assumption(key, value, why)

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(one.text for one in self.used.values())
