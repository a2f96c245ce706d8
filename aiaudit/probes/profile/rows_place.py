"""What the records of all kinds share: where they stand, and how figures are rounded."""

from __future__ import annotations

from typing import Any, Final

from aiaudit.model.types import INT, STRING

NO_FIGURE: Final = -1  # where nothing is declared or measured
PLACE: Final = {"path": STRING, "line": INT, "set": STRING}
DIGITS: Final = 4  # of figures that findings show
FEW_COLUMNS: Final = 4  # rows that agree in fewer varying columns agree by chance


def either(value: Any, instead: Any) -> Any:
    """The value, or what stands for one that was not measured."""
    return instead if value is None else value
