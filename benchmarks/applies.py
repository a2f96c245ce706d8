"""How often is "does not apply" right, on repositories that were drawn by lot and read without the tool?

    python benchmarks/applies.py AIAUDIT CHECKOUTS [--results DIR] [--markdown] [--wrong]

AIAUDIT is the command, CHECKOUTS a folder with a checkout of each repository at its commit, named owner+name. The
readings (benchmarks/applies.tsv) have a line for each question that a reader answered from the source before the
tool's answer was looked at: set, repository, commit, check, severity, the status that the tool gave then, whether the
check applies (`yes`, `no`, or `open` where the repository cannot tell whoever reads it), and why.

Each repository is audited. "Does not apply" is right where the reader says no, and a check that applies is lost where
the tool says so and the reader yes. `--wrong` lists those.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from accuracy import table
from drawn import Reading, statuses
from precision import wilson

HERE = Path(__file__).resolve().parent
HEAD = (
    "read", "said not to apply then", "right then", "said not to apply now", "right now", "open", "lost", "share right",
    "95 % interval", "needlessly asked",
)  # fmt: skip
SILENT = "not_applicable"


def _row(some: Sequence[Reading], now: Callable[[Reading], str]) -> list[str]:
    then = [reading for reading in some if reading["status"] == SILENT]
    said = [reading for reading in some if now(reading) == SILENT]
    right, still, lost = (sum(r["applies"] == answer for r in said) for answer in ("no", "open", "yes"))
    told = right + lost
    low, high = wilson(right, told) if told else (0.0, 1.0)
    share = [f"{right / told:.2f}", f"{low:.2f}–{high:.2f}"] if told else ["–", "–"]
    asked = sum(reading["applies"] == "no" and now(reading) != SILENT for reading in some)
    right_then = sum(reading["applies"] == "no" for reading in then)
    return [*map(str, (len(some), len(then), right_then, len(said), right, still, lost)), *share, str(asked)]


def rows(readings: Sequence[Reading], key: str, now: Callable[[Reading], str]) -> Iterator[list[str]]:
    """The head, a row for each value of the key, and one over all."""
    yield [key, *HEAD]
    for name in dict.fromkeys(reading[key] for reading in readings):
        yield [name, *_row([reading for reading in readings if reading[key] == name], now)]
    yield ["all", *_row(readings, now)]


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aiaudit")
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--readings", type=Path, default=HERE / "applies.tsv")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    with options.readings.open(encoding="utf-8", newline="") as file:
        readings = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    given = statuses(options.aiaudit, options.checkouts, readings, options.results)

    def now(reading: Reading) -> str:
        return given[reading["repository"]].get(reading["check"], "unknown")

    for key in ("set", "check"):
        ordered = readings if key == "set" else sorted(readings, key=lambda reading: reading["check"])
        print(table(list(rows(ordered, key, now)), markdown=options.markdown))
        print()
    for reading in readings if options.wrong else ():
        if now(reading) == SILENT and reading["applies"] == "yes":
            print(f"{reading['repository']} {reading['check']} applies: {reading['why']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
