"""The walk: what it lists, what it refuses to enter, and that nothing in a tree can mislead it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aiaudit.project.entry import display
from aiaudit.project.reader import Unreadable
from aiaudit.project.tree import Project
from aiaudit.project.walk import walk
from tests.project.trees import build


def paths(root: Path, **options: object) -> list[str]:
    return [entry.path for entry in walk(root, **options).entries]  # type: ignore[arg-type]


def test_entries_are_sorted_by_the_bytes_of_their_paths(tmp_path: Path) -> None:
    build(tmp_path, {"b.py": "", "a/z.py": "", "a.py": "", "A.py": "", "a-b/x": "", "é.txt": "", "z/z": ""})
    found = paths(tmp_path)
    assert found == sorted(found, key=os.fsencode)
    assert found == ["A.py", "a-b/x", "a.py", "a/z.py", "b.py", "z/z", "é.txt"]


def test_an_entry_knows_its_size_suffix_and_role(tmp_path: Path) -> None:
    build(tmp_path, {"src/App.PY": "x = 1\n", "tests/test_a.py": ""})
    first, second = walk(tmp_path).entries
    assert (first.path, first.size, first.suffix, first.role, first.kind) == ("src/App.PY", 6, ".py", "code", "file")
    assert (second.name, second.size, second.role) == ("test_a.py", 0, "test")


def test_ignored_files_are_entries_and_marked(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            ".gitignore": "*.log\n/build/\n!keep.log\n",
            "a.log": "1",
            "keep.log": "2",
            "build/out.txt": "3",
            "src/build/mine.txt": "4",
            "src/.gitignore": "!a.log\nlocal.*\n",
            "src/a.log": "5",
            "src/local.env": "6",
        },
    )
    ignored = {entry.path for entry in walk(tmp_path).entries if entry.ignored}
    assert ignored == {"a.log", "build/out.txt", "src/local.env"}


def test_an_ignored_folder_cannot_be_taken_back_from_inside(tmp_path: Path) -> None:
    build(tmp_path, {".gitignore": "data/\n", "data/.gitignore": "!*\n", "data/a.csv": "x"})
    assert all(entry.ignored for entry in walk(tmp_path).entries if entry.path.startswith("data/"))


def test_an_ignore_file_of_another_tool_hides_nothing(tmp_path: Path) -> None:
    build(tmp_path, {".ignore": "*\n", ".rgignore": "*\n", "secret.py": "x"})
    assert [(entry.path, entry.ignored) for entry in walk(tmp_path).entries] == [
        (".ignore", False),
        (".rgignore", False),
        ("secret.py", False),
    ]


def test_folders_of_installed_code_are_skipped_and_said_so(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            ".git/HEAD": "x",
            "node_modules/a/index.js": "x",
            "web/node_modules/b/index.js": "x",
            "a/__pycache__/m.pyc": "x",
            "b/__pycache__/m.pyc": "x",
            "env/pyvenv.cfg": "home = /usr",
            "env/lib/os.py": "x",
            "venv/readme.txt": "no environment at all",
            "main.py": "x",
        },
    )
    tree = walk(tmp_path)
    assert [entry.path for entry in tree.entries] == ["main.py", "venv/readme.txt"]
    skipped = dict(tree.skipped)
    assert skipped[".git"] == "version control store, not walked"
    assert skipped["**/node_modules"] == "2 folders: installed packages, not read"
    assert skipped["**/__pycache__"] == "2 folders: cache or build output, not read"
    assert skipped["env"] == "virtual environment, not read"


def test_excluded_files_and_folders_are_listed_as_skipped(tmp_path: Path) -> None:
    build(tmp_path, {"a.py": "", "b.py": "", "old/c.py": "", "old/deep/d.py": "", "new/e.py": ""})
    tree = walk(tmp_path, exclude=["b.py", "old/**"])
    assert [entry.path for entry in tree.entries] == ["a.py", "new/e.py"]
    assert ("b.py", "excluded by configuration") in tree.skipped
    assert any(path.startswith("old") and reason == "excluded by configuration" for path, reason in tree.skipped)


def test_links_are_listed_and_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    build(outside, {"secret.txt": "not ours"})
    root = build(tmp_path / "project", {"a/real.txt": "x"})
    (root / "loop").symlink_to(root)
    (root / "a" / "up").symlink_to("..")
    (root / "escape").symlink_to(outside)
    (root / "passwd").symlink_to("/etc/passwd")
    (root / "dangling").symlink_to("nowhere")
    kinds = {entry.path: entry.kind for entry in walk(root).entries}
    assert kinds == {
        "a/real.txt": "file",
        "a/up": "symlink",
        "dangling": "symlink",
        "escape": "symlink",
        "loop": "symlink",
        "passwd": "symlink",
    }
    with Project.open(root) as project:
        assert [entry.path for entry in project.files] == ["a/real.txt"]
        for path in ("passwd", "loop", "dangling"):
            with pytest.raises(Unreadable, match="symbolic link"):
                project.read(path)


def test_a_link_says_which_file_of_the_tree_it_stands_for(tmp_path: Path) -> None:
    root = build(tmp_path / "project", {"docs/index.md": "text", "a/b.txt": "b"})
    build(tmp_path, {"outside.md": "not ours"})
    links = {
        "README.md": "docs/index.md",
        "docs/again.md": "../README.md",
        "a/self": "self",
        "ping": "pong",
        "pong": "ping",
        "folder": "a",
        "through": "folder/b.txt",
        "out.md": "../outside.md",
        "absolute.md": str(root / "docs/index.md"),
        "dots": "a/../../project/a/b.txt",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    targets = {entry.path: entry.target for entry in walk(root).entries if entry.target}
    assert targets == {"README.md": "docs/index.md", "docs/again.md": "docs/index.md"}
    with Project.open(root) as project:
        assert project.text("README.md") == project.text("docs/again.md") == "text"
        assert project.head("README.md", 2) == b"te"
        assert [entry.path for entry in project.matching("*.md")] == ["README.md"]
        assert [entry.path for entry in project.matching("**/*.md")] == ["docs/index.md"]
        for name in links.keys() - targets.keys():
            with pytest.raises(Unreadable, match="symbolic link"):
                project.read(name)


def test_special_files_are_entries_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        old = Path.cwd()
        os.chdir(tmp_path)  # a socket's path must be short
        try:
            server.bind("sock")
        finally:
            os.chdir(old)
        assert {entry.path: entry.kind for entry in walk(tmp_path).entries} == {"pipe": "special", "sock": "special"}
        with Project.open(tmp_path) as project, pytest.raises(Unreadable, match="not a regular file"):
            project.read("pipe")


def test_a_fifo_as_gitignore_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".gitignore")
    build(tmp_path, {"a.py": ""})
    assert [entry.path for entry in walk(tmp_path).entries if not entry.ignored] == [".gitignore", "a.py"]


def test_a_gitignore_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    build(tmp_path / "elsewhere", {"rules": "*\n"})
    root = build(tmp_path / "project", {"a.py": ""})
    (root / ".gitignore").symlink_to(tmp_path / "elsewhere" / "rules")
    assert not any(entry.ignored for entry in walk(root).entries)


def test_a_sparse_file_is_told_apart(tmp_path: Path) -> None:
    with (tmp_path / "huge.bin").open("wb") as file:
        file.truncate(2 * 1024**3)
    build(tmp_path, {"dense.bin": os.urandom(2 * 1024 * 1024)})
    dense, huge = walk(tmp_path).entries
    assert huge.sparse and huge.size == 2 * 1024**3
    assert not dense.sparse


def test_names_that_are_no_text_are_kept_and_shown_escaped(tmp_path: Path) -> None:
    names = [b"bad\xff.py", b"line\nbreak.py", b"\x1b[31mred.py", "right\u202eleft.py".encode()]
    for name in names:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_bytes(b"x = 1\n")
    with Project.open(tmp_path) as project:
        entries = list(project.files)
        assert {os.fsencode(entry.path) for entry in entries} == set(names)
        assert {entry.display for entry in entries} == {
            "bad\\xff.py",
            "line\\nbreak.py",
            "\\x1b[31mred.py",
            "right\\u202eleft.py",
        }
        for entry in entries:
            assert entry.display.isprintable() and entry.display.encode("utf-8")
            assert project.read(entry.path) == b"x = 1\n"
        assert len(project.matching("*.py")) == len(names)


@given(st.text())
def test_display_is_always_printable(text: str) -> None:
    shown = display(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable()


def test_caps_end_the_walk_honestly(tmp_path: Path) -> None:
    build(tmp_path, {f"d{i}/f{j}.txt": "" for i in range(5) for j in range(5)})
    tree = walk(tmp_path, max_entries=7)
    assert len(tree.entries) == 7 and not tree.complete
    assert ("**", "more than 7 files; the rest was not walked") in tree.skipped
    assert walk(tmp_path).complete


def test_depth_is_bounded(tmp_path: Path) -> None:
    build(tmp_path, {"a/b/c/d/e.txt": "x", "a/f.txt": "x"})
    tree = walk(tmp_path, max_depth=2)
    assert [entry.path for entry in tree.entries] == ["a/f.txt"]
    assert ("a/b/c", "deeper than 2 folders") in tree.skipped


def test_very_deep_folders_do_no_harm(tmp_path: Path) -> None:
    old = Path.cwd()
    os.chdir(tmp_path)
    try:
        for _ in range(300):
            Path("d").mkdir()
            os.chdir("d")
    finally:
        os.chdir(old)
    tree = walk(tmp_path)
    assert any(reason == "deeper than 64 folders" for _, reason in tree.skipped)
    shutil.rmtree(tmp_path / "d")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_skipped_with_its_reason(tmp_path: Path) -> None:
    build(tmp_path, {"closed/a.py": "", "b.py": ""})
    (tmp_path / "closed").chmod(0)
    try:
        tree = walk(tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert [entry.path for entry in tree.entries] == ["b.py"]
    assert ("closed", "permission denied") in tree.skipped


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_a_root_that_is_no_folder_is_one_clear_error(tmp_path: Path, name: str) -> None:
    build(tmp_path, {"file.txt": ""})
    with pytest.raises(Unreadable) as caught:
        walk(tmp_path / name)
    assert "\n" not in caught.value.reason and name in caught.value.reason


def test_a_root_that_is_a_link_is_followed_for_the_caller_named_it(tmp_path: Path) -> None:
    build(tmp_path / "real", {"a.py": ""})
    (tmp_path / "link").symlink_to("real")
    assert paths(tmp_path / "link") == ["a.py"]


RULES = st.text(alphabet="ab*?/!.[]-\\# ", min_size=1, max_size=8)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the oracle")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RULES, min_size=1, max_size=4))
@example(["***/?"])
@example(["aa/****"])
@example(["b***/b"])
@example(["[a-?]"])
@example(["[!b-a]"])
def test_ignored_is_what_git_says(tmp_path_factory: pytest.TempPathFactory, rules: list[str]) -> None:
    root = tmp_path_factory.mktemp("repo")
    files = ["a", "b", "ab", "a.b", "b.a", "aa/b", "aa/a.a", "ba/ab/b", "ba/a", ".a/b", "a b", "b-a"]
    files = [name for name in files if name != "a"]
    build(root, dict.fromkeys(files, ""))
    build(root, {".gitignore": "\n".join(rules) + "\n"})
    clean = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True, env=clean)
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=root, input="\0".join(files), capture_output=True, text=True, env=clean, check=False,
    )  # fmt: skip
    git_says = set(done.stdout.split("\0")) - {""}
    ours = {entry.path for entry in walk(root).entries if entry.ignored and entry.path in files}
    assert ours == git_says, rules
    shutil.rmtree(root)


def test_the_mark_of_an_environment_hides_only_what_an_environment_has(tmp_path: Path) -> None:
    """One file `pyvenv.cfg` hid all code of its folder."""
    build(
        tmp_path,
        {
            "app/pyvenv.cfg": "home = /usr",
            "app/serve.py": "",
            "svc/pyvenv.cfg": "home = /usr",
            "svc/bin/pip": "",
            "svc/lib/python3.12/x.py": "",
            "svc/core/load.py": "",
            "env/pyvenv.cfg": "home = /usr",
            "env/bin/pip": "",
            "env/.gitignore": "*",
        },
    )
    tree = walk(tmp_path)
    assert [entry.path for entry in tree.entries] == ["app/pyvenv.cfg", "app/serve.py", "svc/core/load.py"]
    assert [one.path for one in tree.skipped] == ["env", "svc/bin", "svc/lib"]


def test_what_git_tracks_is_no_cache_whatever_its_folder_is_called(tmp_path: Path) -> None:
    files = dict.fromkeys(("__pycache__/load.py", "__pycache__/load.cpython-312.pyc", ".cache/a/run.py", "main.py"), "")
    build(tmp_path, {**files, "node_modules/a.js": ""})
    for words in (["init", "-q"], ["add", "-f", "."]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / ".cache/made.py").write_text("")
    tree = walk(tmp_path)
    assert [e.path for e in tree.entries] == [".cache/a/run.py", "__pycache__/load.py", "main.py"]
    assert {one.path for one in tree.skipped} == {".cache", ".git", "__pycache__", "node_modules"}
