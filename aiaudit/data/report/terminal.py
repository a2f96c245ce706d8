"""The profile on a terminal: problems, then each set with a line a column, then the pairs. Plain without colour."""

from __future__ import annotations

import io
from typing import Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aiaudit.data.model import Chat, Column, Dataset, Pair, Report
from aiaudit.data.report.figures import bars, chance, count, distinct, extent, many, name, number, rows_of, share, size
from aiaudit.data.report.problems import Problem, problems_of
from aiaudit.reports.console import console_on
from aiaudit.reports.strings import say
from aiaudit.reports.text import visible

SHOWN: Final = 40  # problems, and columns without a problem, that are printed; the reports hold all
NARROWEST: Final = 80
_SIGN: Final = {"high": ("✗", "red"), "medium": ("◐", "yellow"), "low": ("·", "dim")}
_SHORT: Final = frozenset({"timestamp", "boolean", "integer", "number"})  # types with a shorter name
ROOMY: Final = 96  # columns from which a histogram stands beside the values
BARS: Final = 20


def render(report: Report, *, width: int = 100, colour: bool = False) -> str:
    """The profile as text, at most `width` columns wide."""
    page = io.StringIO()
    console = console_on(page, max(width, NARROWEST), colour=colour)
    problems = problems_of(report)
    console.print(_head(report))
    console.print()
    console.print(_problems(problems, several=len(report.datasets) > 1))
    for dataset in report.datasets:
        console.print()
        console.print(_title(dataset))
        if dataset.chat is not None:
            console.print(_indent(_chat(dataset.chat)))
        if dataset.columns:
            console.print(_indent(_columns(dataset, problems, console.width)))
            left = len(dataset.columns) - len(_chosen(dataset, problems))
            if left > 0:
                console.print(_indent(Text(say("profile.not_shown", left), "dim")))
    for pair in report.pairs:
        console.print()
        console.print(Text.assemble((_between(pair), "bold"), (f"  {say(f'profile.pair.{pair.kind}')}", "dim")))
        console.print(_indent(_overlap(pair) if pair.kind == "overlap" else _drift(pair, console.width)))
    if report.notes:
        console.print()
        console.print(Text(say("profile.notes"), "bold"))
        for note in report.notes:
            console.print(_indent(Text(visible(note), "dim")))
    return "\n".join(line.rstrip() for line in page.getvalue().split("\n")).rstrip() + "\n"


def _head(report: Report) -> Text:
    drawn = ""
    if report.sample:
        drawn = " · " + say("profile.sample", rows=many(report.sample.rows, "row"), seed=report.sample.seed)
    return Text.assemble((many(len(report.datasets), "data_set"), "bold"), (f"  {report.engine}{drawn}", "dim"))


def _problems(problems: list[Problem], *, several: bool) -> Table | Text:
    if not problems:
        return Text(say("profile.no_problem") + ".", "green")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=1)
    table.add_column(overflow="fold", max_width=36)
    table.add_column(overflow="fold")
    for problem in problems[:SHOWN]:
        sign, style = _SIGN[problem.severity]
        parts = [problem.dataset if several or not problem.column else "", problem.column]
        table.add_row(Text(sign, style), Text(" · ".join(part for part in parts if part)), Text(problem.text))
    if len(problems) > SHOWN:
        table.add_row("", "", Text(say("more", n=len(problems) - SHOWN), "dim"))
    return table


def _title(dataset: Dataset) -> Text:
    facts = [dataset.format, dataset.role]
    if dataset.rows is not None:
        facts.append(rows_of(dataset))
    if dataset.size_bytes is not None:
        facts.append(size(dataset.size_bytes))
    if dataset.label and dataset.label.balance:
        top = list(dataset.label.balance.items())[:3]
        facts.append(f"{name(dataset.label.column, 30)}: " + ", ".join(f"{name(v, 20)} {share(s)}" for v, s in top))
    return Text.assemble((name(dataset.name), "bold"), ("  " + " · ".join(fact for fact in facts if fact), "dim"))


def _columns(dataset: Dataset, problems: list[Problem], width: int) -> Table:
    roomy = width >= ROOMY
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=24)
    table.add_column(no_wrap=True, min_width=5)
    table.add_column(justify="right", no_wrap=True, min_width=7)
    table.add_column(justify="right", no_wrap=True, min_width=8)
    table.add_column(overflow="ellipsis", no_wrap=True)
    if roomy:
        table.add_column(no_wrap=True, min_width=BARS)
    heads = [say(f"profile.column.{key}").lower() for key in ("name", "type", "missing", "distinct", "values")]
    table.add_row(*(Text(head, "dim") for head in heads))
    marked = {p.column: _SIGN[p.severity][1] for p in reversed(problems) if p.dataset == name(dataset.name)}
    for column in _chosen(dataset, problems):
        shown = name(column.name)
        table.add_row(
            Text(shown, marked.get(shown, "")),
            Text(say(f"profile.short.{column.type}") if column.type in _SHORT else column.type, "dim"),
            share(column.null_fraction),
            distinct(column),
            Text(extent(column)),
            *([Text(bars(column.histogram, BARS), "cyan")] if roomy else []),
        )
    return table


def _chosen(dataset: Dataset, problems: list[Problem]) -> list[Column]:
    """Columns to print: those with a problem, and the first others, in their order."""
    of_problems = {p.column for p in problems if p.dataset == name(dataset.name)}
    kept: list[Column] = []
    others = 0
    for column in dataset.columns:
        told = name(column.name) in of_problems
        others += not told
        if (told and len(kept) < 2 * SHOWN) or (not told and others <= SHOWN):
            kept.append(column)
    return kept


def _chat(chat: Chat) -> Text:
    facts = [say("profile.conversation", chat.conversations), say("profile.turn", chat.turns)]
    if chat.roles:
        facts.append(", ".join(f"{name(role, 20)} {count(n)}" for role, n in chat.roles.items()))
    if chat.characters_mean is not None:
        facts.append(say("profile.characters", mean=number(chat.characters_mean)))
    if chat.tokens_estimated is not None:
        facts.append(say("profile.tokens", n=count(chat.tokens_estimated)))
    return Text(" · ".join(facts))


def _between(pair: Pair) -> str:
    return f"{name(pair.a)} → {name(pair.b)}"


def _overlap(pair: Pair) -> Text:
    figures = (
        ("rows", pair.overlap_rows), ("ids", pair.overlap_ids), ("texts", pair.overlap_prompts),
        ("near", pair.overlap_near),
    )  # fmt: skip
    said = [say(f"profile.both.{key}", n=count(value)) for key, value in figures if value is not None]
    if pair.time_ordered is not None:
        said.append(say("profile.in_order" if pair.time_ordered else "profile.not_in_order"))
    return Text(" · ".join(said) or say("profile.not_compared"))


def _drift(pair: Pair, width: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=28 if width >= ROOMY else 20)
    for _ in range(5):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    heads = [say("profile.column.name").lower()]
    heads += [say(f"profile.drift.{key}") for key in ("psi", "ks", "wasserstein", "js", "p")]
    table.add_row(*(Text(head, "dim") for head in heads), "")
    for column in pair.columns:
        figures_of = (column.psi, column.ks, column.wasserstein, column.js)
        table.add_row(
            Text(name(column.name), "yellow" if column.drifted else ""),
            *(number(value) for value in figures_of),
            chance(column.ks_p if column.ks_p is not None else column.chi2_p),
            Text(say("profile.drifted") if column.drifted else "", "yellow"),
        )
    return table


def _indent(what: Table | Text) -> Padding:
    return Padding(what, (0, 0, 0, 2))
