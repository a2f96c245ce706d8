"""Places of which one sentence is said: the sentence once, with all of them beside it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from aiaudit.reports.record import Record
from aiaudit.reports.strings import say


class Place(Struct, frozen=True):
    """Where a finding or a piece of evidence stands, and what is said of it. `copies`: where it stands again, in copies
    of the same file. `cell`: of a notebook, and told in place of its line."""

    path: str
    line: int
    note: str = ""
    measured: str = ""
    confidence: str = ""
    copies: tuple[str, ...] = ()
    cell: int = 0

    @property
    def text(self) -> str:
        if self.cell:
            return say("place.in_cell", path=self.path, cell=str(self.cell))
        return f"{self.path}:{self.line}" if self.line and not self.whole_notebook else self.path

    @property
    def whole_notebook(self) -> bool:
        """The first line of a notebook is its opening brace or, as Colab writes it, all of it: no place in it."""
        return self.line == 1 and self.path.endswith(".ipynb")


class Spot(Struct, frozen=True):
    """A place as it is printed in a row of them, such as "app.py:12", what was measured there, and its copies."""

    text: str
    measured: str = ""
    copies: tuple[str, ...] = ()


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


def folded(findings: Sequence[Record]) -> list[tuple[Record, tuple[str, ...]]]:
    """The findings without those in copies of a file, each with where it stands again: the copy, and the line where
    that is another one."""
    first: dict[str, int] = {}
    kept: list[tuple[Record, list[str]]] = []
    for finding in findings:
        place = Place(finding.text("path"), finding.whole("line"), cell=finding.whole("cell"))
        at = first.get(finding.text("copy_of"))
        if at is not None:
            kept[at][1].append(place.path if place.line == kept[at][0].whole("line") else place.text)
            continue
        if place.path:
            first.setdefault(f"{place.path}:{place.line}" if place.line else place.path, len(kept))
        kept.append((finding, []))
    return [(finding, tuple(dict.fromkeys(copies))) for finding, copies in kept]


def gathered(places: Sequence[Place], most: int | None = None) -> tuple[Alike, ...]:
    """The places in groups of one sentence, in the order of their first; `most`: places of one group that are printed.

    After the first place of a file, further ones of it are their line alone.
    """
    groups: dict[tuple[str, ...], list[Place]] = {}
    for position, place in enumerate(places):
        said = (place.note, place.confidence) if place.note and place.path else (str(position),)
        groups.setdefault(said, []).append(place)
    return tuple(_alike(_by_file(group), most) for group in groups.values())


def _by_file(group: Sequence[Place]) -> list[Place]:
    """The places of one sentence file by file, those of a file by their lines."""
    files = list(dict.fromkeys(place.path for place in group))
    return sorted(group, key=lambda place: (files.index(place.path), place.line, place.cell))


def _alike(group: Sequence[Place], most: int | None) -> Alike:
    one = len({place.measured for place in group}) == 1
    spots: list[Spot] = []
    before, printed = "", group[:most]
    for position, place in enumerate(printed):
        if position and _said(place) == _said(printed[position - 1]):
            continue
        if place.path:
            beside = place.path == before and (place.cell or (place.line and not place.whole_notebook))
            alone = say("place.cell", cell=str(place.cell)) if place.cell else str(place.line)
            text = alone if beside else place.text
            after = printed[position + 1] if position + 1 < len(printed) else None
            again = after is not None and (after.path, after.copies) == (place.path, place.copies)
            spots.append(Spot(text, "" if one else place.measured, () if again else place.copies))
        before = place.path
    measured = group[0].measured if one else ""
    more = len(group) - len(printed)
    return Alike(group[0].note, group[0].confidence, tuple(spots), measured, len(printed), more)


def _said(place: Place) -> tuple[str, int, int, str]:
    return place.path, place.line, place.cell, place.measured
