"""What lies in files that CI or a deployed start runs is wired (E3); anything else stays judged content (E2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import Level
from aiaudit.probes.collect import collect
from aiaudit.probes.lifting import best_level
from aiaudit.probes.registry import probes
from tests.probes.ci.asking import github
from tests.probes.support import AS_OF, context

W = ".github/workflows/ci.yml"
POD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec: {template: {spec: {containers: [{name: app, image: "app:1"}]}}}
"""
SERVED = {
    "Dockerfile": 'FROM x:1\nCMD ["uvicorn", "app.main:app"]\n',
    "app/__init__.py": "",
    "app/main.py": "import app.client\n",
    "app/client.py": "import httpx\nhttpx.get('http://desk', timeout=2)\n",
}
CALLS = {"probe": "python.calls", "any": ["httpx.get"], "roles": ["code", "test"]}


def level(root: Path, files: dict[str, str], probe: str, **query: Any) -> Level:
    """The level of a fact that is collected from a small project."""
    made = context(root, files)
    spec = FactSpec("x", Place("pack.yaml", 1, 1), probe=probe, query=query)
    fact = collect([spec], made.project, made.config, AS_OF, isolate=False)["x"]
    assert fact.value, "nothing was found"
    return fact.level


def test_code_that_a_deployed_start_reaches_is_wired(tmp_path: Path) -> None:
    assert level(tmp_path, SERVED, **CALLS) is Level.WIRED


@pytest.mark.parametrize(
    "more",
    [
        {"app/main.py": ""},  # nothing imports the client any more
        {"app/main.py": "", "app/client.py": SERVED["app/client.py"] + "if __name__ == '__main__':\n    print(1)\n"},
        {"tools/once.py": SERVED["app/client.py"]},  # one of two places runs only by hand
    ],
    ids=["not imported", "a script that people run", "one place of two"],
)
def test_one_place_that_nothing_starts_keeps_the_fact_at_content(tmp_path: Path, more: dict[str, str]) -> None:
    assert level(tmp_path, SERVED | more, **CALLS) is Level.CONTENT


def test_a_function_that_nothing_calls_is_not_wired(tmp_path: Path) -> None:
    code = "import httpx\ndef never():\n    httpx.get('http://desk')\nprint('done')\n"
    assert level(tmp_path, {W: github("python job.py"), "job.py": code}, **CALLS) is Level.CONTENT
    assert level(tmp_path, {"job.py": code + "never()\n"}, **CALLS) is Level.WIRED


@pytest.mark.parametrize(
    ("run", "expected"),
    [("pytest", Level.WIRED), ("pytest tests/unit", Level.CONTENT), ("pytest || true", Level.CONTENT)],
)
def test_tests_are_wired_where_ci_collects_them_and_they_block(tmp_path: Path, run: str, expected: Level) -> None:
    files = {
        W: github(run),
        "tests/unit/test_one.py": "def test_one():\n    assert 1\n",
        "tests/slow/test_desk.py": "import httpx\ndef test_desk():\n    assert httpx.get('http://desk')\n",
    }
    assert level(tmp_path, files, **CALLS) is expected


@pytest.mark.parametrize(
    ("run", "kustomization", "expected"),
    [
        ("kubectl apply -k k8s", "resources: [app.yaml]", Level.WIRED),
        ("kubectl apply -k k8s", "resources: [other.yaml]", Level.CONTENT),
        ("kubectl apply -f k8s/app.yaml", "", Level.WIRED),
        ("kubectl apply -f k8s", "", Level.WIRED),
        ("kubectl get -f k8s", "", Level.CONTENT),
        ("echo kubectl apply -k k8s", "resources: [app.yaml]", Level.CONTENT),
    ],
)
def test_manifests_are_wired_where_ci_applies_them(
    tmp_path: Path, run: str, kustomization: str, expected: Level
) -> None:
    files = {W: github(run), "k8s/app.yaml": POD, "k8s/kustomization.yaml": kustomization}
    assert level(tmp_path, files, "config.kubernetes", what="containers") is expected


def test_an_image_is_wired_where_ci_builds_it(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM python:3.12.1-slim\n"}
    assert level(tmp_path, files, "config.docker") is Level.CONTENT
    assert level(tmp_path, {W: github("docker build .")}, "config.docker") is Level.WIRED


def test_a_document_is_never_wired_and_the_linter_knows_what_can_be() -> None:
    known = probes()
    assert best_level(known["docs.sections"]) is Level.CONTENT
    assert best_level(known["python.calls"]) is Level.WIRED
    assert best_level(known["evals.results"]) is Level.RESULT
