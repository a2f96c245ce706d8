"""How often is a verdict right, check by check? From verdicts that people read at the source.

    python benchmarks/precision.py [READINGS] [--markdown]

READINGS (benchmarks/readings.tsv) has a line for each verdict that was read: repository, check, severity, status, what
the reader found (`holds`, `sentence wrong`, `holds, a place wrong`, `told twice`, `status wrong` …), why, and the
status now. Precision is the share of verdicts whose status an expert signs, as they were *before* anything was mended;
in full: sentence and places too. The interval is Wilson's, at 95 %.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import sqrt
from pathlib import Path

from accuracy import table

HERE = Path(__file__).resolve().parent
LEAST = 0.9  # of a check's verdicts; below it a check is mended, or says partial or unknown
Z = 1.96


def wilson(right: int, of: int) -> tuple[float, float]:
    """Wilson's interval of a share."""
    share, size = right / of, of + Z * Z
    middle, half = (right + Z * Z / 2) / size, Z * sqrt(of * share * (1 - share) + Z * Z / 4) / size
    return max(0.0, middle - half), min(1.0, middle + half)


def rows(readings: Iterable[dict[str, str]]) -> list[list[str]]:
    """One row a check, the least precise first, and one over all."""
    by_check: dict[str, list[dict[str, str]]] = defaultdict(list)
    for reading in readings:
        by_check[reading["check"]].append(reading)
    found = [(check, some, _right(some)) for check, some in by_check.items()]
    found.sort(key=lambda one: (len(one[2]) / len(one[1]), -len(one[1]), one[0]))
    made = [["check", "severity", "read", "status right", "in full", "precision", "95 % interval"]]
    made += [_row(check, some[0]["severity"], some) for check, some, _ in found]
    every = [reading for some in by_check.values() for reading in some]
    return [*made, _row("all", "", every)]


def _row(name: str, severity: str, some: Sequence[dict[str, str]]) -> list[str]:
    right, whole = len(_right(some)), sum(reading["verdict"] == "holds" for reading in some)
    low, high = wilson(right, len(some))
    counts = [str(len(some)), str(right), str(whole)]
    return [name, severity, *counts, f"{right / len(some):.2f}", f"{low:.2f}–{high:.2f}"]


def _right(some: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [reading for reading in some if not reading["verdict"].startswith("status wrong")]


def main() -> int:
    """Print the table, and the checks that are below the least precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readings", nargs="?", type=Path, default=HERE / "readings.tsv")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    with options.readings.open(encoding="utf-8", newline="") as file:
        readings = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    made = rows(readings)
    print(table(made, markdown=options.markdown))
    below = [row[0] for row in made[1:-1] if float(row[5]) < LEAST]
    print(f"below {LEAST}: {', '.join(below) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
