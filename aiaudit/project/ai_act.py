"""The questions of the EU AI Act as data, and what a set of answers points to. It adds up answers; it judges no law.

The table (`tables/eu_ai_act.yaml`) holds questions, articles, dates of application and duties with their sources.
An answer counts only where its question is asked, so one left over from a path not taken changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import yaml
from msgspec import Struct

from aiaudit.resources import path_of

TABLE: Final = "eu_ai_act.yaml"
TIERS: Final = ("minimal", "limited", "high", "prohibited")  # from the least
DECIDES: Final = frozenset({"practice", "product", "area", "exception", "transparency"})  # parts that bear on the tier

Answers = Mapping[str, bool]


class Question(Struct, frozen=True):
    """One question to be answered with yes or no. `when`: ids of which one must be answered so ("!id": with no).

    `needs_note`: a yes says nothing without its reason. `facts`, `signals`: what the audit may have found there.
    """

    id: str
    part: str
    ask: str
    help: str
    article: str
    applies: dt.date
    when: tuple[str, ...] = ()
    needs_note: bool = False
    facts: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()


class Duty(Struct, frozen=True):
    """What would apply to a role after an answer, and from which day."""

    after: str
    role: str
    article: str
    applies: dt.date
    what: str


class Table(Struct, frozen=True):
    """The shipped questionnaire. `checked`: the day on which its dates were read; `sources`: title and address;
    `parts`: their titles; `found`: what a fact of the audit means in words."""

    edition: str
    checked: dt.date
    trust: str
    sources: tuple[tuple[str, str], ...]
    parts: Mapping[str, str]
    found: Mapping[str, str]
    questions: tuple[Question, ...]
    duties: tuple[Duty, ...]

    def question(self, identifier: str) -> Question | None:
        return next((one for one in self.questions if one.id == identifier), None)

    def of(self, part: str) -> tuple[Question, ...]:
        return tuple(one for one in self.questions if one.part == part)


@cache
def table() -> Table:
    """The questionnaire that ships.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load((path_of("tables") / TABLE).read_bytes(), Loader=loader)  # noqa: S506 (a safe loader)
    return Table(
        edition=data["edition"],
        checked=data["checked"],
        trust=data["trust"],
        sources=tuple((one["title"], one["url"]) for one in data["sources"]),
        parts=data["parts"],
        found=data["found"],
        questions=tuple(Question(**_tuples(one)) for one in data["questions"]),
        duties=tuple(Duty(**one) for one in data["duties"]),
    )


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def asked(answers: Answers) -> list[Question]:
    """The questions that these answers lead to, in order; answered ones included."""
    found: list[Question] = []
    for question in table().questions:
        here = {one.id for one in found}
        if not question.when or any(_holds(condition, answers, here) for condition in question.when):
            found.append(question)
    return found


def _holds(condition: str, answers: Answers, here: set[str]) -> bool:
    name = condition.removeprefix("!")
    return name in here and answers.get(name) is (not condition.startswith("!"))


def left(answers: Answers) -> list[Question]:
    """The questions that are asked and not answered."""
    return [question for question in asked(answers) if question.id not in answers]


def said_yes(answers: Answers, part: str = "") -> list[Question]:
    """The questions, of one part where it is named, that are asked and answered with yes."""
    return [one for one in asked(answers) if answers.get(one.id) is True and part in ("", one.part)]


def tier(answers: Answers) -> str:
    """The tier that the answers point to; "" as long as an open answer could still change it.

    Whether the Act reaches the system at all changes nothing here: outside of its reach the tier is a yardstick.
    """
    if said_yes(answers, "practice"):
        return "prohibited"
    if any(question.part in DECIDES for question in left(answers)):
        return ""
    if said_yes(answers, "product") or (said_yes(answers, "area") and not excepted(answers)):
        return "high"
    return "limited" if said_yes(answers, "transparency") else "minimal"


def excepted(answers: Answers) -> bool:
    """Whether the exception of Article 6(3) is claimed: an area of Annex III, no profiling, a narrow task."""
    return any(question.id == "narrow_task" for question in said_yes(answers))


def lower(one: str, other: str) -> bool:
    """Whether the tier `one` is lower than `other`; never where one of them is not known."""
    return one in TIERS and other in TIERS and TIERS.index(one) < TIERS.index(other)


def role(answers: Answers) -> str:
    """provider (where both hold, for its duties are the wider ones), deployer, or ""."""
    if answers.get("provider") or any(question.id == "becomes_provider" for question in said_yes(answers)):
        return "provider"
    return "deployer" if answers.get("deployer") else ""


def outside(answers: Answers) -> str:
    """Why the Act does not reach the system, as answered; "" where it does."""
    if answers.get("ai_system") is False:
        return "it is no AI system in the sense of the Act"
    if answers.get("in_union") is False:
        return "neither the system nor its output is used in the Union"
    return "its purpose is left out of the Act" if answers.get("excluded") else ""


def duties(answers: Answers) -> list[Duty]:
    """What would apply as answered, the earliest first; nothing where the Act does not reach the system."""
    if outside(answers):
        return []
    roles = {"any"} | {name for name in ("provider", "deployer") if answers.get(name)}
    if role(answers) == "provider":
        roles.add("provider")
    after = {"always"} | {question.id for question in said_yes(answers)}
    after |= {f"{question.part} {question.applies}" for question in said_yes(answers)}
    if excepted(answers):
        after -= {f"area {question.applies}" for question in table().of("area")}
    found = [
        duty for duty in table().duties if duty.role in roles and {duty.after, f"{duty.after} {duty.applies}"} & after
    ]
    return sorted(found, key=lambda duty: duty.applies)
