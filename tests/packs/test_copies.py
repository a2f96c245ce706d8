"""What stands in copies of one file is told once, and nothing of it is lost."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.result import CheckResult
from aiaudit.packs.copies import FACT
from tests.packs.fakes import LOADS, call, ended, known, one_check

NEARLY = {"path": "v2/a.py", "line": 1, "of": "a.py", "exact": False, "blocks": [[2, 1, 10]]}
SAYS = '{fail: "{loads.size()} [call loads|calls load] a file, first {loads[0].path}:{loads[0].line}."}'


def exact(path: str, of: str) -> dict[str, Any]:
    return {"path": path, "line": 1, "of": of, "exact": True, "blocks": []}


def judged(copies: list[dict[str, Any]], *calls: dict[str, Any], says: str = SAYS, **fields: str) -> CheckResult:
    library = one_check(findings="loads", finding_says='"{name} in {path}"', says=says, **fields)
    return ended(library, known(LOADS, list(calls)), Fact(FACT, State.KNOWN, copies, Level.CONTENT))


def test_a_sentence_counts_once_what_stands_in_copies_and_the_findings_keep_all() -> None:
    result = judged(
        [exact("hw8/a.py", "hw5/a.py"), exact("hw9/a.py", "hw5/a.py")],
        call("hw5/a.py", 3), call("hw8/a.py", 3), call("hw9/a.py", 3), call("z.py", 1),
    )  # fmt: skip
    assert result.reason == "2 calls load a file, first hw5/a.py:3. Copies of these files hold 2 more places."
    assert [(f.path, f.copy_of) for f in result.findings] == [
        ("hw5/a.py", ""), ("z.py", ""), ("hw8/a.py", "hw5/a.py:3"), ("hw9/a.py", "hw5/a.py:3"),
    ]  # fmt: skip


def test_the_same_lines_of_a_file_that_was_changed_a_little_are_copies_too() -> None:
    result = judged([NEARLY], call("a.py", 3), call("v2/a.py", 4), call("v2/a.py", 20))
    assert result.reason == "2 calls load a file, first a.py:3. Copies of these files hold one more place."
    assert [(f.path, f.line, f.copy_of) for f in result.findings] == [
        ("a.py", 3, ""), ("v2/a.py", 20, ""), ("v2/a.py", 4, "a.py:3"),
    ]  # fmt: skip


def test_what_stands_in_a_copy_alone_is_no_copy() -> None:
    result = judged([exact("b.py", "a.py")], call("b.py", 3), call("a.py", 4))
    assert result.reason == "2 calls load a file, first b.py:3." and not any(f.copy_of for f in result.findings)
    result = judged([exact("b.py", "a.py")], call("a.py", 3), call("b.py", 3, name="joblib.load"))
    assert result.reason.startswith("2 calls load") and not any(f.copy_of for f in result.findings)


def test_a_rule_sees_every_place() -> None:
    copies = [exact("b.py", "a.py")]
    rule = '{fail: "loads.size() > 1", pass: otherwise}'
    assert judged(copies, call("a.py", 3), call("b.py", 3), rule=rule).status == "fail"


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ('{fail: "Calls load files."}', "Calls load files."),
        (
            '{fail: [{when: loads.size() > 1, say: "{loads.size()} of them."}, {say: "One of them."}]}',
            "1 of them. Copies of these files hold one more place.",
        ),
    ],
)
def test_a_sentence_is_chosen_by_all_places_and_says_of_copies_where_it_counts(says: str, reason: str) -> None:
    assert judged([exact("b.py", "a.py")], call("a.py", 3), call("b.py", 3), says=says).reason == reason
