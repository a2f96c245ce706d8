"""Talking on two streams: prompts, lines, and leaving. Plain text, so it works in any terminal and in a pipe."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Sequence
from typing import TextIO

from msgspec import Struct

from aiaudit.reports.text import spelled


class Left(Exception):  # noqa: N818
    """The person left; what was answered is saved."""


class Terminal(Struct):
    """Two streams, the day that counts as today, and how many characters a line has."""

    read: TextIO
    write: TextIO
    today: dt.date
    width: int = 80

    def say(self, text: str = "", indent: int = 0) -> None:
        """Text in lines of the terminal's width, with nothing in it that a terminal would obey."""
        for line in textwrap.wrap(spelled(text), max(self.width - indent, 20), break_on_hyphens=False) or [""]:
            self.write.write(" " * indent * bool(line) + line + "\n")

    def prompt(self, label: str) -> str:
        """What is typed after the label. Raises `Left` on q, `EOFError` at the end of input."""
        self.write.write(f"  {label}: ")
        self.write.flush()
        line = self.read.readline()
        if not line:
            raise EOFError
        said = line.strip()
        if said.lower() in ("q", "quit"):
            raise Left
        return said

    def needed(self, label: str) -> str:
        """An answer that is not empty."""
        while not (said := self.prompt(label)):
            self.say("an answer is needed here; q ends the interview", 2)
        return said

    def choose(self, label: str, choices: Sequence[str]) -> str:
        """One of the choices, by its word or first letter."""
        while True:
            said = self.prompt(label).lower()
            found = next((one for one in choices if said and one.startswith(said)), None)
            if found:
                return found
            self.say(f"please answer {' or '.join(choices)}", 2)
