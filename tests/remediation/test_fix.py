"""`aiaudit fix`: what is begun comes from facts, shows what is missing as TODO, and passes no check as it is."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml

from aiaudit.cli.app import run
from aiaudit.remediation.configuration import lock
from aiaudit.remediation.scaffold import Project, Scaffold, ScaffoldError, build, catalogue, plain

CARD, SHEET, VALUE, RISKS = "GOV-006", "DATA-010", "ORG-005", "GOV-005"
FILES = {
    "pyproject.toml": '[project]\nname = "small-model"\nversion = "1"\ndependencies = ["scikit-learn"]\n',
    "aiaudit.yaml": "project: {name: Small model, stage: pilot, owner: 'Ann Lee, ann@shop.example'}\n",
    "data/train.csv": "age,label\n" + "".join(f"{20 + n % 40},{n % 2}\n" for n in range(60)),
    "train.py": (
        "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n\n"
        "rows = pd.read_csv('data/train.csv')\nmodel = LogisticRegression().fit(rows[['age']], rows['label'])\n"
    ),
    "reports/evaluation.json": '{"accuracy": 0.871, "cases": 200, "date": "2026-10-01"}\n',
    "tests/test_train.py": "def test_one():\n    assert 1 + 1 == 2\n",
    "Dockerfile": "FROM python:3.12.8-slim\nCOPY . .\nEXPOSE 8000\nCMD [\"python\", \"train.py\"]\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A project, its audit, everything that can be begun in it, and the audit after that was written."""
    root = tmp_path_factory.mktemp("small")
    for path, text in FILES.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)

    def result():
        assert run(["run", str(root), "--as-of", "2026-11-02", "-q", "-o", str(root.parent / "fix.json")]) == 0
        return json.loads((root.parent / "fix.json").read_text())

    before = result()
    project = Project(before, frozenset(FILES), lambda path: (root / path).read_text())
    made = {name: build(name, project) for name in catalogue()}
    for one in made.values():
        one.write(root)
    return root, before, made, result()


def status(result, check):
    return next(c["status"] for c in result["checks"] if c["id"] == check)


@pytest.mark.parametrize("check", [CARD, SHEET, VALUE, RISKS, "SEC-020"])
def test_a_scaffold_as_it_is_passes_nothing(world, check):
    _, before, _, after = world
    assert status(before, check) in ("fail", "unknown")
    assert status(after, check) == "fail"


def test_the_model_card_holds_the_measured_figures_and_no_others(world):
    text = world[2]["model-card"].new["MODEL_CARD.md"]
    assert "| accuracy | 0.871 | 200 | 2026-10-01 | reports/evaluation.json |" in text
    assert "Ann Lee, ann@shop.example" in text
    assert "## Limitations\nTODO" in text


def test_the_datasheet_holds_the_measured_columns(world):
    text = world[2]["datasheet"].new["docs/datasheet.md"]
    assert "60 rows, measured on 2026-11-02." in text
    assert "| age | integer | 0.0 % | 40 |  |" in text
    assert "data/train.csv: TODO: from where" in text


def test_the_register_begins_with_the_serious_failures_and_judges_none(world):
    _, before, made, _ = world
    text = made["risk-register"].new["docs/risk-register.md"]
    failed = [c["id"] for c in before["checks"] if c["status"] == "fail" and c["severity"] in ("critical", "high")]
    assert failed and all(f"open, from {check}" in text for check in failed)
    assert text.count("| TODO | TODO | TODO |") == len(failed) + 1


def test_configurations_are_valid_and_run_what_is_there(world):
    made = world[2]
    workflow = yaml.safe_load(made["ci"].new[".github/workflows/ci.yml"])
    steps = workflow["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [
        "python -m pip install -e . pytest",
        "python -m pytest -q",
    ]
    hooks = yaml.safe_load(made["pre-commit"].new[".pre-commit-config.yaml"])["repos"][0]["hooks"]
    assert {"aiaudit-secrets", "aiaudit-waivers", "pytest"} == {hook["id"] for hook in hooks}
    assert made["lock"].commands == ("pip-compile --generate-hashes -o requirements.lock pyproject.toml",)
    assert "TODO: an address that is read" in made["security-policy"].new["SECURITY.md"]


