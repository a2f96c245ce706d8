"""The interview on a terminal: one question at a time, saved after each answer, left at any time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import field

from aiaudit import lazy
from aiaudit.interview.answers import ANSWERS, checked, default_review
from aiaudit.interview.questions import Question
from aiaudit.interview.terminal import Left, Terminal

_SHORT: Final = {"y": "yes", "p": "partly", "n": "no", "na": "not_applicable", "n/a": "not_applicable"}
_STATE: Final = {
    "open": "not answered yet",
    "stale": "answered, but the answer no longer counts",
    "answered": "answered",
}

_OPEN: Final = lazy.regex(r"(?:which|what|who|whom|whose|how|where|when|why|under|through|by|for|in)\b", re.I)
"""How a question begins that asks for words, not for a yes."""

Save = Callable[[str, dict[str, Any]], None]
Helper = Callable[[], bool]  # works out an answer by questions of its own; whether it is worked out whole


class Session(Terminal):
    """Asks the questions. `owner` is offered again: one person often answers several. `helpers`: by check, what `t`
    starts; checks with the same helper are done together."""

    owner: str = ""
    root: Path | None = None  # of the project, where evidence is looked for
    helpers: Mapping[str, Helper] = field(default_factory=dict)
    leaving: bool = False  # once what was answered is saved

    def run(self, asked: Sequence[Question], save: Save) -> int:
        """Ask all questions; how many were answered. Leaves quietly on `q`, end of input or Ctrl-C."""
        answered, done = 0, set[str]()
        self.say(
            f"{len(asked)} {'question' if len(asked) == 1 else 'questions'}. Each answer is saved at once."
            " Enter skips, ? explains, q ends."
        )
        try:
            for number, question in enumerate(asked, 1):
                if question.check in done:
                    continue
                self._show(question, number, len(asked))
                answer = self._ask(question)
                if isinstance(answer, str):
                    helper = self.helpers[answer]
                    together = {check for check, one in self.helpers.items() if one is helper}
                    done |= together
                    answered += helper() * sum(one.check in together for one in asked)
                elif answer:
                    save(question.check, answer)
                    answered += 1
                    self.say(f"saved: {question.check} {answer['answer'].replace('_', ' ')}", 2)
                elif answer is not None:
                    self.say(f"not saved: {question.check} stays as it was", 2)
                if self.leaving:
                    raise Left
        except (Left, EOFError, KeyboardInterrupt):
            self.say()
        return answered

    def _show(self, question: Question, number: int, total: int) -> None:
        self.say()
        self.say(f"{number} of {total}  {question.check}  {question.severity}")
        self.say(f"{question.title}.", 2)
        self.say(f"Question: {question.text}", 2)
        if question.found:
            self.say(f"Found so far: {question.found}", 2)
        if question.state != "open":
            given = question.answer
            self.say(
                f"{_STATE[question.state]}: {given.get('answer', '')} by {given.get('owner') or 'nobody named'}", 2
            )

    def _ask(self, question: Question) -> dict[str, Any] | str | None:
        """The answer, the check whose helper is to work it out, or nothing; an empty one where it was taken back.

        To a question for words, words are the answer; whether what should hold does hold by them is then asked."""
        helps, is_open, words = question.check in self.helpers, _OPEN.match(question.text) is not None, ""
        steps = ", or t: work it out step by step" if helps else ""
        while True:
            label = (
                "Your answer in words, or only yes, partly, no, n/a"
                if is_open
                else "Does that hold? yes, partly, no, n/a"
            )
            typed = self.prompt("By that, does it hold? yes, partly, no, n/a" if words else f"{label}{steps}")
            said = typed.lower()
            if not said:
                return None
            if said == "t" and helps:
                return question.check
            if said == "?":
                self.say(question.why, 2)
                self.say(f"What settles it: {question.settles}" if question.settles else "", 2)
                continue
            answer = _SHORT.get(said, said.replace(" ", "_"))
            if answer in ANSWERS:
                return self._details(answer, question.check, words)
            if is_open and not words:
                words = typed
                self.say(f"What should hold: {question.title}.", 2)
                continue
            self.say("please answer yes, partly, no or n/a (or y, p, n); Enter skips", 2)

    def _details(self, answer: str, check: str, words: str = "") -> dict[str, Any]:
        """Who answers, on what, since when and until when. A "no" needs none of it; a "n/a" needs its reason.

        `words`: the answer in words, which becomes the note."""
        if answer == "no":
            return checked({"answer": answer, "owner": self._owner(), "reviewed": self.today, "note": words})
        if answer == "not_applicable":
            return checked(
                {
                    "answer": answer,
                    "owner": self._owner(),
                    "note": words or self.needed("Why does it not apply"),
                    "reviewed": self.today,
                }
            )
        owner = self._owner()
        evidence = self._evidence()
        if not self._stands(answer, owner, evidence):
            return {}
        reviewed = self._day("Reviewed on", self.today)
        review_by = self._day("Review again by", default_review(reviewed, check))
        note = words or self._note()
        return checked(
            {
                "answer": answer,
                "owner": owner,
                "evidence": evidence,
                "reviewed": reviewed,
                "review_by": review_by,
                "note": note,
            }
        )

    def _stands(self, answer: str, owner: str, evidence: str) -> bool:
        """Whether an answer is to be saved: at once where somebody answers for it with evidence, else where the person
        says so after reading what comes of it."""
        lacks = [what for what, there in (("an owner", owner), ("evidence", self._is_there(evidence))) if not there]
        if not lacks:
            return True
        self.say(
            f"An answer without {' and without '.join(lacks)} that can be found does not count in full, and a check"
            " that rests on people can fail by it. Left open, it stays unknown.",
            2,
        )
        return self.prompt("Save it all the same? yes, or Enter to leave the question open").lower() in ("y", "yes")

    def _is_there(self, evidence: str) -> bool:
        path = evidence.partition("#")[0]
        return bool(path) and ("://" in path or self.root is None or (self.root / path).exists())

    def _note(self) -> str:
        """The last thing asked: who leaves here has answered, and that is saved."""
        try:
            return self.prompt("Note")
        except (Left, EOFError, KeyboardInterrupt):
            self.leaving = True
            return ""

    def _owner(self) -> str:
        offered = f" [{self.owner}]" if self.owner else ""
        while (said := self.prompt(f"Who answers for it{offered}")) == "?":
            self.say("a person or a role that can be asked, such as: Jane Miller, head of support", 2)
        self.owner = said or self.owner
        return self.owner

    def _evidence(self) -> str:
        """A path or a link; a path that is not there is asked again once, for it would not count."""
        given = self.prompt("Evidence: a path in the project, or a link")
        if given and not self._is_there(given):
            self.say("that is no file of the project, and evidence that is not there does not count", 2)
            return self.prompt(f"Evidence [{given}]") or given
        return given

    def _day(self, label: str, offered: dt.date) -> dt.date:
        while True:
            said = self.prompt(f"{label} [{offered.isoformat()}]")
            if not said:
                return offered
            try:
                return dt.date.fromisoformat(said)
            except ValueError:
                self.say("a day such as 2027-01-31, please", 2)
