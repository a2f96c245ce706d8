import re

from aiaudit.reports import markdown, terminal
from aiaudit.reports.base import parse_output, render
from aiaudit.reports.text import lower_first
from tests.reports import make_result as made


def tables(text: str) -> list[list[str]]:
    """The tables of a Markdown text, each as its lines."""
    return [block.splitlines() for block in re.findall(r"(?:^\|.*\n)+", text, re.M)]


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


def test_the_first_lines_say_score_range_coverage_level_and_gate(result) -> None:
    lines = markdown.render(result).splitlines()
    assert lines[0] == "## Production readiness: 66 (56–72), 83\u00a0% of the evidence seen"
    assert "`8f3c1ad94be2`" in lines[2] and "Level: **Prototype**." in lines[2]
    assert "Pilot waits for " in lines[2]
    assert lines[4].startswith("**Gate failed.** `--fail-under 70`: 66.2, wanted score at least 70")


def test_packs_actions_failures_and_unknowns_are_in_the_short_form(result) -> None:
    text = markdown.render(result)
    pack_table = tables(text)[0]
    assert len(pack_table) == 2 + 11
    assert "| Cost (core) | 49 | 49–49 | 94 % | 1 | 3 | 1 | COST-003 |" in pack_table
    assert text.count("\n1. ") == 3 and "\n3. **" in text  # dangers, gains, the way to the next level
    assert "- **Critical** `COST-003` Every LLM call is bounded" in text
    assert "  - `assistant/llm_client.py:41` chat.completions.create" in text
    assert "29 are unknown" in text
    assert "(risk accepted until 31\u00a0Jan\u00a02027)" in text
    assert len(text) < 8_000


def test_critical_checks_that_are_met_in_part_are_told_too(result) -> None:
    half = {c["id"] for c in result["checks"] if c["status"] == "partial" and c["severity"] == "critical"}
    told = markdown.render(result).partition("### Critical, and met in part only")[2].partition("###")[0]
    assert half == set(re.findall(r"^- `([A-Z]+-\d+)`", told, re.M)) != set()


def test_the_table_of_packs_says_what_its_numbers_are(result) -> None:
    assert "Scores go from 0 to 100" in markdown.render(result).partition("| COST-003 |")[2].partition("###")[0]


def test_every_table_is_whole(result) -> None:
    for table in tables(markdown.render(result, long=True)):
        assert len({cells(line) for line in table}) == 1, table[0]


def test_the_long_form_holds_every_check_and_every_register(result) -> None:
    text = markdown.render(result, long=True)
    for check in result["checks"]:
        assert f"`{check['id']}`" in text
    for part in ("Decision asked", "Scope and limits", "Top risks", "Accepted risks", "Attestations", "Evidence"):
        assert f"\n## {part}\n" in text
    assert markdown.render(result) != text


def test_the_suffix_chooses_the_form(result, tmp_path) -> None:
    for name, long in (("report.md", False), ("report.long.md", True), ("long.md", False)):
        output = parse_output(str(tmp_path / name))
        assert render(output.suffix, result).decode() == markdown.render(result, long=long)


def test_the_heaviest_failures_come_first_and_their_places_are_bounded(result) -> None:
    check = next(c for c in result["checks"] if c["id"] == "SEC-009")
    check["findings"] = [{**check["findings"][0], "line": n} for n in range(1, 50)]
    text = markdown.render(result)
    failed = re.findall(r"^- \*\*(\w+)\*\*", text, re.M)
    weights = [made.WEIGHT[severity.lower()] for severity in failed[:-1]]
    assert weights == sorted(weights, reverse=True)
    assert "and 44 more places" in text


def test_an_accepted_critical_failure_keeps_its_place_and_is_told_at_the_top(result) -> None:
    critical = [c for c in result["checks"] if (c["severity"], c["status"]) == ("critical", "fail")]
    waiver = next(c["waiver"] for c in result["checks"] if c["waiver"] and not c["waiver"]["expired"])
    for check in result["checks"]:
        check["waiver"] = waiver if check in critical else None
        if check["status"] == "pass":  # more failures than the short form has room for
            check["status"] = "fail"
    result["score_accepted"] = 70.1
    text = markdown.render(result)
    opening, failed = text.splitlines()[2], text[text.index("### Failed") :]
    for check in critical:
        assert f"`{check['id']}` until 31\u00a0Jan\u00a02027" in opening
        line = next(line for line in failed.splitlines() if f"`{check['id']}`" in line)
        assert "(risk accepted until 31\u00a0Jan\u00a02027)" in line
    assert "With the project’s own settings and accepted risks the score is 70." in opening


