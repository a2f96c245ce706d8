"""In which cell of a notebook a finding stands: its line says nothing to who reads the notebook."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, Final

from aiaudit.model.fact import Fact, State

FACT: Final = "code.notebook_cells"
NOTEBOOK: Final = ".ipynb"


class Cells:
    """The cells of the notebooks of an audit, by the fact that knows where each begins."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        fact = facts.get(FACT)
        rows = fact.value if fact is not None and fact.state is State.KNOWN else []
        self._begins: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            path, line, cell = (
                map(row.get, ("path", "line", "cell")) if isinstance(row, Mapping) else (None, None, None)
            )
            if isinstance(path, str) and isinstance(line, int) and isinstance(cell, int):
                self._begins.setdefault(path, []).append((line, cell))
        for begins in self._begins.values():
            begins.sort()

    def of(self, element: Any, path: str | None, line: int | None) -> int | None:
        """The cell that the element names, or in which the line lies; None where neither tells it."""
        if path is None or not path.endswith(NOTEBOOK):
            return None
        own = element.get("cell") if isinstance(element, Mapping) else None
        if isinstance(own, int) and not isinstance(own, bool):
            return own if own > 0 else None
        begins = self._begins.get(path, [])
        if line is None or len({start for start, _ in begins}) < 2:  # all cells are on one line, or there is one
            return None
        at = bisect_right(begins, (line, 10**9))
        return begins[at - 1][1] if at else None
