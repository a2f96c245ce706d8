"""The probe `runs.figures`: metrics, baselines, slices, intervals and repeated runs in the files that a run left."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config.values import settings
from aiaudit.probes.reading import Files, listed, of_a_chart, scope_of
from aiaudit.probes.runs.figures import METRIC, Leaf, day_in_name, read

_MAX_FILES: Final = 60
_MAX_BYTES: Final = 1024 * 1024
_MAX_ROWS: Final = 500
_ROLES: Final = ("data", "docs", "config", "other", "model", "code")

_METRIC = record("metric", path=STRING, line=INT, name=STRING, metric=STRING, value=DOUBLE)
_COMPARISON = record(
    "comparison", path=STRING, line=INT, baseline=STRING, model=STRING, metric=STRING, baseline_value=DOUBLE,
    model_value=DOUBLE, gain=DOUBLE, judged=BOOL, beyond=BOOL,
)  # fmt: skip
_SLICE = record("slice", path=STRING, line=INT, by=STRING, name=STRING, metric=STRING, value=DOUBLE, cases=INT)
_INTERVAL = record("interval", path=STRING, line=INT, name=STRING)
_REPEAT = record("repeated run", path=STRING, line=INT, delta=DOUBLE, tolerance=DOUBLE, within=BOOL, wide=BOOL)
_MODEL = record("compared model", path=STRING, line=INT, model=STRING, quality=BOOL, cost=BOOL)
_FILE = record(
    "result file", path=STRING, line=INT, date=STRING, days_old=INT, cases=INT, data_version=STRING, commit=STRING,
    metrics=list_of(_METRIC), comparisons=list_of(_COMPARISON), slices=list_of(_SLICE), intervals=list_of(_INTERVAL),
    repeats=list_of(_REPEAT), models=list_of(_MODEL),
)  # fmt: skip

# A first column of a table that names groups of cases, and the row in which all of them stand.
_GROUP: Final = lazy.regex(
    r"(?i)^(?:\w+_)?(?:segment|slice|subgroup|group|cohort|strat(?:um|a)|tier|region|country|language|lang|gender|sex"
    r"|ethnicity|age_?(?:group|band|range|bucket)|channel|store|device|site|suburb|city|town|district|county|province"
    r"|borough|neighbou?rhood|station|branch|hospital|clinic|ward)(?:_?(?:id|name))?$"
)
# What is forecast, by its name. A table with shares of right answers may list classes so, one with errors does not.
_FORECAST: Final = lazy.regex(
    r"(?i)^(?:\w+_)?(?:product|item|sku|article|categor(?:y|ies)|symbol|ticker|customer|client|machine|building|meter|route"
    r"|airport|plant|warehouse)(?:_?(?:id|name|code))?$"
)
_ERROR: Final = lazy.regex(r"(?i)(?:^|[^a-z0-9])(?:r?mse|w?mae|s?mape|w(?:m)?ape|r2|r\^2|r²|mase)(?:[^a-z0-9]|$)")
_KIND: Final = lazy.regex(
    r"(?i)^(?:segment|slice|subgroup|group|cohort)_?(?:type|kind|column|attribute|feature|by|dimension)$"
)
_VALUE: Final = lazy.regex(r"(?i)^(?:(?:segment|slice|subgroup|group|cohort)_?)?(?:value|name|level|label)$")
_WHOLE: Final = lazy.regex(r"(?i)^(?:all|overall|total|global|macro_avg|micro_avg|weighted_avg|mean|average)$")


class ResultsQuery(Query):
    """files: globs of the files that an evaluation or a training leaves (JSON, YAML, TOML, CSV)."""

    files: tuple[str, ...] = (
        "**/*{metric,eval,result,score,report,benchmark,comparison,reproduc}*.{json,yaml,yml,toml,csv}",
        "{metrics,reports,results,evals,evaluation}/**/*.{json,yaml,yml,csv}",
    )


class RunFigures(Probe[ResultsQuery]):
    """One record a file that names a metric with a number.

    `date`: the day of the run as the file or its name says it; `days_old` is -1 where it says none, less where it lies
    in the future. `data_version`: a hash or version of the data. `comparisons`: a simple baseline's figure beside the
    model's; `judged` where an interval is stated or follows from the number of cases, `beyond` where the gain is larger
    than it. `slices`: metrics below a key such as `slices` or `by_country`. `repeats`: the largest difference between
    runs of one setting; `tolerance` is -1 where none is stated, `wide` where it is a fifth of the figure or more.
    `models`: rows that name a model and its metric.
    """

    name: ClassVar[str] = "runs.figures"
    title: ClassVar[str] = "Files of figures that evaluations and trainings left"
    query: ClassVar[type[Query]] = ResultsQuery
    max_level: ClassVar[Level] = Level.RESULT

    def value_type(self, query: ResultsQuery) -> Type:
        return list_of(_FILE)

    def answer(self, fact_id: str, query: ResultsQuery, context: Context) -> Fact:
        files = Files(context.project, of_runs=True)
        entries = [
            entry
            for entry in files.matching(query.files, _ROLES)
            if entry.size <= _MAX_BYTES
            and not entry.path.startswith((".github/", ".gitlab/"))
            and not of_a_chart(context.project, entry.path)
        ][:_MAX_FILES]
        found: list[dict[str, Any]] = []
        for entry in entries:
            figures = read(entry.path, _leaves(files, entry.path))
            if figures is None:
                continue
            date = figures.date or day_in_name(entry.path)
            days = (context.as_of - dt.date.fromisoformat(date)).days if date else -1
            found.append(
                {
                    "path": entry.path,
                    "line": 1,
                    "date": date,
                    "days_old": days if days >= 0 or not date else days - 1,
                }
                | {"cases": figures.cases, "data_version": figures.data_version, "commit": figures.commit}
                | {"metrics": figures.metrics, "comparisons": figures.comparisons, "slices": figures.slices}
                | {"intervals": figures.intervals, "repeats": figures.repeats, "models": figures.models}
            )
        unread = [path for path in files.problems if files.may_hold(path, METRIC)]
        dated = any(one["days_old"] >= 0 for one in found)
        return listed(
            fact_id,
            found,
            method="result files read",
            level=Level.RESULT if dated else Level.CONTENT,
            scope=scope_of([entry.path for entry in entries], unread),
            note="date",
        )


def _leaves(files: Files, path: str) -> Iterator[Leaf]:
    """The leaves of a file. A row of a CSV file is keyed by the text that stands in it, or by the group that its first
    column names (`segment,n_samples,recall`)."""
    if not path.lower().endswith(".csv"):
        yield from settings(files, path)
        return
    try:
        for number, row in enumerate(csv.DictReader(io.StringIO(files.text(path) or "")), 2):
            if number > _MAX_ROWS:
                return
            cells = {str(key): cell for key, cell in row.items() if isinstance(cell, str)}
            first, *others = [*cells, ""]
            by_group = _GROUP.search(first) or (
                _FORECAST.search(first) and any(_ERROR.search(_spaced(key)) for key in others)
            )
            named = cells[first] if by_group else ""
            if _KIND.search(first) and _VALUE.search(others[0]):  # `segment_type,segment_value,…`: both name the group
                named = f"{cells[first]}={cells.pop(others[0])}"
            group = re.sub(r"[.\s]+", "_", named.strip())[:80]
            if group and not _WHOLE.search(group):
                for key, cell in cells.items():
                    if key != first:
                        yield f"slices.{group}.{key}", _number(cell), number
                continue
            label = next((cell for cell in cells.values() if cell and not re.match(r"[-+.\d]", cell)), str(number))
            label = re.sub(r"[.\s]+", "_", label.strip())[:80]
            for key, cell in cells.items():
                yield f"rows.{label}.{key}", _number(cell), number
    except csv.Error:
        return


def _spaced(key: str) -> str:
    return key.replace("_", " ")


def _number(cell: str) -> Any:
    try:
        return float(cell) if len(cell) < 40 else cell
    except ValueError:
        return cell
