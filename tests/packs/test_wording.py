"""What a check says: one of several sentences by their conditions, and expressions that have a name."""

from __future__ import annotations

from aiaudit.model.check import Status
from tests import shared
from tests.packs.fakes import LOADS, USES, call, ended, known, one_check, unknown


def test_of_several_sentences_the_first_is_said_whose_condition_holds() -> None:
    says = """{fail: [{when: uses, say: "Used {loads.size()} times."}, {when: "params.most > 2", say: Rarely used.}, {say: Not used.}]}"""
    check = {"rule": "{fail: loads.size() > 0, pass: otherwise}", "says": says, "params": "{most: 2}"}
    library = one_check(**check)
    assert ended(library, known(LOADS, [call()]), known(USES, True)).reason == "Used 1 times."
    assert ended(library, known(LOADS, [call()]), known(USES, False)).reason == "Not used."
    assert ended(library, known(LOADS, [call()]), unknown(USES)).reason == (
        "The rule's line for fail holds: loads.size() > 0."
    )
    library = one_check(**check | {"params": "{most: 3}"})
    assert ended(library, known(LOADS, [call()]), known(USES, False)).reason == "Rarely used."


def test_what_was_not_known_is_told_where_no_sentence_of_the_pack_can_be() -> None:
    says = "{unknown: [{when: uses, say: Used.}, {say: Not used.}]}"
    library = one_check(rule="{unknown: uses || loads.size() > 0, pass: otherwise}", says=says)
    result = ended(library, known(LOADS, [call()]), unknown(USES))
    assert result.status is Status.UNKNOWN
    assert result.reason == "Could not be determined: uses (it is too large)."


def test_a_name_of_a_check_is_read_as_the_expression_it_stands_for() -> None:
    library = one_check(
        let="{risky: 'loads.filter(l, !l.safe)', worst: 'risky.filter(r, r.line > params.first)'}",
        params="{first: 1}",
        rule="{fail: worst.size() > 0, partial: risky.size() > 0, pass: otherwise}",
        says='{fail: "{worst.size()} of {risky.size()}.", partial: "{risky[0].path}."}',
        findings="{of: risky, says: 'worse than {params.first}'}",
    )
    both = ended(library, known(LOADS, [call(line=1), call(line=2), call(line=3, safe=True)]))
    assert (both.status, both.reason, [one.line for one in both.findings]) == (Status.FAIL, "1 of 2.", [1, 2])
    one = ended(library, known(LOADS, [call(line=1)]))
    assert (one.status, one.reason, one.facts) == (Status.PARTIAL, "a.py.", (LOADS,))
    assert ended(library, unknown(LOADS)).status is Status.UNKNOWN


def test_in_a_findings_sentence_a_name_is_a_field_of_its_element() -> None:
    library = one_check(
        let="{name: loads.size()}", findings='{of: loads, says: "{name}"}', says='{fail: "{name} loads."}'
    )
    result = ended(library, known(LOADS, [call(line=1), call(line=2)]))
    assert (result.reason, result.findings[0].message) == ("2 loads.", "pickle.load")


def test_a_title_that_leans_on_another_has_one_to_lean_on() -> None:
    """Reports name what a verdict rests on by these titles, and put those of what they lean on before them."""
    for spec in shared.library().facts.values():
        if spec.title.startswith(("Those", "The same", "Such ")):
            assert spec.sees, f"{spec.id}: {spec.title}"
