"""Shell completion: commands, options, values, check ids; the script is one that the shell takes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def aiaudit(*args, **env):
    command = [sys.executable, "-m", "aiaudit", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **env}).stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("aiaudit wai", ["waivers"]),
        ("aiaudit run --fail-on", ["--fail-on", "--fail-on-new"]),
        ("aiaudit run --level pr", ["prototype", "production"]),
        ("aiaudit explain SEC-00", [f"SEC-00{n}" for n in range(1, 10)]),
        ("aiaudit fix GOV", ["GOV-005", "GOV-006"]),
    ],
)
def test_words_are_completed(words, offered):
    env = {"_AIAUDIT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    assert aiaudit(**env).split() == offered


def test_the_script_is_one_that_bash_takes():
    script = aiaudit("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "complete -o default -F _aiaudit_completion aiaudit" in script
    assert subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False).returncode == 0
