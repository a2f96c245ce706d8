"""What a cost is put together from, and what is found to be missing or assumed on the way."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from msgspec import Struct, field

from aiaudit.cost.assumptions import CostAssumptions
from aiaudit.cost.inputs import Missing
from aiaudit.cost.price import Price
from aiaudit.cost.prices import PriceBook
from aiaudit.project.workload import WorkloadPart

if TYPE_CHECKING:
    from aiaudit.capacity.plan import Plan


class Draft(Struct):
    """A workload on its way to `Inputs`."""

    part: WorkloadPart
    plan: Plan | None
    book: PriceBook
    as_of: dt.date
    assumed: CostAssumptions = field(default_factory=CostAssumptions)
    other: CostAssumptions = field(default_factory=CostAssumptions)  # of the way that is not taken
    missing: list[Missing] = field(default_factory=list)

    def lacks(self, key: str, text: str, add: str) -> None:
        self.missing.append(Missing(key, text, add))

    def used(self, key: str, price: Price | None, assumed: CostAssumptions | None = None) -> Price | None:
        """A price that is taken; one of the illustrative table is listed."""
        if price is not None and price.illustrative:
            band = f", between {price.low} and {price.high}" if price.low is not None else ""
            note = f"illustrative, {price.source}, {price.date}{band}"
            (assumed or self.assumed).note(key, float(price.amount), note)
        return price
