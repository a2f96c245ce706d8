"""The searches that a wheel carries: they lead to the hits of those that are made here, whatever else is asked."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path

import hyperscan
import pytest

from aiaudit.packs.precompiled import _groups
from aiaudit.probes.secrets.hide import prepare_sets
from aiaudit.probes.text import compiled, shipped
from aiaudit.probes.text.engine import TextEngine
from aiaudit.probes.text.groups import Pattern, PatternGroup
from aiaudit.probes.text.search import Expression, LiteralSearch, WholeSearch, _plain, search_for
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role, role_of, suffix_of
from aiaudit.resources import checkout_precompiled
from tests import shared
from tests.conftest import IS_OF_THESE_BYTES

GROUPS = [
    PatternGroup(
        (Pattern("x", r"key\s*=\s*\w+"), Pattern("y", r"^ab.*x$")), files=("**/*.py",), roles=frozenset({Role.CODE})
    ),
    PatternGroup((Pattern("x", r"(?i)ke?y"), Pattern("y", "ü")), files=("**/*.{py,md}",), unless="b"),
    PatternGroup((Pattern("x", r"\w+y"), Pattern("y", "ab")), files=("**/*",), beside="key"),
    PatternGroup((Pattern("x", r"\[\d"),), files=("!**/x.json", "**/*.json")),
]
OWN = PatternGroup((Pattern("own", r"\bab\b"),))
TEXT = b"key = ab\nab x\n# a key: [1, 2]\n" + "grün ab x\nmy\n".encode()
PATHS = ("a.py", "src/x.json", "tests/test_a.py", "docs/a.md", "data/a.csv", "a.rs")


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a wheel that carries the searches for the groups."""
    prepare_sets()  # those for secrets in what is quoted, which are others
    for name, data in shipped.files_of(GROUPS).items():
        (tmp_path / name).write_bytes(data)
    for module in (compiled, shipped):
        monkeypatch.setattr(module, "precompiled", lambda name: file if (file := tmp_path / name).is_file() else None)
    shipped.shared_searches.cache_clear()
    yield tmp_path
    shipped.shared_searches.cache_clear()


def hits(groups: list[PatternGroup], size: int) -> dict[str, object]:
    engine = TextEngine(groups=groups)
    entries = [Entry(path, size, role=role_of(path), suffix=suffix_of(path)) for path in PATHS]
    asked = [entry for entry in entries if engine.wants(entry)]
    engine.prepare(size * len(asked))
    return {entry.path: engine.scan(TEXT, entry) for entry in asked}


@pytest.mark.slow
def test_hyperscan_takes_every_expression_of_the_packs() -> None:
    """By the search that `make test` has compiled ahead, where there is one of these bytes; else by one made here."""
    groups = {group.key: group for group in _groups(shared.library())}
    rules = shipped._rules(groups, (), frozenset(Role))
    expressions = [Expression(groups[key].regexes[n], groups[key].ignore_case) for key, n in rules]
    plain = {number for number, one in enumerate(expressions) if _plain(one.regex)}
    assert len(plain) > 0.99 * len(expressions)
    ahead = checkout_precompiled()
    if IS_OF_THESE_BYTES():
        assert json.loads((ahead / shipped.INDEX).read_text())["all"] == [list(rule) for rule in rules]
        made = compiled._read(*(ahead / f"all{compiled.SUFFIX}").read_bytes().split(b"\n", 1))
    else:
        made = WholeSearch(expressions).compiled
    by_their_literals = {*made.always, *(number for _, number, _ in made.uses)}
    assert [expressions[number].regex for number in sorted(plain & by_their_literals)] == []  # refused


@pytest.mark.parametrize("groups", [GROUPS, GROUPS[1:3], [*GROUPS, OWN], [OWN]], ids=["all", "some", "more", "others"])
@pytest.mark.parametrize("size", [10, 10**7, 10**9])
def test_hits_are_the_same(groups: list[PatternGroup], size: int, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.name for one in shipped.shared_searches()][-1] == "all"
    with monkeypatch.context() as here:
        if groups in (GROUPS, GROUPS[1:3]):
            here.setattr(hyperscan, "Database", lambda **_: pytest.fail("compiled though the wheel has it"))
        found = hits(groups, size)
    for file in wheel.iterdir():
        file.unlink()
    shipped.shared_searches.cache_clear()
    assert found == hits(groups, size)
    assert any(one["hits"] for one in found.values())  # type: ignore[index]


def test_each_kind_of_file_has_the_smallest_search_that_knows_it(wheel: Path) -> None:
    by_name = {one.name: one for one in shipped.shared_searches()}
    key = {number: group.key for number, group in enumerate(GROUPS)}
    assert by_name["all"].keys == set(key.values())
    assert by_name["code"].keys == {key[0], key[1], key[2]}
    assert by_name["data"].keys == {key[2], key[3]}
    assert by_name["aside"].keys == {key[1], key[2], key[3]}
    assert (key[2], 2) in by_name["all"].rules and (key[2], 0) not in by_name["all"].rules  # only what it is beside


@pytest.mark.parametrize("damage", [b"", b"{}", b"no json\nx", b"[[],[]]\n" + b"x" * 99])
def test_what_this_machine_cannot_read_is_made_here(wheel: Path, damage: bytes) -> None:
    for file in wheel.glob("*.hs"):
        file.write_bytes(damage)
    assert shipped.shared_searches() == ()
    assert hits(GROUPS, 10)["a.py"] != {"hits": {}}


def test_a_search_goes_with_the_engines_that_have_it(wheel: Path) -> None:
    every = shipped.shared_searches()[-1]
    held = every.search()
    assert every.search() is held
    del held
    gc.collect()
    assert not shipped._held


def test_a_broken_index_is_none(wheel: Path) -> None:
    for text in ("", "[]", "{}", '{"all": 3}', '{"all": [[1]]}'):
        (wheel / shipped.INDEX).write_text(text)
        shipped.shared_searches.cache_clear()
        assert shipped.shared_searches() == ()


def test_any_search_of_the_wheel_is_found_by_what_it_looks_for(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expressions = [Expression(r"ab+c\d", True), Expression("(x|y)z")]
    name = WholeSearch.name_of(expressions)
    (wheel / (name.hex() + compiled.SUFFIX)).write_bytes(compiled.to_bytes(WholeSearch(expressions).compiled))
    monkeypatch.setattr(hyperscan, "Database", lambda **_: pytest.fail("compiled though the wheel has it"))
    found = search_for(expressions)
    assert isinstance(found, WholeSearch) and list(found.candidates(b"xz ABBC1")) == [0, 1]
    monkeypatch.undo()
    assert not isinstance(search_for([*expressions, Expression("c")]), WholeSearch)
    assert isinstance(search_for([*expressions, Expression("c")]), LiteralSearch)
