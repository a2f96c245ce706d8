"""How much of the code is in languages whose calls are not followed, and which facts that leaves open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import State
from aiaudit.probes import registry
from aiaudit.probes.collect import collect
from aiaudit.probes.languages import code_of, follows_code, not_read
from aiaudit.project.config import ProjectConfig
from aiaudit.project.tree import Project
from tests.probes.support import AS_OF, lay

PLACE = Place("pack.yaml", 1, 1)


def told(root: Path, files: dict[str, int]) -> str:
    """Why facts are open in a project of files of these sizes."""
    with Project.open(lay(root, {name: "x" * size for name, size in files.items()})) as project:
        return not_read(code_of(project))


def test_a_third_in_another_language_is_told_with_its_place(tmp_path: Path) -> None:
    assert told(tmp_path, {"app.py": 600, "core/src/lib.rs": 300, "core/src/a.rs": 100}) == (
        "40 % of the code (2 files, the largest core/src/lib.rs) is in Rust, whose calls are not followed"
    )
    assert told(tmp_path / "one", {"train.R": 50}) == (
        "100 % of the code (train.R) is in R, whose calls are not followed"
    )
    assert told(tmp_path / "app", {"lib/main.dart": 80, "ios/Runner/AppDelegate.swift": 20}) == (
        "80 % of the code (lib/main.dart) is in Dart, whose calls are not followed"
    )


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": 900, "kernels/sum.cu": 100},  # a kernel beside a project in Python
        {"app.py": 500, "ui/page.tsx": 500, "run.sh": 500},
        {"server/app.js": 400, "app/lib/main.dart": 600},  # an app before a service that is read
        {"app.py": 100, "tests/java/AppTest.java": 900, "vendor/x.go": 900, "wwwroot/lib/a/b.cs": 900},
        {"app.py": 100, "build.gradle.kts": 900},
        {},
    ],
)
def test_what_is_read_leaves_nothing_open(tmp_path: Path, files: dict[str, int]) -> None:
    assert told(tmp_path, files) == ""


@pytest.mark.parametrize(
    ("probe", "query", "expected"),
    [
        ("python.calls", {"any": ["x.y"]}, True),
        ("javascript.imports", {"any": ["x"]}, True),
        ("python.readable", {}, False),
        ("javascript.unparsed", {}, False),
        ("datasets.used", {}, True),
        ("ci.commands", {}, False),
        ("text.search", {"any": ["x"], "files": ["**/*.py"]}, True),
        ("text.search", {"any": ["x"], "files": ["**/*.{ts,tsx,js}", "!**/_next/**"]}, True),
        ("text.search", {"any": ["x"], "files": ["**/*.{py,sh}", "**/Dockerfile*"]}, True),
        ("text.search", {"any": ["x"], "files": ["**/*.{py,java,rs}"]}, False),
        ("text.search", {"any": ["x"], "files": ["README*", "**/*.{html,tsx,vue}"]}, False),
        ("text.search", {"any": ["x"]}, False),
    ],
)
def test_which_queries_ask_for_code_that_any_language_could_have(
    probe: str, query: dict[str, Any], expected: bool
) -> None:
    asked = registry.probes()[probe].query.model_validate(query)
    assert follows_code(probe, asked) is expected


def test_facts_of_calls_are_open_and_those_of_files_are_not(tmp_path: Path) -> None:
    lay(tmp_path, {"src/Main.java": "class Main {}\n" * 40, "run.py": "import requests\nrequests.get('http://x')\n"})
    specs = [
        FactSpec("calls", PLACE, "python.calls", {"any": ["requests.get"]}),
        FactSpec("others", PLACE, "python.calls", {"any": ["httpx.get"]}),
        FactSpec("files", PLACE, "files.exists", {"files": ["**/*.md"]}),
    ]
    with Project.open(tmp_path) as project:
        facts = collect(specs, project, ProjectConfig(), AS_OF, isolate=False)
    assert (facts["calls"].state, len(facts["calls"].value)) == (State.KNOWN, 1)
    assert facts["calls"].beyond == facts["others"].beyond != ""
    assert "src/Main.java" in facts["calls"].beyond
    assert facts["files"].beyond == ""
