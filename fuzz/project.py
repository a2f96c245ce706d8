"""A project in memory, so that every probe can be asked about a file that is on no disk."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, BinaryIO

from aiaudit.model.check import FactSpec
from aiaudit.model.fact import State
from aiaudit.probes import registry
from aiaudit.probes.base import Probe, Query
from aiaudit.project.config import ProjectConfig
from aiaudit.project.entry import Entry
from aiaudit.project.reader import Content, Unreadable
from aiaudit.project.roles import role_in, role_of_dirs, suffix_of
from aiaudit.project.tree import Project
from aiaudit.project.walk import Tree

# One name a kind of file that some probe reads; the first byte of an input picks one.
NAMES = (
    "README.md", "pyproject.toml", "requirements.txt", "setup.cfg", "setup.py", "Pipfile", "poetry.lock", "uv.lock",
    "environment.yml", "package.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "Dockerfile", "Makefile",
    "docker-compose.yml", "k8s/app.yaml", "chart/values.yaml", "main.tf", ".github/workflows/ci.yml", ".gitlab-ci.yml",
    "Jenkinsfile", "azure-pipelines.yml", ".circleci/config.yml", "tox.ini", "noxfile.py", "tasks.py", "run.sh",
    "dvc.yaml", "dvc.lock", "MLproject", "params.yaml", "conf/config.yaml", "MODEL_CARD.md", "data/README.md",
    "SECURITY.md", "CODEOWNERS", "LICENSE", ".env", ".mcp.json", "prometheus/rules.yml", "grafana/board.json",
    "evals/results.json", "promptfooconfig.yaml", "results/metrics.json", "sbom.cdx.json", "app/main.py", "app/x.ts",
    "train.ipynb", "model.pkl", "config.json", "tests/test_a.py", "prompts/system.txt", "docs/risk.md", "rows.jsonl",
    "costs/usage.csv", "mlruns/0/meta.yaml", "schema.json", "openapi.yaml", ".pre-commit-config.yaml", "attestations.yaml",
)  # fmt: skip
BESIDE: Mapping[str, bytes] = {
    "app/serve.py": b"from fastapi import FastAPI\nimport openai\napp = FastAPI()\n@app.post('/p')\ndef p(x: dict):\n"
    b"    return openai.OpenAI().chat.completions.create(model='gpt-4o', messages=[x])\n",
    "train.py": b"import torch\nmodel = torch.load('m.pt')\nmodel.fit()\n",
}
# Beyond the tree (git, this machine, other programs), or an engine of its own with tests of its own (DuckDB).
LEFT_OUT = registry.BEYOND_THE_TREE | {"data.profile", "datasets.profile", "capacity.host"}


@cache
def shipped_specs() -> tuple[FactSpec, ...]:
    """All queries of the shipped packs that a tree can answer."""
    from aiaudit.ruleset import Options, read_ruleset

    specs = read_ruleset(Options()).full.facts.values()
    return tuple(spec for spec in specs if spec.probe and spec.probe not in LEFT_OUT)


def shipped_queries() -> list[tuple[Probe[Any], Query]]:
    """The same as pairs of probe and query."""
    table = registry.probes()
    return [
        (table[spec.probe], table[spec.probe].query.model_validate(dict(spec.query)))
        for spec in shipped_specs()
        if spec.probe
    ]


class InMemory(Project):
    """A project whose files are bytes in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        entries = tuple(_entry(path, len(data)) for path, data in sorted(files.items()))
        super().__init__(Tree(root="/dev", entries=entries, skipped=()))
        self._reader.close()
        self._reader = _Files(files)  # type: ignore[assignment]
        for path, data in files.items():
            self.remember(path, data)


class _Files:
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def read(self, path: str, limit: int) -> Content:
        data = self.files.get(path)
        if data is None:
            raise Unreadable("gone")
        return Content(data[:limit], len(data), truncated=len(data) > limit)

    def open(self, path: str) -> BinaryIO:
        return io.BytesIO(self.read(path, 1 << 30).data)

    def close(self) -> None:
        """Nothing is open."""


def run_project() -> Callable[[bytes], None]:
    """The target: no probe may break over a file, whatever is in it."""
    from aiaudit.probes.collect import collect
    from aiaudit.project import pool

    specs = shipped_specs()
    pool.can_fork = lambda: False  # all in this process, which is the fuzzer's own: it wants to see what breaks

    def run(data: bytes) -> None:
        if not data:
            return
        name = NAMES[data[0] % len(NAMES)]
        with InMemory({**BESIDE, name: data[1:]}) as project:
            facts = collect(specs, project, ProjectConfig(), dt.date(2026, 6, 1), jobs=1, engines=_engine)
        broken = sorted({fact.reason for fact in facts.values() if fact.state is State.ERROR})
        assert not broken, f"{name}: {broken[:3]}"

    return run


@cache
def _engine_named(name: str) -> Any:
    return registry.build_engine(name, [query for probe, query in shipped_queries() if probe.engine == name])


def _engine(name: str, _: object) -> Any:
    return _engine_named(name)


def _entry(path: str, size: int) -> Entry:
    folder, _, name = path.rpartition("/")
    suffix = suffix_of(name.lower())
    return Entry(path, size, role=role_in(role_of_dirs(folder.lower()), name.lower(), suffix), suffix=suffix)