def test_the_patch_for_a_dockerfile_applies_and_mends_it(world, tmp_path):
    root, before, made, _ = world
    assert status(before, "SEC-011") == "fail"
    assert (root / "Dockerfile").read_text() == FILES["Dockerfile"]  # --write left it alone
    (tmp_path / "Dockerfile").write_text(FILES["Dockerfile"])
    subprocess.run(["git", "apply", "-"], input=made["docker-user"].patch(), text=True, cwd=tmp_path, check=True)
    assert (tmp_path / "Dockerfile").read_text().endswith('EXPOSE 8000\nUSER 10001:10001\nCMD ["python", "train.py"]\n')
    assert (
        run(
            [
                "run",
                str(tmp_path),
                "-q",
                "--pack",
                "security",
                "-o",
                str(tmp_path.parent / "d.json"),
                "--as-of",
                "2026-11-02",
            ]
        )
        == 0
    )
    assert status(json.loads((tmp_path.parent / "d.json").read_text()), "SEC-011") == "pass"


def test_nothing_is_overwritten_and_no_link_is_followed(tmp_path):
    (tmp_path / "SECURITY.md").write_text("ours")
    with pytest.raises(ScaffoldError, match="is there already and stays as it is"):
        Scaffold({"SECURITY.md": "new"}).write(tmp_path)
    assert (tmp_path / "SECURITY.md").read_text() == "ours"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "docs").symlink_to(tmp_path)
    with pytest.raises(ScaffoldError, match="docs is a link or no folder"):
        Scaffold({"docs/value.md": "new"}).write(tmp_path / "in")
    assert not (tmp_path / "value.md").exists()


def test_a_new_file_is_a_patch_that_git_applies(tmp_path):
    subprocess.run(
        ["git", "apply", "-"], input=Scaffold({"docs/a.md": "one\ntwo\n"}).patch(), text=True, cwd=tmp_path, check=True
    )
    assert (tmp_path / "docs/a.md").read_text() == "one\ntwo\n"


def test_texts_of_the_project_are_plain_in_a_document():
    assert plain("a|b\n<script>[x](y)`\x1b[31m") == "a\\|b &lt;script>\\[x\\](y)'\\[U+001B\\]\\[31m"


def test_a_job_installs_by_the_usual_manifest_and_brings_pytest():
    rows = [
        {"path": path, "primary": True, "ecosystem": "pypi", "hashed": hashed}
        for path, hashed in (("requirements-airflow.txt", False), ("requirements.txt", False), ("app/setup.py", False))
    ]
    facts = {"delivery.tests": {"value": [{"path": "tests/test_a.py"}]}, "delivery.manifests": {"value": rows}}
    for some, install in (
        (rows, "pip install -r requirements.txt pytest"),
        (rows[2:], "pip install -e . pytest"),
        ([rows[0] | {"hashed": True}], "pip install --require-hashes -r requirements-airflow.txt"),
        ([], "pip install pytest   # TODO what the tests need"),
    ):
        facts["delivery.manifests"]["value"] = some
        result = {
            "facts": {name: {"state": "known", **fact} for name, fact in facts.items()},
            "project": {},
            "as_of": "",
        }
        (made,) = build("ci", Project(result, frozenset(), str)).new.values()
        assert f"      - run: python -m {install}\n" in made


def test_no_figures_no_word_of_figures(tmp_path, capsys):
    (tmp_path / "train.py").write_text("import sklearn\n")
    assert run(["fix", "model-card", str(tmp_path), "--as-of", "2026-11-02"]) == 0
    assert "figures were copied" not in capsys.readouterr().err


def test_what_cannot_be_made_honestly_is_told(capsys, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    assert run(["fix", "GOV-003", str(tmp_path)]) == 2
    assert "GOV-003: nothing can be generated honestly for it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("dockerfile", "ports"),
    [
        ("EXPOSE 80/tcp 8080\n", ["80"]),
        ('CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "80"]\n', ["80"]),
        ("CMD gunicorn -b 0.0.0.0:443 app:app\n", ["443"]),
        ('EXPOSE 8000\nCMD ["uvicorn", "app:app", "--port", "8000"]\n', []),
    ],
)
def test_an_ordinary_user_may_not_open_low_ports_and_that_is_said(tmp_path, capsys, dockerfile, ports):
    (tmp_path / "app.py").write_text("x = 1\n")
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.12.8-slim\nCOPY . .\n{dockerfile}")
    assert run(["fix", "docker-user", str(tmp_path)]) == 0
    said = capsys.readouterr().err
    assert re.findall(r"listens on port (\d+)", said) == ports


