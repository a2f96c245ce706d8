"""The questions of the EU AI Act on a terminal, one at a time; saved after each, left and resumed at any time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import field

from aiaudit.interview.terminal import Left, Terminal
from aiaudit.interview.tiering import DISCLAIMER, Answered, rationale, seen, signs, when
from aiaudit.project import ai_act

Save = Callable[[bool, str], None]  # whether a tier that a person wrote is replaced, and who confirms it
_WORDS: Final[dict[str, bool | str]] = {
    "y": True,
    "yes": True,
    "n": False,
    "no": False,
    "": "",
    "b": "back",
    "back": "back",
}


class TierSession(Terminal):
    """Asks what is open (`everything`: all again), then says what the answers point to."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    everything: bool = False
    told: int = 0

    def run(self, given: Answered, save: Save) -> int:
        """How many questions were answered. Leaves quietly on `q`, end of input or Ctrl-C."""
        self.told = 0
        table = ai_act.table()
        to_ask = len(ai_act.asked(given.answers) if self.everything else ai_act.left(given.answers))
        self.say(f"EU AI Act: {to_ask} questions, each to be answered with yes or no. {DISCLAIMER}")
        self.say(f"{table.edition}; dates read on {table.checked}.")
        self.say("Each answer is saved at once. Enter leaves a question open, ? explains, b goes back, q ends.")
        try:
            if not given.by:
                given.by = self.prompt("Who answers, by name or role")
            self._questions(given, save)
            self._end(given, save)
        except (Left, EOFError, KeyboardInterrupt):
            self.say()
        return self.told

    def _questions(self, given: Answered, save: Save) -> None:
        part = ""
        trail: list[ai_act.Question] = []  # what was asked, so that `b` finds the one before
        again: ai_act.Question | None = None
        while True:
            pool = ai_act.asked(given.answers) if self.everything else ai_act.left(given.answers)
            question = again or next((one for one in pool if one not in trail), None)
            again = None
            if question is None:
                return
            if question.part != part:
                part = question.part
                self.say()
                self.say(ai_act.table().parts[part])
            answer = self._ask(question, given)
            if answer == "back":
                again = trail.pop() if trail else question
                continue
            trail.append(question)
            if isinstance(answer, bool):
                given.answers[question.id] = answer
                given.notes[question.id] = self._note(question, answer)
                given.reviewed = self.today
                save(False, "")
                self.told += 1

    def _ask(self, question: ai_act.Question, given: Answered) -> bool | str:
        """The answer; "back" for the question before, "" where it is left open."""
        self.say()
        self.say(question.ask, 2)
        pool = ai_act.asked(given.answers)
        self.say(f"{pool.index(question) + 1} of {len(pool)}: {when(question, self.today)}", 2)
        if found := seen(question, self.facts):
            self.say(f"Found: {found}", 2)
        if question.id in given.answers:
            self.say(f"Answered before: {'yes' if given.answers[question.id] else 'no'}", 2)
        while True:
            said = self.prompt("yes or no").lower()
            if said in _WORDS:
                return _WORDS[said]
            self.say(question.help if said == "?" else "please answer yes or no (y, n); Enter leaves it open", 2)

    def _note(self, question: ai_act.Question, answer: bool) -> str:
        """The reason, where an answer says nothing without one."""
        if answer and question.needs_note:
            return self.needed("Why, in a sentence")
        if not answer and question.part == "area" and signs(question, self.facts):
            return self.needed("The project itself points there; why is it not so, in a sentence")
        return ""

    def _end(self, given: Answered, save: Save) -> None:
        """What the answers point to, what would apply, and who confirms it."""
        self.say()
        open_ones = [one for one in ai_act.left(given.answers) if one.part in ai_act.DECIDES]
        if not given.tier:
            self.say(f"Not enough is answered yet: {len(open_ones)} questions that bear on the tier are open.")
            return
        self.say(f"The answers point to the tier: {given.tier}")
        self.say(rationale(given, self.today), 2)
        if found := ai_act.duties(given.answers):
            self.say("What would then apply:")
            for duty in found:
                self.say(
                    f"{'since' if duty.applies <= self.today else 'from '} {duty.applies}  {duty.article}: {duty.what}",
                    2,
                )
        replace = False
        if given.declared not in ("", given.tier):
            self.say(f"The project file names the tier {given.declared}.")
            replace = (
                self.choose(f"Write {given.tier} and this rationale in its place (yes or no)", ("yes", "no")) == "yes"
            )
        reviewer = self.prompt("Who other than the builders confirms it, by name or role (Enter: nobody yet)")
        save(replace, "" if reviewer.lower() in _WORDS else reviewer)
