"""Reports of tools that attack a model: garak, PyRIT, Moonshot and deepteam. A reader gives None for other data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.evals.result import Metric, Result, count, dated, day, mapping, number, rows, text

_ATTACKS: Final = lazy.regex(r"(?i)attack|jail-?break|inject|adversarial|red-?team|prompt.?leak|(?<![a-z])harm|toxic")


def garak(lines: Sequence[Mapping[str, Any]]) -> Result | None:
    """A `*.report.jsonl`: one `eval` entry for each probe and detector. A hit log, which lists only what succeeded,
    says nothing of how many were tried."""
    if any("probe" in one and "detector" in one and "entry_type" not in one for one in lines[:3]):
        made = Result("garak", "red_team", "", cases=len(lines), successes=float(len(lines)))
        made.categories.update(_family(one.get("probe")) for one in lines)
        made.model = next((name for one in lines if (name := text(one.get("generator")))), "")
        return made
    kinds = {one.get("entry_type") for one in lines}
    if not kinds & {"start_run setup", "init", "eval", "attempt"}:
        return None
    made = Result("garak", "red_team")
    worst: dict[str, tuple[float, float]] = {}
    for one in lines:
        kind = one.get("entry_type")
        if kind == "start_run setup":
            made.model = _first(one, "plugins.target_name", "plugins.model_name", "plugins.target_type")
            made.date = made.date or day(one.get("transient.starttime_iso"))
        elif kind in ("init", "completion"):
            made.date = dated(one) or made.date
        elif kind == "eval":
            total = number(one.get("total_evaluated", one.get("total"))) or 0.0
            fails = number(one.get("fails"))
            hits = fails if fails is not None else max(total - (number(one.get("passed")) or 0.0), 0.0)
            probe = text(one.get("probe"))
            # Several detectors judge the same attempts: an attempt succeeded where any of them says so, so the
            # detector with most hits stands for the probe.
            if total and hits >= worst.get(probe, (-1.0, 0.0))[0]:
                worst[probe] = (hits, total)
    for probe, (_, total) in worst.items():
        made.categories[_family(probe)] += int(total)
    if worst:
        made.attempts = int(sum(total for _, total in worst.values()))
        made.successes = sum(hits for hits, _ in worst.values())
    return made


def pyrit(data: Any) -> Result | None:
    """Conversations exported from PyRIT's memory: an attempt is a conversation, and it succeeded where a true/false
    score says so. Newer exports list attack results with an `outcome`."""
    listed = rows(data if isinstance(data, list) else mapping(data).get("attack_results"))
    if listed and all("outcome" in one and ("objective" in one or "conversation_id" in one) for one in listed[:20]):
        made = Result("PyRIT", "red_team", _latest(listed), attempts=len(listed))
        made.successes = float(sum(1 for one in listed if text(one.get("outcome")).lower().endswith("success")))
        made.categories.update(_type_of(one.get("attack_identifier")) for one in listed)
        return made
    if not listed or not all("conversation_id" in one and "role" in one for one in listed[:20]):
        return None
    made = Result("PyRIT", "red_team", _latest(listed))
    talks: dict[str, bool | None] = {}
    for one in listed:
        name = text(one.get("conversation_id"))
        talks.setdefault(name, None)
        for score in rows(one.get("scores")):
            if text(score.get("score_type")) == "true_false":
                talks[name] = bool(talks[name]) or str(score.get("score_value")).lower() == "true"
        made.model = made.model or _type_of(one.get("prompt_target_identifier"))
        for key in ("attack_identifier", "orchestrator_identifier"):
            if kind := _type_of(one.get(key)):
                made.categories[kind] += 1
    scored = [won for won in talks.values() if won is not None]
    made.cases, made.attempts = len(talks), len(scored) or None
    made.successes = float(sum(scored)) if scored else None
    return made


def moonshot(data: Any) -> Result | None:
    """A result of AI Verify's Moonshot: `metadata` with the run, `results` with recipes and their metrics."""
    outer = mapping(data)
    head, body = mapping(outer.get("metadata")), mapping(outer.get("results"))
    recipes = rows(body.get("recipes"))
    for book in rows(body.get("cookbooks")):
        recipes += rows(book.get("recipes"))
    if not recipes or "endpoints" not in head:
        return None
    endpoints = head["endpoints"]
    made = Result("Moonshot", "evaluation", dated(head))
    made.model = text(endpoints[0]) if isinstance(endpoints, list) and endpoints else ""
    attempts, won = 0, 0.0
    for recipe in recipes:
        name = text(recipe.get("id"))
        for detail in rows(recipe.get("details")):
            prompts = len(rows(detail.get("data")))
            made.cases += prompts
            made.categories[name] += prompts
            for key, value in (pair for one in rows(detail.get("metrics")) for pair in _numbers(one)):
                made.metrics.append(Metric(key, value, prompts))
                if "attack_success_rate" in key:
                    attempts, won = attempts + prompts, won + prompts * (value / 100 if value > 1 else value)
        if not recipe.get("details"):
            for summary in rows(recipe.get("evaluation_summary")):
                prompts = count(summary.get("num_of_prompts")) or 0
                made.cases += prompts
                made.categories[name] += prompts
    if any(_ATTACKS.search(name) for name in made.categories):
        made.kind = "red_team"
        made.attempts, made.successes = (attempts, won) if attempts else (made.cases or None, None)
    return made


def deepteam(data: Any) -> Result | None:
    """A risk assessment of deepteam: pass rates by vulnerability and by attack."""
    overview = mapping(mapping(data).get("overview"))
    found = rows(overview.get("vulnerability_type_results"))
    if not found:
        return None
    made = Result("deepteam", "red_team", dated(data, overview))
    passing = sum(count(one.get("passing")) or 0 for one in found)
    failing = sum(count(one.get("failing")) or 0 for one in found)
    made.attempts, made.successes = passing + failing, float(failing)
    families: Counter[str] = Counter()
    for one in (*found, *rows(overview.get("attack_method_results"))):
        name = text(one.get("vulnerability")) or text(one.get("attack_method"))
        families[name] += (count(one.get("passing")) or 0) + (count(one.get("failing")) or 0)
    made.categories = families
    return made


def _family(probe: Any) -> str:
    """garak's module of a probe: `promptinject.HijackHateHumans` is promptinject."""
    return text(probe).removeprefix("garak.").removeprefix("probes.").partition(".")[0]


def _first(one: Mapping[str, Any], *keys: str) -> str:
    return next((found for key in keys if (found := text(one.get(key)))), "")


def _type_of(value: Any) -> str:
    return text(mapping(value).get("__type__")) or text(mapping(value).get("model_name"))


def _latest(listed: Sequence[Mapping[str, Any]]) -> str:
    return max((dated(one) for one in listed), default="")


def _numbers(value: Any, depth: int = 0) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for key, item in mapping(value).items():
        if (one := number(item)) is not None:
            found.append((str(key)[:80], one))
        elif depth < 3:
            found += _numbers(item, depth + 1)
    return found[:30]
