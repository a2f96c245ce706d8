"""The `workload:` block of the project file: which model serves which load on which hardware, and how that grows.

All of it is optional; what a plan needs and does not find here it takes from a default, which the plan then lists as an
assumption (`aiaudit.capacity.demand`). Rates are a second, tokens a request, money in dollars, growth a share a month.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from aiaudit.project.parts import Part, Text


def _unless_gap(value: object) -> object:
    """A reminder (`TODO`, `TBD`) in the place of a figure is no figure, and no mistake in the file either."""
    if isinstance(value, str):
        from aiaudit.probes.docs.substance import is_gap

        return None if is_gap(value) else value
    return value


def _mean(value: object) -> object:
    """A bare number is the mean."""
    return {"mean": value} if isinstance(value, (int, float)) and not isinstance(value, bool) else _unless_gap(value)


def _median(value: object) -> object:
    """A bare number is the median."""
    return {"p50": value} if isinstance(value, (int, float)) and not isinstance(value, bool) else _unless_gap(value)


def _expected(value: object) -> object:
    """A bare number is what is expected."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {"expected": value} if is_number else _unless_gap(value)


Positive = Annotated[float | None, Field(gt=0), BeforeValidator(_unless_gap)]
Share = Annotated[float | None, Field(ge=0, le=1), BeforeValidator(_unless_gap)]
Amount = Annotated[float | None, Field(ge=0), BeforeValidator(_unless_gap)]
Count = Annotated[int | None, Field(ge=1), BeforeValidator(_unless_gap)]


class WeightsPart(Part):
    dtype: Text = Field("", description="bf16, fp8, int8, awq-int4, gptq-int4, nf4, mxfp4, nvfp4, gguf:Q4_K_M …")
    group_size: Count = None


class LoraPart(Part):
    rank: Count = None
    adapters: Count = None


class ModelSourcePart(Part):
    """Where the model's figures come from: a file of the project, a preset's name, or a plain count.

    `kind: classical` is a model that is no language model (trees, a regression, a small network on a processor): it
    has no tokens and no cache, and its file's size tells its memory.
    """

    kind: Literal["classical", ""] = ""
    source: Text = Field("", description="config.json, a safetensors or GGUF file, an index, or a preset's name.")
    preset: Text = ""
    gguf: Text = ""
    params: Positive = Field(None, description="Parameters, such as 8.03e9.")
    file_mb: Positive = Field(None, description="Size of a classical model's file, where the project does not keep it.")
    weights: WeightsPart = Field(default_factory=cache(WeightsPart.model_construct))
    kv_cache_dtype: Text = ""
    lora: LoraPart | None = None


class ParallelPart(Part):
    tp: Count = None
    pp: Count = None
    ep: Count = None
    replicas: Count = None


class LoadTestPart(Part):
    """A load test of the project: what a replica bears, where no model of its speed exists, and what memory it takes.

    `memory` is a file with the line `VmHWM` of /proc/PID/status of every process of one replica, or with the figure of
    its control group's memory.peak.
    """

    file: Text = Field(description="Its result, by k6, Locust, Vegeta, wrk, GuideLLM or `vllm bench`.")
    replicas: Count = Field(None, description="Replicas that were tested (default: as many as serve).")
    memory: Text = Field("", description="Peak memory of one replica in that test: VmHWM lines, or memory.peak.")


class ServingPart(Part):
    engine: Text = Field("", description="vllm, sglang, trt-llm, llama.cpp, hf, api, or a name of your own.")
    engine_version: Text = ""
    max_model_len: Count = None
    max_num_seqs: Count = None
    memory_utilization: Annotated[float | None, Field(gt=0, le=1), BeforeValidator(_unless_gap)] = None
    max_num_batched_tokens: Count = None
    parallel: ParallelPart = Field(default_factory=cache(ParallelPart.model_construct))
    replicas: Count = None
    processes: Count = Field(None, description="Processes of one replica, each with a copy of a classical model.")
    max_batch: Count = None
    load_test: LoadTestPart | None = None


