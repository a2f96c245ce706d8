"""The figures of one result file: metrics, baselines beside them, slices, intervals and repeated runs."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct, field

from aiaudit import lazy

Leaf = tuple[str, Any, int]  # dotted key, value, line

METRIC: Final = lazy.regex(
    r"(?i)(?<![a-z])(?:accuracy|acc|precision|recall|f[-_ ]?(?:1|beta|score)|auc|auroc|auprc|average[-_ ]precision"
    r"|r?mse|mae|mape|smape|r2|bleu|rouge\w*|wer|cer|perplexity|log[-_ ]?loss|brier|ndcg|mrr|iou|dice|hit[-_ ]?rate"
    r"|exact[-_ ]match|kappa|mcc|gini|specificity|sensitivity|error[-_ ]rate|fid|pass[-_ ]?rate"
    r"|win[-_ ]?rate|score)(?![a-z])"
)
_LOWER_IS_BETTER: Final = lazy.regex(
    r"(?i)(?<![a-z])(?:r?mse|s?mape|mae|wer|cer|perplexity|loss|brier|error|fid)(?![a-z])"
)
_BASELINE: Final = lazy.regex(
    r"(?i)(?<![a-z])(?:baseline|dummy(?:classifier|regressor)?|majority(?:_class)?|most_frequent|naive(?!_?bayes)"
    r"|persistence|zero_?r|keyword(?:s|_rules?)?|rule_based|heuristic)(?![a-z])"
)
_DATE: Final = lazy.regex(
    r"(?i)^(?:date|timestamp|time|created|generated|finished|ended|run|evaluated|measured|trained|tested)(?:_?(?:at|on|date|time))?$"
)
_NAMED_DAY: Final = lazy.regex(r"(?<!\d)(20\d\d)[-_]?([01]\d)[-_]?([0-3]\d)(?!\d)")
_ISO: Final = lazy.regex(r"^\s*(\d{4})-(\d{2})-(\d{2})(?!\d)")
_VERSION: Final = lazy.regex(
    r"(?i)(?:data|dataset|test_?set|test_?data|eval_?set|eval_?data|corpus|golden)\w*?[_.-]?(?:sha\d*|hash|version|md5|revision|digest|checksum|fingerprint)$"
)
_COMMIT: Final = lazy.regex(r"(?i)^(?:git_?)?(?:commit|sha|revision)(?:_?(?:sha|hash|id))?$")
_CASES: Final = lazy.regex(
    r"(?i)^(?:n|n_?test|support|cases|rows|samples|examples|test_(?:rows|size|samples|cases|n)|(?:n|num|number_of|total)_(?:test_)?(?:rows|cases|samples|examples|questions)"
    r"|(?:applicant|case|customer|example|member|observation|patient|people|person|record|row|sample|user)s?_count)$"
)
_GROUPS: Final = lazy.regex(
    r"(?i)^(?:\w*?_)?(?:slices?|segments?|subgroups?|groups?|cohorts?|strata)$|(?:^|_)(?:by|per)_\w+$"
)
_CHOSEN: Final = lazy.regex(r"(?i)(?:^|_)(?:by|per)_(\w+)$")
_BOUND: Final = lazy.regex(
    r"(?i)(?:^|[_.])(?:ci|ci_?95|conf(?:idence)?_?int(?:erval)?|interval|confidence_interval)(?:[_.]|$)|(?:^|[_.])(?:lower|upper|low|high)$"
)
_INTERVAL: Final = lazy.regex(  # one that needs no metric beside it
    r"(?i)(?:^|[_.])(?:ci|ci_?95|conf(?:idence)?_?int(?:erval)?|interval|confidence_interval)(?:[_.]|$)"
)
_SPREAD: Final = lazy.regex(
    r"(?i)(?:^|[_.])(?:std|stdev|std_?dev|stderr|std_?err(?:or)?|sem|standard_(?:error|deviation))(?:[_.]|$)"
)
_REPEAT: Final = lazy.regex(r"(?i)repeat|reproduc|rerun|re_run|twice|second_run|same_seed")
_DELTA: Final = lazy.regex(r"(?i)(?:^|_)(?:delta|diff(?:erence)?|spread|deviation)(?:_|$)")
_COST: Final = lazy.regex(r"(?i)(?:^|_)(?:cost|price|usd|eur|tokens?|dollars?)(?:_|$)")
_NOT_A_RESULT: Final = lazy.regex(
    r"(?i)(?:^|[_.])(?:limit|limits|threshold|thresholds|target|minimum|min|required|tolerance|weight|latency)(?:[_.]|$)"
)
_DESCRIBES: Final = frozenset(("count", "mean", "std", "min", "max"))
_MANY: Final = 30  # rows that are data, not runs of one setting
_MOST: Final = 200  # records of one kind from one file
_WIDEST: Final = 0.2  # of a figure, from which on a tolerance says next to nothing
Z_95: Final = 1.959964  # two-sided 95 % quantile of the normal distribution


class Figures(Struct):
    """What one file says. `cases` 0, `date` and `data_version` "" where it does not say."""

    date: str = ""
    cases: int = 0
    data_version: str = ""
    commit: str = ""
    metrics: list[dict[str, Any]] = field(default_factory=list)
    comparisons: list[dict[str, Any]] = field(default_factory=list)
    slices: list[dict[str, Any]] = field(default_factory=list)
    intervals: list[dict[str, Any]] = field(default_factory=list)
    repeats: list[dict[str, Any]] = field(default_factory=list)
    models: list[dict[str, Any]] = field(default_factory=list)


def read(path: str, leaves: Iterable[Leaf]) -> Figures | None:
    """The figures of a file given as its leaves; None where no key names a metric."""
    all_leaves = list(leaves)
    if _describes_data(all_leaves):
        return None
    made = Figures()
    numbers = [(key, float(value), line) for key, value, line in all_leaves if _is_number(value)]
    sizes = {key: int(value) for key, value, _ in numbers if _CASES.match(_last(key)) and value >= 1}
    texts = [(key, str(value)) for key, value, _ in all_leaves if isinstance(value, str | dt.date)]
    made.date = next(
        (found for key, value in texts if key.count(".") < 2 and _DATE.match(_last(key)) and (found := _day(value))), ""
    )
    made.data_version = next((value[:80] for key, value in texts if value and _VERSION.search(key)), "")
    made.commit = next(
        (value[:80] for key, value in texts if re.match(r"[0-9a-f]{7,40}$", value) and _COMMIT.match(_last(key))), ""
    )
    made.cases = next((size for key, size in sizes.items() if key.count(".") < 2 and not _grouped(key)), 0)
    for key, value, line in numbers:
        _sort_in(made, path, key, value, line, sizes)
    made.repeats = _repeats(path, numbers)
    made.comparisons = _comparisons(made, path, numbers)
    made.metrics = [one for one in made.metrics if not _BASELINE.search(_words(one["name"]))]
    made.models = _models(path, all_leaves)
    return made if made.metrics or made.slices or made.repeats else None


def _describes_data(leaves: list[Leaf]) -> bool:
    """Whether a table tells the mean, the deviation and the bounds of each column of some data (`describe()`)."""
    rows: dict[str, float] = {}
    for key, value, _ in leaves:
        parts = key.split(".", 2)
        if parts[0] == "rows" and len(parts) > 2 and parts[1] in _DESCRIBES and _is_number(value):
            rows[parts[1]] = max(rows.get(parts[1], 0.0), float(value))
    return len(rows) == len(_DESCRIBES) and rows["count"] >= _MANY


def _sort_in(made: Figures, path: str, key: str, value: float, line: int, sizes: dict[str, int]) -> None:
    """One number as an interval, a slice or a metric."""
    place = {"path": path, "line": line}
    if _CASES.match(_last(key)) or _REPEAT.search(key) or _NOT_A_RESULT.search(key):
        return
    named = _metric_of(key)
    if _BOUND.search(key) or _SPREAD.search(key):
        if len(made.intervals) < _MOST and (named or _INTERVAL.search(key)):
            made.intervals.append(place | {"name": key})
        return
    if not named:
        return
    if by := _grouped(key):
        if len(made.slices) < _MOST:
            parent = key.rpartition(".")[0]
            cases = next((size for where, size in sizes.items() if where.rpartition(".")[0] == parent), 0)
            made.slices.append(
                place | {"by": by, "name": _slice_name(key, by), "metric": named, "value": value, "cases": cases}
            )
    elif len(made.metrics) < _MOST:
        made.metrics.append(place | {"name": key, "metric": named, "value": value})


def _comparisons(made: Figures, path: str, numbers: list[tuple[str, float, int]]) -> list[dict[str, Any]]:
    """Each baseline's metric beside the same metric of the model. `beyond`: the gain is larger than chance explains."""
    found = []
    models = [one for one in made.metrics if not _BASELINE.search(_words(one["name"]))]
    values = {key: value for key, value, _ in numbers}
    for one in made.metrics:
        if not _BASELINE.search(_words(one["name"])):
            continue
        wanted = _bare(one["name"])
        fitting = [m for m in models if _bare(m["name"]) == wanted] or [
            m for m in models if _last(_bare(m["name"])) == _last(wanted)
        ]
        if not fitting:
            continue
        lower = bool(_LOWER_IS_BETTER.search(_words(one["metric"])))
        best = (min if lower else max)(fitting, key=lambda m: m["value"])
        gain = (one["value"] - best["value"]) if lower else (best["value"] - one["value"])
        least = _least_gain(values, best, one, made.cases)
        found.append(
            {"path": path, "line": one["line"], "baseline": one["name"], "model": best["name"], "metric": one["metric"],
             "baseline_value": one["value"], "model_value": best["value"], "gain": round(gain, 6),
             "judged": least is not None, "beyond": least is not None and gain > 0 and least > 0}
        )  # fmt: skip
    return found[:_MOST]


