"""`--version` names the ruleset that an audit uses, without loading it."""

from __future__ import annotations

from aiaudit import version
from aiaudit.prepared import hash_of
from aiaudit.resources import path_of
from aiaudit.ruleset import Options, read_ruleset


def test_the_version_shows_the_ruleset_that_can_be_pinned():
    ladder = (path_of("checks") / "levels" / "readiness.yaml").read_text(encoding="utf-8")
    assert version.line() == f"aiaudit {version.__version__} (ruleset {hash_of(read_ruleset(Options()), ladder)})"


def test_any_changed_line_changes_it():
    assert version.digest_of([["a", "b"]]) != version.digest_of([["a"], ["b"]])
    assert len({version.ruleset_hash("x", ["a"], params, ladder) for params in ({}, {"A": 1}) for ladder in "12"}) == 4
