"""Page one for a reader who knows nothing of the tool: what the steps do about the risks, and how conditions stand."""

import pytest
from msgspec.structs import replace

from aiaudit.reports import document, html, markdown, page_one, rows, terminal, words
from aiaudit.reports.plan import Point, Step, roadmap, three_risks, three_strengths, top_risks
from aiaudit.reports.record import Record
from tests.reports import make_result as made


@pytest.fixture
def checks():
    report = document.read(made.make_result())
    return [check for check in report.checks if check.status == "fail"][:3]


def points(checks):
    return [Point(check.status, check.title, check=check) for check in checks]


@pytest.mark.parametrize(
    ("on_path", "said"),
    [
        (0, "These steps remove none of the three risks above; removing them takes about nine person-days more."),
        (2, "Of the three risks above these steps remove two; removing the others takes about three person-days more."),
        (3, "These steps remove the three risks above."),
    ],
)
def test_what_the_steps_do_about_the_risks(checks, on_path, said) -> None:
    checks = [replace(check, effort="M") for check in checks]
    path = [Step(1, check, "") for check in checks[:on_path]] or [Step(1, replace(checks[0], id="GOV-001"), "")]
    assert page_one.on_risks(points(checks), path) == said
    assert page_one.on_risks(points(checks), []) == "" and page_one.on_risks([], path) == ""


def test_a_failed_must_have_is_named_and_its_days_are_told_once(checks) -> None:
    failed = [replace(c, severity="critical", blocks_next=False, waiver=None, effort="M") for c in checks]
    first, second = (replace(failed[0], title="Doors are locked"), replace(failed[1], title="Windows are shut"))
    assert page_one.must_haves([first], points([first])) == "Before a pilot this must hold too: doors are locked."
    assert page_one.must_haves([first, second], points([first])) == (
        "Before a pilot this must hold as well: windows are shut (about three person-days beyond the risks above)."
    )
    more = [replace(second, id=f"X-{n}") for n in range(4)]
    assert "windows are shut; windows are shut; and 2 more must-haves (about" in page_one.must_haves(more, [])
    assert page_one.must_haves([replace(first, blocks_next=True)], []) == ""


def test_a_condition_that_was_not_seen_is_no_failed_one(checks) -> None:
    unseen = replace(checks[1], id="X-2", status="unknown")
    by_id = {"X-1": replace(checks[0], id="X-1"), "X-2": unseen}
    packs = {pack.id: pack for pack in document.read(made.make_result()).packs if pack.score is not None}
    some = next(iter(packs))
    gates = [
        {"state": "met", "checks": [], "pack": None},
        {"state": "not_applicable", "checks": ["X-1"], "pack": None},
        {"state": "met", "checks": [], "unseen": ["X-2"], "pack": None},  # no failed critical
        {"state": "unmet", "checks": ["X-2", "X-1"], "pack": None},  # every critical check passed
        {"state": "unmet", "checks": ["X-2"], "pack": None},
        {"state": "unmet", "checks": [], "pack": some},
        {"state": "unmet", "checks": [], "pack": "without a number"},
        {"state": "unmet", "checks": [], "pack": None},  # share of the evidence
        {"state": "not_shipped", "checks": ["X-1"], "pack": None},
    ]
    assert (
        page_one.conditions(Record({"gates": gates}), by_id, packs) == "1 met, 1 not contradicted, 2 failed, 4 not seen"
    )
    assert page_one.conditions(Record({"gates": gates[1:2]}), by_id, packs) == ""


def test_page_one_names_project_risk_and_words_and_cuts_no_strength() -> None:
    page = html.render(made.make_result())
    summary = page[page.index('<section id="summary"') : page.index('<section id="scope"')]
    assert "support-assistant: fit to explore" in summary
    risks = [point.statement for point in document.read(made.make_result()).three_risks]
    assert all(summary.count(risk[1:]) == 1 for risk in risks)  # each told once
    assert "Failed: because" not in summary  # what may happen is a sentence of its own
    statuses = [point.status for point in document.read(made.make_result()).three_risks]
    assert statuses == sorted(statuses, key=["fail", "partial", "unknown"].index)
    strengths = summary[summary.index("Three strengths") : summary.index("Shortest path")]
    assert "…" not in strengths


