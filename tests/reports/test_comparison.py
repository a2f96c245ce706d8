"""Two audits compared: what happened to each check, why the score moved, in every format."""

from __future__ import annotations

import copy
import json

import pytest

from aiaudit.reports import comparison as report
from aiaudit.scoring.comparison import ComparisonError, compare, from_json, is_quiet, other_project, to_json
from tests.reports.make_result import with_strings


def failing(result):
    return next(c for c in result["checks"] if c["status"] == "fail" and c["findings"])


def passing(result):
    return next(c for c in result["checks"] if c["status"] == "pass")


@pytest.fixture
def later(result):
    return copy.deepcopy(result)


def test_the_same_audit_twice_is_quiet(result, later):
    made = compare(result, later)
    assert is_quiet(made)
    assert (made.moved, made.moved_by_project, made.moved_by_ruleset) == (0.0, 0.0, 0.0)
    assert "Nothing has changed" in report.terminal(result, later)


def test_a_risk_that_was_accepted_is_no_small_change(result, later):
    one = failing(later)
    one["waiver"] = {"reason": "inside", "owner": "Ann", "expires": "2999-01-31", "expired": False}
    said = report.terminal(result, later)
    assert "1 risk newly accepted." in said and "small changes" not in said


def test_a_level_that_was_not_shown_is_told_from_one_that_is_ruled_out(result, later):
    for side, status in ((result, "unknown"), (later, "fail")):
        side["checks"][0] |= {"status": status, "findings": []}
        missing = [side["checks"][0]["id"]]
        side |= {"readiness": "not_ready", "next_level": {"name": "prototype", "missing": missing, "effort_days": 1}}
    assert "Level  Readiness not proven → Not ready" in report.terminal(result, later)
    kept = from_json(to_json(compare(result, later)))
    assert kept is not None and (kept.before.not_shown, kept.after.not_shown) == (True, False)


@pytest.mark.parametrize(
    ("before", "after", "group"),
    [
        ("pass", "fail", "new"), ("unknown", "fail", "new"), ("not_applicable", "fail", "new"), ("partial", "fail", "new"),
        ("fail", "pass", "fixed"), ("partial", "pass", "fixed"), ("fail", "partial", "improved"), ("pass", "partial", "regressed"),
        ("pass", "unknown", "unseen"), ("fail", "error", "unseen"), ("unknown", "pass", "seen"), ("blocked", "partial", "seen"),
        ("not_applicable", "pass", "applies"), ("fail", "not_applicable", "applies"), ("unknown", "blocked", None), ("pass", "pass", None),
    ],
)  # fmt: skip
def test_what_happened_to_a_check(result, later, before, after, group):
    for side, status in ((result, before), (later, after)):
        side["checks"][0] |= {"status": status, "findings": []}
    made = compare(result, later)
    groups = ("new", "fixed", "improved", "regressed", "unseen", "seen", "applies", "findings")
    assert [name for name in groups if getattr(made, name)] == ([group] if group else [])


def test_findings_are_told_apart_by_their_fingerprints_not_their_lines(result, later):
    moved, lost = failing(later), failing(result)
    moved["findings"] = [{**finding, "line": 999} for finding in moved["findings"]]
    assert is_quiet(compare(result, later))
    moved["findings"] = [{**moved["findings"][0], "fingerprint": "f" * 20, "message": "another place"}]
    change = compare(result, later).findings[0]
    assert [finding["message"] for finding in change.new] == ["another place"]
    assert len(change.gone) == len(lost["findings"])


def test_a_change_of_the_rules_is_told_apart_from_one_of_the_project(result, later):
    one = passing(later)
    one["status"] = "fail"
    later["score"] = round(result["score"] - 5, 1)
    by_project = compare(result, later)
    assert by_project.moved_by_project == by_project.moved == -5.0
    later["tool"]["ruleset_hash"] = "another"
    one["status"] = "pass"  # nothing of the project changed: all of it is the rules'
    by_rules = compare(result, later)
    assert (by_rules.moved, by_rules.moved_by_project, by_rules.moved_by_ruleset) == (-5.0, 0.0, -5.0)
    assert "by other rules" in report.terminal(result, later)


def test_checks_that_came_and_went_and_waivers(result, later):
    gone = later["checks"].pop()
    later["tool"]["ruleset_hash"] = "another"
    waiver = {"id": "x", "reason": "until the move", "owner": "Kim", "expires": "2027-01-01", "expired": False}
    failing(later)["waiver"] = waiver
    made = compare(result, later)
    assert (made.removed, made.added) == ((gone["id"],), ())
    assert made.waived == (failing(later)["id"],)
    failing(result)["waiver"], failing(later)["waiver"] = waiver, {**waiver, "expired": True}
    assert compare(result, later).expired == (failing(later)["id"],)


def test_facts_that_changed_are_told_in_words(result, later):
    fact = next(iter(result["facts"]))
    for side, value in ((result, [1, 2]), (later, [1])):
        side["facts"][fact] = {**side["facts"][fact], "state": "known", "value": value}
    changed = compare(result, later).facts
    assert [(one.id, one.before, one.after) for one in changed] == [(fact, "2 items", "1 item")]


