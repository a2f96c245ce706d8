"""Reasons of the engine that name only what stands in the code are told as such."""

from __future__ import annotations

import ast

import pytest

from aiaudit.model.sentence import as_words
from aiaudit.model.types import INT, Unknown, list_of
from aiaudit.rules import compile, evaluate


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("boolop", "a value that it rests on is put together as the code runs"),
        ("fastapi.FastAPI()", "what `fastapi.FastAPI()` holds was not followed"),
        ("options?.held ? [...workers] :", "what `options?.held ? [...workers]` holds was not followed"),
        ("the file could not be read", "the file could not be read"),
        ("is that meant? nobody says", "is that meant? nobody says"),
    ],
)
def test_a_piece_of_code_is_told_as_such(reason: str, told: str) -> None:
    assert as_words(reason) == told


def test_whatever_kind_of_expression_stands_there_the_reason_is_a_sentence() -> None:
    kinds = [
        kind.__name__.lower() for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)
    ]
    assert "compare" in kinds
    for kind in (*kinds, "*", "list", "map", "computed", "?"):
        assert len(as_words(kind).split()) > 3, kind


def test_the_trace_tells_it_in_a_sentence() -> None:
    read = compile("found.exists(f, f == 1)", {"found": list_of(INT)})
    assert evaluate(read, {"found": Unknown("compare")}, explain=True).trace == (
        "found is unknown: a value that it rests on is put together as the code runs",
    )
