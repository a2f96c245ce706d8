"""A week of a team's pipeline: first run, baseline, a new critical finding, a waiver, its end, the fix. On any server, and
as GitLab shows it in its merge requests."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import lay

SERVE = "ALLOWED = []\n\n\ndef serve():\n    return 1\n"
BAD = "DEBUG = True\n" + SERVE
MOVED = "import os\n\n\n\n" + BAD


@pytest.fixture
def week(aiaudit, tmp_path):
    """Runs the pipeline's step on a day; gives what it did and what it left for GitLab."""
    root = lay(
        tmp_path / "project",
        {"README.md": "Owner: Ann\n", "LICENSE": "x\n", "app/serve.py": SERVE, "app/old.py": "x = 1  # TODO later\n"},
    )

    def run(day, *gate, serve=None, config=None):
        if serve:
            (root / "app/serve.py").write_text(serve)
        if config:
            (root / "aiaudit.yaml").write_text(config)
        result, quality = tmp_path / "result.json", tmp_path / "quality.gitlab.json"
        done = aiaudit("run", root, "--as-of", day, *gate, "-o", result, "-o", quality)
        shown = {(issue["check_name"], issue["location"]["path"]): issue for issue in json.loads(quality.read_text())}
        return done, json.loads(result.read_text()), shown

    return run


def test_a_week_in_ci(week, tmp_path):
    # Monday: the first run. Old faults are there; the team fails on new ones only.
    done, monday, shown = week("2026-11-02")
    assert (done.code, monday["baseline"]) == (0, None)
    assert set(shown) == {("SEC-003", "app/old.py")}
    saved = tmp_path / "baseline.json"
    saved.write_text(json.dumps(monday))
    gate = ("--baseline", saved, "--fail-on-new", "high")
    assert week("2026-11-02", *gate)[0].code == 0

    # Tuesday: a new critical finding fails the build, says where, and how to take the risk.
    done, _, shown = week("2026-11-03", *gate, serve=BAD)
    assert done.code == 1
    assert "since 2026-11-02: 1 new, 0 fixed, 2 unchanged findings" in done.err
    assert "new: SEC-001 app/serve.py:1: The switch `DEBUG = True` is on" in done.err
    assert "gate failed: --fail-on-new high" in done.err
    assert (shown["SEC-001", "app/serve.py"]["severity"], shown["SEC-001", "app/serve.py"]["location"]["lines"]) == (
        "blocker",
        {"begin": 1},
    )
    snippet = "waivers:\n" + done.err.partition("waivers:\n")[2]
    assert "id: SEC-001" in snippet and "expires: 2027-02-01" in snippet

    # The snippet as it is accepts nothing: who and why are still to be said.
    done, pasted, shown = week("2026-11-03", *gate, config=snippet)
    assert done.code == 2  # a mistake in the configuration goes before the gate
    assert "aiaudit.yaml:2:5: waivers[1] (SEC-001): reason is still a TODO; say why the risk is taken" in done.err
    assert not pasted["gate"]["passed"] and ("SEC-001", "app/serve.py") in shown

    # Wednesday: the waiver, with a reason, an owner and a last day. The score stays, the accepted one moves.
    said = (
        snippet.replace("TODO why", "a demonstration on Friday")
        .replace("TODO who answers", "Ann")
        .replace("2027-02-01", "2026-11-06")
    )
    done, waived, shown = week("2026-11-04", *gate, config=said)
    assert done.code == 0
    assert set(shown) == {("SEC-003", "app/old.py")}
    assert waived["score"] == pasted["score"] < waived["score_accepted"]
    assert [w["state"] for w in waived["waivers"]] == ["in_force"]

    # Friday, its last day, still counts; the lines have moved meanwhile, and nothing is new for that.
    done, friday, _ = week("2026-11-06", *gate, serve=MOVED)
    assert done.code == 0
    assert [f["fingerprint"] for c in friday["checks"] if c["id"] == "SEC-001" for f in c["findings"]] == [
        f["fingerprint"] for c in waived["checks"] if c["id"] == "SEC-001" for f in c["findings"]
    ]

    # Saturday: it has passed. The finding is back, in the gate and in the merge request, under the same name.
    done, _, again = week("2026-11-07", *gate)
    assert done.code == 1
    assert "warning: aiaudit.yaml: the waiver of SEC-001 expired on 2026-11-06; the finding is back" in done.err
    assert again["SEC-001", "app/serve.py"]["location"]["lines"] == {"begin": 5}

    # Sunday: fixed. The fix is reported against a baseline that has the fault, and the waiver may go.
    saved.write_text(json.dumps(friday))
    done, sunday, shown = week("2026-11-08", *gate, serve=SERVE)
    assert done.code == 0
    assert "since 2026-11-06: 0 new, 1 fixed, 2 unchanged findings" in done.err
    assert "fixed: SEC-001 app/serve.py: The switch" in done.err
    assert "the waiver of SEC-001 is not used: nothing is found; it can go" in done.err
    assert [one["check"] for one in sunday["baseline"]["fixed"]] == ["SEC-001"]
    assert set(shown) == {("SEC-003", "app/old.py")}


def test_a_baseline_of_another_project_is_told(aiaudit, tmp_path):
    ours, theirs = (lay(tmp_path / name, {"README.md": "Owner: Ann\n", "pyproject.toml": f'[project]\nname = "{name}"\n'})
                    for name in ("churn", "fraud"))  # fmt: skip
    before = tmp_path / "before.json"
    assert aiaudit("run", theirs, "-q", "-o", before).code == 0
    for quiet in ((), ("-q",)):
        told = aiaudit("run", ours, "--baseline", before, *quiet).err
        assert "warning: --baseline: the two results name different projects, fraud and churn" in told
        assert "different projects" not in aiaudit("run", theirs, "--baseline", before, *quiet).err
