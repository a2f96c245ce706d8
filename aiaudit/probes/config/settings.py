"""Probe `config.settings`: where configuration is kept: files, Hydra groups, parameters, settings modules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.config.environment import assignments
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.project.roles import Role

GLOBS: Final = (
    "{conf,config,configs,configuration,configurations}/**/*.{yaml,yml,toml,json,ini,cfg}",
    "**/{conf,config,configs}/*.{yaml,yml,toml,json,ini}",
    "{params,parameters,config,conf,settings,configuration,hyperparameters}.{yaml,yml,toml,json,ini}",
    "**/{params,config,conf,settings,model_config,train_config}.{yaml,yml,toml,ini}",
    "**/{conf,config,settings}.example.{yaml,yml,toml,json}",
    "**/conf.json",
    "langgraph.json",
)
_ENV_GLOBS: Final = (
    "**/.env.{example,sample,template,dist}",
    "**/{env.example,env.sample,env.template,example.env,sample.env}",
)
_MODULES: Final = (
    "**/{settings,config,configuration,configs}.py",
    "**/{settings,config}/{__init__,base,settings,config}.py",
)
_TOOLS: Final = lazy.regex(
    r"(^|/)(\.pre-commit-config|mkdocs|docker-compose|compose|\.?eslint|tsconfig|jest|babel|renovate|dependabot|\.codecov|codecov"
    r"|mypy|ruff|\.coveragerc|pytest|tox|playwright|vitest|components|biome|nodemon|launch|settings\.json$|tasks\.json$)"
    r"|^\.(github|vscode|devcontainer|dvc|circleci|husky)/|(^|/)\.vscode/|package(-lock)?\.json$"
)
_SETTINGS_CLASS: Final = lazy.regex(
    r"\b(BaseSettings|pydantic_settings|SettingsConfigDict|Dynaconf|environ\.Env|os\.environ|os\.getenv|from_runnable_config"
    r"|decouple|OmegaConf|ConfigStore|configparser|starlette\.config)\b"
)

SETTING = record("settings", path=STRING, line=INT, kind=STRING, keys=INT)


class SettingsQuery(Query):
    """No parameters: every place where configuration is kept."""


class ConfigSettings(Probe[SettingsQuery]):
    """`kind`: file (YAML, TOML, JSON or INI of the application), parameters (DVC), hydra, environment (an example of
    variables), module (Python that reads settings from outside). `keys`: how many settings it holds."""

    name: ClassVar[str] = "config.settings"
    title: ClassVar[str] = "Places where configuration is kept apart from code"
    query: ClassVar[type[Query]] = SettingsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: SettingsQuery) -> Type:
        return list_of(SETTING)

    def answer(self, fact_id: str, query: SettingsQuery, context: Context) -> Fact:
        files = Files(context.project)
        found: list[dict[str, object]] = []
        looked: list[str] = []
        for entry in files.running(GLOBS):
            if entry.role is Role.DATA or _TOOLS.search(entry.path):
                continue
            looked.append(entry.path)
            keys, hydra = _parsed(files, entry.path)
            if keys:
                kind = "hydra" if hydra else "parameters" if entry.name.startswith("params.") else "file"
                found.append({"path": entry.path, "line": 1, "kind": kind, "keys": keys})
        for entry in files.running(_ENV_GLOBS):
            looked.append(entry.path)
            names = list(assignments(files.text(entry.path) or ""))
            if names:
                found.append({"path": entry.path, "line": names[0][2], "kind": "environment", "keys": len(names)})
        for entry in files.matching(_MODULES, ("code",)):
            looked.append(entry.path)
            text = files.text(entry.path) or ""
            if match := _SETTINGS_CLASS.search(text):
                line = text.count("\n", 0, match.start()) + 1
                keys = len(re.findall(r"(?m)^\s+\w+\s*:\s*\w|os\.(?:environ|getenv)", text))
                found.append({"path": entry.path, "line": line, "kind": "module", "keys": keys})
        scope = scope_of(looked, files.problems)
        return listed(
            fact_id, found, method="configuration files and settings modules found and read", scope=scope, note="kind"
        )


def _parsed(files: Files, path: str) -> tuple[int, bool]:
    """How many settings a file holds, and whether it is Hydra's (a defaults list, `_target_`, `# @package`)."""
    suffix = path.rpartition(".")[2]
    text = files.text(path) or ""
    if suffix in ("yaml", "yml"):
        data = files.yaml(path)
        hydra = bool(re.search(r"(?m)^# @package|^defaults:\s*$|^\s*_target_:", text))
    elif suffix == "json":
        data, hydra = files.json(path), False
    elif suffix == "toml":
        data, hydra = files.toml(path), False
    else:
        data, hydra = {k: v for section in files.ini(path).values() for k, v in section.items()}, False
    return (len(data) if isinstance(data, Mapping) else 0), hydra
