"""A project in memory, so that every probe can be asked about a file that is on no disk."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import io
import json
import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, BinaryIO

import yaml

from aiaudit.model.check import FactSpec
from aiaudit.model.fact import State
from aiaudit.probes import registry
from aiaudit.probes.base import Probe, Query
from aiaudit.project.config import ProjectConfig
from aiaudit.project.entry import Entry
from aiaudit.project.reader import Content, Unreadable
from aiaudit.project.roles import role_and_suffix, role_of_dirs
from aiaudit.project.tree import Project
from aiaudit.project.walk import Tree
from fuzz.seeds import case_files

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
    ".travis.yml", "buildspec.yml", ".drone.yml", ".woodpecker/a.yaml", "appveyor.yml", ".semaphore/semaphore.yml", ".cirrus.yml",
)  # fmt: skip
# Parts of the probes that are asked by themselves, a hundred times faster: the kinds of probe, and the files they read.
PARTS: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "ci": (
        frozenset({"ci", "entrypoints"}),
        (
            ".github/workflows/ci.yml", ".gitlab-ci.yml", "Jenkinsfile", "azure-pipelines.yml", ".circleci/config.yml", "cloudbuild.yaml",
            "bitbucket-pipelines.yml", "Makefile", "tox.ini", "noxfile.py", "tasks.py", "run.sh", "package.json", "pyproject.toml",
            ".pre-commit-config.yaml", "setup.cfg", "dvc.yaml", "MLproject", "deploy/crontab", "deploy/score.service",
            ".travis.yml", "buildspec.yml", ".drone.yml", ".woodpecker/a.yaml", "appveyor.yml", ".semaphore/semaphore.yml", ".cirrus.yml",
        ),
    ),
    "dependencies": (
        frozenset({"dependencies", "lifecycle", "bom"}),
        (
            "pyproject.toml", "requirements.txt", "setup.cfg", "setup.py", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock", "pdm.lock",
            "environment.yml", "package.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "pylock.toml", "Dockerfile",
            "sbom.cdx.json", "bom.xml", "sbom.spdx.json", ".python-version", ".nvmrc", "go.mod",
        ),
    ),
    "deployment": (
        frozenset({"config", "mcp"}),
        (
            "Dockerfile", "docker-compose.yml", "k8s/app.yaml", "chart/Chart.yaml", "chart/values.yaml", "chart/templates/app.yaml", "main.tf",
            "prometheus/rules.yml", "grafana/board.json", "alertmanager.yml", ".env", ".mcp.json", "conf/config.yaml", "fly.toml",
            "render.yaml", "app.yaml", "serverless.yml", "template.yaml", "config.json", "settings.toml",
        ),
    ),
    "documents": (
        frozenset({"docs", "project", "files", "waivers"}),
        (
            "README.md", "MODEL_CARD.md", "data/README.md", "SECURITY.md", "CODEOWNERS", "LICENSE", "docs/risk.md", "docs/card.docx",
            "README.rst", "CHANGELOG.md", "CONTRIBUTING.md", "docs/runbook.md", "docs/adr/1.md", "docs/oversight.md",
        ),
    ),
    "figures": (
        frozenset({"evals", "results", "runs", "cost", "capacity", "datasets"}),
        (
            "evals/results.json", "evals/results.jsonl", "evals/cases.csv", "promptfooconfig.yaml", "results/metrics.json", "report.xml",
            "results.csv", "costs/usage.csv", "costs/focus.csv", "mlruns/0/meta.yaml", "mlruns/0/a/metrics/f1", "dvclive/metrics.json",
            "rows.jsonl", "data/train.csv", "data/train.parquet", "schema.json", "load/results.json", "locust_stats.csv", "openapi.yaml",
            "great_expectations/expectations/a.json", "red_team/garak.report.jsonl",
        ),
    ),
}  # fmt: skip
BESIDE: Mapping[str, bytes] = {
    "app/serve.py": b"from fastapi import FastAPI\nimport openai\napp = FastAPI()\n@app.post('/p')\ndef p(x: dict):\n"
    b"    return openai.OpenAI().chat.completions.create(model='gpt-4o', messages=[x])\n",
    "train.py": b"import torch\nmodel = torch.load('m.pt')\nmodel.fit()\n",
}
# Beyond the tree (git, this machine, other programs), or an engine of its own with tests of its own (DuckDB).
LEFT_OUT = registry.BEYOND_THE_TREE | {"data.profile", "datasets.profile", "capacity.host"}

_OWN_TARGETS = frozenset({"python", "javascript", "text"})  # engines that are fuzzed alone, far faster


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


def run_project(part: str | None = None) -> Callable[[bytes], None]:
    """The target: no probe (of this part) may break over a file, whatever is in it."""
    from aiaudit.probes.collect import collect
    from aiaudit.project import pool

    table = registry.probes()
    specs = [spec for spec in shipped_specs() if table[spec.probe or ""].engine not in _OWN_TARGETS]
    names = NAMES
    if part is not None:
        kinds, names = PARTS[part]
        specs = [spec for spec in specs if (spec.probe or "").partition(".")[0] in kinds]
    pool.can_fork = lambda: False  # all in this process, which is the fuzzer's own: it wants to see what breaks

    def run(data: bytes) -> None:
        if not data:
            return
        name = names[data[0] % len(names)]
        with InMemory({**BESIDE, name: data[1:]}) as project:
            facts = collect(specs, project, ProjectConfig(), dt.date(2026, 6, 1), jobs=1, engines=_engine)
        broken = sorted({fact.reason for fact in facts.values() if fact.state is State.ERROR})
        assert not broken, f"{name}: {broken[:3]}"

    return run


def run_shapes() -> Callable[[bytes], None]:
    """The target: a real YAML or JSON file in which some values are of other kinds than anybody expects. JSON is YAML,
    so one way to write serves both."""
    ask = run_project()
    bases = [(number, base) for number, name in enumerate(NAMES) for base in _bases(name)]

    def run(data: bytes) -> None:
        draw = random.Random(data)
        number, base = draw.choice(bases)
        value = json.loads(base)
        for _ in range(draw.randint(1, 4)):
            value = _changed(value, draw)
        ask(bytes([number]) + json.dumps(value).encode())

    return run


JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1e400, 0.5, "", "x", "\ud800", "a: b", "9" * 400, "2026-13-45", "../../etc/passwd", "${{ x }}", [], {},
    [None], [[]], [{}], {"": None}, {"x": []}, ["x", 1], {"name": {"name": []}}, "*", "${X:-y}", "1.2.3.4.5", "\x00",
)  # fmt: skip


def _changed(value: Any, draw: random.Random) -> Any:
    """The same value with one place of it replaced, dropped, or put into a list."""
    if isinstance(value, (dict, list)) and value and draw.random() < 0.85:
        key = draw.choice(sorted(value) if isinstance(value, dict) else range(len(value)))
        if draw.random() < 0.1:
            del value[key]
        else:
            value[key] = _changed(value[key], draw)
        return value
    return [value] if draw.random() < 0.2 else copy.deepcopy(draw.choice(JUNK))


def _bases(name: str) -> list[str]:
    """Real files of this repository with this name, as JSON."""
    if not name.endswith((".yml", ".yaml", ".json", ".lock", ".ipynb")):
        return []
    found = []
    for text in case_files().get(name.rpartition("/")[2], ())[:6]:
        with contextlib.suppress(Exception):
            value = yaml.safe_load(text)
            if isinstance(value, (dict, list)) and len(text := json.dumps(value, default=str)) < 8000:
                found.append(json.dumps(json.loads(text), skipkeys=True))
    return found


@cache
def engine_named(name: str) -> Any:
    """The engine with all that the shipped packs ask of it."""
    return registry.build_engine(name, [query for probe, query in shipped_queries() if probe.engine == name])


def _engine(name: str, _: object) -> Any:
    return engine_named(name)


def _entry(path: str, size: int) -> Entry:
    folder, _, name = path.rpartition("/")
    role, suffix = role_and_suffix(role_of_dirs(folder.lower()), name.lower())
    return Entry(path, size, role=role, suffix=suffix)
