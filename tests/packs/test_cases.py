"""Every shipped check on its cases, and no case missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.packs.cases import Case, find_cases, missing_cases, run_case
from aiaudit.packs.load import load

FOLDER = Path(__file__).parents[1] / "checks"
LIBRARY = load()
CASES = find_cases(FOLDER)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_check_ends_as_the_case_expects(case: Case) -> None:
    result = run_case(LIBRARY, case)
    assert result.passed, "\n".join(result.problems)


def test_no_case_is_missing() -> None:
    assert missing_cases(LIBRARY, CASES) == []
