"""Checks and packs, as they stand after loading and validation (see `aiaudit.packs`)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from aiaudit.model.fact import Level
from aiaudit.model.types import DYN, Type

if TYPE_CHECKING:
    from aiaudit.rules import Expression, Template


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def weight(self) -> int:
        """8, 4, 2, 1: each step doubles."""
        return {"critical": 8, "high": 4, "medium": 2, "low": 1}[self.value]


class Kind(StrEnum):
    AUTOMATIC = "automatic"
    MEASURED = "measured"
    ATTESTED = "attested"


class Effort(StrEnum):
    """S under a day, M under a week, L more. In person-days for a plan: 1, 3, 10."""

    S = "S"
    M = "M"
    L = "L"

    @property
    def days(self) -> int:
        return {"S": 1, "M": 3, "L": 10}[self.value]


class Status(StrEnum):
    PASS = "pass"  # noqa: S105 (a status)
    PARTIAL = "partial"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    BLOCKED = "blocked"
    ERROR = "error"


class Place(Struct, frozen=True):
    """Where something stands in a pack file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class FactSpec(Struct, frozen=True):
    """A fact a pack declares: a query to a probe (`probe` set), or an expression over other facts (`derive` set).

    `id` is the full fact id: `<pack>.<name>` for a pack's own facts, the plain dotted name for shared ones.
    `sees` (derived facts only): the facts whose evidence the derived fact carries.
    """

    id: str
    place: Place
    probe: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)
    derive: Expression | None = None
    sees: tuple[str, ...] = ()
    title: str = ""
    type: Type = DYN
    names: Mapping[str, str] = field(default_factory=dict)  # of `derive`: names it may use -> full fact ids


class Param(Struct, frozen=True):
    """A typed, bounded parameter of a check."""

    name: str
    default: bool | int | float | str | list[Any]
    minimum: float | None = None
    maximum: float | None = None
    title: str = ""
    stricter: str = ""  # "higher" or "lower"; "" where no direction is stricter


class Outcome(Struct, frozen=True):
    """One line of a check's rule: the status it ends in when `when` holds (None = otherwise)."""

    status: Status
    when: Expression | None
    source: str


class Check(Struct, frozen=True):
    """One condition that should hold. `names` maps the names its rules may use to full fact ids."""

    id: str
    pack: str
    title: str
    severity: Severity
    kind: Kind
    place: Place
    applies: Expression | None = None
    requires: tuple[str, ...] = ()
    after: tuple[str, ...] = ()  # checks whose mend this one builds on; judged all the same
    params: tuple[Param, ...] = ()
    lets: Mapping[str, str] = field(default_factory=dict)  # names that its rule and sentences give to expressions
    rule: tuple[Outcome, ...] = ()
    points: Expression | None = None  # partial credit between 0 and 1; 0.5 where absent
    findings: str = ""  # name of a list fact, or an expression over facts that gives such a list
    findings_expr: Expression | None = None
    finding_says: str = ""  # the finding's sentence, with {field} of the element
    finding_confidence: str = ""  # "" = as sure as the facts that decided
    says: Mapping[str, str] = field(default_factory=dict)  # status -> sentence with {expression} places
    min_level: Level = Level.WIRED
    evidence: tuple[str, ...] = ()  # facts whose level stands for the check; all facts of the rule where empty
    asserts_absence: bool = False
    why: str = ""
    remediation: str = ""
    effort: Effort = Effort.M
    risk: str = ""  # cause, event, impact in business words, for the client report
    settles: str = ""  # what would settle it where it ends as unknown
    question: str = ""  # what the interview asks
    false_results: str = ""
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict)
    urgent: Expression | None = None  # whether what was found can be used by others today


class Pack(Struct, frozen=True):
    """A YAML file of checks."""

    id: str
    title: str
    file: str
    facts: tuple[FactSpec, ...] = ()
    checks: tuple[Check, ...] = ()
    core: bool = False