def test_what_is_met_in_part_is_told_as_it_was_seen() -> None:
    check = next(one for one in document.read(made.make_result()).checks if one.risk)
    half = replace(
        check, status="partial", reason="3 of 5 handlers ask for a key. No test shows it.", severity="critical"
    )
    (point,) = three_risks([half])
    assert point.said == f"In part: {point.statement[0].lower()}{point.statement[1:]}"
    assert check.risk.startswith(point.statement.rstrip(".…"))
    assert point.detail == "3 of 5 handlers ask for a key."
    (risk,) = top_risks([half])
    assert risk.statement == "3 of 5 handlers ask for a key."
    (failed,) = top_risks([replace(half, status="fail")])
    assert failed.statement == check.risk


def test_the_weakest_area_never_lies_above_the_score() -> None:
    report = document.read(made.make_result())
    assert report.lowest and report.score is not None and (report.lowest.score or 0) <= report.score


@pytest.mark.parametrize(
    ("state", "got", "shown", "found"),
    [
        ("unmet", "unknown", "unknown", "unknown"),  # nobody looked: less than not met
        ("unmet", "fail", "fail", "fail"),
        ("met", "unknown", "open", "not judged; this level only asks that it does not fail"),
        ("met", "blocked", "open", "not judged; this level only asks that it does not fail"),
        ("met", "pass", "pass", "pass"),
    ],
)
def test_a_condition_that_rests_on_what_was_not_judged_says_so(state, got, shown, found) -> None:
    (gate,) = rows.gates_of(Record({"gates": [{"state": state, "wanted": "GOV-003 not failed", "got": got}]}))
    assert (gate.shown, gate.found) == (shown, found)


def _held_open(result, level="prototype", reached=True):
    """The result with one condition of a level that nobody could judge, and that only must not fail."""
    gates = [{"wanted": "SEC-002 not failed", "got": "unknown", "state": "met", "checks": [], "pack": None,
              "unseen": ["SEC-002"]},
             {"wanted": "no failed critical", "got": "none of 9 falls short", "state": "met", "checks": [],
              "pack": None, "unseen": ["SEC-002", "SEC-007"]}]  # fmt: skip
    for one in result["levels"]:
        if one["id"] == level:
            one["gates"] += gates
    return result


def test_what_is_only_not_contradicted_is_told_beside_a_level_that_is_reached() -> None:
    report = document.read(_held_open(made.make_result()))
    assert report.level and report.level.key == "prototype"
    assert report.standing.startswith("Nothing that Prototype asks for was seen to fail; two of its conditions nobody")
    assert "You are here, 2 not contradicted" in [rung.distance for rung in report.ladder]
    plain = document.read(made.make_result())
    assert plain.standing.startswith("All that Prototype asks for was shown. Two critical findings have to be mended")
    quiet = made.make_result()
    for check in quiet["checks"]:
        check["status"] = "pass" if (check["severity"], check["status"]) == ("critical", "fail") else check["status"]
    assert document.read(quiet).standing == "All that Prototype asks for was shown. Pilot asks for more."


@pytest.mark.parametrize("accepted", [False, True])
def test_dangers_are_told_where_nothing_rules_the_next_level_out(accepted: bool) -> None:
    result = made.make_result()
    missing = next(check["id"] for check in result["checks"] if check["status"] == "unknown")
    result |= {"readiness": "not_ready", "next_level": {"name": "prototype", "missing": [missing], "effort_days": 1}}
    dangers = [check for check in result["checks"] if (check["severity"], check["status"]) == ("critical", "fail")]
    waiver = next(check["waiver"] for check in result["checks"] if check["waiver"] and not check["waiver"]["expired"])
    for check in dangers:
        check["waiver"] = waiver if accepted else None
    report = document.read(result)
    assert len(dangers) == 2 and report.level_not_shown
    taken = " (two of them accepted risks)" if accepted else ""
    said = f"Two critical findings{taken} have to be mended before others may use the system"
    assert report.standing.startswith(f"{said}. Nothing we found is in the way of Prototype itself")
    assert "Should we stop? Development may go on; use by others has to wait." in [r.question for r in report.ladder]
    assert said in " ".join(terminal.render(result).split())


def test_what_rules_out_any_use_and_what_rules_out_others_are_told_apart_and_alike_in_every_form() -> None:
    result = made.make_result()
    first, second = [c["id"] for c in result["checks"] if (c["severity"], c["status"]) == ("critical", "fail")]
    result |= {"readiness": "not_ready", "next_level": {"name": "prototype", "missing": [first], "effort_days": 1}}
    waiver = next(check["waiver"] for check in result["checks"] if check["waiver"] and not check["waiver"]["expired"])
    for check in result["checks"]:
        check["waiver"] = waiver if check["id"] == second else None
    said = (
        "One finding rules out any use until it is mended. One more critical finding (an accepted risk) has to be "
        "mended before others may use the system"
    )
    assert document.read(result).standing == f"{said}."
    for text in (markdown.render(result), terminal.render(result), html.render(result)):
        assert said in " ".join(text.split())


