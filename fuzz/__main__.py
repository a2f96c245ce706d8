"""Fuzzes every target, each in a process of its own, and prints one table.

    python -m fuzz [--runs N] [--parts N] [--slow N] [--seed N] [--work DIR] [TARGET ...]

`--runs` executions a target; `--parts` for those that ask a part of the probes about a project, `--slow` for those that ask
all. Exit code 1 where there was a fault.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from fuzz.run import AtWork
from fuzz.seeds import PARTS
from fuzz.targets import TARGETS

SLOW = ("project", "shapes", "code")


def main() -> int:
    """Run, print, and say whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", choices=[[], *TARGETS], help=", ".join(TARGETS))
    parser.add_argument("--runs", type=int, default=70_000)
    parser.add_argument("--parts", type=int, default=15_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slow", type=int, default=2_000)
    parser.add_argument("--work", default=".fuzz")
    options = parser.parse_args()
    print(f"{'target':14}{'executions':>12}{'longest':>10}{'memory':>9}  faults")
    total, failed = 0, False
    for name in options.targets or TARGETS:
        runs = options.slow if name in SLOW else options.parts if name in PARTS else options.runs
        command = [
            sys.executable,
            "-m",
            "fuzz.run",
            name,
            "--runs",
            str(runs),
            "--seed",
            str(options.seed),
            "--work",
            options.work,
        ]
        command += ["--blind"] * (name in SLOW)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        try:
            told = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):  # ended from outside: it hung, took too much memory at once, or crashed in C
            kept = _kept(name, Path(options.work))
            ended = {"ended": f"exit code {done.returncode}; the input is {kept}"}
            told = {"executions": 0, "longest_s": 0.0, "peak_mb": 0, "faults": ended}
        total += told["executions"]
        failed = failed or bool(told["faults"])
        faults = "; ".join(f"{place}: {words}" for place, words in told["faults"].items()) or "none"
        print(
            f"{name:14}{told['executions']:>12,}{told['longest_s']:>8.3f} s{told['peak_mb']:>6} MB  {faults}",
            flush=True,
        )
    print(f"{'in all':14}{total:>12,}")
    return int(failed)


def _kept(name: str, work: Path) -> Path:
    """The input during which a process ended, moved to the others that were found."""
    at_work, file = work / "at-work" / name, work / "found" / name / "ended"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(AtWork.last(at_work) if at_work.exists() else b"")
    return file


if __name__ == "__main__":
    sys.exit(main())
