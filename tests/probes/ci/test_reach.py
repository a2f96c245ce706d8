"""`entrypoints.reach`: what runs, by the project's own imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import Fact, Level, State
from aiaudit.probes.collect import collect
from tests.probes.ci.asking import github
from tests.probes.support import AS_OF, context

W = ".github/workflows/ci.yml"


def ask(root: Path, files: dict[str, str], probe: str, **query: Any) -> Fact:
    """The answer of a probe that uses the Python engine."""
    made = context(root, files)
    spec = FactSpec("x", Place("pack.yaml", 1, 1), probe=probe, query=query)
    return collect([spec], made.project, made.config, AS_OF, isolate=False)["x"]


def reached(root: Path, files: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {one["path"]: one for one in ask(root, files, "entrypoints.reach").value or []}


def test_imports_are_followed_from_what_is_started(tmp_path: Path) -> None:
    files = {
        "Dockerfile": 'FROM x:1\nCMD ["uvicorn", "app.main:app"]\n',
        W: github("python -m jobs.train"),
        "app/__init__.py": "",
        "app/main.py": "from app import model\nimport app.routes\n",
        "app/model.py": "import numpy\n",
        "app/routes.py": "def handler():\n    from app.lazy import x\n",
        "app/lazy.py": "x = 1\n",
        "app/unused.py": "import app.model\n",
        "jobs/__init__.py": "",
        "jobs/train.py": "from app.model import fit\n",
        "tests/test_model.py": "import app.unused\n",
    }
    found = reached(tmp_path, files)
    assert set(found) == {
        "app/__init__.py", "app/main.py", "app/model.py", "app/routes.py", "app/lazy.py", "jobs/train.py",
        "jobs/__init__.py",
    }  # fmt: skip
    assert (found["app/lazy.py"]["kinds"], found["app/lazy.py"]["deployed"]) == (["serve"], True)
    assert (found["app/model.py"]["kinds"], found["app/model.py"]["in_ci"]) == (["serve", "train"], True)
    assert found["jobs/train.py"]["starts"] == [f"{W}:7 python -m jobs.train"]


def test_pipelines_scripts_and_what_they_start(tmp_path: Path) -> None:
    files = {
        "dags/daily.py": "from airflow import DAG\nTRAIN = 'cd /opt && python -m src.train --all'\n",
        "src/train.py": "import src.features\n",
        "src/features.py": "",
        "dvc.yaml": "stages:\n  prepare:\n    cmd: python src/prepare.py\n",
        "src/prepare.py": "",
        "tools/once.py": "if __name__ == '__main__':\n    print(1)\n",
        "tests/run.py": "if __name__ == '__main__':\n    print(1)\n",
    }
    found = reached(tmp_path, files)
    assert found["src/features.py"]["kinds"] == ["pipeline"]
    assert found["src/train.py"]["starts"] == ["dags/daily.py:2 python -m src.train"]
    assert "pipeline" in found["src/prepare.py"]["kinds"]
    assert found["tools/once.py"]["kinds"] == ["script"]
    assert "tests/run.py" not in found


def test_a_pipeline_names_the_interpreter_by_a_variable(tmp_path: Path) -> None:
    files = {
        "dags/a.py": "from airflow import DAG\nA = f'{VENV_PYTHON} src/fit.py'\nB = f'{sys.executable} -m ml.score_all'\n",
        "dags/b.sh.py": "import prefect\nC = '$PYTHON_BIN ml/late.py'\nD = f'{SHELL} ml/other.py'\n",
        "ml/src/fit.py": "",
        "ml/score_all.py": "",
        "ml/late.py": "",
        "ml/other.py": "",
    }
    found = reached(tmp_path, files)
    assert found["ml/src/fit.py"]["kinds"] == ["pipeline"]
    assert found["ml/score_all.py"]["kinds"] == ["batch"]  # by its name
    assert found["ml/late.py"]["kinds"] == ["pipeline"]
    assert "ml/other.py" not in found


def test_a_pipeline_has_an_image_of_the_project_run_a_word(tmp_path: Path) -> None:
    files = {
        "dags/a.py": "import airflow\nx = {'command': ['train-model', '--all']}\n",
        "dags/b.py": "import airflow\ny = op(arguments=[\n  'python', '-m', 'jobs.nightly'])\n",
        "dags/c.py": "import airflow\nz = op(cmds=['score-model'], args=['nothing'])\n",
        "Dockerfile": 'FROM x:1\nENTRYPOINT ["python", "-m", "jobs.cli"]\n',
        "jobs/__init__.py": "",
        "jobs/cli.py": "import jobs.train_model, jobs.score_model, jobs.nothing\nKNOWN = ['train-model', \"score-model\"]\n",
        "jobs/train_model.py": "",
        "jobs/score_model.py": "",
        "jobs/nothing.py": "",
        "jobs/nightly.py": "",
    }
    found = reached(tmp_path, files)
    assert "pipeline" in found["jobs/train_model.py"]["kinds"]
    assert "dags/a.py:2 train-model --all" in found["jobs/train_model.py"]["starts"]
    assert "batch" in found["jobs/score_model.py"]["kinds"]
    assert "pipeline" not in found["jobs/score_model.py"]["kinds"]
    assert found["jobs/nightly.py"]["kinds"] == ["pipeline"]
    assert found["jobs/nothing.py"]["kinds"] == ["other"]  # the image does not know the word


def test_a_pipeline_begins_with_a_program_of_the_project(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "acme"\nscripts = {acme-fit = "acme.fit:main", acme-sum = "acme.sums:main"}\n',
        "acme/__init__.py": "",
        "acme/flows.py": "def make(x):\n    from airflow import DAG\n",
        "acme/fit.py": "",
        "acme/sums.py": "",
        "dags/nightly.py": "from acme.flows import make\nmake(task(command=(\n  'acme-fit '\n  '--all')))\n",
        "tools/other.py": "from acme.flows import make\nmake(task(command=['acme-sum']))\n",
    }
    found = reached(tmp_path, files)
    assert found["dags/nightly.py"]["kinds"] == ["pipeline"]  # made by a factory
    assert "pipeline" in found["acme/fit.py"]["kinds"]
    assert "dags/nightly.py:2 acme-fit" in found["acme/fit.py"]["starts"]
    assert "pipeline" not in found["acme/sums.py"]["kinds"]


def test_levels_and_states(tmp_path: Path) -> None:
    started = {"Dockerfile": 'FROM x:1\nCMD ["python", "app.py"]\n', "app.py": ""}
    assert ask(tmp_path / "a", started, "entrypoints.reach").level is Level.WIRED
    by_hand = {"app.py": "if __name__ == '__main__':\n    pass\n"}
    assert ask(tmp_path / "b", by_hand, "entrypoints.reach").level is Level.CONTENT
    assert ask(tmp_path / "c", {"app.py": "x = 1\n"}, "entrypoints.reach").state is State.ABSENT


def test_imports_in_a_circle_end(tmp_path: Path) -> None:
    files = {"Procfile": "web: python a.py\n", "a.py": "import b\n", "b.py": "import a\n"}
    assert set(reached(tmp_path, files)) == {"a.py", "b.py"}


def test_what_a_started_file_only_defines_is_idle(tmp_path: Path) -> None:
    files = {
        "Procfile": "web: python a.py\nworker: uvicorn b:app\njob: python c.py\n",
        "a.py": "import d\n\ndef train():\n    pass\n\nclass Model:\n    def fit(self):\n        pass\n\n"
        "def used():\n    pass\n\nused()\n\n@task\ndef marked():\n    pass\n",
        "b.py": "def app(scope):\n    pass\n",
        "c.py": "import e\n",
        "d.py": "def helper():\n    pass\n",
        "e.py": "def helper():\n    pass\n",
    }
    found = reached(tmp_path, files)
    assert found["a.py"]["idle"] == ["train", "Model", "Model.fit"]
    assert [path for path, one in found.items() if one["idle"]] == ["a.py"]


@pytest.mark.parametrize(
    ("files", "target"),
    [
        ({"setup.cfg": "[options.entry_points]\nconsole_scripts =\n    run = pkg.cli:main\n"}, "pkg/cli.py"),
        ({"setup.py": "setup(entry_points={'console_scripts': ['run=pkg.cli:main']})\n"}, "pkg/cli.py"),
        ({"pyproject.toml": "[project]\nname = 'x'\n[project.scripts]\nrun = 'pkg.cli:main'\n"}, "pkg/cli.py"),
        ({"langgraph.json": '{"graphs": {"agent": "./pkg/cli.py:graph"}}'}, "pkg/cli.py"),
        ({"Procfile": "web: gunicorn -w 2 pkg.cli:app\n"}, "pkg/cli.py"),
        ({"Procfile": "worker: celery -A pkg.cli worker\n"}, "pkg/cli.py"),
        ({"Procfile": "web: python run.py\n", "run.py": "import uvicorn\nuvicorn.run('pkg.cli:app')\n"}, "pkg/cli.py"),
        (
            {
                "Procfile": "web: python run.py\n",
                "run.py": "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'uvicorn', 'pkg.cli:app', '--port', '80'])\n",
            },
            "pkg/cli.py",
        ),
        ({"Procfile": "web: python run.py\n", "run.py": "import importlib\nimportlib.import_module('pkg.cli')\n"},
         "pkg/cli.py"),
    ],
)  # fmt: skip
def test_starts_by_name_reach_their_file(tmp_path: Path, files: dict[str, str], target: str) -> None:
    tree = {**files, "pkg/cli.py": "from pkg import core\ndef main(): ...\n", "pkg/core.py": "", "pkg/unused.py": ""}
    found = reached(tmp_path, tree)
    assert target in found
    assert "pkg/core.py" in found
    assert "pkg/unused.py" not in found
    assert found[target]["deployed"] is ("Procfile" in files)


def test_a_main_block_that_starts_a_server_by_its_name_serves(tmp_path: Path) -> None:
    files = {
        "main.py": "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('server.app:app', port=80)\n",
        "server/app.py": "from app import users\n",
        "app/users.py": "",
        "tool.py": "import importlib\nif __name__ == '__main__':\n    importlib.import_module('plugins.one')\n",
        "plugins/one.py": "",
    }
    found = reached(tmp_path, files)
    assert "serve" in found["server/app.py"]["kinds"] and "serve" in found["app/users.py"]["kinds"]
    assert found["plugins/one.py"]["kinds"] == ["script"]


def test_what_a_configuration_of_hydra_names_is_made_by_what_reads_it(tmp_path: Path) -> None:
    files = {
        "Makefile": "train:\n\tpython src/train.py\n",
        "src/train.py": "import hydra\n@hydra.main(config_path='../configs')\ndef main(cfg):\n    hydra.utils.instantiate(cfg.data)\n",
        "src/tool.py": "if __name__ == '__main__':\n    print(1)\n",
        "src/data.py": "import src.files\nclass Data:\n    pass\n",
        "src/files.py": "",
        "src/other.py": "class Other:\n    pass\n",
        "configs/data/mnist.yaml": "_target_: src.data.Data\nloader:\n  _target_: torch.utils.data.DataLoader\n",
        "tests/config.yaml": "_target_: src.other.Other\n",
    }
    found = reached(tmp_path, files)
    assert "train" in found["src/data.py"]["kinds"] and "train" in found["src/files.py"]["kinds"]
    assert "src/other.py" not in found
    del files["src/train.py"]
    assert "src/data.py" not in reached(tmp_path / "without", files)


def test_a_file_tells_which_scripts_reach_it(tmp_path: Path) -> None:
    files = {
        "train.py": "from features import build\nif __name__ == '__main__':\n    build()\n",
        "report.py": "import shapes\nif __name__ == '__main__':\n    shapes\n",
        "features.py": "import shapes\ndef build():\n    return shapes\n",
        "shapes.py": "x = 1\n",
    }
    found = reached(tmp_path, files)
    assert found["features.py"]["scripts"] == ["train.py"]
    assert found["shapes.py"]["scripts"] == ["report.py", "train.py"]
    assert found["train.py"]["scripts"] == ["train.py"]


def test_scripts_are_not_told_apart_where_they_are_many(tmp_path: Path) -> None:
    files = {f"tool_{i}.py": "import shapes\nif __name__ == '__main__':\n    shapes\n" for i in range(101)}
    found = reached(tmp_path, files | {"shapes.py": "x = 1\n"})
    assert (found["shapes.py"]["kinds"], found["shapes.py"]["scripts"]) == (["script"], [])


@pytest.mark.parametrize(
    ("command", "served"),
    [
        ("uvicorn src.main:app --reload --host 0.0.0.0 --port 8000", "src/main.py"),
        ("poetry run uvicorn --port 8000 src.main:app", "src/main.py"),
        ("gunicorn -w 4 -b 0.0.0.0:8000 src.main:app", "src/main.py"),
        ("fastapi dev src/main.py", "src/main.py"),
        ("cd backend\nuv run uvicorn main:app", "backend/main.py"),
        ("pip install uvicorn", ""),
        ("The server (uvicorn) listens at 127.0.0.1:8000", ""),
    ],
)
def test_a_server_that_a_readme_tells_to_start_is_served(tmp_path: Path, command: str, served: str) -> None:
    files = {
        "README.md": f"# Boxes\n```bash\n{command}\n```\n",
        "src/main.py": "import src.steps\n",
        "src/steps.py": "x = 1\n",
        "backend/main.py": "x = 1\n",
    }
    found = reached(tmp_path, files)
    assert {path for path, one in found.items() if "serve" in one["kinds"]} == (
        {"src/main.py", "src/steps.py"} if served == "src/main.py" else {served} - {""}
    )
    assert not any(one["deployed"] for one in found.values())
