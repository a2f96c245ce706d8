"""The interview on a terminal: one question at a time, saved after each answer, left at any time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TextIO

from aiaudit.interview.answers import ANSWERS, checked, default_review
from aiaudit.interview.questions import Question

_SHORT: Final = {"y": "yes", "p": "partly", "n": "no", "na": "not_applicable", "n/a": "not_applicable"}
_STATE: Final = {
    "open": "not answered yet",
    "stale": "answered, but the answer no longer counts",
    "answered": "answered",
}

Save = Callable[[str, dict[str, Any]], None]


class Left(Exception):  # noqa: N818
    """The person left the interview; what was answered is saved."""


@dataclass(slots=True)
class Session:
    """Asks questions on two streams. `owner` is offered again: one person often answers several."""

    read: TextIO
    write: TextIO
    today: dt.date
    width: int = 80
    owner: str = ""

    def run(self, asked: Sequence[Question], save: Save) -> int:
        """Ask all questions; how many were answered. Leaves quietly on `q`, end of input or Ctrl-C."""
        answered = 0
        self._say(
            f"{len(asked)} {'question' if len(asked) == 1 else 'questions'}. Each answer is saved at once."
            " Enter skips, ? explains, q ends."
        )
        try:
            for number, question in enumerate(asked, 1):
                self._show(question, number, len(asked))
                answer = self._ask(question)
                if answer is not None:
                    save(question.check, answer)
                    answered += 1
                    self._say(f"  saved: {question.check} {answer['answer'].replace('_', ' ')}")
        except (Left, EOFError, KeyboardInterrupt):
            self._say("")
        return answered

    def _show(self, question: Question, number: int, total: int) -> None:
        self._say(f"\n{number} of {total}  {question.check}  {question.severity}  {question.title}")
        for line in _wrapped(question.text, self.width - 2):
            self._say(f"  {line}")
        for line in _wrapped(f"Found: {question.found}", self.width - 2):
            self._say(f"  {line}")
        if question.state != "open":
            given = question.answer
            self._say(
                f"  {_STATE[question.state]}: {given.get('answer', '')} by {given.get('owner') or 'nobody named'}"
            )

    def _ask(self, question: Question) -> dict[str, Any] | None:
        while True:
            said = self._prompt("yes, partly, no, n/a").lower()
            if not said:
                return None
            if said == "?":
                for line in _wrapped(question.why, self.width - 2):
                    self._say(f"  {line}")
                continue
            answer = _SHORT.get(said, said.replace(" ", "_"))
            if answer in ANSWERS:
                return self._details(answer)
            self._say("  please answer yes, partly, no or n/a (or y, p, n); Enter skips")

    def _details(self, answer: str) -> dict[str, Any]:
        """Who answers, on what, since when and until when. A "no" needs none of it; a "n/a" needs its reason."""
        if answer == "no":
            return checked({"answer": answer, "owner": self._owner(), "reviewed": self.today})
        if answer == "not_applicable":
            return checked(
                {
                    "answer": answer,
                    "owner": self._owner(),
                    "note": self._needed("Why does it not apply"),
                    "reviewed": self.today,
                }
            )
        owner = self._owner()
        evidence = self._prompt("Evidence: a path in the project, or a link")
        reviewed = self._day("Reviewed on", self.today)
        review_by = self._day("Review again by", default_review(reviewed))
        note = self._prompt("Note")
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

    def _owner(self) -> str:
        offered = f" [{self.owner}]" if self.owner else ""
        self.owner = self._prompt(f"Who answers for it{offered}") or self.owner
        return self.owner

    def _day(self, label: str, offered: dt.date) -> dt.date:
        while True:
            said = self._prompt(f"{label} [{offered.isoformat()}]")
            if not said:
                return offered
            try:
                return dt.date.fromisoformat(said)
            except ValueError:
                self._say("  a day such as 2027-01-31, please")

    def _needed(self, label: str) -> str:
        while not (said := self._prompt(label)):
            self._say("  an answer is needed here; q ends the interview")
        return said

    def _prompt(self, label: str) -> str:
        self.write.write(f"  {label}: ")
        self.write.flush()
        line = self.read.readline()
        if not line:
            raise EOFError
        said = line.strip()
        if said.lower() in ("q", "quit"):
            raise Left
        return said

    def _say(self, text: str) -> None:
        self.write.write(text + "\n")


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(width, 20)) or [""]
