"""The shape of the result's section `data`: what `aiaudit data --json` prints. What could not be computed is null."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
ColumnType = Literal[
    "integer", "number", "text", "boolean", "date", "timestamp", "time", "list", "record", "binary", "other"
]


class Part(BaseModel):
    """Base of every part of the section."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MalformedRows(Part):
    count: int | None
    lines: list[int] = Field(description="The first ones, 1-based.")


class PersonalData(Part):
    kind: str
    count: int = Field(description="Hits in the sample; no value is ever kept.")
    share: Fraction = Field(description="Of the sample's non-null values.")


class DataColumn(Part):
    name: str
    type: ColumnType
    null_fraction: Fraction | None
    empty_fraction: Fraction | None = Field(description="Empty texts, of all rows.")
    distinct: int | None
    distinct_exact: bool = Field(description="Otherwise by HyperLogLog, some per cent off.")
    constant: bool | None
    min: Any = Field(description="Of finite numbers, dates and times; null for texts.")
    max: Any
    mean: float | None
    std: float | None
    quantiles: list[float | None] | None = Field(
        description="1, 5, 25, 50, 75, 95 and 99 %; of large sets in the sample."
    )
    zeros: int | None
    negatives: int | None
    nan: int | None
    infinite: int | None
    length_mean: float | None
    length_max: int | None
    length_histogram: list[int] | None = Field(
        description="Characters of the sample's texts, in equal bins from 0 to length_max."
    )
    numeric_as_text: Fraction | None = Field(description="Share of the non-empty texts that read as numbers.")
    missing_words: Fraction | None = Field(
        default=None, description="Share of the non-empty texts that stand for a missing value, such as NA, null and ?."
    )
    number_format: str = Field(
        default="", description="How numbers that are texts are written, by an example; 007: codes with zeros in front."
    )
    near_constant: Fraction | None = Field(description="Share of the commonest value.")
    date_formats: list[str]
    no_such_day: Fraction | None = Field(
        default=None, description="Of the dates in a text: those that no calendar has, in the sample."
    )
    histogram: list[int] | None = Field(description="Counts of the sample in equal bins from min to max.")
    outliers: int | None = Field(description="Beyond 1.5 interquartile ranges of the quartiles.")
    personal: PersonalData | None


class IdColumn(Part):
    column: str
    duplicates: int | None = Field(description="Rows whose id stands in an earlier row.")


class DataLabel(Part):
    column: str
    balance: dict[str, Fraction] | None
    counts: dict[str, int] | None
    conflicting_groups: int | None = Field(description="Groups of equal feature rows with different labels.")


class SingleFeature(Part):
    column: str
    accuracy: float
    majority: float
    measure: Literal["accuracy", "r2"]
    sampled: bool = Field(default=False, description="Both figures are of the sample: far from a leak there.")


class Conversations(Part):
    turns: int
    empty_turns: int
    bad_alternation: int
    not_ending_with_assistant: int
    duplicates: int
    style: str
    conversations: int
    empty_conversations: int
    near_duplicates: int | None
    near_compared: int
    roles: dict[str, int]
    characters_mean: float | None
    tokens_estimated: int | None


class PreferencePairs(Part):
    pairs: int
    identical: int
    empty_chosen: int
    empty_rejected: int
    contradicted: int = Field(description="Rows that another row turns round, for one prompt.")
    chosen_longer: Fraction | None = Field(description="Share of the pairs whose chosen answer is longer.")
    chosen_length_mean: float | None
    rejected_length_mean: float | None


class SchemaMismatch(Part):
    column: str
    rule: str
    declared: str
    measured: str
    count: int = Field(description="Values (rows, where it is about a whole column) that break the demand.")
    of: int
    line: int = Field(description="Of the schema's file.")


class HeldSchema(Part):
    """A declared schema, held against every row."""

    kind: str
    path: str
    line: int
    bound: Literal["declared", "name", "columns"] = Field(description="How it came to the data set.")
    columns: int
    constrained: int = Field(description="Columns of which it says more than a type.")
    checked: int = Field(description="Demands that were counted.")
    unchecked: int
    mismatches: list[SchemaMismatch]


class DataSet(Part):
    name: str
    path: str
    format: str
    role: str
    provenance: str
    rows: int | None = Field(description="Null where the set could not be measured; `notes` say why.")
    size_bytes: int | None
    malformed: MalformedRows
    duplicate_rows: int | None
    columns: list[DataColumn]
    ids: list[IdColumn]
    label: DataLabel | None
    leakage: list[SingleFeature] | None
    freshness_days: float | None
    latest: str | None
    chat: Conversations | None
    preference: PreferencePairs | None
    schemas: list[HeldSchema] = Field(description="Declared schemas of this set, and how far the data keeps them.")


class DriftColumn(Part):
    name: str
    psi: float | None
    ks: float | None
    ks_p: float | None
    wasserstein: float | None
    js: float | None
    chi2: float | None
    chi2_p: float | None
    new_categories: list[str] | None
    new_category_share: float | None
    drifted: bool | None


class DataPair(Part):
    a: str
    b: str
    kind: Literal["overlap", "drift"]
    overlap_rows: int | None
    overlap_ids: int | None
    overlap_prompts: int | None
    overlap_near: int | None
    time_ordered: bool | None
    overlap_groups: dict[str, int] | None
    columns: list[DriftColumn]
    missing_columns: list[str]
    rows_a: int | None = None
    rows_b: int | None = None
    varying: int | None = Field(None, description="Columns that were compared and are not constant.")
    expected_rows: float | None = Field(None, description="Equal rows that chance alone would give.")


class DataGroup(Part):
    column: str
    group: str
    n: int
    positive_rate: float | None
    ratio: float | None = Field(description="To the best-off group's rate.")
    low: float | None = Field(description="95 % interval of the rate (Wilson).")
    high: float | None


class DataSample(Part):
    rows: int
    seed: int


class DataSection(Part):
    """What was measured of the project's data sets."""

    datasets: list[DataSet]
    pairs: list[DataPair]
    groups: list[DataGroup]
    engine: str
    sample: DataSample | None
    notes: list[str]
