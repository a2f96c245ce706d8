"""Answers kept for a tree that has not changed: never those of another tree, day, configuration or question."""

from __future__ import annotations

import datetime as dt
import inspect
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aiaudit import answers, subject
from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import Fact, State
from aiaudit.probes import registry
from aiaudit.probes.collect import collect
from aiaudit.project import manifest
from aiaudit.project.cache import Cache, content_hash, open_cache
from aiaudit.project.config import ProjectConfig
from aiaudit.project.tree import Project

DAY = dt.date(2026, 11, 24)
LONG_AGO = 1_600_000_000
FILES = {
    "app.py": "import torch\n\nmodel = torch.load('model.pt')\nprint(model)\n",
    "README.md": "# Model\n\nIt predicts.\n",
    ".gitignore": "secret.txt\n",
}


def spec(name: str, probe: str, **query: Any) -> FactSpec:
    return FactSpec(name, Place("pack.yaml", 1, 1), probe, query)


SPECS = (
    spec("calls", "python.calls", any=["torch.load"]),
    spec("words", "text.search", any={"it": "[Pp]redicts"}, files=["**/*.md"]),
    spec("files", "files.exists", files=["**/*.py", "**/*.txt"]),
)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    opened = open_cache(tmp_path / "cache")
    assert opened is not None
    with opened:
        yield opened


@pytest.fixture(autouse=True)
def always_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(manifest, "RACY_NS", 0)  # the files of a test are younger than two seconds


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    time.sleep(0.02)  # a tick of the clock: what is noted now is settled
    return root


Asked = tuple[dict[str, Fact], int]


@pytest.fixture
def ask(cache: Cache, tree: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Asked]:
    """The facts, and how many queries were put to a probe for them."""
    put: list[int] = []

    def counted(specs: Any, *args: Any, **options: Any) -> dict[str, Fact]:
        some = list(specs)
        put.append(len(some))
        return collect(some, *args, **options)

    monkeypatch.setattr(answers, "run_probes", counted)

    def asked(*, specs: Any = SPECS, config: ProjectConfig | None = None, as_of: dt.date = DAY, **rest: Any) -> Asked:
        with Project.open(tree) as project:
            facts = dict(
                answers.ask(specs, project, config or ProjectConfig(), as_of, jobs=1, cache=cache, **rest).facts
            )
        time.sleep(0.02)
        return facts, put[-1]

    return asked


@pytest.mark.parametrize("together", [1, 2, 5000])
def test_an_unchanged_tree_is_not_asked_again(
    ask: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(manifest, "_TOGETHER", together)
    first, put = ask()
    assert put == len(SPECS)
    assert [fact.state for fact in first.values()] == [State.KNOWN] * 3
    second, put = ask()
    assert put == 0
    assert {name: fact.value for name, fact in second.items()} == {name: fact.value for name, fact in first.items()}
    assert list(second) == list(first)


def test_what_is_kept_is_not_read_before_somebody_wants_it(cache: Cache, tree: Path, ask: Callable[..., Asked]) -> None:
    ask()
    with Project.open(tree) as project:
        kept = answers.ask(SPECS, project, ProjectConfig(), DAY, jobs=1, cache=cache).facts
    assert isinstance(kept, answers.Joined)
    mine = kept._first
    assert isinstance(mine, answers.Kept)
    assert list(kept) == ["calls", "words", "files"]
    assert "calls" in kept
    assert "others" not in kept
    assert subject.commit(kept, {one.id: one for one in SPECS}) is None
    assert subject.within(kept, {one.id: one for one in SPECS}) == ""
    assert not mine._read
    assert kept["files"].state is State.KNOWN
    assert list(mine._read) == ["files"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda root: (root / "app.py").write_text("import os\n"), id="content"),
        pytest.param(lambda root: (root / "more.py").write_text("x = 1\n"), id="new file"),
        pytest.param(lambda root: (root / "README.md").unlink(), id="file gone"),
        pytest.param(lambda root: (root / "app.py").rename(root / "main.py"), id="renamed"),
        pytest.param(lambda root: (root / ".gitignore").write_text("app.py\n"), id="ignored"),
        pytest.param(lambda root: (root / "link.py").symlink_to("app.py"), id="link"),
    ],
)
def test_a_changed_tree_is_asked_again(
    ask: Callable[..., Asked], tree: Path, cache: Cache, change: Callable[[Path], object]
) -> None:
    ask()
    change(tree)
    facts, put = ask()
    assert put == len(SPECS)
    with Project.open(tree) as project:
        assert facts == collect(SPECS, project, ProjectConfig(), DAY, jobs=1)


def test_a_content_of_the_same_size_and_date_is_another(ask: Callable[..., Asked], tree: Path) -> None:
    os.utime(tree / "app.py", (LONG_AGO, LONG_AGO))
    time.sleep(0.02)
    before, _ = ask()
    size = (tree / "app.py").stat().st_size
    (tree / "app.py").write_text(FILES["app.py"].replace("torch.load", "torch.lood"))
    os.utime(tree / "app.py", (LONG_AGO, LONG_AGO))
    assert (tree / "app.py").stat().st_size == size
    after, _ = ask()
    assert before["calls"].state is State.KNOWN
    assert after["calls"].state is State.ABSENT