class TargetPart(Part):
    """A machine without GPUs, as a manifest would ask for it."""

    cpu: Amount = None
    memory_mb: Amount = None


class HardwarePart(Part):
    target: Literal["local", ""] | TargetPart = ""
    gpu: Text = ""
    count: Count = None
    memory_gib: Positive = Field(None, description="Visible memory of one GPU, where the table does not know it.")
    price_per_hour: Amount = None
    price_source: Text = ""
    price_date: dt.date | None = None
    pricing: Literal["on-demand", "spot", "commit", ""] = Field("", description="How the hours are bought.")
    discount: Share = Field(None, description="Off the price an hour, by commitment or contract.")
    tokens_per_second: Positive = Field(None, description="Output of one replica, measured: goes before the model's.")
    target_utilisation: Annotated[float | None, Field(gt=0, le=1), BeforeValidator(_unless_gap)] = None
    min_replicas: Annotated[int | None, Field(ge=0), BeforeValidator(_unless_gap)] = Field(
        None, description="Replicas that run whatever the load: 2 for availability, 0 to scale to zero."
    )
    autoscale: bool | None = Field(None, description="Replicas follow the load (at its mean); else the peak is paid.")


class RatePart(Part):
    mean: Amount = None
    peak: Amount = None


class PercentilesPart(Part):
    p50: Amount = None
    p95: Amount = None
    p99: Amount = None


Percentiles = Annotated[PercentilesPart | None, BeforeValidator(_median)]


class TokensPart(Part):
    input: Percentiles = None
    output: Percentiles = None


class TrafficPart(Part):
    requests_per_second: Annotated[RatePart | None, BeforeValidator(_mean)] = None
    concurrency: Percentiles = None
    tokens: TokensPart | None = None
    payload_kb: Percentiles = None
    prefix_cache_hit: Share = None
    hours_per_day: Annotated[float | None, Field(gt=0, le=24), BeforeValidator(_unless_gap)] = None
    items: Amount = None
    users: Positive = Field(None, description="People served a month, for the cost of one.")


class SloPart(Part):
    """Objectives: at most this many milliseconds or seconds at the 95th percentile (p99 where it says so)."""

    ttft_ms_p95: Positive = None
    tpot_ms_p95: Positive = None
    e2e_s_p95: Positive = None
    e2e_ms_p95: Positive = None
    e2e_ms_p99: Positive = None
    error_rate: Share = None
    availability: Share = None


class GrowthRatePart(Part):
    low: Annotated[float | None, Field(gt=-1, le=10)] = None
    expected: Annotated[float | None, Field(gt=-1, le=10)] = None
    high: Annotated[float | None, Field(gt=-1, le=10)] = None


class GrowthPart(Part):
    per_month: Annotated[GrowthRatePart | None, BeforeValidator(_expected)] = None
    horizon_months: Count = None


class TrainingPart(Part):
    """A training run that recurs."""

    method: Literal["full", "lora", "qlora"] = "lora"
    base: Text = ""
    seq_len: Count = None
    micro_batch: Count = None
    grad_checkpoint: bool | None = None
    optimizer: Text = ""
    rank: Count = None
    gpus: Count = None
    zero_stage: Annotated[int | None, Field(ge=0, le=3)] = None
    precision: Literal["pure", "amp", "mixed", ""] = ""
    attention: Literal["flash", "eager", ""] = ""
    every: Text = ""
    gpu_hours: Amount = None
    gpu: Text = Field("", description="What it runs on, where that is not what serves.")
    price_per_hour: Amount = None
    price_source: Text = ""
    price_date: dt.date | None = None


class IndexPart(Part):
    """A vector index, or an embedding service's."""

    kind: Literal["flat", "hnsw", "ivf", "pq"] = "flat"
    vectors: Positive = None
    dimensions: Count = None
    element: Text = Field("", description="fp32, fp16 or int8.")
    links: Count = Field(None, description="HNSW's M.")
    code_bytes: Count = Field(None, description="Bytes of a PQ code.")
    memory_mb: Amount = None


