"""How optional parts are installed. aiaudit is on no package index: a name there would be somebody else's."""

from __future__ import annotations


def install(extra: str) -> str:
    """The command that installs an extra, and where it is run."""
    return f"pip install '.[{extra}]' in the checkout of aiaudit"
