"""Classes of files that share a search: none is left out, all cost least, and hits are those of one search for all."""

from __future__ import annotations

from pathlib import Path

import hyperscan
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.probes.text.classes import Keys, Weight, classes
from aiaudit.probes.text.engine import TextEngine
from aiaudit.probes.text.groups import Pattern, PatternGroup
from aiaudit.probes.text.search import LiteralSearch, WholeSearch
from aiaudit.project.cache import Cache, open_cache
from aiaudit.project.entry import Entry
from aiaudit.project.roles import role_of, suffix_of

KEYS = "abcdefgh"
KINDS = st.dictionaries(
    st.sets(st.sampled_from(KEYS), min_size=1).map(lambda some: tuple(sorted(some))),
    st.floats(0, 1e9),
    min_size=1,
    max_size=24,
)
WEIGHTS = st.fixed_dictionaries(
    {key: st.integers(1, 200).flatmap(lambda n: st.builds(Weight, st.just(n), st.integers(n, 99 * n))) for key in KEYS}
)
MB = 1e6


@settings(max_examples=100, deadline=None)
@given(KINDS, WEIGHTS)
def test_each_kind_is_in_one_class_with_all_its_keys(sizes: dict[Keys, float], weights: dict[str, Weight]) -> None:
    made = classes(sizes, weights)
    assert sorted(kind for one in made for kind in one.kinds) == sorted(sizes)
    for one in made:
        assert one.keys == tuple(sorted({key for kind in one.kinds for key in kind}))
    assert made == classes(dict(reversed(sizes.items())), weights)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        # much code, much data: each has a search of its own
        ({("c", "s"): 80 * MB, ("s",): 40 * MB}, [(("c", "s"), True), (("s",), True)]),
        # kinds of code that differ little are one class
        ({("c", "s"): 60 * MB, ("c", "r", "s"): 20 * MB}, [(("c", "r", "s"), True)]),
        # a little data goes with the code rather than to have its own made
        ({("c", "s"): 80 * MB, ("s",): 0.1 * MB}, [(("c", "s"), True)]),
        # so little that literals do
        ({("c", "s"): 0.1 * MB}, [(("c", "s"), False)]),
    ],
)
def test_searches_are_joined_where_that_saves_time(sizes: dict[Keys, float], expected: list[tuple[Keys, bool]]) -> None:
    weights = {"c": Weight(220, 30000), "r": Weight(2, 200), "s": Weight(110, 7000)}
    assert [(one.keys, one.whole) for one in classes(sizes, weights)] == expected


GROUPS = [
    PatternGroup((Pattern("x", r"key\s*=\s*\w+"), Pattern("y", r"^ab.*x$"), Pattern("z", "(a|b)c")), files=("*.py",)),
    PatternGroup((Pattern("x", r"(?i)ke?y"), Pattern("y", "ü")), files=("*.py", "*.md"), unless="b"),
    PatternGroup((Pattern("x", r"\bab?\b"),), most=2),
    PatternGroup((Pattern("long", "|".join(f"key{number}c" for number in range(60))),), files=("*.py", "*.md")),
    PatternGroup(
        (Pattern("x", r"(k)(e)?"),), files=("*.md",), judge=lambda _, m, text: {"at": m.span(1)}, judged_by="1"
    ),
]
PATHS = ("a.py", "tests/test_a.py", "a.md", "a.csv", "a.json")


def engine(size: int, cache: Cache | None = None) -> TextEngine:
    """An engine for files of which each has so many bytes."""
    made = TextEngine(groups=GROUPS)
    assert all(made.wants(entry(path, size)) for path in PATHS)
    made.prepare(size * len(PATHS), cache)
    return made


def entry(path: str, size: int = 1) -> Entry:
    return Entry(path, size, role=role_of(path), suffix=suffix_of(path))


FEW, SOME, MUCH = engine(10), engine(6_000_000), engine(2**36)


def test_classes_have_their_searches() -> None:
    def searches(made: TextEngine) -> list[object]:
        return [type(one.search) for one in {id(one): one for (one,) in made._searches.values()}.values()]

    kinds = {MUCH._keys(entry(path)) for path in PATHS}
    assert searches(FEW) == [LiteralSearch]
    assert set(SOME._searches) == set(MUCH._searches) == kinds
    assert set(searches(SOME)) == {LiteralSearch, WholeSearch}
    assert searches(MUCH) == [WholeSearch] * len(kinds)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="kKeEyYabc=x \nü\u212a", max_size=60).map(str.encode), st.sampled_from(PATHS))
def test_hits_do_not_depend_on_the_classes(text: bytes, path: str) -> None:
    found = [made.scan(text, entry(path)) for made in (FEW, SOME, MUCH)]
    assert found[0] == found[1] == found[2]


def test_what_was_compiled_for_each_class_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_cache(tmp_path / "cache") as cache:
        engine(2**36, cache)
        monkeypatch.setattr(hyperscan, "Database", lambda **_: pytest.fail("compiled again"))
        again = engine(2**36, cache)
    assert again.scan(b"key = ab", entry("a.py")) == FEW.scan(b"key = ab", entry("a.py")) != {"hits": {}}
