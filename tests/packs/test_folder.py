"""A pack that is a folder: `pack.yaml`, and a file for each check."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from aiaudit.packs import cases, stored
from aiaudit.packs import load as load_files
from aiaudit.packs.files import HEAD, files_of, ids_in, is_part, owner_of, shipped_files, shipped_packs
from aiaudit.packs.lint import lint
from aiaudit.packs.load import load
from aiaudit.packs.problems import PackError
from aiaudit.packs.scaffold import new_check
from aiaudit.project.cache import open_cache

HEAD_TEXT = """\
schema: 1
pack: team
title: Ours
facts:
  sources: {probe: files.exists, files: ["**/*.py"], title: Code}
"""
CHECK = """\
id: TEAM-00{number}
title: It is there
severity: low
kind: automatic
min_level: E1
applies: sources.size() > 0
facts:
  there: {{probe: files.exists, files: ["README.md"], title: A readme}}
rule:
  pass: there.size() > {number}
  fail: otherwise
why: It helps.
remediation: Write it.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack of two checks."""
    made = tmp_path / "team"
    made.mkdir()
    (made / HEAD).write_text(HEAD_TEXT)
    for number in (1, 2):
        (made / f"TEAM-00{number}.yaml").write_text(CHECK.format(number=number))
    return made


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack is loaded without those that are shipped, which takes seconds and is no matter here."""
    monkeypatch.setattr(load_files, "shipped_packs", list)


def told(folder: Path) -> list[str]:
    """What is wrong with the pack, with places below its folder."""
    with pytest.raises(PackError) as refused:
        load([folder], shipped=False)
    return [str(problem).replace(f"{folder.parent}/", "") for problem in refused.value.problems]


def test_it_is_the_pack_that_one_file_would_be(folder, tmp_path):
    checks = [yaml.safe_load((folder / f"TEAM-00{number}.yaml").read_text()) for number in (1, 2)]
    one = tmp_path / "one.yaml"
    one.write_text(yaml.safe_dump({**yaml.safe_load(HEAD_TEXT), "checks": checks}, sort_keys=False))
    ours, same = load([folder], shipped=False), load([one], shipped=False)
    assert [check.id for check in ours.checks] == [check.id for check in same.checks] == ["TEAM-001", "TEAM-002"]
    assert [line.status for check in ours.checks for line in check.rule] == [
        line.status for check in same.checks for line in check.rule
    ]
    assert list(ours.facts) == list(same.facts)
    assert [pack.file for pack in ours.packs] == [str(folder)]
    assert ids_in(folder) == ids_in(one) == ["TEAM-001", "TEAM-002"]


def test_each_part_knows_its_file(folder):
    library = load([folder], shipped=False)
    assert [str(check.place) for check in library.checks] == [f"{folder}/TEAM-00{n}.yaml:1:1" for n in (1, 2)]
    assert str(library.facts["team.sources"].place) == f"{folder}/pack.yaml:5:3"
    assert str(library.facts["team.TEAM-002.there"].place) == f"{folder}/TEAM-002.yaml:8:3"


def test_mistakes_of_all_files_are_told_at_once(folder):
    second = folder / "TEAM-002.yaml"
    (folder / HEAD).write_text(HEAD_TEXT.replace("files.exists", "files.exits"))
    second.write_text(second.read_text().replace("there.size() > 2", "ther.size() > 2").replace("low", "lowly"))
    first = folder / "TEAM-001.yaml"
    first.write_text(first.read_text().replace("there.size() > 1", "ther.size() > 1"))
    assert told(folder) == [
        "team/TEAM-001.yaml:10:9: unknown name `ther`; did you mean `there`?",
        "team/TEAM-002.yaml:3:11: 'severity' may not be 'lowly': use critical, high, medium, low; did you mean 'low'?",
        "team/pack.yaml:5:13: no probe 'files.exits'; did you mean 'files.exists'?",
    ]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "SEC.yaml",
            CHECK.format(number=3),
            "SEC.yaml:1:5: the file of the check TEAM-003 must be called TEAM-003.yaml",
        ),
        ("TEAM-003.yaml", "- id: TEAM-003\n", "TEAM-003.yaml:1:1: the file of a check must be a mapping with"),
        ("TEAM-003.yaml", "id: [\n", "TEAM-003.yaml:2:1: "),
        (HEAD, HEAD_TEXT + "checks: []\n", "pack.yaml:6:1: a pack that is a folder has a file for each check"),
        (HEAD, "", "pack.yaml:1:1: a pack must be a mapping"),
    ],
)
def test_what_is_no_such_pack_is_refused(folder, file, text, said):
    (folder / file).write_text(text)
    (problem,) = told(folder)
    assert problem.startswith(f"team/{said}")


