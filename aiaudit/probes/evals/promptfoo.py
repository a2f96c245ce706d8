"""Results of promptfoo: `promptfoo eval -o results.json`, and its red-team runs.

The format is the one of promptfoo's output files, versions 2 and 3 (`results.results`, `results.stats`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiaudit.probes.evals.result import Result, count, dated, mapping, means, number, rows, text

_ERROR: Final = 2  # promptfoo's ResultFailureReason.ERROR: the call failed, so nothing was tested
_JUDGES: Final = ("llm-rubric", "model-graded", "g-eval", "factuality", "answer-relevance", "context-", "select-best")


def read(data: Any) -> Result | None:
    """The result; None where the data is not promptfoo's."""
    outer = mapping(data)
    inner = mapping(outer.get("results"))
    stats = mapping(inner.get("stats"))
    listed = rows(inner.get("results"))
    if "successes" not in stats and not (listed and "success" in listed[0]):
        return None
    config = mapping(outer.get("config"))
    attacks = "redteam" in config or any(_plugin(one) for one in listed)
    made = Result("promptfoo", "red_team" if attacks else "evaluation", dated(inner, outer, outer.get("metadata")))
    tried = [one for one in listed if one.get("failureReason") != _ERROR]
    made.cases = len(tried) or sum(count(stats.get(key)) or 0 for key in ("successes", "failures"))
    failed = sum(1 for one in tried if one.get("success") is False) if tried else count(stats.get("failures"))
    if attacks:
        made.attempts, made.successes = made.cases, failed
    made.model = next((name for one in listed if (name := text(one.get("provider")))), "") or _provider(config)
    for one in tried:
        made.categories.update(_categories(one))
    made.metrics = means(
        (str(name)[:80], value)
        for one in tried
        for name, score in mapping(one.get("namedScores")).items()
        if (value := number(score)) is not None
    )
    if not attacks and made.cases and failed is not None:
        made.metrics += means([("pass_rate", (made.cases - failed) / made.cases)])
    made.judge = next((judge for one in tried if (judge := _judge(one))), "")
    return made


def _plugin(one: Mapping[str, Any]) -> str:
    for part in (one.get("metadata"), mapping(one.get("testCase")).get("metadata")):
        if plugin := text(mapping(part).get("pluginId")):
            return plugin
    return ""


def _categories(one: Mapping[str, Any]) -> set[str]:
    case = mapping(one.get("testCase"))
    found = {_plugin(one)}
    for part in (one.get("metadata"), case.get("metadata")):
        found |= {text(mapping(part).get(key)) for key in ("strategyId", "category", "type", "tag")}
    return found - {""}


def _judge(one: Mapping[str, Any]) -> str:
    for part in rows(mapping(one.get("gradingResult")).get("componentResults")):
        kind = text(mapping(part.get("assertion")).get("type")).removeprefix("not-")
        if kind.startswith(_JUDGES):
            return kind
    return ""


def _provider(config: Mapping[str, Any]) -> str:
    for key in ("providers", "targets"):
        listed = config.get(key)
        first = listed[0] if isinstance(listed, list) and listed else listed
        if name := text(first):
            return name
    return ""
