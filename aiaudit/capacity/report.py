"""A plan as plain JSON: the section `capacity` of the result, and `aiaudit plan --json`. Bytes, seconds, shares."""

from __future__ import annotations

import math
from typing import Any

from aiaudit.capacity.fixes import Fix
from aiaudit.capacity.plan import Plan
from aiaudit.capacity.setup import Setup
from aiaudit.capacity.terms import Sum, Term
from aiaudit.model.records import as_dict


def to_json(plan: Plan) -> dict[str, Any]:
    """All of it; what is not known is null, and `problems` says why."""
    return {
        "name": plan.workload.name,
        "verdict": plan.verdict,
        "problems": list(plan.problems),
        "model": _model(plan),
        "setup": _setup(plan.setup) if plan.setup else None,
        "load": _load(plan),
        "memory": _memory(plan),
        "carries": _carries(plan),
        "speed": _speed(plan),
        "growth": [_finite(as_dict(one)) for one in plan.runways],
        "ten_times": _finite(as_dict(plan.ten_times)) if plan.ten_times else None,
        "fixes_searched": plan.searched,
        "fixes": [_fix(one) for one in plan.fixes],
        "training": [
            {
                "name": one.name, "verdict": one.verdict, "reason": one.reason, "band": one.band,
                "bytes": one.terms.expected, "visible": one.visible, "terms": _terms(one.terms),
                "fixes": list(one.fixes),
            }
            for one in plan.training
        ],
        "indexes": [
            {
                "kind": one.kind, "verdict": one.verdict, "reason": one.reason,
                "term": _term(one.term) if one.term else None,
            }
            for one in plan.indexes
        ],
        "findings": [as_dict(one) for one in plan.findings],
        "assumptions": list(plan.assumptions),
        "calibrated": plan.calibration is not None,
        "measured": _measured(plan),
    }  # fmt: skip


def _model(plan: Plan) -> dict[str, Any] | None:
    model = plan.model
    if model is None:
        return None
    cached = plan.setup.cache if plan.setup else None
    element = plan.setup.element if plan.setup else 2.0
    return {
        "name": model.name,
        "family": model.shape.family if model.shape else None,
        "parameters": model.count.total if model.count else None,
        "active_parameters": model.count.active if model.count else None,
        "weights": _term(model.weights),
        "dtype": "" if model.classical else model.form.name,
        "cache_bytes_per_token": round(cached.per_token * element) if cached else None,
        "cache_bytes_per_sequence": round(cached.per_sequence * element) if cached else None,
        "cache_window": cached.window if cached else None,
    }


def _setup(setup: Setup) -> dict[str, Any]:
    return {
        "engine": setup.engine,
        "gpu": setup.gpu.name,
        "gpus": setup.gpus,
        "available": setup.available,
        "tp": setup.tp,
        "pp": setup.pp,
        "ep": setup.ep,
        "replicas": setup.replicas,
        "processor": setup.processor,
        "cache": setup.kv_type,
    }


def _load(plan: Plan) -> dict[str, Any] | None:
    if plan.demand is None:
        return None
    asked = plan.demand
    return {
        "mean": asked.mean,
        "peak": asked.peak,
        "input": None if plan.model and plan.model.classical else as_dict(asked.prompt),
        "output": None if plan.model and plan.model.classical else as_dict(asked.answer),
        "concurrency": asked.concurrency,
        "objectives": as_dict(asked.objectives),
        "growth": as_dict(asked.growth),
    }


def _memory(plan: Plan) -> dict[str, Any] | None:
    found = plan.fit
    if found is None:
        return None
    return {
        "verdict": found.verdict,
        "reason": found.reason,
        "share": round(found.share, 4),
        "share_of_visible": round(found.share * found.usable / found.visible, 4),
        "needed": round(found.share * found.usable),
        "usable": found.usable,
        "visible": found.visible,
        "pool": found.pool,
        "needed_in_flight": round(found.concurrency, 1),
        "holds": found.holds,
        "holds_longest": found.holds_longest,
        "terms": _terms(found.terms),
        "notes": list(found.notes),
    }


def _speed(plan: Plan) -> dict[str, Any] | None:
    found = plan.service
    if found is None:
        return None
    data = as_dict(found)
    limits = data.pop("capacity")
    return _finite({"requests_per_second": limits, **data})


def _carries(plan: Plan) -> dict[str, Any] | None:
    """Whether the replicas bear the peak; beside `verdict`, which is of memory alone."""
    if plan.carries is None or plan.demand is None:
        return None
    return {**as_dict(plan.carries), "target_utilisation": plan.demand.target}


def _measured(plan: Plan) -> dict[str, Any] | None:
    """The load test on which the replicas rest, where no speed is known."""
    found, setup, asked = plan.measured, plan.setup, plan.demand
    if found is None or setup is None or asked is None:
        return None
    rate = found.each * setup.replicas
    return _finite(
        {
            "requests_per_second": rate,
            "each": found.each,
            "utilisation": asked.peak / rate,
            "p95_ms": found.p95_ms,
            "replicas_tested": found.replicas,
            "source": found.source,
            "file": found.file,
        }
    )


def _fix(one: Fix) -> dict[str, Any]:
    return _finite(
        {
            "text": one.text,
            "levers": [change.lever for change in one.changes],
            "risk": one.risk,
            "bandwidth": round(one.bought, 2),
            "monthly": None if one.monthly is None else round(one.monthly, 2),
            "monthly_now": None if one.now is None else round(one.now, 2),
            "currency": one.currency,
            "illustrative": one.illustrative,
            "gpus": one.setup.gpus,
            "gpu": one.setup.gpu.name,
            "verdict": one.fit.verdict,
            "utilisation": one.service.utilisation if one.service else None,
            "p95": as_dict(one.service.p95) if one.service else None,
        }
    )


def _terms(terms: Sum) -> list[dict[str, Any]]:
    return [_term(term) for term in terms.terms]


def _term(term: Term) -> dict[str, Any]:
    return {
        "name": term.name, "low": term.low, "expected": term.expected, "high": term.high, "formula": term.formula,
        "inputs": dict(term.inputs), "provenance": term.provenance,
    }  # fmt: skip


def _finite(data: dict[str, Any]) -> dict[str, Any]:
    """Six significant digits; what has no end is null."""

    def plain(value: Any) -> Any:
        if isinstance(value, float):
            return float(f"{value:.6g}") if math.isfinite(value) else None
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return value

    return {key: plain(value) for key, value in data.items()}
