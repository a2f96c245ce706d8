"""The terminal summary: any width, any content, no colour unless asked for."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from aiaudit.reports.base import OutputError, parse_output, write_file
from aiaudit.reports.terminal import render

RESULT: dict[str, Any] = json.loads((Path(__file__).parent / "snapshots" / "run.json").read_text(encoding="utf-8"))
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ANSI = re.compile("\x1b\\[[0-9;]*m")


def changed(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(RESULT), **changes}


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width):
    shown = render(RESULT, width=width)
    assert all(cell_len(line) <= width for line in shown.splitlines()), shown
    assert "29 (29–37), 92 % of the evidence seen" in shown


@pytest.mark.parametrize("width", [40, 50, 60, 70, 80])
def test_no_word_of_a_packs_name_is_broken(width):
    packs = [pack | {"title": "Infrastructure and performance"} for pack in RESULT["packs"]]
    table = render(changed(packs=packs), width=width).split("Pack", 1)[1].split("Dangerous", 1)[0]
    words = [word for line in table.splitlines() for word in line.split()]
    assert words.count("Infrastructure") == words.count("performance") == len(packs)
    assert ("█" in table) is (width >= 72)


def test_the_severest_failures_come_first_and_then_what_gains_most():
    failed = [("A-1", "medium", 9.0), ("A-2", "critical", 1.0), ("A-3", "high", 2.0), ("A-4", "high", 3.0)]
    checks = [
        RESULT["checks"][0] | {"id": id_, "severity": severity, "priority": gain, "status": "fail", "waiver": None}
        for id_, severity, gain in failed
    ]
    assert re.findall("✗  (A-.)", render(changed(checks=checks))) == ["A-2", "A-4", "A-3", "A-1"]


def test_without_colour_there_is_no_escape():
    assert "\x1b" not in render(RESULT)


def test_with_colour_the_words_are_the_same():
    plain = [line.rstrip() for line in ANSI.sub("", render(RESULT, colour=True)).splitlines()]
    assert plain == render(RESULT).splitlines()
    assert "\x1b[" in render(RESULT, colour=True)


def test_a_capped_pack_shows_the_figure_without_the_cap_and_the_cause():
    packs = copy.deepcopy(RESULT["packs"])
    packs[0] |= {"score": 49.0, "uncapped_score": 73.2, "capped_by": ["OPS-001", "OPS-002"]}
    assert re.search(r"73 but for OPS-001 \+1", render(changed(packs=packs)))


def test_without_a_score_nothing_is_claimed():
    shown = render(changed(score=None, score_accepted=None, readiness=None, next_level=None))
    assert "no score (29–37)" in shown
    assert "Readiness" not in shown


def test_what_gains_most_names_no_score_where_there_is_none():
    actions = [
        RESULT["actions"][0] | {"score_before": None, "score_after": None, "low_before": 20.0, "low_after": 31.0}
    ]
    shown = render(changed(actions=actions))
    assert "no score yet, low end 20 → 31" in " ".join(shown.split())
    assert "– → –" not in shown


def test_the_weakest_area_is_the_lowest_of_all():
    packs = copy.deepcopy(RESULT["packs"])
    packs[0] |= {"score": 3.0, "title": "Something else", "core": False}
    assert "Weakest area: " in render(RESULT)
    security = next(pack for pack in packs if pack["id"] == RESULT["weakest_core"])
    security["score"] = 40.0
    assert "Weakest area: Something else, 3" in render(changed(packs=packs))


def test_a_check_that_is_partly_shown_says_what_is_missing():
    partial = next(c for c in RESULT["checks"] if c["status"] == "partial") | {"findings": [], "rests_on": []}
    many = [partial | {"id": f"OPS-{n:03}", "reason": "word " * 20, "priority": n / 10} for n in range(100, 130)]
    shown = render(changed(checks=many), width=80).splitlines()
    at = shown.index("Partly shown: 30 checks")
    assert shown[at + 1].startswith("◐  OPS-129   word word")
    assert shown[at + 2] == " " * 5 + "word " * 7 + "word"  # hangs below the sign
    assert [line[3:10] for line in shown[at + 1 : at + 41 : 2]] == [f"OPS-{n}" for n in range(129, 109, -1)]
    assert shown[at + 41] == "and 10 more checks that are partly shown"


def test_a_check_that_is_partly_shown_says_where():
    places = [{"path": "app.py", "line": line} for line in range(1, 6)]
    basis = [{"what": f"Thing {place['line']}", "fact": "x", "places": [place], "count": 9} for place in places]
    partial = next(c for c in RESULT["checks"] if c["status"] == "partial") | {"findings": [], "rests_on": basis}
    findings = [{**place, "message": "This."} for place in places]
    found = partial | {"findings": findings, "rests_on": basis}
    told = {id(check): render(changed(checks=[check]), width=80).splitlines() for check in (partial, found)}
    assert " app.py:1, app.py:2, app.py:3 and 2 more" in " ".join(" ".join(told[id(partial)]).split())
    assert " app.py:1, app.py:2, app.py:3 and 2 more" in " ".join(" ".join(told[id(found)]).split())
    named = partial | {"reason": "Half of it (app.py:1, app.py:2, app.py:3).", "findings": findings[:3]}
    assert "  app.py" not in render(changed(checks=[named], actions=[]), width=200)  # told already


def test_a_title_hangs_and_its_places_stand_below_it():
    failed = next(c for c in RESULT["checks"] if c["status"] == "fail")
    finding = {"path": "a/req.txt", "line": 3, "message": "a/req.txt names 8 libraries."}
    check = failed | {
        "id": "INF-001",
        "severity": "high",
        "title": "word " * 14,
        "findings": [finding] * 5,
        "waiver": None,
    }
    shown = render(changed(checks=[check], actions=[]), width=80).splitlines()
    at = shown.index("Failed: 1 check; each title says what is required") + 1
    assert shown[at] == "High: 1"
    assert shown[at + 1 : at + 3] == ["✗  INF-001   " + "word " * 12 + "word", " " * 13 + "word"]
    assert shown[at + 3] == "     a/req.txt:3  names 8 libraries."  # one place, however often it is told
    assert "aiaudit explain INF-001; every finding: -o report.html" in " ".join(shown[at + 4 : at + 6])
    check["findings"] = [finding | {"line": line} for line in range(1, 8)]
    shown = render(changed(checks=[check], actions=[]), width=80).splitlines()
    assert shown[at + 3] == "     a/req.txt:1, 2, 3, 4, 5  names 8 libraries.  and 2 more places"
    check["findings"] = [finding | {"message": f"a/req.txt names {n} libraries."} for n in range(1, 6)]
    shown = render(changed(checks=[check], actions=[]), width=80).splitlines()
    assert shown[at + 3 : at + 5] == [
        "     a/req.txt:3  names 1 libraries.",
        "     a/req.txt:3  names 2 libraries.  and 3 more places",
    ]
    check["severity"] = "medium"  # the place alone
    shown = render(changed(checks=[check], actions=[]), width=120).splitlines()
    assert shown[at + 1] == "✗  INF-001   " + "word " * 14 + " a/req.txt:3"


def test_an_action_says_what_to_do_and_the_last_line_says_what_is_first():
    shown = " ".join(render(RESULT).split())
    first = RESULT["actions"][0]["check"]
    assert f"1. {first} " in shown and shown.count("Read the switch from the environment.") == 2
    assert shown.endswith(f"Begin with {first} (app/serve.py:1): Read the switch from the environment.")
    check = next(one for one in RESULT["checks"] if one["id"] == first)
    elsewhere = [check | {"findings": []}]
    assert f"Begin with {first}: Read" in render(changed(checks=elsewhere), width=100)
    assert "Begin with" not in render(changed(actions=[]))


def test_a_score_outside_its_range_is_explained():
    shown = render(changed(score=87.0, score_low=41.0, score_high=82.0, unnumbered=["cost", "data"]), width=200)
    assert "87 (41–82 with all areas), 92 % of the evidence seen" in shown
    assert "2 areas have too little evidence for a score of their own: they count in the range, and not in" in shown
    printed_alike = render(changed(score=82.4, score_low=41.0, score_high=82.0, unnumbered=["cost"]), width=200)
    assert (
        "The range also counts 1 area without a score of its own: fewer than three of its checks apply" in printed_alike
    )
    assert "The range also counts 2 areas" in render(changed(unnumbered=["cost", "data"]), width=200)


def test_what_the_project_accepts_is_named_where_there_is_some():
    waiver = {"id": "SEC-001", "state": "in_force"}
    shown = render(changed(score_accepted=52.0, waivers=[waiver, waiver], relaxations=[]), width=200)
    assert "52 by the project’s own terms, to which gates look: 2 risks are accepted\n" in shown


def test_a_first_score_is_told_as_one():
    action = RESULT["actions"][0]
    shown = render(changed(actions=[action | {"score_before": None, "score_after": 83.0}]), width=200)
    assert "a first score, 83" in shown and "no score yet" not in shown
    assert "no score yet" in render(changed(actions=[action | {"score_before": None, "score_after": None}]), width=200)


def test_a_score_of_few_areas_says_so():
    packs = [pack | {"score": 80.0 if number == 0 else None} for number, pack in enumerate(RESULT["packs"])]
    few = "The score is that of 1 area of 3; the others have too little evidence for a number."
    assert few in render(changed(packs=packs, unnumbered=["cost", "data"]), width=200)
    assert "The score is that of" not in render(changed(unnumbered=["cost", "data"]), width=200)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(36.0, 42.0, "score 36 → 42, low end"), (48.1, 48.3, "score stays 48, low end"),
     (92.0, 86.0, "score 92 → 86 with one more pack in it, low end")],
)  # fmt: skip
def test_what_an_action_moves_is_said_as_it_is(before, after, said):
    action = RESULT["actions"][0] | {"score_before": before, "score_after": after}
    assert said in render(changed(actions=[action]), width=160)


def test_only_the_projects_own_files_are_told_as_unread():
    skipped = {
        "files": 3,
        "reasons": {"version control store, not walked": 1, "too large: only its head was read": 2},
        "paths": [
            {"path": ".git", "reason": "version control store, not walked"},
            {"path": "a.py", "reason": "too large: only its head was read"},
            {"path": "b.py", "reason": "too large: only its head was read"},
        ],
    }
    why = "too large: only its head was read"
    assert f"! Could not be read: 2 files\n  a.py  {why}\n  b.py  {why}\n" in render(changed(skipped=skipped))
    skipped["files"], skipped["reasons"] = 1, {"version control store, not walked": 1}
    assert "Could not be read" not in render(changed(skipped=skipped))


def test_a_long_summary_ends_with_the_answer():
    fault = {"severity": "critical", "status": "fail", "waiver": None}
    failed = [RESULT["checks"][0] | fault | {"id": f"SEC-{n:03}"} for n in range(1, 40)]
    shown = render(changed(checks=failed))
    told = "In short: 29 (29–37), 92 % of the evidence seen. Not ready to be used. 39 critical checks fail"
    assert " ".join(shown.split("\n\n")[-2].split()) == told
    assert "In short" not in render(RESULT)


def test_what_the_next_level_waits_for_is_told_by_its_title():
    step = RESULT["next_level"] | {"missing": ["SEC-001", "OPS-002"], "effort_days": 2}
    shown = render(changed(next_level=step))
    assert (
        "  Next level: Prototype, 2 person-days, once these hold:\n"
        "  ✗  SEC-001   No debug switch is left on\n"
        "  ◐  OPS-002   The description names its owner\n"
    ) in shown
    many = render(changed(next_level=step | {"missing": [f"SEC-{n:03}" for n in range(1, 9)]}))
    assert "SEC-005" in many and "SEC-006" not in many and "\n  and 3 more\n" in many


def test_gates_that_wait_are_told():
    levels = copy.deepcopy(RESULT["levels"])
    levels[0]["gates"][0]["state"] = "not_shipped"
    assert "1 gate of it needs what is not shipped yet" in render(changed(levels=levels))


def test_markup_and_wide_characters_are_plain_text():
    checks = copy.deepcopy(RESULT["checks"])
    checks[0] |= {"status": "fail", "title": "[bold]見出し[/bold] :smile: [link=file:///etc/passwd]x[/link]"}
    shown = render(changed(checks=checks))
    assert "[bold]見出し[/bold] :smile:" in shown
    assert "[link=" in shown


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """The result with one value, anywhere in it, replaced by any JSON or taken away."""
    result = copy.deepcopy(RESULT)
    node: Any = result
    while True:
        key = draw(st.sampled_from(sorted(node))) if isinstance(node, dict) else draw(st.integers(0, len(node) - 1))
        inner = node[key]
        if isinstance(inner, (dict, list)) and inner and draw(st.booleans()):
            node = inner
            continue
        if draw(st.booleans()) and isinstance(node, dict):
            del node[key]
        else:
            node[key] = draw(json_values)
        return result


@given(damaged())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_result_is_still_shown(result):
    shown = render(result)
    assert not CONTROL.search(shown)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_whatever_the_project_says_no_control_character_comes_out(text):
    checks = [{**c, "title": text, "reason": text, "status": "fail"} for c in RESULT["checks"]]
    shown = render(changed(checks=checks, project={**RESULT["project"], "name": text}), subject=text)
    assert not CONTROL.search(shown)


def test_the_longest_suffix_names_the_format(tmp_path):
    assert parse_output(str(tmp_path / "r.HTML")).suffix == ".html"
    assert parse_output("-").suffix == ".json"
    assert parse_output("-", "md").suffix == ".md"
    with pytest.raises(OutputError, match="is a folder"):
        (tmp_path / "x.json").mkdir()
        parse_output(str(tmp_path / "x.json"))


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "r.json"
    write_file(str(target), b"first")
    assert target.read_bytes() == b"first"

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OutputError, match="no space left on device"):
        write_file(str(target), b"second")
    assert target.read_bytes() == b"first"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_a_link_is_followed_to_its_file(tmp_path):
    (tmp_path / "real.json").write_bytes(b"old")
    (tmp_path / "r.json").symlink_to("real.json")
    write_file(str(tmp_path / "r.json"), b"new")
    assert (tmp_path / "real.json").read_bytes() == b"new"
    assert (tmp_path / "r.json").is_symlink()
