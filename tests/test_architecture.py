"""The table of folders in `docs/architecture.md` says what imports what; this holds it to the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| `aiaudit/(\w+)` \| (.+) \| (.+) \|$", re.MULTILINE)
TABLE = {name: (purpose, told) for name, purpose, told in ROW.findall((ROOT / "docs/architecture.md").read_text())}
FOLDERS = {path.name for path in (ROOT / "aiaudit").iterdir() if (path / "__init__.py").exists()}


def imported(folder: str) -> set[str]:
    """The other folders that a folder imports from, at the top of a module or later."""
    found = set()
    for path in (ROOT / "aiaudit" / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "aiaudit":
                parts = (node.module or "").split(".")
                found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
    return (found & FOLDERS) - {folder}


def test_every_folder_has_a_purpose():
    assert set(TABLE) == FOLDERS
    for folder in FOLDERS:
        assert ast.get_docstring(ast.parse((ROOT / "aiaudit" / folder / "__init__.py").read_text())), folder


@pytest.mark.parametrize("folder", sorted(FOLDERS - {"cli"}))
def test_a_folder_imports_what_the_table_says(folder):
    assert imported(folder) == set(re.findall(r"`(\w+)`", TABLE[folder][1]))


def test_data_moves_in_one_direction():
    assert imported("rules") <= {"model"}
    assert imported("scoring") == {"model"}  # a score never looks at a fact or a file
    assert not imported("reports") & {"probes", "packs", "rules", "capacity", "cost"}  # a report never computes
    assert not imported("probes") & {"packs", "rules", "scoring", "reports"}  # a probe never judges
    assert all("cli" not in imported(folder) for folder in FOLDERS - {"cli"})


def test_no_file_is_long():
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("aiaudit", "tests", "fuzz", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 600
    }
    assert not long
