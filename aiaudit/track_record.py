"""How often the verdicts of a check were right where people held them against the source, on other projects.

`tables/track_record.json` is made by `benchmarks/drawn.py --record` from the readings that are kept there. They are of
projects that were drawn by lot, each as it first came: what was mended since, with a project in view, does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from aiaudit.resources import path_of

TABLE: Final = "track_record.json"
FEW: Final = 5  # fewer verdicts than these say nothing of a share


class Read(Struct, frozen=True, array_like=True):
    """Verdicts of one check and one status: how many were read, of how many the status was right, and of how many the
    sentence and the places were too."""

    read: int
    right: int
    in_full: int


class Table(Struct, frozen=True):
    """`checks`: id → status → what was read. `until`: the day of the last reading. `projects`: how many were read."""

    until: str
    projects: int
    checks: Mapping[str, Mapping[str, Read]]


def table() -> Table:
    """The table that ships.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    return _read(path_of("tables") / TABLE)


@cache
def _read(file: Path) -> Table:
    return msgspec.json.decode(file.read_bytes(), type=Table)


def overall(status: str) -> Read:
    """What was read of all checks where they ended in this status."""
    every = [of[status] for of in table().checks.values() if status in of]
    return Read(sum(one.read for one in every), sum(one.right for one in every), sum(one.in_full for one in every))


def records(check: str) -> Mapping[str, Read]:
    """What was read of a check, by status; empty of one that nobody read, and of one that did not ship."""
    return table().checks.get(check, {})


def record(check: str, status: str) -> Read | None:
    """What was read of a check where it ended in this status."""
    return records(check).get(status)