def test_a_folder_without_a_head_is_none(folder):
    (folder / HEAD).unlink()
    assert told(folder) == ["team: is no pack: a folder needs a pack.yaml with schema, pack and title"]


def test_a_check_that_is_named_without_its_pack_is_no_pack(folder):
    assert told(folder / "TEAM-001.yaml") == [
        "TEAM-001.yaml:1:1: this is the file of a check; its pack is the folder around it, with the pack.yaml"
    ]


def test_a_check_may_end_in_yml(folder):
    (folder / "TEAM-002.yaml").rename(folder / "TEAM-002.yml")
    assert [str(check.place) for check in load([folder], shipped=False).checks][1] == f"{folder}/TEAM-002.yml:1:1"


def test_only_its_own_files_count(folder):
    (folder / "cases").mkdir()
    (folder / "cases" / "more.yaml").write_text("no: pack\n")
    (folder / ".hidden.yaml").write_text("no: pack\n")
    (folder / "notes.txt").write_text("nothing\n")
    assert [file.name for file in files_of(folder)] == [HEAD, "TEAM-001.yaml", "TEAM-002.yaml"]
    assert len(list(load([folder], shipped=False).checks)) == 2


def test_a_changed_file_is_seen_in_what_was_kept(folder, tmp_path, alone):
    opened = open_cache(tmp_path / "cache")
    assert opened is not None
    with opened as cache:
        first = stored.load([folder], cache=cache)
        again = stored.load([folder], cache=cache)
        assert (again.digest, again.documents) == (first.digest, {})  # kept
        file = folder / "TEAM-002.yaml"
        file.write_text(file.read_text().replace("It is there", "It is written"))
        changed = stored.load([folder], cache=cache)
    assert changed.digest != first.digest
    assert changed.check("TEAM-002").title == "It is written"


def test_a_new_check_gets_a_file_there_and_its_cases_beside_it(folder):
    frame = new_check("TEAM-003", folder)
    frame.write()
    assert (frame.pack, frame.file) == (folder, folder / "TEAM-003.yaml")
    library = load([folder], shipped=False)
    assert [check.id for check in library.checks] == ["TEAM-001", "TEAM-002", "TEAM-003"]
    assert all("TODO" in str(fault) for fault in lint(library) if "TEAM-003" in str(fault))
    assert {case.check for case in cases.find_cases(folder / "cases")} == {"TEAM-003"}
    done = cases.run_pack(folder)
    assert {result.case.check for result in done.results} == {"TEAM-003"}
    with pytest.raises(PackError, match="is there already"):
        new_check("TEAM-003", folder)
    with pytest.raises(PackError, match="has a check TEAM-001 already"):
        new_check("TEAM-001", folder)


@pytest.mark.parametrize("there", [False, True])
def test_a_path_that_is_no_yaml_file_begins_a_folder(tmp_path, there):
    own = tmp_path / "own"
    if there:
        own.mkdir()
    new_check("OWN-001", own).write()
    new_check("OWN-002", own).write()
    assert {path.name for path in own.iterdir()} == {"pack.yaml", "OWN-001.yaml", "OWN-002.yaml", "cases"}
    library = load([own], shipped=False)
    assert [check.id for check in library.checks] == ["OWN-001", "OWN-002"]
    assert all("is still TODO" in fault.message for fault in lint(library, own / "cases"))
    assert {result.case.check for result in cases.run_pack(own).results} == {"OWN-001", "OWN-002"}


def test_lint_names_the_file_of_a_check(folder):
    found = [str(fault) for fault in lint(load([folder], shipped=False))]
    assert any(fault.startswith(f"{folder}/TEAM-001.yaml:") for fault in found)


def test_each_shipped_check_has_a_file_of_its_name():
    for pack in shipped_packs():
        if pack.is_dir():
            files = files_of(pack)
            assert ids_in(pack) == [file.stem for file in files[1:] if not is_part(file)]
            assert {owner_of(file) for file in files if is_part(file)} <= {"pack", *ids_in(pack)}


def test_no_shipped_file_is_longer_than_a_reader_likes():
    assert {file.name: lines for file in shipped_files() if (lines := len(file.read_text().splitlines())) > 600} == {}


