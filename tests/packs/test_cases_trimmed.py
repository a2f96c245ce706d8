"""What is left out of the files of a large tree must not change an answer. Cases are small trees, which are parsed whole;
here some of them are trimmed as a large one would be."""

from __future__ import annotations

from zlib import crc32

import pytest

from aiaudit.packs.cases import Case, run_case
from aiaudit.probes.python import engine, trim
from tests.packs.test_cases import CASES, check

# An answer hung on what had been left out in each of these.
ONCE_WRONG = {
    "INF-008/grpc_ready",
    "INF-008/grpc_without_a_look",
    "OBS-002/files_of_answers_behind_a_page",
    "OBS-002/files_of_answers_of_a_script_decoy",
    "OPS-005/base_taken_by_a_helper",
    "SEC-004/name_in_a_map_that_is_set_decoy",
    "SEC-007/channels_consumer",
    "SEC-007/channels_consumer_asks",
    "SEC-007/channels_own_door",
    "SEC-009/body_read_by_a_helper",
}
# Of a test that is left out, what it calls is not known, and of a call, what it hands to a field.
KNOWN_TO_DIFFER = {"OPS-006/sums_of_numbers", "LLM-006/statement_in_a_field_decoy"}
ONE_OF = 50  # cases, told by their names


def some() -> list[Case]:
    """Those that were wrong, and some of the others."""
    return [
        one
        for one in CASES
        if str(one) in ONCE_WRONG or (crc32(str(one).encode()) % ONE_OF == 0 and str(one) not in KNOWN_TO_DIFFER)
    ]


@pytest.mark.parametrize("case", some(), ids=str)
def test_a_case_ends_the_same_where_all_that_may_be_is_left_out(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WHOLE_UP_TO", -1)
    for least in ("MIN_FILE", "MIN_BODY", "MIN_RUN"):
        monkeypatch.setattr(trim, least, 0)
    result = run_case(check(case.check), case)
    assert result.passed, "\n".join(result.problems)


def test_all_that_were_wrong_are_there() -> None:
    assert {str(one) for one in CASES} >= ONCE_WRONG
