"""The one way through: the same input gives the same bytes, and only what should move the score does."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from aiaudit import resources
from aiaudit.audit import audit
from aiaudit.reports.json import render
from aiaudit.reports.result import to_json
from aiaudit.ruleset import Options
from tests.cli.conftest import PROJECT, WORLD, lay

DAY = dt.date(2026, 12, 4)


@pytest.fixture(autouse=True)
def small_world(monkeypatch, tmp_path_factory):
    monkeypatch.setattr(resources, "_PACKAGE", WORLD)
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def project(tmp_path) -> Path:
    return lay(tmp_path / "project", {**PROJECT, "LICENSE": "Apache-2.0\n"})


def result(root: Path | None, facts: Path | None = None, **options) -> dict:
    made = audit(str(root) if root else None, Options(**{"as_of": DAY, **options}), facts=str(facts) if facts else None)
    return to_json(made)


def as_bytes(root: Path, **options) -> str:
    return render(result(root, **options)).decode()


def test_the_same_tree_gives_the_same_bytes(project, tmp_path, monkeypatch):
    first = as_bytes(project, jobs=1, cache=False)
    elsewhere = shutil.copytree(project, tmp_path / "deep" / "er" / "another name")
    assert as_bytes(elsewhere, jobs=1) == first  # another folder, cold cache
    assert as_bytes(elsewhere, jobs=2) == first  # warm cache, other jobs
    monkeypatch.chdir(elsewhere)
    assert as_bytes(Path(".")) == first  # noqa: PTH201 (the path as given)
    monkeypatch.chdir("/proc")  # another file system: a machine's disks are no part of a result
    assert as_bytes(elsewhere) == first
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    assert as_bytes(project) == first


def test_the_order_of_files_on_the_disk_does_not_matter(project, tmp_path):
    backwards = lay(tmp_path / "backwards", dict(reversed([*PROJECT.items(), ("LICENSE", "Apache-2.0\n")])))
    assert as_bytes(backwards) == as_bytes(project)


def test_no_path_of_this_machine_is_in_the_result(project):
    text = as_bytes(project)
    assert str(project) not in text
    assert str(project.parent) not in text
    assert str(WORLD.parent) not in text


def test_the_day_is_today_where_none_is_given(project):
    assert result(project, as_of=None)["as_of"] == dt.date.today().isoformat()


@pytest.mark.parametrize(
    "settings",
    [
        "params: {SEC-003: {most: 50}}\n",
        "severity: {SEC-001: low}\n",
        "waivers:\n- {id: SEC-001, reason: r, owner: o, expires: 2030-01-01}\n",
        "packs: [mlops]\n",
        "exclude: ['**']\n",
    ],
)
def test_the_projects_own_settings_never_move_the_score(project, settings):
    plain = result(project)
    lay(project, {"aiaudit.yaml": settings})
    own = result(project)
    same = ("score", "score_low", "score_high", "coverage", "readiness")
    assert [own[key] for key in same] == [plain[key] for key in same]
    if "exclude" not in settings:
        assert own["score_accepted"] > plain["score_accepted"]
    else:
        assert any("asks to leave out **;" in said for said in own["assumptions"])


def test_what_the_caller_passes_moves_the_score(project, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("params: {SEC-003: {most: 50}}\n")
    plain, by_caller = result(project), result(project, config=str(mine))
    assert by_caller["score"] > plain["score"]
    assert by_caller["score"] == by_caller["score_accepted"]
    assert by_caller["relaxations"] == [
        {"check": "SEC-003", "name": "most", "shipped": 0, "used": 50, "relaxes": True, "by": "caller"}
    ]


def test_the_callers_file_replaces_the_projects(project, tmp_path):
    lay(project, {"aiaudit.yaml": "project: {stage: production}\n"})
    mine = tmp_path / "mine.yaml"
    mine.write_text("project: {stage: pilot}\nexclude: [app/train.py]\n")
    made = result(project, config=str(mine))
    assert made["project"]["stage"] == "pilot"
    assert {"path": "app/train.py", "reason": "excluded by configuration"} in made["skipped"]["paths"]
    assert result(project)["project"]["stage"] == "production"
    assert result(project, project_config=False)["project"]["stage"] is None
    assert result(project, stage="scale")["project"]["stage"] == "scale"


def test_own_settings_are_shown_check_by_check(project):
    lay(project, {"aiaudit.yaml": "params: {SEC-003: {most: 50}}\nseverity: {SEC-004: high}\n"})
    made = result(project)
    checks = {c["id"]: c for c in made["checks"]}
    assert (checks["SEC-003"]["status"], checks["SEC-003"]["accepted"]["status"]) == ("fail", "pass")
    assert (checks["SEC-004"]["severity"], checks["SEC-004"]["accepted"]["severity"]) == ("low", "high")
    assert checks["SEC-001"]["accepted"] is None
    assert [(r["check"], r["name"], r["relaxes"]) for r in made["relaxations"]] == [
        ("SEC-003", "most", True),
        ("SEC-004", "severity", False),
    ]


def test_a_waiver_is_a_mark_and_expires(project):
    lay(project, {"aiaudit.yaml": "waivers:\n- {id: SEC-001, reason: r, owner: o, expires: 2026-12-04}\n"})
    for day, state, code in ((DAY, "in_force", False), (DAY + dt.timedelta(1), "expired", True)):
        made = result(project, as_of=day)
        check = next(c for c in made["checks"] if c["id"] == "SEC-001")
        assert check["status"] == "fail"
        assert check["waiver"]["expired"] is code
        assert made["waivers"][0]["state"] == state
        assert (made["score_accepted"] == made["score"]) is code


def test_an_empty_folder_has_no_score(tmp_path):
    for files in ({}, {"aiaudit.yaml": "project: {name: x}\n"}, {".git/HEAD": "ref: refs/heads/main\n"}):
        folder = lay(tmp_path / str(len(files)) / str(list(files)), files)
        folder.mkdir(parents=True, exist_ok=True)
        made = result(folder)
        assert (made["score"], made["score_accepted"], made["readiness"], made["next_level"]) == (None,) * 4
        assert (made["score_low"], made["score_high"], made["coverage"]) == (0.0, 100.0, 0.0)
        assert {c["status"] for c in made["checks"]} == {"unknown"}
        assert made["actions"] == []


def test_facts_judged_elsewhere_give_the_same_result(project, tmp_path):
    lay(project, {"aiaudit.yaml": "project: {stage: pilot}\nparams: {SEC-003: {most: 50}}\n"})
    made = audit(str(project), Options(as_of=DAY))
    file = tmp_path / "facts.json"
    file.write_bytes(made.collection.saved())
    shutil.rmtree(project)
    assert render(result(None, facts=file, as_of=None)) == render(to_json(made))


def test_saved_facts_know_their_day_and_their_queries(project, tmp_path):
    file = tmp_path / "facts.json"
    file.write_bytes(audit(str(project), Options(as_of=DAY, packs=("mlops",))).collection.saved())
    with pytest.raises(Exception, match="the facts are of 2026-12-04"):
        result(None, facts=file, as_of=DAY + dt.timedelta(1))
    # a pack whose facts were not collected is not judged on their absence
    made = result(None, facts=file)
    status = {c["id"]: (c["status"], c["reason"]) for c in made["checks"]}
    assert status["OPS-001"][0] == "pass"
    assert status["SEC-004"][0] == "unknown"
    assert "Not among the saved facts" in status["SEC-004"][1]
    # the same id asked otherwise is another fact
    data = json.loads(file.read_text())
    data["facts"]["mlops.OPS-001.readme" if "mlops.OPS-001.readme" in data["facts"] else next(iter(data["facts"]))][
        "query"
    ] = "0"
    file.write_text(json.dumps(data))
    assert any("Not among the saved facts" in c["reason"] for c in result(None, facts=file, packs=("mlops",))["checks"])


def test_unknown_places_in_values_survive_the_file(tmp_path):
    from aiaudit.facts_file import fact_of
    from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
    from aiaudit.model.fact_json import fact_json
    from aiaudit.model.types import Unknown

    fact = Fact(
        "x.y",
        State.KNOWN,
        [{"path": "a.py", "line": 3, "limit": Unknown("an expression")}],
        Level.WIRED,
        evidence=(Evidence("a.py", 3, "here"),),
        scope=Scope(3, 2, ("b.py",)),
        reason="one file is too large",
    )
    data = json.loads(json.dumps(fact_json(fact)))
    assert data["value"][0]["limit"] == {"$unknown": "an expression"}
    assert fact_of("x.y", data) == fact


def test_flags_and_shared_facts_are_always_there(project):
    made = result(project, packs=("mlops",))
    assert made["project"]["flags"] == {"has_readme": True, "serves": True}
    assert made["facts"]["flag.serves"]["state"] == "known"


def test_long_lists_are_cut_in_the_result_and_whole_in_the_saved_facts(tmp_path):
    many = lay(tmp_path / "many", {f"app/m{n:04}.py": "# TODO\n" for n in range(600)})
    made = audit(str(many), Options(as_of=DAY))
    fact_id, fact = next((i, f) for i, f in to_json(made)["facts"].items() if f.get("items"))
    assert (len(fact["value"]), fact["items"]) == (500, 600)
    assert len(json.loads(made.collection.saved())["facts"][fact_id]["value"]) == 600


def test_a_readable_file_that_nobody_may_read(tmp_path, monkeypatch):
    from aiaudit.project.tree import Project, Unreadable

    folder = lay(tmp_path / "locked", {"a.py": "x = 1\n"})

    def refuse(self, path, size):
        raise Unreadable("permission denied")

    monkeypatch.setattr(Project, "head", refuse)
    assert result(folder)["score"] is None


def test_what_could_not_be_read_is_told_with_its_reason(project):
    lay(project, {"app/huge.py": "x = 1\n" * 600_000})
    (project / "app" / "loop.py").symlink_to("loop.py")
    skipped = result(project)["skipped"]
    assert {"path": "app/huge.py", "reason": "too large: only its head was read"} in skipped["paths"]
    assert skipped["files"] == sum(skipped["reasons"].values()) == len(skipped["paths"])


def test_the_commit_that_is_checked_out_is_named(project):
    import subprocess

    def git(*args: str) -> str:
        command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", *args]
        return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout.strip()

    assert result(project)["project"]["commit"] is None
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    assert result(project)["project"]["commit"] == git("rev-parse", "HEAD")


def test_the_packs_of_the_callers_file_are_those_judged(project, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("packs: [mlops]\n")
    assert {c["pack"] for c in result(project, config=str(mine))["checks"]} == {"mlops"}
    made = result(project, config=str(mine), packs=("security",))
    assert {c["pack"] for c in made["checks"]} == {"security"}
    assert made["score_accepted"] == made["score"]


def test_a_profile_is_the_callers_doing(project):
    lay(project, {"aiaudit.yaml": "severity: {SEC-004: high}\n"})
    made = result(project, profile="library")
    assert [(r["check"], r["by"]) for r in made["relaxations"]] == [("SEC-003", "caller"), ("SEC-004", "project")]


def test_one_wrong_waiver_does_not_take_the_others_with_it(project):
    good = "{id: SEC-003, reason: r, owner: o, expires: 2030-01-01}"
    lay(project, {"aiaudit.yaml": f"waivers:\n- {{id: SEC-001, reason: r, owner: o}}\n- {good}\n"})
    made = result(project)
    assert [w["id"] for w in made["waivers"]] == ["SEC-003"]
    (problem,) = made["problems"]
    assert problem.startswith("aiaudit.yaml:2:3: waivers[1] (SEC-001): expires is missing")
    assert problem.endswith("(the waiver was left out)")
