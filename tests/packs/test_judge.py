"""How checks end: every status, the order of the rule, the level of the evidence, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.model.check import Severity, Status
from aiaudit.model.fact import Confidence, Fact, Level, State
from aiaudit.model.result import CheckResult
from aiaudit.model.types import Unknown
from aiaudit.packs.derive import derive
from aiaudit.packs.judge import judge
from aiaudit.packs.overrides import resolve
from tests.packs.fakes import (
    HEAD,
    LOADS,
    TESTED,
    USES,
    absent,
    call,
    ended,
    known,
    load_texts,
    one_check,
    place,
    unknown,
)

# -- statuses ----------------------------------------------------------------------------------------------------------


def test_pass_fail_and_their_generated_reasons() -> None:
    library = one_check(findings="loads")
    passed = ended(library, absent(LOADS))
    assert (passed.status, passed.points, passed.evidence_level) == (Status.PASS, 1.0, Level.CONTENT)
    assert passed.findings == ()
    failed = ended(library, known(LOADS, [call("b.py", 7), call("a.py", 9), call("a.py", 3)]))
    assert (failed.status, failed.points) == (Status.FAIL, 0.0)
    assert failed.reason == "3 found, the first at b.py:7."
    assert [(f.path, f.line) for f in failed.findings] == [("b.py", 7), ("a.py", 9), ("a.py", 3)]


@pytest.mark.parametrize(("points", "expected"), [("", 0.5), ("0.25", 0.25), ("7 / 2", 1.0), ("0.0 - 1.0", 0.0)])
def test_partial_earns_half_or_its_points_within_bounds(points: str, expected: float) -> None:
    library = one_check(rule="{partial: tested, fail: otherwise}", points=points)
    result = ended(library, known(TESTED, True))
    assert (result.status, result.points) == (Status.PARTIAL, expected)


def test_partial_earns_half_where_its_points_cannot_be_told() -> None:
    library = one_check(rule="{partial: tested, fail: otherwise}", points="double(loads.size()) / 4.0")
    assert ended(library, known(TESTED, True), unknown(LOADS)).points == 0.5


def test_a_reason_that_is_an_expression_keeps_its_letters() -> None:
    library = one_check(rule="{fail: uses, pass: otherwise}")
    assert (
        ended(library, unknown(USES, "fastapi.FastAPI()")).reason
        == "Cannot be told: what `fastapi.FastAPI()` holds was not followed."
    )


def test_an_unknown_line_ends_as_unknown_even_if_a_later_line_holds() -> None:
    library = one_check(rule="{fail: uses, pass: tested, partial: otherwise}")
    result = ended(library, unknown(USES, "the file is too large"), known(TESTED, True))
    assert (result.status, result.points, result.reason) == (Status.UNKNOWN, None, "The file is too large.")


def test_an_unknown_fact_that_cannot_change_the_outcome_does_no_harm() -> None:
    library = one_check(rule='{pass: "tested || uses", fail: otherwise}')
    result = ended(library, unknown(USES), known(TESTED, True))
    assert (result.status, result.evidence_level) == (Status.PASS, Level.WIRED)


def test_a_fact_that_was_not_collected_is_unknown_never_empty() -> None:
    result = ended(one_check())
    assert (result.status, result.reason) == (Status.UNKNOWN, "The fact own.loads was not collected.")


def test_an_unknown_place_in_a_list_is_unknown_until_another_element_decides() -> None:
    library = one_check(rule="{fail: \"loads.exists(l, l.source == 'network')\", pass: otherwise}")
    open_source = call(source=Unknown("made at run time"))
    assert ended(library, known(LOADS, [open_source])).status is Status.UNKNOWN
    assert ended(library, known(LOADS, [open_source, call()])).status is Status.FAIL


def test_a_failed_fact_is_an_error() -> None:
    result = ended(one_check(), Fact(LOADS, State.ERROR, reason="the probe failed"))
    assert (result.status, result.points, result.reason) == (Status.ERROR, None, "The probe failed.")


def test_a_rule_of_which_no_line_holds_ends_unknown() -> None:
    result = ended(one_check(rule="{fail: uses, pass: tested}"), absent(USES), absent(TESTED))
    assert (result.status, result.reason) == (Status.UNKNOWN, "No line of the rule holds.")


def test_the_packs_own_sentence_takes_no_word_that_tells_a_reader_nothing() -> None:
    says = 'says: {unknown: "The settings are set elsewhere."}'
    library = one_check(rule=f"{{fail: uses, pass: tested}}\n  {says}")
    assert ended(library, absent(USES), absent(TESTED)).reason == "The settings are set elsewhere."
    library = one_check(rule=f"{{fail: uses, pass: otherwise}}\n  {says}")
    assert ended(library, unknown(USES, "boolop")).reason == "The settings are set elsewhere."
    assert ended(library, unknown(USES, "model()")).reason == "The settings are set elsewhere. (model())"


def test_a_rule_may_end_in_unknown_or_not_applicable_by_itself() -> None:
    library = one_check(rule="{not_applicable: uses, unknown: tested, fail: otherwise}")
    assert ended(library, known(USES, True)).status is Status.NOT_APPLICABLE
    assert ended(library, known(USES, False), known(TESTED, True)).status is Status.UNKNOWN


def test_a_check_that_does_not_apply_says_so_by_the_titles_of_facts() -> None:
    serves = "facts: {serves: {derive: loads.size() > 0, sees: [loads], title: Serves a model}}"
    library = one_check(applies=f"serves\n  {serves}")
    assert ended(library, absent(LOADS)).reason == "Nothing seen here serves a model."
    library = one_check(applies=f"'!serves'\n  {serves}")
    assert ended(library, known(LOADS, [call()])).reason == "Seen: it serves a model."


def test_a_sentence_that_cannot_be_told_is_replaced_by_what_is_known() -> None:
    library = one_check(
        rule="{fail: loads.size() == 0, pass: otherwise}", says="""{fail: "{uses ? 'Not tested' : 'Not used'}."}"""
    )
    told = ended(library, known(LOADS, []), unknown(USES)).reason
    assert told == "Not found: loads."
    assert ended(library, known(LOADS, []), known(USES, True)).reason == "Not tested."


def test_applicability() -> None:
    library = one_check(applies="uses")
    result = ended(library, known(USES, False), known(LOADS, [call()]))
    assert (result.status, result.points) == (Status.NOT_APPLICABLE, None)
    assert result.reason == "Not seen here: that uses."
    assert result.facts == (USES,)
    both = one_check(applies='"uses && loads.size() > 0"')
    assert ended(both, known(USES, True), absent(LOADS)).reason == "Not seen here: loads."
    other = one_check(applies="\"loads.exists(l, l.source == 'user')\"")
    assert ended(other, known(LOADS, [call()])).reason == "Seen, but none that the check asks about: loads (a.py:1)."
    staged = one_check(applies="\"project.stage == 'scale'\"")
    assert ended(staged, absent(LOADS)).reason == "As declared: stage (not declared)."
    result = ended(library, unknown(USES, "no file could be read"), absent(LOADS))
    assert (result.status, result.reason) == (
        Status.UNKNOWN,
        "Cannot tell whether it applies: no file could be read.",
    )
    assert ended(library, Fact(USES, State.ERROR, reason="broken")).status is Status.ERROR


def test_where_it_may_not_apply_the_sentence_for_an_open_rule_is_not_told() -> None:
    library = one_check(
        applies="uses", says='{unknown: "The tests are in a language that is not read."}', rule="{pass: tested}"
    )
    asked = ended(library, unknown(USES, "bot.py:17 may call a model"), known(TESTED, True))
    assert asked.reason == "Cannot tell whether it applies: bot.py:17 may call a model."
    open_rule = ended(library, known(USES, True), unknown(TESTED, "no file could be read"))
    assert open_rule.reason.startswith("The tests are in a language that is not read.")


def test_rules_see_parameters_and_what_the_project_declares() -> None:
    library = one_check(
        params="{most: {default: 1, max: 9}}",
        rule="{fail: \"loads.size() > params.most && project.stage == 'production'\", pass: otherwise}",
    )
    two = known(LOADS, [call(), call()])
    assert ended(library, two).status is Status.PASS
    assert ended(library, two, stage="production").status is Status.FAIL
    lenient = resolve(library.checks, {"OWN-001": {"most": 2}}, {"OWN-001": "low"})
    result = ended(library, two, overrides=lenient, stage="production")
    assert (result.status, result.params, result.severity) == (Status.PASS, {"most": 2}, Severity.LOW)


# -- requirements ------------------------------------------------------------------------------------------------------

CHAIN = HEAD + "".join(
    f"""\