def test_the_terminal_and_markdown_list_the_failures_in_one_order(result) -> None:
    for check in result["checks"]:
        check["priority"] = float(len(check["title"]))
    shown = re.findall(r"^✗  ([A-Z]+-\d+)", terminal.render(result).partition("Failed: ")[2], re.M)
    told = re.findall(r"^- \*\*\w+\*\* `([A-Z]+-\d+)`", markdown.render(result), re.M)
    assert shown[: len(told)] == told != []


def test_nothing_judged_is_said_in_words() -> None:
    text = markdown.render(made.empty_result())
    assert text.startswith("## Production readiness: no score (nothing could be judged)")
    assert "**Nothing could be judged, so nothing is claimed.**" in text
    assert "### Failed: nothing" in text


def test_no_blank_table_lines_and_one_newline_at_the_end(result) -> None:
    for long in (False, True):
        text = markdown.render(result, long=long)
        assert "\n\n\n" not in text
        assert text.endswith(".\n")
        assert not re.search(r"\|\n\n\|", text)


def test_only_the_projects_own_files_are_counted_as_unread(result) -> None:
    store, broken = "version control store, not walked", "could not be parsed"
    result["skipped"] = {"files": 1, "reasons": {store: 1}, "paths": [{"path": ".git", "reason": store}]}
    assert "could not be read" not in markdown.render(result)
    result["skipped"] |= {"files": 3, "reasons": {store: 1, broken: 2}}
    assert "2 files could not be read." in markdown.render(result)


def test_a_score_of_few_areas_says_so(result) -> None:
    assert "The score is that of" not in markdown.render(result)
    for number, pack in enumerate(result["packs"]):
        pack["score"] = 70.0 if number == 0 else None
    result["unnumbered"] = ["cost", "data"]
    assert "The score is that of 1 area of 3" in markdown.render(result)


def test_a_score_outside_its_range_is_explained(result) -> None:
    result |= {"score": 87.0, "score_low": 41.0, "score_high": 82.0, "unnumbered": ["cost"]}
    told = markdown.render(result)
    assert told.startswith("## Production readiness: 87 (41–82 with all areas), ")
    assert "1 area has too little evidence for a score of its own: it counts in the range, and not in the 87." in told
    result |= {"score": 82.4}  # prints as its high end does
    assert markdown.render(result).startswith("## Production readiness: 82 (41–82), ")


def test_no_line_ends_in_a_space() -> None:
    for result in (made.make_result(), made.empty_result(), made.make_result(made.BARE)):
        for long in (False, True):
            lines = markdown.render(result, long=long).splitlines()
            assert [line for line in lines if line != line.rstrip()] == []


def test_what_only_people_can_say_is_asked_as_a_question(result) -> None:
    first = result["actions"][0]["check"]
    check = next(check for check in result["checks"] if check["id"] == first)
    check |= {"status": "unknown", "points": None, "kind": "attested", "question": "Who owns it?", "findings": []}
    (line,) = [line for line in markdown.render(result).splitlines() if "Who owns it?" in line]
    assert f"**Show that {lower_first(check['title'])}** (`{first}`" in line and "Answer with evidence" not in line


def test_the_short_form_names_what_passed_and_the_critical_ones_that_nobody_could_judge(result) -> None:
    told = markdown.render(result)
    passed = [c["id"] for c in result["checks"] if c["status"] == "pass"]
    listed = re.findall(r"`([A-Z]+-\d+)`", told.partition("### Passed")[2].partition("###")[0])
    assert set(listed) <= set(passed) and len(listed) == min(len(passed), 20) != 0
    unseen = {
        c["id"]
        for c in result["checks"]
        if c["severity"] == "critical" and c["kind"] != "attested" and c["status"] in ("unknown", "blocked", "error")
    }
    named = told.partition("Critical ones among them")[2].partition("How often it is right")[0]
    assert set(re.findall(r"^- `([A-Z]+-\d+)`", named, re.M)) == unseen != set()


def test_critical_ones_with_one_reason_stand_together_behind_it(result) -> None:
    unseen = [c for c in result["checks"] if c["severity"] == "critical" and c["kind"] == "automatic"][:2]
    for check in unseen:
        reason = "All of the code is in Java, whose calls are not followed."
        check |= {"status": "unknown", "points": None, "reason": reason, "findings": [], "blocked_by": None}
    named = markdown.render(result).partition("Critical ones among them")[2].partition("How often it is right")[0]
    assert len(unseen) == 2
    told = named.partition("\n- All of the code is in Java, whose calls are not followed.\n")[2]
    assert sorted(told.splitlines()[:2]) == sorted(f"  - `{check['id']}` {check['title']}" for check in unseen)
