"""All checks over a large tree of code, cold and with its cache, beside the bare parse and bandit. Whole processes.

    python benchmarks/code.py PATH [--bandit COMMAND] [--runs N]

PATH is a folder of code, such as a copy of several packages' sources. bandit is measured where its command is given
(`--bandit /path/to/bandit`). Prints CPU seconds beside wall seconds, since other work on the machine moves the latter.

Cold is the first run after a wheel was installed: nothing is in the cache. A checkout loads its packs from YAML too.
`ast.parse` of every file in one process, taken between the runs, tells how fast the machine is at that hour.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Cost, line, median, run
from wheel_environment import from_wheel

PARSE = """
import ast, gc, pathlib, sys, warnings
gc.disable()
warnings.simplefilter("ignore")
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        pass
"""
COLD_CPU = 12.0  # seconds
WARM_WALL = 1.2  # seconds
MEGABYTES = 300


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--bandit", help="command of an installed bandit")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print(_about(given.path))
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "result.json")
        arguments = ["-m", "aiaudit", "run", str(given.path), "-q", "-o", out]
        command = [from_wheel(Path(folder)), "-P", *arguments]  # not the checkout that one stands in
        cold, bare = [], []
        for number in range(given.runs):
            bare.append(run([sys.executable, "-c", PARSE, str(given.path)]))
            cold.append(run(command, {"AIAUDIT_CACHE_DIR": f"{folder}/{number}"}, (0, 3)))
        first = run([sys.executable, *arguments], {"AIAUDIT_CACHE_DIR": f"{folder}/checkout"}, (0, 3))
        warm = [run(command, {"AIAUDIT_CACHE_DIR": f"{folder}/0"}, (0, 3)) for _ in range(given.runs)]
        print(line("ast.parse of every file, nothing else", median(bare)))
        print(line("aiaudit run, all packs, cold", median(cold)))
        print(line("aiaudit run, all packs, cold, of a checkout", first, "(one run)"))
        print(line("aiaudit run, all packs, warm", median(warm)))
        if given.bandit:
            told = [run([given.bandit, "-q", "-r", str(given.path), "-f", "json", "-o", out], None, (0, 1))]
            print(line(_version(given.bandit), median(told), "(one run)"))
        else:
            print("bandit: not given")
    print(f"cold takes {median(cold).cpu / median(bare).cpu:.2f} x the CPU of the bare parse")
    return _goals(median(cold), median(warm))


def _goals(cold: Cost, warm: Cost) -> int:
    memory = max(cold.memory, warm.memory)
    goals = {
        f"cold CPU {cold.cpu:.1f} s, goal {COLD_CPU:.0f} s": cold.cpu <= COLD_CPU,
        f"warm wall {warm.wall:.1f} s, goal {WARM_WALL} s": warm.wall <= WARM_WALL,
        f"largest process {memory:.0f} MB, goal {MEGABYTES} MB": memory <= MEGABYTES,
    }
    for goal, met in goals.items():
        print(f"{goal}: {'met' if met else 'missed'}")
    return int(not all(goals.values()))


def _about(tree: Path) -> str:
    files = [Path(folder) / name for folder, _, names in os.walk(tree) for name in names]
    sizes = [path.stat().st_size for path in files if path.is_file() and not path.is_symlink()]
    code = sum(path.suffix == ".py" for path in files)
    return (
        f"{len(files):,} files, {code:,} of them .py, {sum(sizes) / 1e6:.0f} MB; Python {platform.python_version()}, "
        f"google-re2 {importlib.metadata.version('google-re2')}, {os.cpu_count()} processors"
    )


def _version(bandit: str) -> str:
    said = subprocess.run([bandit, "--version"], capture_output=True, text=True, check=True).stdout
    return said.splitlines()[0].strip()


if __name__ == "__main__":
    sys.exit(main())
