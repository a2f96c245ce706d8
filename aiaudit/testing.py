"""For the tests of packs that live elsewhere: each case a test, in any test framework.

    import pytest
    from aiaudit.testing import Pack

    PACK = Pack("team.yaml")

    @pytest.mark.parametrize("case", PACK.cases, ids=str)
    def test_case(case):
        PACK.check(case)

    def test_the_pack_is_complete():
        PACK.complete()

This module is public: its names stay.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aiaudit.packs.cases import Case, CaseResult, find_cases, missing_cases, run_case
from aiaudit.packs.lint import lint
from aiaudit.packs.load import load

if TYPE_CHECKING:
    from aiaudit.packs.library import Library

__all__ = ["Case", "CaseResult", "Pack"]


class Pack:
    """A pack file and the folder of its cases (`cases` beside it where None)."""

    def __init__(self, path: str | Path, cases: str | Path | None = None) -> None:
        self.path = Path(path)
        self.folder = Path(cases) if cases is not None else self.path.parent / "cases"

    @cached_property
    def library(self) -> Library:
        """The pack, loaded. Raises `aiaudit.packs.problems.PackError` with every mistake in it."""
        return load([self.path], shipped=False)

    @cached_property
    def cases(self) -> list[Case]:
        """The cases of this pack's checks, by check and name."""
        known = {check.id for check in self.library.checks}
        return [case for case in find_cases(self.folder) if case.check in known]

    def run(self, case: Case) -> CaseResult:
        """How a case goes; `problems` says what is not as expected."""
        return run_case(self.library, case)

    def check(self, case: Case) -> CaseResult:
        """Run a case. Raises `AssertionError` with all that is not as expected."""
        result = self.run(case)
        if not result.passed:
            raise AssertionError(f"{case}:\n" + "\n".join(result.problems))
        return result

    def complete(self) -> None:
        """Raises `AssertionError` with every fault that lint finds, and every case that is missing."""
        faults = [str(problem) for problem in lint(self.library, self.folder)]
        faults += [fault for fault in missing_cases(self.library, self.cases) if fault not in faults]
        if faults:
            raise AssertionError("\n".join(faults))