class ApiPart(Part):
    provider: Text = ""
    model: Text = ""
    batch_share: Share = None
    cache_read_share: Share = Field(None, description="Of the prompt's tokens, those read from the provider's cache.")
    cache_write_share: Share = Field(None, description="Of the prompt's tokens, those written to it.")
    retry_rate: Amount = None
    calls_per_request: Positive = Field(None, description="Model calls that one request makes: an agent makes many.")
    tool_tokens: Amount = Field(None, description="Prompt tokens that tool definitions add to each call.")
    tool_uses_per_request: Amount = None
    price_tool_use: Amount = Field(None, description="Dollars for one search or session the provider charges for.")


class StoragePart(Part):
    gb: Amount = None
    gb_added_month: Amount = Field(None, description="What each month adds.")
    retention_months: Count = Field(None, description="Months after which added data is deleted; none: never.")
    price_gb_month: Amount = None
    price_source: Text = ""
    price_date: dt.date | None = None


class EgressPart(Part):
    gb_month: Amount = None
    price_gb: Amount = None
    price_source: Text = ""
    price_date: dt.date | None = None


class ServicePart(Part):
    """Another monthly position: a vector database, observability, a gateway."""

    name: Text
    kind: Literal["vector-database", "observability", "other"] = "other"
    quantity: Amount = None
    unit: Text = "month"
    unit_price: Amount = None
    grows: bool = Field(False, description="The quantity follows the load.")
    price_source: Text = ""
    price_date: dt.date | None = None


class UncertaintyPart(Part):
    """How sure the figures are: the relative standard deviation of a month's load, and of tokens a request."""

    load: Share = None
    tokens: Share = None


class BudgetPart(Part):
    monthly_usd: Amount = None
    horizon_total_usd: Amount = None
    gate: Literal["p10", "p50", "p90", ""] = ""


class EnergyPart(Part):
    region: Text = Field("", description="Three letters of a country whose grid's carbon is in tables/energy.yaml.")
    pue: Annotated[float | None, Field(ge=1, le=5)] = None


class BatchPart(Part):
    """A batch job: how many rows, in which window."""

    rows: Amount = None
    window_hours: Positive = None
    window_minutes: Positive = None
    every: Text = ""


class WorkloadPart(Part):
    """The whole block. `source`, `owner` and `reviewed` say where the figures come from and who answers for them."""

    name: Text = ""
    model: ModelSourcePart | None = None
    serving: ServingPart = Field(default_factory=cache(ServingPart.model_construct))
    hardware: HardwarePart = Field(default_factory=cache(HardwarePart.model_construct))
    traffic: TrafficPart = Field(default_factory=cache(TrafficPart.model_construct))
    slo: SloPart = Field(default_factory=cache(SloPart.model_construct))
    growth: GrowthPart = Field(default_factory=cache(GrowthPart.model_construct))
    training: list[TrainingPart] = Field(default=[])
    indexes: list[IndexPart] = Field(default=[])
    batch: BatchPart | None = None
    api: ApiPart = Field(default_factory=cache(ApiPart.model_construct))
    storage: StoragePart = Field(default_factory=cache(StoragePart.model_construct))
    egress: EgressPart = Field(default_factory=cache(EgressPart.model_construct))
    services: list[ServicePart] = Field(default=[])
    uncertainty: UncertaintyPart = Field(default_factory=cache(UncertaintyPart.model_construct))
    budget: BudgetPart = Field(default_factory=cache(BudgetPart.model_construct))
    energy: EnergyPart = Field(default_factory=cache(EnergyPart.model_construct))
    source: Text = ""
    owner: Text = ""
    reviewed: dt.date | None = None

    def __bool__(self) -> bool:
        return bool(self.model_fields_set)

    @property
    def over_interface(self) -> bool:
        """Whether the model is somebody else's, called over an interface: there is no hardware of one's own."""
        return self.serving.engine == "api" or (not self.serving.engine and self.model is None and bool(self.api.model))

    def declared(self) -> dict[str, Any]:
        """What the file says, as plain data: without defaults, and without what is a reminder only."""
        return {} if not self else self.model_dump(mode="json", exclude_unset=True, exclude_none=True, by_alias=True)
