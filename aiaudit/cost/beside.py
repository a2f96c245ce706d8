"""What is paid beside serving: training, storage, egress and other services."""

from __future__ import annotations

from aiaudit.capacity.schedule import runs_a_month
from aiaudit.cost.draft import Draft
from aiaudit.cost.inputs import Position, Storage, Training
from aiaudit.cost.money import decimal
from aiaudit.cost.price import Price
from aiaudit.cost.prices import shipped_price
from aiaudit.cost.replicas import hour_price
from aiaudit.project.workload import TrainingPart


def training_of(draft: Draft) -> list[Training]:
    """The declared runs of training; one whose hours, price or rhythm is not known is missing."""
    found = []
    for number, run in enumerate(draft.part.training):
        name = f"training, {run.method}"
        if run.gpu_hours is None:
            draft.lacks("training", name, f"workload.training[{number}].gpu_hours")
            continue
        gpu = run.gpu or draft.part.hardware.gpu
        price = _run_price(draft, run, gpu)
        if price is None:
            draft.lacks("training", name, f"workload.training[{number}].price_per_hour, price_source and price_date")
            continue
        runs = runs_a_month(run.every)
        if runs is None:
            if run.every:
                draft.lacks("training", name, f"workload.training[{number}].every as 30d, 2w or monthly")
                continue
            runs = draft.assumed.number("training.runs_a_month", None)
        spot = draft.book.gpu_hour(gpu, "spot") if gpu else None
        found.append(Training(name, run.method, run.gpu_hours, runs, price, spot))
    return found


def _run_price(draft: Draft, run: TrainingPart, gpu: str) -> Price | None:
    if run.price_per_hour is not None:
        return Price(decimal(run.price_per_hour), run.price_source or "workload.training", run.price_date)
    return hour_price(draft, gpu, "on-demand")


def storage_of(draft: Draft) -> Storage | None:
    """The declared storage, where its price is known."""
    part = draft.part.storage
    if part.gb is None and part.gb_added_month is None:
        return None
    if part.price_gb_month is not None:
        source = part.price_source or "workload.storage.price_gb_month"
        price: Price | None = Price(decimal(part.price_gb_month), source, part.price_date)
    else:
        price = draft.used("prices.storage_gb_month", _of_book(draft, "storage_gb_month"))
    if price is None:
        draft.lacks("storage", "storage", "workload.storage.price_gb_month and price_date")
        return None
    return Storage(part.gb or 0.0, part.gb_added_month or 0.0, part.retention_months, price)


def _of_book(draft: Draft, name: str) -> Price | None:
    given = draft.book.storage if name == "storage_gb_month" else draft.book.egress
    if given is not None or not draft.book.shipped or draft.book.currency != "USD":
        return given
    return shipped_price("storage_gb_month" if name == "storage_gb_month" else "egress_gb")


def positions_of(draft: Draft) -> list[Position]:
    """Egress and other services, where their amounts and prices are known."""
    found = []
    egress = draft.part.egress
    if egress.gb_month is not None:
        if egress.price_gb is not None:
            source = egress.price_source or "workload.egress.price_gb"
            price: Price | None = Price(decimal(egress.price_gb), source, egress.price_date)
        else:
            price = draft.used("prices.egress_gb", _of_book(draft, "egress_gb"))
        if price is None:
            draft.lacks("egress", "egress", "workload.egress.price_gb and price_date")
        else:
            found.append(Position("egress", "egress", egress.gb_month, "GB", True, price))
    for number, one in enumerate(draft.part.services):
        if one.unit_price is None or one.quantity is None:
            draft.lacks(one.kind, one.name, f"workload.services[{number}].quantity and unit_price")
            continue
        price = Price(decimal(one.unit_price), one.price_source or one.name, one.price_date)
        found.append(Position(one.kind, one.name, one.quantity, one.unit, one.grows, price))
    return found
