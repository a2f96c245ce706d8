import pytest

from aiaudit import resources


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
