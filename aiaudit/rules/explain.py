"""Why an expression came out as it did: the first element or operand that decided, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiaudit.rules.values import Budget

if TYPE_CHECKING:
    from aiaudit.rules.language import Expression


def trace(expr: Expression, values: Mapping[str, Any], budget: Budget) -> tuple[str, ...]:
    return ()
