"""Every shipped check on its cases, and no case missing. A broken pack does not hide how the others do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from aiaudit.packs.cases import Case, alone, find_cases, missing_cases, run_case
from aiaudit.packs.files import SHARED, ids_in, shipped_packs
from aiaudit.packs.library import Library
from aiaudit.probes import collect
from tests import shared

FOLDER = Path(__file__).parents[1] / "checks"
CASES = find_cases(FOLDER)
PACKS = [path for path in shipped_packs() if path.parent.name != SHARED]
PACK_OF = {check: path for path in PACKS for check in ids_in(path)}


@pytest.fixture(scope="module", autouse=True)
def _warm() -> Iterator[None]:
    shared.ready_to_fork()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collect, "_put", shared.queries_made_once(collect._put))
        yield


@cache
def library(pack: Path) -> Library:
    return shared.library().select(packs=[pack.stem])


@cache
def check(check_id: str) -> Library:
    return alone(shared.library(), check_id)


def test_all_shipped_packs_load_together() -> None:
    assert {pack.id for pack in shared.library().packs} == {path.stem for path in PACKS}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_check_ends_as_the_case_expects(case: Case) -> None:
    assert case.check in PACK_OF, "cases of a check that is not there"
    result = run_case(check(case.check), case)
    assert result.passed, "\n".join(result.problems)


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.stem)
def test_no_case_is_missing(pack: Path) -> None:
    own = set(ids_in(pack))
    assert missing_cases(library(pack), [case for case in CASES if case.check in own]) == []
