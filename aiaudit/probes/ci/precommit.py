"""pre-commit hooks as commands: what `pre-commit run` would run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit.probes.ci.model import as_list, as_map, words_of
from aiaudit.probes.reading import Files
from aiaudit.project.parse import line_of

FILES: Final = (".pre-commit-config.yaml", ".pre-commit-config.yml")


class Hook(Struct, frozen=True):
    """One configured hook. `words` is its command: the entry of a local hook, else the hook's id."""

    id: str
    repo: str
    rev: str
    words: tuple[str, ...]
    path: str
    line: int
    stages: tuple[str, ...] = ()


def hooks(files: Files) -> list[Hook]:
    """All hooks of the project's pre-commit configuration, in order."""
    path = next((name for name in FILES if files.exists(name)), None)
    data: Any = files.yaml(path) if path else None
    found: list[Hook] = []
    for repo in as_list(as_map(data).get("repos")):
        listed = as_map(repo).get("hooks")
        for index, item in enumerate(as_list(listed)):
            hook = item if isinstance(item, Mapping) else {}
            name = hook.get("id")
            if not isinstance(name, str) or path is None:
                continue
            source = str(as_map(repo).get("repo") or "")
            arguments = words_of(hook.get("args"))
            found.append(
                Hook(
                    name,
                    source,
                    str(as_map(repo).get("rev") or ""),
                    (*_entry(hook, name, source), *arguments),
                    path,
                    line_of(listed, index) or 1,
                    words_of(hook.get("stages")),
                )
            )
    return found


def _entry(hook: Mapping[str, Any], name: str, source: str) -> tuple[str, ...]:
    entry = hook.get("entry")
    if source == "local" and isinstance(entry, str):
        try:
            return tuple(shlex.split(entry)) or (name,)
        except ValueError:
            return tuple(entry.split())
    return (name,)
