"""A whole interview, on streams and in a pseudo-terminal against a real project."""

from __future__ import annotations

import datetime as dt
import io
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

from aiaudit.interview.questions import Question
from aiaudit.interview.session import Session

TODAY = dt.date(2026, 11, 24)
ROOT = Path(__file__).parent.parent.parent


def asked(*checks):
    return [
        Question(c, "A title", "governance", "high", "Who?", "It matters.", "Nobody.", "open", 1.0, {}) for c in checks
    ]


def talk(text, *checks):
    saved, out = {}, io.StringIO()
    count = Session(io.StringIO(text), out, TODAY).run(asked(*checks), saved.__setitem__)
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


def test_a_whole_interview_in_a_pseudo_terminal(tmp_path):
    project = tmp_path / "churn-model"
    shutil.copytree(ROOT / "sample_projects" / "churn-model", project)
    (project / "attestations.yaml").unlink(missing_ok=True)
    lead, follow = pty.openpty()
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "AIAUDIT_CACHE_DIR": str(tmp_path / "cache"),
        "TERM": "dumb",
        "COLUMNS": "80",
    }
    command = [
        sys.executable,
        "-P",
        "-m",
        "aiaudit",
        "interview",
        str(project),
        "--pack",
        "governance",
        "--as-of",
        "2026-11-24",
    ]
    process = subprocess.Popen(command, stdin=follow, stdout=follow, stderr=follow, env=env)
    os.close(follow)
    screen = ""

    def until(words):
        nonlocal screen
        end = time.monotonic() + 60
        while words not in screen:
            assert time.monotonic() < end, screen[-2000:]
            if select.select([lead], [], [], 1)[0]:
                try:
                    screen += os.read(lead, 4096).decode()
                except OSError:  # the other end was closed: what was said is on the screen
                    assert words in screen, screen[-2000:]
        screen = screen.partition(words)[2]

    for words, said in [
        ("n/a: ", "yes"), ("answers for it: ", "Head of data"), ("link: ", "README.md"), ("Reviewed on", ""),
        ("Review again", ""), ("Note: ", ""), ("n/a: ", "q"),
    ]:  # fmt: skip
        until(words)
        os.write(lead, said.encode() + b"\n")
    until("1 answered")
    assert process.wait(30) == 0
    written = yaml.safe_load((project / "attestations.yaml").read_text())
    ((check, answer),) = written.items()
    assert check.startswith("GOV-")
    assert answer["owner"] == "Head of data"
    assert answer["review_by"] == dt.date(2027, 11, 24)