def test_the_policy_is_begun_by_the_id_of_its_check(tmp_path, capsys):
    (tmp_path / "app.py").write_text("x = 1\n")
    assert run(["fix", "sec-20", str(tmp_path)]) == 0
    assert "+++ b/SECURITY.md" in capsys.readouterr().out


def _project(facts, texts=None):
    """A project with these values of facts and these files."""
    result = {
        "facts": {name: {"state": "known", "value": value} for name, value in facts.items()},
        "project": {"name": "x", "declared": {}},
        "as_of": "2026-11-02",
    }
    return Project(result, frozenset(texts or ()), (texts or {}).__getitem__)


def test_no_user_is_put_into_an_instruction_that_goes_on():
    text = (
        "FROM python:3.12-slim\nHEALTHCHECK --interval=30s \\\n    # asks itself\n    CMD curl -f http://127.0.0.1/ \\\n"
        '      || exit 1\n\nCMD ["python", "a.py"]\n'
    )
    made = build(
        "docker-user", _project({"delivery.images": [{"path": "Dockerfile", "root": True}]}, {"Dockerfile": text})
    )
    assert made.changed["Dockerfile"][1] == text.replace('CMD ["python"', 'USER 10001:10001\nCMD ["python"')


def test_no_second_job_where_one_runs_the_tests():
    step = {"ci_path": ".github/workflows/ci.yml", "ci_line": 48, "on_change": True, "runs": True}
    facts = {"delivery.tests": [{"path": "tests/test_a.py"}], "delivery.test_commands": [step]}
    with pytest.raises(ScaffoldError, match=r"ci\.yml:48 runs tests on every change already"):
        build("ci", _project(facts))
    facts["delivery.test_commands"] = [step | {"on_change": False}]
    assert build("ci", _project(facts)).new


def test_the_card_takes_the_figures_that_stand_beside_a_model():
    kept = json.dumps({"metrics": {"test_roc_auc": 0.79, "ok": True, "note": "good"}, "params": {"depth": 3}})
    files = {"models/model_info.json": kept, "tests/model_info.json": "{", "models/features.json": kept}
    (card,) = build("model-card", _project({"flag.trains": True}, files)).new.values()
    assert "| test_roc_auc | 0.79 |  | no date | models/model_info.json |" in card
    assert card.count("0.79") == 1 and "depth" not in card and "good" not in card


def test_data_of_a_project_that_trains_nothing_is_not_called_training_data():
    facts = {"bom.data": [{"name": "passages.csv"}], "bom.models": [{"name": "gemini-2.5-flash"}]}
    (card,) = build("model-card", _project(facts | {"flag.trains": False})).new.values()
    assert "No training was found here. Models that are used: gemini-2.5-flash." in card
    assert "used for something else than training:\n- passages.csv" in card
    (card,) = build("model-card", _project(facts | {"flag.trains": True})).new.values()
    assert "No training was found" not in card


def test_a_word_that_is_no_check_is_told_as_such(tmp_path, capsys):
    assert run(["fix", "nonsense", str(tmp_path)]) == 2
    assert "nonsense: neither a check nor anything that can be begun; there are: model-card" in capsys.readouterr().err


def test_lists_of_one_folder_get_a_lock_each():
    rows = [
        {"path": f"requirements/{name}", "folder": "requirements", "tool": "pip", "ecosystem": "pypi", "primary": True}
        for name in ("base.txt", "latest.txt", "dev.in", "requirements_gpu")
    ]
    commands = lock(
        Project({"facts": {"delivery.manifests": {"state": "known", "value": rows}}}, frozenset(), str)
    ).commands
    made = [re.search(r"-o (\S+)", command)[1] for command in commands]
    assert made == ["base.txt", "latest.txt", "dev.txt", "requirements_gpu.lock"]
    assert commands[0] == (
        "cd requirements && mv base.txt base.in && pip-compile --generate-hashes -o base.txt base.in"
    )
