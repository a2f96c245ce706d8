"""What a command proposes next can be pasted: it names the project that was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.cli.app import run
from aiaudit.cli.options import typed


@pytest.mark.parametrize(
    ("path", "said"), [(None, "aiaudit init"), (Path(), "aiaudit init"), (Path("a b"), "aiaudit init 'a b'")]
)
def test_a_command_for_a_path(path, said) -> None:
    assert typed("init", path) == said


def test_what_the_interview_and_the_plan_propose(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop").mkdir()
    Path("shop/serve.py").write_text("from openai import OpenAI\nOpenAI().responses.create(model='m', input='x')\n")
    assert run(["interview", "shop", "--export", "q.csv"]) == 0
    assert "read the answers with `aiaudit interview shop --import q.csv`" in capsys.readouterr().err
    assert run(["interview", "shop", "--import", "q.csv"]) == 0
    assert capsys.readouterr().err == "aiaudit: q.csv: no answer in it yet; nothing was written\n"
    assert run(["plan", "shop"]) == 2
    assert "`aiaudit init shop --print` proposes one" in capsys.readouterr().err
