"""A whole interview, on streams and in a pseudo-terminal against a real project."""

from __future__ import annotations

import datetime as dt
import io
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from aiaudit.interview.questions import Question
from aiaudit.interview.session import Session
from aiaudit.project.config import load_project_config

pytestmark = pytest.mark.slow

TODAY = dt.date(2026, 11, 24)
ROOT = Path(__file__).parent.parent.parent


def asked(*checks, text="Is that so?"):
    return [
        Question(c, "A title", "governance", "high", text, "It matters.", "Nobody.", "open", 1.0, {}) for c in checks
    ]


def talk(text, *checks, question="Is that so?"):
    saved, out = {}, io.StringIO()
    count = Session(io.StringIO(text), out, TODAY).run(asked(*checks, text=question), saved.__setitem__)
    return saved, out.getvalue(), count


def test_a_full_answer():
    saved, out, count = talk("y\nKim\ndocs/a.md\n\n2027-01-31\nfine\n", "GOV-001")
    assert count == 1
    assert saved == {
        "GOV-001": {
            "answer": "yes", "owner": "Kim", "evidence": "docs/a.md", "reviewed": TODAY,
            "review_by": dt.date(2027, 1, 31), "note": "fine",
        }
    }  # fmt: skip
    assert "saved: GOV-001 yes" in out


def test_enter_skips_a_question_mark_explains_and_nonsense_is_asked_again():
    saved, out, count = talk("\n?\nwhat\nn\nKim\n", "GOV-001", "GOV-002")
    assert (count, saved) == (1, {"GOV-002": {"answer": "no", "owner": "Kim", "reviewed": TODAY}})
    assert "It matters." in out
    assert "please answer yes" in out


def test_the_owner_is_offered_again_and_a_wrong_day_is_asked_again():
    saved, _, _ = talk("n\nKim\ny\n\nlink\nsoon\n2026-10-01\n\n\n", "GOV-001", "GOV-002")
    assert saved["GOV-002"]["owner"] == "Kim"
    assert saved["GOV-002"]["reviewed"] == dt.date(2026, 10, 1)
    assert saved["GOV-002"]["review_by"] == dt.date(2027, 10, 1)


def test_not_applicable_needs_its_reason():
    saved, out, _ = talk("n/a\nKim\n\nno people\n", "GOV-001")
    assert saved["GOV-001"] == {"answer": "not_applicable", "owner": "Kim", "note": "no people", "reviewed": TODAY}
    assert "an answer is needed here" in out


def test_it_can_be_left_at_any_time_and_keeps_what_was_said():
    saved, _, count = talk("n\nKim\nq\n", "GOV-001", "GOV-002", "GOV-003")
    assert (count, list(saved)) == (1, ["GOV-001"])
    assert talk("", "GOV-001")[2] == 0


def test_who_leaves_at_the_note_has_answered():
    for end in ("q\n", ""):
        saved, out, count = talk(f"y\nKim\ndocs/a.md\n\n\n{end}", "GOV-001", "GOV-002")
        assert (count, list(saved)) == (1, ["GOV-001"])
        assert saved["GOV-001"]["evidence"] == "docs/a.md" and "saved: GOV-001 yes" in out
        assert "2 of 2" not in out


def test_a_question_for_words_takes_words():
    which = "Which risk tier is the system in?"
    saved, out, count = talk("limited\ny\nKim\ndocs/a.md\n\n\n", "GOV-002", question=which)
    assert count == 1 and saved["GOV-002"]["answer"] == "yes" and saved["GOV-002"]["note"] == "limited"
    assert "Your answer in words" in out and "By that, does it hold?" in out
    saved, _, _ = talk("nobody\nmaybe\nno\nKim\n", "GOV-002", question=which)
    assert saved["GOV-002"] == {"answer": "no", "owner": "Kim", "reviewed": TODAY, "note": "nobody"}
    saved, _, _ = talk("y\nKim\ndocs/a.md\n\n\nlimited\n", "GOV-002", question=which)
    assert (saved["GOV-002"]["answer"], saved["GOV-002"]["note"]) == ("yes", "limited")


def test_a_yes_that_lacks_owner_or_evidence_is_warned_of_before_it_is_saved():
    saved, out, count = talk("y\n\n\n\nn\nKim\n", "GOV-001", "GOV-002")
    assert (count, list(saved)) == (1, ["GOV-002"])
    assert "without an owner and without evidence" in out and "not saved: GOV-001 stays as it was" in out
    assert "saved: GOV-001 yes" not in out
    saved, out, count = talk("y\n\n\nyes\n\n\nlater\n", "GOV-001")
    assert (count, saved["GOV-001"]["answer"], "owner" in saved["GOV-001"]) == (1, "yes", False)
    assert out.index("can fail by it") < out.index("saved: GOV-001 yes")
    saved, out, _ = talk("p\nKim\n\n\n", "GOV-001")
    assert not saved and "An answer without evidence" in " ".join(out.split())


