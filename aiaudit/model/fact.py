"""Facts: what was found, where, how, and how sure. A fact never judges."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

NOT_FOLLOWED: Final = "whose calls are not followed"
"""How the reason ends that code is in a language which is not read."""
PART_FAILED: Final = "a part of the scanner failed"
"""How the reason begins that one of the extractors broke on a file."""


class State(StrEnum):
    """`absent`: the whole scope was read and it is not there. `unknown`: could not look. They are never the same."""

    KNOWN = "known"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    ERROR = "error"


class Level(StrEnum):
    """Evidence levels; comparable as strings ("E1" < "E3")."""

    CLAIM = "E0"
    EXISTS = "E1"  # a file or dependency exists, or an attestation with owner, evidence and date
    CONTENT = "E2"  # its content was judged
    WIRED = "E3"  # reachable from CI or a production entry point, and it blocks or alerts where that is its purpose
    RESULT = "E4"  # a dated result of running it is there
    MEASURED = "E5"  # measured by aiaudit itself


class Confidence(StrEnum):
    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


SURENESS: Final = (Confidence.WEAK, Confidence.MEDIUM, Confidence.STRONG)
"""From the least sure to the surest."""


class Evidence(Struct, frozen=True):
    """A place (`path` relative to the project root, `/`-separated; 1-based `line`) and what stands there."""

    path: str | None = None
    line: int | None = None
    note: str = ""


class Scope(Struct, frozen=True):
    """How many files a query had to look at, and how many it could read; `unread` names at most ten others."""

    files: int = 0
    read: int = 0
    unread: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """At least 95 % of the scope was read, and the scope is not empty."""
        return self.files > 0 and self.read >= 0.95 * self.files


class Fact(Struct, frozen=True, omit_defaults=True):
    """One answer to one query.

    `value` is plain JSON, in which single places may be `Unknown`. `reason` says why the state is unknown or error.
    `beyond` says why there may be more than the value tells: code that this fact does not read. A rule takes the value
    for what was seen, and never the lack of something for its absence.
    """

    id: str
    state: State
    value: Any = None
    level: Level = Level.CLAIM
    method: str = ""
    confidence: Confidence = Confidence.STRONG
    evidence: tuple[Evidence, ...] = field(default=())
    scope: Scope | None = None
    reason: str = ""
    beyond: str = ""
