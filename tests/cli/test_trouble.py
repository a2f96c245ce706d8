"""Trouble: one clear line, the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from aiaudit.cli.errors import ExitCode, worst
from tests.cli.conftest import WORLD, lay


def one_line(done, code: int, *words: str) -> None:
    assert done.code == code, done
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("aiaudit: ")
    assert "Traceback" not in done.err
    for word in words:
        assert word in lines[0], lines[0]


def test_a_missing_path(aiaudit, tmp_path):
    one_line(aiaudit("run", tmp_path / "gone"), 2, "gone: there is no such folder")


def test_a_file_instead_of_a_folder(aiaudit, project):
    one_line(aiaudit("run", project / "README.md"), 2, "is a file; give the folder of the project")


def test_an_archive_instead_of_a_folder(aiaudit, tmp_path):
    (tmp_path / "project.zip").write_bytes(b"PK")
    one_line(aiaudit("run", tmp_path / "project.zip"), 2, "is an archive; unpack it, and give its folder")


def test_a_wrong_option_has_a_hint(aiaudit):
    one_line(aiaudit("run", "--fail-undr", "3"), 2, "--fail-under", "see `aiaudit run --help`")


def test_a_wrong_command_has_a_hint(aiaudit):
    one_line(aiaudit("rum"), 2, "rum", "See `aiaudit --help`")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--as-of", "yesterday"], "--as-of yesterday: expected a day such as 2026-12-04"),
        (["--fail-under", "many"], "--fail-under many: expected a number from 0 to 100"),
        (["--fail-under", "sec=3"], "no pack is called 'sec'"),
        (["--fail-on", "SCE-001"], "did you mean 'SEC-001'?"),
        (["--fail-on-new", "high"], "--fail-on-new high needs --baseline FILE"),
        (["--pack", "securty"], "did you mean 'security'?"),
        (["--pack", "nowhere.yaml"], "nowhere.yaml"),
        (["--profile", "libary"], "did you mean 'library'?"),
        (["--config", "nowhere.yaml"], "nowhere.yaml: no such file or directory"),
        (["--facts", "nowhere.json"], "exclude each other"),
        (
            ["-o", "report.docx"],
            "-o report.docx: the suffix names no format; there are: .html, .pdf, .md, .long.md, .json, .cdx.json, .sarif, .junit.xml, .gitlab.json, .oscal.json, .csv, .frameworks.csv, .github",
        ),
        (["-o", "/nowhere/at/all/r.json"], "the folder /nowhere/at/all does not exist"),
        (["--facts-out", "/nowhere/at/all/f.json"], "the folder /nowhere/at/all does not exist"),
        (
            ["-o", "-", "--format", "doc"],
            "--format doc: not a format; there are: html, pdf, md, long.md, json, cdx.json",
        ),
        (["-o", "-", "-o", "-"], "stdout can take one report only"),
        (["--baseline", "nowhere.json"], "--baseline nowhere.json: no such file or directory"),
        (["--min-coverage", "101"], "--min-coverage"),
        (["--stage", "scaling"], "scaling"),
    ],
)
def test_wrong_usage(aiaudit, project, args, words):
    one_line(aiaudit("run", project, *args), 2, words)


def test_wrong_usage_is_found_before_the_project_is_read(aiaudit, project, monkeypatch):
    monkeypatch.setattr("aiaudit.prepared.collect", lambda *args: pytest.fail("the project was read"))
    one_line(aiaudit("run", project, "-o", "x.docx"), 2)
    one_line(aiaudit("run", project, "--fail-under", "many"), 2)


@pytest.mark.parametrize("content", ["[]", "{}", "nonsense", '{"checks": 3}', "\udcff\x00"])
def test_a_baseline_that_is_none(aiaudit, project, tmp_path, content):
    file = tmp_path / "old.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    one_line(aiaudit("run", project, "--fail-on-new", "high", "--baseline", file), 2, "old.json: not")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("nonsense", "not JSON"),
        ("[1]", "not a result JSON of aiaudit"),
        ('{"schema_version": 9}', "schema_version is 9, not 1"),
        ('{"a": 1}', "not a result JSON of aiaudit; give a file of `aiaudit run -o result.json`"),
        ('{"schema_version": 1}', "as_of: field required"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_result_that_is_none(aiaudit, tmp_path, content, words):
    file = tmp_path / "r.json"
    file.write_text(content)
    one_line(aiaudit("report", file), 2, words)


def test_a_missing_result(aiaudit, tmp_path):
    one_line(aiaudit("report", tmp_path / "r.json"), 2, "r.json: no such file or directory")


@pytest.mark.parametrize("content", ["nonsense", "{}", '{"format": "aiaudit-facts", "schema_version": 1}', "[]"])
def test_facts_that_are_none(aiaudit, tmp_path, content):
    file = tmp_path / "f.json"
    file.write_text(content)
    one_line(aiaudit("run", "--facts", file), 2, "f.json: ")


def test_a_broken_pack_tells_every_mistake_with_its_place(aiaudit, project, tmp_path):
    pack = tmp_path / "mine.yaml"
    pack.write_text("schema: 1\npack: mine\ntitle: Mine\nchecks:\n- id: MY-001\n  tilte: x\n")
    done = aiaudit("run", project, "--pack", pack)
    assert done.code == 2
    assert done.out == ""
    assert all(f"{pack}:" in line for line in done.err.splitlines())
    assert "did you mean 'title'?" in done.err


def test_an_unknown_check_to_explain(aiaudit):
    own = " (one of your own: --pack FILE)"
    one_line(aiaudit("explain", "SCE-001"), 2, "no check has the id 'SCE-001'; did you mean 'SEC-001'?" + own)
    one_line(aiaudit("explain", "SEC-999"), 2, "no check has the id 'SEC-999'; `aiaudit checks list` shows them all")
    one_line(aiaudit("explain", "Security"), 2, "Security is a pack; `aiaudit checks list --pack security` shows its")
    for said in ("sec-1", "SEC-01", "SEC-0001"):
        assert aiaudit("explain", said).out == aiaudit("explain", "SEC-001").out


def test_what_cannot_be_begun(aiaudit, project):
    one_line(aiaudit("fix", "SCE-001", project), 2, "no check has the id 'SCE-001'; did you mean 'SEC-001'?")
    one_line(aiaudit("fix", "SEC-99", project), 2, "no check has the id 'SEC-99'; `aiaudit checks list` shows them")
    one_line(aiaudit("fix", "SEC-1", project), 2, "SEC-001: nothing can be generated honestly for it")
    one_line(aiaudit("fix", "model-crad", project), 2, "did you mean 'model-card'?")


@pytest.mark.parametrize("address", ["https://github.com/a/b", "git@github.com:a/b.git", "github.com/a/b"])
def test_an_address_is_no_folder_and_nothing_is_fetched(aiaudit, address):
    one_line(aiaudit("run", address), 2, "is an address, and nothing is fetched; clone it first")


def test_a_part_of_a_repository_is_told_from_the_whole(aiaudit, project):
    lay(project, {".git/HEAD": "ref: refs/heads/main\n"})
    assert "is a part of a repository" not in aiaudit("run", project).err
    said = aiaudit("run", project / "app").err
    assert "app/ is a part of a repository; its CI, tests, documents and manifests above this folder were not" in said
    assert f"seen: aiaudit run {project}\n" in said
    assert not aiaudit("run", project / "app", "-q").err
    lay(project, {"app/requirements.txt": "torch\n"})  # a project of its own
    assert "is a part of a repository" not in aiaudit("run", project / "app").err


def test_a_folder_of_several_repositories_is_told_as_one(aiaudit, tmp_path):
    root = lay(tmp_path / "all", {"one/a.py": "x = 1\n", "two/b.py": "x = 1\n"})
    said = "2 folders here are repositories of their own (one, two), and what one of them has counts for all"
    assert said not in aiaudit("run", root).err
    (root / "one" / ".git").mkdir()
    assert "repositories of their own" not in aiaudit("run", root).err
    (root / "two" / ".git").write_text("gitdir: elsewhere\n")  # as of a worktree
    assert said in aiaudit("run", root).err
    (root / ".git").mkdir()  # then they are parts of it
    assert "repositories of their own" not in aiaudit("run", root).err


@pytest.mark.parametrize("gate", [(), ("--fail-on", "high")])
def test_whoever_stops_reading_ends_the_program_as_sigpipe_does(project, gate):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "aiaudit", "run", str(project), "-o", "-", "--format", "json", *gate],
            stdout=stdout, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 141
    assert b"Traceback" not in done.stderr


def test_the_callers_broken_config_stops_the_audit(aiaudit, project, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("waivers:\n- {id: SEC-001, owner: Ann, expires: 2027-01-01}\n")
    one_line(aiaudit("run", project, "--config", mine), 2, "mine.yaml:2:3: waivers[1] (SEC-001): reason is missing")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("a: [", "aiaudit.yaml:"),
        ("- a\n- b\n", "must be a mapping"),
        ("params: {SEC-003: {mots: 5}}\n", "did you mean 'most'?"),
        ("params: {SEC-003: {most: 500}}\n", "must be at most 50"),
        ("severity: {SEC-033: low}\n", "no check 'SEC-033'"),
        ("waivers:\n- {id: SEC-001, reason: x}\n", "owner is missing"),
        ("packs: [securiti]\n", "no pack 'securiti'"),
        ("gate: {fail_on: [SCE-001]}\n", "did you mean 'SEC-001'?"),
        ("gate: {fail_on_new: high}\n", "needs --baseline FILE"),
        ("a: &a [*a]\n", "aiaudit.yaml"),
    ],
)
def test_the_projects_broken_config_is_told_and_the_audit_goes_on(aiaudit, project, tmp_path, settings, words):
    lay(project, {"aiaudit.yaml": settings})
    file = tmp_path / "r.json"
    done = aiaudit("run", project, "-o", file)
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err
    result = json.loads(file.read_text())
    assert result["score"] is not None
    assert words in " ".join(result["problems"])


def test_another_mistake_beside_a_bad_answer_leaves_the_file_out(aiaudit, project, tmp_path):
    own = "projct: {}\nattestations:\n  SEC-001: {answer: maybe}\n  SEC-002: {answer: yes, owner: Ann}\n"
    lay(project, {"aiaudit.yaml": own})
    done = aiaudit("run", project, "-o", tmp_path / "r.json")
    assert done.code == 2
    assert done.err.count("(the file was left out)") == 2


@pytest.mark.parametrize("args", [("run", "-o", "locked/x.html"), ("run", "locked/p"), ("portfolio", "locked/r")])
def test_a_place_that_may_not_be_looked_at_is_no_fault_of_aiaudit(aiaudit, project, monkeypatch, args):
    looked = os.stat

    def stat(path, *rest, **named):  # what a folder of another user does; whoever runs the tests may be root
        if "locked" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return looked(path, *rest, **named)

    monkeypatch.chdir(project)
    monkeypatch.setattr(os, "stat", stat)
    done = aiaudit(*args)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "locked" in done.err and "permission denied" in done.err.lower()


def test_an_internal_error_is_one_line_and_says_how_to_see_more(aiaudit, project, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("aiaudit.audit.judge", broken)
    done = aiaudit("run", project)
    assert done.code == 4
    assert done.err.splitlines() == [
        "aiaudit: internal error: ZeroDivisionError: by nought",
        "aiaudit: this is a fault of aiaudit; AIAUDIT_DEBUG=1 shows where it happened",
    ]
    monkeypatch.setenv("AIAUDIT_DEBUG", "1")
    assert "Traceback" in aiaudit("run", project).err


@pytest.mark.parametrize(
    ("codes", "told"),
    [({1, 2}, 2), ({1, 3}, 3), ({2, 3}, 2), ({1, 2, 3, 4}, 4), ({1}, 1), (set(), 0)],
)
def test_precedence_of_exit_codes(codes, told):
    assert worst({ExitCode(code) for code in codes}) == told


def test_a_gate_and_a_broken_config_exit_with_two(aiaudit, project):
    lay(project, {"aiaudit.yaml": "nonsense: 1\n"})
    assert aiaudit("run", project, "--fail-under", "99").code == 2
    assert aiaudit("run", project, "--fail-under", "99", "--exit-zero").code == 2


def test_a_gate_on_nothing_exits_with_three(aiaudit, tmp_path):
    assert aiaudit("run", tmp_path, "--fail-under", "1").code == 3


def test_exit_zero_hides_a_failed_gate_only(aiaudit, project, tmp_path):
    assert aiaudit("run", project, "--fail-under", "99").code == 1
    done = aiaudit("run", project, "--fail-under", "99", "--exit-zero")
    assert done.code == 0
    assert "gate failed" in done.err
    empty = tmp_path / "empty"
    empty.mkdir()
    assert aiaudit("run", empty, "--exit-zero").code == 3


def test_the_score_alone_never_fails(aiaudit, tmp_path):
    bad = lay(tmp_path / "bad", {"app/serve.py": "DEBUG = True  # TODO\n"})
    assert aiaudit("run", bad).code == 0


def test_an_output_that_cannot_be_written_leaves_nothing_behind(aiaudit, project, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", refuse)
    target = tmp_path / "out"
    target.mkdir()
    done = aiaudit("run", project, "-o", target / "r.json", "-q")
    one_line(done, 2, "r.json: no space left on device")
    assert list(target.iterdir()) == []


def test_an_older_file_stays_when_writing_fails(aiaudit, project, tmp_path, monkeypatch):
    old = tmp_path / "r.json"
    old.write_text("old")
    monkeypatch.setattr("aiaudit.reports.json.encode_lines", lambda *a, **k: 1 / 0)
    assert aiaudit("run", project, "-o", old, "-q").code == 4
    assert old.read_text() == "old"


INTERRUPTED = """
import os, signal, sys, time
from pathlib import Path
import aiaudit.collection, aiaudit.resources
aiaudit.resources._PACKAGE = Path(sys.argv.pop(1))
signal.signal(signal.SIGINT, signal.default_int_handler)  # what starts the tests in the background ignores it
def interrupted(*args):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(30)
aiaudit.collection.subject.readable = interrupted
from aiaudit.__main__ import main
sys.exit(main())
"""


def test_an_interrupt_is_calm_and_leaves_no_file(project, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-c", INTERRUPTED, str(WORLD), "run", str(project), "-o", str(out / "r.json"), "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "aiaudit: interrupted; nothing was written\n"
    assert list(out.iterdir()) == []


def test_where_no_file_can_be_read_the_files_are_named(aiaudit, tmp_path, monkeypatch):
    from aiaudit.project.reader import Unreadable
    from aiaudit.project.tree import Project

    def refused(self, path, size):
        raise Unreadable("permission denied")

    monkeypatch.setattr(Project, "head", refused)
    done = aiaudit("run", lay(tmp_path / "closed", {"app.py": "x = 1\n"}))
    assert done.code == 3
    assert "none of its files could be read (app.py: permission denied)" in done.err
    assert "Could not be read: 1 file" in done.out


@pytest.mark.parametrize("quiet", [True, False])
def test_the_places_of_a_check_that_could_not_be_judged_are_told(quiet, capsys):
    from aiaudit.cli.output import gate_places

    found = [{"path": "hub.py", "line": 7, "message": "what is loaded is not known"}]
    checks = [{"id": "SEC-002", "status": "unknown", "reason": "", "findings": found}]
    checks.append({"id": "SEC-001", "status": "fail", "reason": "one key", "findings": []})
    rules = [
        {"rule": "--fail-on SEC-002", "passed": False, "checks": []},
        {"rule": "--fail-on SEC-001", "passed": False, "checks": ["SEC-001"]},
    ]
    waivers = [
        {"id": "SEC-002", "state": "partial", "at": "hub.py:9", "covers": 1, "of": 3},
        {"id": "SEC-001", "state": "unused", "at": "", "covers": 0, "of": 1},
    ]
    gate_places({"checks": checks, "gate": {"rules": rules}, "waivers": waivers}, quiet=quiet)
    told = capsys.readouterr().err.splitlines()
    assert "aiaudit: SEC-002 hub.py:7: what is loaded is not known" in told
    assert ("aiaudit: SEC-001 one key" in told) is quiet
    accepted = [line for line in told if "waiver" in line]
    assert accepted == ["aiaudit: SEC-002 hub.py:9: a waiver accepts 1 of these 3 places"]


def test_an_export_of_vulnerabilities_that_is_no_zip(aiaudit, project, tmp_path):
    (tmp_path / "all.zip").write_text("no zip")
    one_line(
        aiaudit("run", project, "--osv-db", tmp_path / "all.zip"),
        2,
        "not a zip archive, such as the all.zip of osv.dev",
    )
    (tmp_path / "exports").mkdir()
    told = aiaudit("run", project, "--osv-db", tmp_path / "exports")
    one_line(told, 2, "exports: no zip in it, and none in a folder PyPI or npm")
