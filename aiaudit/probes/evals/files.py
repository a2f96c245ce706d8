"""Which files may hold results or cases of an evaluation, and their contents as rows or plain data."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.base import Context
from aiaudit.probes.evals.result import MAX_ROWS, rows
from aiaudit.probes.reading import Files
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

MAX_FILES: Final = 300
_MAX_LINE: Final = 2_000_000  # characters of a line of JSON
_RESULTS: Final = lazy.regex(
    r"(?i)eval|result|red[-_]?team|garak|promptfoo|pyrit|moonshot|deepeval|deepteam|ragas|inspect|benchmark|retriev|metric"
    r"|score|report|judge|jailbreak|inject|(?:^|/)logs?/"
)
_CASES: Final = lazy.regex(
    r"(?i)(?<!tri)(?<!edi)eval|golden|red[-_]?team|promptfoo|benchmark|(?:^|[/_-])(?:qa|cases|scenarios|goldens?|questions|qrels)(?:[/_.-]|$)"
)
_OURS: Final = lazy.regex(r"(?i)eval|red[-_]?team|garak|promptfoo|golden|judge|retriev")  # in a folder of tests
_CERTAIN: Final = lazy.regex(r"(?i)eval|red[-_]?team|garak|promptfoo|pyrit|ragas|judge|retriev|jailbreak")  # in YAML
_LEFT_BY_RUNS: Final = lazy.regex(r"(?i)result|output|prediction|summary|report")  # no cases, but what became of them
# Files that other tools leave under such names, and that are none of ours.
_FOREIGN: Final = lazy.regex(
    r"(?i)(?:^|/)(?:package(?:-lock)?|tsconfig[\w.]*|openapi|swagger|manifest|composer|components|biome|turbo|vercel"
    r"|\.eslintrc|renovate|devcontainer|langgraph|mcp)\.json$|\.cdx\.json$|\.spdx\.json$|\.schema\.json$"
    r"|(?:^|/)(?:\.github|templates|charts?|helm|k8s|grafana|prometheus|alembic|migrations)/"
)
_UNFIT: Final = frozenset((Role.DOCS, Role.EXAMPLE, Role.MODEL))


def result_files(files: Files) -> list[Entry]:
    """Files whose path speaks of results, in path order; those of tests only where they speak of an evaluation."""
    globs = ("**/*.json", "**/*.jsonl", "**/*.csv", "**/*.xml", "**/*.yaml", "**/*.yml")
    found = (one for one in files.matching(globs) if _fits(one, _RESULTS))
    return [one for one in found if one.suffix not in (".yaml", ".yml") or _CERTAIN.search(one.path)]


def case_files(files: Files) -> list[Entry]:
    """Files whose path speaks of cases of an evaluation."""
    globs = ("**/*.json", "**/*.jsonl", "**/*.csv", "**/*.tsv", "**/*.yaml", "**/*.yml")
    return [one for one in files.matching(globs) if _fits(one, _CASES) and not _LEFT_BY_RUNS.search(one.name)]


def _fits(entry: Entry, pattern: re.Pattern[str]) -> bool:
    path = entry.path
    if entry.role in _UNFIT or _FOREIGN.search(path) or not pattern.search(path):
        return False
    return entry.role is not Role.TEST or _OURS.search(path) is not None


def content(context: Context, files: Files, entry: Entry) -> Any:
    """Parsed JSON or YAML, or a list of rows (JSON Lines, CSV, TSV), or the text of XML; None where it is unreadable,
    and why stands in `files.problems`. Read once a run."""
    memo: dict[str, Any] = context.memo.setdefault("evals.contents", {})
    problems: dict[str, str] = context.memo.setdefault("evals.problems", {})
    if entry.path not in memo:
        memo[entry.path] = _content(files, entry)
        if entry.path in files.problems:
            problems[entry.path] = files.problems[entry.path]
    if entry.path in problems:
        files.problems[entry.path] = problems[entry.path]
    return memo[entry.path]


def _content(files: Files, entry: Entry) -> Any:
    match entry.suffix:
        case ".json":
            return files.json(entry.path)
        case ".yaml" | ".yml":
            return files.yaml(entry.path)
    source = files.text(entry.path)
    if source is None or entry.suffix == ".xml":
        return source
    return _json_lines(source) if entry.suffix == ".jsonl" else _table(source, "\t" if entry.suffix == ".tsv" else ",")


def _json_lines(source: str) -> list[Mapping[str, Any]]:
    found: list[Any] = []
    for line in source.splitlines():
        if not line.strip() or len(line) > _MAX_LINE or len(found) >= MAX_ROWS:
            continue
        try:
            found.append(json.loads(line, parse_constant=str))
        except (ValueError, RecursionError):
            continue
    return rows(found)


def _table(source: str, delimiter: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    try:
        for _, row in zip(range(MAX_ROWS), csv.DictReader(io.StringIO(source), delimiter=delimiter), strict=False):
            found.append({str(key): cell for key, cell in row.items() if isinstance(cell, str)})
    except csv.Error:
        pass  # the rows before the one that cannot be read count
    return found


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the fields of its `metadata` beside its own, keys in small letters."""
    inner: Mapping[str, Any] = {}
    for key in ("metadata", "meta"):
        part = row.get(key)
        if isinstance(part, Mapping):
            inner = {**inner, **part}
    return {str(key).lower(): value for key, value in {**inner, **row}.items()}