def _least_gain(values: dict[str, float], model: dict[str, Any], baseline: dict[str, Any], cases: int) -> float | None:
    """The lower end of the gain's 95 % interval: as the file states it, else for shares by the normal approximation of
    two independent samples (wider than the paired interval, so never too sure); None where neither is there."""
    for key, value in values.items():
        if re.search(r"(?i)(?:gain|diff(?:erence)?|delta|lift|improvement)", key) and re.search(
            r"(?i)(?:^|[_.])(?:low|lower|ci_low|ci\.0|ci95\.0|interval\.0)$", key
        ):
            return value
    a, b = float(model["value"]), float(baseline["value"])
    if cases < 2 or not (0 <= a <= 1 and 0 <= b <= 1) or _LOWER_IS_BETTER.search(_words(model["metric"])):
        return None
    error = math.sqrt(a * (1 - a) / cases + b * (1 - b) / cases)
    return abs(a - b) - Z_95 * error


def _repeats(path: str, numbers: list[tuple[str, float, int]]) -> list[dict[str, Any]]:
    """Repeated runs with the difference of their results and the tolerance beside it."""
    by_block: dict[str, dict[str, Any]] = {}
    for key, value, line in numbers:
        if not _REPEAT.search(key):
            continue
        parts = key.split(".")
        top = next(index for index, part in enumerate(parts) if _REPEAT.search(part))
        block = by_block.setdefault(
            ".".join(parts[: top + 1]) if len(parts) > top + 1 else "", {"line": line, "values": []}
        )
        inside = ".".join(parts[top + 1 :]) or parts[-1]
        if re.search(r"(?i)tolerance|allowed|limit", inside):
            block["tolerance"] = value
        elif _DELTA.search(_last(inside)) or _DELTA.search(inside.partition(".")[0]):
            block["delta"] = max(abs(value), block.get("delta", 0.0))
        elif _metric_of(inside) or re.fullmatch(r"(?:runs|results|values)(?:\.\d+)+", inside):
            block["values"].append(value)
    found = []
    for block in by_block.values():
        values = block["values"]
        delta = block.get("delta", max(values) - min(values) if len(values) > 1 else None)
        if delta is None:
            continue
        tolerance = block.get("tolerance", -1.0)
        size = max((abs(one) for one in values), default=0.0)
        found.append(
            {
                "path": path,
                "line": block["line"],
                "delta": delta,
                "tolerance": tolerance,
                "within": 0 <= delta <= tolerance,
                "wide": tolerance > _WIDEST * size > 0,
            }
        )
    return found


