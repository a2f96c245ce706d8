"""The questions of the EU AI Act as answered: read from the project file, and written there with their reasons.

What is written is what the checks read: every answer with its question, article and date (`ai_act`), the practices
(`screening`), and, where the answers suffice, role, tier and rationale (`project`). What a person wrote there before
stays, unless they say otherwise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import yaml
from msgspec import Struct, field

from aiaudit.interview.questions import Question as Row
from aiaudit.project import ai_act
from aiaudit.project.config import FILE, ConfigError, ProjectConfig, parse_config
from aiaudit.project.edit import with_keys, with_section

CHECK_OF: Final = {"practice": "GOV-003"}  # the check that asks for a part's questions; GOV-002 for the others
CHECKS: Final = frozenset({"GOV-002", "GOV-003"})
DISCLAIMER: Final = "A record of answers, and what they point to. No legal conclusion and no legal advice."
_BEGINS: Final = "Answered question by question"  # so a rationale that was written by us is known as such


class Answered(Struct):
    """The answers so far, with a note to some. `declared`: the tier that the project file names; `own`: whether its
    rationale was written by a person."""

    answers: dict[str, bool] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    by: str = ""
    reviewed: dt.date | None = None
    declared: str = ""
    role: str = ""
    own: bool = False

    @property
    def tier(self) -> str:
        return ai_act.tier(self.answers)


def read(config: ProjectConfig) -> Answered:
    """What the project file holds; practices that were screened before count as answered."""
    part, screening, project = config.ai_act, config.screening, config.project
    return Answered(
        answers={**screening.answers, **{one.id: one.answer for one in part.answers}},
        notes={one.id: one.note for one in part.answers if one.note},
        by=part.by or screening.by,
        reviewed=part.reviewed,
        declared=project.risk_tier,
        role=project.role,
        own=bool(project.risk_rationale) and not project.risk_rationale.startswith(_BEGINS),
    )


def rationale(given: Answered, today: dt.date) -> str:
    """Why the answers point to their tier, in sentences."""
    yes = {part: [_name(q) for q in ai_act.said_yes(given.answers, part)] for part in ai_act.table().parts}
    roles = " and ".join(name for name in ("provider", "deployer") if given.answers.get(name)) or "neither of both"
    areas = ", ".join(map(_name, ai_act.table().of("area")))
    practices = len(ai_act.table().of("practice"))
    said = [
        f"{_BEGINS} under ai_act by {given.by or 'nobody named'} on {today}.",
        f"Role: {roles}.",
        f"Prohibited practices (Article 5): {_all(yes['practice'], f'none of the {practices}')}.",
        f"Safety of products (Annex I): {'yes' if yes['product'] else 'no'}.",
        f"Areas of Annex III: {_all(yes['area'], 'none of ' + areas)}.",
    ]
    if yes["area"]:
        said.append("It profiles people." if given.answers.get("profiling") else "It profiles nobody.")
    if ai_act.excepted(given.answers):
        said.append("The exception of Article 6(3) is claimed.")
    said += [
        f"Transparency (Article 50): {_all(yes['transparency'], 'nothing')}.",
        f"General-purpose model of its own: {'yes' if yes['model'] else 'no'}.",
    ]
    if outside := ai_act.outside(given.answers):
        said.append(f"As answered the Act does not reach the system ({outside}); the tier is a yardstick.")
    said += [f"On {_name(q)}: {given.notes[q.id]}" for q in ai_act.asked(given.answers) if given.notes.get(q.id)]
    said.append(
        f"{'The answers point to the tier ' + given.tier if given.tier else 'Open answers remain'}. {DISCLAIMER}"
    )
    return " ".join(said)[:3900]


def write(text: str, given: Answered, today: dt.date, *, replace: bool = False, reviewer: str = "") -> str:
    """The project file's text with these answers. `replace`: also a tier and rationale that a person wrote.

    Raises:
        ConfigError: the file is written in a way that cannot be changed without touching the rest.
    """
    changed = with_section(text, "ai_act", _section(given, today))
    practices = {q.id: given.answers[q.id] for q in ai_act.table().of("practice") if q.id in given.answers}
    if practices:
        changed = with_section(changed, "screening", _screening(parse_config(text.encode()), practices, given, today))
    project = {}
    if (role := ai_act.role(given.answers)) and (not given.role or replace):
        project["role"] = role
    if given.tier and (replace or given.declared in ("", given.tier)):
        project["risk_tier"] = given.tier
        if replace or not given.own:
            project["risk_rationale"] = rationale(given, today)
    if reviewer:
        project["risk_reviewer"] = reviewer
    try:
        changed = with_keys(changed, "project", project) if project else changed
        now = parse_config(changed.encode())
    except (ValueError, ConfigError) as error:
        raise ConfigError([f"{FILE}: {error}"]) from None
    kept = {one.id: one.answer for one in now.ai_act.answers}
    if kept != _counted(given) or any(getattr(now.project, key) != value for key, value in project.items()):
        raise ConfigError([f"{FILE}: the answers could not be written without touching the rest; write them by hand"])
    return changed


def rows(given: Answered, facts: Mapping[str, Any], *, everything: bool) -> list[Row]:
    """The questions as rows of a sheet: the open ones, or all. A sheet goes out once, so those that depend on an answer
    are there too and say so."""
    found = []
    for question in ai_act.table().questions:
        if not everything and question.id in given.answers:
            continue
        answer = given.answers.get(question.id)
        said: dict[str, Any] = {} if answer is None else {"answer": _word(answer), "owner": given.by}
        if said:
            said |= {key: value for key, value in (("note", given.notes.get(question.id)),) if value}
            said |= {"reviewed": given.reviewed} if given.reviewed else {}
        found.append(
            Row(
                check=f"{CHECK_OF.get(question.part, 'GOV-002')}/{question.id}",
                title=f"{ai_act.table().parts[question.part]}: {_name(question)}",
                pack="governance",
                severity="critical",
                text=f"{_only(question)}{question.ask}",
                why=f"{question.help} {when(question, None)}",
                found=seen(question, facts),
                state="open" if answer is None else "answered",
                worth=0.0,
                answer=said,
            )
        )
    return found


def take(given: Answered, told: Mapping[str, Mapping[str, Any]], today: dt.date) -> int:
    """Add the answers of a sheet's rows (`GOV-003/manipulation`); how many are new or changed.

    Raises:
        ConfigError: a row names no question, or its answer is neither yes nor no.
    """
    changed, days = 0, []
    for key, row in told.items():
        question = ai_act.table().question(key.partition("/")[2])
        if question is None:
            raise ConfigError([f"{key}: there is no such question of the EU AI Act"])
        if row["answer"] not in ("yes", "no"):
            raise ConfigError([f"{key}: the answer is yes or no, not {row['answer'].replace('_', ' ')}"])
        answer, note = row["answer"] == "yes", str(row.get("note") or "")
        changed += (given.answers.get(question.id), given.notes.get(question.id, "")) != (answer, note)
        given.answers[question.id] = answer
        given.notes[question.id] = note
        given.by = str(row.get("owner") or given.by)
        days.append(row.get("reviewed") or today)
    given.reviewed = min(days) if days else given.reviewed
    return changed


def seen(question: ai_act.Question, facts: Mapping[str, Any]) -> str:
    """What the audit found that bears on the question, with its first place; "" where nothing was."""
    found = []
    for name in question.facts:
        fact = facts.get(name) or {}
        if fact.get("state") == "known" and fact.get("value") is True:
            found.append(_placed(ai_act.table().found[name], (fact.get("evidence") or [{}])[0]))
    return "; ".join([*found, *signs(question, facts)])


def signs(question: ai_act.Question, facts: Mapping[str, Any]) -> list[str]:
    """What GOV-002 found that points to the question's area."""
    found = []
    for name in ("GOV-002.sensitive_columns", "GOV-002.readme_words", "biometric_code"):
        for one in (facts.get(f"governance.{name}") or {}).get("value") or []:
            kind = one.get("pattern") or "biometrics"
            if kind in question.signals:
                found.append(_placed(f"{one.get('match') or one.get('module')}", one))
    return found[:3]


