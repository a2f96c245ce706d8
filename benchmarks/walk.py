"""The walk, the reading and the text engine on a large tree, beside their peers. CPU seconds, median of 5 or more.

    python benchmarks/walk.py TREE [--patterns N]

In one process: the walk (ignore rules, sizes and roles) beside `os.walk` with `os.stat`, beside ignore-python where it
is installed, and beside `rg --files` where it is in the path, in turns, since the machine's speed moves; then each file
read and hashed; then N patterns over all text. In worker processes: the whole scan stage, cold, and again with its
cache.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from aiaudit.probes.text.engine import TextEngine
from aiaudit.probes.text.probe import SearchQuery
from aiaudit.project.cache import content_hash, open_cache
from aiaudit.project.entry import Entry
from aiaudit.project.reader import Reader
from aiaudit.project.scan import scan
from aiaudit.project.tree import Project, limit_of
from aiaudit.project.walk import walk

RUNS = 5
TURNS = 21
WORDS = (
    "prometheus opentelemetry wandb mlflow langfuse sentry structlog loguru tenacity backoff ratelimit slowapi pydantic"
    " fastapi gradio streamlit tiktoken chromadb pinecone faiss qdrant weaviate langchain llama_index vllm bitsandbytes"
    " deepspeed ragas deepeval promptfoo giskard evidently pandera celery airflow prefect dagster kubeflow sagemaker"
)
SHAPES = (
    r"\bAKIA[0-9A-Z]{16}\b",
    r"sk-[A-Za-z0-9_-]{20,}",
    r"hf_[A-Za-z0-9]{34}",
    r"ghp_[A-Za-z0-9]{36}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    r"AIza[0-9A-Za-z_-]{35}",
    r"timeout\s*=\s*\d+",
    r"max_tokens\s*[=:]\s*\d+",
    r"^FROM\s+\S+@sha256",
    r"trust_remote_code\s*=\s*True",
)


def cpu() -> float:
    """CPU seconds of this process and its children so far."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(name: str, work: Callable[[], object]) -> None:
    """Print the medians of some runs after one to warm up."""
    in_turns({name: work}, RUNS)


def in_turns(works: Mapping[str, Callable[[], object]], runs: int = TURNS) -> dict[str, float]:
    """Print the medians of some runs of each in turns, after one to warm up; the median CPU seconds."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    said = {name: work() for name, work in works.items()}
    for _ in range(runs):
        for name, work in works.items():
            wall, used = time.perf_counter(), cpu()
            work()
            spent[name].append((time.perf_counter() - wall, cpu() - used))
    medians = {}
    for name, rows in spent.items():
        wall, medians[name] = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{name:<46} {medians[name] * 1000:8.1f} ms CPU {wall * 1000:8.1f} ms wall   {said[name]}")
    return medians


def os_walk(tree: str) -> int:
    """The plainest walk that also knows sizes, and no ignore rules."""
    total = 0
    for folder, _, names in os.walk(tree):
        for name in names:
            os.stat(f"{folder}/{name}", follow_symlinks=False)  # noqa: PTH116
        total += len(names)
    return total


def read_all(project: Project) -> int:
    """Read and hash every file; the bytes."""
    total = 0
    with Reader(project.root) as reader:
        for entry in project.files:
            data = reader.read(entry.path, limit_of(entry)).data
            content_hash(data)
            total += len(data)
    return total


def search(engine: TextEngine, contents: Sequence[tuple[bytes, Entry]]) -> int:
    """The groups of patterns that were found, over all files."""
    return sum(len(engine.scan(data, entry).get("hits", ())) for data, entry in contents)


def main() -> None:
    """Measure, and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("tree")
    options.add_argument("--patterns", type=int, default=60)
    given = options.parse_args()
    walks: dict[str, Callable[[], object]] = {
        "walk": lambda: len(walk(given.tree).entries),
        "  os.walk with os.stat": lambda: os_walk(given.tree),
    }
    try:
        import ignore

        def peer() -> int:
            builder = ignore.WalkBuilder(Path(given.tree)).hidden(False).git_global(False).require_git(False)
            return sum(1 for _ in builder.build())

        walks["  ignore-python (folders too, no sizes)"] = peer
    except ImportError:
        print("  ignore-python is not installed", file=sys.stderr)
    if shutil.which("rg"):
        command = ["rg", "--files", "--hidden", "--no-ignore-global", given.tree]
        walks["  rg --files"] = lambda: subprocess.run(command, capture_output=True, check=True).stdout.count(b"\n")
    ours, *theirs = in_turns(walks).items()
    for name, median in theirs[1:]:
        print(f"    {ours[1] / median:.2f} x{name[1:]}")

    words = [rf"(?i)\b{word}\b" for word in WORDS.split()] + [rf"\b{word}\.[a-z_]+\(" for word in WORDS.split()]
    patterns = [*SHAPES, *words][: given.patterns]
    queries = [SearchQuery(any=[pattern], files=["**/*"]) for pattern in patterns]
    with Project.open(given.tree) as project:
        measure("read and hash", lambda: f"{read_all(project) / 1e6:.0f} MB")
        engine = TextEngine(queries)
        with Reader(project.root) as reader:
            wanted = [entry for entry in project.files if engine.wants(entry)]
            contents = [(reader.read(entry.path, limit_of(entry)).data, entry) for entry in wanted]
        size = sum(len(data) for data, _ in contents) / 1e6
        measure(f"text engine, {len(patterns)} patterns, {size:.0f} MB", lambda: search(engine, contents))
        engines = [TextEngine(queries)]
        measure("scan stage, 1 job", lambda: len(scan(project, engines, jobs=1, isolate=True)["text"]))
        measure("scan stage, all jobs", lambda: len(scan(project, engines, isolate=True)["text"]))
        with tempfile.TemporaryDirectory() as folder, open_cache(Path(folder) / "cache") as cache:  # type: ignore[union-attr]
            measure("scan stage, all jobs, with its cache", lambda: len(scan(project, engines, cache=cache)["text"]))


if __name__ == "__main__":
    main()
