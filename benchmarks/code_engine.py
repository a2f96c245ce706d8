"""The Python engine alone: the Python queries of all shipped packs over a large tree, cold, beside bandit.

    python benchmarks/code_engine.py TREE [--runs 5] [--bandit PYTHON] [--bandit-runs 1]

Whole processes in one worker, median of the runs. `--bandit` names a Python that has bandit (the one that runs this
where left out); without bandit its row is left out and that is said. Fails where the pass takes more than 12 CPU
seconds, four times the patterns cost more than a tenth on top, or bandit is not eight times as dear.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

from measure import Cost, line, median, run

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 12.0  # CPU seconds on about 5,000 files, 100 MB
MORE = 1.10  # four times the patterns
PEER = 8.0  # bandit's CPU seconds in ours
AT_ONCE = 25  # files; a worker reads half a megabyte ahead
JUST_PARSED = -1  # times the patterns: none, and nothing but the parse


def queries(times: int) -> list[Any]:
    """The queries of all shipped packs; with more calls asked for, names that no code holds."""
    from aiaudit.packs.load import load
    from aiaudit.probes.python.probe_calls import CallsQuery
    from aiaudit.probes.registry import probes

    table = probes()
    found = [
        table[spec.probe].query.model_validate(dict(spec.query))
        for spec in load().facts.values()
        if spec.probe and table[spec.probe].engine == "python"
    ]
    names = sorted({name for query in found if hasattr(query, "names") for name in query.names()})
    plain = [name for name in names if "*" not in name.rpartition(".")[2]]
    more = [f"{name}_{again}" for again in range(1, times) for name in plain]
    return [*found, CallsQuery(any=more)] if more else found


def work(tree: Path, times: int) -> None:
    """What one measured process does: read and scan every file as a worker of an audit would."""
    if times == JUST_PARSED:
        gc.disable()
        for path in sorted(tree.rglob("*.py")):
            parse(path.read_bytes())
        return
    from aiaudit.probes.python.engine import PythonEngine
    from aiaudit.project.entry import Entry
    from aiaudit.project.tree import Project

    engine = PythonEngine(queries(times))
    with Project.open(tree) as project:
        entries = {entry.path: entry for entry in project.files if entry.suffix == ".py" and engine.wants(entry)}
    found: dict[str, dict[str, Any]] = {}
    calls = dict.fromkeys(entries, 0)

    def look(some: list[Entry]) -> None:
        contents = [((tree / entry.path).read_bytes(), entry) for entry in some]
        engine.ahead(contents)
        for data, entry in contents:
            record = engine.scan(data, entry)
            calls[entry.path] = len(record.get("calls", ()))
            found[entry.path] = {"base": {"imports": record.get("base", {}).get("imports", ())}}

    gc.disable()  # as in a worker, which collects once a chunk what came after its start
    gc.freeze()
    every = list(entries.values())
    for first in range(0, len(every), AT_ONCE):
        look(every[first : first + AT_ONCE])
        if first % (8 * AT_ONCE) == 0:
            gc.collect()
            gc.freeze()  # the records, which a worker would have handed over
    look([entries[path] for path in engine.again(entries, found)])  # tests and examples that code imports
    print(f"{len(entries)} files, {len(engine.patterns.all)} names asked for, {sum(calls.values())} calls kept")


def parse(data: bytes) -> None:
    """The parse that no tool on the standard `ast` can do without."""
    import ast
    import warnings

    warnings.simplefilter("ignore")
    try:
        ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


def measured(tree: Path, times: int, runs: int) -> Cost:
    """The cost of the pass with the shipped names `times` over."""
    command = [sys.executable, __file__, str(tree), "--work", str(times)]
    return median([run(command, {"PYTHONPATH": str(ROOT)}) for _ in range(runs)])


def has_bandit(python: str) -> bool:
    """Whether this Python can run bandit."""
    return subprocess.run([python, "-c", "import bandit"], capture_output=True, check=False).returncode == 0


def main() -> int:
    """Print the table; 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--bandit", default=sys.executable, help="a Python with bandit")
    parser.add_argument("--bandit-runs", type=int, default=1)
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work(options.tree, options.work)
        return 0
    bare = measured(options.tree, JUST_PARSED, 1)
    print(line("ast.parse of every file, nothing else", bare))
    ours = measured(options.tree, 1, options.runs)
    print(line("code pass, all shipped queries", ours))
    more = measured(options.tree, 4, options.runs)
    print(line("code pass, four times the names", more))
    failed = ours.cpu > LIMIT or more.cpu > MORE * ours.cpu
    ratio = more.cpu / ours.cpu
    print(f"{ours.cpu:.1f} of {LIMIT:.0f} CPU s; four times the names cost {ratio:.2f} × (at most {MORE})")
    if not has_bandit(options.bandit):
        print("bandit is not installed (pip install bandit), so it was not measured")
        return int(failed)
    command = [options.bandit, "-m", "bandit", "-q", "-r", str(options.tree)]
    peer = median([run(command, allowed=(0, 1)) for _ in range(options.bandit_runs)])
    print(line("bandit, all its tests", peer))
    print(f"bandit takes {peer.cpu / ours.cpu:.1f} × our CPU (at least {PEER:.0f})")
    return int(failed or peer.cpu < PEER * ours.cpu)


if __name__ == "__main__":
    sys.exit(main())
