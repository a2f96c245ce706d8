"""How a sentence begins."""

from __future__ import annotations

from typing import Final

from aiaudit import lazy

_NAME: Final = lazy.regex(r"[^\s]*[\w)][./_(][\w)]")  # of a file or a function: it keeps its letters


def begun(text: str) -> str:
    """A sentence with a capital at its beginning, but for one that begins with a name: `main.py is not there`."""
    return text if _NAME.match(text) else text[:1].upper() + text[1:]
