"""What a report ranks: risks and strengths, the path to the next level, and the roadmap.

Ranking orders what the audit found and adds nothing to it. The key is that of the catalogue: the weight of the severity
times what is missing, doubled where it stands before the next level; a plan divides it by the effort (S 1, M 2, L 4).
Of equals those of core areas come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.reports import words
from aiaudit.reports.strings import say
from aiaudit.reports.text import (
    figure,
    first_clause,
    first_sentence,
    full_stop,
    lower_first,
    rest_of,
    shorten,
    upper_first,
    whole_clauses,
)
from aiaudit.reports.view import Check, Pack

MOST_RISKS: Final = 10
ON_PAGE_ONE: Final = 3
MOST_STEPS_ON_PAGE_ONE: Final = 5
LONGEST_STEP: Final = 80  # characters of a step or its aim on page one: two lines
LONGEST_OF_FEW: Final = 140  # where there are only a few steps
LONGEST_RISK: Final = 150  # characters of a risk's first sentence; a risk of one sentence may be as long as both
LONGEST_IN_PART: Final = 170  # characters of the risk of what is met in part, before what was seen
LONGEST_DETAIL: Final = 90  # characters after the sentence of a risk or strength
LONGEST_ON_ROADMAP: Final = 200  # characters of a step in the roadmap
STEPS_SHOWN: Final = 10
"""Steps of one horizon that the roadmap lists; the rest is one line, and stands in the pack parts."""

_BLEMISH: Final = lazy.regex(r"\b(?:tolerated|but|except|though|although|however|(?:is|are|was|were) left out)\b")
"""Words by which the reason of a pass names what is not as it should be."""
_BRACKETS: Final = lazy.regex(r"\s*\([^()]*\)")
_EFFORT_UNITS: Final = {"S": 1, "M": 2, "L": 4}


class Risk(Struct, frozen=True):
    """A failed or partial check as a risk to the business; `others` are the open checks that share it."""

    number: int
    check: Check
    statement: str
    consequence: str
    others: tuple[str, ...] = ()


class Cause(Struct, frozen=True):
    """Risks of one pack, under its title."""

    title: str
    anchor: str
    risks: tuple[Risk, ...]


class Point(Struct, frozen=True):
    """One line of the three risks or three strengths: a sentence, and what follows it. `is_risk`: the sentence tells
    what may happen, and needs no word before it."""

    status: str
    statement: str
    detail: str = ""
    check: Check | None = None
    is_risk: bool = False

    @property
    def said(self) -> str:
        """The sentence with its status as a word, since a mark alone says little to who sees it first."""
        if self.status not in ("fail", "partial") or (self.status == "fail" and self.is_risk):
            return self.statement
        if self.is_risk:
            return say("summary.in_part", statement=lower_first(self.statement))
        return say("summary.point", status=say(f"summary.today.{self.status}"), statement=lower_first(self.statement))


class Step(Struct, frozen=True):
    """One step of a plan: what to do, or what to show, for one check."""

    number: int
    check: Check
    text: str
    horizon: str = ""

    @property
    def aim(self) -> str:
        """What holds once the step is done: the check's title, as the end of a sentence that begins with "so that"."""
        return shorten(lower_first(self.check.title), 160)

    @property
    def in_full(self) -> str:
        """What is to be done; where a person has to answer, the question."""
        return self.check.question if self.asks and self.check.question else self.text.replace("`", "")

    def brief(self, limit: int) -> str:
        """The same in the room of page one on paper."""
        if self.asks and self.check.question:
            return first_clause(_BRACKETS.sub("", self.check.question), limit * 5 // 4)
        return whole_clauses(self.text.replace("`", ""), limit)

    @property
    def asks(self) -> bool:
        """Only a statement of a person leads on here."""
        return self.check.is_unseen and self.check.kind == "attested"

    @property
    def today(self) -> str:
        """How the condition stands today, in the words of page one."""
        key = self.check.status if self.check.is_open else "asked" if self.asks else "unseen"
        return say(f"summary.today.{key}")

    def goal(self, limit: int) -> str:
        """What has to hold: the check's title, in the room of page one on paper."""
        return first_clause(upper_first(self.check.title), limit)


class Action(Struct, frozen=True):
    """What gains most per effort, and what the score is once it is done (with all before it)."""

    check: Check
    text: str
    score_before: float | None
    score_after: float | None

    @property
    def gain(self) -> str:
        """Such as ", score 66 → 69"; empty where the score does not move."""
        if self.score_after is None or figure(self.score_before) == figure(self.score_after):
            return ""
        key = "step.gain" if (self.score_before or 0.0) <= self.score_after else "step.joins"
        return say(key, before=figure(self.score_before), after=figure(self.score_after))


class Horizon(Struct, frozen=True):
    """A part of now, next or later (`key`): the steps that are listed, and the checks of the others."""

    key: str
    title: str
    note: str
    steps: tuple[Step, ...]
    others: tuple[Check, ...]

    @property
    def more(self) -> int:
        return len(self.others)

    @property
    def more_days(self) -> int:
        return sum(check.days for check in self.others)

    @property
    def days(self) -> int:
        return sum(step.check.days for step in self.steps) + self.more_days


def top_risks(checks: Iterable[Check], most: int = MOST_RISKS) -> tuple[Risk, ...]:
    """The failed and partial checks that nobody has accepted, the heaviest first. One whose mend builds on that of a
    failed one shares its risk and is told with it."""
    open_ones = {c.id: c for c in checks if c.is_open and not c.accepted}
    shared: dict[str, list[str]] = {}
    for check in open_ones.values():
        if (cause := _cause(check, open_ones)) is not check:
            shared.setdefault(cause.id, []).append(check.id)
    ranked = sorted(
        (c for c in open_ones.values() if _cause(c, open_ones) is c),
        key=lambda c: (-c.gain, c.status != "fail", -c.weight, not c.core, c.id),
    )
    return tuple(
        _risk(position, check, tuple(shared.get(check.id, ()))) for position, check in enumerate(ranked[:most], start=1)
    )


def causes(risks: Sequence[Risk], packs: Sequence[Pack]) -> tuple[Cause, ...]:
    """The risks by pack, in the order of each pack's heaviest; numbered anew as they are printed."""
    anchors = {pack.id: pack.anchor for pack in packs}
    groups: dict[str, list[Risk]] = {}
    for risk in risks:
        groups.setdefault(risk.check.pack, []).append(risk)
    found: list[Cause] = []
    position = 1
    for pack, own in groups.items():
        numbered = tuple(replace(risk, number=position + offset) for offset, risk in enumerate(own))
        position += len(own)
        found.append(Cause(own[0].check.pack_title or pack, anchors.get(pack, ""), numbered))
    return tuple(found)


def _cause(check: Check, open_ones: Mapping[str, Check]) -> Check:
    """The failed check on whose mend that of `check` builds in the end; the check itself where there is none."""
    failed = (open_ones[name] for name in check.after if name in open_ones)
    first = next((one for one in failed if one.status == "fail"), None)
    return _cause(first, open_ones) if first else check


def _builders_last(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks in their order, but each after those of them on whose mend its own builds (packs allow no circle)."""
    by_id = {check.id: check for check in checks}
    placed: dict[str, Check] = {}

    def place(check: Check) -> None:
        for name in check.after:
            if name in by_id and name not in placed:
                place(by_id[name])
        placed.setdefault(check.id, check)

    for check in by_id.values():
        place(check)
    return tuple(placed.values())


def three_risks(checks: Sequence[Check]) -> tuple[Point, ...]:
    """For page one: the heaviest, of these the failed ones first. Where fewer than three checks are open, critical
    ones that could not be judged follow."""
    heaviest = sorted(top_risks(checks, ON_PAGE_ONE), key=lambda risk: risk.check.status != "fail")
    points = [_risk_point(risk.check) for risk in heaviest]
    unseen = sorted((c for c in checks if c.is_unseen and c.severity == "critical"), key=lambda c: (-c.gain, c.id))
    for check in unseen[: ON_PAGE_ONE - len(points)]:
        points.append(Point("unknown", say("risk.unknown", title=full_stop(shorten(check.title, 110)))))
    return tuple(points)


def three_strengths(checks: Iterable[Check]) -> tuple[Point, ...]:
    """The heaviest passed checks, one a pack as long as there are packs; strongest evidence first.

    What somebody only says comes last, whatever its weight: nobody has seen that it holds. A pass whose reason names a
    blemish is no strength.
    """
    ranked = sorted(
        (c for c in checks if c.status == "pass" and not _BLEMISH.search(c.reason)),
        key=lambda c: (_only_said(c), -c.weight, "E5E4E3E2E1E0".find(c.evidence_level or "E0"), c.id),
    )
    best_of_pack = {check.pack: check for check in reversed(ranked)}
    best = sorted(ranked, key=lambda c: (_only_said(c), best_of_pack[c.pack] is not c))[:ON_PAGE_ONE]
    return tuple(Point("pass", full_stop(shorten(c.title, 90)), _detail(c.reason)) for c in best)


def _only_said(check: Check) -> bool:
    return check.kind == "attested" and check.evidence_level in ("", "E0", "E1")


def path_to_next(checks: Iterable[Check]) -> tuple[Step, ...]:
    """The checks that stand before the next level: what to mend first, then what to show."""
    ranked = sorted(
        (c for c in checks if c.blocks_next), key=lambda c: (not c.is_open, -c.weight, c.days, not c.core, c.id)
    )
    steps = enumerate(_builders_last(ranked), start=1)
    return tuple(Step(position, check, step_text(check)) for position, check in steps)


def roadmap(checks: Sequence[Check], next_name: str) -> tuple[Horizon, ...]:
    """Now: critical faults, then what stands before the next level, then quick wins. Next: the rest of the heavy
    ones. Later: the rest. Checks that could not be judged are in it only where they stand before the next level.
    """
    groups: dict[str, list[Check]] = {"danger": [], "level": [], "quick": [], "next": [], "later": []}
    for check in sorted(checks, key=lambda c: (-_priority(c), not c.core, c.id)):
        if group := _group(check):
            groups[group].append(check)
    horizons: list[Horizon] = []
    start = 1
    for group, key in (("danger", "now"), ("level", "now"), ("quick", "now"), ("next", "next"), ("later", "later")):
        found = _builders_last(groups[group])
        shown, rest = found[:STEPS_SHOWN], found[STEPS_SHOWN:]
        if len(rest) == 1:
            shown, rest = found, ()
        steps = tuple(Step(start + i, check, step_text(check), key) for i, check in enumerate(shown))
        start += len(steps)
        if found:
            title = say(f"horizon.{group}", next=next_name) if key == "now" else say(f"horizon.{key}")
            horizons.append(Horizon(key, title, say(f"horizon.{key}_note"), steps, tuple(rest)))
    return tuple(horizons)


def _group(check: Check) -> str:
    """In which part of the roadmap a check stands; "" where nothing is to be done."""
    if check.is_danger:  # no acceptance makes it harmless
        return "danger"
    if check.accepted or check.status in ("pass", "not_applicable"):
        return ""
    if check.blocks_next:
        return "level"
    if not check.is_open:
        return ""
    if check.weight < 4:
        return "later"
    return "quick" if check.effort == "S" else "next"


def step_text(check: Check) -> str:
    """The fix in one sentence; for what could not be judged, what is to be shown."""
    fix = first_sentence(check.remediation).rstrip(".")
    if check.is_unseen and check.kind == "attested":
        text = say("step.answer_or", fix=lower_first(fix)) if fix else say("step.answer")
    elif check.settles:
        text = first_sentence(check.settles).rstrip(".")
    elif check.is_unseen:
        text = say("step.show_or", fix=lower_first(fix)) if fix else say("step.show")
    else:
        text = fix or say("step.do")
    return whole_clauses(text, LONGEST_ON_ROADMAP)


def _priority(check: Check) -> float:
    return check.gain / _EFFORT_UNITS[check.effort]


def _risk(position: int, check: Check, others: tuple[str, ...]) -> Risk:
    # the places stand beside it
    statement = _BRACKETS.sub("", _seen_in_part(check)) or check.risk or words.fallback_risk(check.title, check.status)
    return Risk(position, check, full_stop(shorten(statement, 320)), full_stop(shorten(check.why, 240)), others)


def _seen_in_part(check: Check) -> str:
    """What was seen of a check that is met in part: its risk is told of one that is not met at all."""
    return full_stop(first_sentence(check.reason)) if check.status == "partial" and check.reason else ""


def _risk_point(check: Check) -> Point:
    if seen := _seen_in_part(check):  # what the team reads stands behind what may happen, or what has to hold
        told = shorten(first_sentence(check.risk), LONGEST_IN_PART) if check.risk else shorten(check.title, 110)
        told = full_stop(told)
        room = LONGEST_RISK + LONGEST_DETAIL - len(told)
        return Point(check.status, told, _detail(seen, room), check, is_risk=bool(check.risk))
    if check.risk:
        statement, rest = first_sentence(check.risk), rest_of(check.risk)
        most = LONGEST_RISK if rest else LONGEST_RISK + LONGEST_DETAIL
        return Point(check.status, full_stop(shorten(statement, most)), _detail(rest), check, is_risk=True)
    statement = shorten(words.fallback_risk(check.title, check.status), 110)
    return Point(check.status, full_stop(statement), _detail(check.why), check)


def _detail(text: str, limit: int = LONGEST_DETAIL) -> str:
    """One short sentence without references in brackets: page one has no control ids.

    Of one that is too long the first clauses that make sense alone; nothing where there are none.
    """
    said = _BRACKETS.sub("", first_sentence(text)).strip()
    while len(said) > limit:
        said = said.rpartition("; ")[0]
    return full_stop(said)
