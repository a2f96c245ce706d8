"""Packs kept in the cache: the same library as from the files, and never anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from aiaudit.packs import load as load_files
from aiaudit.packs import precompiled, stored
from aiaudit.packs.library import Library, expressions
from aiaudit.packs.pack_codec import Unstorable, from_plain, to_plain
from aiaudit.packs.problems import PackError
from aiaudit.project.cache import Cache, open_cache
from aiaudit.rules import evaluate
from tests import shared


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    opened = open_cache(tmp_path / "cache")
    assert opened is not None
    with opened:
        yield opened


@pytest.fixture(scope="module")
def loaded() -> Library:
    return shared.library()


@pytest.fixture(scope="module")
def plain(loaded: Library) -> dict[str, Any]:
    """All of it, for comparisons: trees, types and names of every expression included."""
    return to_plain(loaded)


@pytest.fixture
def parsed(loaded: Library, monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Path]]:
    """What has been parsed: of the shipped packs it is known what comes of that."""
    asked: list[Sequence[Path]] = []
    monkeypatch.setattr(stored, "_load", lambda files: asked.append(files) or loaded)
    return asked


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack is loaded without those that are shipped, which takes seconds and is no matter here."""
    monkeypatch.setattr(load_files, "shipped_packs", list)


def test_what_is_kept_is_the_same_library(loaded: Library, plain: dict[str, Any]) -> None:
    again = from_plain(json.loads(json.dumps(plain)))
    assert to_plain(again) == plain
    assert list(again.facts) == list(loaded.facts)
    assert [check.id for check in again.checks] == [check.id for check in loaded.checks]
    assert again.digest == loaded.digest


def test_expressions_from_the_cache_evaluate_the_same(loaded: Library, plain: dict[str, Any]) -> None:
    again = from_plain(json.loads(json.dumps(plain)))
    compared = 0
    for one, other in zip(loaded.checks, again.checks, strict=True):
        for (key, before), (_, after) in zip(expressions(one), expressions(other), strict=True):
            assert evaluate(before, {}, explain=True) == evaluate(after, {}, explain=True), (one.id, key)
            compared += 1
    assert compared > 100


def test_the_second_load_parses_nothing(cache: Cache, parsed: list[Sequence[Path]], plain: dict[str, Any]) -> None:
    first = stored.load(cache=cache)
    assert parsed == [()]
    second = stored.load(cache=cache)
    assert parsed == [()]
    assert second is not first
    assert to_plain(second) == to_plain(first) == plain


def test_a_precompiled_library_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded: Library, plain: dict[str, Any]
) -> None:
    monkeypatch.setattr(
        precompiled, "_searches", lambda loaded: {"all.hs": b"compiled"}
    )  # tests/test_wheel.py has them
    monkeypatch.setattr(load_files, "load", lambda: loaded)
    written = {file.name: (file, place) for file, place in precompiled.write(tmp_path)}
    assert set(written) == {precompiled.LIBRARY, precompiled.LITERALS, "all.hs"}
    monkeypatch.setattr(precompiled, "precompiled", lambda name: written[name][0])
    monkeypatch.setattr(stored, "_load", lambda files: pytest.fail("the packs were parsed again"))
    assert to_plain(stored.load()) == plain
    literals = json.loads(written[precompiled.LITERALS][0].read_text())
    assert len(literals) > 300 and any(literals.values())
    monkeypatch.setattr(precompiled, "name_of", lambda packs: "of other bytes")
    assert precompiled.library() is None


@pytest.mark.parametrize("damage", ["", "x", "x\n{}\n", "x\n[]\n1\n", "x\n{\n", "y\n{}\n"])
def test_a_damaged_precompiled_library_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    (tmp_path / "library.jsonl").write_text(damage)
    monkeypatch.setattr(precompiled, "precompiled", lambda name: tmp_path / name)
    monkeypatch.setattr(precompiled, "name_of", lambda packs: "x")
    assert precompiled.library() is None


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"types": [], "packs": [99], "facts": [1], "digest": ""}'])
def test_a_damaged_library_is_loaded_anew(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, damage: bytes, loaded: Library, parsed: list[Sequence[Path]]
) -> None:
    monkeypatch.setattr(Cache, "kept", lambda self, slot, name: [damage, b"x"])
    assert stored.load(cache=cache) is loaded
    assert parsed == [()]


def test_a_changed_pack_is_another(cache: Cache, tmp_path: Path, alone: None) -> None:
    pack = tmp_path / "own.yaml"
    text = """schema: 1
pack: own
title: TITLE
checks:
- id: OWN-001
  title: A readme is there.
  severity: low
  kind: automatic
  facts:
    own_readme: {probe: files.exists, files: [README.md]}
  rule: {fail: size(own_readme) == 0, pass: otherwise}
  why: w
  remediation: r
"""
    for title in ("First", "Second"):
        pack.write_text(text.replace("TITLE", title))
        for _ in range(2):
            library = stored.load([pack], cache=cache)
            assert [one.title for one in library.packs if one.id == "own"] == [title]


def test_mistakes_are_told_each_time(cache: Cache, tmp_path: Path, alone: None) -> None:
    pack = tmp_path / "own.yaml"
    pack.write_text("schema: 1\npack: own\ntitle: Own\nchekcs: []\n")
    told = []
    for _ in range(2):
        with pytest.raises(PackError) as error:
            stored.load([pack], cache=cache)
        told.append([str(problem) for problem in error.value.problems])
    assert told[0] == told[1]
    assert told[0]


def test_what_has_no_json_form_is_not_kept() -> None:
    with pytest.raises(Unstorable):
        to_plain(Library(packs=(object(),)))  # type: ignore[arg-type]


def test_queries_are_plain_data_however_the_packs_were_loaded(loaded: Library, plain: dict[str, Any]) -> None:
    """A probe may ask whether a value is a mapping: it must be told the same by the file and by the cache."""

    def only_plain(value: object) -> bool:
        if type(value) is dict:
            return all(map(only_plain, value.values()))
        if type(value) is list:
            return all(map(only_plain, value))
        return value is None or type(value) in (str, int, float, bool)

    again = from_plain(json.loads(json.dumps(plain)))
    assert all(only_plain(spec.query) for spec in loaded.facts.values() if spec.probe)
    assert {name: spec.query for name, spec in loaded.facts.items()} == {n: s.query for n, s in again.facts.items()}
