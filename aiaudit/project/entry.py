"""What the walk saw: one record for each file, link or special file, and what was skipped and why."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from msgspec import Struct

from aiaudit.project.roles import Role

Kind = Literal["file", "symlink", "special"]

STORE: Final = "version control store, not walked"
PACKAGES: Final = "installed packages, not read"
CACHE: Final = "cache or build output, not read"
VENV: Final = "virtual environment, not read"
MISSING: Final = "git tracks it, and it is not in the working tree"
OUTPUT: Final = "a table that aiaudit wrote"
NO_COLUMN: Final = "declared, but it has no column"  # of data
NOT_HERE: Final = "declared, but the file is not here"  # of data
_NOT_OWN: Final = frozenset({STORE, PACKAGES, CACHE, VENV, OUTPUT})


class Skipped(NamedTuple):
    """What was not looked at, and why. `path` may be a pattern (`**/__pycache__`) that stands for many."""

    path: str
    reason: str


def not_own(reason: str) -> bool:
    """Whether something was left out because it is not the project's own work, which is no gap in what was seen."""
    return reason.rpartition(": ")[2] in _NOT_OWN


class Entry(Struct, frozen=True, gc=False):
    """One file, link or special file of the tree.

    `path` is relative to the root and `/`-separated; bytes that are not UTF-8 are surrogates (PEP 383), so use
    `display` in anything that is printed or saved. `size` in bytes. `ignored`: a `.gitignore` of the tree matches it,
    and git does not track it.
    `target`: of a link, the path of the regular file of this tree that it stands for; empty for any other link. The
    size of such a link is its target's.
    """

    path: str
    size: int
    kind: Kind = "file"
    ignored: bool = False
    role: Role = Role.OTHER
    suffix: str = ""
    sparse: bool = False
    target: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def display(self) -> str:
        """The path with control, bidirectional and undecodable characters escaped: safe to print and to save."""
        return display(self.path)


def display(text: str) -> str:
    """`text` with every character that is not printable written as an escape (`\\x1b`, `\\u202e`, `\\xff`)."""
    if text.isprintable():
        return text
    out: list[str] = []
    for char in text:
        if char.isprintable():
            out.append(char)
        elif 0xDC80 <= ord(char) <= 0xDCFF:
            out.append(f"\\x{ord(char) - 0xDC00:02x}")
        else:
            out.append(char.encode("unicode_escape", "backslashreplace").decode("ascii"))
    return "".join(out)
