"""The scan stage: one read a file, the same result however it is done, and no file that can end the run."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiaudit.project import pool
from aiaudit.project.cache import Cache, open_cache
from aiaudit.project.entry import Entry
from aiaudit.project.pool import CRASHED, PATIENCE, TIMED_OUT, Limits, Pool
from aiaudit.project.scan import Scan, scan
from aiaudit.project.tree import Project
from tests.project.trees import build

QUICK = Limits(file_seconds=0.5, stall_seconds=1.5)


class Engine:
    """An engine for tests: `look` is what it does with a file's bytes."""

    def __init__(
        self, look: Callable[[bytes], dict[str, Any]] | None = None, name: str = "fake", key: str = "1"
    ) -> None:
        self.name = name
        self._key = key
        self._look = look or (lambda data: {"size": len(data), "first": data[:8].decode("latin-1")})

    def key(self) -> str:
        return self._key

    def wants(self, entry: Entry) -> bool:
        return entry.suffix != ".skip"

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        return self._look(data)


def on(word: bytes, act: Callable[[], Any]) -> Callable[[bytes], dict[str, Any]]:
    """Do something bad on files that begin with `word`."""

    def look(data: bytes) -> dict[str, Any]:
        return act() or {} if data.startswith(word) else {"size": len(data)}

    return look


@pytest.fixture
def project(tmp_path: Path) -> Project:
    files = {f"pkg{i % 7}/m{i}.py": f"{i} " * (i + 1) for i in range(120)}
    files |= {"bad.py": "BAD", "z.skip": "unwanted", "same1.py": "same", "same2.py": "same"}
    return Project.open(build(tmp_path / "tree", files))


def run(project: Project, engine: Engine, **options: Any) -> dict[str, dict[str, Any]]:
    return dict(scan(project, [engine], **options)["fake"])  # type: ignore[list-item]


@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("isolate", [True, False])
def test_the_result_does_not_depend_on_how_it_was_made(
    project: Project, tmp_path: Path, jobs: int, isolate: bool
) -> None:
    expected = {
        entry.path: {"size": entry.size, "first": project.text(entry.path)[:8]}
        for entry in project.files
        if entry.suffix != ".skip"
    }
    cold = open_cache(tmp_path / "cache")
    for cache in (None, cold, cold):
        found = run(project, Engine(), jobs=jobs, isolate=isolate, cache=cache)
        assert found == expected
        assert list(found) == list(expected)


def test_a_known_content_is_not_looked_through_again(project: Project, tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "cache")
    first = run(project, Engine(), cache=cache)

    def never(data: bytes) -> dict[str, Any]:
        raise AssertionError("looked again")

    assert run(project, Engine(never), cache=cache) == first
    other = run(project, Engine(lambda data: {"other": 1}, key="2"), cache=cache)
    assert other["bad.py"] == {"other": 1}


def test_files_of_the_same_content_never_share_an_answer(project: Project, tmp_path: Path) -> None:
    """What a reader does to the answer of one of them must not reach the other: probes put parts of it into texts."""
    cache = open_cache(tmp_path / "cache")
    for _ in range(2):  # made, then kept
        found = run(project, Engine(), cache=cache)
        found["same1.py"].clear()
        assert found["same2.py"] == {"size": 4, "first": "same"}


def test_a_changed_file_is_looked_through_again(project: Project, tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "cache")
    run(project, Engine(), cache=cache)
    path = Path(project.root) / "bad.py"
    before = path.stat()
    path.write_text("NEW")  # of the same length, and with the same time
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with Project.open(project.root) as again:
        assert run(again, Engine(), cache=cache)["bad.py"]["first"] == "NEW"


def test_a_kept_answer_that_broke_is_made_again(project: Project, tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "cache")
    assert cache is not None
    first = run(project, Engine(), cache=cache)
    cache.close()
    import sqlite3

    with sqlite3.connect(next((tmp_path / "cache").glob("*.sqlite"))) as db:
        db.execute("UPDATE scans SET value = x'00'")
    again: Cache | None = open_cache(tmp_path / "cache")
    assert run(project, Engine(), cache=again) == first


def test_engines_share_one_read(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from aiaudit.project import look

    reads: list[str] = []

    class Counting(look.Reader):
        def read(self, path: str, limit: int = 0) -> Any:
            reads.append(path)
            return super().read(path, limit)

    monkeypatch.setattr(look, "Reader", Counting)
    both = [Engine(), Engine(lambda data: {"n": len(data)}, name="other")]
    found = scan(project, both, isolate=False)  # type: ignore[arg-type]
    assert set(found) == {"fake", "other"} and found["other"]["bad.py"] == {"n": 3}
    assert sorted(reads) == sorted(path for path in found["fake"])


def spin() -> None:
    while True:
        pass


def deep() -> int:
    return deep() + 1


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda: os._exit(3), CRASHED),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), CRASHED),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), CRASHED),
        (spin, TIMED_OUT),
        (lambda: time.sleep(60), TIMED_OUT),
        (lambda: bytearray(8 * 1024**3), "needs too much memory"),
        (deep, "nested too deeply"),
        (lambda: 1 / 0, "the scanner failed (ZeroDivisionError)"),
        (lambda: {"not json": object()}, "the scanner failed (TypeError)"),
    ],
    ids=["exit", "segv", "kill", "spin", "sleep", "memory", "deep", "bug", "no json"],
)
def test_one_bad_file_costs_itself_alone(
    project: Project, tmp_path: Path, act: Callable[[], Any], reason: str, jobs: int
) -> None:
    cache = open_cache(tmp_path / "cache")
    for _ in range(2):  # a failure is not kept
        found = run(project, Engine(on(b"BAD", act)), jobs=jobs, limits=QUICK, isolate=True, cache=cache)
        assert found.pop("bad.py") == {"error": reason}
        assert len(found) == 122 and all("size" in result for result in found.values())
    assert run(project, Engine(on(b"BAD", dict)), cache=cache)["bad.py"] == {}