- id: OWN-00{number}
  title: Condition {number} holds
  severity: high
  kind: automatic
  applies: {applies}
  requires: [{requires}]
  rule: {{fail: "{fail}", pass: otherwise}}
  why: x
  remediation: x
"""
    for number, applies, requires, fail in [
        (1, "true", "OWN-002", "uses"),
        (2, "true", "OWN-003", "uses"),
        (3, "uses", "", "tested"),
    ]
)


def chain(*facts: Fact) -> dict[str, tuple[str, str | None]]:
    library = load_texts(own=CHAIN)
    results = judge(library.packs, library.facts, {fact.id: fact for fact in facts})
    assert [result.id for result in results] == ["OWN-001", "OWN-002", "OWN-003"]
    return {result.id: (result.status.value, result.blocked_by) for result in results}


def test_a_failed_requirement_blocks_all_that_follow_by_the_one_cause() -> None:
    ends = chain(known(USES, True), known(TESTED, True))
    assert ends == {"OWN-003": ("fail", None), "OWN-002": ("blocked", "OWN-003"), "OWN-001": ("blocked", "OWN-003")}


def test_a_requirement_that_does_not_apply_or_is_unknown_does_not_block() -> None:
    ends = chain(known(USES, False, Level.RESULT))
    assert ends == {"OWN-003": ("not_applicable", None), "OWN-002": ("pass", None), "OWN-001": ("pass", None)}
    ends = chain(known(USES, True), unknown(TESTED))
    assert ends == {"OWN-003": ("unknown", None), "OWN-002": ("fail", None), "OWN-001": ("blocked", "OWN-002")}


def test_what_does_not_apply_is_not_blocked() -> None:
    text = CHAIN.replace("applies: true\n  requires: [OWN-002]", "applies: '!uses'\n  requires: [OWN-002]")
    library = load_texts(own=text)
    results = judge(library.packs, library.facts, {USES: known(USES, True), TESTED: known(TESTED, True)})
    assert [result.status.value for result in results] == ["not_applicable", "blocked", "fail"]


def test_a_requirement_that_is_not_judged_does_not_block() -> None:
    library = load_texts(own=CHAIN).select(checks=["OWN-002"])
    (result,) = judge(library.packs, library.facts, {USES: known(USES, False)})
    assert result.status is Status.PASS


# -- evidence ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "status"), [(Level.EXISTS, "partial"), (Level.CONTENT, "partial"), (Level.WIRED, "pass")]
)
def test_a_pass_needs_evidence_of_the_least_level(level: Level, status: str) -> None:
    library = one_check(min_level="", rule="{pass: tested, fail: otherwise}")
    result = ended(library, known(TESTED, True, level, evidence=(place("ci.yml", 4),)))
    assert (result.status, result.evidence_level) == (status, level)
    if status == "partial":
        assert result.points == 0.5
        assert result.reason.startswith("Seen in ci.yml:4. The evidence is ")
        assert f"({level}); a pass needs" in result.reason


def test_the_weakest_fact_that_the_deciding_line_read_counts() -> None:
    library = one_check(min_level="E1", rule='{fail: "!uses", pass: "tested && loads.size() > 0", partial: otherwise}')
    facts = [known(USES, True, Level.EXISTS), known(TESTED, True, Level.RESULT), known(LOADS, [call()], Level.CONTENT)]
    assert ended(library, *facts).evidence_level is Level.CONTENT


def test_otherwise_rests_on_all_that_was_read_before() -> None:
    library = one_check(min_level="E1", rule='{fail: "!uses", partial: "loads.size() > 0", pass: otherwise}')
    facts = [known(USES, True, Level.EXISTS), known(LOADS, [], Level.WIRED)]
    assert ended(library, *facts).evidence_level is Level.EXISTS


@pytest.mark.parametrize(
    ("passes", "level"),
    [
        ("uses || tested", Level.WIRED),
        ("tested || uses", Level.WIRED),
        ("(uses && tested) || loads.size() > 5", Level.EXISTS),
        ("!(!uses && !tested)", Level.WIRED),
        ("uses ? tested : false", Level.EXISTS),
        ("loads.size() == 0 || tested", Level.WIRED),
        ("loads.size() > 0 || tested", Level.WIRED),
        ("loads.size() == 0 && tested", Level.WIRED),
        ("loads.size() == 0", Level.CONTENT),
    ],
)
def test_of_alternatives_the_best_supported_counts_in_any_order(passes: str, level: Level) -> None:
    library = one_check(min_level="E0", rule=f'{{pass: "{passes}", fail: otherwise}}')
    result = ended(library, known(USES, True, Level.EXISTS), known(TESTED, True, Level.WIRED), absent(LOADS))
    assert (result.status, result.evidence_level) == (Status.PASS, level)


def test_named_evidence_stands_for_the_check() -> None:
    library = one_check(min_level="E3", evidence="[tested]", rule='{pass: "tested && uses", fail: otherwise}')
    result = ended(library, known(TESTED, True, Level.RESULT), known(USES, True, Level.EXISTS))
    assert (result.status, result.evidence_level) == (Status.PASS, Level.RESULT)


def test_confidence_is_that_of_the_weakest_fact() -> None:
    library = one_check(rule='{pass: "tested && uses", fail: otherwise}')
    facts = [known(TESTED, True, confidence=Confidence.WEAK), known(USES, True, confidence=Confidence.MEDIUM)]
    assert ended(library, *facts).confidence is Confidence.WEAK


@pytest.mark.parametrize(
    ("files", "read", "status", "reason"),
    [
        (200, 200, "pass", "None found in 200 files."),
        (200, 190, "pass", "None found in 190 files."),
        (200, 189, "unknown", "Nothing was found, but 11 of 200 files could not be read."),
        (0, 0, "unknown", "Nothing was found, but there was nothing to look through for own.loads."),
    ],
)
def test_an_absence_is_shown_only_by_reading_it_all(files: int, read: int, status: str, reason: str) -> None:
    library = one_check(min_level="", asserts="absence")
    result = ended(library, absent(LOADS, files, read))
    assert (result.status, result.reason) == (status, reason)


def test_an_absence_that_says_no_scope_is_not_shown() -> None:
    library = one_check(min_level="", asserts="absence", evidence="[loads]")
    result = ended(library, known(LOADS, []))
    assert result.status is Status.UNKNOWN
    assert result.reason == "Nothing was found, but own.loads does not say how much of the project was looked through."


# -- sentences and findings --------------------------------------------------------------------------------------------


def test_the_packs_own_sentences_come_first() -> None:
    library = one_check(
        says='{fail: "{loads.size()} loads from {loads[0].source}", unknown: "Look yourself"}', findings="loads"
    )
    assert ended(library, known(LOADS, [call()])).reason == "1 loads from network"
    assert ended(library, unknown(LOADS, "too large")).reason == "Look yourself (too large)"


def test_findings_say_measure_and_limit_as_the_pack_words_them() -> None:
    library = one_check(
        params="{most: 0}",
        findings='{of: "loads.filter(l, !l.safe)", says: "{name} of {source} data", measured: "{line}", '
        'limit: "{params.most}", confidence: medium}',
    )
    result = ended(library, known(LOADS, [call(), call(safe=True)]))
    (finding,) = result.findings
    assert (finding.message, finding.measured, finding.limit, finding.confidence) == (
        "pickle.load of network data",
        "1",
        "0",
        Confidence.MEDIUM,
    )


def test_findings_are_capped_and_counted() -> None:
    result = ended(one_check(findings="loads"), known(LOADS, [call(line=n) for n in range(1, 251)]))
    assert len(result.findings) == 100
    assert result.reason == "250 found, the first at a.py:1. 150 more places are not listed."


def test_certain_findings_are_listed_where_others_are_unknown() -> None:
    library = one_check(
        rule="{fail: \"loads.exists(l, l.source == 'network')\", pass: otherwise}",
        findings="\"loads.filter(l, l.source == 'network')\"",
    )
    result = ended(library, known(LOADS, [call(), call("b.py", source=Unknown("late"))]))
    assert [(finding.path, finding.line) for finding in result.findings] == [("a.py", 1)]


def fingerprints(*calls: dict[str, Any]) -> list[str]:
    result = ended(one_check(findings="loads"), known(LOADS, list(calls)))
    return [finding.fingerprint for finding in result.findings]


def test_a_fingerprint_outlives_moved_lines_and_tells_faults_apart() -> None:
    (one,) = fingerprints(call(line=10))
    assert fingerprints(call(line=99)) == [one]
    assert fingerprints(call(line=5), call(line=10)) == [one, f"{one}-2"]
    others = fingerprints(call("b.py"), call(source="user"), call(name="joblib.load"))
    assert len({one, *others}) == 4


@pytest.mark.parametrize(
    ("findings", "order"),
    [
        ("loads.filter(l, l.line > 5) + loads.filter(l, l.line < 6)", ["c.py", "b.py", "a.py"]),
        ("loads.sortBy(l, l.line)", ["a.py", "b.py", "c.py"]),
        ("loads.filter(l, l.line < 9).sortBy(l, -l.line)", ["b.py", "a.py"]),
    ],
)
def test_findings_stand_in_the_order_of_the_pack(findings: str, order: list[str]) -> None:
    failed = ended(
        one_check(findings=f'"{findings}"'), known(LOADS, [call("c.py", 9), call("a.py", 2), call("b.py", 7)])
    )
    assert [f.path for f in failed.findings] == order


def test_what_others_can_use_today_is_urgent_where_the_check_fails() -> None:
    library = one_check(urgent="loads.exists(l, l.source == 'network')")
    assert ended(library, known(LOADS, [call()])).urgent
    assert not ended(library, known(LOADS, [call(source="disk")])).urgent
    assert not ended(library, absent(LOADS)).urgent
    assert not ended(library, known(LOADS, [call(source=Unknown("late"))])).urgent


def test_what_is_said_twice_of_a_line_is_one_finding_and_counts_once() -> None:
    library = one_check(findings='"loads + loads.filter(l, l.line < 101)"')
    result = ended(library, known(LOADS, [call(line=n) for n in range(1, 102)]))
    assert len(result.findings) == 100
    assert result.reason == "101 found, the first at a.py:1. One more place is not listed."


def test_what_lies_beside_the_project_comes_behind_what_it_runs() -> None:
    library = one_check(findings="loads")
    places = ["archive/a.py", "b copy.py", "docs/c.py", "src/d.py", "tests/e.py", "web/f.test.ts", "z (1).py", "zoo.py"]
    facts = derive(library.facts, {LOADS: known(LOADS, [call(path) for path in places])})
    (result,) = judge(library.packs, library.facts, facts)
    assert [f.path for f in result.findings] == [
        "src/d.py", "zoo.py", "docs/c.py", "tests/e.py", "web/f.test.ts", "archive/a.py", "b copy.py", "z (1).py",
    ]  # fmt: skip


def test_order_of_elements_and_checks_does_not_matter() -> None:
    calls = [call("b.py", 2), call("a.py", 3), call("a.py", 1)]
    assert sorted(fingerprints(*calls)) == sorted(fingerprints(*reversed(calls)))
    library = load_texts(own=CHAIN)
    facts = {USES: known(USES, True), TESTED: known(TESTED, True)}
    forward = judge(library.packs, library.facts, facts)
    backward = judge(library.packs, library.facts, dict(reversed(facts.items())))
    assert forward == backward


# -- derived facts -----------------------------------------------------------------------------------------------------


def test_a_derived_fact_carries_the_evidence_it_sees() -> None:
    library = one_check(
        facts='{both: {derive: "uses && tested", sees: [uses, tested]}}', rule="{pass: both, fail: otherwise}"
    )
    result = ended(
        library,
        known(USES, True, Level.CONTENT, evidence=(place("a.py", 1),)),
        known(TESTED, True, Level.WIRED, evidence=(place("ci.yml", 2), place("a.py", 1))),
    )
    assert (result.status, result.evidence_level) == (Status.PASS, Level.CONTENT)
    assert result.reason == "Seen in a.py:1, ci.yml:2."


@pytest.mark.parametrize(
    ("uses", "state", "value"),
    [(known(USES, False), State.KNOWN, False), (unknown(USES), State.UNKNOWN, None),
     (Fact(USES, State.ERROR, reason="x"), State.ERROR, None)],
)  # fmt: skip
def test_a_derived_fact_is_as_known_as_its_parts(uses: Fact, state: State, value: Any) -> None:
    library = one_check(facts='{both: {derive: "uses && tested"}}')
    fact = derive(library.facts, {USES: uses, TESTED: known(TESTED, True)})["own.OWN-001.both"]
    assert (fact.state, fact.value) == (state, value)


# -- code that is not read ---------------------------------------------------------------------------------------------

RUST = "37 % of the code (46 files, the largest src/main.rs) is in Rust, whose calls are not followed"


def test_what_was_not_seen_may_stand_in_code_that_is_not_read() -> None:
    library = one_check(applies='"loads.size() > 0"')
    result = ended(library, Fact(LOADS, State.ABSENT, [], beyond=RUST))
    assert (result.status, result.reason) == (Status.UNKNOWN, f"Cannot tell whether it applies: {RUST}.")


def test_nothing_passes_by_what_was_seen_alone() -> None:
    library = one_check(
        rule='{fail: "loads.exists(l, !l.safe)", pass: otherwise}', says="{unknown: Options are handed on.}"
    )
    result = ended(library, known(LOADS, [call(safe=True)], beyond=RUST))
    assert (result.status, result.reason) == (Status.UNKNOWN, f"{RUST}.")


def test_a_fault_at_a_place_stays_one_and_says_what_was_not_judged() -> None:
    library = one_check(rule='{fail: "loads.size() > 0 && loads.all(l, !l.safe)", pass: otherwise}', findings="loads")
    result = ended(library, known(LOADS, [call("a.py", 3)], beyond=RUST))
    assert (result.status, [(f.path, f.line) for f in result.findings]) == (Status.FAIL, [("a.py", 3)])
    assert result.reason == f"1 found, the first at a.py:3. Not judged beside this: {RUST}."


def test_a_fault_without_a_place_is_none_where_code_is_not_read() -> None:
    library = one_check(rule='{fail: "loads.size() == 0", pass: otherwise}', findings="loads")
    assert ended(library, Fact(LOADS, State.ABSENT, [], beyond=RUST)).status is Status.UNKNOWN


def test_derived_facts_carry_the_doubt_on() -> None:
    library = one_check(
        facts='{unsafe: {derive: "loads.filter(l, !l.safe)"}, any_load: {derive: "loads.size() > 0 || uses"}}',
        rule='{fail: "unsafe.size() > 5", unknown: "any_load && false", pass: otherwise}',
    )
    seen = {LOADS: known(LOADS, [call(safe=True)], beyond=RUST), USES: known(USES, False)}
    facts = derive(library.facts, seen)
    unsafe, some = facts["own.OWN-001.unsafe"], facts["own.OWN-001.any_load"]
    assert (unsafe.state, unsafe.value, unsafe.beyond) == (State.KNOWN, [], RUST)
    assert (some.state, some.value, some.beyond) == (State.KNOWN, True, "")
    nothing = derive(library.facts, {**seen, LOADS: Fact(LOADS, State.ABSENT, [], beyond=RUST)})
    assert (nothing["own.OWN-001.any_load"].state, nothing["own.OWN-001.any_load"].reason) == (State.UNKNOWN, RUST)


def test_explain_tells_each_line_until_the_one_that_holds() -> None:
    library = one_check(applies="uses", rule='{fail: "loads.exists(l, !l.safe)", pass: tested, partial: otherwise}')
    result = ended(library, known(USES, True), absent(LOADS), known(TESTED, True))
    assert result.explain[0] == "fail: loads.exists(l, !l.safe) → does not hold"
    assert any(line == "pass: tested → holds" for line in result.explain)


def test_risk_remedy_and_what_settles_it_follow_what_was_found() -> None:
    library = one_check(
        risk="\"{uses ? 'Because it is used' : 'Because it may be used'}, it breaks.\"",
        remediation='"Mend {loads.size()} [load|loads]."',
        settles="\"{loads.size() > 1 ? 'Say where both come from.' : 'Say where it comes from.'}\"",
        rule="{fail: uses, unknown: \"loads.exists(l, l.source == 'x')\", pass: otherwise}",
    )
    failed = ended(library, known(USES, True), known(LOADS, [call()]))
    assert (failed.risk, failed.remediation) == ("Because it is used, it breaks.", "Mend 1 load.")
    assert failed.settles == ""  # only an unknown waits for something
    open_one = ended(library, absent(USES), known(LOADS, [call(source="x"), call("b.py", source="x")]))
    assert (open_one.status, open_one.settles) == (Status.UNKNOWN, "Say where both come from.")
    assert open_one.risk == "Because it may be used, it breaks."


def test_what_was_not_found_is_named_by_the_title_of_its_fact() -> None:
    text = HEAD.replace("name: uses}", "name: uses, title: Steps that run tests}") + (
        "- {id: OWN-001, title: Tests run, severity: high, kind: automatic, why: x, remediation: y, min_level: E2,\n"
        "   rule: {pass: uses && tested, fail: otherwise}}\n"
    )
    result = ended(load_texts(own=text), absent(USES), absent(TESTED))
    assert result.reason == "Not found: steps that run tests."


# -- what it rests on --------------------------------------------------------------------------------------------------


def based(result: CheckResult) -> list[tuple[str, list[str], int]]:
    return [(one.what, [f"{place.path}:{place.line}" for place in one.places], one.count) for one in result.rests_on]


def test_what_made_the_line_hold_is_shown_with_its_first_places() -> None:
    calls = [call("a.py", line, safe=line > 1) for line in range(1, 7)]
    library = one_check(rule='{pass: "loads.exists(l, l.safe) && tested", fail: otherwise}')
    result = ended(library, known(LOADS, calls), known(TESTED, True, evidence=(place("ci.yml", 9),)))
    assert based(result) == [("Loads", ["a.py:2", "a.py:3", "a.py:4"], 5), ("Tested", ["ci.yml:9"], 1)]


def test_otherwise_rests_on_what_kept_the_lines_before_it_from_holding() -> None:
    library = one_check(rule='{fail: "loads.size() == 0", pass: "uses", partial: otherwise}')
    assert based(ended(library, known(LOADS, [call("a.py", 3)]), known(USES, False))) == [("Loads", ["a.py:3"], 1)]


def test_an_absence_rests_on_nothing() -> None:
    assert based(ended(one_check(), absent(LOADS))) == []


def test_where_nothing_was_found_it_is_told_what_was_looked_at() -> None:
    library = one_check(rule='{fail: "loads.exists(l, !l.safe)", pass: otherwise}')
    result = ended(library, known(LOADS, [call("a.py", 1, safe=True), call("b.py", 2, safe=True)]))
    assert result.status is Status.PASS
    assert based(result) == [("Loads", ["a.py:1", "b.py:2"], 2)]
    assert [one.looked_at for one in result.rests_on] == [True]


def test_a_value_that_is_derived_rests_on_what_it_is_derived_from() -> None:
    more = """\
  safe:
    title: "Loads that are safe; those of tests left out"
    derive: "loads.filter(l, l.safe)"
    sees: [loads]
  of_network: {title: "Those of them from the network", derive: "safe.filter(l, l.source == 'network')", sees: [safe]}
  parts: {title: How many of both hold, derive: "(of_network.size() > 0 ? 1 : 0) + (tested ? 1 : 0)", sees: [loads]}
"""
    check = """- {id: OWN-001, title: Loads are safe, severity: high, kind: automatic, min_level: E2, why: It matters.,
   remediation: Mend it., rule: {pass: parts > 0, fail: otherwise}}
"""
    library = load_texts(own=HEAD.replace("checks:\n", f"{more}checks:\n") + check)
    calls = [call("a.py", 1), call("b.py", 2, safe=True), call("c.py", 3, safe=True, source="disk")]
    result = ended(library, known(LOADS, calls), known(TESTED, False))
    assert based(result) == [("Loads that are safe: those of them from the network", ["b.py:2"], 1)]
