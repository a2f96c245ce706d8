"""The model of capacity held against measurements that others published (`tables/measured.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit.capacity import weights
from aiaudit.capacity.architecture import Architecture, cache, parameters
from aiaudit.capacity.model_config import from_config
from aiaudit.capacity.model_source import preset_named
from aiaudit.capacity.serving import Setting, budget, engine_law
from aiaudit.capacity.tables import GIB, Gpu, WeightFormat, gpu_named, table, weight_format
from aiaudit.capacity.terms import Term
from aiaudit.capacity.throughput import Load, Machine, estimate
from aiaudit.capacity.training import Run, training_memory

_MOST_SEQUENCES: Final = 2048  # of a throughput benchmark whose batch is bound by the cache alone
_TEXT: Final = ("dense", "mixture", "latent")  # kinds whose working set is the sampler's: no image encoder
_SHARE: Final = 0.9  # of the memory that such a benchmark uses


class Row(Struct, frozen=True):
    """One measurement, and what the model says of it. `fit`: constants were fitted on it. `bound`: never exceeded."""

    what: str
    kind: str
    measured: float
    predicted: float
    fit: bool
    source: str
    bound: float | None = None
    budget: float | None = None  # what a difference is a share of, where not of the measurement

    @property
    def error(self) -> float:
        """Signed, as a share."""
        return (self.predicted - self.measured) / (self.budget or self.measured)

    @property
    def ratio(self) -> float:
        """How many times off, ≥ 1."""
        return max(self.predicted / self.measured, self.measured / self.predicted)


class Score(Struct, frozen=True):
    """Rows of one kind against a goal: at least `goal` of them within `within`."""

    title: str
    rows: Sequence[Row]
    goal: float
    within: float
    ratio: bool = False
    notes: tuple[str, ...] = field(default=())

    def good(self, row: Row) -> bool:
        return row.ratio <= self.within if self.ratio else abs(row.error) <= self.within

    @property
    def hits(self) -> int:
        return sum(self.good(row) for row in self.rows)

    @property
    def share(self) -> float:
        return self.hits / len(self.rows) if self.rows else 0.0

    @property
    def met(self) -> bool:
        return self.share >= self.goal

    @property
    def worst(self) -> Row:
        return max(self.rows, key=lambda row: row.ratio if self.ratio else abs(row.error))


def scores() -> tuple[Score, ...]:
    """All accuracy tables. Where constants were fitted on a part, the other part is a table of its own."""
    pool, train, speed = vllm_rows(), training_rows(), throughput_rows()
    dense = [row for row in pool if row.kind == "dense"]
    single = [row for row in train if row.kind in ("lora", "full")]
    guessed = _of(train, "assumed")
    hard = [row for row in train if row.kind in ("qlora", "multi")]
    return (
        Score("parameters of shipped shapes, exact", parameter_rows(), 0.95, 0.001),
        Score("cache of a token, against logs of engines, ≤ 0.1 %", cache_rows(), 1.0, 0.001),
        Score("vLLM cache pool, dense text, ≤ 1 % of the budget", dense, 0.75, 0.01),
        Score(
            "vLLM cache pool, dense text, as shipped, held out",
            _held(dense),
            0.75,
            0.01,
            notes=("three rows; the log of the RTX 3090 does not add up by 0.4 GiB itself",),
        ),
        Score("vLLM cache pool, dense text, fitted without its GPU", held_out_rows(by_gpu), 0.75, 0.01),
        Score("vLLM cache pool, dense text, fitted without its family", held_out_rows(by_family), 0.75, 0.01),
        Score("vLLM cache pool, mixtures, latent, multimodal, ≤ 4 %", _not(pool, "dense"), 0.75, 0.04),
        Score("inference peak, ≤ 10 %", _of(train, "inference"), 0.80, 0.10),
        Score("LoRA and full, one GPU, ≤ 15 %", single, 0.80, 0.15),
        Score("LoRA and full, one GPU, held out", _held(single), 0.80, 0.15),
        Score("QLoRA and several GPUs, ≤ 25 %", hard, 0.85, 0.25),
        Score("QLoRA and several GPUs, held out", _held(hard), 0.85, 0.25),
        Score(
            "training where the source leaves settings open, ≤ 15 %",
            guessed,
            0.80,
            0.15,
            notes=("we chose the settings that explain it",),
        ),
        Score("throughput, dense, within 1.5 ×", speed, 0.90, 1.5, ratio=True),
        Score("throughput, dense, within 2 ×", speed, 1.0, 2.0, ratio=True),
    )


def bound_violations(rows: Iterable[Row]) -> int:
    """Measurements above the ideal bound; one would show that the bound is none."""
    return sum(row.bound is not None and row.measured > row.bound for row in rows)


def spearman(rows: Sequence[Row]) -> float:
    """Rank correlation of predicted and measured."""

    def ranks(of: Callable[[Row], float]) -> list[float]:
        order = sorted(range(len(rows)), key=lambda n: of(rows[n]))
        found = [0.0] * len(rows)
        for rank, number in enumerate(order):
            found[number] = rank
        return found

    a, b, n = ranks(lambda r: r.measured), ranks(lambda r: r.predicted), len(rows)
    return 1 - 6 * sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) / (n * (n * n - 1))


def _held(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if not row.fit]


def _of(rows: Iterable[Row], kind: str) -> list[Row]:
    return [row for row in rows if row.kind == kind]


def _not(rows: Iterable[Row], kind: str) -> list[Row]:
    return [row for row in rows if row.kind not in (kind, "old")]


def _shape(name: str) -> Architecture:
    found = preset_named(name)
    assert found is not None, name
    return from_config(found[1]["config"])


def parameter_rows() -> list[Row]:
    """Presets whose published count is known."""
    rows = []
    for name, model in table("models")["models"].items():
        if "parameters" in model:
            counted = parameters(from_config(model["config"])).total
            rows.append(Row(name, "parameters", model["parameters"], counted, False, "model card or weight index"))
    return rows


def cache_rows() -> list[Row]:
    """Bytes a token in 16 bits, over all layers and ranks."""
    return [
        Row(row["model"], "cache", row["bytes"], 2 * cache(_shape(row["model"])).per_token, False, row["source"])
        for row in table("measured")["cache"]
    ]


def vllm_rows() -> list[Row]:
    """The pool of one rank. A log of a version before the law holds has the kind `old` and is in no score."""
    return [_vllm(row) for row in table("measured")["vllm"]]


def _vllm(row: Mapping[str, Any], fitted_anew: Mapping[str, Any] | None = None) -> Row:
    shape, term, gpu, setting = _served(row)
    have = budget(shape, term, gpu, setting, {**engine_law("vllm", setting.version), **(fitted_anew or {})})
    what = f"{row['model']} on {row['tp']} × {row['gpu']}, {row['engine']}"
    kind = "old" if "before" in row else row["kind"]
    return Row(what, kind, row["pool_gib"] * GIB, have.pool, row["fit"], row["source"], budget=have.usable)


def _served(row: Mapping[str, Any]) -> tuple[Architecture, Term, Gpu, Setting]:
    shape = _shape(row["model"])
    gpu = replace(gpu_named(row["gpu"]), visible=round(row["visible_gib"] * GIB))
    if "weights_gib" in row:
        term = weights.from_bytes(round(row["weights_gib"] * GIB), "log")
    else:
        term = weights.from_shape(parameters(shape), weight_format(row["form"]), "shape", engine="vllm")
    return shape, term, gpu, Setting(
        "vllm", row["tp"], row["utilisation"], row.get("max_num_seqs"), row.get("tokens"), version=_version(row)
    )  # fmt: skip


def _version(row: Mapping[str, Any]) -> str:
    """The engine's version, as the log's row tells it; V0 ended with 0.7. A run without graphs is as before 0.21."""
    if row.get("graphs") is False:
        return ""
    found = re.search(r"\d+\.\d+(?:\.\d+)?", str(row["engine"]))
    return "0.7" if "V0" in row["engine"] else found[0] if found else ""


def held_out_rows(group: Callable[[Mapping[str, Any]], str]) -> list[Row]:
    """Dense logs, each predicted by constants that were fitted anew on the logs of all other groups alone."""
    rows = [row for row in table("measured")["vllm"] if "before" not in row]
    found = []
    for name in dict.fromkeys(map(group, rows)):
        law = fitted([row for row in rows if group(row) != name])
        found += [replace(_vllm(row, law), fit=False) for row in rows if group(row) == name and row["kind"] == "dense"]
    return found


def by_gpu(row: Mapping[str, Any]) -> str:
    """The group of a log by its GPU."""
    return str(row["gpu"])


def by_family(row: Mapping[str, Any]) -> str:
    """The group of a log by its model's family: llama, qwen, gpt, deepseek."""
    return re.sub(r"[^a-z].*", "", str(row["model"]))


