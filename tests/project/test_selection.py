"""Files by globs, all at once: the same as each path tried against each glob."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aiaudit.project.entry import Entry
from aiaudit.project.globs import GlobSet
from aiaudit.project.roles import Role
from aiaudit.project.selection import Selection
from aiaudit.project.tree import Project

_PARTS = st.sampled_from(
    ["a", "b", "src", "Readme", "README.md", "x.py", "x.test.ts", ".env", ".ENV.local", "a\nb", "é", "y.PY", "[z]"]
)
_PATHS = st.lists(_PARTS, min_size=1, max_size=4).map("/".join)
_GLOB_PARTS = st.sampled_from(
    [
        "**",
        "*",
        "?",
        "a",
        "b",
        "*.py",
        "*.test.*",
        "x.{py,ts}",
        ".env*",
        "readme*",
        "[!a]",
        "[a-c]",
        "*.md",
        "É",
        "x.py",
        "?env",
    ]
)
_GLOBS = st.tuples(st.sampled_from(["", "!", "**/", "!**/"]), st.lists(_GLOB_PARTS, min_size=1, max_size=3)).map(
    lambda both: both[0] + "/".join(both[1])
)
_ROLES = st.sampled_from([Role.CODE, Role.TEST, Role.DOCS])


@given(
    st.dictionaries(_PATHS, _ROLES, min_size=1, max_size=25),
    st.lists(_GLOBS, min_size=1, max_size=4),
    st.none() | st.sets(_ROLES, min_size=1),
)
def test_the_same_files_as_one_by_one(paths: dict[str, Role], globs: list[str], roles: set[Role] | None) -> None:
    entries = [_entry(path, role) for path, role in paths.items()]
    one_by_one = GlobSet(globs)
    expected = {path for path, role in paths.items() if one_by_one(path) and (roles is None or role in roles)}
    found = Selection(entries).matching(globs, roles)
    assert {entry.path for entry in found} == expected
    assert [entry.path.encode() for entry in found] == sorted(entry.path.encode() for entry in found)


@given(
    st.lists(_PATHS, min_size=1, max_size=25, unique=True),
    st.lists(st.lists(_GLOBS, min_size=1, max_size=3), max_size=4),
)
def test_the_same_lists_as_one_by_one(paths: list[str], lists: list[list[str]]) -> None:
    found = Selection([_entry(path, Role.CODE) for path in paths]).among(lists)
    sets = [GlobSet(globs) for globs in lists]
    for path in paths if lists else ():
        assert found[path] == tuple(number for number, one in enumerate(sets) if one(path))


def test_asking_again_and_for_other_lists_gives_the_same() -> None:
    files = Selection([_entry("a/x.py", Role.CODE), _entry("X.PY", Role.CODE), _entry("a/x.pyc", Role.CODE)])
    for _ in range(2):
        assert [one.path for one in files.matching(["**/*.py"])] == ["X.PY", "a/x.py"]
        assert [one.path for one in files.matching(["**/*.py", "!a/**"])] == ["X.PY"]
        assert [one.path for one in files.matching(["*x*"])] == ["X.PY"]
    assert Selection([]).matching(["**/*", "*"]) == []


def test_long_lists_are_the_same() -> None:
    """Many files are told apart by one search of all paths, few of them one by one."""
    paths = [f"src/p{number % 7}/m{number}.{'py' if number % 3 else 'txt'}" for number in range(4000)]
    files = Selection([_entry(path, Role.CODE) for path in paths])
    for glob in ("src/p3/*.py", "**/*9.py", "**/m10*", "**/m17.py", "src/**/m1?.{py,txt}", "**/*.py"):
        expected = sorted(path for path in paths if GlobSet([glob])(path))
        assert [one.path for one in files.matching([glob])] == expected
        assert expected


def test_files_are_found_again_after_what_finds_them_was_let_go(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"m{number:02}.py").write_text("x = 1\n")
    with Project.open(tmp_path) as project:
        found = project.matching("m1*.py")
        assert len(found) == 10
        assert project.read("m11.py") == b"x = 1\n"
        project.forget(lists=True)
        assert project.remembered("m11.py") is None
        assert project.matching("m1*.py") == found


def _entry(path: str, role: Role) -> Entry:
    return Entry(path, 1, role=role)
