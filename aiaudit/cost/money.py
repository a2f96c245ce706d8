"""Money: exact decimals, rounded only where they are shown."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal(0)


def decimal(value: float | int | str | Decimal) -> Decimal:
    """The number as it was written: 0.1 is a tenth."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, halves up, as bills are."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def shown(amount: Decimal | float, currency: str = "") -> str:
    """Such as `USD 1,234.50`; what is less than a cent keeps three digits."""
    exact = decimal(amount)
    small = ZERO < abs(exact) < CENT
    text = f"{exact:.3g}" if small else f"{cents(exact):,}"
    return f"{currency} {text}".strip()


def quantity(value: Decimal) -> str:
    """A quantity with at most six digits that count, and no zeros that do not."""
    text = f"{value:,.0f}" if abs(value) >= 100_000 else f"{value:,.6g}"
    return text if "e" not in text.lower() else f"{value:f}"
