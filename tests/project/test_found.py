"""What an engine found: read when asked for, whatever of it stays read."""

from __future__ import annotations

import pytest

from aiaudit.plain_json import encode
from aiaudit.project import found as module
from aiaudit.project.found import Found, errors_in, let_go, truncated_in, without


@pytest.mark.parametrize("stays", [0, 10_000, 10**9])
@pytest.mark.parametrize("recent", [0, 3_000, 10**9])
@pytest.mark.parametrize("alike", [True, False])
def test_the_same_whatever_is_held(monkeypatch: pytest.MonkeyPatch, stays: int, recent: int, alike: bool) -> None:
    monkeypatch.setattr(module, "_STAYS", stays)
    monkeypatch.setattr(module, "_RECENT", recent)
    records = {f"m{number}.py": {"rows": [number] * (number % 90)} for number in range(200)}
    kept = Found(records, alike=alike)
    for path in reversed(records):
        kept.put(path, encode(records[path]))
    for _ in range(3):
        assert dict(kept) == records
        assert list(kept) == list(records)
    kept.put("m7.py", encode({"rows": "another"}))
    assert kept["m7.py"] == {"rows": "another"}
    with pytest.raises(KeyError):
        kept["m200.py"]
    kept.forget()
    assert dict(kept) == {**records, "m7.py": {"rows": "another"}}


def test_one_larger_than_all_that_is_kept_is_not_read_again_for_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STAYS", 0)
    monkeypatch.setattr(module, "_RECENT", 3_000)
    kept = Found(["a.py", "b.py", "large.py"])
    kept.put("large.py", encode({"rows": [1] * 5_000}))
    for small in ("a.py", "b.py"):
        kept.put(small, encode({"rows": [1]}))
    first = kept["large.py"]
    assert kept["a.py"] == kept["b.py"] == {"rows": [1]}
    assert kept["large.py"] is first
    kept.put("large.py", encode({"rows": [2]}))
    assert kept["large.py"] == {"rows": [2]}


def test_files_with_the_same_answer_do_not_share_it_unless_they_may() -> None:
    for alike in (True, False):
        kept = Found(["a", "b"], alike=alike)
        kept.put("a", b'{"hits":{}}')
        kept.put("b", b'{"hits":{}}')
        assert (kept["a"] is kept["b"]) is alike


def test_trouble_is_known_without_reading() -> None:
    kept = Found(["a", "b", "c", "d", "e"])
    kept.put("a", encode({"says": "error", "in": {"error": 1}}))
    kept.put("b", encode({"error": "no Python"}))
    kept.fail("c", "gone")
    kept.put("d", encode({"hits": {}, "truncated": True}))
    with pytest.raises(KeyError):
        kept.whole()  # nothing is known of e
    kept.put("e", b"{}")
    assert errors_in(kept.whole()) == errors_in(dict(kept)) == {"b": "no Python", "c": "gone"}
    assert truncated_in(kept) == truncated_in(dict(kept)) == ["d"]
    assert kept["c"] == {"error": "gone"}
    assert list(without(kept, {"b", "c"})) == ["a", "d", "e"]


@pytest.mark.parametrize("stays", [0, 10**9])
def test_who_asks_for_a_part_that_was_taken_fails_and_finds_the_rest(
    monkeypatch: pytest.MonkeyPatch, stays: int
) -> None:
    monkeypatch.setattr(module, "_STAYS", stays)
    paths = [f"m{number}.py" for number in range(50)]
    kept = Found(paths)
    for path in paths:
        kept.put(path, encode({"calls": "[1,2]", "base": {"main": True}}))
    for path in paths[:40]:
        assert kept[path]["calls"] == "[1,2]"
        let_go(kept, path, "calls")
    let_go(kept, paths[0], "calls")
    let_go(kept, paths[0], "never there")
    for _ in range(2):
        assert [kept[path] for path in paths[:40]] == [{"calls": None, "base": {"main": True}}] * 40
        assert [kept[path] for path in paths[40:]] == [{"calls": "[1,2]", "base": {"main": True}}] * 10


def test_no_part_is_taken_of_an_answer_that_files_share_or_that_is_not_kept_as_bytes() -> None:
    shared = Found(["a.py", "b.py"], alike=True)
    for path in shared:
        shared.put(path, encode({"calls": "[]"}))
    let_go(shared, "a.py", "calls")
    assert shared["a.py"] == shared["b.py"] == {"calls": "[]"}
    plain = {"a.py": {"calls": "[]"}}
    let_go(plain, "a.py", "calls")
    assert plain == {"a.py": {"calls": "[]"}}
