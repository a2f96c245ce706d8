"""A declared schema as data: one demand is one sentence about one column (its type, its least value, …)."""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import Struct

Rule = Literal[
    "present",
    "type",
    "not_null",
    "unique",
    "least",
    "above",
    "most",
    "below",
    "values",
    "pattern",
    "shortest",
    "longest",
]
_CONSTRAINTS: Final = frozenset(
    {"not_null", "unique", "least", "above", "most", "below", "values", "pattern", "shortest", "longest"}
)


class Demand(Struct, frozen=True):
    """What one column must be like.

    `value`: a type (integer, number, text, boolean, date, timestamp), a bound (a number, or ISO 8601 text for times),
    the allowed values as texts, a pattern (RE2, searched), a length in characters. `mostly`: share of the non-null
    values that must meet it. `line`: where the schema says so.
    """

    column: str
    rule: Rule
    value: Any = None
    mostly: float = 1.0
    line: int = 1


class Schema(Struct, frozen=True):
    """`kind`: json-schema, frictionless, dbt, croissant, great-expectations, pandera or aiaudit.yaml.

    `of`: the data set that it names, as it names it. `closed`: no other column may be there. `missing`: texts that
    stand for a missing value. `bound`: how it came to the data set: declared, name (of the files) or columns.
    """

    kind: str
    path: str
    demands: tuple[Demand, ...]
    of: str = ""
    closed: bool = False
    missing: tuple[str, ...] = ()
    line: int = 1
    bound: str = "declared"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it describes, in its order."""
        return tuple(dict.fromkeys(one.column for one in self.demands))

    @property
    def constrained(self) -> int:
        """Columns of which more is said than a type."""
        return len({one.column for one in self.demands if one.rule in _CONSTRAINTS})


class Mismatch(Struct, frozen=True):
    """A demand that the data does not meet, by `count` of `of` values (rows, where it is about a whole column).

    `declared` and `measured` are words for people, without a value of the data.
    """

    column: str
    rule: str
    declared: str
    measured: str
    count: int
    of: int
    line: int = 1


class Held(Struct, frozen=True):
    """A schema held against a data set. `checked` and `unchecked` count demands."""

    kind: str
    path: str
    line: int
    bound: str
    columns: int
    constrained: int
    checked: int
    unchecked: int
    mismatches: tuple[Mismatch, ...] = ()


def in_words(demand: Demand) -> str:
    """The demand as a report shows it."""
    value = demand.value
    match demand.rule:
        case "present":
            words = "a column"
        case "type":
            words = str(value)
        case "not_null":
            words = "no missing values"
        case "unique":
            words = "no value twice"
        case "least":
            words = f"at least {value}"
        case "above":
            words = f"above {value}"
        case "most":
            words = f"at most {value}"
        case "below":
            words = f"below {value}"
        case "values":
            words = f"one of {len(value)} values" if len(value) > _LISTED else "one of " + ", ".join(map(str, value))
        case "pattern":
            words = f"like {value}"
        case "shortest":
            words = f"{value} characters or more"
        case "longest":
            words = f"at most {value} characters"
    part = f" ({demand.mostly:.4g} of the values)" if demand.mostly < 1 else ""
    return words[:_LONGEST] + part


_LISTED: Final = 6
_LONGEST: Final = 120