def test_a_loop_that_swallows_exceptions_is_stopped(project: Project) -> None:
    def stubborn() -> None:
        while True:
            try:
                spin()
            except Exception:
                continue

    found = run(project, Engine(on(b"BAD", stubborn)), limits=QUICK, isolate=True)
    assert found["bad.py"] == {"error": TIMED_OUT}


def test_time_that_is_spent_where_no_signal_comes_through_ends_the_worker(project: Project) -> None:
    def masked() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
        spin()

    found = run(project, Engine(on(b"BAD", masked)), limits=QUICK, isolate=True)
    assert found["bad.py"] == {"error": TIMED_OUT}
    assert sum("size" in result for result in found.values()) == 122


def test_a_tree_full_of_bad_files_still_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pool.MAX_CRASHES == 100
    monkeypatch.setattr(pool, "MAX_CRASHES", 20)  # each costs a fork of this process
    with Project.open(build(tmp_path, {f"b{i:03}.py": f"BAD{i}" for i in range(40)})) as project:
        found = run(project, Engine(on(b"BAD", lambda: os._exit(1))), jobs=2, isolate=True)
    assert len(found) == 40 and all("error" in result for result in found.values())
    assert {"not looked through: the scanner crashed too often"} < {result["error"] for result in found.values()}


def test_workers_go_on_while_their_caller_does_other_things(project: Project) -> None:
    expected = run(project, Engine(), isolate=False)
    with Scan(project, [Engine()], jobs=2, isolate=True) as begun:  # type: ignore[list-item]
        stop = time.monotonic() + 30
        while not all(begun.found) and time.monotonic() < stop:
            time.sleep(0.01)
            begun.attend()
        assert all(begun.found)  # all was taken, chunk by chunk, before anybody waited for it
        assert begun.results()["fake"] == expected


def test_answers_larger_than_a_pipe_and_many_small_ones_come_back_whole(tmp_path: Path) -> None:
    files = {f"m{i:04}.py": f"{i} " for i in range(700)} | {f"large{i}.py": "x" * 700_000 + str(i) for i in range(4)}
    with Project.open(build(tmp_path / "many", files)) as project:
        found = run(project, Engine(lambda data: {"text": data.decode()}), isolate=True, jobs=2)
    assert {path: one["text"] for path, one in found.items()} == files


def test_a_pool_is_busy_until_a_worker_is_about_to_need_more() -> None:
    with Pool(lambda task: time.sleep(0.001) or b"x", [(0, 100), (100, 110)], 1, Limits()) as pool:
        assert pool.busy
        left = {task for _ in range(200) if pool.working for task, _ in pool.answers(PATIENCE)}
        assert left == set(range(110)) and not pool.working


def test_a_scan_that_is_given_up_leaves_no_process(project: Project) -> None:
    with pytest.raises(KeyboardInterrupt), Scan(project, [Engine(on(b"BAD", spin))], isolate=True):  # type: ignore[list-item]
        raise KeyboardInterrupt
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_no_process_is_left(project: Project) -> None:
    run(project, Engine(on(b"BAD", lambda: os._exit(1))), jobs=3, isolate=True)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_an_interrupt_stops_the_workers(project: Project) -> None:
    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(project, Engine(), jobs=2, isolate=True, progress=interrupted)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_progress_counts_every_file_once(project: Project) -> None:
    seen: list[tuple[int, int]] = []
    run(project, Engine(), jobs=2, isolate=True, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 123) for number in range(1, 124)]


def test_large_files_are_an_error_or_a_head(tmp_path: Path) -> None:
    build(tmp_path, {"big.py": b"x" * (3 * 1024 * 1024), "note.ipynb": b"y" * (3 * 1024 * 1024)})
    with (tmp_path / "sparse.py").open("wb") as file:
        file.truncate(2 * 1024**3)
    heads = Engine(lambda data: {"n": len(data)}, name="heads")
    heads.takes_head = True  # type: ignore[attr-defined]
    with Project.open(tmp_path) as project:
        found = scan(project, [Engine(lambda data: {"n": len(data)}), heads])  # type: ignore[list-item]
    limit = 2 * 1024 * 1024
    assert found["fake"]["big.py"] == {"error": "larger than 2 MB"} == found["fake"]["sparse.py"]
    assert found["fake"]["note.ipynb"] == {"n": 3 * 1024 * 1024}
    assert found["heads"]["big.py"] == {"n": limit, "truncated": True} == found["heads"]["sparse.py"]


