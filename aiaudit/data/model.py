"""Plain frozen data of the profile. Field names are those of `aiaudit data --json`; fractions lie in 0..1."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from aiaudit.data.schema import Held


class Source(Struct, frozen=True):
    """A data set to be opened: where it is, and what is declared of it.

    `path` is for people (relative to the project), `files` are what the engine opens. `role`: train, validation, test,
    reference, current, serving or "". `provenance` says who declared role and columns: aiaudit.yaml, croissant, a name.
    """

    name: str
    path: str
    files: tuple[Path, ...]
    format: str
    role: str = ""
    label: str | None = None
    ids: tuple[str, ...] = ()
    time: str | None = None
    groups: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    table: str | None = None
    provenance: str = ""


class Malformed(Struct, frozen=True):
    """Rows that could not be read as rows of the set; `lines` are 1-based and the first ones only. None: not known."""

    count: int | None = 0
    lines: tuple[int, ...] = ()


class Personal(Struct, frozen=True):
    """A kind of personal data seen in a column: hits in the sample, and their share of its non-null values."""

    kind: str
    count: int
    share: float


class Column(Struct, frozen=True):
    """One column. `type` is one of integer, number, text, boolean, date, timestamp, time, list, record, binary, other.

    `min`, `max`, `mean`, `std` and `quantiles` (1, 5, 25, 50, 75, 95, 99 %) of numbers are over finite values.
    `empty_fraction`: share of texts that are empty or blank; `numeric_as_text`: of the others that read as numbers;
    `missing_words`: of the others that stand for a missing value (NA, null, ?); all None for other types.
    `number_format`: of numbers that are texts an example of how they are written (1.234,56), "" for plain ones;
    `no_such_day`: share of the dates in a text that no calendar has; both of the sample. `histogram`: counts over equal
    bins from min to max, from the sample; `length_histogram`: of a text's characters, from 0 to `length_max`.
    """

    name: str
    type: str
    null_fraction: float | None = None
    empty_fraction: float | None = None
    distinct: int | None = None
    distinct_exact: bool = False
    constant: bool | None = None
    min: Any = None
    max: Any = None
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[float | None, ...] | None = None
    zeros: int | None = None
    negatives: int | None = None
    nan: int | None = None
    infinite: int | None = None
    length_mean: float | None = None
    length_max: int | None = None
    length_histogram: tuple[int, ...] | None = None
    numeric_as_text: float | None = None
    missing_words: float | None = None
    number_format: str = ""
    near_constant: float | None = None
    date_formats: tuple[str, ...] = ()
    no_such_day: float | None = None
    histogram: tuple[int, ...] | None = None
    outliers: int | None = None
    personal: Personal | None = None


class IdColumn(Struct, frozen=True):
    """A declared or conventional id column: rows whose id stands in another row too (all but the first of each)."""

    column: str
    duplicates: int | None


class Label(Struct, frozen=True):
    """The label's classes with their shares (largest first), and how many equal feature rows carry different labels."""

    column: str
    balance: dict[str, float] | None
    counts: dict[str, int] | None = None
    conflicting_groups: int | None = None


class Leakage(Struct, frozen=True):
    """How well one column alone tells the label.

    `measure` accuracy: of predicting the commonest label of the column's value or quantile bin, beside `majority`, that
    of always predicting the commonest label. `measure` r2: squared Pearson correlation with a label of many numbers;
    `majority` is 0. `sampled`: both figures are of the sample, as the column is far from telling the label.
    """

    column: str
    accuracy: float
    majority: float
    measure: str = "accuracy"
    sampled: bool = False


class Chat(Struct, frozen=True):
    """Conversations of a fine-tuning file, one a row. `style`: messages, pair (prompt and completion) or text.

    `empty_conversations` have no turn; they count as neither out of order nor unfinished. `near_duplicates`: similar to
    an earlier one, among the `near_compared` that were compared. `tokens_estimated`: characters / 4.
    """

    turns: int
    empty_turns: int
    bad_alternation: int
    not_ending_with_assistant: int
    duplicates: int
    style: str = ""
    conversations: int = 0
    empty_conversations: int = 0
    near_duplicates: int | None = None
    near_compared: int = 0
    roles: dict[str, int] = field(default_factory=dict)
    characters_mean: float | None = None
    tokens_estimated: int | None = None


class Preference(Struct, frozen=True):
    """Pairs of a chosen and a rejected answer. `contradicted`: rows that another row turns round, for one prompt.

    `chosen_longer`: share of the pairs, none of them empty, whose chosen answer has more characters; far from a half,
    length alone tells the preference.
    """

    pairs: int
    identical: int
    empty_chosen: int
    empty_rejected: int
    contradicted: int
    chosen_longer: float | None = None
    chosen_length_mean: float | None = None
    rejected_length_mean: float | None = None


class GroupRate(Struct, frozen=True):
    """Label rate of a group against the best-off group's (four-fifths rule), with a 95 % interval (Wilson)."""

    column: str
    group: str
    n: int
    positive_rate: float | None
    ratio: float | None
    low: float | None = None
    high: float | None = None


class Dataset(Struct, frozen=True):
    """The profile of one data set."""

    name: str
    path: str
    format: str
    role: str = ""
    provenance: str = ""
    rows: int | None = None
    size_bytes: int | None = None
    malformed: Malformed = field(default_factory=Malformed)
    duplicate_rows: int | None = None
    columns: tuple[Column, ...] = ()
    ids: tuple[IdColumn, ...] = ()
    label: Label | None = None
    leakage: tuple[Leakage, ...] | None = None
    freshness_days: float | None = None
    latest: dt.datetime | None = None
    chat: Chat | None = None
    preference: Preference | None = None
    schemas: tuple[Held, ...] = ()


def unmeasured(name: str, path: str, form: str, role: str, provenance: str) -> Dataset:
    """A set without figures; the notes say why."""
    return Dataset(name, path, form, role=role, provenance=provenance, malformed=Malformed(None))


class ColumnDrift(Struct, frozen=True):
    """One column compared, reference → current. Definitions are printed with the results (see `drift`)."""

    name: str
    psi: float | None = None
    ks: float | None = None
    ks_p: float | None = None
    wasserstein: float | None = None
    js: float | None = None
    chi2: float | None = None
    chi2_p: float | None = None
    new_categories: tuple[str, ...] | None = None
    new_category_share: float | None = None
    drifted: bool | None = None


class Pair(Struct, frozen=True):
    """Two sets compared. `kind`: overlap (rows or ids in both) or drift (distributions).

    `overlap_prompts`: texts (of fine-tuning data: prompts) of `b` that stand in `a`; `overlap_near`: that are similar
    to one of `a` (Jaccard similarity of five-word shingles of at least 0.8), equal ones included.
    """

    a: str
    b: str
    kind: str
    overlap_rows: int | None = None
    overlap_ids: int | None = None
    overlap_prompts: int | None = None
    overlap_near: int | None = None
    time_ordered: bool | None = None
    overlap_groups: dict[str, int] | None = None
    columns: tuple[ColumnDrift, ...] = ()
    missing_columns: tuple[str, ...] = ()


class Sample(Struct, frozen=True):
    """Rows of the largest sample that pass B looked at, and the seed that drew it."""

    rows: int
    seed: int


class Report(Struct, frozen=True):
    """Everything `aiaudit data` measured."""

    datasets: tuple[Dataset, ...] = ()
    pairs: tuple[Pair, ...] = ()
    groups: tuple[GroupRate, ...] = ()
    engine: str = ""
    sample: Sample | None = None
    notes: tuple[str, ...] = ()