def _models(path: str, leaves: list[Leaf]) -> list[dict[str, Any]]:
    """Rows that name a model and a metric: what was compared, and whether its cost stands beside."""
    rows: dict[str, dict[str, Any]] = {}
    for key, value, line in leaves:
        parent, _, last = key.rpartition(".")
        row = rows.setdefault(parent, {"path": path, "line": line, "model": "", "quality": False, "cost": False})
        if last.lower() in ("model", "model_id", "model_name", "candidate") and isinstance(value, str):
            row["model"], row["line"] = value[:80], line
        elif _is_number(value) and _metric_of(last):
            row["quality"] = True
        elif _is_number(value) and _COST.search(last):
            row["cost"] = row["cost"] or value > 0
    for parent, row in rows.items():
        if (
            not row["model"]
            and re.search(r"(?i)(?:^|\.)(?:models|candidates|runs|systems)\.[^.]+$", parent)
            and not _last(parent).isdigit()
        ):
            row["model"] = _last(parent)
    return [row for row in rows.values() if row["model"] and row["quality"]][:_MOST]


def _metric_of(key: str) -> str:
    """The name of the metric that the key, or the part above it, holds; "" where none does."""
    parts = [part for part in key.split(".") if not part.isdigit()]
    for part in reversed(parts[-3:]):
        if METRIC.search(_words(part)):
            return part
    return ""


