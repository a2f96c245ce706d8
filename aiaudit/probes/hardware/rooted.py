"""Reading the kernel's small text files below a root, so that tests can give a tree of their own."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from aiaudit.model.types import Unknown

_MOST = 4 << 20  # /proc/cpuinfo of a machine with 512 threads is about 1 MB


class Rooted(Struct, frozen=True):
    """A file system root: "/" for this machine, a folder in tests."""

    root: Path

    @property
    def real(self) -> bool:
        return self.root == Path("/")

    def at(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def text(self, path: str) -> str | None:
        """The file's text; None where it is missing, unreadable or has no meaning here."""
        try:
            with self.at(path).open("rb") as file:
                return file.read(_MOST).decode("utf-8", "replace")
        except OSError:
            return None

    def word(self, path: str) -> str | None:
        """The file's text without surrounding blanks; None where it is missing."""
        text = self.text(path)
        return None if text is None else text.strip()

    def number(self, path: str) -> int | None:
        """The whole number that the file holds; None where it is missing or holds something else."""
        text = self.word(path)
        try:
            return None if text is None else int(text)
        except ValueError:
            return None

    def names(self, path: str) -> list[str]:
        """The sorted names in a folder; none where it is missing."""
        try:
            return sorted(entry.name for entry in self.at(path).iterdir())
        except OSError:
            return []

    def exists(self, path: str) -> bool:
        try:
            return self.at(path).exists()
        except OSError:
            return False


def missing(path: str) -> Unknown:
    """The reason that a value is unknown because a kernel file is not there."""
    return Unknown(f"{path} is not readable")


def count_list(text: str) -> int | None:
    """How many items a kernel list such as `0-3,8,10-11` names; None where it is not such a list."""
    total = 0
    for part in text.strip().split(","):
        if not part:
            continue
        low, _, high = part.partition("-")
        try:
            first, last = int(low), int(high or low)
        except ValueError:
            return None
        if last < first:
            return None
        total += last - first + 1
    return total
