"""The help of every command: fits 80 columns, says its formats and levels, and shows examples that work."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from aiaudit.cli import manual
from aiaudit.cli.app import application
from aiaudit.reports.base import FORMATS
from tests.cli.test_options import ALL, OWN_TWIN

NAMES = {" ".join(path[1:]): command for path, command in ALL.items()}


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("name", ["", "checks", "waivers", *NAMES])
def test_it_fits_the_terminal_and_no_sentence_is_cut(aiaudit, name):
    done = aiaudit(*name.split(), "--help")
    assert done.code == 0 and not done.err
    assert max(map(len, done.out.splitlines())) <= 80
    assert "..." not in done.out.partition("Commands:")[2] and "<str>" not in done.out
    assert set(re.findall(r"env var:\s(\w+)", done.out)) <= {*OWN_TWIN.values()}


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_examples_that_can_be_typed(aiaudit, name):
    shown = aiaudit(*name.split(), "--help").out
    for typed, meaning in manual.EXAMPLES[name]:
        assert f"  {typed}\n" in shown and meaning in " ".join(shown.split())
        words = shlex.split(typed.partition(" | ")[0].partition(" > ")[0])
        assert words[: 1 + len(name.split())] == ["aiaudit", *name.split()]
        command = NAMES[name]
        with typer.main.get_command(application()).make_context("aiaudit", [], resilient_parsing=True) as parent:
            command.make_context(name, words[1 + len(name.split()) :], parent=parent).close()


def test_no_example_is_of_a_command_that_is_gone():
    assert set(manual.EXAMPLES) == set(NAMES)


def test_the_formats_are_those_there_are(aiaudit):
    for command in ("run", "report"):
        shown = re.sub(r"\s+", " ", aiaudit(command, "--help").out)
        told = re.search(r"the suffix is the format: (.*?)\. '-'", shown)
        assert told and told[1].split() == list(FORMATS)


def test_options_stand_in_groups(aiaudit):
    shown = aiaudit("run", "--help").out
    heads = re.findall(r"^(\w[^\n]*):\n  ", shown, re.MULTILINE)
    assert heads == [
        "Arguments", "What is written", "What is judged, and by what", "Gate: exit code 1 unless all of these hold",
        "Other options", "Examples",
    ]  # fmt: skip
    gate = shown.partition("Gate: ")[2].partition("Other options")[0]
    assert re.findall(r"^  (--[a-z-]+)", gate, re.MULTILINE) == [
        "--fail-under", "--min-coverage", "--fail-on", "--fail-on-new", "--level",
    ]  # fmt: skip
