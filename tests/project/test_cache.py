"""The cache: it speeds up or it is not there; it is never wrong, and never in the way."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest

from aiaudit.project.cache import Cache, cache_folder, content_hash, engine_id, open_cache

ENGINE = engine_id("engine", ".py")
KEY = (ENGINE, content_hash(b"content"))


def opened(folder: Path, **options: int) -> Cache:
    cache = open_cache(folder, **options)
    assert cache is not None
    return cache


def put(folder: Path, value: bytes = b'{"a":1}') -> None:
    with opened(folder) as cache:
        cache.put([(KEY, value)])


def test_what_is_put_is_there_next_time(tmp_path: Path) -> None:
    put(tmp_path / "c")
    with opened(tmp_path / "c") as cache:
        assert cache.known([ENGINE, b"other"]) == {ENGINE: frozenset({KEY[1]}), b"other": frozenset()}
        assert cache.get([KEY, (b"other", KEY[1])]) == {KEY: {"a": 1}}


def test_large_values_do_not_slow_down_the_search_for_others(tmp_path: Path) -> None:
    keys = [(ENGINE, content_hash(bytes([n, m]))) for n in range(4) for m in range(250)]
    with opened(tmp_path / "c") as cache:
        cache.put([(key, b'"' + b"x" * 1024 * 1024 + b'"') for key in keys[::20]])
        started = time.process_time()
        cache.put([(key, b"{}") for key in keys if key not in keys[::20]])
        assert time.process_time() - started < 0.5  # many seconds where a search reads the values on its way


def test_the_engine_the_variant_and_the_content_make_the_key() -> None:
    ids = {engine_id(key, variant) for key in ("a", "b") for variant in (".py", ".ipynb")}
    assert len(ids) == 4
    assert engine_id("ab", "c") != engine_id("a", "bc")
    assert content_hash(b"a") != content_hash(b"b")


@pytest.mark.parametrize("value", [b"", b"not json", b"[1]", b"\xff", b"[" * 100_000])
def test_a_broken_value_is_as_if_it_were_not_there(tmp_path: Path, value: bytes) -> None:
    put(tmp_path, value)
    with opened(tmp_path) as cache:
        assert cache.get([KEY]) == {}


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_broken_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    put(tmp_path)
    file = next(tmp_path.glob("*.sqlite"))
    for extra in tmp_path.glob("*.sqlite-*"):
        extra.unlink()
    file.write_bytes(content)
    put(tmp_path, b'{"new":1}')
    with opened(tmp_path) as cache:
        assert cache.get([KEY]) == {KEY: {"new": 1}}


def test_a_file_that_breaks_while_in_use_ends_the_cache_quietly(tmp_path: Path) -> None:
    with opened(tmp_path) as cache:
        cache.put([((ENGINE, content_hash(str(i).encode())), b'{"x":"%s"}' % (b"y" * 2000)) for i in range(200)])
    file = next(tmp_path.glob("*.sqlite"))
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xee" * (len(data) - 4096)
    file.write_bytes(data)
    cache2 = open_cache(tmp_path)
    if cache2 is not None:
        assert cache2.get([(ENGINE, content_hash(b"7"))]) == {}
        cache2.put([(KEY, b"{}")])
        cache2.close()
    put(tmp_path)
    with opened(tmp_path) as cache:
        assert cache.get([KEY]) == {KEY: {"a": 1}}


def test_another_layout_of_the_file_is_replaced(tmp_path: Path) -> None:
    put(tmp_path)
    with sqlite3.connect(next(tmp_path.glob("*.sqlite"))) as db:
        db.execute("DROP TABLE scans")
        db.execute("CREATE TABLE scans (other TEXT)")
    put(tmp_path)
    with opened(tmp_path) as cache:
        assert cache.get([KEY]) == {KEY: {"a": 1}}


def test_two_at_once(tmp_path: Path) -> None:
    with opened(tmp_path) as one, opened(tmp_path) as two:
        one.put([(KEY, b'{"by":1}')])
        two.put([(KEY, b'{"by":2}')])
        assert one.get([KEY]) == {KEY: {"by": 2}}


def test_a_locked_file_is_given_up_not_waited_for_long(tmp_path: Path) -> None:
    put(tmp_path)
    lock = sqlite3.connect(next(tmp_path.glob("*.sqlite")), isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    cache = open_cache(tmp_path)
    if cache is not None:
        cache.put([(KEY, b'{"late":1}')])
        cache.close()
    lock.execute("ROLLBACK")
    lock.close()
    with opened(tmp_path) as again:
        assert again.get([KEY]) == {KEY: {"a": 1}}


def test_it_does_not_grow_without_end(tmp_path: Path) -> None:
    limit = 400_000
    with opened(tmp_path, max_bytes=limit) as cache:
        for number in range(2000):
            value = json.dumps({"n": number, "text": "x" * 1000}).encode()
            cache.put([((ENGINE, content_hash(str(number).encode())), value)])
    assert next(tmp_path.glob("*.sqlite")).stat().st_size <= limit * 1.5
    with opened(tmp_path) as cache:
        assert cache.known([ENGINE])[ENGINE]


def test_a_folder_that_cannot_be_used_means_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert open_cache(tmp_path / "file") is None
    assert open_cache(tmp_path / "file" / "below") is None
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    assert open_cache(shared) is None  # anybody could plant results there


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_means_no_cache(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert open_cache(closed / "c") is None


def test_a_forked_process_does_not_touch_it(tmp_path: Path) -> None:
    with opened(tmp_path) as cache:
        pid = os.fork()
        if pid == 0:
            cache.put([(KEY, b'{"child":1}')])
            os._exit(0 if cache.get([KEY]) == {} else 1)
        assert os.waitpid(pid, 0)[1] == 0
        assert cache.get([KEY]) == {}


def test_a_process_of_many_audits_holds_few_caches_open(tmp_path: Path) -> None:
    def held() -> int:
        return sum(one.resolve().is_relative_to(tmp_path) for one in Path("/proc/self/fd").iterdir())

    for number in range(40):
        last = opened(tmp_path / str(number))
        last.put([(KEY, b'{"a":1}')])
    assert 0 < held() <= 3 * 17  # the file, its log and the log's index; one that is still used here
    assert last.get([KEY]) == {KEY: {"a": 1}}


def test_where_it_lies() -> None:
    assert cache_folder({"AIAUDIT_CACHE_DIR": "/x/y"}) == Path("/x/y")
    assert cache_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/aiaudit")
    assert cache_folder({"HOME": "/h"}).parts[1] == "h"


def test_a_document_is_kept_in_parts(tmp_path):
    with open_cache(tmp_path / "cache") as cache:
        for parts in ([b"one", b"", b"three"], [b"1"], []):
            cache.keep(b"slot", b"name", iter(parts))
            assert cache.kept(b"slot", b"name") == parts
        assert cache.kept(b"slot", b"other") is None


def test_a_slot_holds_the_last_document_only(tmp_path):
    with open_cache(tmp_path / "cache") as cache:
        cache.keep(b"slot", b"old", [b"1", b"2"])
        cache.keep(b"slot", b"new", [b"3"])
        assert cache.kept(b"slot", b"old") is None
        assert cache.kept(b"slot", b"new") == [b"3"]


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(
    "sql", ["DELETE FROM scans WHERE content = ?", "UPDATE scans SET value = x'00' WHERE content = ?"]
)
def test_a_damaged_document_is_not_there(tmp_path, number, sql):
    with open_cache(tmp_path / "cache") as cache:
        cache.keep(b"slot", b"name", [b"one", b"two"])
        cache._write(sql, [(b"name" + number.to_bytes(4, "big"),)])
        assert cache.kept(b"slot", b"name") is None


def test_a_document_that_breaks_off_is_not_there(tmp_path):
    def parts():
        yield b"one"
        raise ValueError("no JSON")

    with open_cache(tmp_path / "cache") as cache:
        with pytest.raises(ValueError, match="no JSON"):
            cache.keep(b"slot", b"name", parts())
        assert cache.kept(b"slot", b"name") is None
