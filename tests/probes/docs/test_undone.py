"""What was not done or decided is not there, shares of people, and names that are nobody's."""

from __future__ import annotations

import pytest

from aiaudit.probes.docs.persons import is_nobody
from aiaudit.probes.docs.undone import done, shares


@pytest.mark.parametrize(
    "line",
    [
        "Membership inference was not tried.",
        "No review was done so far (2026-05-01).",
        "It is not decided when the system is retired.",
        "Consumers are not known.",
        "The policy is to be approved by the board.",
        "Nobody has been trained so far.",
        "Whether data is deleted is open.",
        "No AUC was measured.",
    ],
)
def test_a_sentence_of_what_is_not_done_is_left_out(line: str) -> None:
    assert done(line) == ""
    assert done(f"{line} The board met on 2026-05-01.") == "The board met on 2026-05-01."


@pytest.mark.parametrize(
    "line",
    [
        "If the model has not been reviewed within a year, it is taken out of service.",
        "A system must not be used where no review was done so far.",
        "Attack AUC 0.52, advantage 0.03.",
        "The source is open to all teams.",
        "Reviewed by Ann Lee; nothing was found.",
    ],
)
def test_a_rule_and_a_result_stay(line: str) -> None:
    assert done(line) == line


def test_shares_in_percent_and_in_numbers() -> None:
    assert shares(["38 of 40 agents, 95 percent, passed."]) == [95.0, 95.0]
    assert shares(["12 % attended; of those 95 % passed."]) == [12.0, 95.0]
    assert shares(["The target is 100 %. So far 3 out of the 40 came."]) == [7.5]
    assert shares(["The third of May 2026, 3 of 0, 50 of 40"]) == []


@pytest.mark.parametrize(
    "name",
    ["nobody yet", "Firstname Lastname", "John Doe", "owner", "N.N.", "vacant", "ChatGPT", "GitHub Copilot", "an LLM",
     "Person A", "[Name]", "you@example.com", "???", "Not assigned (2026)", "open"],
)  # fmt: skip
def test_nobody(name: str) -> None:
    assert is_nobody(name)


@pytest.mark.parametrize(
    "name",
    ["Ann Lee", "Head of support", "AI lead", "Ann Lee (AI lead)", "ada@example.org", "@annlee", "Nonna Ivanova",
     "Data team", "Openshaw", "Claude Monet", "LLM platform team"],
)  # fmt: skip
def test_somebody(name: str) -> None:
    assert not is_nobody(name)