def test_every_form_tells_what_is_only_not_contradicted_of_the_next_level() -> None:
    result = _held_open(made.make_result(), "pilot")
    page, text = html.render(result), markdown.render(result)
    row = page[page.index("SEC-002 not failed") :]
    assert "Not contradicted" in row[: row.index("</tr>")] and "svg" in row[: row.index("</tr>")]
    assert "none of 9 falls short; not judged: SEC-002, SEC-007" in page
    assert "Of what Pilot asks for: " in text and "2 not contradicted" in text
    assert (
        "- Not contradicted, as Pilot only asks that they do not fail and nobody could judge them: SEC-002 not" in text
    )
    assert "none of 9 falls short; not judged: SEC-002, SEC-007" in text
    shown = " ".join(terminal.render(result).split())
    assert (
        "2 conditions of the next level could not be judged; nothing seen contradicts them: SEC-002, SEC-007" in shown
    )


def test_two_lists_say_what_is_dangerous_and_what_the_next_level_asks_for() -> None:
    result = made.make_result()
    report, text, shown = document.read(result), markdown.render(result), terminal.render(result)
    dangers = {check.id for check in report.checks if check.status == "fail" and check.severity == "critical"}
    listed = text[text.index("### Critical findings: mend first") : text.index("### For the next level, Pilot")]
    assert dangers and report.dangers and all(f"`{action.check.id}`" in listed for action in report.dangers)
    path = text[text.index("### For the next level, Pilot") : text.index("### Failed")]
    assert all(f"`{step.check.id}`" in path for step in report.path[:10])
    assert shown.index("Critical findings: mend first") < shown.index("Failed: ")
    first = report.roadmap[0]
    assert {step.check.id for step in first.steps} | {check.id for check in first.others} <= dangers
    assert first.title == "Now: critical findings"


def test_the_matrix_counts_what_the_roadmap_does_not_list() -> None:
    report = document.read(made.make_result())
    cells = [(severity, effort) for severity in words.SEVERITIES for effort in "SML"]
    told = sum(len(report.matrix(*cell)) + report.matrix_more(*cell) for cell in cells)
    assert told == sum(len(horizon.steps) + horizon.more for horizon in report.roadmap)
    low = [c for c in report.checks if c.severity == "low" and c.is_open and not c.accepted]
    assert sum(len(report.matrix("low", effort)) + report.matrix_more("low", effort) for effort in "SML") == len(low)


def test_a_critical_fault_in_part_that_takes_a_day_is_done_now() -> None:
    check = next(one for one in document.read(made.make_result()).checks if one.status == "fail")
    half = replace(check, status="partial", severity="critical", effort="S", blocks_next=False, waiver=None)
    (horizon,) = roadmap([half], "Pilot")
    assert (horizon.key, horizon.title) == ("now", "Now: most gain for little effort")


def test_what_would_settle_it_is_no_remedy() -> None:
    check = next(one for one in document.read(made.make_result()).checks if one.kind == "automatic")
    unseen = replace(check, status="unknown", question="", remediation="Upgrade the packages that are listed.")
    assert unseen.settled_by == "Show where this is done already, or do it: upgrade the packages that are listed."
    told = replace(unseen, settles="Run it with `--osv-db`. Then look.", blocks_next=True)
    assert told.settled_by == "Run it with `--osv-db`. Then look."
    (horizon,) = roadmap([told], "Pilot")
    assert horizon.steps[0].text == "Run it with `--osv-db`"


def test_what_stands_only_in_experiments_is_no_strength() -> None:
    result = made.make_result()
    first = next(
        c for c in document.read(result).checks if c.title + "." == document.read(result).three_strengths[0].statement
    )
    for path, shown in (("chatbot/experiments/tools/a.py", False), ("chatbot/experiments.py", True)):
        for name in first.facts:
            result["facts"][name]["evidence"] = [{"path": path, "line": 1, "note": "x"}]
        strengths = [point.statement for point in document.read(result).three_strengths]
        assert (first.title + "." in strengths) is shown and len(strengths) == 3


