"""`config.stages`: files of stages, compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from aiaudit.probes.config.stages import ConfigStages, StagesQuery
from tests.probes.support import context


def ask(
    root: Path, files: dict[str, str], what: Literal["files", "differences"] = "differences"
) -> list[dict[str, Any]]:
    return ConfigStages().answer("s", StagesQuery(what=what), context(root, files)).value or []


def told(root: Path, files: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(d["path"], d["key"], d["kind"]) for d in ask(root, files)]


@pytest.mark.parametrize(
    ("staging", "production"),
    [
        ("chart/values-staging.yaml", "chart/values-prod.yaml"),
        ("deploy/staging/app.yaml", "deploy/production/app.yaml"),
        ("config.stg.yml", "config.prd.yml"),
        ("staging.yaml", "production.yaml"),
    ],
)
def test_a_key_that_production_lacks(tmp_path: Path, staging: str, production: str) -> None:
    files = {staging: "a: 1\nlimits: {memory: 2Gi}\n", production: "a: 2\n"}
    assert told(tmp_path, files) == [(production, "limits.memory", "missing")]


def test_a_base_counts_for_every_stage(tmp_path: Path) -> None:
    files = {"values.yaml": "b: 1\n", "values-staging.yaml": "a: 1\nb: 2\n", "values-prod.yaml": "a: 1\n"}
    assert told(tmp_path, files) == []


def test_variables_and_models(tmp_path: Path) -> None:
    files = {
        ".env.staging": "LLM_MODEL=a-1\nAPI_KEY=abcd1234\nURL=http://x\n",
        ".env.production": "LLM_MODEL=a-2\nAPI_KEY=efgh5678\n",
    }
    found = ask(tmp_path, files)
    assert [(d["line"], d["key"], d["kind"]) for d in found] == [(1, "URL", "missing"), (1, "LLM_MODEL", "model")]
    assert "abcd1234" not in str(found)


def test_terraform_variables(tmp_path: Path) -> None:
    files = {"envs/dev/x.tfvars": 'size = "s"\nzone = "a"\n', "envs/prod/x.tfvars": 'size = "l"\n'}
    assert told(tmp_path, files) == [("envs/prod/x.tfvars", "zone", "missing")]


def test_words_that_only_hold_a_stage(tmp_path: Path) -> None:
    files = {"products.yaml": "a: 1\n", "device.yaml": "b: 1\n", "live_data.yaml": "c: 1\n", "stage1.yaml": "d: 1\n"}
    assert ask(tmp_path, files, "files") == []


def test_the_files_that_were_compared(tmp_path: Path) -> None:
    files = {"app-dev.yaml": "a: 1\n", "app-prod.yaml": "a: 1\nb: 2\n", "other-prod.yaml": "c: 1\n"}
    assert [(f["path"], f["stage"], f["keys"]) for f in ask(tmp_path, files, "files")] == [
        ("app-dev.yaml", "development", 1),
        ("app-prod.yaml", "production", 2),
    ]
