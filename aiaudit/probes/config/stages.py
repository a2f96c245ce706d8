"""Probe `config.stages`: settings that one stage (development, staging, production) has and another lacks.

Files are compared that stand for the same thing: `values-prod.yaml` beside `values-staging.yaml`, `.env.production`
beside `.env.staging`, `envs/prod/main.tfvars` beside `envs/dev/main.tfvars`. What a base file beside them sets
(`values.yaml`, `.env`) counts for all of them, and so does what the object sets that an overlay of Kustomize changes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal

from aiaudit import lazy
from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.ci.task import join
from aiaudit.probes.config.secret_names import is_secret_name
from aiaudit.probes.config.values import settings
from aiaudit.probes.reading import Files, listed, scope_of
from aiaudit.probes.wiring import KUSTOMIZATIONS
from aiaudit.project.roles import Role

GLOBS: Final = ("**/*.{yaml,yml,toml,json,ini,env,tfvars}", "**/.env*", "**/*.env.*")
_STAGES: Final = {
    "dev": "development",
    "devel": "development",
    "develop": "development",
    "development": "development",
    "qa": "test",
    "uat": "test",
    "stage": "staging",
    "stg": "staging",
    "staging": "staging",
    "preprod": "staging",
    "prod": "production",
    "prd": "production",
    "production": "production",
    "live": "production",
}
_WORD: Final = lazy.regex(rf"(?<![a-z])({'|'.join(sorted(_STAGES, key=len, reverse=True))})(?![a-z])", re.IGNORECASE)
_MODEL: Final = lazy.regex(
    r"(?i)(?:^|[._-])(?:model|embedding_model|llm|deployment)(?:[._-]?(?:id|name|version|tag))?$"
)
_TFVAR: Final = lazy.regex(r"^(\w+)[ \t]*=(.*)$")
_MAX_FILES: Final = 400
_DEEPEST: Final = 4  # overlays of overlays

FILE = record("stage_file", path=STRING, line=INT, stage=STRING, group=STRING, keys=INT)
DIFFERENCE = record(
    "difference", path=STRING, line=INT, stage=STRING, other=STRING, other_stage=STRING, key=STRING, kind=STRING
)


class StagesQuery(Query):
    """`what`: the files of stages that were compared, or their differences. `kind` of a difference: missing (the other
    stage's file sets the key, this one and its base do not) or model (both name a model, and not the same)."""

    what: Literal["files", "differences"] = "differences"


class ConfigStages(Probe[StagesQuery]):
    """Differences are told at the production file where it is one of the two; keys only, never values."""

    name: ClassVar[str] = "config.stages"
    title: ClassVar[str] = "Settings of stages (development, staging, production) compared"
    query: ClassVar[type[Query]] = StagesQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: StagesQuery) -> Type:
        return list_of(FILE if query.what == "files" else DIFFERENCE)

    def answer(self, fact_id: str, query: StagesQuery, context: Context) -> Fact:
        files = Files(context.project)
        groups = {key: members for key, members in _grouped(files).items() if len({s for s, _ in members}) > 1}
        found: list[dict[str, Any]] = []
        looked: list[str] = []
        for group, members in sorted(groups.items()):
            base = _keys(files, group.replace("{stage}", "")) if "{stage}" in group else {}
            base = {**_overlaid(files, members), **base}
            read = [(stage, path, _keys(files, path)) for stage, path in members]
            looked += [path for _, path, _ in read]
            if query.what == "files":
                found += [
                    {"path": path, "line": 1, "stage": stage, "group": group, "keys": len(keys)}
                    for stage, path, keys in read
                ]
            else:
                found += _differences(read, base)
        return listed(
            fact_id,
            found,
            method="files of stages compared key by key",
            scope=scope_of(looked, files.problems),
            note="key" if query.what == "differences" else "stage",
        )


