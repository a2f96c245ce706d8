"""What the readers of result files have in common: the record they make, and how dates and numbers are read."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, field

from aiaudit import lazy

MAX_ROWS: Final = 20_000  # of one file
MAX_LISTED: Final = 60  # metrics or categories of one result
DATE_KEYS: Final = (
    "date", "timestamp", "created", "created_at", "createdAt", "generated_at", "generated", "run_at", "run_date",
    "evaluated_at", "evaluated", "completed_at", "end_time", "endTime", "start_time", "startTime", "started_at",
)  # fmt: skip
MODEL_KEYS: Final = ("model", "model_id", "model_name", "target_model", "target", "provider", "endpoint", "system")
_ISO: Final = lazy.regex(r"^\s*(\d{4})-(\d{2})-(\d{2})(?:\D|$)|^\s*(20\d{2})(\d{2})(\d{2})(?:\D|$)")
_FIRST_SECOND: Final = 1_400_000_000  # 2014; smaller numbers are no dates of an evaluation
_LAST_SECOND: Final = 4_100_000_000


class Metric(Struct, frozen=True):
    """A figure of a result. `cases`: over how many, 0 where that is not said. `target`: what it should reach."""

    name: str
    value: float
    cases: int = 0
    target: float | None = None


class Result(Struct):
    """One run. `attempts` and `successes` count attacks; None where the file does not say. `judge`: what graded, where
    that was a model."""

    tool: str
    kind: str = "evaluation"  # or red_team
    date: str = ""
    model: str = ""
    cases: int = 0
    metrics: list[Metric] = field(default_factory=list)
    categories: Counter[str] = field(default_factory=Counter)
    attempts: int | None = None
    successes: float | None = None
    judge: str = ""

    @property
    def empty(self) -> bool:
        """Nothing was run: a template."""
        return not (self.cases or self.attempts or self.metrics)

    @property
    def success_rate(self) -> float | None:
        """Share of the attacks that succeeded."""
        if not self.attempts or self.successes is None:
            return None
        return min(max(self.successes / self.attempts, 0.0), 1.0)


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The mappings of a list, at most `MAX_ROWS`."""
    return [one for one in value[:MAX_ROWS] if isinstance(one, Mapping)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A short text; of a mapping, what it calls itself."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in ("id", "name", "model", "label") if isinstance(value.get(key), str)), "")
    return value.strip()[:200] if isinstance(value, str) else ""


def number(value: Any) -> float | None:
    """A finite number; texts of digits count, truth values do not."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        if len(value) > 40:
            return None
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def count(value: Any) -> int | None:
    """A whole number that counts something."""
    found = number(value)
    return int(found) if found is not None and 0 <= found < 1e9 else None


def day(value: Any) -> str:
    """The day as YYYY-MM-DD of ISO text, YYYYMMDD, or seconds or milliseconds since 1970; "" for anything else."""
    if isinstance(value, str) and (found := _ISO.match(value)) is not None:
        parts = [int(part) for part in found.groups() if part is not None]
        try:
            return dt.date(*parts).isoformat()
        except ValueError:
            return ""
    seconds = number(value)
    if seconds is None:
        return ""
    if seconds > 1e12:
        seconds /= 1000
    if not _FIRST_SECOND < seconds < _LAST_SECOND:
        return ""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()


def dated(*parts: Any, keys: Iterable[str] = DATE_KEYS) -> str:
    """The first date that one of the mappings bears under a key that names one."""
    keys = tuple(keys)
    return next((found for part in parts for key in keys if (found := day(mapping(part).get(key)))), "")


def modelled(*parts: Any) -> str:
    """The first model or target that one of the mappings names."""
    return next((found for part in parts for key in MODEL_KEYS if (found := text(mapping(part).get(key)))), "")


def means(found: Iterable[tuple[str, float]]) -> list[Metric]:
    """The mean of each name's values."""
    sums: dict[str, list[float]] = {}
    for name, value in found:
        if name in sums or len(sums) < MAX_LISTED:
            sums.setdefault(name, []).append(value)
    return [Metric(name, round(sum(values) / len(values), 6), len(values)) for name, values in sums.items()]


def grade(value: Any) -> str:
    """A grade as text that compares: 1, 1.0 and "1" are the same, and so are True, "true" and "yes" beside "pass"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    figure = number(value)
    if figure is not None:
        return f"{figure:g}"
    word = text(value).lower()
    return _SAME.get(word, word)


_SAME: Final = {
    "true": "yes", "pass": "yes", "passed": "yes", "correct": "yes", "good": "yes",
    "false": "no", "fail": "no", "failed": "no", "incorrect": "no", "wrong": "no", "bad": "no",
}  # fmt: skip
