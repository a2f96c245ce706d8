"""Result files of load tests and benchmarks in one shape: k6, Locust, Vegeta, wrk, vLLM, GuideLLM, pytest-benchmark.

Times are milliseconds. A percentile that a tool does not report is taken from the next higher one that it does (a
99th stands in for a 95th: the verdict can only become stricter), and −1 where there is none.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.project.workload import WorkloadPart

UNKNOWN: Final = -1.0
_NANO: Final = 1e-6  # milliseconds a nanosecond
_MAX_ROWS: Final = 10_000


class LoadResult(Struct, frozen=True):
    """One run. `kind`: load (many requests at once) or bench (one at a time). `rps`: requests a second that were done.

    `error_rate`: share of failed requests; `started`: the day, where the file tells it.
    """

    tool: str
    kind: str
    rps: float = UNKNOWN
    p50_ms: float = UNKNOWN
    p95_ms: float = UNKNOWN
    ttft_ms: float = UNKNOWN
    tpot_ms: float = UNKNOWN
    error_rate: float = UNKNOWN
    requests: float = UNKNOWN
    started: dt.date | None = None
    version: str = ""
    p99_ms: float = UNKNOWN


def from_json(data: Any) -> LoadResult | None:
    """Which tool's document this is, and its figures; None where it is no result of those tools."""
    if isinstance(data, list) and data and isinstance(data[0], Mapping):
        return _locust_json(data)
    if not isinstance(data, Mapping):
        return None
    for reader in (_k6, _vegeta, _vllm, _guidellm, _pytest_benchmark):
        if (found := reader(data)) is not None:
            return found
    return None


def from_csv(text: str) -> LoadResult | None:
    """Locust's `*_stats.csv`: the row `Aggregated`."""
    try:
        rows = csv.DictReader(io.StringIO(text))
        if not {"Request Count", "Failure Count", "Requests/s"} <= set(rows.fieldnames or ()):
            return None
        for number, row in enumerate(rows):
            if row.get("Name") == "Aggregated":
                count = _number(row.get("Request Count"))
                failed = _number(row.get("Failure Count"))
                return LoadResult(
                    "locust", "load", _number(row.get("Requests/s")), _first(row, "50%", "Median Response Time"),
                    _first(row, "95%", "98%", "99%"), requests=count,
                    error_rate=failed / count if count > 0 and failed >= 0 else UNKNOWN, p99_ms=_first(row, "99%"),
                )  # fmt: skip
            if number > _MAX_ROWS:
                break
    except csv.Error:
        return None
    return None


_WRK_RATE: Final = lazy.regex(r"^Requests/sec:\s{1,20}([\d.]{1,15})", re.MULTILINE)
_WRK_SHARE: Final = lazy.regex(r"^\s{1,10}(50|75|90|95|99)(?:\.000)?%\s{1,10}([\d.]{1,12})(us|ms|s|m)\b", re.MULTILINE)
_WRK_COUNT: Final = lazy.regex(r"^\s{1,10}(\d{1,12}) requests in ", re.MULTILINE)
_WRK_ERRORS: Final = lazy.regex(r"(?:Non-2xx or 3xx responses:|Socket errors:.{0,80}timeout) (\d{1,12})")
_MS: Final = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def from_text(text: str) -> LoadResult | None:
    """wrk's output (with --latency where it has percentiles)."""
    rate = _WRK_RATE.search(text)
    if rate is None:
        return None
    shares = {int(m.group(1)): float(m.group(2)) * _MS[m.group(3)] for m in _WRK_SHARE.finditer(text)}
    count = _WRK_COUNT.search(text)
    total = float(count.group(1)) if count else UNKNOWN
    failed = sum(float(m.group(1)) for m in _WRK_ERRORS.finditer(text))
    return LoadResult(
        "wrk", "load", float(rate.group(1)), shares.get(50, UNKNOWN), shares.get(95, shares.get(99, UNKNOWN)),
        error_rate=failed / total if total > 0 else UNKNOWN, requests=total, p99_ms=shares.get(99, UNKNOWN),
    )  # fmt: skip


def against(result: LoadResult, workload: WorkloadPart) -> tuple[list[str], list[str]]:
    """Which objectives the file has a figure for, and which of them it misses."""
    slo = workload.slo
    whole = slo.e2e_ms_p95 if slo.e2e_ms_p95 is not None else slo.e2e_s_p95 * 1000 if slo.e2e_s_p95 else None
    # the share of errors is what availability leaves, where none is declared of its own
    errors = slo.error_rate
    if errors is None and slo.availability is not None:
        errors = round(1 - slo.availability, 6)
    pairs = (
        ("answer at p95", result.p95_ms, whole, "ms"),
        ("answer at p99", result.p99_ms, slo.e2e_ms_p99, "ms"),
        ("first token at p95", result.ttft_ms, slo.ttft_ms_p95, "ms"),
        ("output token at p95", result.tpot_ms, slo.tpot_ms_p95, "ms"),
        ("share of errors", result.error_rate, errors, ""),
    )
    compared, missed = [], []
    for name, got, wanted, unit in pairs:
        if wanted is None or got == UNKNOWN:
            continue
        compared.append(name)
        if got > wanted:
            missed.append(f"{name} {got:.4g} {unit}".strip() + f" for {wanted:.4g} {unit}".rstrip())
    return compared, missed


