"""`aiaudit waivers`: list, lint, add."""

from __future__ import annotations

import pytest

from aiaudit.cli.app import run

FILE = "schema: 1\nwaivers:\n  - {id: OPS-002, reason: fine, owner: Kim}\n  - {id: SEC-004, reason: old, owner: Kim, expires: 2026-01-31}\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "aiaudit.yaml").write_text(FILE)
    return tmp_path


def test_list_says_until_when(project, capsys):
    assert run(["waivers", "list", "--project", str(project), "--as-of", "2026-01-01"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "SEC-004   until 2026-01-31 (30 days)   Kim: old",
        "OPS-002   without an end               Kim: fine",
    ]


def test_the_folder_may_be_given_as_to_any_command(project, capsys):
    for command in ("list", "lint"):
        assert run(["waivers", command, "--project", str(project), "--as-of", "2026-01-01"]) == 0
        said = capsys.readouterr().out
        assert run(["waivers", command, str(project), "--as-of", "2026-01-01"]) == 0
        assert capsys.readouterr().out == said


def test_lint_fails_on_what_has_expired(project, capsys):
    assert run(["waivers", "lint", "--project", str(project), "--as-of", "2026-02-01"]) == 1
    assert "error: SEC-004: expired on 2026-01-31; its finding is back" in capsys.readouterr().out
    assert run(["waivers", "lint", "--project", str(project), "--as-of", "2026-01-15"]) == 0
    assert "warning: SEC-004: ends on 2026-01-31" in capsys.readouterr().out


def test_add_writes_one_that_holds(project, capsys):
    (project / "aiaudit.yaml").write_text("# mine\nschema: 1\n")
    added = [
        "waivers",
        "add",
        "SEC-004",
        "--reason",
        "mirror",
        "--owner",
        "Kim",
        "--expires",
        "2027-01-31",
        "--project",
        str(project),
    ]
    assert run(added) == 0
    text = (project / "aiaudit.yaml").read_text()
    assert text.startswith("# mine\nschema: 1\n")
    assert "  - id: SEC-004\n" in text
    assert run(["waivers", "list", "--project", str(project), "--as-of", "2027-01-30"]) == 0
    assert "until 2027-01-31 (1 day)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["SEC-999", "--reason", "x", "--owner", "y"], "no check has the id 'SEC-999'"),
        (["SEC-001", "--reason", "x", "--owner", "y"], "--expires is missing; a critical check needs a last day"),
        (["SEC-002", "--reason", "x", "--owner", "y", "--expires", "soon"], "expires must be a day such as 2027-03-31"),
        (["SEC-002", "--reason", "x", "--owner", "y", "--expires", "2024-01-31"], "--expires 2024-01-31: has passed"),
        (["SEC-002", "--reason", "…", "--owner", "Kim", "--expires", "2027-03-31"], "reason is still a placeholder"),
        (["SEC-002", "--reason", "x", "--owner", "<name>", "--expires", "2027-03-31"], "owner is still a placeholder"),
        (["OPS-002", "--reason", "x", "--owner", "y"], "aiaudit.yaml:3:5: OPS-002 is accepted here already"),
        (["SEC-002", "--reason", " ", "--owner", "y", "--expires", "2027-03-31"], "reason is missing"),
    ],
)
def test_what_is_no_waiver_is_refused_in_one_line(project, capsys, args, told):
    before = (project / "aiaudit.yaml").read_text()
    assert run(["waivers", "add", *args, "--project", str(project)]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert (project / "aiaudit.yaml").read_text() == before


def test_add_keeps_letters_and_tells_a_far_day_and_what_accepts_nothing(project, capsys):
    add = ["waivers", "add", "OPS-002", "--reason", "für später", "--owner", "Jürgen", "--path", "a/*"]
    (project / "README.md").write_text("# A model\n")
    assert run([*add, "--expires", "2099-01-31", "--project", str(project)]) == 0
    assert 'owner: "Jürgen"' in (project / "aiaudit.yaml").read_text(encoding="utf-8")
    told = capsys.readouterr().err
    assert "warning: 2099-01-31 is more than a year away" in told
    assert "the waiver of OPS-002 is not used" in told


def test_list_names_the_place_of_a_comment_and_the_paths_that_are_meant(project, capsys):
    (project / "aiaudit.yaml").write_text(
        'schema: 1\nwaivers:\n  - {id: OPS-002, reason: fine, owner: Kim, paths: ["a/*", b.py]}\n'
    )
    (project / "load.py").write_text(
        '# aiaudit: waive SEC-002 reason="hash checked" owner="Kim" until=2027-01-31\nx = 1\n'
    )
    assert run(["waivers", "list", "--project", str(project), "--as-of", "2027-01-01"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "SEC-002   until 2027-01-31 (30 days)   Kim: hash checked (load.py:1)",
        "OPS-002   without an end               Kim: fine (in a/*, b.py)",
    ]
