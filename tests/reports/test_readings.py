"""What a report says of how often verdicts are right is what the readings say (`benchmarks/drawn.tsv`)."""

from __future__ import annotations

import csv
from pathlib import Path

from aiaudit.reports.strings import current

READINGS = Path(__file__).parents[2] / "benchmarks" / "drawn.tsv"


def _share(rows: list[dict[str, str]], status: str) -> str:
    read = [row for row in rows if row["status"] == status]
    return f"{100 * sum(row['verdict'] != 'status wrong' for row in read) / len(read):.0f} %"


def test_the_figures_of_the_method_are_those_of_the_readings() -> None:
    with READINGS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    judged = [row for row in rows if row["status"] in ("pass", "partial", "fail")]
    said = current().text("method.sure_is")
    assert f"Of {len(judged):,} verdicts on {len({row['repository'] for row in rows})} public projects" in said
    failed, partly, passed = (_share(judged, status) for status in ("fail", "partial", "pass"))
    assert f"{failed} of the failures, {partly} of what is partly met and {passed} of the passes" in said
