"""What is wrong with the data, worst first: each with its column and its figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from aiaudit.data.model import Chat, Column, Dataset, GroupRate, Leakage, Pair, Preference, Report
from aiaudit.data.numbers_as_text import CODES
from aiaudit.data.report.figures import count, kind, name, number, share
from aiaudit.reports.strings import say

NULLS: Final = 0.5  # share from which a column counts as mostly empty
NEAR_CONSTANT: Final = 0.99
NUMBERS: Final = 0.9  # share of texts that are numbers
RARE_CLASS: Final = 0.05
FEW_GAPS: Final = 0.01  # share of rows without a label under which it is a slip
FEW_WORDS: Final = 0.01  # share of texts from which words for missing values are told where they may be categories
LEAK: Final = 0.98  # as DATA-006 has it
LEAK_ROWS: Final = 100  # rows under which a column tells the label by chance: the least that DATA-006 judges by
LEAK_ERROR: Final = 0.1  # at most this part of the error of always guessing the commonest class
FOUR_FIFTHS: Final = 0.8
GROUP_ROWS: Final = 30
_ENOUGH_PAIRS: Final = 100
_LENGTH_TELLS: Final = 0.8  # share of the pairs whose chosen answer is the longer one
_LISTED: Final = 5
MORE_NULLS: Final = 0.1  # growth of the share of missing values from which it is told beside drift
MIN_ROWS: Final = 100  # as drift has it
_BEFORE: Final = frozenset({"reference", "train"})
_AFTER: Final = frozenset({"current", "serving"})
_RANK: Final = {"high": 0, "medium": 1, "low": 2}


class Problem(Struct, frozen=True):
    """`severity`: high, medium or low. `column` is "" where the whole set is meant."""

    severity: str
    dataset: str
    column: str
    text: str


def problems_of(report: Report) -> list[Problem]:
    """All problems of the sets and of the pairs."""
    found: list[Problem] = []
    for dataset in report.datasets:
        for severity, column, text in _of_dataset(dataset):
            found.append(Problem(severity, name(dataset.name), name(column) if column else "", text))
    for pair in report.pairs:
        sides = _side(report, pair.a, _BEFORE), _side(report, pair.b, _AFTER)
        for severity, column, text in (*_of_pair(pair), *_of_sides(pair, *sides)):
            found.append(Problem(severity, f"{name(pair.a)} → {name(pair.b)}", name(column) if column else "", text))
    for group in report.groups:
        found += _of_group(group)
    return sorted(found, key=lambda problem: _RANK[problem.severity])


def _of_dataset(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    if dataset.rows is None:
        yield "high", "", say("problem.unread")
        return
    if dataset.rows == 0:
        yield "high", "", say("problem.no_rows")
    what = "image" if dataset.format == "images" else "row"
    if dataset.malformed.count:
        lines = ", ".join(map(str, dataset.malformed.lines[:_LISTED]))
        lines += ", …" if lines and dataset.malformed.count > _LISTED else ""
        told = say(f"problem.malformed_{what}", dataset.malformed.count)
        yield "high", "", say("problem.on_lines", what=told, lines=lines) if lines else told
    if dataset.duplicate_rows:
        part = share(dataset.duplicate_rows / dataset.rows) if dataset.rows else ""
        yield "medium", "", say(f"problem.duplicate_{what}", dataset.duplicate_rows, share=part)
    for column in dataset.columns:
        if dataset.rows:
            for severity, text in _of_column(column):
                yield severity, column.name, text
    for ids in dataset.ids:
        if ids.duplicates:
            yield "medium", ids.column, say("problem.duplicate_id", ids.duplicates)
    found = [leak for leak in dataset.leakage or () if leaks(leak)]
    if dataset.rows >= LEAK_ROWS:
        yield from (("high", leak.column, _leak_text(leak)) for leak in found)
    elif found:
        yield "low", "", say("problem.leak_few", dataset.rows, least=LEAK_ROWS)
    yield from _of_label(dataset)
    if dataset.chat is not None:
        yield from _of_chat(dataset.chat)
    if dataset.preference is not None:
        yield from _of_preference(dataset.preference)


def _of_column(column: Column) -> Iterator[tuple[str, str]]:
    if column.personal is not None:
        what = column.personal.kind.replace("_", " ")
        yield "high", say("problem.personal", kind=what, share=share(column.personal.share))
    if column.null_fraction == 1:
        yield "medium", say("problem.no_values")
    elif (column.null_fraction or 0) >= NULLS:
        yield "medium", say("problem.missing", share=share(column.null_fraction))
    if (column.empty_fraction or 0) >= NULLS:
        yield "medium", say("problem.empty", share=share(column.empty_fraction))
    if column.constant:
        yield "low", say("problem.constant")
    elif (column.near_constant or 0) >= NEAR_CONSTANT:
        yield "low", say("problem.near_constant", share=share(column.near_constant))
    yield from _of_texts(column)
    if len(column.date_formats) > 1:
        yield "medium", say("problem.dates", len(column.date_formats), list=", ".join(column.date_formats))
    odd = [say(f"problem.{key}", n=number(n)) for key, n in (("nan", column.nan), ("infinite", column.infinite)) if n]
    if odd:
        yield "medium", say("problem.no_numbers", list=say("join.last").join(odd))


def _of_texts(column: Column) -> Iterator[tuple[str, str]]:
    """Of a text column: what should be numbers, dates or missing values."""
    absent, numbers = column.missing_words or 0, column.numeric_as_text or 0
    numeric = bool(numbers) and numbers + absent >= NUMBERS and column.number_format != CODES
    if absent and (numeric or column.date_formats or column.number_format):
        yield "medium", say("problem.missing_words", share=share(absent))
    elif absent >= FEW_WORDS:
        yield "low", say("problem.missing_words", share=share(absent))
    if numeric and not column.date_formats:
        yield "medium", say("problem.numbers", share=share(min(1.0, numbers)))
    elif column.number_format and column.number_format != CODES and column.personal is None:
        yield "medium", say("problem.numbers_as", example=column.number_format)
    if column.no_such_day:
        yield "medium", say("problem.no_such_day", share=share(column.no_such_day))


def leaks(leak: Leakage) -> bool:
    """Whether a column alone tells the label so well that it was hardly known before it."""
    if leak.measure == "r2":
        return leak.accuracy >= LEAK
    return leak.accuracy >= LEAK and 1 - leak.accuracy <= LEAK_ERROR * (1 - leak.majority)


def _leak_text(leak: Leakage) -> str:
    if leak.measure == "r2":
        return say("problem.leak_number", value=f"{leak.accuracy:.4f}")
    return say("problem.leak", share=share(leak.accuracy), common=share(leak.majority))


def _of_label(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    label = dataset.label
    if label is None:
        return
    gaps = next((column.null_fraction or 0 for column in dataset.columns if column.name == label.column), 0)
    if 0 < gaps < NULLS:  # from there on it is told of any column
        yield "medium" if gaps >= FEW_GAPS else "low", label.column, say("problem.no_label", share=share(gaps))
    if label.conflicting_groups:
        yield "medium", label.column, say("problem.conflicts", label.conflicting_groups)
    if label.balance and len(label.balance) > 1:
        rarest = min(label.balance, key=lambda value: label.balance[value] if label.balance else 0)
        if label.balance[rarest] < RARE_CLASS:
            yield (
                "low",
                label.column,
                say("problem.imbalance", name=name(rarest, 40), share=share(label.balance[rarest])),
            )
    if label.balance and len(label.balance) == 1:
        yield "high", label.column, say("problem.one_class")


def _of_preference(told: Preference) -> Iterator[tuple[str, str, str]]:
    for key, n in (
        ("identical", told.identical),
        ("contradicted", told.contradicted),
        ("empty_chosen", told.empty_chosen),
        ("empty_rejected", told.empty_rejected),
    ):
        if n:
            yield "high", "", say(f"problem.{key}", n)
    if told.chosen_longer is not None and told.pairs >= _ENOUGH_PAIRS and told.chosen_longer >= _LENGTH_TELLS:
        yield "low", "", say("problem.length", share=f"{100 * told.chosen_longer:.0f} %")


def _of_chat(chat: Chat) -> Iterator[tuple[str, str, str]]:
    for key, value in (
        ("no_turn", chat.empty_conversations),
        ("empty_turn", chat.empty_turns),
        ("out_of_order", chat.bad_alternation),
        ("no_last_answer", chat.not_ending_with_assistant),
        ("duplicate_conversation", chat.duplicates),
    ):
        if value:
            yield "medium", "", say(f"problem.{key}", value)
    if chat.near_duplicates and chat.near_duplicates > chat.duplicates:
        yield "low", "", say("problem.near_duplicate", chat.near_duplicates, among=count(chat.near_compared))


def _of_pair(pair: Pair) -> Iterator[tuple[str, str, str]]:
    for key, value in (
        ("overlap_rows", pair.overlap_rows),
        ("overlap_ids", pair.overlap_ids),
        ("overlap_texts", pair.overlap_prompts),
    ):
        if value:
            yield "high", "", say(f"problem.{key}", value)
    if pair.overlap_near and pair.overlap_near > (pair.overlap_prompts or 0):
        yield "medium", "", say("problem.overlap_near", pair.overlap_near)
    for grouped, shared in (pair.overlap_groups or {}).items():
        if shared:
            yield "high", grouped, say("problem.overlap_groups", shared)
    if pair.time_ordered is False:
        yield "high", "", say("problem.time_order")
    if pair.missing_columns and _compared(pair):
        told = say("problem.missing_columns", len(pair.missing_columns), list=_some(pair.missing_columns))
        yield "medium", "", told
    for column in pair.columns:
        if column.drifted:
            figures = [f"PSI {column.psi:.3f}"] if column.psi is not None else []
            figures += [f"KS {column.ks:.3f}"] if column.ks is not None else []
            if column.new_category_share:
                figures.append(say("problem.new_categories", share=share(column.new_category_share)))
            yield "medium", column.name, say("problem.drifted", figures=", ".join(figures))


def _side(report: Report, called: str, roles: frozenset[str]) -> Dataset | None:
    """The set of that name; of two with one name that whose role fits."""
    named = [one for one in report.datasets if one.name == called and one.rows]
    return next((one for one in named if one.role in roles), named[0] if named else None)


def _of_sides(pair: Pair, a: Dataset | None, b: Dataset | None) -> Iterator[tuple[str, str, str]]:
    """What drift does not measure: columns that are new or of another type, and values that are missing more often."""
    if pair.kind != "drift" or a is None or b is None:
        return
    before = {column.name: column for column in a.columns}
    new = [column.name for column in b.columns if column.name not in before]
    if new:
        yield "medium", "", say("problem.new_columns", len(new), list=_some(new))
    for column in b.columns:
        was = before.get(column.name)
        if was is None:
            continue
        if _sort(was) != _sort(column) and was.null_fraction != 1 and column.null_fraction != 1:
            yield "medium", column.name, say("problem.other_type", was=kind(was), now=kind(column))
        gaps = [(one.null_fraction or 0) + (one.empty_fraction or 0) for one in (was, column)]
        if gaps[1] - gaps[0] >= MORE_NULLS and min(a.rows or 0, b.rows or 0) >= MIN_ROWS:
            yield "medium", column.name, say("problem.more_missing", was=share(gaps[0]), now=share(min(1.0, gaps[1])))


def _sort(column: Column) -> str:
    """The type, where whole numbers and others are one."""
    return "number" if column.type == "integer" else column.type


def _some(names: Sequence[str]) -> str:
    """The first names, and that there are more."""
    listed = ", ".join(name(one, 40) for one in names[:_LISTED])
    return f"{listed}, …" if len(names) > _LISTED else listed


def _compared(pair: Pair) -> bool:
    """Whether two sets have anything in common: of those that have not, no column is missing."""
    found = (pair.overlap_rows, pair.overlap_ids, pair.overlap_prompts, pair.overlap_groups, pair.time_ordered)
    return pair.kind != "overlap" or any(one is not None for one in found)


def _of_group(group: GroupRate) -> list[Problem]:
    if group.ratio is None or group.ratio >= FOUR_FIFTHS or group.n < GROUP_ROWS:
        return []
    text = say(
        "problem.group",
        name=name(group.group, 40),
        rate=share(group.positive_rate),
        ratio=f"{group.ratio:.2f}",
        rows=count(group.n),
    )
    return [Problem("high", "", name(group.column), text)]
