"""`aiaudit run` on a made repository of 250 files. Whole processes, median of 5.

Four rows: the first run after the installation of a wheel (as in CI: nothing in the cache); the first run of a checkout
(the packs are loaded from YAML); a project that was never seen, on a machine that used aiaudit before (cold: nothing of
the project is in the cache); the same project again (warm).

    python benchmarks/audit.py [PATH]    another tree instead of the made one; no limits then

Fails where the cold run takes more than 1.0 s or any process more than 300 MB.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from measure import Cost, line, median, run
from wheel_environment import from_wheel

RUNS = 5
SECONDS = 1.0
MEGABYTES = 300
FILES = 250

MODULE = '''"""Features, number {n}."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

log = logging.getLogger(__name__)


@dataclass
class Settings{n}:
    rate: float = 0.{n}
    depth: int = {n}


def features_{n}(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers of one kind."""
    out = frame.copy()
    for column in ("tenure", "charges", "calls"):
        out[column] = np.log1p(out[column].fillna(0)) * {n}
    return out[out["charges"] > {n}]


def fit_{n}(frame: pd.DataFrame, settings: Settings{n} | None = None) -> RandomForestClassifier:
    settings = settings or Settings{n}()
    x = features_{n}(frame)
    train, test = train_test_split(x, test_size=0.2, random_state={n})
    model = RandomForestClassifier(max_depth=settings.depth, random_state={n})
    model.fit(train.drop(columns=["churned"]), train["churned"])
    log.info("accuracy %s", model.score(test.drop(columns=["churned"]), test["churned"]))
    return model
'''
SERVER = '''"""Endpoint {n}."""

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from app.features.part_{n} import features_{n}

router = APIRouter()


class Query{n}(BaseModel):
    tenure: float
    charges: float


@router.post("/predict/{n}")
async def predict_{n}(query: Query{n}, user: str = Depends(lambda: "user")) -> dict:
    if query.charges < 0:
        raise HTTPException(422, "charges")
    return {{"churn": 0.5, "by": user}}
'''
TEST = """from app.features.part_{n} import Settings{n}


def test_settings_{n}():
    assert Settings{n}().depth == {n}
"""


def made(root: Path) -> Path:
    """A repository of 250 files in the proportions of a real one: code, tests, notebooks, configuration, documents."""
    files: dict[str, str] = {
        "pyproject.toml": '[project]\nname = "made"\ndependencies = ["fastapi", "scikit-learn", "pandas"]\n',
        "README.md": "# Made\n\nA model of churn, served over HTTP.\n\n## Use\n\nRun it.\n" * 4,
        "Dockerfile": 'FROM python:3.12-slim\nCOPY . /app\nRUN pip install .\nCMD ["uvicorn", "app.main:app"]\n',
        ".github/workflows/ci.yaml": "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "    - uses: actions/checkout@v4\n    - run: pip install . && pytest\n",
    }
    for n in range(110):
        files[f"app/features/part_{n}.py"] = MODULE.format(n=n)
    for n in range(45):
        files[f"app/api/endpoint_{n}.py"] = SERVER.format(n=n)
    for n in range(45):
        files[f"tests/test_part_{n}.py"] = TEST.format(n=n)
    for n in range(12):
        cell = {
            "cell_type": "code",
            "source": [MODULE.format(n=n)],
            "outputs": [],
            "metadata": {},
            "execution_count": n,
        }
        files[f"notebooks/{n}.ipynb"] = json.dumps(
            {"cells": [cell] * 5, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}
        )
    for n in range(15):
        files[f"deploy/service_{n}.yaml"] = (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s{n}}}\nspec:\n  replicas: {n}\n  template:\n"
            f"    spec:\n      containers:\n      - name: app\n        image: registry/app:{n}\n"
        )
    while len(files) < FILES:
        n = len(files)
        files[f"docs/page_{n}.md"] = f"# Page {n}\n\n" + "A paragraph of plain words about the service.\n\n" * 20
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")
    return root


def _never_seen(command: list[str], folder: Path, number: int) -> Cost:
    """The cost of a project that is new to a cache which knows the packs from another one."""
    other = folder / "other"
    other.mkdir(exist_ok=True)
    (other / "main.py").write_text("print('another project')\n")
    cache = {"AIAUDIT_CACHE_DIR": f"{folder}/cold-{number}"}
    run([str(other) if part == command[4] else part for part in command], cache, (0, 3))
    return run(command, cache, (0, 3))


def main() -> int:
    """Print the table; 1 where a limit is passed."""
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        tree = given or made(Path(folder) / "repository")
        command = [sys.executable, "-m", "aiaudit", "run", str(tree), "-q", "-o", str(Path(folder) / "result.json")]
        wheel = [from_wheel(Path(folder)), "-P", *command[1:]]  # not the checkout that one stands in
        run(command, {"AIAUDIT_CACHE_DIR": f"{folder}/first"}, (0, 3))  # byte code is written once
        in_ci = [run(wheel, {"AIAUDIT_CACHE_DIR": f"{folder}/ci-{n}"}, (0, 3)) for n in range(RUNS)]
        first = [run(command, {"AIAUDIT_CACHE_DIR": f"{folder}/first-{n}"}, (0, 3)) for n in range(RUNS)]
        cold = [_never_seen(command, Path(folder), n) for n in range(RUNS)]
        warm = [run(command, {"AIAUDIT_CACHE_DIR": f"{folder}/cold-0"}, (0, 3)) for _ in range(RUNS)]
        run([*command, "--timings"], {"AIAUDIT_CACHE_DIR": f"{folder}/timed"}, (0, 3))
        result = json.loads((Path(folder) / "result.json").read_text())
    name = str(given) if given else f"{FILES} files"
    print(line(f"aiaudit run, {name}, first run of a wheel", median(in_ci)))
    print(line(f"aiaudit run, {name}, of a checkout", median(first)))
    print(line(f"aiaudit run, {name}, cold", median(cold)))
    print(line(f"aiaudit run, {name}, warm", median(warm)))
    stages = ", ".join(f"{stage} {seconds * 1000:.0f} ms" for stage, seconds in result["timings"].items())
    print(f"{len(result['checks'])} checks on {len(result['facts'])} facts; stages, cold: {stages}")
    if given:
        return 0
    print(f"limits: {SECONDS} s cold, {MEGABYTES} MB a process")
    return int(median(cold).wall > SECONDS or max(c.memory for c in [*in_ci, *first, *cold, *warm]) > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