def fitted(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Both constants of vLLM's law from these logs: the context as the median of those told, by ranks; the
    sampler's factor as the median of those that each pool implies, where the sampler is the working set."""
    told: dict[int, list[float]] = {}
    for row in rows:
        if "non_torch_gib" in row:
            told.setdefault(row["tp"], []).append(row["non_torch_gib"])
    by_ranks = {ranks: median(held) for ranks, held in sorted(told.items())}
    context = {"non_torch_gib": {1: next(iter(by_ranks.values())), **by_ranks}}
    factors = []
    for row in rows:
        shape, term, gpu, setting = _served(row)
        law = {**engine_law("vllm", setting.version), **context}
        have = budget(shape, term, gpu, setting, law)
        if row["kind"] in _TEXT and have.used["working set"].formula.startswith(f"{law['sampler_factor']:g} ×"):
            unit = have.max_num_seqs * shape.vocabulary * 4
            factors.append((have.pool + have.used["working set"].expected - row["pool_gib"] * GIB) / unit)
    return {**context, "sampler_factor": median(factors)}


def training_rows() -> list[Row]:
    """Peaks of fine-tuning and inference; of kind `assumed` where the source leaves settings open."""
    known = set(Run.__struct_fields__)
    found = []
    for row in table("measured")["training"]:
        run = Run(**{key: value for key, value in row.items() if key in known})
        predicted = training_memory(_shape(row["model"]), run).expected * (run.gpus if row.get("all_gpus") else 1)
        kind = "assumed" if "assumed" in row else "multi" if run.gpus > 1 else run.method
        what = f"{row['model']}, {run.method}, {run.batch} × {run.seq:,} tokens on {run.gpus} × {row['gpu']}"
        found.append(Row(what, kind, row["peak"], predicted, row["fit"], row["source"]))
    return found


def throughput_rows() -> list[Row]:
    """Output tokens a second."""
    return [_throughput(row) for row in table("measured")["throughput"]]


def _throughput(row: Mapping[str, Any]) -> Row:
    shape = _shape(row["model"])
    count, cached, gpu = parameters(shape), cache(shape), gpu_named(row["gpu"])
    bits = 8.0 * row["weight_bytes"]
    form = WeightFormat("", bits, bits, bits, bits, row["compute"], "")
    size = weights.from_shape(count, form, "").expected
    batch = float(row["batch"])
    if not batch:
        free = gpu.visible * _SHARE * row["tp"] - size
        one = cached.elements(round(row["prompt"] + row["answer"] / 2)) * row["cache_bytes"]
        batch = max(1.0, min(_MOST_SEQUENCES, free / one))
    machine = Machine(gpu, row["tp"], row["compute"], size, row["cache_bytes"])
    speed = estimate(shape, count, cached, machine, Load(batch, row["prompt"], row["answer"]))
    assert speed is not None
    what = f"{row['model']} on {row['tp']} × {row['gpu']}, {row['prompt']}/{row['answer']} tokens, batch {batch:.0f}"
    # MFU, MBU and the step's costs were fitted on other GPUs (H200, B200) and half of the fixed-batch rows
    return Row(
        what, "dense", row["tokens_per_s"], speed.expected.tokens_per_second, False, row["source"],
        bound=speed.bound.tokens_per_second,
    )  # fmt: skip
