"""Reasons of the engine that name only what stands in the code are told as such."""

from __future__ import annotations

import pytest

from aiaudit.packs.reasons import as_words


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
