"""What is wrong with the data, worst first: each with its column and its figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aiaudit.data.model import Chat, Column, Dataset, GroupRate, Leakage, Pair, Preference, Report
from aiaudit.data.report.figures import count, many, name, number, share

NULLS: Final = 0.5  # share from which a column counts as mostly empty
NEAR_CONSTANT: Final = 0.99
NUMBERS: Final = 0.9  # share of texts that are numbers
RARE_CLASS: Final = 0.05
LEAK: Final = 0.99
LEAK_ERROR: Final = 0.1  # at most this part of the error of always guessing the commonest class
FOUR_FIFTHS: Final = 0.8
GROUP_ROWS: Final = 30
_ENOUGH_PAIRS: Final = 100
_LENGTH_TELLS: Final = 0.8  # share of the pairs whose chosen answer is the longer one
_LISTED: Final = 5
_RANK: Final = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Problem:
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
        for severity, column, text in _of_pair(pair):
            found.append(Problem(severity, f"{name(pair.a)} → {name(pair.b)}", name(column) if column else "", text))
    for group in report.groups:
        found += _of_group(group)
    return sorted(found, key=lambda problem: _RANK[problem.severity])


def _of_dataset(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    if dataset.rows is None:
        yield "high", "", "could not be read (see the notes)"
        return
    if dataset.rows == 0:
        yield "high", "", "holds no rows"
    what = "image" if dataset.format == "images" else "row"
    if dataset.malformed.count:
        lines = f" (line {', '.join(map(str, dataset.malformed.lines[:_LISTED]))})" if dataset.malformed.lines else ""
        more = lines.replace(")", ", …)") if dataset.malformed.count > _LISTED else lines
        yield "high", "", f"{many(dataset.malformed.count, f'malformed {what}')}{more}"
    if dataset.duplicate_rows:
        part = share(dataset.duplicate_rows / dataset.rows) if dataset.rows else ""
        yield "medium", "", f"{many(dataset.duplicate_rows, f'duplicate {what}')} ({part})"
    for column in dataset.columns:
        if dataset.rows:
            for severity, text in _of_column(column):
                yield severity, column.name, text
    for ids in dataset.ids:
        if ids.duplicates:
            yield "medium", ids.column, many(ids.duplicates, "duplicate id")
    for leak in dataset.leakage or ():
        if leaks(leak):
            yield "high", leak.column, _leak_text(leak)
    yield from _of_label(dataset)
    if dataset.chat is not None:
        yield from _of_chat(dataset.chat)
    if dataset.preference is not None:
        yield from _of_preference(dataset.preference)


def _of_column(column: Column) -> Iterator[tuple[str, str]]:
    if column.personal is not None:
        kind = column.personal.kind.replace("_", " ")
        yield "high", f"personal data: {kind}, {share(column.personal.share)} of the sample's values"
    if column.null_fraction == 1:
        yield "medium", "no values at all"
    elif (column.null_fraction or 0) >= NULLS:
        yield "medium", f"{share(column.null_fraction)} of the values are missing"
    if (column.empty_fraction or 0) >= NULLS:
        yield "medium", f"{share(column.empty_fraction)} of the values are empty texts"
    if column.constant:
        yield "low", "constant"
    elif (column.near_constant or 0) >= NEAR_CONSTANT:
        yield "low", f"nearly constant: {share(column.near_constant)} of the values are the same"
    if (column.numeric_as_text or 0) >= NUMBERS and not column.date_formats:
        yield "medium", f"numbers stored as text: {share(column.numeric_as_text)} of the texts"
    if len(column.date_formats) > 1:
        yield "medium", f"dates written in {len(column.date_formats)} ways: {', '.join(column.date_formats)}"
    odd = [f"{number(n)} {word}" for n, word in ((column.nan, "NaN"), (column.infinite, "infinite")) if n]
    if odd:
        yield "medium", f"values that are no numbers: {' and '.join(odd)}"


def leaks(leak: Leakage) -> bool:
    """Whether a column alone tells the label so well that it was hardly known before it."""
    if leak.measure == "r2":
        return leak.accuracy >= LEAK
    return leak.accuracy >= LEAK and 1 - leak.accuracy <= LEAK_ERROR * (1 - leak.majority)


def _leak_text(leak: Leakage) -> str:
    if leak.measure == "r2":
        return f"tells the label alone: r² {leak.accuracy:.4f}"
    said = f"right in {share(leak.accuracy)}, where the commonest class is {share(leak.majority)}"
    return f"tells the label alone: {said}"


def _of_label(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    label = dataset.label
    if label is None:
        return
    if label.conflicting_groups:
        yield "medium", label.column, f"{many(label.conflicting_groups, 'group')} of equal rows with different labels"
    if label.balance and len(label.balance) > 1:
        rarest = min(label.balance, key=lambda value: label.balance[value] if label.balance else 0)
        if label.balance[rarest] < RARE_CLASS:
            yield "low", label.column, f"imbalanced: class {name(rarest, 40)} is {share(label.balance[rarest])}"
    if label.balance and len(label.balance) == 1:
        yield "high", label.column, "the label has one class only"


def _of_preference(told: Preference) -> Iterator[tuple[str, str, str]]:
    for n, one, more in (
        (told.identical, "chosen answer equals the rejected one", "chosen answers equal the rejected ones"),
        (told.contradicted, "pair is turned round by another", "pairs are turned round by others"),
        (told.empty_chosen, "chosen answer is empty", "chosen answers are empty"),
        (told.empty_rejected, "rejected answer is empty", "rejected answers are empty"),
    ):
        if n:
            yield "high", "", f"{count(n)} {one if n == 1 else more}"
    if told.chosen_longer is not None and told.pairs >= _ENOUGH_PAIRS and told.chosen_longer >= _LENGTH_TELLS:
        yield (
            "low",
            "",
            f"{told.chosen_longer:.0%} of the chosen answers are the longer ones: length alone may be learnt",
        )


def _of_chat(chat: Chat) -> Iterator[tuple[str, str, str]]:
    for value, one, more in (
        (chat.empty_conversations, "conversation has no turn", "conversations have no turn"),
        (chat.empty_turns, "empty turn", "empty turns"),
        (chat.bad_alternation, "conversation is out of order", "conversations are out of order"),
        (chat.not_ending_with_assistant, "conversation lacks a last answer", "conversations lack a last answer"),
        (chat.duplicates, "duplicate conversation", "duplicate conversations"),
    ):
        if value:
            yield "medium", "", f"{count(value)} {one if value == 1 else more}"
    if chat.near_duplicates and chat.near_duplicates > chat.duplicates:
        yield "low", "", f"{many(chat.near_duplicates, 'near duplicate')} among {count(chat.near_compared)}"


def _of_pair(pair: Pair) -> Iterator[tuple[str, str, str]]:
    for value, one, more in (
        (pair.overlap_rows, "row of the second set stands in the first", "rows of the second set stand in the first"),
        (pair.overlap_ids, "id stands in both", "ids stand in both"),
        (pair.overlap_prompts, "text of the second set stands in the first", "texts of the second stand in the first"),
    ):
        if value:
            yield "high", "", f"{count(value)} {one if value == 1 else more}"
    if pair.overlap_near and pair.overlap_near > (pair.overlap_prompts or 0):
        yield "medium", "", f"{many(pair.overlap_near, 'text')} of the second set resemble one of the first"
    for grouped, shared in (pair.overlap_groups or {}).items():
        if shared:
            yield "high", grouped, f"{many(shared, 'group')} in both"
    if pair.time_ordered is False:
        yield "high", "", "the first set's latest time is after the second's earliest"
    if pair.missing_columns:
        listed = ", ".join(name(missing, 40) for missing in pair.missing_columns[:_LISTED])
        yield "medium", "", f"{many(len(pair.missing_columns), 'column')} missing in the second: {listed}"
    for column in pair.columns:
        if column.drifted:
            figures = f"PSI {column.psi:.3f}" if column.psi is not None else ""
            test = f", KS {column.ks:.3f}" if column.ks is not None else ""
            fresh = f", new categories {share(column.new_category_share)}" if column.new_category_share else ""
            yield "medium", column.name, f"drifted: {figures}{test}{fresh}"


def _of_group(group: GroupRate) -> list[Problem]:
    if group.ratio is None or group.ratio >= FOUR_FIFTHS or group.n < GROUP_ROWS:
        return []
    text = (
        f"{name(group.group, 40)}: positive rate {share(group.positive_rate)}, {group.ratio:.2f} of the best group's "
        f"(n {count(group.n)}; four-fifths rule)"
    )
    return [Problem("high", "", name(group.column), text)]
