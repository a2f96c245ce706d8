"""docs/rule-language.md says the truth: its examples, tables, messages and bounds are run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, Type, Unknown, list_of, map_of, record
from aiaudit.rules import Budget, Failed, RuleError, compile, evaluate
from aiaudit.rules.lexer import MAX_SOURCE
from aiaudit.rules.library import FUNCTIONS
from aiaudit.rules.parser import MACROS, MAX_DEPTH
from aiaudit.rules.patterns import MAX_PATTERN, MAX_PROGRAM

TEXT = (Path(__file__).parents[2] / "docs" / "rule-language.md").read_text(encoding="utf-8")
NAMES: dict[str, Type] = {
    "flag.trains": BOOL, "flag.rag": BOOL, "params.most": INT, "coverage": DOUBLE, "title": STRING,
    "image": record("image", user=STRING, ports=list_of(INT)), "settings": map_of(DYN),
    "loads": list_of(record("load", path=STRING, line=INT, source=STRING, safe=BOOL)),
}  # fmt: skip


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def pairs(language: str) -> list[tuple[str, str]]:
    """A source and, indented below it, what is said of it."""
    return re.findall(r"^(\S.*)\n  (\S.*)$", "".join(blocks(language)), re.MULTILINE)


def with_unknowns(value: Any) -> Any:
    if isinstance(value, list):
        return [with_unknowns(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"$unknown"}:
            return Unknown(value["$unknown"])
        return {key: with_unknowns(item) for key, item in value.items()}
    return value


FACTS: dict[str, Any] = with_unknowns(yaml.safe_load(blocks("yaml")[0]))
LINES = [line for block in blocks("cel") for line in block.splitlines() if not line.startswith("//")]


@pytest.mark.parametrize("line", LINES)
def test_examples_are_true(line: str) -> None:
    assert evaluate(compile(line, NAMES, expect=BOOL), FACTS).value is True


def test_there_are_examples() -> None:
    assert set(FACTS) == set(NAMES)
    assert len(LINES) > 20 and len(pairs("refused")) == 3 and len(pairs("explained")) == 4


@pytest.mark.parametrize(("source", "message"), pairs("refused"))
def test_messages_are_as_written(source: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile(source, NAMES)
    assert str(caught.value) == message


@pytest.mark.parametrize(("source", "line"), pairs("explained"))
def test_explanations_are_as_written(source: str, line: str) -> None:
    assert evaluate(compile(source, NAMES), FACTS, explain=True).trace == (line,)


@pytest.mark.parametrize("operator", ["&&", "||"])
def test_truth_tables_are_as_written(operator: str) -> None:
    written = "a && b" if operator == "&&" else r"a \|\| b"
    start = TEXT.index(f"| `{written}` |")
    rows = [[cell.strip(" *") for cell in row.strip("|").split("|")] for row in TEXT[start:].splitlines()[2:6]]
    names: dict[str, Type] = {"true_": BOOL, "false_": BOOL, "unknown_": BOOL, "error_": BOOL}
    values = {"true_": True, "false_": False, "unknown_": Unknown("?"), "error_": Failed("?")}
    words = {True: "true", False: "false"}
    assert [row[0] for row in rows] == ["true", "false", "unknown", "error"]
    for left, *cells in rows:
        for right, cell in zip(("true", "false", "unknown", "error"), cells, strict=True):
            got = evaluate(compile(f"{left}_ {operator} {right}_", names), values).value
            kind = "unknown" if isinstance(got, Unknown) else "error" if isinstance(got, Failed) else words[got]
            assert kind == cell, (left, operator, right)


def test_every_function_and_macro_is_described() -> None:
    for name in (*FUNCTIONS, *MACROS, "has"):
        assert re.search(rf"`[^`]*\b{name}\([^`]*`", TEXT), name
    for name in [function.name for function in FUNCTIONS.values() if function.ours] + ["count"]:
        assert f"`{name}`" in TEXT.partition("## Differences from CEL")[2], name


def test_bounds_are_as_written() -> None:
    section = TEXT.partition("## Bounds")[2].partition("## ")[0]
    for bound in (MAX_SOURCE, MAX_DEPTH, MAX_PATTERN, MAX_PROGRAM, Budget().steps, Budget().size):
        assert f"{bound:,}" in section, bound
