"""Is a project that is written differently judged the same? Each case of the checks, in every way of `rewriting.py`.

    python benchmarks/rewritten.py [--way NAME]... [--check ID]... [--checkout DIR]...

Layout, names of imports, where a constant stands, how YAML is quoted: none of it may move a verdict. A verdict that
becomes `unknown` is told apart: the tool then says that it cannot see, which is true and a pity. With `--checkout`,
whole repositories are audited before and after instead of the cases.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import yaml

from aiaudit.packs.cases import Case, find_cases, run_case
from aiaudit.packs.expect import FILE, read_expect
from aiaudit.packs.library import Library
from aiaudit.packs.load import load
from benchmarks.rewriting import WAYS, rewrite_tree, rewritten

CASES = Path(__file__).resolve().parents[1] / "tests" / "checks"
Moved = tuple[str, str, str, str, str]
"""What it was, the way, the status that is right, the one that came, and why."""


@cache
def library() -> Library:
    """The shipped packs."""
    return load()


def moved_cases(job: tuple[Case, list[str]]) -> list[Moved]:
    """The ways in which a case ends otherwise than it should."""
    case, ways = job
    right = str(read_expect(case.path).status)
    found = []
    for way in ways:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / case.name
            shutil.copytree(case.path, tree, symlinks=True)
            if not rewrite_tree(tree, way, frozenset({FILE})) + rewrite_expected(tree / FILE, way):
                continue
            outcome = run_case(library(), Case(case.check, case.name, tree))
        result = outcome.result
        came = str(result.status) if result else "no result"
        if came != right:
            found.append((str(case), way, right, came, (result.reason or "") if result else outcome.problems[0]))
    return found


def rewrite_expected(file: Path, way: str) -> int:
    """The same for the files that an `expect.yaml` itself holds."""
    expect = yaml.safe_load(file.read_bytes())
    changed = 0
    for name, text in expect.get("files", {}).items():
        new = rewritten(name, text.encode(), way) if isinstance(text, str) else None
        if new is not None:
            expect["files"][name] = new.decode()
            changed += 1
    if changed:
        file.write_text(yaml.safe_dump(expect, allow_unicode=True), encoding="utf-8")
    return changed


def moved_checkouts(job: tuple[Path, list[str]]) -> list[Moved]:
    """The checks of a repository that end otherwise once it is written in one of the ways."""
    from aiaudit.audit import audit

    def statuses(tree: Path) -> dict[str, tuple[str, str]]:
        return {one.id: (str(one.status), one.reason or "") for one in audit(str(tree)).judged.results}

    checkout, ways = job
    found = []
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / checkout.name
        shutil.copytree(checkout, tree, symlinks=True)
        before = statuses(tree)
        for way in ways:
            shutil.rmtree(tree)
            shutil.copytree(checkout, tree, symlinks=True)
            if rewrite_tree(tree, way):
                for check, (status, reason) in statuses(tree).items():
                    if before[check][0] != status:
                        found.append((f"{checkout.name} {check}", way, before[check][0], status, reason))
    return found


def _jobs(args: argparse.Namespace) -> Iterator[tuple[Case, list[str]]]:
    wanted = tuple(args.check)
    for case in find_cases(CASES):
        if not wanted or case.check.startswith(wanted):
            yield case, args.way


def main() -> int:
    """Print what moved, and how often each way moved something."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--way", action="append", choices=[*WAYS])
    parser.add_argument("--check", action="append", default=[], help="a check's id, or how it begins")
    parser.add_argument("--checkout", action="append", default=[], type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    args.way = args.way or [*WAYS]
    library()
    found: list[Moved] = []
    with multiprocessing.get_context("fork").Pool(args.jobs) as pool:
        work = (
            pool.imap_unordered(moved_checkouts, [(one, args.way) for one in args.checkout])
            if args.checkout
            else pool.imap_unordered(moved_cases, _jobs(args), chunksize=4)
        )
        for each in work:
            for line in each:
                print("\t".join(line).replace("\n", " "), flush=True)
            found += each
    print()
    hidden = Counter(way for _, way, _, came, _ in found if came == "unknown")
    wrong = Counter(way for _, way, _, came, _ in found if came != "unknown")
    print(f"{'way':<22}  {'another verdict':>15}  {'unknown':>7}")
    for way in args.way:
        print(f"{way:<22}  {wrong[way]:>15}  {hidden[way]:>7}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
