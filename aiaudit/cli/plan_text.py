"""A plan in the words and lines of a terminal: fits? how many requests? how long? what then?"""

from __future__ import annotations

import math
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from aiaudit import lazy
from aiaudit.capacity.fit import flight_known
from aiaudit.capacity.fixes import Fix
from aiaudit.capacity.growth import Runway
from aiaudit.capacity.measured import Measured
from aiaudit.capacity.plan import Plan
from aiaudit.capacity.refused import refused
from aiaudit.capacity.selfcheck import Score, bound_violations, spearman, throughput_rows
from aiaudit.capacity.setup import Setup
from aiaudit.capacity.tables import GIB
from aiaudit.reports.text import visible

_GAPS = lazy.regex(r"( {2,})")  # columns and indents stay; all else is one line of visible characters
_LEAD = lazy.regex(r" *(?:[•█▓▒] )?(?:\S+(?: \S+){0,3}  +)?")  # an indent, a mark, the first column of a table
_NARROWEST = 20  # columns in which a sentence is still read
_MOST_TIMES = 10_000
_SECONDS = 10  # from here on a time is told in seconds
BAR = 40  # cells of the memory bar
_SIGN = {"weights": "█", "working set": "▓", "context": "▓", "graphs": "▓", "cache": "▒", "workspace": "▓"}
_ANSWER = {"yes": "yes", "tight": "yes, tightly", "no": "no", "unknown": "cannot be told"}
_CARRIES = {"yes": "yes", "tight": "barely", "no": "no", "unknown": "cannot be told"}
_FITS = {"yes": "It fits in memory", "tight": "It fits in memory, tightly,", "no": "It does not fit in memory"}
_LOAD = {
    "yes": "and carries the load", "tight": "and barely carries the load", "no": "but does not carry the load",
    "unknown": "; nothing tells whether it carries the load",
}  # fmt: skip


def lines(plan: Plan) -> Iterator[str]:
    """The whole report, line by line; nothing in it that a terminal would obey."""
    for line in _lines(plan):
        yield "".join(part if part.isspace() else visible(part) for part in _GAPS.split(line))


