"""What the cost takes where the workload is silent. A default is used through `take` alone, which lists it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiaudit.capacity.assumptions import Assumption, Assumptions, Value

DEFAULTS: Final[Mapping[str, tuple[Value, str]]] = {
    "api.batch_share": (0.0, "nothing goes through the batch interface"),
    "api.cache_read_share": (0.0, "no token is read from the provider's cache"),
    "api.cache_write_share": (0.0, "no token is written to the provider's cache"),
    "api.retry_rate": (0.02, "of the calls are made and paid twice"),
    "api.calls_per_request": (1.0, "one model call answers a request"),
    "api.tool_tokens": (0.0, "no tool definitions in the prompt"),
    "hardware.pricing": ("on-demand", "hours are bought without a commitment"),
    "hardware.discount": (0.0, "off the list price"),
    "hardware.autoscale": (False, "replicas for the peak run all the time"),
    "training.runs_a_month": (1.0, "a recurring run without `every`"),
    "uncertainty.load": (0.2, "relative standard deviation of a month's load"),
    "uncertainty.tokens": (0.1, "relative standard deviation of tokens a request"),
    "budget.gate": ("p90", "nine of ten projected months fit the budget"),
    "energy.pue": (1.3, "kilowatt-hours bought for each that computes"),
    "energy.load_share": (0.7, "of a GPU's board power while it is paid for"),
}


class CostAssumptions(Assumptions):
    """The defaults of cost, and those of capacity on which they rest."""

    def take(self, key: str, given: Value | None) -> Value:
        """What is given; else the default, which is then listed. Raises `KeyError` for a key without a default."""
        if key not in DEFAULTS or (given is not None and given != ""):
            return super().take(key, given)
        value, why = DEFAULTS[key]
        self.used.setdefault(key, Assumption(key, value, why))
        return value