def when(question: ai_act.Question, today: dt.date | None) -> str:
    """Article and day of application, such as "Art. 5(1)(a), applies since 2025-02-02"."""
    if today is None:
        return f"{question.article}, applies from {question.applies}."
    return f"{question.article}, applies {'since' if question.applies <= today else 'from'} {question.applies}"


def _placed(words: str, place: Mapping[str, Any]) -> str:
    path, line = place.get("path"), place.get("line")
    return f"{words} ({path}{f':{line}' if line else ''})" if path else words


def _only(question: ai_act.Question) -> str:
    """On which answers the question depends, for a sheet, which cannot leave it out."""
    names = [condition.removeprefix("!").replace("_", " ") for condition in question.when]
    said = "no" if question.when and question.when[0].startswith("!") else "yes"
    return f"Only where the answer is {said} to {' or '.join(names)}: " if names else ""


def _name(question: ai_act.Question) -> str:
    return question.id.replace("_", " ")


def _all(names: list[str], none: str) -> str:
    return ", ".join(names) if names else none


def _counted(given: Answered) -> dict[str, bool]:
    """The answers to questions that are asked, as the file keeps them."""
    return {q.id: given.answers[q.id] for q in ai_act.asked(given.answers) if q.id in given.answers}


def _section(given: Answered, today: dt.date) -> list[str]:
    table = ai_act.table()
    lines = [f"  edition: {_quoted(table.edition)}"]
    if given.by:
        lines.append(f"  by: {_quoted(given.by)}")
    lines += [f"  reviewed: {given.reviewed or today}", f"  note: {_quoted(DISCLAIMER)}", "  answers:"]
    for question in ai_act.asked(given.answers):
        if question.id not in given.answers:
            continue
        lines += [
            f"    - id: {question.id}",
            f"      answer: {_word(given.answers[question.id])}",
            f"      question: {_quoted(question.ask)}",
            f"      article: {_quoted(question.article)}",
            f"      applies: {question.applies}",
        ]
        if note := given.notes.get(question.id):
            lines.append(f"      note: {_quoted(note)}")
    lines.append("  sources:")
    lines += [f"    - {_quoted(f'{title}, {address}')}" for title, address in table.sources]
    return [*lines, f"    - {_quoted(f'Read on {table.checked}. {table.trust}')}"]


def _screening(config: ProjectConfig, practices: Mapping[str, bool], given: Answered, today: dt.date) -> list[str]:
    others = {key: value for key, value in config.screening.answers.items() if key not in practices}
    lines = ["  answers:", *(f"    {key}: {_word(value)}" for key, value in {**practices, **others}.items())]
    if given.by:
        lines.append(f"  by: {_quoted(given.by)}")
    lines.append(f"  reviewed: {given.reviewed or today}")
    return [*lines, *([f"  note: {_quoted(config.screening.note)}"] if config.screening.note else [])]


def _word(value: bool) -> str:
    return "yes" if value else "no"


def _quoted(text: str) -> str:
    dumped: str = yaml.safe_dump(text, default_style='"', width=2**31, allow_unicode=True)
    return dumped.strip()
