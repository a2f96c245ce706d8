"""Asks a `javascript.*` probe about a few files, as a run would: all files scanned by the engine, then one answer."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiaudit.model.fact import Fact
from aiaudit.probes import registry
from aiaudit.probes.javascript.engine import JavaScriptEngine
from tests.probes.support import context


def ask(root: Path, probe: str, files: Mapping[str, str], **query: Any) -> Fact:
    """The fact that the probe answers about `files`."""
    made = registry.get(probe)
    asked = made.query.model_validate(query)
    engine = JavaScriptEngine([asked])
    around = context(root, {name: textwrap.dedent(text) for name, text in files.items()})
    around.scans = {
        "javascript": {
            entry.path: engine.scan(around.project.read(entry.path), entry)
            for entry in around.project.files
            if engine.wants(entry)
        }
    }
    return made.answer("fact", asked, around)


def calls(root: Path, code: str, more: Mapping[str, str] | None = None, **query: Any) -> list[dict[str, Any]]:
    """What `javascript.calls` finds in `src/app.ts`."""
    query = {"any": ["group:llm.completion"], **query}
    fact = ask(root, "javascript.calls", {"src/app.ts": code, **(more or {})}, **query)
    return [one for one in fact.value or [] if one["path"] == "src/app.ts"]
