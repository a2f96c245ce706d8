"""Fuzzes every target, each in a process of its own, and prints one table.

    python -m fuzz [--runs N] [--slow N] [--work DIR] [TARGET ...]

`--runs` executions a target; `--slow` for those that ask every probe about a project. Exit code 1 where there was a fault.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from fuzz.targets import TARGETS

SLOW = ("project", "shapes")


def main() -> int:
    """Run, print, and say whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--runs", type=int, default=70_000)
    parser.add_argument("--slow", type=int, default=2_000)
    parser.add_argument("--work", default=".fuzz")
    options = parser.parse_args()
    print(f"{'target':14}{'executions':>12}{'longest':>10}{'memory':>9}  faults")
    total, failed = 0, False
    for name in options.targets or TARGETS:
        runs, blind = (options.slow, ["--blind"]) if name in SLOW else (options.runs, [])
        command = [sys.executable, "-m", "fuzz.run", name, "--runs", str(runs), "--work", options.work, *blind]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        try:
            told = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):  # the fuzzer itself ended it: too slow, too much memory, a crash in C
            told = {
                "executions": 0,
                "longest_s": 0.0,
                "peak_mb": 0,
                "faults": {"ended": f"exit code {done.returncode}"},
            }
        total += told["executions"]
        failed = failed or bool(told["faults"])
        faults = "; ".join(f"{place}: {words}" for place, words in told["faults"].items()) or "none"
        print(
            f"{name:14}{told['executions']:>12,}{told['longest_s']:>8.3f} s{told['peak_mb']:>6} MB  {faults}",
            flush=True,
        )
    print(f"{'in all':14}{total:>12,}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