def test_figures_that_are_too_young_are_not_trusted(
    ask: Callable[..., Asked], tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "RACY_NS", 3600 * 10**9)
    read: list[str] = []
    real = Project.read
    ask()
    monkeypatch.setattr(Project, "read", lambda self, path: (read.append(path), real(self, path))[1])
    _, put = ask()
    assert sorted(read) == sorted(FILES)  # read again, found the same
    assert put == 0


@pytest.mark.parametrize("together", [1, 2, 5000])
def test_what_is_noted_of_a_tree_is_read_again(
    cache: Cache, tree: Path, ask: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(manifest, "_TOGETHER", together)
    ask()
    (tree / "added.txt").write_text("later\n")
    (tree / "README.md").unlink()
    with Project.open(tree) as project:
        noted = manifest.Manifest(project, cache)
        assert {path: noted._known(project.entry(path)) for path in ("app.py", ".gitignore", "added.txt")} == {  # type: ignore[arg-type]
            "app.py": content_hash(FILES["app.py"].encode()),
            ".gitignore": content_hash(FILES[".gitignore"].encode()),
            "added.txt": None,
        }


def test_a_touched_file_with_the_same_content_is_the_same(ask: Callable[..., Asked], tree: Path) -> None:
    ask()
    os.utime(tree / "app.py", (LONG_AGO, LONG_AGO))
    _, put = ask()
    assert put == 0


def test_another_question_day_or_configuration_is_asked(ask: Callable[..., Asked]) -> None:
    ask()
    assert ask(as_of=dt.date(2026, 11, 25))[1] == len(SPECS)
    assert ask(config=ProjectConfig.model_validate({"project": {"stage": "pilot"}}))[1] == len(SPECS)
    assert ask(specs=SPECS[:2])[1] == 2
    assert ask(options={"history": True})[1] == len(SPECS)


def test_git_and_the_machine_are_asked_each_time(ask: Callable[..., Asked]) -> None:
    specs = (*SPECS, spec("machine", "hardware"), spec("tracked", "git.tracked", files=["**/*"]))
    ask(specs=specs)
    facts, put = ask(specs=specs)
    assert put == 2
    assert list(facts) == [one.id for one in specs]


def test_a_probe_that_looks_beyond_the_tree_is_known_as_one() -> None:
    """By its module's own words: git, the machine, prices, or an option that names something elsewhere."""
    beyond = re.compile(
        r"probe_hardware|find_repository|context\.options\.get\((?!\"cache\")|from aiaudit\.cost\.prices|kingfisher"
    )
    found = set()
    for name in registry.PROBES:
        module = inspect.getmodule(type(registry.get(name)))
        assert module is not None
        if beyond.search(inspect.getsource(module)):
            found.add(name)
    by_options = {"secrets", "data.profile"}  # see `is_of_tree`
    assert found - by_options <= registry.BEYOND_THE_TREE
    profile = spec("rows", "data.profile")
    assert [answers.is_of_tree(profile, {"data_engine": url}) for url in (None, "postgres://db")] == [True, False]
    assert set(registry.PROBES) >= registry.BEYOND_THE_TREE


def test_nothing_is_kept_of_a_tree_with_an_unreadable_file(ask: Callable[..., Asked], tree: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads every file")
    (tree / "app.py").chmod(0)
    ask()
    assert ask()[1] == len(SPECS)


def test_errors_are_not_kept(ask: Callable[..., Asked]) -> None:
    broken = (*SPECS, spec("wrong", "files.exists", nonsense=1))
    facts, _ = ask(specs=broken)
    assert facts["wrong"].state is State.ERROR
    assert ask(specs=broken)[1] == len(broken)


def test_a_damaged_document_is_asked_anew(ask: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = ask()
    real = Cache.kept

    def damaged(self: Cache, slot: bytes, name: bytes) -> list[bytes] | None:
        return [b"{}", b"={}"] if name else real(self, slot, name)

    monkeypatch.setattr(Cache, "kept", damaged)
    again, put = ask()
    assert put == len(SPECS)
    assert again == first


def test_copies_of_a_file_are_found_in_every_run(tree: Path, cache: Cache) -> None:
    """The answers about a file come from the cache by its content; each copy still has its own place."""
    for folder in ("one", "two"):
        (tree / folder).mkdir()
        (tree / folder / "app.py").write_text(FILES["app.py"])
    for day in range(3):
        with Project.open(str(tree)) as project:
            facts = collect(SPECS, project, ProjectConfig(), DAY + dt.timedelta(days=day), cache=cache)
        assert [row["path"] for row in facts["calls"].value] == ["app.py", "one/app.py", "two/app.py"]
