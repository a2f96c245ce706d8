"""Checks and packs as a report shows them: ordered and grouped, never judged again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from msgspec import Struct, field

from aiaudit.reports import headings, words
from aiaudit.reports.places import Alike, Place, Spot, gathered
from aiaudit.reports.strings import say
from aiaudit.reports.text import figure, first_sentence, full_stop, lower_first, shorten, whole_clauses
from aiaudit.track_record import FEW

PLACES_OPEN: Final = 8
"""Places of a finding that are shown at once; the rest can be opened."""

PLACES_SHOWN: Final = 30
"""Places of a finding that a report holds at all; the result JSON holds every one of them."""

LONGEST_ADVICE: Final = 160
"""Characters of one recommendation for a pack; the whole of it stands at the check."""

LONG_REASON: Final = 80
"""Characters of a reason that is given once in a table, and pointed at where it holds again."""

WORST_FIRST: Final = ("fail", "error", "unknown", "blocked", "partial", "pass", "not_applicable")
UNSEEN: Final = frozenset({"unknown", "blocked", "error"})
OPEN: Final = frozenset({"fail", "partial"})
DOUBTED_BELOW: Final = 0.85  # a kind of pass that was right less often than this elsewhere says so


class Waiver(Struct, frozen=True):
    """A risk that somebody accepted."""

    check_id: str
    title: str
    owner: str
    reason: str
    control: str
    expires: str
    expired: bool
    ticket: str
    paths: tuple[str, ...] = ()


class Basis(Struct, frozen=True):
    """Things of one kind on which a verdict rests, with the first of their places; `more` there are besides.
    `looked_at`: what was asked for was not among them, or nothing wrong was."""

    what: str
    places: tuple[Place, ...]
    more: int
    looked_at: bool

    @property
    def spots(self) -> tuple[Spot, ...]:
        """The places as they are printed in a row."""
        return tuple(spot for one in gathered(self.places) for spot in one.spots)


class Check(Struct, frozen=True, dict=True):
    """One check's result. `children` are the checks that it blocks; `limits` its parameters in words; `rests_on` what
    was found that decided, where the findings do not name it already; `core`: of a core area; `read`, `right`: how many
    such verdicts people read on other projects, and how many of them were right."""

    id: str
    anchor: str
    pack: str
    pack_title: str
    title: str
    severity: str
    kind: str
    status: str
    points: float
    reason: str
    evidence_level: str
    confidence: str
    blocked_by: str
    why: str
    remediation: str
    effort: str
    risk: str
    question: str
    blocks_next: bool
    settles: str = ""
    urgent: bool = False
    priority: float = 0.0
    places: tuple[Place, ...] = ()
    findings: int = 0
    measured: str = ""
    limit: str = ""
    limits: str = ""
    controls: str = ""
    facts: tuple[str, ...] = ()
    explain: tuple[str, ...] = ()
    rests_on: tuple[Basis, ...] = ()
    waiver: Waiver | None = None
    children: tuple[str, ...] = field(default=())
    after: tuple[str, ...] = ()
    core: bool = False
    read: int = 0
    right: int = 0

    @property
    def weight(self) -> int:
        return words.WEIGHT[self.severity]

    @property
    def days(self) -> int:
        """Person-days that a plan counts for the fix: S 1, M 3, L 10."""
        return words.EFFORT_DAYS[self.effort]

    @property
    def is_open(self) -> bool:
        """Failed or partial: something to mend, as against something to show."""
        return self.status in OPEN

    @property
    def is_danger(self) -> bool:
        """Whether it is mended before all else, whatever level is aimed at."""
        return self.status == "fail" and self.severity == "critical"

    @property
    def comes_first(self) -> bool:
        """Whether it stands before the other dangers: others can use the fault today."""
        return self.is_danger and self.urgent

    @property
    def rank(self) -> tuple[int, bool, float]:
        """Its place among others that failed: the severest first; of those what others can use today, then what gains
        most per effort. The terminal's list goes by the same."""
        return words.SEVERITIES.index(self.severity), not self.comes_first, -self.priority

    @property
    def is_unseen(self) -> bool:
        return self.status in UNSEEN

    @property
    def accepted(self) -> bool:
        return self.waiver is not None and not self.waiver.expired

    @cached_property
    def gain(self) -> float:
        """What mending it is worth: weight of the severity times what is missing, doubled before the next level."""
        return self.weight * (1 - self.points) * (2 if self.blocks_next else 1)

    @property
    def open_places(self) -> tuple[Alike, ...]:
        return gathered(self.places)[:PLACES_OPEN]

    @property
    def more_places(self) -> tuple[Alike, ...]:
        return gathered(self.places)[PLACES_OPEN:]

    def alike(self, sentences: int, places: int) -> tuple[Alike, ...]:
        """The first sentences that are said of places, each with its first places."""
        return gathered(self.places, places)[:sentences]

    @property
    def why_unseen(self) -> str:
        """Why an unseen check could not be judged."""
        if self.status == "blocked":
            if not self.blocked_by or self.blocked_by in self.reason:
                return self.reason
            return f"{say('check.blocked_by', check=self.blocked_by)} {self.reason}"
        return self.reason or say("check.no_reason")

    @property
    def settled_by(self) -> str:
        """What would turn an unseen check into a judged one."""
        if self.status == "blocked":
            return say("check.settle_blocked", check=self.blocked_by or say("check.its_cause"))
        if self.status == "error":
            return say("check.settle_error")
        if self.settles or self.question:
            return self.settles or self.question
        if not self.remediation:
            return say("check.settle_evidence")
        return say("check.settle_shown", fix=lower_first(self.remediation))

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """Measured, limit and so on, as label and text; without what is empty."""
        level = words.EVIDENCE_LEVEL.get(self.evidence_level, "")
        rows = (
            ("measured", self.measured),
            ("limit", self.limit),
            ("settings", self.limits),
            ("confidence", words.confidence(self.confidence)),
            ("track_record", self.track_record),
            ("evidence", f"{self.evidence_level}, {level}" if level else ""),
            ("effort", words.EFFORT[self.effort]),
            ("holds_up", ", ".join(self.children)),
        )
        return tuple((say(f"check.{label}"), text) for label, text in rows if text)

    @property
    def track_record(self) -> str:
        """How many such verdicts were right on other projects; empty where too few were read to say."""
        return say("check.right_of", right=self.right, read=self.read) if self.read >= FEW else ""

    @property
    def doubt(self) -> str:
        """Says so of a verdict of a kind that was wrong more often than 15 times in a hundred; empty of others."""
        doubtful = self.read >= FEW and self.right < DOUBTED_BELOW * self.read
        return say("check.doubt", right=self.right, read=self.read) if doubtful else ""

    @property
    def places_left_out(self) -> int:
        """Places that only the result JSON holds."""
        return self.findings - min(len(self.places), PLACES_SHOWN)


