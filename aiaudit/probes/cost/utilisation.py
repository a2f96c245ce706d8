"""The probe `cost.utilisation`: how busy the paid capacity was, by exported series in the project."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import DOUBLE, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.cost.series import Series, from_csv, from_json
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable, decode

GLOBS: Final = (
    "**/*{util,utilisation,utilization,dcgm,nvidia-smi,nvidia_smi,gpu,focus,finops}*.{json,csv}",
    "**/{metrics,monitoring,utilisation,utilization,finops,focus}/**/*.{json,csv}",
)
_MOST: Final = 100  # files that are opened
_LARGE: Final = 32 * 1024 * 1024  # bytes
_RECORD: Final = record(
    "utilisation",
    path=STRING,
    line=INT,
    kind=STRING,
    source=STRING,
    samples=INT,
    days=DOUBLE,
    p50=DOUBLE,
    p95=DOUBLE,
    memory_p50=DOUBLE,
    first=STRING,
    last=STRING,
    days_old=INT,
)


class UtilisationQuery(Query):
    """files: globs of what is opened (default: usual names and places of exports)."""

    files: list[str] = Field(default=list(GLOBS))


class UtilisationProbe(Probe[UtilisationQuery]):
    """Series of GPU or CPU use, told by their content: Prometheus' range query, CSV of DCGM or nvidia-smi, and the used
    share of commitments in FOCUS rows. Shares are percent over all devices of a file; `days` is the time from the first
    sample to the last, `days_old` from the last to the audit's day (less than 0: it lies after it), `memory_p50` −1
    where the file does not tell."""

    name: ClassVar[str] = "cost.utilisation"
    title: ClassVar[str] = "how busy paid capacity was, by exported series"
    query: ClassVar[type[UtilisationQuery]] = UtilisationQuery
    max_level: ClassVar[Level] = Level.RESULT

    def value_type(self, query: UtilisationQuery) -> Type:
        return list_of(_RECORD)

    def answer(self, fact_id: str, query: UtilisationQuery, context: Context) -> Fact:
        skipped = ("vendored", "generated", "test", "example")
        entries = [one for one in context.project.matching(query.files) if one.role not in skipped]
        found, unread = [], []
        for entry in entries[:_MOST]:
            try:
                series = None if entry.size > _LARGE else _read(context, entry.path)
            except (Unreadable, Malformed):
                unread.append(entry.display)
                continue
            if entry.size > _LARGE:
                unread.append(entry.display)
            elif series is not None:
                found.append(_record(series, entry.display, context))
        unread += [entry.display for entry in entries[_MOST:]]
        scope = Scope(len(entries), len(entries) - len(unread), tuple(unread[:10]))
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "exported series", scope=scope)
        evidence = tuple(Evidence(one["path"], 1, f"median {one['p50']:g} % of {one['days']:g} days") for one in found)
        return Fact(fact_id, State.KNOWN, found, Level.RESULT, "exported series", evidence=evidence[:20], scope=scope)


def _read(context: Context, path: str) -> Series | None:
    if path.endswith(".json"):
        return from_json(context.project.json(path))
    return from_csv(decode(context.project.head(path, _LARGE)))


def _record(series: Series, path: str, context: Context) -> dict[str, Any]:
    return {
        "path": path,
        "line": 1,
        "kind": series.kind,
        "source": series.source,
        "samples": series.samples,
        "days": round(series.days, 2),
        "p50": round(series.p50, 1),
        "p95": round(series.p95, 1),
        "memory_p50": round(series.memory_p50, 1),
        "first": series.first.date().isoformat(),
        "last": series.last.date().isoformat(),
        "days_old": (context.as_of - series.last.date()).days,
    }
