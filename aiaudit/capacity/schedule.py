"""How often a recurring run happens."""

from __future__ import annotations

from typing import Final

from aiaudit import lazy

HOURS_A_MONTH: Final = 730
_EVERY: Final = lazy.regex(r"(?:every )?(\d+(?:\.\d+)?)? ?(h|hours?|d|days?|w|weeks?|m|months?|q|quarters?|y|years?)")
_HOURS: Final = {"h": 1.0, "d": 24.0, "w": 168.0, "m": HOURS_A_MONTH, "q": 3.0 * HOURS_A_MONTH, "y": 8760.0}
_WORDS: Final = {
    "hourly": "1h", "daily": "1d", "nightly": "1d", "weekly": "1w", "monthly": "1m", "quarterly": "1q", "yearly": "1y",
}  # fmt: skip


def runs_a_month(every: str) -> float | None:
    """Runs in a month of 730 hours: `30d`, `2 weeks`, `monthly`. None where the text does not say; 0 for `never`."""
    text = every.strip().lower()
    if text in ("never", "once", "on demand", "on drift"):
        return 0.0
    found = _EVERY.fullmatch(_WORDS.get(text, text))
    if not found or not float(found[1] or 1):
        return None
    return HOURS_A_MONTH / (float(found[1] or 1) * _HOURS[found[2][0]])
