"""Fuzzes one target and prints what it cost: guided by coverage where Atheris is installed, else (or `--blind`) by chance.

    python -m fuzz.run TARGET [--runs N] [--seconds S] [--work DIR] [--seed N] [--blind]

Every input that raises is kept below DIR/found/TARGET, one a place in the code, and fuzzing goes on. An input that takes
longer than 2 s of processor time, or that brings the process to more than 512 MB, is kept as well. One that does not come
back within 30 s ends the process, in whatever code it is, and so does a crash: the input that was at work then stands in
DIR/at-work/TARGET. The last line is JSON: executions, the longest one, peak memory, faults. Exit code 1 where there was a fault.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import hashlib
import json
import mmap
import os
import random
import resource
import sys
import time
import traceback
from functools import cache
from pathlib import Path

SLOW = 2.0  # seconds of one execution
HANG = 30.0  # wall seconds after which the process is ended
MEMORY_MB = 512
LARGEST = 1 << 20  # bytes of an input


class AtWork:
    """The input that is being tried, in a file that outlives the process: written through memory, so that it costs nothing."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w+b") as opened:
            opened.truncate(8 + LARGEST)
            self.memory = mmap.mmap(opened.fileno(), 8 + LARGEST)

    def put(self, data: bytes) -> None:
        """This one is tried now."""
        self.memory[:8] = min(len(data), LARGEST).to_bytes(8, "little")
        self.memory[8 : 8 + min(len(data), LARGEST)] = data[:LARGEST]

    @staticmethod
    def last(file: Path) -> bytes:
        """What was tried when the process ended."""
        kept = file.read_bytes()
        return kept[8 : 8 + int.from_bytes(kept[:8], "little")]


class Watch:
    """Counts and times executions, keeps what fails, and ends the process when the work is done."""

    def __init__(self, target: str, run: object, work: Path, runs: int, seconds: float) -> None:
        self.target, self.call, self.folder = target, run, work / "found" / target
        self.at_work = AtWork(work / "at-work" / target)
        self.runs, self.until = runs, time.monotonic() + seconds
        self.count, self.longest, self.armed = 0, 0.0, float("-inf")
        self.faults: dict[str, str] = {}  # place -> what was raised
        self.baseline = _peak()
        resource.setrlimit(resource.RLIMIT_DATA, (2 * MEMORY_MB << 20, resource.RLIM_INFINITY))  # at once: MemoryError

    def __call__(self, data: bytes) -> None:
        self.at_work.put(data)
        if (now := time.monotonic()) > self.armed + 1:  # a thread each time: too much for every execution
            faulthandler.dump_traceback_later(HANG, exit=True)
            self.armed = now
        began = time.process_time()
        try:
            self.call(data)  # type: ignore[operator]
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.fault(f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}", str(error), data)
        took = time.process_time() - began
        self.longest = max(self.longest, took)
        if took > SLOW:
            self.fault("slow", f"{took:.1f} s", data)
        if (peak := _peak()) > MEMORY_MB:  # of the whole process, which never sinks: the first input is the one
            self.fault("memory", f"{peak} MB", data)
        self.count += 1
        if self.count >= self.runs or time.monotonic() > self.until:
            self.end()

    def fault(self, place: str, words: str, data: bytes) -> None:
        """Keep the input, unless one of this place is kept."""
        if place not in self.faults:
            self.faults[place] = words[:200]
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
            print(f"{self.target}: {place}: {words[:200]}", file=sys.stderr)

    def end(self) -> None:
        """Print the figures; a fuzzer's own way out would skip this."""
        figures = {
            "target": self.target, "executions": self.count, "longest_s": round(self.longest, 3), "peak_mb": _peak(),
            "before_mb": self.baseline, "faults": self.faults,
        }  # fmt: skip
        print(json.dumps(figures), flush=True)
        os._exit(1 if self.faults else 0)


def main() -> None:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--work", type=Path, default=Path(".fuzz"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blind", action="store_true")
    options = parser.parse_args()
    try:
        if options.blind:
            raise ImportError
        import atheris
    except ImportError:
        _blind(options)
        return

    with atheris.instrument_imports(include=["aiaudit"]):
        from fuzz.seeds import WORDS, seeds
        from fuzz.targets import TARGETS

        run = TARGETS[options.target]()
        begin = seeds(options.target)
        for data in begin:  # so that what is imported late is watched as well
            try:
                run(data)
            except Exception as error:
                print(f"{options.target}: a seed: {type(error).__name__}: {error}", file=sys.stderr)
    corpus = options.work / "corpus" / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    for data in begin:
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    arguments = [
        sys.argv[0], str(corpus), f"-seed={options.seed}", "-max_len=4096", "-len_control=20", "-timeout=30", f"-rss_limit_mb={MEMORY_MB}",
        "-print_final_stats=0", "-verbosity=0", f"-artifact_prefix={options.work}/{options.target}-",
    ]  # fmt: skip
    if options.target in WORDS:
        words = options.work / f"{options.target}.dict"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS[options.target]), encoding="utf-8")
        arguments.append(f"-dict={words}")
    watch = Watch(options.target, run, options.work, options.runs, options.seconds)
    atheris.Setup(arguments, watch)
    atheris.Fuzz()


def _blind(options: argparse.Namespace) -> None:
    """Seeds, changed at random."""
    from fuzz.mutate import mutated
    from fuzz.seeds import WORDS, seeds
    from fuzz.targets import TARGETS

    draw, begin, words = random.Random(options.seed), seeds(options.target), WORDS.get(options.target, ())
    watch = Watch(options.target, TARGETS[options.target](), options.work, options.runs, options.seconds)
    while True:
        watch(mutated(begin, words, draw))


def _escaped(word: str) -> str:
    return "".join(c if c.isalnum() else f"\\x{byte:02x}" for c in word for byte in c.encode())


def _peak() -> int:
    """The most memory this process has had, in MB. (`getrusage` would tell that of the process it was started from.)"""
    with contextlib.suppress(OSError):
        told = os.pread(_status(), 4096, 0)
        return int(told.partition(b"VmHWM:")[2].split(None, 1)[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # no Linux


@cache
def _status() -> int:
    return os.open("/proc/self/status", os.O_RDONLY)


if __name__ == "__main__":
    main()
