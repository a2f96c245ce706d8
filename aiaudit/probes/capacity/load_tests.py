"""The probe `capacity.load_tests`: results of load tests and benchmarks, held against the declared objectives."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.capacity.results import LoadResult, against, from_csv, from_json, from_text
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable, decode

# A result file is told by what is in it; these are the places and names that are opened.
GLOBS: Final = (
    "**/*{load,perf,bench,stress,k6,locust,vegeta,wrk,guidellm,latency,throughput}*/**/*.{json,csv,txt,log}",
    "**/*{load,perf,bench,stress,k6,locust,vegeta,wrk,guidellm,latency,throughput,stats}*.{json,csv,txt,log}",
    "**/.benchmarks/**/*.json",
)
_MOST: Final = 200  # files that are opened
_LARGE: Final = 8 * 1024 * 1024  # bytes of a result file
_TEXT: Final = 64 * 1024  # of a text file
_IN_NAME: Final = lazy.regex(r"(20\d{2})-?(\d{2})-?(\d{2})")
_RECORD: Final = record(
    "load test",
    path=STRING,
    line=INT,
    tool=STRING,
    kind=STRING,
    rps=DOUBLE,
    p50_ms=DOUBLE,
    p95_ms=DOUBLE,
    ttft_ms=DOUBLE,
    tpot_ms=DOUBLE,
    error_rate=DOUBLE,
    requests=DOUBLE,
    started=STRING,
    days_old=INT,
    version=STRING,
    reaches_peak=BOOL,
    missed=list_of(STRING),
    compared=list_of(STRING),
)


class LoadTestsQuery(Query):
    """files: globs of what is opened (default: usual places and names of results)."""

    files: list[str] = Field(default=list(GLOBS))


class LoadTestsProbe(Probe[LoadTestsQuery]):
    """Results of k6, Locust, Vegeta, wrk, `vllm bench`, GuideLLM and pytest-benchmark, told by their content.

    Times are milliseconds, −1 where the file does not tell. `kind`: load, or bench (one request at a time).
    `started`: the day in the file or in its name; `days_old` −1 where there is none. `reaches_peak`: at least the
    declared peak of requests a second was done. `compared`: declared objectives that the file has a figure for;
    `missed`: those that it misses, in words.
    """

    name: ClassVar[str] = "capacity.load_tests"
    title: ClassVar[str] = "results of load tests and benchmarks, against the declared objectives"
    query: ClassVar[type[LoadTestsQuery]] = LoadTestsQuery
    max_level: ClassVar[Level] = Level.RESULT

    def value_type(self, query: LoadTestsQuery) -> Type:
        return list_of(_RECORD)

    def answer(self, fact_id: str, query: LoadTestsQuery, context: Context) -> Fact:
        skipped = ("vendored", "generated", "example")
        entries = [one for one in context.project.matching(query.files) if one.role not in skipped]
        found, unread = [], []
        for entry in entries[:_MOST]:
            if entry.size > _LARGE:
                unread.append(entry.display)
                continue
            try:
                result = _read(context, entry.path)
            except (Unreadable, Malformed):
                unread.append(entry.display)
                continue
            if result is not None:
                found.append(_record(result, entry.display, context))
        unread += [entry.display for entry in entries[_MOST:]]
        scope = Scope(len(entries), len(entries) - len(unread), tuple(unread[:10]))
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "result files", scope=scope)
        found.sort(key=lambda one: (one["days_old"] < 0, one["days_old"], one["path"]))
        evidence = tuple(Evidence(one["path"], 1, _note(one)) for one in found[:20])
        return Fact(fact_id, State.KNOWN, found, Level.RESULT, "result files", evidence=evidence, scope=scope)


def _read(context: Context, path: str) -> LoadResult | None:
    if path.endswith(".json"):
        return from_json(context.project.json(path))
    text = decode(context.project.head(path, _TEXT))
    return from_csv(text) if path.endswith(".csv") else from_text(text)


def _record(result: LoadResult, path: str, context: Context) -> dict[str, Any]:
    day = result.started or _day_in(path)
    age = (context.as_of - day).days if day else -1
    rate = context.config.workload.traffic.requests_per_second
    peak = (rate.peak if rate.peak is not None else rate.mean) if rate else None
    compared, missed = against(result, context.config.workload)
    return {
        "path": path,
        "line": 1,
        "tool": result.tool,
        "kind": result.kind,
        **{
            name: round(getattr(result, name), 4)
            for name in ("rps", "p50_ms", "p95_ms", "ttft_ms", "tpot_ms", "error_rate", "requests")
        },
        "started": day.isoformat() if day else "",
        "days_old": age if age >= 0 else -1,
        "version": result.version,
        "reaches_peak": peak is not None and result.rps >= peak * 0.98,  # a fixed rate is never met to the digit
        "missed": missed,
        "compared": compared,
    }


def _day_in(path: str) -> dt.date | None:
    match = _IN_NAME.search(path.rpartition("/")[2])
    try:
        return dt.date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None


def _note(one: dict[str, Any]) -> str:
    rate = f"{one['rps']:.4g}/s" if one["rps"] >= 0 else "rate not told"
    slow = f", p95 {one['p95_ms']:.4g} ms" if one["p95_ms"] >= 0 else ""
    return f"{one['tool']}: {rate}{slow}" + (f", {one['started']}" if one["started"] else ", no date")
