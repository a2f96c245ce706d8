"""The case runner on own packs: what it finds right, wrong and missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.packs.cases import find_cases, missing_cases, run_cases, run_pack
from aiaudit.packs.expect import Expect, laid_out, read_expect
from aiaudit.packs.load import Library, load

PACK = """\
schema: 1
pack: own
title: Own checks
facts:
  notes: {probe: files.exists, files: [NOTES.md], min_size: 5}
  big: {probe: files.exists, files: ["**/*.bin"]}
checks:
- id: OWN-001
  title: The notes are written
  severity: high
  kind: automatic
  min_level: E1
  applies: big.size() > 0
  rule: {pass: "notes.size() > 0", fail: otherwise}
  findings: big
  why: x
  remediation: x
"""


@pytest.fixture
def library(tmp_path: Path) -> Library:
    (tmp_path / "own.yaml").write_text(PACK)
    return load([tmp_path / "own.yaml"], shipped=False)


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def problems(library: Library, folder: Path) -> dict[str, tuple[str, ...]]:
    return {str(result.case): result.problems for result in run_cases(library, folder)}


def test_cases_that_end_as_expected_have_no_problems(library: Library, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    write(
        cases / "OWN-001",
        {
            "pass/NOTES.md": "Long enough",
            "pass/expect.yaml": """\
status: pass
files: {a.bin: {base64: AAEC}}
facts: {big: [{path: a.bin, size: 3}], notes: [{path: NOTES.md}]}
""",
            "fail/expect.yaml": """\
status: fail
findings: [a.bin, b.bin]
reason: 2 found
files: {b.bin: b, a.bin: a}
facts: {notes: absent}
""",
            "na/NOTES.md": "Long enough",
            "na/expect.yaml": "status: not_applicable\n",
            "decoy/NOTES.md": "x\n",
            "decoy/expect.yaml": "status: fail\nfiles: {a.bin: a}\n",
        },
    )
    assert problems(library, cases) == {"OWN-001/pass": (), "OWN-001/fail": (), "OWN-001/na": (), "OWN-001/decoy": ()}
    assert missing_cases(library, find_cases(cases)) == []


def test_what_differs_is_told(library: Library, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    write(
        cases / "OWN-001",
        {
            "pass/expect.yaml": "status: pass\nfiles: {a.bin: a}\n",
            "fail/expect.yaml": "status: not_applicable\nfindings: [a.bin]\nfacts: {notes: [], big: absent}\n",
            "decoy/NOTES.md": "Long enough",
            "decoy/expect.yaml": "status: pass\nfiles: {a.bin: a}\n",
            "odd/expect.yaml": "status: fial\n",
            "none/README.md": "x",
        },
    )
    write(cases / "OWN-002", {"pass/expect.yaml": "status: pass\n"})
    assert problems(library, cases) == {
        "OWN-001/decoy": ("a decoy must not pass",),
        "OWN-001/fail": (
            "a case named 'fail' should expect fail, not not_applicable",
            "expected findings at a.bin, got none",
            "expected notes to be [], got 'absent'",
        ),
        "OWN-001/none": ("OWN-001/none/expect.yaml: cannot be read: no such file or directory",),
        "OWN-001/odd": (
            "OWN-001/odd/expect.yaml:1:9: 'status' may not be 'fial': use pass, partial, fail, unknown, "
            "not_applicable, error; did you mean 'fail'?",
        ),
        "OWN-001/pass": ("expected pass, got fail: 1 found, the first at a.bin:1.",),
    }
    place = library.check("OWN-001").place  # type: ignore[union-attr]
    assert missing_cases(library, find_cases(cases)) == [
        f"{place}: OWN-001 has no case 'na'",
        "OWN-002: cases of a check that is not there",
    ]


ATTESTED = """\
schema: 1
pack: own
title: Own checks
checks:
- id: OWN-001
  title: The operator is told
  severity: high
  kind: attested
  question: Who tells the operator?
  why: x
  remediation: x