def _grouped(key: str) -> str:
    """The part of the key under which slices stand."""
    parts = key.split(".")
    return next((part for part in parts[:-1] if _GROUPS.search(part) and not _is_choice(part)), "")


def _is_choice(part: str) -> bool:
    """`best_by_accuracy`: what was chosen by a figure, and no part of the data."""
    chosen = _CHOSEN.search(part)
    return chosen is not None and bool(METRIC.search(_words(chosen[1])) or _LOWER_IS_BETTER.search(_words(chosen[1])))


def _slice_name(key: str, by: str) -> str:
    parts = key.split(".")
    after = parts[parts.index(by) + 1 :]
    return ".".join(part for part in after if not METRIC.search(_words(part))) or _last(key)


def _bare(key: str) -> str:
    """The key without what says that it is a baseline, a model or a test."""
    words = _BASELINE.sub(" ", _words(key))
    words = re.sub(r"(?i)(?<![a-z])(?:model|test|eval|candidate|score|metrics|results?|value)(?![a-z])", " ", words)
    return ".".join(part for piece in words.split(".") if (part := " ".join(piece.split())))


def _words(key: str) -> str:
    return (
        re.sub(r"[_\-]+", " ", key)
        .replace("most frequent", "most_frequent")
        .replace("rule based", "rule_based")
        .replace("majority class", "majority_class")
    )


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def day_in_name(path: str) -> str:
    """The last day that a path names, as of a run that is kept under its day; "" where it names none."""
    found = _NAMED_DAY.findall(path)
    return next((day for year, month, date in reversed(found) if (day := _day(f"{year}-{month}-{date}"))), "")


def _day(value: str) -> str:
    match = _ISO.match(value)
    if match is None:
        return ""
    try:
        return dt.date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        return ""
