"""Word lists as they read best: `word_set("pytest tox", "nox")` is the set of the three."""

from __future__ import annotations


def word_set(*lines: str) -> frozenset[str]:
    """The words of all lines."""
    return frozenset(" ".join(lines).split())
