"""What the audited tree writes makes no warning on the terminal."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from aiaudit.data import schema_pandera
from aiaudit.probes.dependencies.setup_py import read_setup_py
from aiaudit.syntax import syntax_of
from tests.probes.python.support import ask

SLOPPY = 'PATTERN = "\\g \\d"\nsetup(name="x", install_requires=["numpy==2.0.0"])\n'


def test_an_unknown_escape_is_told_nowhere() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert syntax_of(SLOPPY).body
        manifest = read_setup_py("setup.py", SLOPPY)
        assert manifest is not None
        assert [one.name for one in manifest.dependencies] == ["numpy"]
        assert schema_pandera.read(SLOPPY, "x.py") == []


def test_nor_by_a_probe(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fact = ask(tmp_path, "python.calls", {"x.py": f"import os\n{SLOPPY}os.getcwd()\n"}, any=["os.getcwd"])
    assert [one["line"] for one in fact.value] == [4]


@pytest.mark.parametrize("text", ["def", "\0", "(" * 5000])
def test_what_cannot_be_parsed_is_an_error_that_is_known(text: str) -> None:
    with pytest.raises((SyntaxError, ValueError, RecursionError, MemoryError)):
        syntax_of(text)