def _k6(data: Mapping[str, Any]) -> LoadResult | None:
    """`--summary-export` has figures beside the name, `handleSummary` below `values`."""
    metrics = data.get("metrics")
    if not isinstance(metrics, Mapping) or not {"http_reqs", "http_req_duration"} & set(metrics):
        return None

    def of(name: str) -> Mapping[str, Any]:
        found = metrics.get(name)
        inner = found.get("values", found) if isinstance(found, Mapping) else {}
        return inner if isinstance(inner, Mapping) else {}

    duration, requests, failed = of("http_req_duration"), of("http_reqs"), of("http_req_failed")
    return LoadResult(
        "k6", "load", _number(requests.get("rate")), _first(duration, "med", "p(50)"),
        _first(duration, "p(95)", "p(99)"),
        error_rate=_first(failed, "rate", "value"), requests=_number(requests.get("count")), started=_day(data),
        p99_ms=_first(duration, "p(99)"),
    )  # fmt: skip


def _vegeta(data: Mapping[str, Any]) -> LoadResult | None:
    """`vegeta report -type=json`: latencies in nanoseconds."""
    latencies = data.get("latencies")
    if not isinstance(latencies, Mapping) or "success" not in data or "requests" not in data:
        return None
    success = _number(data.get("success"))
    return LoadResult(
        "vegeta", "load", _first(data, "throughput", "rate"), _scaled(latencies, _NANO, "50th"),
        _scaled(latencies, _NANO, "95th", "99th"), error_rate=1 - success if success >= 0 else UNKNOWN,
        requests=_number(data.get("requests")), started=_parsed(data.get("earliest")),
        p99_ms=_scaled(latencies, _NANO, "99th"),
    )  # fmt: skip


def _vllm(data: Mapping[str, Any]) -> LoadResult | None:
    """`vllm bench serve --save-result` (also `benchmark_serving.py`), and `vllm bench latency`."""
    if "request_throughput" in data and ("mean_ttft_ms" in data or "total_output_tokens" in data):
        done, asked = _number(data.get("completed")), _number(data.get("num_prompts"))
        alone = _number(data.get("max_concurrency")) == 1
        return LoadResult(
            "vllm", "bench" if alone else "load", _number(data.get("request_throughput")),
            _first(data, "median_e2el_ms"), _first(data, "p95_e2el_ms", "p99_e2el_ms"),
            _first(data, "p95_ttft_ms", "p99_ttft_ms"),
            _first(data, "p95_tpot_ms", "p99_tpot_ms"),
            error_rate=1 - done / asked if asked > 0 and done >= 0 else UNKNOWN, requests=done, started=_day(data),
            version=str(data.get("model_id", ""))[:100], p99_ms=_first(data, "p99_e2el_ms"),
        )  # fmt: skip
    if "avg_latency" in data and isinstance(data.get("percentiles"), Mapping):
        shares = data["percentiles"]
        return LoadResult(
            "vllm", "bench", UNKNOWN, _scaled(shares, 1e3, "50"), _scaled(shares, 1e3, "95", "99"), started=_day(data),
            p99_ms=_scaled(shares, 1e3, "99"),
        )  # fmt: skip
    return None


def _guidellm(data: Mapping[str, Any]) -> LoadResult | None:
    """GuideLLM's report: the benchmark of the highest rate."""
    runs = data.get("benchmarks")
    if not isinstance(runs, list):
        return None
    best: LoadResult | None = None
    for run in runs[:100]:
        metrics = run.get("metrics") if isinstance(run, Mapping) else None
        if not isinstance(metrics, Mapping) or "requests_per_second" not in metrics:
            continue
        totals = metrics.get("request_totals")
        errors = UNKNOWN
        if isinstance(totals, Mapping):
            total, failed = _number(totals.get("total")), _number(totals.get("errored"))
            errors = failed / total if total > 0 and failed >= 0 else UNKNOWN
        one = LoadResult(
            "guidellm", "load", _statistic(metrics, "requests_per_second", "mean"),
            _scale(_statistic(metrics, "request_latency", "median"), 1e3),
            _scale(_statistic(metrics, "request_latency", "p95"), 1e3),
            _statistic(metrics, "time_to_first_token_ms", "p95"),
            _statistic(metrics, "time_per_output_token_ms", "p95"), errors, started=_parsed(run.get("start_time")),
            p99_ms=_scale(_statistic(metrics, "request_latency", "p99"), 1e3),
        )  # fmt: skip
        if best is None or one.rps > best.rps:
            best = one
    return best


