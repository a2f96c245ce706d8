"""Runs the Python engine and its probes over small sources and trees."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import Fact
from aiaudit.probes.collect import collect
from aiaudit.probes.python.engine import PythonEngine
from aiaudit.probes.python.probe_calls import CallsQuery
from aiaudit.project.entry import Entry
from aiaudit.project.tree import Project


def scan(code: str | bytes, *patterns: str, suffix: str = ".py", references: bool = False) -> dict[str, Any]:
    """What the engine finds in one file; what it gives must be JSON."""
    engine = PythonEngine([CallsQuery(any=list(patterns), references=references)] if patterns else [])
    data = dedent(code).encode() if isinstance(code, str) else code
    found = engine.scan(data, Entry(f"x{suffix}", len(data), suffix=suffix))
    return json.loads(json.dumps(found))


def called(code: str, *patterns: str, references: bool = False) -> list[tuple[int, str]]:
    """(line, names) of the calls found."""
    found = scan(code, *patterns, references=references)
    return [(one["line"], " | ".join(one["names"])) for one in found.get("calls", ())]


def first_call(code: str, *patterns: str) -> dict[str, Any]:
    calls = scan(code, *patterns)["calls"]
    assert len(calls) == 1, calls
    return calls[0]


def lay(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a tree of files."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
    return root


def ask(root: Path, probe: str, tree: Mapping[str, str | bytes] | None = None, /, **query: Any) -> Fact:
    """The fact that answers one query over a tree. Looked through in this process: to fork a worker, as an audit does,
    takes ten times as long as to look through a few lines that were written for it."""
    lay(root, tree or {})
    with Project.open(root) as project:
        spec = FactSpec("t.fact", Place("pack.yaml", 1, 1), probe=probe, query=query)
        return collect([spec], project, None, dt.date(2026, 1, 1), isolate=False)["t.fact"]  # type: ignore[arg-type]


def notebook(*cells: str | list[str], **metadata: Any) -> bytes:
    """A notebook as Jupyter writes it: one line of the file a line of code."""
    made = [
        {
            "cell_type": "code",
            "execution_count": number,
            "metadata": {},
            "outputs": [],
            "source": cell if isinstance(cell, list) else cell.splitlines(keepends=True),
        }
        for number, cell in enumerate(cells, 1)
    ]
    content = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
