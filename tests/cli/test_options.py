"""Options: their environment twins, outputs and formats, gates from the project file."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import jsonschema
import pytest
import typer

from aiaudit.cli.app import application
from aiaudit.reports.schema import json_schema
from tests.cli.conftest import lay

DAY = ("--as-of", "2026-12-04")


def commands(group, path=("aiaudit",)):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


OWN_TWIN = {  # the same flag of `run` means something else, and a pipeline may have set its twin
    ("report", "--history"): "AIAUDIT_REPORT_HISTORY",
    ("plan", "--format"): "AIAUDIT_PLAN_FORMAT",
    ("new", "--pack"): "AIAUDIT_NEW_PACK",
}
ALL = dict(commands(typer.main.get_command(application())))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_has_a_twin_in_the_environment(path):
    for parameter in ALL[path].params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            long = next(flag for flag in parameter.opts if flag.startswith("--"))
            twin = "AIAUDIT_" + long.removeprefix("--").replace("-", "_").upper()
            assert parameter.envvar == OWN_TWIN.get((path[-1], long), twin)


def test_the_commands_are_those_that_do_something():
    assert {" ".join(path[1:]) for path in ALL} >= {
        "run", "report", "explain", "hardware", "doctor",
        "checks list", "checks lint", "checks test", "checks try", "checks schema",
    }  # fmt: skip


def test_a_misspelt_variable_is_told_and_others_are_left_alone(aiaudit, project, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # where the folder of the cache is made, which is called 1 then
    for name in ("AIAUDIT_FAIL_UNDR", "AIAUDIT_OF_SOMEBODY_ELSE", "AIAUDIT_CACHE_DIR", "AIAUDIT_LABEL"):
        monkeypatch.setenv(name, "1")
    done = aiaudit("run", project, "-q")
    assert (done.code, done.err.splitlines()) == (
        0,
        ["aiaudit: warning: AIAUDIT_FAIL_UNDR of the environment does nothing; did you mean 'AIAUDIT_FAIL_UNDER'?"],
    )


def test_the_environment_is_used(aiaudit, project, monkeypatch, tmp_path):
    monkeypatch.setenv("AIAUDIT_FAIL_UNDER", "99 mlops=80")
    monkeypatch.setenv("AIAUDIT_QUIET", "1")
    monkeypatch.setenv("AIAUDIT_OUTPUT", str(tmp_path / "r.json"))
    monkeypatch.setenv("AIAUDIT_AS_OF", "2026-12-04")
    done = aiaudit("run", project)
    assert (done.code, done.out) == (1, "")
    result = json.loads((tmp_path / "r.json").read_text())
    assert result["as_of"] == "2026-12-04"
    assert [(r["rule"], r["passed"]) for r in result["gate"]["rules"]][:2] == [
        ("--fail-under 99", False),
        ("--fail-under mlops=80", True),
    ]


def test_version(aiaudit):
    assert aiaudit("--version").out.startswith("aiaudit 0.")


def test_version_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "aiaudit", "--version"], capture_output=True, text=True, check=True
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"typer", "rich", "pydantic", "yaml", "jinja2", "psutil", "re2", "dataclasses"}


def test_help_imports_nothing_that_only_an_audit_needs():
    script = (
        "import sys; from aiaudit.cli.app import run; run(['run', '--help']); "
        "print(sorted({'rich', 'yaml', 'jinja2', 'psutil', 're2'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_stdout_carries_the_report_alone(aiaudit, project):
    done = aiaudit("run", project, *DAY, "-o", "-", "--format", "json")
    result = json.loads(done.out)
    assert result["project"]["name"] == "small-model"
    assert "of the evidence seen" in done.err


def test_format_alone_means_stdout(aiaudit, project):
    assert json.loads(aiaudit("run", project, "--format", "json", "--quiet").out)["schema_version"] == 1


def test_quiet_says_nothing_but_trouble(aiaudit, project):
    done = aiaudit("run", project, "-q")
    assert (done.out, done.err) == ("", "")
    assert "gate failed" in aiaudit("run", project, "-q", "--fail-under", "99").err


def test_quiet_still_says_where_the_gate_failed(aiaudit, project):
    done = aiaudit("run", project, "-q", "--fail-on", "SEC-001")
    gate, place = done.err.splitlines()
    assert (done.code, done.out) == (1, "")
    assert gate.startswith("aiaudit: gate failed: --fail-on SEC-001")
    assert place == "aiaudit: SEC-001 app/serve.py:1: The switch `DEBUG = True` is on"


def test_several_outputs_and_a_report_made_again(aiaudit, project, tmp_path):
    first, again = tmp_path / "r.json", tmp_path / "again.json"
    summary = aiaudit("run", project, *DAY, "-o", first).out
    assert aiaudit("report", first).out == summary
    assert aiaudit("report", first, "-o", again).code == 0
    assert again.read_bytes() == first.read_bytes()


def test_a_brand_replaces_the_saved_one(aiaudit, project, tmp_path):
    first, brand = tmp_path / "r.json", tmp_path / "brand.yaml"
    aiaudit("run", project, "-o", first, "-q")
    brand.write_text("author: Example Consulting\n")
    done = aiaudit("report", first, "--brand", brand, "-o", "-")
    assert json.loads(done.out)["brand"] == {"author": "Example Consulting"}
    brand.write_text("[1]")
    assert "must be a mapping" in aiaudit("report", first, "--brand", brand, "-o", "-").err


def test_an_old_result_without_newer_fields_can_be_shown(aiaudit, project, tmp_path):
    file = tmp_path / "r.json"
    aiaudit("run", project, *DAY, "-o", file, "-q")
    result = json.loads(file.read_text())
    for key in ("levels", "actions", "quick_wins", "host", "readiness_shipped", "skipped"):
        del result[key]
    file.write_text(json.dumps({**result, "of_a_later_version": 1}))
    assert "29 (29–37)" in aiaudit("report", file).out


def test_an_output_keeps_the_mode_of_the_file_it_replaces(aiaudit, project, tmp_path):
    file = tmp_path / "r.json"
    file.write_text("")
    file.chmod(0o640)
    aiaudit("run", project, "-o", file, "-q")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_an_output_that_is_no_regular_file(aiaudit, project):
    link = project.parent / "null.json"
    link.symlink_to(os.devnull)
    assert aiaudit("run", project, "-o", link, "-q").code == 0
    assert link.is_symlink()


@pytest.mark.parametrize("name", ["report.md", "reports/report.md"])
def test_a_link_of_the_project_leads_no_output_out_of_it(aiaudit, project, tmp_path, name):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "report.md").write_text("precious\n")
    link = project / name.partition("/")[0]
    link.symlink_to(outside if "/" in name else outside / "report.md")
    done = aiaudit("run", project, "-o", project / name, "-q")
    assert done.code == 2
    assert "a link of the project leads to" in done.err
    assert (outside / "report.md").read_text() == "precious\n"
    link.unlink()
    (project / "report.md").hardlink_to(outside / "report.md")
    assert aiaudit("run", project, "-o", project / "report.md", "-q").code == 0
    assert (outside / "report.md").read_text() == "precious\n"


def test_the_result_matches_its_shipped_schema(aiaudit, project, tmp_path):
    lay(project, {"aiaudit.yaml": "waivers:\n- {id: SEC-001, reason: x, owner: Ann, expires: 2027-01-01}\n"})
    for folder in (project, tmp_path / "empty"):
        folder.mkdir(exist_ok=True)
        result = json.loads(aiaudit("run", folder, "-o", "-", "-q", "--timings", "--fail-under", "50").out)
        jsonschema.Draft202012Validator(json_schema()).validate(result)
        assert set(result["timings"]) == {"packs", "facts", "rules", "score"}


@pytest.mark.parametrize("args", [(), ("--check",), ("--result",), ("--config-file",), ("--attestations",)])
def test_schemas_are_valid_schemas(aiaudit, args):
    jsonschema.Draft202012Validator.check_schema(json.loads(aiaudit("checks", "schema", *args).out))


def test_the_gate_of_the_project_file_holds_where_the_command_line_asks_none(aiaudit, project):
    lay(project, {"aiaudit.yaml": "gate: {fail_under: 90, fail_on: [SEC-001]}\n"})
    done = aiaudit("run", project, "-q")
    assert done.code == 1
    assert "--fail-on SEC-001" in done.err
    assert aiaudit("run", project, "-q", "--fail-under", "1").code == 0
    assert aiaudit("run", project, "-q", "--no-project-config").code == 0


def test_an_audit_does_not_read_its_own_reports(aiaudit, project):
    def once():
        return aiaudit("run", project, *DAY, "-o", project / "r.json", "--facts-out", project / "f.json", "-q").code

    assert once() == 0
    first = (project / "r.json").read_bytes()
    assert once() == 0
    assert (project / "r.json").read_bytes() == first


def test_fail_on_new_against_an_earlier_result(aiaudit, project, tmp_path):
    old = tmp_path / "old.json"
    aiaudit("run", project, *DAY, "-o", old, "-q")
    gate = ("--baseline", old, "--fail-on-new", "low", "-q")
    assert aiaudit("run", project, *gate).code == 0
    lay(project, {"app/serve.py": "\n\n\nDEBUG = True\n\n\ndef serve():\n    return 1  # TODO tidy\n"})
    assert aiaudit("run", project, *gate).code == 0  # what moved is not new
    lay(project, {"app/other.py": "DEBUG = True\n"})
    done = aiaudit("run", project, *gate)
    assert done.code == 1
    assert "1 new since 2026-12-04 (fix or waive SEC-001)" in done.err


def test_packs_and_profiles(aiaudit, project):
    def judged(*args):
        return {c["pack"] for c in json.loads(aiaudit("run", project, "-o", "-", "-q", *args).out)["checks"]}

    assert judged() == {"security", "mlops"}
    assert judged("--pack", "mlops") == {"mlops"}
    assert judged("--profile", "library") == {"security"}
    assert judged("--profile", "all") == {"security", "mlops"}


def test_a_profile_sets_parameters(aiaudit, project):
    result = json.loads(aiaudit("run", project, "-o", "-", "-q", "--profile", "library").out)
    check = next(c for c in result["checks"] if c["id"] == "SEC-003")
    assert (check["params"], check["status"]) == ({"most": 3}, "pass")


def test_a_pack_of_the_callers(aiaudit, project, tmp_path):
    pack = tmp_path / "mine.yaml"
    check = (
        "{id: MY-001, title: It is there, severity: low, kind: automatic, min_level: E1, why: w, remediation: r,"
        " facts: {f: {probe: files.exists, files: [README.md]}}, rule: {pass: f.size() > 0, fail: otherwise}}"
    )
    pack.write_text(f"schema: 1\npack: mine\ntitle: Mine\nchecks:\n- {check}\n")
    only = json.loads(aiaudit("run", project, "-o", "-", "-q", "--pack", pack).out)
    assert [(c["id"], c["status"]) for c in only["checks"]] == [("MY-001", "pass")]
    both = json.loads(aiaudit("run", project, "-o", "-", "-q", "--pack", "all", "--pack", pack).out)
    assert len(both["checks"]) == 9
    assert "MY-001" in aiaudit("checks", "list", "--pack", pack).out
    assert "It is there" in aiaudit("explain", "MY-001", "--pack", pack).out


def test_no_pack_is_loaded_from_the_audited_project(aiaudit, project):
    lay(
        project,
        {"checks/evil.yaml": "schema: 1\npack: evil\ntitle: x\nchecks: []\n", "aiaudit.yaml": "packs: [evil]\n"},
    )
    done = aiaudit("run", project, "-q")
    assert "no pack 'evil'" in done.err


def test_hardware_as_words_and_as_json(aiaudit):
    assert "usable of" in aiaudit("hardware").out
    assert json.loads(aiaudit("hardware", "--json").out)["cpu"]["architecture"]


def test_doctor_finds_this_installation_in_order(aiaudit):
    done = aiaudit("doctor")
    assert "8 checks in 2 packs" in done.out
    assert done.code == (2 if "bad " in done.out else 0)


def test_checks_test_runs_cases(aiaudit, tmp_path):
    from tests.cli.conftest import WORLD

    pack = WORLD.parent / "checks" / "mlops.yaml"
    cases = lay(
        tmp_path / "cases",
        {
            "OPS-003/pass/expect.yaml": "status: pass\n",
            "OPS-003/pass/tests/test_a.py": "x = 1\n",
            "OPS-003/fail/expect.yaml": "status: pass\n",
            "OPS-003/fail/a.py": "x = 1\n",
        },
    )
    done = aiaudit("checks", "test", pack, "--cases", cases)
    assert done.code == 1
    assert "FAIL OPS-003/fail" in done.out
    assert "FAIL OPS-003/pass\n" not in done.out
    assert "OPS-001 has no case 'pass'" in done.out


def test_checks_lint_names_the_place(aiaudit):
    from tests.cli.conftest import WORLD

    pack = WORLD.parent / "checks" / "mlops.yaml"
    done = aiaudit("checks", "lint", pack)
    assert done.code == 1
    assert f"{pack}:5:3: OPS-001: `risk` is missing" in done.out
    assert done.out.splitlines()[-1].endswith(" faults")


def test_checks_try_answers_one_query(aiaudit, project):
    done = aiaudit("checks", "try", "probe: text.search, any: [TODO], comments: true", project)
    fact = json.loads(done.out)
    assert fact["query"]["probe"] == "text.search"
    assert [(e["path"], e["line"]) for e in fact["value"]] == [("app/serve.py", 5), ("app/train.py", 1)]
    wrong = aiaudit("checks", "try", "probe: text.serch", project)
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean 'text.search'?" in wrong.err


def test_colour_is_for_terminals_and_can_be_forced_or_refused(aiaudit, project, monkeypatch):
    assert "\x1b" not in aiaudit("run", project).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in aiaudit("run", project).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in aiaudit("run", project).out


def test_the_width_of_the_terminal_is_used(aiaudit, project, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, aiaudit("run", project).out.splitlines())) <= 60


def test_progress_is_shown_on_a_terminal_only(monkeypatch):
    import io

    from aiaudit.cli.output import Progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, wanted, shows in ((Terminal(), True, True), (Terminal(), False, False), (io.StringIO(), True, False)):
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stderr", stream)
            progress = Progress(wanted)
            progress(1200, 3400)
            progress.clear()
        assert ("reading 1,200 of 3,400 files" in stream.getvalue()) is shows
        assert stream.getvalue().endswith("\r\x1b[K") is shows


def test_who_looks_on_is_told_what_was_written(monkeypatch):
    import io

    from aiaudit.cli.output import wrote

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, paths, said in (
        (Terminal(), ["r.html", "r.md"], "aiaudit: wrote r.html, r.md\n"), (Terminal(), [], ""), (io.StringIO(), ["r.md"], ""),
    ):  # fmt: skip
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stderr", stream)
            wrote(paths)
        assert stream.getvalue() == said


def test_a_linked_folder_is_audited(aiaudit, project, tmp_path):
    (tmp_path / "link").symlink_to(project)
    result = json.loads(aiaudit("run", tmp_path / "link", "-o", "-", "-q").out)
    assert result["project"]["name"] == "small-model"


def test_the_stage_given_is_the_stage_told(aiaudit, project):
    result = json.loads(aiaudit("run", project, "-o", "-", "-q", "--stage", "scale").out)
    assert (result["project"]["stage"], result["project"]["declared"]) == ("scale", {"stage": "scale"})


def test_no_arguments_show_the_help(aiaudit):
    done = aiaudit()
    assert done.code == 0
    assert done.out.startswith("Usage: aiaudit")


def test_a_run_with_a_baseline_holds_what_changed(aiaudit, project, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    aiaudit("run", project, *DAY, "-q", "-o", first)
    (project / "app/serve.py").write_text("def serve():\n    return 1\n")
    aiaudit("run", project, "--as-of", "2026-12-05", "-q", "--baseline", first, "-o", second)
    before, after = json.loads(first.read_text()), json.loads(second.read_text())
    changes = after["comparison"]
    assert "comparison" not in before
    assert (changes["before"]["as_of"], changes["after"]["as_of"]) == ("2026-12-04", "2026-12-05")
    moved = {check["id"] for check in before["checks"]} - {
        check["id"]
        for check in after["checks"]
        if check["status"] == next(c["status"] for c in before["checks"] if c["id"] == check["id"])
    }
    told = {
        one["id"]
        for key in ("new", "fixed", "improved", "regressed", "unseen", "seen", "applies")
        for one in changes[key]
    }
    assert moved and told == moved


def test_a_project_has_one_name(aiaudit, tmp_path):
    """`--name` names it in every output; without any name it is unnamed in all that is made of the result."""
    root = lay(tmp_path / "folder", {"app.py": "x = 1\n"})
    named, bare, facts = tmp_path / "named.json", tmp_path / "bare.json", tmp_path / "facts.json"
    assert aiaudit("run", root, "--name", "Churn", "-o", named, "--facts-out", facts).out.startswith("Churn  ")
    assert json.loads(named.read_text())["project"]["name"] == "Churn"
    assert aiaudit("run", root, "-o", bare).out.startswith("folder  ")
    assert json.loads(bare.read_text())["project"]["name"] is None
    assert aiaudit("report", bare).out.startswith("Unnamed project  ")
    assert aiaudit("report", bare, "--format", "md").out.splitlines()[2].startswith("Unnamed project")
    page = tmp_path / "c.html"
    assert aiaudit("compare", bare, bare, "-o", page).code == 0
    assert "<title>Two audits compared</title>" in page.read_text()
    assert aiaudit("run", "--facts", facts, "--name", "Fraud").out.startswith("Fraud  ")
    assert aiaudit("run", root, "--facts-out", facts).code == 0
    assert "the project has no name; give it one: `aiaudit run --name`" in aiaudit("run", "--facts", facts).err
    assert "has no name" not in aiaudit("run", "--facts", facts, "--name", "Fraud").err


def test_counted_words_agree(aiaudit, tmp_path):
    from tests.cli.test_mistakes import GOOD, PACK

    pack = tmp_path / "team.yaml"
    pack.write_text(PACK.format(**GOOD))
    told = aiaudit("checks", "list", "--pack", pack).out
    assert "Ours (team): 1 check\n" in told and "\n1 check in 1 pack; ruleset" in told


def test_a_level_and_a_severity_may_be_written_in_capitals(aiaudit, project, tmp_path):
    done = aiaudit(
        "run", project, "--level", "Pilot", "--stage", "PILOT", "--fail-on", "Critical", "-o", tmp_path / "r.json"
    )
    gate = json.loads((tmp_path / "r.json").read_text())["gate"]
    assert done.code == 1 and {rule["rule"] for rule in gate["rules"]} == {"--level pilot", "--fail-on critical"}
