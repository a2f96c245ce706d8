"""Exported utilisation in one shape: Prometheus' JSON, CSV of DCGM or nvidia-smi, and FOCUS rows of commitments.

A share is percent, 0 to 100. Samples of all devices of a file are one series: the median says what the whole does.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy

MOST_SAMPLES: Final = 2_000_000
_RATIO: Final = lazy.regex(r"_ratio$|_PROF_.*_ACTIVE$")
_METRIC: Final = lazy.regex(
    r"(?i)dcgm_fi_dev_gpu_util|dcgm_fi_prof_(?:gr_engine|sm)_active|gpu[\w.]*(?:util|duty_cycle|busy)"
    r"|(?:cpu|accelerator)[\w.]*utili[sz]ation(?:_ratio|_percent)?|(?:cpu|accelerator)_util"
)
_COLUMN: Final = lazy.regex(
    r"(?i)^\s*(?:utilization\.gpu|gpu[_ .-]?util|gputl|dcgm_fi_dev_gpu_util|util(?:i[sz]ation)?)\b"
)
_MEMORY: Final = lazy.regex(
    r"(?i)^\s*(?:utilization\.memory|mem(?:ory)?[_ .-]?(?:copy[_ ]?)?util|dcgm_fi_dev_mem_copy_util)"
)
_TIME: Final = lazy.regex(r"(?i)^\s*#?\s*(?:time(?:stamp)?|date(?:time)?)\b")
_PERCENT: Final = lazy.regex(r"\s{0,4}(-?\d{1,9}(?:\.\d{1,9})?(?:[eE][-+]?\d{1,3})?)\s{0,4}%?\s{0,4}")


class Series(Struct, frozen=True):
    """One file's samples. `kind`: gpu, cpu, or commitment (the used share of what is committed)."""

    kind: str
    source: str
    samples: int
    p50: float
    p95: float
    memory_p50: float  # −1 where the file does not tell
    first: dt.datetime
    last: dt.datetime

    @property
    def days(self) -> float:
        return (self.last - self.first).total_seconds() / 86_400


def from_json(data: Any) -> Series | None:
    """Prometheus' answer to a range query; None where it is none, or no utilisation."""
    if not isinstance(data, Mapping):
        return None
    inner = data.get("data", data)
    rows = inner.get("result") if isinstance(inner, Mapping) and inner.get("resultType") == "matrix" else None
    if not isinstance(rows, list):
        return None
    values: list[float] = []
    times: list[dt.datetime] = []
    kind = "gpu"
    for row in rows:
        metric = row.get("metric") if isinstance(row, Mapping) else None
        name = str(metric.get("__name__", "")) if isinstance(metric, Mapping) else ""
        if not _METRIC.search(name):
            continue
        kind = "cpu" if name.lower().startswith("cpu") or "_cpu_" in name.lower() else "gpu"
        scale = 100.0 if _RATIO.search(name) else 1.0
        for pair in row.get("values") or ():
            if not isinstance(pair, list) or len(pair) != 2 or len(values) >= MOST_SAMPLES:
                continue
            moment, value = _moment(pair[0]), _number(pair[1])
            if moment is not None and value is not None and 0 <= value * scale <= 100:
                times.append(moment)
                values.append(value * scale)
    return _series(kind, "Prometheus", values, times)


def from_csv(text: str) -> Series | None:
    """CSV with a column of times and one of utilisation, or FOCUS rows; None where it is neither."""
    try:
        rows = csv.reader(io.StringIO(text), skipinitialspace=True)
        header = next(rows, [])
        names = [name.strip() for name in header]
        if {"CommitmentDiscountStatus", "ChargePeriodStart"} <= set(names):
            return _focus(names, rows)
        when = next((i for i, name in enumerate(names) if _TIME.match(name)), None)
        used = next((i for i, name in enumerate(names) if _COLUMN.match(name)), None)
        if when is None or used is None:
            return None
        memory = next((i for i, name in enumerate(names) if _MEMORY.match(name)), None)
        return _table(names, rows, when, used, memory)
    except csv.Error:
        return None


def _table(names: list[str], rows: Iterator[list[str]], when: int, used: int, memory: int | None) -> Series | None:
    values: list[float] = []
    times: list[dt.datetime] = []
    busy: list[float] = []
    for row in rows:
        if len(row) <= max(when, used) or len(values) >= MOST_SAMPLES:
            continue
        moment, value = _moment(row[when]), _number(row[used])
        if moment is None or value is None or not 0 <= value <= 100:
            continue
        times.append(moment)
        values.append(value)
        if memory is not None and memory < len(row) and (share := _number(row[memory])) is not None:
            busy.append(share)
    source = "nvidia-smi" if names[used].startswith("utilization.gpu") else "DCGM" if "GPU" in names[used] else "CSV"
    return _series("gpu", source, values, times, busy)


def _focus(names: list[str], rows: Iterator[list[str]]) -> Series | None:
    """The used share of commitments each day: FOCUS marks each row of one as Used or Unused."""
    status, start = names.index("CommitmentDiscountStatus"), names.index("ChargePeriodStart")
    cost = next((names.index(n) for n in ("EffectiveCost", "BilledCost", "ListCost") if n in names), None)
    if cost is None:
        return None
    days: dict[dt.date, list[float]] = {}
    for row in rows:
        if len(row) < len(names) or row[status] not in ("Used", "Unused"):
            continue
        moment, amount = _moment(row[start]), _number(row[cost])
        if moment is None or amount is None or amount < 0 or len(days) > 4000:
            continue
        held = days.setdefault(moment.date(), [0.0, 0.0])
        held[row[status] == "Unused"] += amount
    known = {day: pair for day, pair in days.items() if sum(pair) > 0}
    times = [dt.datetime.combine(day, dt.time(), dt.UTC) for day in known]
    return _series("commitment", "FOCUS", [100 * used / (used + idle) for used, idle in known.values()], times)


def _series(
    kind: str, source: str, values: list[float], times: list[dt.datetime], memory: list[float] | None = None
) -> Series | None:
    if not values:
        return None
    values.sort()
    share = sorted(memory or ())
    middle = share[len(share) // 2] if share else -1.0
    return Series(
        kind, source, len(values), _quantile(values, 0.5), _quantile(values, 0.95), middle, min(times), max(times)
    )  # fmt: skip


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[round((len(ordered) - 1) * share)]


def _number(value: Any) -> float | None:
    """A number, or a text such as `45 %`; None for what is none, and for `[N/A]`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if math.isfinite(value) else None
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) if found else None


def _moment(value: Any) -> dt.datetime | None:
    """Seconds since 1970, or a date as nvidia-smi and ISO 8601 write it; taken as UTC where no zone is said."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    text = str(value).strip()
    if number is None and re.fullmatch(r"\d{9,11}(?:\.\d{1,9})?", text):
        number = float(text)
    try:
        if number is not None:
            return dt.datetime.fromtimestamp(number, dt.UTC) if 0 < number < 1e11 else None
        found = dt.datetime.fromisoformat(text.replace("/", "-").replace("Z", "+00:00")[:32])
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
