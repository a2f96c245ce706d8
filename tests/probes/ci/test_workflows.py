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


@pytest.mark.parametrize(
    ("on", "job", "step", "expected"),
    [
        ("issue_comment", "environment: production", "", [("open_trigger", 3)]),
        ("issue_comment", "environment: production\nif: github.event.comment.author_association == 'OWNER'", "", []),
        ("issue_comment", "", "", []),  # no secrets at hand
        ("push", "environment: production", "", []),
        ("pull_request_target", "if: github.actor == 'renovate[bot]'", "", [("bot_condition", 4)]),
        ("pull_request", "runs-on: [self-hosted]", "", [("self_hosted", 4)]),
        ("push", "runs-on: [self-hosted]", "", []),
        ("pull_request_target", "", 'run: echo "A=$B" >> $GITHUB_ENV', [("environment_file", 6)]),
        ("push", "", 'run: echo "A=$B" >> $GITHUB_ENV', []),
        ("push", "", "run: ls\nenv: {}\nwith: {all: '${{ toJSON(secrets) }}'}", [("all_secrets", 6)]),
        ("push", "", "uses: actions/upload-artifact@v4\nwith: {path: .}", []),  # no checkout, no token
    ],
)
def test_hazards(tmp_path: Path, on: str, job: str, step: str, expected: list[tuple[str, int]]) -> None:
    jobs = "".join(f"    {line}\n" for line in job.splitlines()) or "    name: x\n"
    steps = "      - " + "\n        ".join((step or "run: ls").splitlines()) + "\n"
    text = f"on: {on}\njobs:\n  build:\n{jobs}    steps:\n{steps}"
    found = workflows(tmp_path, {W: text}, "hazards")
    assert [(h["kind"], h["line"]) for h in found] == expected


def test_a_token_in_an_artifact(tmp_path: Path) -> None:
    head = "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n"
    upload = "      - uses: actions/upload-artifact@v4\n        with: {path: .}\n"
    found = workflows(tmp_path / "kept", {W: head + upload}, "hazards")
    assert [(h["kind"], h["line"], h["what"]) for h in found] == [("uploaded_token", 6, ".")]
    dropped = head + "        with: {persist-credentials: false}\n" + upload
    assert workflows(tmp_path / "dropped", {W: dropped}, "hazards") == []


def test_all_secrets_for_a_workflow_of_others(tmp_path: Path) -> None:
    text = "on: push\njobs:\n  a:\n    uses: other/repo/.github/workflows/x.yml@v1\n    secrets: inherit\n"
    assert [(h["kind"], h["line"]) for h in workflows(tmp_path, {W: text}, "hazards")] == [("inherited_secrets", 5)]


def test_who_chooses_the_words(tmp_path: Path) -> None:
    text = (
        "on:\n  workflow_dispatch:\n    inputs:\n      name: {}\n      flag: {type: boolean}\njobs:\n  a:\n    steps:\n"
        "      - run: |\n          echo ${{ inputs.name }}\n          echo ${{ inputs.flag }}\n"
        "          echo ${{ github.ref_name }}\n          echo ${{ github.head_ref }}\n"
    )
    found = workflows(tmp_path, {W: text}, "injections")
    assert [(i["line"], i["who"]) for i in found] == [(10, "member"), (12, "member"), (13, "stranger")]
