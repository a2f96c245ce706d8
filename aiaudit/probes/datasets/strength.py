"""How much a schema demands of data: its columns, and those of which it says more than the type."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.probes.base import Context
from aiaudit.probes.datasets.run_by import as_written, lines_of
from aiaudit.probes.datasets.schemas import TYPE_ALONE, SchemasProbe, SchemasQuery
from aiaudit.probes.python.base_record import Definition
from aiaudit.probes.python.probe_calls import calls_in
from aiaudit.probes.python.project import PythonProject
from aiaudit.syntax import syntax_of

FRAME_MODEL: Final = lazy.regex(
    r"\b(?:DataFrameModel|SchemaModel)\b|\b(?:dy\.Schema|dataframely\.Schema|pt\.Model|patito\.Model)\b"
)
_RULES: Final = (  # keywords that say more of a column than its type
    "ge", "gt", "le", "lt", "isin", "notin", "in_range", "str_matches", "str_length", "str_contains", "unique", "eq",
    "min_length", "max_length", "pattern", "regex", "multiple_of", "checks", "check", "min", "max", "primary_key",
)  # fmt: skip
_NARROW: Final = lazy.regex(
    r"\b(?:Literal|Enum|bool|date|datetime|Timestamp|Category|category|EmailStr|Positive\w+|NonNegative\w+|con(?:int|str|float)|Annotated)\b"
)
_ANYTHING: Final = lazy.regex(r"lambda\s*\w*\s*:\s*(?:True|1)\b")


def strength(
    tool: str, schema: str, path: str, project: PythonProject, context: Context
) -> tuple[int | Unknown, int | Unknown]:  # fmt: skip
    """(columns, constrained columns) of the schema by its name, else of those in the file and in what it imports."""
    columns = constrained = 0
    listed = False
    spans = _spans(schema, path, project, context) if tool == "pandera" and schema else {}
    for where in spans or (path, *sorted(project.own_imports(path))):
        if where not in project.records:
            continue
        first, last = spans.get(where, (0, 10**9))
        expected: set[str] = set()
        demanded: set[str] = set()
        for call in calls_in(where, project):
            name = call["names"][0] if call["names"] else ""
            if not first <= call["line"] <= last:
                continue
            if tool == "pandera" and name.startswith("pandera.") and name.endswith(".Column"):
                columns += 1
                constrained += _is_constrained(call, as_written(where, context))
            elif tool == "great_expectations" and ".expect_column_" in name and not name.endswith("_to_exist"):
                expected.add(column := str(call["kw"].get("column") or call["arg0"]))
                if not name.endswith(TYPE_ALONE):
                    demanded.add(column)
            elif tool == "great_expectations" and ".expect_table_column" in name:
                listed = True
        columns, constrained = columns + len(expected), constrained + len(demanded)
        if tool in ("pandera", "pydantic", "dataframely", "patito"):
            for one in project.base(where).definitions:
                if one.kind == "class" and first <= one.line <= last and _describes(tool, head_of(where, one, context)):
                    more = _class_columns(lines_of(where, context)[one.line : one.end])
                    columns, constrained = columns + more[0], constrained + more[1]
    kinds = {"great_expectations": "great-expectations", "jsonschema": "json-schema", "pandera": "pandera"}
    if tool in kinds and not columns:
        kind = kinds[tool]
        files = [one for one in SchemasProbe().answer("", SchemasQuery(), context).value or [] if one["kind"] == kind]
        columns = sum(one["columns"] for one in files)
        constrained = sum(one["constrained"] for one in files)
        listed = columns > 0 and all("expect_table_column" in context.project.text(one["path"]) for one in files)
    if tool == "great_expectations" and columns and not listed:  # rules for some columns of nobody knows how many
        return 0, constrained
    if not columns:
        unknown = Unknown("the columns of the schema were not seen")
        return unknown, unknown
    return columns, constrained


def _spans(schema: str, path: str, project: PythonProject, context: Context) -> dict[str, tuple[int, int]]:
    """Where a schema of that name is made: file -> first and last line. Nothing where it has a base elsewhere."""
    made = re.compile(rf"{re.escape(schema)}\s*(?::[^=]*)?=\s*[\w.]*(?:DataFrameSchema|SeriesSchema)\(")
    for where in (path, *sorted(project.own_imports(path))):
        lines = lines_of(where, context)
        for number, text in enumerate(lines, 1):
            if (
                made.match(text.strip())
                and (end := _closed(lines, number))
                and "Column" in "".join(lines[number - 1 : end])
            ):
                return {where: (number, end)}
        for one in project.base(where).definitions if where in project.records else ():
            if one.kind == "class" and one.qualname == schema:
                head = head_of(where, one, context)
                own = re.search(r"\(\s*(?:\w+\.)?(?:DataFrameModel|SchemaModel|Model|Schema)\s*\)", head)
                return {where: (one.line, one.end)} if own else {}
    return {}


def _closed(lines: list[str], first: int) -> int:
    """The line on which the bracket that a line opens is closed, by counting, with the empty ones that follow; 0 where
    that was not seen."""
    depth = 0
    for number, text in enumerate(lines[first - 1 : first + 400], first):
        depth += sum(text.count(one) for one in "([{") - sum(text.count(one) for one in ")]}")
        if depth <= 0:
            return next((n for n, more in enumerate(lines[number:], number) if more), len(lines))
    return 0


def _describes(tool: str, head: str) -> bool:
    return bool(re.search(r"\(\s*(?:\w+\.)?BaseModel\b", head) if tool == "pydantic" else FRAME_MODEL.search(head))


def _is_constrained(call: Mapping[str, Any], lines: list[str]) -> bool:
    text = lines[call["line"] - 1] if 0 < call["line"] <= len(lines) else ""
    if _ANYTHING.search(text) and text.count("Check") == len(_ANYTHING.findall(text)) and not _NARROW.search(text):
        return False
    dtype = call["args"][0] if call["args"] else call["kw"].get("dtype", "")
    told = dtype.reason if isinstance(dtype, Unknown) else str(dtype)
    checks = [one for one in call["args"][1:] if one is not None]
    rules = any(key in _RULES and value not in (None, False) for key, value in call["kw"].items())
    return bool(checks or rules or _NARROW.search(told))


def _class_columns(body: list[str]) -> tuple[int, int]:
    """(columns, constrained) of a class whose annotated attributes are columns."""
    try:
        tree = syntax_of("class _:\n" + "\n".join(body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0, 0
    made = tree.body[0]
    fields = [one for one in made.body if isinstance(one, ast.AnnAssign)] if isinstance(made, ast.ClassDef) else []
    good = 0
    for one in fields:
        keywords = {key.arg for key in one.value.keywords} if isinstance(one.value, ast.Call) else set()
        good += bool(keywords & set(_RULES) or _NARROW.search(ast.unparse(one.annotation)))
    return len(fields), good


def head_of(path: str, definition: Definition, context: Context) -> str:
    """The first lines of a class, with its name and its bases."""
    return "\n".join(lines_of(path, context)[definition.line - 1 : definition.line + 2])
