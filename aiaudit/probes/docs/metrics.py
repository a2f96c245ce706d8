"""The probe `docs.metrics`: whether the figures that a document states are those of an evaluation that lies there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from msgspec import Struct
from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import OWN_ROLES, library, names
from aiaudit.probes.docs.document import Document
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable

_MAX_ARTEFACTS: Final = 60
_MAX_BYTES: Final = 1024 * 1024
_MAX_VALUES: Final = 4000
_MAX_DEPTH: Final = 8
_MAX_ROWS: Final = 500
_METRIC: Final = lazy.regex(
    r"(?i)(?<![a-z])(?:accuracy|precision|recall|f[-_ ]?(?:1|beta|score)|auc|auroc|auprc|roc|average[-_ ]precision"
    r"|r?mse|mae|mape|smape|r2|r²|bleu|rouge|meteor|wer|cer|perplexity|log[-_ ]?loss|loss|brier|ndcg|mrr|map|iou|dice"
    r"|hit[-_ ]?rate|exact[-_ ]match|kappa|mcc|gini|specificity|sensitivity|error[-_ ]rate|fid|score|pass@\d+)(?![a-z])"
)
# A figure with at least two digits that count; versions (1.7.2) and dates are none.
# A comma stands before decimals where no three digits follow it, or a nought stands before it: 0,713 and 71,3 %.
_FIGURE: Final = lazy.regex(
    r"(?<![\w.,])([-+]?(?:0,\d{1,12}|\d{1,6},(?:\d{1,2}|\d{4,12})))\s?(%)?(?![\w]|[.,]\d)"
    r"|(?<![\w.])([-+]?\d{1,6}(?:\.\d{1,12})?)\s?(%)?(?![\w]|\.\d)"
)

# Addresses and numbers of papers hold digits that measure nothing: `https://arxiv.org/abs/2212.04356`.
_ADDRESS: Final = lazy.regex(
    r"https?://[^\s<>)\]]{1,2000}|\]\([^()\s]{1,500}\)|(?i:arxiv)[:\s]{0,3}\d{4}\.\d{4,5}|\bdoi[:\s]\S+"
)

_STATED: Final = record("stated figure", path=STRING, line=INT, text=STRING, artefact=STRING)
_CARD: Final = record(
    "document with figures", path=STRING, line=INT, stated=INT, matched=INT, artefact=STRING, unmatched=list_of(_STATED)
)
_TYPE: Final = record("stated and measured figures", artefacts=list_of(STRING), documents=list_of(_CARD))


class MetricsQuery(Query):
    """files: globs of documents. headings: sections whose figures count. artefacts: globs of the files that an
    evaluation leaves (JSON, YAML, CSV)."""

    files: list[str] = Field(min_length=1)
    headings: list[str] = Field(
        default_factory=lambda: ["metric*", "evaluation", "evaluation result*", "performance", "result*", "quality"]
    )
    artefacts: list[str] = Field(
        default_factory=lambda: [
            "**/*{metric,eval,result,score,report}*.{json,yaml,yml,csv}",
            "{metrics,reports,results}/**/*.{json,yaml,yml,csv}",
        ],
        min_length=1,
    )


class MetricsProbe(Probe[MetricsQuery]):
    """For each document: how many figures its sections on metrics state, and how many of them an artefact holds.

    A figure is a decimal number or a percentage with at least two digits that count. It matches a value whose key (or
    one above it) names a metric, if the value rounds to it; 86.5 % also matches 0.865. `unmatched` lists the others.
    """

    name: ClassVar[str] = "docs.metrics"
    title: ClassVar[str] = "figures of documents beside those of the evaluation's files"
    query: ClassVar[type[MetricsQuery]] = MetricsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: MetricsQuery) -> Type:
        return _TYPE

    def answer(self, fact_id: str, query: MetricsQuery, context: Context) -> Fact:
        found = library(context, query.files)
        if not found.documents and found.unread:
            return Fact(fact_id, State.UNKNOWN, reason=found.reason, method="figures", scope=found.scope)
        if not found.documents:
            return Fact(fact_id, State.ABSENT, level=Level.CONTENT, method="figures", scope=found.scope)
        measured = list(_measured(context, query))
        documents = [_record(document, query, measured) for document in found.documents]
        return Fact(
            fact_id,
            State.KNOWN,
            value={"artefacts": sorted({one.path for one in measured}), "documents": documents},
            level=Level.CONTENT,
            method="figures",
            scope=found.scope,
            evidence=tuple(
                Evidence(
                    one["path"], one["line"], f"{one['matched']} of {one['stated']} figures stand in an evaluation"
                )
                for one in documents[:10]
            ),
        )


class _Measured(Struct, frozen=True):
    path: str
    value: float


def _measured(context: Context, query: MetricsQuery) -> Iterator[_Measured]:
    """The figures of the artefacts whose keys name a metric."""
    project = context.project
    for entry in project.matching(query.artefacts, OWN_ROLES)[:_MAX_ARTEFACTS]:
        if entry.size > _MAX_BYTES:
            continue
        try:
            match entry.suffix:
                case ".json":
                    data: Any = project.json(entry.path)
                case ".csv":
                    data = list(_rows(project.text(entry.path)))
                case _:
                    data = project.yaml(entry.path)
        except (Malformed, Unreadable):
            continue
        values = _leaves(data, named=False, depth=0)
        for _, value in zip(range(_MAX_VALUES), values, strict=False):
            yield _Measured(entry.display, value)


def _rows(text: str) -> Iterator[dict[str, Any]]:
    """Rows of a CSV file by column, numbers as numbers. A row that names its metric (metric,value) is keyed by it."""
    try:
        for _, row in zip(range(_MAX_ROWS), csv.DictReader(io.StringIO(text)), strict=False):
            label = " ".join(str(cell) for cell in row.values() if isinstance(cell, str) and _METRIC.search(cell))
            numbers = {str(key): _number(cell) for key, cell in row.items() if isinstance(cell, str)}
            kept = {key: number for key, number in numbers.items() if number is not None}
            yield {label: kept} if label else kept
    except csv.Error:
        return


def _number(text: str) -> float | None:
    try:
        return float(text) if len(text) < 40 else None
    except ValueError:
        return None


def _leaves(value: Any, *, named: bool, depth: int) -> Iterator[float]:
    """The numbers below a key that names a metric."""
    if depth > _MAX_DEPTH or isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        if named:
            yield float(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            is_metric = named or _METRIC.search(re.sub(r"[_\-.]+", " ", str(key))) is not None
            yield from _leaves(item, named=is_metric, depth=depth + 1)
    elif isinstance(value, list):
        for item in value[:_MAX_ROWS]:
            yield from _leaves(item, named=named, depth=depth + 1)


def _record(document: Document, query: MetricsQuery, measured: list[_Measured]) -> dict[str, Any]:
    stated: list[dict[str, Any]] = []
    for number, line in _metric_lines(document, query.headings):
        for figure in _FIGURE.finditer(_ADDRESS.sub(" ", line)):
            text = (figure.group(1) or figure.group(3)).replace(",", ".")
            percent = bool(figure.group(2) or figure.group(4))
            if len(text.lstrip("+-0.").replace(".", "")) < 2 or not (percent or "." in text):
                continue
            source = next((one.path for one in measured if _rounds_to(one.value, text, percent)), "")
            stated.append({"path": document.path, "line": number, "text": figure.group(0).strip(), "artefact": source})
    sources = [one["artefact"] for one in stated if one["artefact"]]
    return {
        "path": document.path,
        "line": stated[0]["line"] if stated else 1,
        "stated": len(stated),
        "matched": len(sources),
        "artefact": max(sorted(set(sources)), key=sources.count) if sources else "",
        "unmatched": [one for one in stated if not one["artefact"]],
    }


def _metric_lines(document: Document, headings: list[str]) -> Iterator[tuple[int, str]]:
    """The lines of the sections on metrics, each once."""
    seen: set[int] = set()
    for index, section in enumerate(document.sections):
        if not any(names(section.title, heading) for heading in headings):
            continue
        for part in document.with_children(index):
            for number, line in part.lines:
                if number not in seen:
                    seen.add(number)
                    yield number, line


def _rounds_to(value: float, text: str, percent: bool) -> bool:
    """Whether `value` is what `text` states, to half a unit of its last digit; a percentage may stand for a share."""
    unit = 10.0 ** -len(text.partition(".")[2])
    wanted = float(text)
    scales = (1.0, 100.0) if percent else (1.0,)
    return any(abs(value * scale - wanted) <= unit / 2 + 1e-9 for scale in scales)
