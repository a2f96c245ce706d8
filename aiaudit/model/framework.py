"""Frameworks (standards, laws, lists of threats): their controls, the checks mapped to each, and how far these reach.

A mapping says that a check's result is *evidence supporting* a control. It never says that the control is met.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from aiaudit.model.check import Kind, Status


class Trust(StrEnum):
    """How well a statement about a framework was checked when it was written down."""

    VERIFIED = "verified"  # read in the primary source
    SECONDARY = "secondary"  # secondary sources only
    MEMORY = "memory"  # from memory: confirm before relying on it


class Coverage(StrEnum):
    """What an audit's evidence says about one control."""

    SUPPORTED = "supported"  # every applicable mapped check passes
    PARTLY = "partly"  # some evidence; the rest is partial or was not seen
    GAP = "gap"  # a mapped check failed
    NEEDS_PEOPLE = "needs_people"  # only questions to people are open
    NOT_SEEN = "not_seen"  # nothing mapped could be judged
    NOT_APPLICABLE = "not_applicable"  # no mapped check applies
    NOT_ASSESSABLE = "not_assessable"  # no check of this tool bears on it


class EffectiveDate(Struct, frozen=True):
    """A day from which a framework or control applies. `date` is YYYY, YYYY-MM or YYYY-MM-DD."""

    date: str
    what: str
    trust: Trust


class Mapping(Struct, frozen=True):
    """A check whose result supports a control. `reason` is set where the control's own reason does not say enough."""

    check: str
    reason: str = ""


class Control(Struct, frozen=True):
    """One row of a framework; `title` and `reason` are in our own words."""

    id: str
    group: str
    title: str
    reason: str = ""
    effective: EffectiveDate | None = None
    checks: tuple[Mapping, ...] = ()


class Framework(Struct, frozen=True):
    """One framework as shipped. `scheme` is its key under a check's `controls`."""

    id: str
    scheme: str
    title: str
    edition: str
    source: str
    licence: str
    trust: Trust
    effective: tuple[EffectiveDate, ...]
    controls: tuple[Control, ...]
    note: str = ""


class MappedCheck(Struct, frozen=True):
    """A mapped check in one audit. `status` and `kind` are None where the check was not part of it."""

    id: str
    status: Status | None
    kind: Kind | None
    reason: str = ""


class ControlCoverage(Struct, frozen=True):
    """How far one audit's evidence supports one control."""

    control: Control
    state: Coverage
    checks: tuple[MappedCheck, ...]


class SectionPoints(Struct, frozen=True):
    """Points of one section of a framework with a score of its own. `best` counts what was not seen as passed."""

    title: str
    points: float
    best: float
    of: int


class NativeScore(Struct, frozen=True):
    """A framework's own figure, as its authors count it: the minimum of its sections."""

    points: float
    best: float
    of: int
    reading: str
    sections: tuple[SectionPoints, ...]


class FrameworkCoverage(Struct, frozen=True):
    """One framework in one audit: a row for every control, also for those without a check."""

    framework: Framework
    controls: tuple[ControlCoverage, ...]
    native: NativeScore | None = None

    def count(self, state: Coverage) -> int:
        return sum(row.state is state for row in self.controls)