def run_in_a_terminal(project, cache, says, *arguments):
    """The screen and the exit code of an interview in a pseudo-terminal; `says` answers each prompt."""
    lead, follow = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "AIAUDIT_CACHE_DIR": str(cache), "TERM": "dumb", "COLUMNS": "80"}
    command = [sys.executable, "-P", "-m", "aiaudit", "interview", str(project), "--as-of", "2026-11-24", *arguments]
    process = subprocess.Popen(command, stdin=follow, stdout=follow, stderr=follow, env=env)
    os.close(follow)
    screen, seen, end = "", 0, time.monotonic() + 120
    while process.poll() is None:
        assert time.monotonic() < end, screen[-2000:]
        if not select.select([lead], [], [], 0.2)[0]:
            continue
        try:
            screen += os.read(lead, 4096).decode()
        except OSError:  # the other end was closed
            break
        prompt = screen[seen:].rpartition("\n")[2]
        if prompt.startswith("  ") and prompt.endswith(": "):
            seen = len(screen)
            os.write(lead, says(prompt.strip()).encode() + b"\n")
    return screen, process.wait(30)


@pytest.fixture
def support_rag(tmp_path):
    project = tmp_path / "support-rag"
    shutil.copytree(ROOT / "sample_projects" / "support-rag", project)
    return project


def test_a_whole_interview_in_a_pseudo_terminal(support_rag, tmp_path):
    asked = []

    def says(prompt):
        asked.append(prompt)
        if prompt.startswith(("Does that hold?", "Your answer in words")):
            return "t" if "step by step" in prompt else "yes"
        if prompt == "yes or no:":
            return "yes" if asked.count(prompt) in (1, 2, 4) else "no"
        if prompt.startswith("Evidence: "):
            return "no/such/file.md" if sum(one.startswith("Evidence: ") for one in asked) == 1 else "README.md"
        if prompt.startswith("Evidence ["):
            return "README.md"
        return "Head of support" if prompt.startswith("Who") and "confirms" not in prompt else ""

    screen, code = run_in_a_terminal(support_rag, tmp_path / "cache", says)
    assert code == 0
    assert "\x1b" not in screen
    assert "that is no file of the project" in screen
    questions = int(re.search(r"(\d+) questions\. Each answer", screen)[1])
    written = yaml.safe_load((support_rag / "attestations.yaml").read_text())
    assert len(written) == questions - 2  # the two checks on the EU AI Act were worked out step by step
    assert {"owner": "Head of support", "evidence": "README.md"}.items() <= written["GOV-001"].items()
    assert written["OPS-013"]["review_by"] == dt.date(2027, 5, 24)  # a drill holds half a year
    assert written["GOV-001"]["review_by"] == dt.date(2027, 11, 24)
    assert f"{questions} answered" in screen
    config = load_project_config(support_rag)
    assert (config.project.risk_tier, config.project.role) == ("minimal", "provider")
    assert len(config.screening.answers) == 10

    assert "GOV-005 does not count in full yet: " in screen  # a README is no register of risks
    screen, code = run_in_a_terminal(support_rag, tmp_path / "cache", lambda prompt: "q")
    assert code == 0
    assert "GOV-003" not in screen  # the screening passes now, so it is not asked again


def test_it_is_resumed_where_it_was_left(support_rag, tmp_path):
    said = iter(["n", "Kim", "q"])
    screen, _ = run_in_a_terminal(support_rag, tmp_path / "cache", lambda prompt: next(said), "--pack", "organisation")
    (first,) = yaml.safe_load((support_rag / "attestations.yaml").read_text())
    assert f"1 of 2  {first}" in screen
    screen, _ = run_in_a_terminal(support_rag, tmp_path / "cache", lambda prompt: "q", "--pack", "organisation")
    assert "1 question." in screen
    assert first not in screen


def test_an_answer_of_the_project_is_no_order_to_the_terminal():
    import io

    from aiaudit.interview.terminal import Terminal

    seen = io.StringIO()
    Terminal(io.StringIO(), seen, dt.date(2026, 11, 28)).say("by \x1b[2J\u202eKim\x07")
    assert seen.getvalue() == "by [U+001B][2J[U+202E]Kim[U+0007]\n"
