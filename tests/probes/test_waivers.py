"""The probe `waivers.inline`: which comments accept a risk, where, and which do not count."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.model.fact import State
from aiaudit.probes.text.engine import TextEngine
from aiaudit.probes.waivers import InlineProbe, InlineQuery
from aiaudit.project.scan import scan
from tests.probes.support import context

SAID = 'aiaudit: waive SEC-002 reason="our own file" until=2027-01-31'


def found(root: Path, files):
    asked = InlineQuery()
    ctx = context(root, files)
    ctx.scans = scan(ctx.project, [TextEngine([asked])])
    return InlineProbe().answer("waivers.inline", asked, ctx)


def test_a_comment_beside_or_above_names_its_line(tmp_path):
    text = f"a = 1  # {SAID}\n# {SAID} owner='Kim' ticket=OPS-1 control=\"hash checked\"\n\n# more\nb = 2\n"
    beside, above = found(tmp_path, {"app.py": text}).value
    assert (beside["line"], beside["covers"], beside["check"], beside["reason"]) == (1, 1, "SEC-002", "our own file")
    assert (above["line"], above["covers"], above["owner"], above["until"]) == (2, 5, "Kim", "2027-01-31")
    assert (above["ticket"], above["control"], above["problem"]) == ("OPS-1", "hash checked", "")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web/app.ts", f"eval(x) // {SAID}\n"),
        ("infra/main.tf", f'a = "b" # {SAID}\n'),
        ("Dockerfile", f"# {SAID}\nUSER root\n"),
        ("config.yaml", f"a: it's so  # {SAID}\n"),
        ("README.md", f"text <!-- {SAID} -->\n"),
        ("page.html", f"<!-- {SAID} -->\n<p>x</p>\n"),
    ],
)
def test_each_kind_of_file_has_its_comments(tmp_path, path, text):
    (row,) = found(tmp_path, {path: text}).value
    assert (row["path"], row["until"], row["problem"]) == (path, "2027-01-31", "")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("vendor/lib/app.py", f"a = 1  # {SAID}\n"),
        ("third_party/app.js", f"a // {SAID}\n"),
        ("out/app.py", f"a = 1  # {SAID}\n"),  # ignored below
        ("app.py", f'TEXT = """\n# {SAID}\n"""\n'),
        ("app.py", f'TEXT = "# {SAID}"\n'),
        ("app.sh", f"echo '# {SAID}'\n"),
        ("app.js", f"# {SAID}\n"),
        ("docs/how.md", f"```html\n<!-- {SAID} -->\n```\n"),
        ("docs/how.md", f"# {SAID}\n"),
        ("data/rows.csv", f"a,b\n# {SAID}\n"),
        ("app.py", "# aiaudit: waiver of SEC-002\n"),
    ],
)
def test_what_is_no_comment_of_the_project_does_not_count(tmp_path, path, text):
    fact = found(tmp_path, {path: text, ".gitignore": "out/\n"})
    assert (fact.state, fact.value) == (State.ABSENT, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# aiaudit: waive SEC-002 because we can\n", "'because we can' cannot be read"),
        ('# aiaudit: waive SEC-002 reason="open\n', "cannot be read"),
        ("# aiaudit: waive SEC-002 forever=yes\n", "unknown key 'forever'; there are: reason, owner, until"),
        ("# aiaudit: waive\n", ""),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, text, says):
    (row,) = found(tmp_path, {"app.py": text}).value
    assert says in row["problem"]


def test_a_notebook_is_told_that_it_cannot_hold_one(tmp_path):
    cells = '{"cells": [{"cell_type": "code", "source": ["# aiaudit: waive SEC-002 reason=x\\n"]}]}'
    (row,) = found(tmp_path, {"a.ipynb": cells}).value
    assert "a notebook cannot hold a waiver" in row["problem"]
