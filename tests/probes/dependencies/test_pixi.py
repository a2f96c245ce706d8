"""Dependencies of Pixi, in a file of its own and in pyproject.toml."""

from __future__ import annotations

from pathlib import Path

from aiaudit.probes.dependencies.inventory import inventory
from tests.probes.support import context

PIXI = """\
[workspace]
name = "answers"
[dependencies]
python = "3.12.*"
pandas = ">=2.2"
requests = "==2.32.3"
[pypi-dependencies]
openai = "*"
own = { path = "own", editable = true }
[build-dependencies]
cmake = "*"
[feature.test.dependencies]
pytest = "*"
[target.linux-64.dependencies]
cuda-toolkit = { version = "12.*" }
"""


def told(tmp_path: Path, files: dict[str, str]) -> set[tuple[str, str, str, str, bool, int]]:
    (manifest,) = inventory(context(tmp_path, files)).manifests
    return {(d.name, d.ecosystem, d.group, d.source, d.pinned, d.line) for d in manifest.dependencies}


def test_tables_features_and_platforms(tmp_path: Path) -> None:
    assert told(tmp_path, {"pixi.toml": PIXI}) == {
        ("pandas", "conda", "main", "registry", False, 5),
        ("requests", "conda", "main", "registry", True, 6),
        ("openai", "pypi", "main", "registry", False, 8),
        ("own", "pypi", "main", "path", False, 9),
        ("cmake", "conda", "build", "registry", False, 11),
        ("pytest", "conda", "dev", "registry", False, 13),
        ("cuda-toolkit", "conda", "main", "registry", False, 15),
    }


def test_in_pyproject(tmp_path: Path) -> None:
    text = '[project]\nname = "a"\ndependencies = ["httpx"]\n[tool.pixi.dependencies]\nnumpy = ">=2"\n'
    assert told(tmp_path, {"pyproject.toml": text}) == {
        ("httpx", "pypi", "main", "registry", False, 3),
        ("numpy", "conda", "main", "registry", False, 5),
    }


def test_what_is_otherwise_is_passed_over(tmp_path: Path) -> None:
    text = "dependencies = 3\nfeature = [1]\ntarget = {a = 1}\n[pypi-dependencies]\nx = 1\ny = {version = 2}\n"
    assert {name for name, *_ in told(tmp_path, {"pixi.toml": text})} == {"x", "y"}
