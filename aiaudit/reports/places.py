"""Places of which one sentence is said: the sentence once, with all of them beside it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class Place(Struct, frozen=True):
    """Where a finding or a piece of evidence stands, and what is said of it."""

    path: str
    line: int
    note: str = ""
    measured: str = ""
    confidence: str = ""

    @property
    def text(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


class Spot(Struct, frozen=True):
    """A place as it is printed in a row of them, such as "app.py:12", and what was measured there."""

    text: str
    measured: str = ""


class Alike(Struct, frozen=True):
    """What is said, and of which places. `shown`: those printed, equal ones each; `more`: those that are not."""

    note: str
    confidence: str
    spots: tuple[Spot, ...]
    measured: str = ""
    shown: int = 1
    more: int = 0

    @property
    def count(self) -> int:
        """The places that it stands for."""
        return self.shown + self.more


def gathered(places: Sequence[Place], most: int | None = None) -> tuple[Alike, ...]:
    """The places in groups of one sentence, in the order of their first; `most`: places of one group that are printed.

    After the first place of a file, further ones of it are their line alone.
    """
    groups: dict[tuple[str, ...], list[Place]] = {}
    for position, place in enumerate(places):
        said = (place.note, place.confidence) if place.note and place.path else (str(position),)
        groups.setdefault(said, []).append(place)
    return tuple(_alike(group, most) for group in groups.values())


def _alike(group: Sequence[Place], most: int | None) -> Alike:
    one = len({place.measured for place in group}) == 1
    spots: list[Spot] = []
    before, printed = "", group[:most]
    for position, place in enumerate(printed):
        if position and _said(place) == _said(printed[position - 1]):
            continue
        if place.path:
            text = str(place.line) if place.line and place.path == before else place.text
            spots.append(Spot(text, "" if one else place.measured))
        before = place.path
    measured = group[0].measured if one else ""
    more = len(group) - len(printed)
    return Alike(group[0].note, group[0].confidence, tuple(spots), measured, len(printed), more)


def _said(place: Place) -> tuple[str, int, str]:
    return place.path, place.line, place.measured
