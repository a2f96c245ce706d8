"""The profile on a terminal: problems, then each set with a line a column, then the pairs. Plain without colour."""

from __future__ import annotations

import io
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aiaudit.data.model import Chat, Column, Dataset, Pair, Report
from aiaudit.data.report.figures import bars, count, distinct, extent, many, name, number, share, size
from aiaudit.data.report.problems import Problem, problems_of
from aiaudit.reports.text import visible

SHOWN: Final = 40  # problems, and columns without a problem, that are printed; the reports hold all
NARROWEST: Final = 80
_SIGN: Final = {"high": ("✗", "red"), "medium": ("◐", "yellow"), "low": ("·", "dim")}
_TYPES: Final = {"timestamp": "time", "boolean": "bool", "integer": "int", "number": "float"}


def render(report: Report, *, width: int = 100, colour: bool = False) -> str:
    """The profile as text, at most `width` columns wide."""
    page = io.StringIO()
    console = Console(
        file=page,
        width=max(width, NARROWEST),
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
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
            console.print(_indent(_columns(dataset, problems)))
            left = len(dataset.columns) - len(_chosen(dataset, problems))
            if left > 0:
                console.print(_indent(Text(f"{many(left, 'column')} without a problem not shown; -o holds all", "dim")))
    for pair in report.pairs:
        console.print()
        console.print(_pair(pair))
    if report.notes:
        console.print()
        console.print(Text("Notes", "bold"))
        for note in report.notes:
            console.print(_indent(Text(visible(note), "dim")))
    return "\n".join(line.rstrip() for line in page.getvalue().split("\n")).rstrip() + "\n"


def _head(report: Report) -> Text:
    drawn = f" · sample of {count(report.sample.rows)} rows, seed {report.sample.seed}" if report.sample else ""
    return Text.assemble((many(len(report.datasets), "data_set"), "bold"), (f"  {report.engine}{drawn}", "dim"))


def _problems(problems: list[Problem], *, several: bool) -> Table | Text:
    if not problems:
        return Text("No problem found.", "green")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=1)
    table.add_column(overflow="fold", max_width=36)
    table.add_column(overflow="fold")
    for problem in problems[:SHOWN]:
        sign, style = _SIGN[problem.severity]
        parts = [problem.dataset if several or not problem.column else "", problem.column]
        table.add_row(Text(sign, style), Text(" · ".join(part for part in parts if part)), Text(problem.text))
    if len(problems) > SHOWN:
        table.add_row("", "", Text(f"and {len(problems) - SHOWN} more", "dim"))
    return table


def _title(dataset: Dataset) -> Text:
    what = "images" if dataset.format == "images" else "rows"
    facts = [dataset.format, dataset.role]
    if dataset.rows is not None:
        columns = f" × {count(len(dataset.columns))} columns" if dataset.columns else ""
        facts.append(f"{count(dataset.rows)} {what}{columns}")
    if dataset.size_bytes is not None:
        facts.append(size(dataset.size_bytes))
    if dataset.label and dataset.label.balance:
        top = list(dataset.label.balance.items())[:3]
        facts.append(f"{name(dataset.label.column, 30)}: " + ", ".join(f"{name(v, 20)} {share(s)}" for v, s in top))
    return Text.assemble((name(dataset.name), "bold"), ("  " + " · ".join(fact for fact in facts if fact), "dim"))


def _columns(dataset: Dataset, problems: list[Problem]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column("column", overflow="ellipsis", no_wrap=True, max_width=24)
    table.add_column("type", no_wrap=True)
    table.add_column("nulls", justify="right", no_wrap=True)
    table.add_column("distinct", justify="right", no_wrap=True)
    table.add_column("values", overflow="ellipsis", no_wrap=True)
    table.add_column("histogram", no_wrap=True, min_width=12)
    table.add_row(*(Text(word, "dim") for word in ("column", "type", "nulls", "distinct", "values", "")))
    marked = {p.column: _SIGN[p.severity][1] for p in reversed(problems) if p.dataset == name(dataset.name)}
    for column in _chosen(dataset, problems):
        shown = name(column.name)
        table.add_row(
            Text(shown, marked.get(shown, "")),
            Text(_TYPES.get(column.type, column.type), "dim"),
            share(column.null_fraction),
            distinct(column),
            Text(extent(column)),
            Text(bars(column.histogram), "cyan"),
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
    facts = [f"{count(chat.conversations)} conversations", f"{count(chat.turns)} turns"]
    if chat.roles:
        facts.append(", ".join(f"{name(role, 20)} {count(n)}" for role, n in chat.roles.items()))
    if chat.characters_mean is not None:
        facts.append(f"{number(chat.characters_mean)} characters each")
    if chat.tokens_estimated is not None:
        facts.append(f"about {count(chat.tokens_estimated)} tokens")
    return Text(" · ".join(facts))


def _pair(pair: Pair) -> Table | Text:
    title = Text.assemble((f"{name(pair.a)} → {name(pair.b)}", "bold"), (f"  {pair.kind}", "dim"))
    if pair.kind == "overlap":
        figures = (("rows", pair.overlap_rows), ("ids", pair.overlap_ids), ("texts", pair.overlap_prompts))
        said = [f"{word} in both: {count(value)}" for word, value in figures if value is not None]
        if pair.overlap_near is not None:
            said.append(f"similar texts: {count(pair.overlap_near)}")
        if pair.time_ordered is not None:
            said.append("in order of time" if pair.time_ordered else "not in order of time")
        return Text.assemble(title, "\n  ", " · ".join(said) or "nothing could be compared")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=28)
    for _ in range(6):
        table.add_column(justify="right", no_wrap=True)
    table.add_row(title, "", "", "", "", "", "")
    table.add_row(*(Text(w, "dim") for w in ("  column", "PSI", "KS", "Wasserstein", "JS", "p", "")))
    for column in pair.columns:
        p = column.ks_p if column.ks_p is not None else column.chi2_p
        figures_of = (column.psi, column.ks, column.wasserstein, column.js, p)
        table.add_row(
            Text("  " + name(column.name), "yellow" if column.drifted else ""),
            *(number(value) for value in figures_of),
            Text("drifted" if column.drifted else "", "yellow"),
        )
    return table


def _indent(what: Table | Text) -> Padding:
    return Padding(what, (0, 0, 0, 2))