def test_files_that_vanish_or_turn_into_links_are_errors(project: Project, tmp_path: Path) -> None:
    root = Path(project.root)
    (root / "bad.py").unlink()
    (root / "same1.py").unlink()
    (root / "same1.py").symlink_to("/etc/passwd")
    (root / "pkg1").rename(root / "moved")
    (root / "pkg1").symlink_to("moved")
    found = run(project, Engine(), isolate=True)
    assert found["bad.py"] == {"error": "gone"}
    assert found["same1.py"] == {"error": "a symbolic link"}
    assert all("error" in result for path, result in found.items() if path.startswith("pkg1/"))
    assert "size" in found["pkg2/m2.py"]


def test_unreadable_text_goes_through(tmp_path: Path) -> None:
    names = [b"bad\xff.py", b"line\nbreak.py"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"\xff\0\x1b")
    with Project.open(tmp_path) as project:
        found = run(project, Engine(lambda data: {"text": data.decode("utf-8", "surrogateescape")}), isolate=True)
    assert {os.fsencode(path) for path in found} == set(names)
    assert all(result == {"text": "\udcff\0\x1b"} for result in found.values())


def test_a_content_at_hand_is_not_read_again(project: Project) -> None:
    project.read("bad.py")
    (Path(project.root) / "bad.py").unlink()
    assert run(project, Engine(), isolate=True)["bad.py"]["first"] == "BAD"


def test_nothing_to_do(tmp_path: Path) -> None:
    with Project.open(tmp_path) as project:
        assert scan(project, []) == {}
        assert run(project, Engine()) == {}


class Foresighted(Engine):
    """Is shown the next files, and says of each how many of them it was shown at once."""

    def __init__(self, look: Callable[[bytes], dict[str, Any]] | None = None) -> None:
        super().__init__(look)
        self.shown: dict[str, int] = {}

    def ahead(self, files: list[tuple[bytes, Entry]]) -> None:
        self.shown = {entry.path: len(files) for _, entry in files}

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        return {**super().scan(data, entry), "shown": self.shown.get(entry.path, 0)}


def test_engines_are_shown_the_next_files_of_a_chunk(project: Project) -> None:
    found = run(project, Foresighted(), jobs=1, isolate=True)
    assert len(found) == 123
    assert min(one["shown"] for one in found.values()) > 1
    assert all(one["shown"] == 0 for one in run(project, Foresighted(), jobs=1, isolate=False).values())


def test_after_a_crash_files_are_looked_through_one_by_one(project: Project) -> None:
    found = run(project, Foresighted(on(b"BAD", lambda: os.kill(os.getpid(), signal.SIGKILL))), jobs=1, isolate=True)
    assert found["bad.py"] == {"error": CRASHED}
    assert {"error": CRASHED} not in [one for path, one in found.items() if path != "bad.py"]
    paths = list(found)
    assert found[paths[paths.index("bad.py") + 1]]["shown"] == 0


def test_a_search_ahead_that_fails_changes_nothing(project: Project) -> None:
    def fail(files: object) -> None:
        raise ValueError

    engine = Foresighted()
    engine.ahead = fail  # type: ignore[method-assign, assignment]
    assert run(project, engine, jobs=1, isolate=True)["bad.py"] == {"size": 3, "first": "BAD", "shown": 0}


def test_engines_are_shown_what_is_new_where_a_cache_knows_the_rest(project: Project, tmp_path: Path) -> None:
    with open_cache(tmp_path / "cache") as cache:
        first = run(project, Foresighted(), jobs=1, isolate=True, cache=cache)
        assert min(one["shown"] for one in first.values()) > 1  # a cache that is empty knows nothing
        (Path(project.root) / "pkg1" / "m1.py").write_text("changed")
        with Project.open(project.root) as changed:
            second = run(changed, Foresighted(), jobs=1, isolate=True, cache=cache)
    assert second["pkg1/m1.py"] == {"size": 7, "first": "changed", "shown": 1}
    assert {path: one for path, one in second.items() if path != "pkg1/m1.py"} == {
        path: one for path, one in first.items() if path != "pkg1/m1.py"
    }


def test_engines_make_ready_for_what_is_new_to_them(project: Project, tmp_path: Path) -> None:
    class Ready(Engine):
        def prepare(self, size: int, cache: Cache | None = None) -> None:
            self.size = size

    def made_ready(engine: Ready, cache: Cache | None) -> int:
        run(project, engine, cache=cache)
        return engine.size

    whole = sum(entry.size for entry in project.files if entry.suffix != ".skip")
    with open_cache(tmp_path / "cache") as cache:
        assert made_ready(Ready(), None) == made_ready(Ready(), cache) == whole
        (Path(project.root) / "pkg1" / "m1.py").unlink()
        assert made_ready(Ready(), cache) < whole / 100  # of the same content twice, one is taken to be new
        assert made_ready(Ready(key="2"), cache) == whole
