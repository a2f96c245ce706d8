import os
from pathlib import Path

import pytest

from aiaudit import resources
from tests.conftest import IS_FRESH, IS_OF_THESE_BYTES


def test_a_checkout_serves_the_folders_beside_the_package() -> None:
    for folder in ("checks", "templates"):
        path = resources.path_of(folder)  # type: ignore[arg-type]
        assert path.is_absolute()
        assert path.is_dir()


def test_a_wheel_serves_the_folder_inside_the_package(tmp_path, monkeypatch) -> None:
    (tmp_path / "site" / "aiaudit" / "_templates").mkdir(parents=True)
    (tmp_path / "site" / "templates").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "site" / "aiaudit")
    assert resources.path_of("templates").name == "_templates"


def test_the_working_directory_is_never_asked(tmp_path, monkeypatch) -> None:
    (tmp_path / "audited" / "checks").mkdir(parents=True)
    (tmp_path / "empty" / "aiaudit").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "audited")
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "empty" / "aiaudit")
    with pytest.raises(FileNotFoundError, match="checks"):
        resources.path_of("checks")


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A checkout whose packs were compiled. Asked as a process would that begins now."""
    for folder in ("aiaudit", "checks/llm", "tables", f".{resources.PRECOMPILED}"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "checks/llm/pack.yaml").write_text("id: llm\n")
    (tmp_path / "aiaudit/__init__.py").write_text("")
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "aiaudit")
    monkeypatch.setattr(resources, "_CHECKOUT", tmp_path)
    monkeypatch.setattr(resources, "is_fresh", IS_FRESH.__wrapped__)  # never remembered
    monkeypatch.setattr(resources, "is_of_these_bytes", IS_OF_THESE_BYTES)
    made = resources.checkout_precompiled()
    (made / "all.hs").write_bytes(b"compiled")
    names = f"{resources.state_of_checkout()}\n{resources.content_of_checkout()}\n"
    (made / resources.MADE_OF).write_text(names)
    return tmp_path


def test_what_was_compiled_in_a_checkout_serves_while_nothing_has_changed(checkout) -> None:
    assert resources.precompiled("all.hs") == checkout / ".precompiled" / "all.hs"
    assert resources.precompiled("code.hs") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda root: os.utime(root / "checks/llm/pack.yaml", ns=(1, 1)),
        lambda root: (root / "checks/llm/LLM-001.yaml").write_text("id: LLM-001\n"),
        lambda root: (root / "aiaudit/__init__.py").write_text("# changed\n"),
        lambda root: (root / "tables/models.yaml").write_text("models: []\n"),
        lambda root: (root / ".precompiled/made-of").unlink(),
        lambda root: (root / ".precompiled/made-of").write_bytes(b"\xff"),
    ],
    ids=["time", "new pack", "program", "table", "unfinished", "damaged"],
)
def test_what_was_compiled_from_something_else_is_not_taken(checkout, change) -> None:
    change(checkout)
    assert resources.precompiled("all.hs") is None


def test_a_wheel_takes_it_by_what_the_files_hold_whatever_their_times(checkout) -> None:
    os.utime(checkout / "checks/llm/pack.yaml", ns=(1, 1))
    assert resources.is_of_these_bytes()
    (checkout / "checks/llm/pack.yaml").write_text("id: xyz\n")
    assert not resources.is_of_these_bytes()