class Pack(Struct, frozen=True, dict=True):
    """One pack's figures and its checks."""

    id: str
    anchor: str
    title: str
    core: bool
    score: float | None
    uncapped: float | None
    low: float
    high: float
    coverage: float
    capped_by: tuple[str, ...]
    checks: tuple[Check, ...]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return Counter(check.status for check in self.checks)

    @cached_property
    def applicable(self) -> int:
        return sum(check.status != "not_applicable" for check in self.checks)

    @property
    def capped(self) -> bool:
        """A critical check holds the figure below what the points alone would give."""
        return self.score is not None and self.uncapped is not None and self.uncapped > self.score + 0.05

    @property
    def cap_cause(self) -> str:
        """Such as "one failed critical check", "two critical checks that could not be judged"."""
        by_id = {check.id: check for check in self.checks}
        failed = [i for i in self.capped_by if i in by_id and by_id[i].status == "fail"]
        if failed:
            return words.told("pack.cap_failed", len(failed))
        return words.told("pack.cap_unseen", len(self.capped_by) or 1)

    @property
    def held(self) -> str:
        """Which must-have holds the figure down, named: for who knows no check by its id."""
        by_id = {check.id: check for check in self.checks}
        holding = [by_id[i] for i in self.capped_by if i in by_id]
        failed = [check for check in holding if check.status == "fail"]
        named = failed or holding
        if not named or not self.capped:
            return ""
        key = "summary.held_failed" if failed else "summary.held_unseen"
        title = shorten(lower_first(named[0].title), 90)
        return words.told(key, len(named), title=title, uncapped=figure(self.uncapped))

    @cached_property
    def failed_and_partial(self) -> tuple[Check, ...]:
        return tuple(sorted((c for c in self.checks if c.is_open), key=_worst_first))

    @cached_property
    def not_assessed(self) -> tuple[Check, ...]:
        """Could not be judged from the project, and no answer of a person would be enough."""
        return tuple(sorted((c for c in self.checks if c.is_unseen and not _to_attest(c)), key=_worst_first))

    @cached_property
    def told_before(self) -> Mapping[str, Check]:
        """Of those that could not be judged, by id: the first one for which the same long reason is given."""
        first: dict[str, Check] = {}
        for check in self.not_assessed:
            first.setdefault(check.why_unseen, check)
        return {
            check.id: first[check.why_unseen]
            for check in self.not_assessed
            if len(check.why_unseen) > LONG_REASON and first[check.why_unseen] is not check
        }

    @cached_property
    def to_attest(self) -> tuple[Check, ...]:
        """Questions that nobody has answered yet."""
        return tuple(sorted((c for c in self.checks if _to_attest(c)), key=_worst_first))

    @cached_property
    def passed(self) -> tuple[Check, ...]:
        return tuple(sorted((c for c in self.checks if c.status == "pass"), key=_worst_first))

    @cached_property
    def not_applicable(self) -> tuple[Check, ...]:
        return tuple(sorted((c for c in self.checks if c.status == "not_applicable"), key=_worst_first))

    @cached_property
    def unseen(self) -> int:
        """Checks that could not be judged."""
        return sum(check.is_unseen for check in self.checks)

    @property
    def ordered(self) -> tuple[Check, ...]:
        """All checks in the order of the report's groups."""
        return self.failed_and_partial + self.not_assessed + self.to_attest + self.passed + self.not_applicable

    @cached_property
    def heading(self) -> str:
        critical = sum(c.severity == "critical" and c.status == "fail" for c in self.checks)
        return headings.pack(self.counts, critical)

    @property
    def no_number(self) -> str:
        """Why there is no score (design: at least three applicable checks, half of the evidence)."""
        return say("pack.too_little" if self.applicable >= 3 else "pack.too_few")

    @property
    def note(self) -> str:
        """What stands under the pack's name beside its bar."""
        if not self.applicable:
            return say("pack.none_applies")
        if self.score is None:
            return self.no_number
        if self.capped:
            causes = ", ".join(self.capped_by[:2])
            if len(self.capped_by) > 2:
                causes = say("and_more", list=causes, n=len(self.capped_by) - 2)
            return say("pack.held", score=figure(self.score), causes=causes, uncapped=figure(self.uncapped))
        return say("pack.core") if self.core else ""

    @property
    def triple(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        """In place, not in place, recommendation: the title, its lines, and what is said where there is none."""
        by_gain = sorted(self.failed_and_partial, key=lambda c: (-c.gain, c.id))
        advice = dict.fromkeys(
            whole_clauses(first_sentence(c.remediation), LONGEST_ADVICE) for c in by_gain if c.remediation
        )
        unseen = self.not_assessed or self.to_attest
        shown = say("pack.show_rest" if unseen else "pack.keep")
        return (
            (say("pack.in_place"), _named([c.title for c in self.passed]), say("pack.none_in_place")),
            (say("pack.not_in_place"), _named([c.title for c in by_gain]), say("pack.none_failed")),
            (say("pack.recommendation"), _named(list(advice)), shown),
        )

    def cell_label(self, severity: str) -> str:
        """Such as "2 fail", "1 unknown", "All 3 pass": what the cell's colour says, in words."""
        cell = self.cell(severity)
        worst = "unknown" if cell[0].is_unseen else cell[0].status
        count = sum(c.is_unseen if worst == "unknown" else c.status == worst for c in cell)
        if worst == "pass":
            return say("pack.cell_pass", count)
        return say("pack.cell", count, status=words.STATUS[worst].lower())

    def cell(self, severity: str) -> tuple[Check, ...]:
        """The heat map's cell: the applicable checks of one severity, worst first."""
        own = (c for c in self.checks if c.severity == severity and c.status != "not_applicable")
        return tuple(sorted(own, key=lambda c: (WORST_FIRST.index(c.status), c.id)))


def _named(texts: Sequence[str], most: int = 4) -> tuple[str, ...]:
    """The first few sentences, and how many more there are."""
    more = (say("pack.and_more", n=len(texts) - most),) if len(texts) > most else ()
    return tuple(full_stop(text) for text in texts[:most]) + more


def _to_attest(check: Check) -> bool:
    return check.kind == "attested" and check.status == "unknown"


def _worst_first(check: Check) -> tuple[int, int, int, int, str]:
    return (-check.weight, WORST_FIRST.index(check.status), not check.comes_first, not check.blocks_next, check.id)
