"""How many verdicts on repositories that were drawn by lot does an expert sign, and how many now?

    python benchmarks/drawn.py AIAUDIT CHECKOUTS [--readings FILE] [--results DIR] [--markdown] [--wrong]
    python benchmarks/drawn.py --record DAY > tables/track_record.json

AIAUDIT is the command, CHECKOUTS a folder with a checkout of each repository at its commit, named owner+name. The
readings (benchmarks/drawn.tsv) have a line for each verdict that was read at the source before anything was mended:
set, repository, commit, check, severity, the status that the tool gave, what the reader found (`holds`, `place wrong`,
`sentence wrong`, `status wrong`), the status that should be, and why. Of what was unknown or did not apply only
critical and high checks were gone through, and the wrong ones are there.

Each repository is audited, and the status of each line held against the one that should be. A status that is unknown
where another should be is open: nothing is claimed. The last column counts claims that the reader would not sign.
Sentences and places are read by people: that column is as it was. With `--results` the results are kept there, and
those that are there are not made again. `--wrong` lists the lines on which something false is claimed now.
`--record` makes the table that ships with the tool, of the verdicts as they came; DAY is that of the last reading.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml
from accuracy import table
from precision import wilson

HERE = Path(__file__).resolve().parent
JUDGED = frozenset({"pass", "partial", "fail"})
OPEN = frozenset({"unknown", "blocked", "error"})
# The names that the sets of readings end with, of those draws that came after a check was turned round (`turned.yaml`).
DRAWS = (
    "seventh", "eighth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
    "seventeenth", "eighteenth", "nineteenth", "twentieth", "twenty-first", "twenty-second",
    "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth", "twenty-seventh",
    "twenty-eighth", "twenty-ninth",
)  # fmt: skip
BEFORE = frozenset({"fourth", "fifth", "sixth"})
AS_OF = "2026-11-29"  # the day of the reading: ends of life and ages are counted from it
HEAD = ("read", "right then", "in full then", "right now", "open now", "wrong now", "precision now", "95 % interval")

Reading = Mapping[str, str]
Statuses = Mapping[str, Mapping[str, str]]
"""The status of each check now, by repository."""


def expected(reading: Reading) -> str:
    """The status that the reader would sign."""
    return reading["should be"] or reading["status"]


def outcome(reading: Reading, now: Statuses) -> str:
    """right, open or wrong, of the status that the tool gives now."""
    status = now[reading["repository"]].get(reading["check"], "unknown")
    if status == expected(reading):
        return "right"
    return "open" if status in OPEN else "wrong"


def statuses(command: str, checkouts: Path, readings: Iterable[Reading], results: Path | None) -> Statuses:
    """Audit every repository that was read."""
    found: dict[str, dict[str, str]] = {}
    for name in sorted({reading["repository"] for reading in readings}):
        checkout = checkouts / name.replace("/", "+")
        kept = results / f"{checkout.name}.json" if results else None
        if kept is None or not kept.exists():
            text = audit(command, checkout)
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(text, encoding="utf-8")
        else:
            text = kept.read_text(encoding="utf-8")
        found[name] = {check["id"]: check["status"] for check in json.loads(text)["checks"]}
    return found


def audit(command: str, checkout: Path) -> str:
    """The result of one audit, as JSON. A traceback or an exit code other than 0 or 3 ends the benchmark."""
    arguments = ["run", str(checkout), "--format", "json", "-o", "-", "--quiet", "--as-of", AS_OF]
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3) or "Traceback" in done.stderr:
        sys.exit(f"{checkout.name}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def grouped(
    readings: Sequence[Reading], now: Statuses, key: Callable[[Reading], str], *, by_precision: bool
) -> list[list[str]]:
    """A row for each value of the key, and one over all."""
    groups: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        groups[key(reading)].append(reading)
    rows = [(name, _row(some, now)) for name, some in groups.items()]
    if by_precision:
        rows.sort(key=lambda row: (_share(row[1][6]), -int(row[1][0]), row[0]))
    return [*([name, *row] for name, row in rows), ["all", *_row(readings, now)]]


def _share(text: str) -> float:
    return float(text) if text != "–" else 1.0


def _row(some: Sequence[Reading], now: Statuses) -> list[str]:
    then = sum(reading["verdict"] != "status wrong" for reading in some)
    whole = sum(reading["verdict"] == "holds" for reading in some)
    counts = [outcome(reading, now) for reading in some]
    right, still, wrong = (counts.count(one) for one in ("right", "open", "wrong"))
    claimed = right + wrong
    low, high = wilson(right, claimed) if claimed else (0.0, 1.0)
    precision = [f"{right / claimed:.2f}", f"{low:.2f}–{high:.2f}"] if claimed else ["–", "–"]
    return [*map(str, (len(some), then, whole, right, still, wrong)), *precision]


@cache
def turned() -> dict[tuple[str, str], str]:
    """By check and status, the draw from which on such a verdict rests on what it rests on now (`turned.yaml`)."""
    told = yaml.safe_load((HERE / "turned.yaml").read_text(encoding="utf-8"))
    return {(check, status): draw for draw, some in told.items() for status, checks in some.items() for check in checks}


def is_of_now(reading: Reading) -> bool:
    """Whether a verdict was given by the rule that the check has now."""
    since = turned().get((reading["check"], reading["status"]))
    draw = reading["set"].rpartition(" ")[2]
    if draw.endswith("th") and draw not in (*BEFORE, *DRAWS):
        raise SystemExit(f"drawn.py: the draw of the readings '{reading['set']}' is not in DRAWS")
    return since is None or (draw in DRAWS and DRAWS.index(draw) >= DRAWS.index(since))


def record(readings: Sequence[Reading], until: str) -> str:
    """The table of `aiaudit.track_record`: per check and status how many were read, right, and right in full; a line a
    check."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for reading in readings:
        if reading["status"] in JUDGED and is_of_now(reading):
            counts = found[reading["check"]][reading["status"]]
            counts[0] += 1
            counts[1] += reading["verdict"] != "status wrong"
            counts[2] += reading["verdict"] == "holds"
    rows = [f"{json.dumps(check)}: {json.dumps(found[check], sort_keys=True)}" for check in sorted(found)]
    projects = len({reading["repository"] for reading in readings})
    head = f'{{"until": {json.dumps(until)}, "projects": {projects}, "checks": {{\n'
    return head + ",\n".join(rows) + "\n}}\n"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aiaudit", nargs="?")
    parser.add_argument("checkouts", type=Path, nargs="?")
    parser.add_argument("--readings", type=Path, default=HERE / "drawn.tsv")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--record", metavar="DAY")
    options = parser.parse_args()
    with options.readings.open(encoding="utf-8", newline="") as file:
        readings = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if options.record:
        print(record(readings, options.record), end="")
        return 0
    if options.aiaudit is None or options.checkouts is None:
        parser.error("AIAUDIT and CHECKOUTS, or --record DAY")
    now = statuses(options.aiaudit, options.checkouts, readings, options.results)
    judged = [reading for reading in readings if reading["status"] in JUDGED]
    silent = [reading for reading in readings if reading["status"] not in JUDGED]
    for first, key, sorts in (
        ("set", lambda r: r["set"], False),
        ("severity", lambda r: r["severity"], False),
        ("check", lambda r: r["check"], True),
    ):
        print(table([[first, *HEAD], *grouped(judged, now, key, by_precision=sorts)], markdown=options.markdown))
        print()
    mended = sum(outcome(reading, now) == "right" for reading in silent)
    print(
        f"critical and high ones that were unknown or did not apply and should not: {len(silent)}, right now: {mended}"
    )
    for reading in readings if options.wrong else ():
        if outcome(reading, now) == "wrong":
            status = now[reading["repository"]].get(reading["check"], "unknown")
            print(f"{reading['repository']} {reading['check']} {status}, not {expected(reading)}: {reading['why']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
