"""Results in a form of the project's own: a mapping that names metrics, attacks or an agreement with people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.evals.result import MAX_LISTED, Metric, Result, count, dated, mapping, modelled, number, text

_SIZE_KEYS: Final = (
    "n", "cases", "n_cases", "num_cases", "case_count", "total_cases", "samples", "n_samples", "num_samples", "total",
    "questions", "n_questions", "num_questions", "queries", "n_queries", "num_queries", "rows", "examples", "count",
    "query_count", "question_count", "sample_count", "example_count", "total_questions", "total_queries",
    "total_samples",
)  # fmt: skip
_ATTEMPT_KEYS: Final = (
    "attempts",
    "attacks",
    "n_attacks",
    "num_attacks",
    "total_attacks",
    "n_attempts",
    "num_attempts",
)
_WON_KEYS: Final = ("successes", "successful", "successful_attacks", "succeeded", "breaches", "bypassed")
_RATE_KEYS: Final = ("attack_success_rate", "success_rate", "asr", "bypass_rate", "breach_rate")
_FAMILY_KEYS: Final = ("categories", "families", "attack_types", "by_category", "tags", "plugins", "techniques")
_FRAMES: Final = ("metrics", "scores", "results", "summary", "overall", "aggregate", "aggregated", "all")  # no names
_TARGETS: Final = ("targets", "thresholds", "limits", "minimum", "required")
_METRIC: Final = lazy.regex(
    r"(?i)accuracy|precision|recall|\bf1|hit[ _-]?rate|\bmrr\b|ndcg|\bmap\b|faithful|grounded|relevan|correct"
    r"|exact[ _-]?match|pass[ _-]?rate|refus|abst|hallucinat|citation|kappa|agreement|bleu|rouge|similarity|score"
    r"|win[ _-]?rate|toxic"
)
_ATTACKS: Final = lazy.regex(r"(?i)attack_success|\battacks?\b|\bred[ _-]?team|jail-?break|injection")
_MAX_DEPTH: Final = 4


def read(data: Any, path: str) -> Result | None:
    """The result; None where the data names no metric and no attack."""
    outer = mapping(data)
    if not outer:
        return None
    heads = [
        outer,
        *(mapping(outer.get(key)) for key in ("metadata", "meta", "run", "summary", "info", "aggregate", "overall")),
    ]
    made = Result("own", date=dated(*heads), model=modelled(*heads))
    made.cases = _first(heads, _SIZE_KEYS) or 0
    attempts, won = _first(heads, _ATTEMPT_KEYS), _first(heads, _WON_KEYS)
    rate = next((value for one in heads for key in _RATE_KEYS if (value := number(one.get(key))) is not None), None)
    told = attempts is not None and (won is not None or rate is not None)
    if told or (rate is not None and _ATTACKS.search(path)) or any("attack_success_rate" in one for one in heads):
        made.kind = "red_team"
        made.attempts = attempts if attempts is not None else made.cases or None
        made.successes = float(won) if won is not None else None
        if won is None and rate is not None and made.attempts:
            made.successes = made.attempts * (rate / 100 if rate > 1 else rate)
    made.categories.update(_families(heads))
    targets = _targets(outer)
    for name, value, size in _metrics(outer):
        if len(made.metrics) < MAX_LISTED:
            made.metrics.append(
                Metric(
                    name,
                    value,
                    size or made.cases,
                    targets.get(name.lower(), targets.get(name.rpartition(".")[2].lower())),
                )
            )
    made.judge = next(
        (text(one.get(key)) for one in heads for key in ("judge", "judge_model", "grader") if text(one.get(key))), ""
    )
    return made if made.metrics or made.kind == "red_team" else None


def _first(heads: list[Mapping[str, Any]], keys: tuple[str, ...]) -> int | None:
    return next((value for one in heads for key in keys if (value := count(one.get(key))) is not None), None)


def _metrics(
    value: Mapping[str, Any], above: str = "", size: int = 0, depth: int = 0
) -> Iterator[tuple[str, float, int]]:
    """(name, value, over how many cases) of the numbers whose key, or the one above it, names a metric."""
    size = next((found for key in _SIZE_KEYS if key in value and (found := _size(value[key]))), size)
    for key, item in value.items():
        lower = str(key).lower()
        if (
            lower in _TARGETS
            or lower.endswith(("_target", "_threshold", "_min", "_max"))
            or lower.startswith("target_")
        ):
            continue
        figure = number(item) if not isinstance(item, str) else None
        if figure is not None:
            name = _named(str(key), above)
            if _METRIC.search(name.replace("@", " ")) and lower not in _SIZE_KEYS:
                yield name[:80], figure, size
        elif isinstance(item, Mapping) and depth < _MAX_DEPTH:
            yield from _metrics(item, "" if lower in _FRAMES else str(key), size, depth + 1)


def _named(key: str, above: str) -> str:
    """A figure's name with the one above it: `groundedness.pass_rate`; of `recall: {value: 0.9}`, recall."""
    if not above:
        return key
    return above if key.lower() in ("value", "mean", "avg", "average", "score", "estimate") else f"{above}.{key}"


def _size(value: Any) -> int | None:
    """A number of cases, also where it stands as `num_questions: {total: 10}`."""
    inner = mapping(value)
    return count(next((inner[key] for key in ("total", "count", "value") if key in inner), value))


def _targets(value: Mapping[str, Any], above: str = "", depth: int = 0) -> dict[str, float]:
    """What each metric should reach, by its name in small letters."""
    found: dict[str, float] = {}
    for key, item in value.items():
        lower, figure = str(key).lower(), number(item)
        if figure is not None and depth <= _MAX_DEPTH:
            if lower in ("target", "threshold", "min", "required") and above:
                found[above.lower()] = figure
            elif lower.startswith("target_"):
                found[lower.removeprefix("target_")] = figure
            for end in ("_target", "_threshold"):
                if lower.endswith(end):
                    found[lower.removesuffix(end)] = figure
        elif isinstance(item, Mapping) and lower in _TARGETS:
            found |= {str(k).lower(): n for k, v in item.items() if (n := number(v)) is not None}
        elif isinstance(item, Mapping) and depth < _MAX_DEPTH:
            found |= _targets(item, str(key), depth + 1)
    return found


def _families(heads: list[Mapping[str, Any]]) -> dict[str, int]:
    """Categories with how many cases each has; 1 where that is not said."""
    for one in heads:
        for key in _FAMILY_KEYS:
            part = one.get(key)
            if isinstance(part, Mapping):
                return {
                    str(name)[:80]: count(item) or _first([mapping(item)], (*_SIZE_KEYS, *_ATTEMPT_KEYS)) or 1
                    for name, item in list(part.items())[:MAX_LISTED]
                }
            if isinstance(part, list):
                return {name: 1 for item in part[:MAX_LISTED] if (name := text(item))}
    return {}
