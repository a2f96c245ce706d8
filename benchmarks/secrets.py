"""The secrets pass alone: every text file of a large tree against the built-in rules, cold, beside Kingfisher.

    python benchmarks/secrets.py TREE [--runs 5]

Whole processes, median of the runs; ours looks with one worker, its rules compiled before, as Kingfisher's are, and
nothing of the tree in its cache. The pass is what ours takes on top of its start (imports and an empty tree), since an
audit starts once for all it does. Fails where the pass takes more CPU seconds than Kingfisher; without Kingfisher that
row is left out and that is said.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from measure import Cost, line, median, run

ROOT = Path(__file__).resolve().parents[1]


def work(tree: Path) -> None:
    """What one measured process does: walk, read, match, judge."""
    from aiaudit.probes.secrets.probe import SecretsQuery
    from aiaudit.probes.text.engine import TextEngine
    from aiaudit.project.cache import open_cache
    from aiaudit.project.tree import Project

    engine = TextEngine([SecretsQuery()])
    files = places = 0
    with Project.open(tree) as project:
        entries = [entry for entry in project.files if engine.wants(entry) and entry.size <= 2 * 1024 * 1024]
        engine.prepare(sum(entry.size for entry in entries), open_cache())  # as an audit does
        for entry in entries:
            files += 1
            places += sum(map(len, engine.scan(project.read(entry.path), entry).get("hits", {}).values()))
    print(f"{files} files, {places} places found")


def main() -> None:
    """Measure both and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.tree)
        return
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as empty:
        env = {"PYTHONPATH": os.fspath(ROOT), "AIAUDIT_CACHE_DIR": cache}
        command = [sys.executable, __file__, str(asked.tree), "--work"]
        run(command, env)  # the rules are compiled once
        ours = median([run(command, env) for _ in range(asked.runs)])
        start = median([run([sys.executable, __file__, empty, "--work"], env) for _ in range(asked.runs)])
    spent = ours.cpu - start.cpu
    print(line("built-in rules, one worker", ours, f"the pass {spent:.2f} s of it"))
    theirs = kingfisher(asked.tree, asked.runs)
    if theirs is None:
        print("Kingfisher is not installed: nothing to compare with")
        return
    print(line("kingfisher", theirs, f"the pass takes {spent / theirs.cpu:.2f} of its CPU"))
    if spent > theirs.cpu:
        raise SystemExit("the secrets pass takes more CPU than Kingfisher")


def kingfisher(tree: Path, runs: int) -> Cost | None:
    """Kingfisher with the arguments that an audit gives it, its compiled rules cached before it is measured."""
    from aiaudit.probes.secrets.kingfisher import ARGUMENTS, program

    executable = program()
    if executable is None:
        return None
    with tempfile.TemporaryDirectory() as cache:
        command = [executable, *ARGUMENTS, str(tree.resolve())]
        costs = [run(command, {"KF_RULE_CACHE_DIR": cache}, allowed=(0, 200)) for _ in range(runs + 1)]
    return median(costs[1:])


if __name__ == "__main__":
    main()
