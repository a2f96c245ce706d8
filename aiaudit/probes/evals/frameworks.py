"""Results of evaluation frameworks: deepeval, ragas, Inspect, lm-evaluation-harness, LangSmith and JUnit reports.

Each reader takes parsed data and returns None where it is not of its framework.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.parsers import expat

from aiaudit.probes.evals.result import (
    MAX_LISTED,
    Metric,
    Result,
    count,
    dated,
    day,
    mapping,
    means,
    number,
    rows,
    text,
)

_RAGAS: Final = (
    "faithfulness", "answer_relevancy", "answer_correctness", "answer_similarity", "semantic_similarity",
    "factual_correctness", "context_precision", "context_recall", "context_entity_recall", "context_relevancy",
    "noise_sensitivity", "llm_context_precision_with_reference", "llm_context_precision_without_reference",
    "non_llm_context_precision_with_reference", "non_llm_context_recall", "response_relevancy",
    "response_groundedness", "nv_context_relevance", "nv_response_groundedness", "nv_accuracy",
)  # fmt: skip
_RAGAS_TEXT: Final = frozenset(
    ("user_input", "question", "retrieved_contexts", "contexts", "response", "answer", "reference")
)


def deepeval(data: Any) -> Result | None:
    """A test run of deepeval: `testCases` with `metricsData`."""
    outer = mapping(data)
    outer = mapping(outer.get("testRunData")) or outer
    cases = rows(outer.get("testCases"))
    if not any("metricsData" in one for one in cases[:20]):
        return None
    made = Result("deepeval", "evaluation", dated(outer), cases=len(cases))
    graded = [grade for one in cases for grade in rows(one.get("metricsData"))]
    made.metrics = means((text(g.get("name")), v) for g in graded if (v := number(g.get("score"))) is not None)
    limits = {text(grade.get("name")): number(grade.get("threshold")) for grade in graded}
    made.metrics = [Metric(m.name, m.value, m.cases, limits.get(m.name)) for m in made.metrics]
    made.judge = next((name for g in graded if (name := text(g.get("evaluationModel")))), "")
    made.model = text(mapping(outer.get("hyperparameters")).get("model"))
    for one in cases:
        made.categories.update({text(tag) for tag in (one.get("tags") or []) if text(tag)} if _listed(one) else ())
    return made


def _listed(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get("tags"), list)


def ragas(table: Sequence[Mapping[str, Any]]) -> Result | None:
    """A table of ragas (`to_pandas().to_csv()`, or JSON): a column a metric, a row a question."""
    columns = {str(key) for one in table[:20] for key in one}
    metrics = {key for key in columns if key.lower().partition("(")[0] in _RAGAS}
    if not metrics or not columns & _RAGAS_TEXT:
        return None
    made = Result("ragas", "evaluation", max((dated(one) for one in table), default=""), cases=len(table))
    made.metrics = means(
        (key, value) for one in table for key in sorted(metrics) if (value := number(one.get(key))) is not None
    )
    made.judge = "a language model (ragas)"
    made.categories.update(
        name for one in table if (name := text(one.get("category")) or text(one.get("synthesizer_name")))
    )
    return made if made.metrics else None


def inspect(data: Any) -> Result | None:
    """A log of Inspect in JSON: `eval` says what ran, `results` what came out."""
    outer = mapping(data)
    head, out = mapping(outer.get("eval")), mapping(outer.get("results"))
    if not ("task" in head and "model" in head):
        return None
    made = Result("inspect", "evaluation", dated(head, outer.get("stats")), text(head.get("model")))
    made.cases = (
        count(out.get("completed_samples")) or count(out.get("total_samples")) or len(rows(outer.get("samples")))
    )
    for score in rows(out.get("scores")):
        for name, part in mapping(score.get("metrics")).items():
            if (value := number(mapping(part).get("value"))) is not None and len(made.metrics) < MAX_LISTED:
                made.metrics.append(Metric(f"{text(score.get('name'))}.{name}"[:80], value, made.cases))
        if "model_graded" in text(score.get("scorer")):
            made.judge = text(mapping(score.get("params")).get("model")) or "a language model"
    for one in rows(outer.get("samples")):
        if name := text(mapping(one.get("metadata")).get("category")):
            made.categories[name] += 1
    task = text(head.get("task"))
    if any(word in task.lower() for word in ("jailbreak", "inject", "strong_reject", "agentharm", "harmbench")):
        made.kind, made.attempts = "red_team", made.cases or None
    return made if text(outer.get("status")) in ("success", "") else None


def harness(data: Any) -> Result | None:
    """Results of lm-evaluation-harness: `results` by task, keys such as `acc,none`."""
    outer = mapping(data)
    tasks = mapping(outer.get("results"))
    if not ("versions" in outer and "config" in outer and tasks):
        return None
    sizes = mapping(outer.get("n-samples"))
    config = mapping(outer.get("config"))
    made = Result("lm-evaluation-harness", "evaluation", day(outer.get("date")))
    made.model = text(outer.get("model_name")) or text(config.get("model_args")) or text(config.get("model"))
    for task, part in tasks.items():
        size = count(mapping(sizes.get(task)).get("effective")) or 0
        made.cases += size
        for key, item in mapping(part).items():
            value = number(item)
            if value is not None and "stderr" not in key and key != "alias" and len(made.metrics) < MAX_LISTED:
                made.metrics.append(Metric(f"{task}.{key.partition(',')[0]}"[:80], value, size))
    return made


def langsmith(data: Any) -> Result | None:
    """Runs exported from LangSmith: a list with `feedback_stats` or `feedback`."""
    listed = rows(data if isinstance(data, list) else mapping(data).get("runs"))
    if not listed or not any("feedback_stats" in one or "feedback" in one for one in listed[:20]):
        return None
    made = Result("LangSmith", "evaluation", max((dated(one) for one in listed), default=""), cases=len(listed))
    found: list[tuple[str, float]] = []
    for one in listed:
        for key, part in mapping(one.get("feedback_stats")).items():
            if (value := number(mapping(part).get("avg"))) is not None:
                found.append((str(key)[:80], value))
        for part in rows(one.get("feedback")):
            if (value := number(part.get("score"))) is not None:
                found.append((text(part.get("key")), value))
    made.metrics = means(found)
    return made


def junit(source: str) -> Result | None:
    """A JUnit report of a test run: how many tests there were, and how many held. Document types are not read."""
    suites: list[Mapping[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "testsuite" and len(suites) < 1000:
            suites.append(attributes)

    def refuse(*_: object) -> None:
        raise _RefusedError

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(source, True)
    except (expat.ExpatError, _RefusedError):
        return None
    total = sum(count(one.get("tests")) or 0 for one in suites)
    skipped = sum(count(one.get(key)) or 0 for one in suites for key in ("skipped", "errors"))
    failed = sum(count(one.get("failures")) or 0 for one in suites)
    ran = total - skipped
    if ran <= 0:
        return None
    made = Result("JUnit", "evaluation", max((day(one.get("timestamp")) for one in suites), default=""), cases=ran)
    made.metrics = [Metric("pass_rate", round((ran - failed) / ran, 6), ran)]
    return made


class _RefusedError(Exception):
    """The report declares a document type."""
