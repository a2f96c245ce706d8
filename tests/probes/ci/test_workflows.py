"""`ci.workflows`: what GitHub lets a workflow do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.ci.asking import github, workflows

W = ".github/workflows/ci.yml"
COMMIT = "a" * 40


def test_workflows_and_their_triggers(tmp_path: Path) -> None:
    text = "name: CI\non: [push, schedule]\npermissions: {contents: read}\njobs: {a: {steps: []}}\n"
    found = workflows(tmp_path, {W: text, ".gitlab-ci.yml": "a: {script: ls}"}, "workflows")
    assert [(w["system"], w["on_change"], w["schedule"], w["permissions"]) for w in found] == [
        ("github", True, True, "read"),
        ("gitlab", True, False, ""),
    ]


def test_actions_and_their_pins(tmp_path: Path) -> None:
    steps = [f"other/tool@{COMMIT}", "other/tool@v1", "actions/checkout@v4", "./local", f"docker://x@sha256:{'0' * 64}"]
    text = "on: push\njobs:\n  a:\n    steps:\n" + "".join(f"      - uses: {uses}\n" for uses in steps)
    found = workflows(tmp_path, {W: text}, "actions")
    assert [(a["line"], a["pinned"], a["official"]) for a in found] == [
        (5, True, False),
        (6, False, False),
        (7, False, True),
        (8, True, False),
        (9, True, False),
    ]


@pytest.mark.parametrize(
    ("top", "job", "expected"),
    [
        ("permissions: read-all", "", []),
        ("permissions: {}", "", []),
        ("permissions: write-all", "", [(2, "all", "write")]),
        ("permissions: {contents: write}", "", [(2, "contents", "write")]),
        ("env: {}", "", [(4, "default", "not narrowed")]),
        ("env: {}", "permissions: {packages: write}", [(6, "packages", "write")]),
        ("env: {}", "permissions: {contents: read}", []),
    ],
)
def test_permissions(tmp_path: Path, top: str, job: str, expected: list[tuple[int, str, str]]) -> None:
    extra = f"    {job}\n" if job else ""
    text = f"on: push\n{top}\njobs:\n  build:\n    runs-on: x\n{extra}    steps: []\n"
    found = workflows(tmp_path, {W: text}, "permissions")
    assert [(p["line"], p["scope"], p["access"]) for p in found] == expected


@pytest.mark.parametrize(
    ("run", "line"),
    [
        ('echo "${{ github.event.issue.title }}"', 7),
        ("ls\necho ${{ github.head_ref }}", 8),
        ("x='${{ github.event.commits[0].message }}'", 7),
    ],
)
def test_text_of_strangers_in_scripts(tmp_path: Path, run: str, line: int) -> None:
    assert [p["line"] for p in workflows(tmp_path, {W: github(run)}, "injections")] == [line]


@pytest.mark.parametrize("run", ["echo ${{ github.sha }}", "echo ${{ github.event.number }}", 'echo "$TITLE"'])
def test_harmless_expressions(tmp_path: Path, run: str) -> None:
    step = "env: {TITLE: '${{ github.event.issue.title }}'}"
    assert workflows(tmp_path, {W: github(run, step=step)}, "injections") == []


def test_a_strangers_code_with_our_secrets(tmp_path: Path) -> None:
    text = """\
on: {trigger}
jobs:
  a:
    runs-on: [self-hosted, linux]
    steps:
      - uses: actions/checkout@v4
        with: {{ref: "${{{{ github.event.pull_request.head.sha }}}}"}}
"""
    risky = {W: text.format(trigger="pull_request_target")}
    assert [p["line"] for p in workflows(tmp_path / "a", risky, "untrusted_checkouts")] == [6]
    assert [p["line"] for p in workflows(tmp_path / "a", risky, "runners")] == [4]
    assert workflows(tmp_path / "b", {W: text.format(trigger="pull_request")}, "untrusted_checkouts") == []
