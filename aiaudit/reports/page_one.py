"""What page one says for a reader who knows nothing of the tool: how the conditions of a level stand, what the steps do
about the risks beside them, and which must-haves come next. It words figures of the result; nothing is judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from aiaudit.reports import words
from aiaudit.reports.plan import Point, Step
from aiaudit.reports.record import Record
from aiaudit.reports.rows import unseen_of
from aiaudit.reports.strings import say
from aiaudit.reports.text import lower_first, shorten, upper_first
from aiaudit.reports.view import Check, Pack

LONGEST_NAME: Final = 60  # characters of the project's name in a heading
MUST_HAVES_NAMED: Final = 2
LONGEST_TITLE: Final = 90


class Rung(Struct, frozen=True):
    """One readiness level on the ladder. `state`: above, next, here or below."""

    number: int
    name: str
    question: str
    distance: str
    state: str


def ladder(
    level: words.Level | None, not_shown: bool, next_key: str, told: Mapping[str, str], open_ones: Mapping[str, int]
) -> tuple[Rung, ...]:
    """The levels, highest first; `told`: how the conditions of each stand, `open_ones`: how many of them are not
    contradicted, and no more. The lowest one's question is answered."""
    here = words.LEVELS.index(level) if level else -1
    rungs = []
    for position, one in enumerate(words.LEVELS):
        name, question = one.name, one.question
        if position == here:
            state, distance = "here", _reached("here", open_ones.get(one.key, 0))
        elif position < here:
            state, distance = "below", _reached("passed", open_ones.get(one.key, 0))
        else:
            state = "next" if one.key == next_key else "above"
            distance = told.get(one.key) or say("ladder.not_assessed")
        if not position and level:
            answer = "go_on" if here else "hold" if not_shown else "stop"
            question = say(f"ladder.{answer}", question=question)
            name = say("not_shown") if not_shown else name
        rungs.append(Rung(position, name, question, distance, state))
    return tuple(reversed(rungs))


def _reached(where: str, open_ones: int) -> str:
    """A level that is reached, and how many of its conditions nobody could judge."""
    return words.joined(say(f"ladder.{where}"), say("counts.short.open", open_ones) if open_ones else "")


def graves(ruling_out: int, critical: int, accepted: int, only_explored: bool) -> str:
    """What rules out any use, and the critical failures that do not: those stand before any use by others.

    `ruling_out`: failed checks that the first level asks for; `critical`: failed critical ones besides, `accepted` of
    them as a risk, which ends none of it. `only_explored`: nobody else may use the system yet.
    """
    parts = [words.told("standing.rules_out", ruling_out)] if ruling_out else []
    if critical and only_explored:
        taken = words.told("standing.accepted" if critical > 1 else "standing.the_one_accepted", accepted)
        key = "standing.graves_too" if ruling_out else "standing.graves"
        parts.append(words.told(key, critical, accepted=taken if accepted else ""))
    return " ".join(map(upper_first, parts))


def path_counts(path: Sequence[Step]) -> tuple[int, int, int]:
    """Steps of the path that mend what was found, that need a statement of people, and that show what was not seen."""
    to_fix = sum(step.check.is_open for step in path)
    to_give = sum(step.asks for step in path)
    return to_fix, to_give, len(path) - to_fix - to_give


def conditions(level: Record, checks: Mapping[str, Check], packs: Mapping[str, Pack]) -> str:
    """Such as "5 met, 1 not contradicted, 6 not seen": the conditions of a level; empty where it has none."""
    counts = Counter(_condition(gate, checks, packs) for gate in level.records("gates"))
    return words.joined(
        *(say(f"counts.short.{key}", counts[key]) for key in ("pass", "open", "fail", "unknown") if counts[key])
    )


def _condition(gate: Record, checks: Mapping[str, Check], packs: Mapping[str, Pack]) -> str:
    """`fail` only where something was seen to fall short: a check, or a figure that there is; `open` where nothing
    failed and not all was judged."""
    state = gate.text("state")
    if state == "met":
        return "open" if unseen_of(gate) else "pass"
    if state == "not_applicable":
        return state
    pack = packs.get(gate.text("pack"))
    found = any(checks[name].is_open for name in gate.texts("checks") if name in checks)
    figure = pack is not None and pack.score is not None
    return "fail" if state == "unmet" and (found or figure) else "unknown"


def weakest(packs: Sequence[Pack]) -> Pack | None:
    """The area with the lowest score of all, core or not: none can lie above a mean that it belongs to."""
    return min((pack for pack in packs if pack.score is not None), key=lambda pack: pack.score or 0, default=None)


def on_risks(points: Sequence[Point], path: Sequence[Step]) -> str:
    """How many of the risks on page one the path removes, and what the others take."""
    risks = [point.check for point in points if point.check]
    if not risks or not path:
        return ""
    on_path = {step.check.id for step in path}
    left = [check for check in risks if check.id not in on_path]
    removed = len(risks) - len(left)
    if not left:
        return words.told("decision.risks.all", len(risks))
    days = words.days(sum(check.days for check in left))
    if not removed:
        return words.told("decision.risks.none", len(risks), days=days)
    return words.told("decision.risks.some", removed, total=words.number(len(risks)), days=days)


def must_haves(checks: Sequence[Check], points: Sequence[Point]) -> str:
    """The failed critical checks that the next level does not ask for, but the one after it does.

    Those by name that are not among the risks above; where all are, those.
    """
    failed = [check for check in checks if check.is_danger and not check.blocks_next]
    if not failed:
        return ""
    told = {point.check.id for point in points if point.check}
    beyond = [check for check in failed if check.id not in told]
    titles = [shorten(lower_first(check.title), LONGEST_TITLE) for check in beyond or failed]
    more = len(titles) - MUST_HAVES_NAMED
    named = "; ".join(titles[:MUST_HAVES_NAMED])
    if more > 0:
        named = say("decision.and_more", more, list=named)
    if not beyond:
        return say("decision.critical", list=named)
    return say("decision.critical_more", list=named, days=words.days(sum(check.days for check in beyond)))
