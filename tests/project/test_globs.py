"""Globs, their index, and what a file is for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.project.globs import BadGlob, GlobSet, GlobTable, as_bytes, covers, expand, is_plain, literals
from aiaudit.project.roles import role_of, suffix_of
from aiaudit.project.tree import Project
from tests.project.trees import build


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("README.md", "README.md", True),
        ("README.md", "docs/README.md", False),
        ("readme.md", "README.MD", True),
        ("**/README.md", "README.md", True),
        ("**/README.md", "a/b/README.md", True),
        ("*.py", "a.py", True),
        ("*.py", "a/b.py", False),
        ("**/*.py", "a/b.py", True),
        ("src/**", "src/a/b.c", True),
        ("src/**", "source/a", False),
        ("src/**/x.py", "src/x.py", True),
        ("src/**/x.py", "src/a/b/x.py", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab].py", "b.py", True),
        ("[!ab].py", "b.py", False),
        ("[!ab].py", "c.py", True),
        ("[0-9].py", "5.py", True),
        ("*.{yml,yaml}", "a.yaml", True),
        ("{a,b}/{c,d}.py", "b/c.py", True),
        ("{a,b}/{c,d}.py", "b/e.py", False),
        ("a+b(c).py", "a+b(c).py", True),
        ("[.py", "[.py", True),
        ("**/.env*", "deploy/.env.local", True),
        (".github/workflows/*.yml", ".github/workflows/ci.yml", True),
        ("**/*", "line\nbreak", True),
        ("**/*", "bad\udcff", True),
    ],
)
def test_globs(glob: str, path: str, matches: bool) -> None:
    assert GlobSet([glob])(path) is matches
    assert (GlobTable([[glob]])(path) == (0,)) is matches


def test_a_negated_glob_takes_away() -> None:
    globs = GlobSet(["**/*.py", "!**/test_*.py"])
    assert globs("a/b.py") and not globs("a/test_b.py")
    table = GlobTable([["**/*.py", "!**/test_*.py"], ["**/*"], ["x"]])
    assert table("a/test_b.py") == (1,) and table("b.py") == (0, 1)


@pytest.mark.parametrize("glob", ["{a,b", "x" * 600, "{a,b,c,d,e}{a,b,c,d,e}{a,b,c,d,e}"])
def test_a_bad_glob_is_one_clear_error(glob: str) -> None:
    with pytest.raises(BadGlob) as caught:
        GlobSet([glob])
    assert "\n" not in str(caught.value)


@given(st.text(alphabet="ab*?./{,}[]", max_size=10), st.text(alphabet="abAB./", max_size=8))
def test_a_path_that_matches_holds_the_literals(glob: str, path: str) -> None:
    try:
        matches = GlobSet([glob])(path)
    except BadGlob:
        return
    assert not matches or all(text in as_bytes(path) for text in literals(glob))


def test_literals() -> None:
    assert literals("{,docs/**/}*Retention*.{md,txt}") == (b"retention", b".")
    assert literals("[a]b") == literals("{a,{b,c}}d") == ()


def test_a_hostile_glob_is_quick() -> None:
    start = time.process_time()
    assert not GlobSet(["*a" * 200 + "b"])("a" * 4000)
    assert time.process_time() - start < 1.0


@given(st.lists(st.text(alphabet="ab*?./{,}[]!", max_size=8), max_size=4), st.text(alphabet="ab./", max_size=8))
def test_the_table_agrees_with_the_sets(globs: list[str], path: str) -> None:
    try:
        sets = [GlobSet([glob]) for glob in globs]
        table = GlobTable([[glob] for glob in globs])
    except BadGlob:
        return
    assert table(path) == tuple(number for number, one in enumerate(sets) if one(path))


def test_expand_is_sorted_and_complete() -> None:
    assert expand("x{b,a}") == ("xa", "xb") and expand("plain") == ("plain",)


GLOBS = st.sampled_from(
    [
        "*.py",
        "**/*.py",
        "**/test_*",
        "a/**",
        "**/b.{py,txt}",
        "**/*",
        "*",
        "!**/a.py",
        "**/.env",
        "**/*.tar.gz",
        "**/x*",
    ]
)


@given(st.lists(GLOBS, min_size=1, max_size=4))
def test_the_index_finds_what_the_globs_match(tmp_path_factory: pytest.TempPathFactory, globs: list[str]) -> None:
    root = tmp_path_factory.getbasetemp() / "indexed"
    names = ["a.py", "a/b.py", "a/b.txt", "c/test_x.py", "c/.env", "d.tar.gz", "Makefile", "a/X.PY", "x", "é.py"]
    build(root, dict.fromkeys(names, ""))
    with Project.open(root) as project:
        matches = GlobSet(globs)
        assert [e.path for e in project.matching(globs)] == [e.path for e in project.files if matches(e.path)]


def test_matching_by_role(tmp_path: Path) -> None:
    build(tmp_path, {"app.py": "", "tests/test_app.py": "", "vendor/x.py": ""})
    with Project.open(tmp_path) as project:
        assert [e.path for e in project.matching("**/*.py", ["code", "test"])] == ["app.py", "tests/test_app.py"]


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("src/app.py", "code"),
        ("test.py", "code"),  # in a research repository this is the evaluation script
        ("data/loader.py", "code"),
        ("src/data/train.csv", "data"),
        ("data/test/images/1.png", "data"),
        ("tests/data/sample.csv", "test"),
        ("tests/test_a.py", "test"),
        ("pkg/test_a.py", "test"),
        ("pkg/a_test.go", "test"),
        ("web/app.test.ts", "test"),
        ("web/app.spec.tsx", "test"),
        ("conftest.py", "test"),
        ("latest.py", "code"),
        ("contest.py", "code"),
        ("examples/quickstart.py", "example"),
        ("examples/tests/test_a.py", "test"),
        ("code_snippets/08_embeddings.py", "example"),
        ("app/snippets/views.py", "code"),
        ("docs/conf.py", "docs"),
        ("README.md", "docs"),
        ("LICENSE", "docs"),
        ("license.py", "code"),
        ("CHANGELOG.rst", "docs"),
        ("notebooks/explore.ipynb", "notebook"),
        ("third_party/lib/a.py", "vendored"),
        ("docs/others-notebook/first.py", "vendored"),
        ("docs/notebook/first.py", "docs"),
        (".virtual_documents/first.ipynb", "generated"),
        ("vendor/tests/test_a.py", "vendored"),
        ("api/service_pb2.py", "generated"),
        ("static/app.min.js", "generated"),
        ("dist/bundle.js", "generated"),
        ("Dockerfile", "config"),
        ("docker-compose.yml", "config"),
        ("requirements-dev.txt", "config"),
        (".github/workflows/ci.yml", "config"),
        ("pyproject.toml", "config"),
        (".env.production", "config"),
        ("weights/model.pt", "model"),
        ("model.safetensors", "model"),
        ("train.parquet", "data"),
        ("adapters.npz", "model"),
        ("adapted_rows.npz", "data"),
        ("prompts/system.txt", "other"),
        ("Makefile", "config"),
    ],
)
def test_the_role_of_a_file(path: str, role: str) -> None:
    assert role_of(path) == role


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.PY", ".py"), (".env", ".env"), (".env.local", ".env"), (".gitignore", ""), ("a.tar.gz", ".gz"), ("x", "")],
)
def test_the_suffix_of_a_name(name: str, suffix: str) -> None:
    assert suffix_of(name) == suffix


@pytest.mark.parametrize(
    "path", ["t{ain.py", "a*b.py", "a?.py", "[a].py", "!a.py", "a\udcffb.py", "a\nb.py", "x" * 600]
)
def test_a_path_that_would_say_something_else_as_a_glob_is_not_plain(path: str) -> None:
    assert not is_plain(path)


def test_a_plain_path_is_a_glob_of_itself() -> None:
    assert is_plain("src/my file-1.py")
    assert GlobSet(["**/src/my file-1.py"])("a/src/my file-1.py")


def test_a_glob_of_the_project_that_cannot_be_read_takes_nothing() -> None:
    assert covers("data/*.csv", "data/a.csv")
    assert not covers("data/{a,b", "data/a")
    assert not covers("data/\udcff*", "data/a")
    assert not covers("*" * 600, "data/a")