# --- facts in a file beside


PART = """\
facts:
  here: {probe: files.exists, files: ["LICENSE"], title: A licence}
  both: {derive: "there.size() + here.size()", sees: [there, here]}
"""


def test_facts_of_a_check_or_of_the_pack_may_stand_in_files_beside_it(folder, tmp_path):
    check = folder / "TEAM-001.yaml"
    check.write_text(check.read_text().replace("there.size() > 1", "both > old.size()"))
    (folder / "TEAM-001.more.yaml").write_text(PART)
    (folder / "pack.old.yaml").write_text("facts:\n  old: {probe: files.exists, files: [OLD], title: Old}\n")
    assert [file.name for file in files_of(folder)] == [
        HEAD, "pack.old.yaml", "TEAM-001.yaml", "TEAM-001.more.yaml", "TEAM-002.yaml",
    ]  # fmt: skip
    library = load([folder], shipped=False)
    assert [check.id for check in library.checks] == ids_in(folder) == ["TEAM-001", "TEAM-002"]
    assert str(library.facts["team.old"].place) == f"{folder}/pack.old.yaml:2:3"
    assert str(library.facts["team.TEAM-001.there"].place) == f"{folder}/TEAM-001.yaml:8:3"
    assert str(library.facts["team.TEAM-001.both"].place) == f"{folder}/TEAM-001.more.yaml:3:3"

    together = yaml.safe_load(check.read_text())
    together["facts"] |= yaml.safe_load(PART)["facts"]
    (folder / "TEAM-001.more.yaml").unlink()
    check.write_text(yaml.safe_dump(together, sort_keys=False))
    assert list(load([folder], shipped=False).facts) == list(library.facts)


def test_a_check_may_have_all_its_facts_beside_it(folder):
    check = folder / "TEAM-001.yaml"
    text = check.read_text()
    facts = text[text.index("facts:") : text.index("rule:")]
    check.write_text(text.replace(facts, ""))
    (folder / "TEAM-001.facts.yaml").write_text(facts)
    assert str(load([folder], shipped=False).facts["team.TEAM-001.there"].place).endswith("TEAM-001.facts.yaml:2:3")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("TEAM-009.more.yaml", PART, ":1:1: it holds facts of TEAM-009, and no TEAM-009.yaml lies beside it"),
        ("TEAM-001.more.yaml", "title: More\n", ":1:1: a file beside TEAM-001.yaml holds facts of it, and nothing but"),
        ("TEAM-001.more.yaml", "- facts\n", ":1:1: a file beside TEAM-001.yaml holds facts of it, and nothing but"),
        ("TEAM-001.more.yaml", "facts: [\n", ":2:1: "),
        (
            "TEAM-001.more.yaml",
            PART.replace("here:", "there:").replace("here.", "there.").replace(", here]", "]"),
            ":2:3: the fact 'there' stands in another file of TEAM-001 already",
        ),
        ("TEAM-001.more.yaml", PART.replace("+ here.", "+ her."), ":3:34: unknown name `her`; did you mean"),
        ("TEAM-001.more.yaml", PART.replace("files.exists", "files.exits"), ":2:10: no probe 'files.exits'; did you"),
        ("TEAM-001.more.yaml", PART.replace("title", "titel"), ":2:51: unknown key 'titel'; did you mean 'title'?"),
    ],
)
def test_what_is_wrong_in_a_file_beside_is_told_with_its_place(folder, file, text, said):
    (folder / file).write_text(text)
    (problem, *_) = told(folder)
    assert problem.startswith(f"team/{file}{said}")


def test_a_changed_file_beside_is_seen_in_what_was_kept(folder, tmp_path, alone):
    part = folder / "TEAM-001.more.yaml"
    part.write_text(PART)
    opened = open_cache(tmp_path / "cache")
    assert opened is not None
    with opened as cache:
        first = stored.load([folder], cache=cache)
        part.write_text(PART.replace("LICENSE", "COPYING"))
        changed = stored.load([folder], cache=cache)
    assert changed.digest != first.digest


def test_facts_that_are_none_are_told_whatever_stands_beside_them(folder):
    check = folder / "TEAM-001.yaml"
    text = check.read_text()
    check.write_text(text.replace(text[text.index("facts:") : text.index("rule:")], "facts: []\n"))
    (folder / "TEAM-001.more.yaml").write_text(PART)
    assert told(folder) == ["team/TEAM-001.yaml:7:8: 'facts' must be a mapping, not a list"]