def fitted(line: str) -> list[str]:
    """A line as the terminal is wide, what follows under its column; whole where nobody looks on."""
    if not (sys.stdout.isatty() or "COLUMNS" in os.environ):
        return [line]
    room = max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST)
    lead = _LEAD.match(line)
    hang = min(lead.end() if lead else 0, room // 2)
    return textwrap.wrap(line, room, subsequent_indent=" " * hang, break_on_hyphens=False, break_long_words=False) or [
        line
    ]


def _lines(plan: Plan) -> Iterator[str]:
    yield from _head(plan)
    yield from _table(plan)
    yield from _bar(plan)
    for title, found in (
        ("Findings", [one.text for one in plan.findings]),
        ("Cheapest changes that work", [_fix(one) for one in plan.fixes] or _no_change(plan)),
        ("Training", [f"{one.name}: {_ANSWER[one.verdict]} ({one.reason})" for one in plan.training]),
        ("Indexes", [f"{one.kind}: {_ANSWER[one.verdict]} ({one.reason})" for one in plan.indexes]),
        ("Good to know", list(plan.fit.notes) if plan.fit else []),
        ("Assumed, since nothing is declared", list(plan.assumptions)),
    ):
        if found:
            yield ""
            yield title
            yield from (f"  • {text}" for text in found)


def _head(plan: Plan) -> Iterator[str]:
    name = plan.workload.name or (plan.model.name if plan.model else "workload")
    if plan.setup is None:
        yield name
        return
    setup = plan.setup
    copies = f"{setup.replicas} × " if setup.replicas > 1 else ""
    split = f" × {setup.ranks}" if setup.ranks > 1 else ""
    form = "" if setup.model.classical else f" in {setup.model.form.name}"
    yield f"{name}: {setup.model.name}{form} on {copies}{setup.gpu.name}{split}, {setup.engine}{_headline(plan)}"


def _headline(plan: Plan) -> str:
    """Both answers: whether the model fits in memory, and whether what there is carries the load."""
    if plan.carries is None or plan.verdict not in _FITS:
        return ""
    fits = _FITS[plan.verdict]
    load = "" if plan.verdict == "no" else _LOAD[plan.carries.verdict]
    trained = " A training run does not fit." if any(one.verdict == "no" for one in plan.training) else ""
    if load[:1] in ("", ";"):
        return f". {fits.removesuffix(',')}{load}.{trained}"
    return f". {fits} {load}.{trained}"


def _table(plan: Plan) -> Iterator[str]:
    rows = [("Fits in memory?", _fits(plan))]
    if plan.carries is not None:
        rows.append(("Carries the load?", f"{_CARRIES[plan.carries.verdict]}: {plan.carries.reason}"))
    if plan.service is not None and plan.demand is not None:
        limit = plan.service.capacity
        known = f"{limit.expected:.3g}/s ({limit.low:.3g} at worst; never above {limit.bound:.3g})"
        rows.append(("How many requests?", f"{known}; planned for is at most {100 * plan.demand.target:.0f} % of it"))
        rows.append(("How long?", f"{_times(plan)} at p95"))
    elif plan.measured is not None and plan.setup is not None:
        rows += _tested(plan.measured, plan.setup)
    if plan.runways:
        rows.append(("What then?", "; ".join(_runway(one) for one in plan.runways)))
    if plan.ten_times is not None and plan.ten_times.gpus is not None and plan.setup is not None:
        ten = plan.ten_times
        copies = "1 replica" if ten.replicas == 1 else f"{ten.replicas} replicas"
        more = copies if plan.setup.processor else f"{copies}, {ten.gpus}"
        rows.append(("At ten times", f"{more} × {plan.setup.gpu.name}"))
    if not plan.workload.over_interface:
        told = plan.carries.reason if plan.carries else ""
        rows += [("Not known", problem) for problem in plan.problems if problem != told]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        yield f"  {name:<{width}}  {text}"


def _tested(found: Measured, setup: Setup) -> list[tuple[str, str]]:
    """The rows of what a load test shows: it is a lower bound."""
    rate = found.each * setup.replicas
    copies = f" by {setup.replicas} replicas" if setup.replicas > 1 else ""
    many = f"{'at least ' if found.met else ''}{rate:.3g}/s{copies}, as {found.word}"
    rows = [("How many requests?", many)]
    if found.p95_ms is not None:
        rows.append(("How long?", f"whole answer {found.p95_ms:,.0f} ms at p95, at {found.each:.3g}/s a replica"))
    return [*rows, (f"{found.word.capitalize()} by", found.source)]


def _fits(plan: Plan) -> str:
    if plan.workload.over_interface:
        called = plan.workload.api.model or "the model"
        return f"nothing to fit here: {called} is called over an interface, whose rate limits its provider sets"
    if plan.fit is None:
        return _ANSWER["unknown"]
    held = plan.fit
    told = plan.setup is not None and plan.demand is not None and flight_known(plan.setup, plan.demand)
    need = f", {held.concurrency:,.0f} needed" if told and not held.beyond else ""
    known = f"; {held.holds:,} in flight fit{need}" if held.pool else ""
    return f"{_ANSWER[held.verdict]}: {held.reason}{known}"


def _times(plan: Plan) -> str:
    assert plan.service is not None
    found = plan.service.p95
    if found.ttft_s is None or math.isinf(found.ttft_s):
        return f"without end: the queue grows; {_ms(found.tpot_s)} a token"
    return f"first token {_ms(found.ttft_s)}, {_ms(found.tpot_s)} a token, whole answer {found.e2e_s:.1f} s"


def _ms(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    return f"{seconds:,.1f} s" if seconds >= _SECONDS else f"{seconds * 1000:,.0f} ms"


def _runway(one: Runway) -> str:
    if one.expected is None:
        return f"{one.what} lasts at this growth"
    if one.expected == 0:
        return f"{one.what} is used up now"
    months = "month" if f"{one.expected:.0f}" == "1" else "months"
    last = "no end" if one.latest is None else f"{one.latest:.0f}"
    first = "no end" if one.earliest is None else f"{one.earliest:.0f}"
    return f"{one.what} lasts {one.expected:.0f} {months} ({first} … {last})"


def _no_change(plan: Plan) -> list[str]:
    """That none was found, where one is wanted."""
    if not plan.searched or plan.carries is None or plan.carries.verdict not in ("no", "tight"):
        return []
    if plan.setup and plan.demand and refused(plan.setup, plan.demand):
        return [
            "what the engine refuses, no hardware mends: declare requests and ranks that it takes, or another model"
        ]
    return [
        "none of those that were tried is enough (weights, cache, context, batch, ranks, GPU, replicas, up to three at"
        " once): take a smaller model, a smaller load or longer objectives"
    ]


def _fix(one: Fix) -> str:
    risk = {0: "", 1: "; check the quality", 2: "; evaluate the quality first"}[one.risk]
    use = f", {100 * one.service.utilisation:.0f} % used at peak" if one.service else ", its speed is not known"
    return f"{one.text}: {one.setup.gpus} × {one.setup.gpu.name}, {_price(one)}{use}{risk}"


def _price(one: Fix) -> str:
    """Money a month; where no price is known, the bandwidth that stands in for it."""
    if one.monthly is None:
        known = 0 < one.bought < _MOST_TIMES  # of a GPU whose bandwidth the table has
        return f"no price known{f', {one.bought:.1f} × the bandwidth' if known else ''}"
    now = "" if one.now is None else f" (now {one.now:,.0f})"
    mark = " at an illustrative price" if one.illustrative else ""
    return f"{one.currency} {one.monthly:,.0f} a month{now}{mark}".strip()


def _bar(plan: Plan) -> Iterator[str]:
    """One GPU's memory: weights, overhead, cache, and the mark up to which the engine may go."""
    held = plan.fit
    if held is None or plan.setup is None:
        return
    whole = max(held.visible, held.terms.expected)
    cells = ""
    for term in held.terms.terms:
        cells += _SIGN.get(term.name, "▓") * round(BAR * term.expected / whole)
    cells = f"{cells:·<{BAR}}"[: max(BAR, len(cells))]
    yield ""
    # a small service is told in megabytes, as its manifest is
    scale, unit, digits = (1e6, "MB", 0) if held.visible < GIB and plan.setup.processor else (GIB, "GiB", 1)

    def size(amount: float, more: int = 0) -> str:
        return f"{amount / scale:,.{digits + more}f}"

    limit = "" if held.usable == held.visible else f" usable ({size(held.visible)} visible)"
    yield (
        f"  Memory of each {'replica' if plan.setup.processor else 'GPU'}  [{cells}]"
        f"  {size(round(held.share * held.usable))} of {size(held.usable)} {unit}{limit}"
    )
    for term in held.terms.terms:
        band = "" if term.low == term.high else f" ({size(term.low, 1)} … {size(term.high, 1)})"
        sign = _SIGN.get(term.name, "▓")
        yield f"    {sign} {term.name:<12} {size(term.expected, 1):>8} {unit}{band}  {term.formula}"


def selfcheck_lines(rows: Sequence[Score]) -> Iterator[str]:
    """The accuracy tables."""
    width = max(len(score.title) for score in rows)
    yield f"{'held against published measurements':<{width}}   rows  within   goal  worst"
    for score in rows:
        share, goal = f"{100 * score.share:.0f} %", f"{100 * score.goal:.0f} %"
        yield f"{score.title:<{width}}  {len(score.rows):>5}  {share:>6}  {goal:>5}  {_worst(score)}"
        for note in score.notes:
            yield f"{'':<{width}}         {note}"
    speed = throughput_rows()
    yield f"ideal bound exceeded: {bound_violations(speed)} of {len(speed)}"
    yield f"rank correlation of throughput: {spearman(speed):.3f}"
    yield "rows, settings and sources: tables/measured.yaml"


def _worst(score: Score) -> str:
    worst = score.worst
    size = f"{worst.ratio:.2f} ×" if score.ratio else f"{100 * worst.error:+.1f} %"
    return f"{size}{'' if score.met else '  goal missed'}  {worst.what}"
