"""Mistakes in a pack or in overrides of it: each one line with its place and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from msgspec import Struct

from aiaudit.model.check import Place


class Problem(Struct, frozen=True):
    """One mistake. `place` is None where only the file as a whole is meant."""

    place: Place | None
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class PackError(Exception):
    """A pack that cannot be used. It carries every mistake found, in the order of their places."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=_by_place))
        super().__init__("\n".join(map(str, self.problems)))


def _by_place(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.place
    return (place.file, place.line, place.column, problem.message) if place else ("", 0, 0, problem.message)


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest of the choices, or nothing where none is near."""
    near = difflib.get_close_matches(word, sorted(set(choices)), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