def _grouped(files: Files) -> dict[str, list[tuple[str, str]]]:
    """Files by what they stand for: the path with the word for the stage taken out, as (stage, path)."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    count = 0
    for entry in files.running(GLOBS):
        if entry.role is Role.DATA or entry.path.startswith(".github/"):
            continue
        words = list(_WORD.finditer(entry.path))
        if not words or count >= _MAX_FILES:
            continue
        count += 1
        last = words[-1]
        start, end = last.span()
        if start > 0 and entry.path[start - 1] in ".-_" and (start < 2 or entry.path[start - 2] != "/"):
            start -= 1  # `values-prod.yaml` has the base `values.yaml`
        mark = "{stage}" if "/" not in entry.path[end:] else "{folder}"
        groups[entry.path[:start] + mark + entry.path[end:]].append((_STAGES[last.group(1).lower()], entry.path))
    return groups


def _keys(files: Files, path: str) -> dict[str, tuple[Any, int]]:
    """The settings of a file by their dotted keys, with value and line. Only the ends of branches; lists as a whole."""
    if not files.exists(path):
        return {}
    if path.endswith(".tfvars"):
        lines = (files.text(path) or "").splitlines()
        return {m.group(1): (m.group(2).strip(), n) for n, line in enumerate(lines, 1) if (m := _TFVAR.match(line))}
    return {
        key: (value, line)
        for key, value, line in settings(files, path)
        if not isinstance(value, dict | list) and not re.search(r"(?:^|\.)\d+(?:\.|$)", key)
    }


def _is_of_stage(key: str, stage: str) -> bool:
    """Whether a setting says by its own name that it belongs to a stage: `annotations.dev.environment`."""
    return any(_STAGES[hit.group(1).lower()] == stage for hit in _WORD.finditer(key))


def _overlaid(files: Files, members: list[tuple[str, str]]) -> dict[str, tuple[Any, int]]:
    """What the objects set that the overlays of Kustomize change, in the files that the overlays take in."""
    found: dict[str, tuple[Any, int]] = {}
    for _, path in members:
        folder = path.rpartition("/")[0]
        own = _identity(files, path)
        for name in _resources(files, folder, 0) if own else ():
            if name != path and _identity(files, name) == own:
                found.update(_keys(files, name))
    return found


def _identity(files: Files, path: str) -> tuple[str, str] | None:
    """Kind and name of the object in a manifest."""
    data = files.yaml(path) if path.endswith((".yaml", ".yml")) and files.exists(path) else None
    if not isinstance(data, dict) or not isinstance(data.get("metadata"), dict):
        return None
    return str(data.get("kind")), str(data["metadata"].get("name"))


def _resources(files: Files, folder: str, depth: int) -> Iterator[str]:
    """The manifests that a folder's `kustomization.yaml` takes in, also through other folders."""
    name = next((one for one in KUSTOMIZATIONS if files.exists(f"{folder}/{one}" if folder else one)), "")
    data = files.yaml(f"{folder}/{name}" if folder else name) if name else None
    if not isinstance(data, dict) or depth > _DEEPEST or not files.may_follow(folder):
        return
    for key in ("resources", "bases"):
        for item in data[key] if isinstance(data.get(key), list) else ():
            path = join(folder, str(item)) if "://" not in str(item) else None
            if path is not None and files.exists(path):
                yield path
            elif path is not None:
                yield from _resources(files, path, depth + 1)


def _differences(
    read: list[tuple[str, str, dict[str, tuple[Any, int]]]], base: dict[str, tuple[Any, int]]
) -> list[dict[str, Any]]:
    """What the file of the later stage lacks beside the one before, and models that differ."""
    order = {"development": 0, "test": 1, "staging": 2, "production": 3}
    ranked = sorted(read, key=lambda one: (order[one[0]], one[1]))
    if len(ranked) < 2 or not ranked[-1][2]:
        return []
    (stage, path, own), before = ranked[-1], ranked[-2]
    other_stage, other, theirs = before
    place = {"path": path, "stage": stage, "other": other, "other_stage": other_stage}
    found = [
        {**place, "line": 1, "key": key, "kind": "missing"}
        for key in theirs
        if key not in own and key not in base and not _is_of_stage(key, other_stage)
    ]
    for key, (value, line) in own.items():
        differs = key in theirs and isinstance(value, str) and value != theirs[key][0]
        if differs and _MODEL.search(key) and not is_secret_name(key):
            found.append({**place, "line": line, "key": key, "kind": "model"})
    return found
