"""What is looked for depends on a file's purpose; what code imports is looked through for all that is asked of code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.probes.python.base_record import unpacked
from aiaudit.probes.python.engine import PythonEngine
from aiaudit.probes.python.probe_calls import CallsQuery
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role
from aiaudit.project.scan import scan
from aiaudit.project.tree import Project
from tests.probes.python.support import ask, lay

OF_CODE = CallsQuery(any=["torch.load"])
OF_TESTS = CallsQuery(any=["*.fit"], roles=[Role.TEST])
BOTH = b"import torch\nmodel.fit(torch.load(path))\n"
CLIENT = "from openai import OpenAI\nclient = OpenAI(timeout=3)\n"
USE = "answer = client.chat.completions.create(model='m')\n"
ASKED = {"any": ["openai.OpenAI.chat.completions.create"], "roles": ["code"]}


def names(found: dict[str, Any]) -> list[str]:
    return [name for call in unpacked(found.get("calls", ())) for name in call["names"]]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.CODE, ["torch.load", "?.fit"]),
        (Role.NOTEBOOK, ["torch.load", "?.fit"]),
        (Role.TEST, ["?.fit"]),
        (Role.DOCS, ["torch.load"]),
        (Role.EXAMPLE, ["torch.load"]),
    ],
)
def test_of_tests_and_examples_only_what_is_asked_of_them_is_looked_for(role: Role, expected: list[str]) -> None:
    engine = PythonEngine([OF_CODE, OF_TESTS])
    found = engine.scan(BOTH, Entry("x.py", len(BOTH), suffix=".py", role=role))
    assert sorted(names(found)) == sorted(expected)


def test_what_is_looked_for_is_part_of_the_cache_key() -> None:
    engine = PythonEngine([OF_CODE, OF_TESTS])
    variants = {role: engine.variant(Entry("x.py", 1, suffix=".py", role=role)) for role in Role}
    assert variants[Role.CODE] == variants[Role.NOTEBOOK] == variants[Role.OTHER] == ".py"
    assert variants[Role.EXAMPLE] == variants[Role.DOCS] != ".py"
    assert len(set(variants.values())) == 3
    assert PythonEngine([OF_CODE]).variant(Entry("x.py", 1, suffix=".py", role=Role.TEST)) not in variants.values()


@pytest.mark.parametrize(
    "tree",
    [
        {"tests/support.py": CLIENT, "app.py": f"from tests.support import client\n{USE}"},
        {"tests/__init__.py": CLIENT, "app.py": f"from tests import client\n{USE}"},
        {"examples/a/made.py": CLIENT, "app.py": f"from examples.a import made\nclient = made.client\n{USE}"},
        {
            "tests/made.py": CLIENT,
            "tests/support.py": "from .made import client\n",
            "app.py": f"from tests.support import client\n{USE}",
        },
        {"conftest.py": CLIENT, "app.py": f"from .conftest import *\n{USE}"},
    ],
)
def test_a_test_that_code_imports_says_what_its_names_stand_for(tmp_path: Path, tree: dict[str, str]) -> None:
    found = ask(tmp_path, "python.calls", tree, **ASKED)
    assert [(one["path"], one["ctor_kw"]) for one in found.value] == [("app.py", {"timeout": 3})]


def test_a_test_that_only_tests_import_is_not_looked_through_again(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {"tests/support.py": CLIENT, "tests/test_a.py": f"from tests.support import client\n{USE}", "b.py": USE},
    )
    engine = PythonEngine([CallsQuery(any=["openai.OpenAI"])])
    looked: list[str] = []
    plain = engine.scan

    def noted(data: bytes, entry: Entry) -> dict[str, Any]:
        looked.append(entry.path)
        return plain(data, entry)

    engine.scan = noted  # type: ignore[method-assign]
    with Project.open(tmp_path) as project:
        scan(project, [engine], jobs=1, isolate=False)
        assert sorted(looked) == ["b.py", "tests/support.py", "tests/test_a.py"]
        lay(tmp_path, {"b.py": "import tests.support\n"})
        looked.clear()
    with Project.open(tmp_path) as project:
        found = scan(project, [engine], jobs=1, isolate=False)["python"]
        assert sorted(looked) == ["b.py", "tests/support.py", "tests/support.py", "tests/test_a.py"]
        assert names(found["tests/support.py"]) == ["openai.OpenAI"]