def test_a_pass_whose_reason_names_a_blemish_is_no_strength() -> None:
    check = next(one for one in document.read(made.make_result()).checks if one.status == "pass")
    reasons = {
        "A-1": "3 local addresses are written into the code; up to 3 are tolerated in a project of this size.",
        "A-2": "No secret was found; left out is nothing.",
        "A-3": "No address is fixed in the code. A database in a file is named in the code, though (a.py:1).",
    }
    passed = [replace(check, id=name, title=name, severity="critical", reason=said) for name, said in reasons.items()]
    assert [point.statement for point in three_strengths(passed)] == ["A-2."]


def test_a_failure_stands_before_what_is_met_in_part_and_weighs_as_much() -> None:
    check = next(one for one in document.read(made.make_result()).checks if one.risk)
    high = replace(check, status="fail", severity="high", points=0.0, blocks_next=False, waiver=None, id="Z-1")
    half = replace(high, status="partial", severity="critical", points=0.5, id="A-1", reason="Half of it.")
    assert [risk.check.id for risk in top_risks([half, high])] == ["Z-1", "A-1"]
    assert [risk.check.id for risk in top_risks([half, replace(high, severity="medium")])] == ["A-1", "Z-1"]


def test_what_somebody_only_says_is_a_strength_after_all_that_was_seen() -> None:
    check = next(one for one in document.read(made.make_result()).checks if one.status == "pass")
    said = replace(
        check,
        id="ORG-905",
        title="Said",
        kind="attested",
        pack="organisation",
        severity="critical",
        evidence_level="E1",
    )
    seen = [
        replace(
            check,
            id=f"SEC-90{n}",
            title=f"Seen {n}",
            kind="automatic",
            pack="security",
            severity="low",
            evidence_level="E2",
        )
        for n in range(3)
    ]
    assert [point.statement for point in three_strengths([said, *seen])] == ["Seen 0.", "Seen 1.", "Seen 2."]
    assert [point.statement for point in three_strengths([said, *seen[:2]])] == ["Seen 0.", "Seen 1.", "Said."]


def test_one_risk_is_told_once_where_the_mend_of_a_check_builds_on_that_of_another() -> None:
    check = next(one for one in document.read(made.make_result()).checks if one.status == "fail" and one.risk)
    first = replace(check, id="LLM-902", severity="critical", blocks_next=False, waiver=None, points=0.0)
    second = replace(
        first, id="AAA-908", risk="Because quality is not measured, a worse version goes out.", after=("LLM-902",)
    )
    other = replace(first, id="SEC-907", severity="high", risk="Because anyone may ask, strangers use it.")
    (one, two) = top_risks([second, first, other])
    assert (one.check.id, one.others, two.check.id) == ("LLM-902", ("AAA-908",), "SEC-907")
    assert [point.check and point.check.id for point in three_risks([second, first, other])] == ["LLM-902", "SEC-907"]
    (horizon, _) = roadmap([second, first, other], "Pilot")
    assert [step.check.id for step in horizon.steps] == ["LLM-902", "AAA-908"]


def test_a_check_stands_for_itself_where_what_it_builds_on_has_not_failed() -> None:
    check = next(one for one in document.read(made.make_result()).checks if one.status == "fail" and one.risk)
    first = replace(check, id="LLM-902", status="partial", waiver=None)
    second = replace(check, id="OPS-908", after=("LLM-902",), waiver=None)
    assert {risk.check.id for risk in top_risks([second, first])} == {"LLM-902", "OPS-908"}


def test_a_risk_that_was_seen_in_part_is_told_without_its_places(checks) -> None:
    """They stand beside it, under "Evidence"."""
    seen = "2 of 16 handlers are open (first api/main.py:125), the others check who is calling. Searched by: names."
    partial = replace(checks[0], status="partial", waiver=None, reason=seen)
    assert top_risks([partial])[0].statement == "2 of 16 handlers are open, the others check who is calling."


def test_defaults_of_the_plan_are_told_where_they_are_taken(result) -> None:
    said = [
        "Days are those of UTC.",
        "The capacity plan takes 2 defaults: a; b.",
        "The projected cost takes 1 defaults: c.",
    ]
    report = document.read({**result, "assumptions": said})
    first, *others = report.assumptions
    assert first == said[0] and len(others) == 1
    assert others[0].startswith("Where the project declares no figure for capacity or cost, a default was taken")
    assert document.read({**result, "assumptions": said[:1]}).assumptions == (said[0],)
