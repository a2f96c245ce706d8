"""Rules of `.gitignore` are looked up, or tried where a name ends or begins as one of them does: the same as if all were
tried."""

from __future__ import annotations

import pytest

from aiaudit.project.gitignore import IgnoreFile


def ignored(rules: str, path: str, *, is_dir: bool = False) -> bool | None:
    """What a `.gitignore` of these rules, which stand on lines, says of one path."""
    folder, slash, name = path.rpartition("/")
    return IgnoreFile(rules.encode()).verdicts(folder + slash, {name, "other"}, is_dir=is_dir).get(name)


@pytest.mark.parametrize(
    ("rules", "path", "verdict"),
    [
        ("build", "a/build", True),
        ("/build", "build", True),
        ("/build", "a/build", None),
        ("docs/_build", "docs/_build", True),
        ("docs/_build", "a/docs/_build", None),
        ("*.py[co]", "a/b.pyo", True),
        ("*.py[co]", "a/b.pyd", None),
        ("*.[a-c]", "x.b", True),
        ("[ab]*[cd]", "a-d", True),
        ("\\\\[[ab]", "[a", None),
        (".env*", "a/.env.local", True),
        ("/.env*", "a/.env.local", None),
        ("docs/*", "docs/a", True),
        ("docs/*", "docs/a/b", None),
        ("docs/**/x.txt", "docs/x.txt", True),
        ("docs/**/x.txt", "docs/a/b/x.txt", True),
        ("**/x*", "a/b/xy", True),
        ("a/b*", "a/bc", True),
        (".p*\n/docs/*", ".pre", True),
        ("??//", "ab", None),
        ("*", "a/b", True),
        ("*.log\n!keep.log", "keep.log", False),
        ("!keep.log\n*.log", "keep.log", True),
        ("keep.log\n!*.log", "a/keep.log", False),
        ("*.é", "a.é", True),
        ("?", "é", None),  # two bytes, as git counts
        ("cache/", "cache", None),
    ],
)
def test_the_last_rule_that_matches_decides(rules: str, path: str, verdict: bool | None) -> None:
    assert ignored(rules, path) is verdict


def test_a_rule_for_folders_is_one_for_folders_alone() -> None:
    assert ignored("cache/\n!cach[e]", "cache", is_dir=True) is False
    assert ignored("cach[e]\ncache/", "a/cache", is_dir=True) is True
    assert ignored("!cach[e]\ncache/", "a/cache") is False


def test_many_rules_are_all_tried() -> None:
    rules = "".join(f"*.s{number}\nh{number}*\n" for number in range(200))
    assert all(ignored(rules, f"a/x.s{number}") for number in (0, 63, 199))
    assert all(ignored(rules, f"a/h{number}.x") for number in (0, 63, 199))
    assert ignored(rules, "a/x.t1") is None
    assert IgnoreFile(rules.encode()).verdicts("", {"x.s1", "b", "h7"}, is_dir=False) == {"x.s1": True, "h7": True}


def test_a_rule_that_nobody_can_read_says_nothing() -> None:
    assert ignored("[z-a]\n*.log", "x.log") is True
    assert ignored("[z-a]", "z") is True  # as git takes it
    assert ignored("[z-a]", "a") is None
    assert ignored("[[:what:]]x", "ax") is None


def test_bytes_that_are_no_text_match_as_bytes() -> None:
    rules = IgnoreFile(b"*\xa9\n\xff*\nplain\xff")
    assert rules.verdicts("", {"é", "\udcffa", "plain\udcff", "e"}, is_dir=False) == {
        "é": True,  # ends with that byte
        "\udcffa": True,
        "plain\udcff": True,
    }
