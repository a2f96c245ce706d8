"""Names across files, and the probes over base records: imports, functions, tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import State
from aiaudit.model.types import Unknown
from aiaudit.probes.python.base_record import PACKED, Base, pack
from aiaudit.probes.python.project import PythonProject
from tests.probes.python.support import ask, notebook, scan

CREATE = "openai.OpenAI.chat.completions.create"
LAYOUTS = {
    "relative": ("pkg/clients.py", "pkg/main.py", "from .clients import client", "client"),
    "relative module": ("pkg/clients.py", "pkg/main.py", "from . import clients", "clients.client"),
    "above": ("pkg/clients.py", "pkg/api/main.py", "from ..clients import client", "client"),
    "absolute": ("pkg/clients.py", "app.py", "from pkg.clients import client as c", "c"),
    "src layout": ("src/pkg/clients.py", "src/pkg/main.py", "from pkg.clients import client", "client"),
    "src named": ("src/clients.py", "tests/deep/main.py", "from src.clients import client", "client"),
    "script folder": ("scripts/clients.py", "scripts/main.py", "import clients", "clients.client"),
    "package": ("pkg/clients/__init__.py", "pkg/main.py", "import pkg.clients", "pkg.clients.client"),
    "monorepo": (
        "services/a/src/pkg/clients.py",
        "services/a/tests/main.py",
        "from pkg.clients import client",
        "client",
    ),
    "workspace": (
        "libs/clients/src/shop_clients/__init__.py",
        "apps/api/src/api/main.py",
        "from shop_clients import client",
        "client",
    ),
    "star": ("pkg/clients.py", "pkg/main.py", "from .clients import *", "client"),
}


@pytest.mark.parametrize(("made", "used", "line", "name"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_client_made_in_another_file(tmp_path: Path, made: str, used: str, line: str, name: str) -> None:
    files = {
        made: "from openai import OpenAI\nclient = OpenAI(timeout=7)\n",
        used: f"{line}\n{name}.chat.completions.create(model='m')\n",
    }
    fact = ask(tmp_path, "python.calls", files, any=[CREATE], roles=["code", "test"])
    assert [(one["path"], one["line"], one["ctor_kw"], one["ctor_known"]) for one in fact.value] == [
        (used, 2, {"timeout": 7}, True)
    ]


def test_a_package_elsewhere_that_is_called_like_a_library_is_not_meant(tmp_path: Path) -> None:
    made = "from openai import OpenAI\nclient = OpenAI()\n"
    used = {"apps/api/main.py": "from redis import client\nclient.chat.completions.create()\n"}
    fact = ask(tmp_path, "python.calls", {"libs/a/src/redis/__init__.py": made, **used}, any=[CREATE])
    assert fact.value == []
    two = {f"libs/{one}/src/shop_clients/__init__.py": made for one in "ab"}
    used = {"apps/api/main.py": "from shop_clients import client\nclient.chat.completions.create()\n"}
    assert ask(tmp_path / "two", "python.calls", {**two, **used}, any=[CREATE]).value == []


def test_factories_reexports_and_aliases_across_files(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "from .clients import make_client, load\n",
        "pkg/clients.py": """\
            import joblib
            from openai import OpenAI
            load = joblib.load
            def make_client():
                return OpenAI(max_retries=1)
            """,
        "main.py": "from pkg import make_client, load\nmake_client().chat.completions.create()\nload('x')\n",
    }
    fact = ask(tmp_path, "python.calls", files, any=[CREATE, "joblib.load"])
    assert [(one["line"], one["name"], one["ctor_kw"]) for one in fact.value] == [
        (2, CREATE, {"max_retries": 1}),
        (3, "joblib.load", {}),
    ]


def test_a_factory_that_makes_one_of_several_clients(tmp_path: Path) -> None:
    tree = {
        "clients.py": """
            from openai import OpenAI
            from openai.lib.azure import AzureOpenAI

            def build(kind, key):
                if kind == "azure":
                    return AzureOpenAI(api_key=key)
                return OpenAI(api_key=key)
            """,
        "app.py": """
            from clients import build

            def create(key):
                return build("openai", key)

            def answer(key):
                client = create(key)
                return client.chat.completions.create(model="m", messages=[])
            """,
    }
    found = ask(tmp_path, "python.calls", tree, any=["group:llm.completion"]).value or []
    assert [(one["name"], one["function"]) for one in found] == [("openai.OpenAI.chat.completions.create", "answer")]


def test_constants_of_other_files_are_filled_in(tmp_path: Path) -> None:
    files = {
        "pkg/config.py": "MODEL = 'gpt-4.1-2025-04-14'\nclass Limits:\n    tokens = 256\nSECRET_KEY = 'aaaaaaaaaaaaaaaa'\n",
        "pkg/main.py": """\
            import openai
            from . import config
            from .config import MODEL, Limits
            openai.OpenAI().responses.create(
                model=MODEL, max_output_tokens=Limits.tokens, a=config.MODEL, b=config.SECRET_KEY, c=config.nothing
            )
            """,
    }
    (one,) = ask(tmp_path, "python.calls", files, any=["openai.OpenAI.responses.create"]).value
    assert one["kw"] == {
        "model": "gpt-4.1-2025-04-14",
        "max_output_tokens": 256,
        "a": "gpt-4.1-2025-04-14",
        "b": "<redacted>",
        "c": Unknown(".config.nothing"),
    }


def test_imports_that_go_round_end(tmp_path: Path) -> None:
    files = {"a.py": "from b import load\nload('x')\n", "b.py": "from a import load\n"}
    assert ask(tmp_path, "python.calls", files, any=["torch.load"]).state is State.ABSENT


def test_imports(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "a.py": "import sklearn.linear_model\nfrom langchain import agents\ndef f():\n    import torch as t\n",
        "b.ipynb": notebook("from sklearn import svm"),
        "langchain_own.py": "",
    }
    fact = ask(tmp_path, "python.imports", files, any=["sklearn", "langchain.agents", "torch"])
    assert [(one["path"], one["line"], one["root"], one["name"], one["local"]) for one in fact.value] == [
        ("a.py", 1, "sklearn", "", False),
        ("a.py", 2, "langchain", "agents", False),
        ("a.py", 4, "torch", "", True),
        ("b.ipynb", 9, "sklearn", "svm", False),
    ]
    assert "svm" in files["b.ipynb"].decode().splitlines()[8]


def test_imports_by_a_part_of_the_name(tmp_path: Path) -> None:
    files = {"a.py": "import superllm.chat\nfrom llm_tools import x\nimport own_llm\nimport sys\n", "own_llm.py": ""}
    fact = ask(tmp_path, "python.imports", files, any=["*llm*", "torch"])
    assert [(one["line"], one["root"]) for one in fact.value] == [(1, "superllm"), (2, "llm_tools")]


def test_a_file_of_the_name_of_a_package_imports_the_package(tmp_path: Path) -> None:
    files = {"airline/agents.py": "from agents import Agent\nx = Agent(name='x')\n"}
    (call,) = ask(tmp_path, "python.calls", files, any=["agents.Agent"]).value
    assert call["name"] == "agents.Agent"


def test_the_projects_own_module_is_not_the_library(tmp_path: Path) -> None:
    files = {"a.py": "import evaluate\n", "evaluate.py": "x = 1\n"}
    assert ask(tmp_path, "python.imports", files, any=["evaluate"]).state is State.ABSENT


def test_functions(tmp_path: Path) -> None:
    code = "@mcp.tool()\nasync def search(q): ...\nclass A:\n    def evaluate(self): ...\ndef helper(): ...\n"
    fact = ask(tmp_path, "python.functions", {"a.py": code}, any=["eval*"])
    assert [(one["name"], one["line"]) for one in fact.value] == [("A.evaluate", 4)]
    (tool,) = ask(tmp_path, "python.functions", decorated=["*.tool"]).value
    assert (tool["name"], tool["is_async"], tool["decorators"]) == ("search", True, ["mcp.tool"])
    assert [one["name"] for one in ask(tmp_path, "python.functions", kind="class").value] == ["A"]


def found_in(root: Path, **files: str) -> list[dict[str, Any]]:
    tree = {name.replace("__", "/") + ".py": code for name, code in files.items()}
    return ask(root, "python.tests", {"app.py": "def run(): ...\n", **tree}).value or []


def test_a_module_is_the_nearest_one() -> None:
    files = [
        "util.py",
        "a/util/__init__.py",
        "a/util/x.py",
        "a/src/util.py",
        "a/b/main.py",
        "src/deep/one.py",
        "__init__.py",
    ]
    project = PythonProject({path: {} for path in files})
    assert project.module("util", "a/b/main.py") == "a/util/__init__.py"
    assert project.module("util.x", "a/b/main.py") == "a/util/x.py"
    assert project.module("util.y", "a/b/main.py") is None
    assert project.module("util", "main.py") == "util.py"
    assert project.module("deep.one", "a/b/main.py") == "src/deep/one.py"
    assert project.module("b.main", "a/util/x.py") == "a/b/main.py"
    assert project.module("b.main", "src/deep/one.py") == "a/b/main.py"  # the only path that ends so
    assert project.module("..util.x", "a/b/main.py") == "a/util/x.py"
    assert project.module("..", "a/main.py") == "__init__.py"
    assert project.module("json", "a/b/main.py") is None


def test_functions_of_files_that_call_something(tmp_path: Path) -> None:
    tree = {"a.py": "import torch\ndef f():\n    return torch.load('x')\ndef g(): ...\n", "b.py": "def h(): ...\n"}
    assert [one["name"] for one in ask(tmp_path, "python.functions", tree, calling=["torch.load"]).value] == ["f", "g"]
    assert ask(tmp_path, "python.functions", calling=["torch.save"]).state is State.ABSENT


def test_packed_parts_of_a_record_are_read_as_they_were() -> None:
    code = "LIMIT = 3\nNAME = 'é\U0001f600'\n\n@deco.it\ndef test_f():\n    assert LIMIT\n\nclass A: ...\n"
    plain, packed = scan(code), scan(code)
    pack(packed)
    assert all(isinstance(packed["base"][part], str) for part in PACKED)
    before, after = Base(plain), Base(packed)
    assert after.definitions == before.definitions != []
    assert after.tests == before.tests != []
    assert after.constants == before.constants == {"LIMIT": 3, "NAME": "é\U0001f600"}
    pack(empty := scan(""))
    assert Base(empty).definitions == [] and Base(empty).constants == {}


def test_tests_count_what_can_fail(tmp_path: Path) -> None:
    code = """\
        import pytest
        import unittest
        from app import run
        def test_one():
            assert run() is None
            assert True
        def test_nothing():
            run()
        @pytest.mark.skip
        def test_later():
            assert run()
        class TestMore(unittest.TestCase):
            def test_two(self):
                self.assertEqual(run(), None)
                self.assertTrue(True)
                with pytest.raises(ValueError):
                    run(1)
        def helper():
            def test_inner(): ...
        """
    (one,) = found_in(tmp_path, tests__test_app=code)
    assert (one["tests"], one["asserting"], one["asserts"], one["skipped"]) == (4, 2, 4, 1)
    assert one["exercises"] == ["app.py"]


def test_tests_reach_the_project_through_helpers_and_conftest(tmp_path: Path) -> None:
    (one,) = found_in(
        tmp_path,
        tests__conftest="from app import run\n",
        tests__test_it="def test_it(client):\n    assert client\n",
    )
    assert one["exercises"] == ["app.py"]


def test_tests_that_take_constants_alone_exercise_nothing(tmp_path: Path) -> None:
    names = "def test_it():\n    assert NAMES\n"
    (one,) = found_in(tmp_path, labels="NAMES = ['a']\n", tests__test_it=f"from labels import NAMES\n{names}")
    assert one["exercises"] == []
    (one,) = found_in(tmp_path, tests__test_it=f"from labels import NAMES, label\n{names}")
    assert one["exercises"] == ["labels.py"]
    (one,) = found_in(tmp_path, nets="class CNN: ...\n", tests__test_it=f"from nets import CNN\n{names}")
    assert one["exercises"] == ["nets.py"]


def test_tests_of_nothing_exercise_nothing(tmp_path: Path) -> None:
    (one,) = found_in(tmp_path, tests__test_decoy="import os\ndef test_it():\n    assert True\n")
    assert not one["imports_project"]
    assert one["asserts"] == 0
