"""How a sentence begins."""

from __future__ import annotations

import pytest

from aiaudit.model import sentence


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        ("no file was read", "No file was read"),
        ("validate_tests.py is not in the project", "validate_tests.py is not in the project"),
        ("src/app.ts could not be parsed", "src/app.ts could not be parsed"),
        ("requests.get has no limit of time", "requests.get has no limit of time"),
        ("load() takes a path", "load() takes a path"),
        ("", ""),
    ],
)
def test_a_name_keeps_its_letters_at_the_beginning(text: str, begun: str) -> None:
    assert sentence.begun(text) == begun