def _statistic(metrics: Mapping[str, Any], name: str, which: str) -> float:
    found: Any = metrics.get(name)
    found = found.get("successful", found) if isinstance(found, Mapping) else {}
    if not isinstance(found, Mapping):
        return UNKNOWN
    shares = found.get("percentiles")
    if which.startswith("p") and isinstance(shares, Mapping):
        return _first(shares, which, "p99")
    return _number(found.get(which))


def _pytest_benchmark(data: Mapping[str, Any]) -> LoadResult | None:
    """pytest-benchmark's JSON: the slowest benchmark; its spread stands in for percentiles (median + 1.645 · σ)."""
    runs = data.get("benchmarks")
    if not isinstance(runs, list) or "machine_info" not in data:
        return None
    slowest: LoadResult | None = None
    for run in runs[:1000]:
        stats = run.get("stats") if isinstance(run, Mapping) else None
        if not isinstance(stats, Mapping):
            continue
        median, deviation = _number(stats.get("median")), _number(stats.get("stddev"))
        upper = (median + 1.645 * max(0.0, deviation)) * 1e3 if median >= 0 else UNKNOWN
        commit = data.get("commit_info")
        version = str(commit.get("id", ""))[:12] if isinstance(commit, Mapping) else ""
        rounds = _number(stats.get("rounds"))
        day = _parsed(data.get("datetime"))
        one = LoadResult(
            "pytest-benchmark",
            "bench",
            UNKNOWN,
            _scale(median, 1e3),
            upper,
            requests=rounds,
            started=day,
            version=version,
        )
        if slowest is None or one.p50_ms > slowest.p50_ms:
            slowest = one
    return slowest


def _locust_json(data: list[Any]) -> LoadResult | None:
    """Locust's `--json`: one record a request name, response times as a histogram in milliseconds."""
    if not {"num_requests", "response_times"} <= set(data[0]):
        return None
    times: dict[float, float] = {}
    count = failed = 0.0
    first, last = float("inf"), 0.0
    for row in data[:_MAX_ROWS]:
        if not isinstance(row, Mapping) or not isinstance(row.get("response_times"), Mapping):
            continue
        for value, number in row["response_times"].items():
            times[_number(value)] = times.get(_number(value), 0.0) + max(0.0, _number(number))
        count += max(0.0, _number(row.get("num_requests")))
        failed += max(0.0, _number(row.get("num_failures")))
        first, last = min(first, _number(row.get("start_time"))), max(last, _number(row.get("last_request_timestamp")))
    rate = count / (last - first) if last > first > 0 else UNKNOWN
    day = dt.datetime.fromtimestamp(first, dt.UTC).date() if 0 < first < 1e11 else None
    return LoadResult(
        "locust", "load", rate, _quantile(times, 0.5), _quantile(times, 0.95),
        error_rate=failed / count if count else UNKNOWN, requests=count, started=day, p99_ms=_quantile(times, 0.99),
    )  # fmt: skip


def _quantile(times: Mapping[float, float], share: float) -> float:
    total, seen = sum(times.values()), 0.0
    for value in sorted(times):
        seen += times[value]
        if seen >= share * total > 0:
            return value
    return UNKNOWN


def _first(data: Mapping[str, Any], *names: str) -> float:
    found: Iterable[float] = (_number(data.get(name)) for name in names)
    return next((value for value in found if value >= 0), UNKNOWN)


def _scaled(data: Mapping[str, Any], factor: float, *names: str) -> float:
    return _scale(_first(data, *names), factor)


def _scale(value: float, factor: float) -> float:
    return value * factor if value >= 0 else UNKNOWN


def _number(value: Any) -> float:
    """A finite number that is not negative, or −1."""
    if isinstance(value, bool) or value is None:
        return UNKNOWN
    try:
        found = float(value)
    except (TypeError, ValueError):
        return UNKNOWN
    return found if 0 <= found < 1e15 else UNKNOWN


_DATED: Final[tuple[str, ...]] = ("date", "datetime", "timestamp", "start_time", "started", "time")


def _day(data: Mapping[str, Any]) -> dt.date | None:
    found: Iterable[dt.date | None] = (_parsed(data.get(name)) for name in _DATED)
    return next((day for day in found if day is not None), None)


def _parsed(value: Any) -> dt.date | None:
    """A day from ISO text, from vLLM's 20261104-101500, or from seconds since 1970."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 1e9 < value < 1e11:
        return dt.datetime.fromtimestamp(value, dt.UTC).date()
    if not isinstance(value, str):
        return None
    match = re.match(r"(\d{4})-?(\d{2})-?(\d{2})", value)
    try:
        return dt.date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None
