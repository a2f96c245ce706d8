"""Odd workloads end in a plan or in a problem, never in an exception; and no expectation exceeds its bound."""

from __future__ import annotations

import json
import random

import pytest

from aiaudit.capacity.report import to_json
from aiaudit.capacity.tables import gpus, table, weight_formats
from aiaudit.cli.plan_text import lines

from .support import planned

GPUS = sorted({gpu.name for gpu in gpus().values()})


@pytest.mark.parametrize("seed", range(24))
def test_an_odd_workload(seed):
    pick = random.Random(seed).choice
    workload = {
        "model": {
            "source": pick(sorted(table("models")["models"])),
            "weights": {"dtype": pick(sorted(weight_formats()))},
            "kv_cache_dtype": pick([*table("quantisation")["cache"], "auto"]),
        },
        "hardware": {"gpu": pick(GPUS), "count": pick([1, 2, 64])},
        "serving": {
            "engine": pick([*table("engines")["engines"], "hf", "of-my-own"]),
            "parallel": {"tp": pick([1, 3, 8]), "pp": pick([1, 2]), "ep": pick([1, 8]), "replicas": pick([1, 3])},
            "max_num_seqs": pick([1, 256, 4096]),
            "memory_utilization": pick([0.05, 0.9, 1]),
        },
        "traffic": {
            "requests_per_second": {"mean": pick([0, 1e-6, 1, 1e6])},
            "tokens": {"input": {"p50": pick([0.5, 900, 1e6])}, "output": {"p50": pick([1, 250, 1e5])}},
            "concurrency": {"p99": pick([0.1, 5, 1e6])},
            "prefix_cache_hit": pick([0, 0.5, 1]),
        },
        "growth": {"per_month": {"low": pick([-0.5, 0, 0.1]), "expected": pick([-0.5, 0.1]), "high": pick([0, 5])}},
        "training": [{"method": pick(["full", "lora", "qlora"])}],
    }
    made = planned(json.dumps({"workload": workload}), search=seed % 4 == 0)
    assert made.verdict in ("yes", "tight", "no", "unknown")
    assert made.fit is not None or made.problems
    json.dumps(to_json(made), allow_nan=False)
    assert all(line.isprintable() for line in lines(made))
    if made.service is not None:
        assert made.service.capacity.low <= made.service.capacity.expected <= made.service.capacity.bound