"""
CLAIM = "owner: ada@example.org, evidence: https://wiki.shop.internal/told, reviewed: 2026-03-01"


def test_attested_checks_have_their_cases_too(tmp_path: Path) -> None:
    cases = {
        "pass": f"status: pass\nattestations: {{answer: yes, {CLAIM}}}\n",
        "partial": "status: partial\nattestations: {answer: yes, owner: ada@example.org}\n",
        "fail": f"status: fail\nattestations: {{OWN-001: {{answer: no, {CLAIM}}}}}\n",
        "na": f"status: not_applicable\nattestations: {{answer: not_applicable, note: nobody operates it, {CLAIM}}}\n",
        "decoy": "status: partial\nattestations: {answer: yes, owner: TODO, evidence: TBD, reviewed: 2026-03-01}\n",
        "late": f"status: partial\nas_of: 2028-01-01\nattestations: {{answer: yes, {CLAIM}}}\n",
        "nobody": "status: unknown\nreason: Who tells the operator?\n",
    }
    write(tmp_path / "cases" / "OWN-001", {f"{name}/expect.yaml": text for name, text in cases.items()})
    (tmp_path / "own.yaml").write_text(ATTESTED)
    done = run_pack(tmp_path / "own.yaml")
    assert {result.case.name: result.problems for result in done.results} == dict.fromkeys(cases, ())
    assert done.passed


def test_a_history_is_a_real_repository(tmp_path: Path) -> None:

    case = tmp_path / "case"
    write(case, {"a.py": "x = 1\n", "expect.yaml": "status: pass\n"})
    history = [
        {"date": "2026-01-02", "files": {"a.py": "x = 0\n", "old.py": "y"}},
        {"author": "Bob", "email": "bob@example.org", "date": "2026-02-03T10:00:00+02:00", "message": "Müll",
         "tag": "v1", "files": {"old.py": None, "new.py": "z = 1\n"}},
        {"files": "all"},
    ]  # fmt: skip
    with laid_out(case, Expect.model_validate({"status": "pass", "git": history})) as tree:
        assert sorted(path.name for path in tree.iterdir()) == [".git", "a.py", "new.py"]
        log = git(tree, "log", "--reverse", "--format=%an %ae %aI %s %D")
        assert [line.strip() for line in log.splitlines()] == [
            "Ada Example ada@example.org 2026-01-02T00:00:00Z Change",
            "Bob bob@example.org 2026-02-03T10:00:00+02:00 Müll tag: v1",
            "Ada Example ada@example.org 2026-06-01T00:00:00Z Change HEAD -> main",
        ]
        assert git(tree, "status", "--porcelain") == ""
        assert git(tree, "show", "v1:a.py") == "x = 0\n"
    assert not tree.exists()
    assert (case / "expect.yaml").exists()


def test_a_large_file_is_a_text_repeated(tmp_path: Path) -> None:
    write(tmp_path / "case", {"expect.yaml": 'status: fail\nfiles: {a.py: {repeat: "x = {n}\\n", times: 3}}\n'})
    with laid_out(tmp_path / "case", read_expect(tmp_path / "case")) as tree:
        assert (tree / "a.py").read_text() == "x = 0\nx = 1\nx = 2\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("files: {../up.txt: x}", "expect.yaml: ../up.txt: outside the tree of the case"),
        ("files: {a.bin: {base64: '!'}}", "expect.yaml: a.bin: not base64"),
        ("files: {a: x, a/b: x}", "expect.yaml: a/b: file exists"),
        ("git: [{files: {.git/config: x}}]", "expect.yaml: the history cannot be built: git "),
        ("config: {projct: {}}", "config:2:2: projct: unknown key; did you mean 'project'?"),
        (
            "attestations: {answer: perhaps}",
            "config:4:14: attestations.OWN-001.answer: 'perhaps' is none of yes, partly",
        ),
    ],
)
def test_a_broken_case_is_told_in_one_line(library: Library, tmp_path: Path, text: str, line: str) -> None:
    write(tmp_path / "cases" / "OWN-001" / "odd", {"expect.yaml": f"status: fail\n{text}\n"})
    (found,) = problems(library, tmp_path / "cases")["OWN-001/odd"]
    assert found.startswith(line)


def git(tree: Path, *arguments: str) -> str:
    import subprocess

    return subprocess.run(["git", *arguments], cwd=tree, capture_output=True, text=True, check=True).stdout


def test_packs_in_one_folder_share_its_cases(library: Library, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    write(cases / "OTHER-001", {"pass/expect.yaml": "status: pass\n"})
    orphan = "OTHER-001: cases of a check that is not there"
    assert orphan in missing_cases(library, find_cases(cases))
    (tmp_path / "other.yaml").write_text("checks:\n- id: OTHER-001\n", encoding="utf-8")
    assert orphan not in missing_cases(library, find_cases(cases))