@pytest.mark.parametrize("broken", [{}, {"checks": [{}]}, {"checks": 3}])
def test_what_is_no_result_is_refused_in_one_line(result, broken):
    with pytest.raises(ComparisonError, match="not two results"):
        compare(result, broken)


@pytest.mark.parametrize("suffix", report.FORMATS)
def test_every_format_names_what_changed(result, later, suffix):
    passing(later)["status"] = "fail"
    passing_id = passing(result)["id"]
    text = report.render(suffix, result, later)
    assert passing_id in text
    assert text == report.render(suffix, copy.deepcopy(result), copy.deepcopy(later))
    if suffix == ".json":
        assert json.loads(text)["new"][0]["id"] == passing_id


def test_hostile_text_is_inert(result, later):
    nasty = "<script>alert(1)</script>[x](http://e.vil)\x1b[31m\u202e|@team"
    failing(later)["findings"] = [
        {**failing(later)["findings"][0], "fingerprint": "0" * 20, "message": nasty, "path": nasty}
    ]
    failing(later)["reason"] = nasty
    html, markdown, terminal = (
        report.render(".html", result, later),
        report.render(".md", result, later),
        report.terminal(result, later),
    )
    assert "<script>" not in html
    assert "](http://" not in markdown  # brackets and the colon are escaped
    assert "<script>" not in markdown
    assert "\x1b" not in terminal
    assert "\u202e" not in terminal + html + markdown


@pytest.mark.parametrize("width", [60, 80, 110])
def test_its_lines_are_no_wider_than_the_terminal(result, later, width):
    passing(later).update(status="fail", reason="Nine of eleven calls wait for ever. " * 9)
    lines = report.terminal(result, later, width).splitlines()
    assert max(map(len, lines[lines.index("New failures (1)") :])) <= width
    wide = next(line for line in lines if "Nine of" in line)
    assert lines[lines.index(wide) + 1].startswith(" " * 20)


def test_any_text_renders(result, later):
    changed = with_strings(
        later,
        lambda text, path: (
            text
            if path[-1] in ("status", "severity", "kind", "pack", "id", "confidence", "evidence_level", "state")
            else text + "'\"<&\n"
        ),
    )
    assert report.render(".html", result, changed)
    assert report.terminal(result, changed)


def test_a_score_outside_its_range_stands_before_it(result, later):
    later |= {"score": 27.1, "score_low": 27.9, "score_high": 39.9}
    assert "→ 27 (28–40 with all areas, " in report.terminal(result, later)


def test_two_projects_are_compared_with_a_warning(result, later):
    mine, other = copy.deepcopy(later), copy.deepcopy(result)
    mine["project"]["name"], other["project"]["name"] = "churn", "fraud"
    assert report.terminal(other, mine).startswith("The two results name different projects, fraud and churn")
    for suffix in (".md", ".html"):
        page = report.render(suffix, other, mine)
        assert page.count("different projects") == 1
        assert page.index("different projects") < page.index("Level")
    other["project"]["name"] = "churn"
    assert "different projects" not in report.terminal(other, mine)
    other["project"]["name"] = None  # nothing tells
    assert "different projects" not in report.terminal(other, mine)


def test_a_name_in_a_comparison_holds_nothing_that_a_program_obeys(result, later):
    later["project"]["name"] = "a\x1b[2J\u202eb\x07"
    for text in (
        *(report.render(suffix, result, later) for suffix in (".html", ".md")),
        report.terminal(result, later),
    ):
        assert not set("\x1b\u202e\x07") & set(text)
    assert "[U+001B]" in report.render(".html", result, later)


def of_files(result, name, files):
    """The result of a project of that name, with a fact that rests on these files."""
    fact = {"state": "known", "value": True, "evidence": [{"path": path, "line": 1, "note": ""} for path in files]}
    checks = [check | {"findings": []} for check in result["checks"]]
    return result | {"project": result["project"] | {"name": name}, "checks": checks, "facts": {"flag.x": fact}}


@pytest.mark.parametrize(
    ("names", "shared", "told"),
    [((None, "YOLO"), 1, True), ((None, None), 0, True), ((None, "YOLO"), 4, False), (("YOLO", "YOLO"), 0, False)],
)
def test_projects_without_a_name_are_told_apart_by_their_files(result, names, shared, told):
    mine = [f"a{i}.py" for i in range(10)]
    theirs = [f"b{i}.py" for i in range(20)][shared:] + mine[:shared]
    notes = other_project(of_files(result, names[0], mine), of_files(result, names[1], theirs))
    assert bool(notes) is told
    few = of_files(result, None, ["x.py"])
    assert not other_project(few, of_files(result, None, theirs))


def test_what_is_now_seen_is_no_small_change(result, later):
    for one in result["checks"][:3]:
        one |= {"status": "unknown", "findings": []}
    for one in later["checks"][:3]:
        one |= {"status": "pass", "findings": []}
    said = report.terminal(result, later)
    assert "3 now seen" in said and "small changes" not in said
