"""A made result in which every optional part is there too: brand, data, cost, the last audit, the line over time."""

from __future__ import annotations

import copy
import struct
import zlib
from pathlib import Path
from typing import Any

from aiaudit.cost.report import to_json as cost_json
from aiaudit.data.model import (
    Column,
    ColumnDrift,
    Dataset,
    GroupRate,
    Label,
    Leakage,
    Pair,
    Personal,
    Report,
    Sample,
)
from aiaudit.model.records import plain
from aiaudit.reports.logo import embed
from aiaudit.scoring.comparison import compare, to_json
from tests.cost.helpers import api, cost
from tests.reports import make_result as made

DATA = Report(
    datasets=(
        Dataset(
            "train", "data/train.csv", "csv", role="train", rows=900, size_bytes=84_000, duplicate_rows=3,
            columns=(
                Column("email", "text", null_fraction=0.0, distinct=900, length_mean=22.0, length_max=30, personal=Personal("email", 900, 1.0)),
                Column("income", "integer", null_fraction=0.02, distinct=811, min=-999, max=200_883, mean=59_581.0, histogram=(4, 120, 400, 300, 76)),
                Column("seen", "timestamp", null_fraction=0.0, distinct=800, min="2025-01-01T00:00:00", max="2026-02-03T10:00:00"),
                Column("approved", "boolean", null_fraction=0.0, distinct=2, mean=0.51),
            ),
            label=Label("approved", {"yes": 0.51, "no": 0.49}),
            leakage=(Leakage("income", 1.0, 0.51),),
        ),
        Dataset("current", "data/current.csv", "csv", role="current", rows=600, size_bytes=58_000, columns=(Column("income", "integer"),)),
    ),
    pairs=(
        Pair("train", "current", "drift", columns=(ColumnDrift("income", psi=1.397, ks=0.45, drifted=True), ColumnDrift("region", psi=0.004, chi2=1.6, drifted=False))),
        Pair("train", "current", "overlap", overlap_rows=30, overlap_ids=0),
    ),
    groups=(GroupRate("gender", "f", 147, 0.299, 0.42, 0.231, 0.378), GroupRate("gender", "m", 153, 0.712, 1.0, 0.636, 0.778)),
    engine="duckdb 2.0.1",
    sample=Sample(900, 42),
    notes=("One file was left out.",),
)  # fmt: skip


def png(width: int = 120, height: int = 40) -> bytes:
    """A plain PNG of one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\x0b\x65\x5d" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def earlier(result: dict[str, Any], day: str, lower: float, failing: int) -> dict[str, Any]:
    """The same project on an earlier day: a lower score, and checks that failed then."""
    before = copy.deepcopy(result)
    before["as_of"] = day
    for key in ("score", "score_low", "score_high"):
        before[key] = max(0.0, before[key] - lower)
    for pack in before["packs"]:
        if pack["score"] is not None:
            pack["score"] = max(0.0, pack["score"] - lower)
    for check in [check for check in before["checks"] if check["status"] == "pass"][:failing]:
        check["status"] = "fail"
    return before


def point(result: dict[str, Any]) -> dict[str, Any]:
    """A result as a point of the section `history`."""
    keys = ("as_of", "score", "score_low", "score_high", "coverage", "readiness")
    packs = {pack["id"]: pack["score"] for pack in result["packs"]}
    return {**{key: result[key] for key in keys}, "ruleset_hash": result["tool"]["ruleset_hash"], "packs": packs}


def full_result(folder: Path) -> dict[str, Any]:
    """`folder`: where the logo is written."""
    result = copy.deepcopy(made.make_result())
    last = earlier(result, "2026-08-01", 9.0, 7)
    first = {**point(earlier(result, "2026-02-01", 21.0, 12)), "ruleset_hash": "another"}
    (folder / "logo.png").write_bytes(png())
    result["data"] = plain(DATA)
    result["cost"] = cost_json(cost(api(), budget=4000))
    result["comparison"] = to_json(compare(last, result))
    result["history"] = [first, point(last)]
    result["brand"] = {
        "client": "Example Insurance", "system": "Support assistant", "author": "Example Consulting",
        "confidentiality": "Strictly confidential.", "colours": {"accent": "#0b655d"}, "logo": embed(folder / "logo.png"),
    }  # fmt: skip
    return result
