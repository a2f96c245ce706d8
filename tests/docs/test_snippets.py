"""Every snippet of the README and of docs/ is run, or stands below with the reason why it cannot be."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from aiaudit import resources
from aiaudit.cli.app import run
from aiaudit.project.config import AttestationEntry, ProjectConfig, parse_config

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]

# Lines that are not run here, and why.
NOT_RUN = {
    "pip install .": "it needs a package index; tests/test_wheel.py installs the built wheel",
    "make demo": "it sets up an environment from the network; its audit is that of tests/samples",
    "make test": "it is this suite",
    "make docs": "tests/docs/test_site.py builds it",
    "aiaudit report result.json -o report.pdf": "it takes seconds; tests/reports/test_pdf.py writes one",
    "aiaudit report result.json --history audits/ -o report.html": "it needs results of other days; tests/cli has them",
    "aiaudit plan --selfcheck": "tests/cli/test_plan.py runs it, and it takes seconds",
    "aiaudit interview path/to/project": "it asks at a terminal; tests/interview answers",
    "aiaudit interview path/to/project --ai-act": "it asks at a terminal, and needs a pack that this world lacks; tests/interview answers",
    "docker build -t aiaudit .": "it needs a registry; tests/integrations reads the Dockerfile",
    "docker run --rm --network none -v $PWD:/project:ro aiaudit run /project --format html > report.html": "likewise",
}
# Kinds of blocks that are run elsewhere, or are output and no input.
ELSEWHERE = {
    "cel": "tests/rules evaluates every line",
    "refused": "tests/rules compares every message",
    "explained": "tests/rules compares every explanation",
    "python no-run": "a line to look at; tests/probes/test_waivers.py reads such lines",
}
OUTPUTS = {
    "docs/accuracy.md",
    "docs/performance.md",
    "docs/architecture.md",
}  # unlabelled blocks: measured figures, a picture
FRAGMENTS = {
    "docs/write-a-check.md",
    "docs/rule-language.md",
}  # parts of packs; tests/packs/test_doc.py makes a whole one


class Block(NamedTuple):
    page: str
    line: int
    kind: str
    text: str


def blocks(page: str) -> list[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.finditer(r"^```([^\n]*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [Block(page, text.count("\n", 0, m.start()) + 1, m[1].strip(), m[2]) for m in found]


ALL = [block for page in PAGES for block in blocks(page)]
SHELL = [b for b in ALL if b.kind in ("bash", "console") or (not b.kind and b.page not in OUTPUTS)]
COMMANDS = list(dict.fromkeys((b.page, line) for b in SHELL for line in b.text.splitlines() if line.strip()))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which all that the pages name is there: a project, earlier results, data, an OSV export, a pack."""
    base = tmp_path_factory.mktemp("pages")
    world, here = base / "world", base / "here"
    shutil.copytree(ROOT / "tests/cli/world/checks", world / "checks")
    shutil.copytree(ROOT / "checks/frameworks", world / "checks/frameworks", dirs_exist_ok=True)
    for name in ("templates", "tables"):
        (world / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "checks/shared/bom.yaml", world / "checks/shared/bom.yaml")
    facts = yaml.safe_load((ROOT / "checks/shared/hubs.yaml").read_text())["facts"]
    named = ("code.hub_calls", "code.folder_loads", "code.handed_pipelines", "code.hub_sources")
    hub = {name: facts[name] for name in named}
    (world / "checks/shared/code.yaml").write_text(yaml.safe_dump({"schema": 1, "facts": hub}))
    with (world / "checks/shared/flags.yaml").open("a") as flags:
        flags.write(
            "  delivery.images: {probe: config.docker}\n  delivery.manifests: {probe: dependencies.manifests}\n"
        )
    with (world / "checks/profiles/profiles.yaml").open("a") as profiles:
        profiles.write("  llm: {packs: [security]}\n")
    files = {
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["numpy"]\n',
        "app/serve.py": "import pickle\n\n\ndef serve(path):\n    return pickle.load(open(path, 'rb'))\n",
        "Dockerfile": 'FROM python:3.12-slim\nCMD ["python", "app/serve.py"]\n',
        "README.md": "# Shop\n\nOwner: Ann\n",
    }
    for root in (here, here / "path/to/project"):
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
    for block in (b for b in ALL if "title=" in b.kind):
        target = here / block.kind.partition("title=")[2]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text)
    shutil.copy(here / "team.yaml", here / "my-pack.yaml")
    (here / "data").mkdir()
    (here / "data/rows.csv").write_text("age,churned\n30,1\n40,0\n50,1\n")
    import duckdb

    for name in ("train", "current"):
        duckdb.sql(f"COPY (SELECT range AS age, range % 2 AS churned FROM range(300)) TO '{here / name}.parquet'")
    (here / "osv/PyPI").mkdir(parents=True)
    with zipfile.ZipFile(here / "osv/PyPI/all.zip", "w") as export:
        export.writestr(
            "X-1.json",
            json.dumps(
                {
                    "id": "X-1",
                    "modified": "2026-01-01T00:00:00Z",
                    "affected": [{"package": {"ecosystem": "PyPI", "name": "numpy"}, "versions": ["0.1"]}],
                }
            ),
        )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(resources, "_PACKAGE", world / "aiaudit")
        patched.setenv("AIAUDIT_CACHE_DIR", str(base / "cache"))
        patched.chdir(here)
        assert run(["run", ".", "-q", "-o", "last.json", "-o", "result.json"]) == 0
        (here / "results").mkdir()
        for name in ("a", "b"):
            shutil.copy("last.json", f"results/{name}.json")
        yield here


def test_the_exceptions_are_needed():
    lines = {" ".join(shlex.split(line, comments=True)) for _, line in COMMANDS}
    assert [line for line in NOT_RUN if line not in lines] == []
    assert [kind for kind in ELSEWHERE if kind not in {b.kind for b in ALL}] == []


@pytest.mark.parametrize("page", sorted({page for page, _ in COMMANDS}))
def test_commands_run(place, page, monkeypatch, done=set()):  # noqa: B006 (the same line on two pages is run once)
    """Each command does what it is for: a gate may fail, but nothing is misused, unknown or broken."""
    for line in (line for where, line in COMMANDS if where == page):
        words = shlex.split(line, comments=True)
        if not words or " ".join(words) in NOT_RUN or tuple(words) in done:
            continue
        done.add(tuple(words))
        first, _, then = " ".join(shlex.quote(w) if w != "|" else w for w in words).partition(" | ")
        argv = shlex.split(first)
        if argv[1:] == ["plan", "path/to/project"]:  # who follows the page has declared a workload by now
            declared = next(b.text for b in ALL if b.page == "docs/cost.md" and b.text.startswith("workload:"))
            (place / "path/to/project/aiaudit.yaml").write_text(declared)
        assert argv[0] == "aiaudit", f"{page}: `{line}` is neither run nor excepted"
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            code = run(argv[1:])
        for stream in (out, err):
            stream.flush()
        said = err.buffer.getvalue().decode()
        assert code in (0, 1, 3), f"{page}: `{line}` ends with {code}: {said}"
        if then:
            subprocess.run(shlex.split(then), input=out.buffer.getvalue(), check=True, capture_output=True)


@pytest.mark.parametrize("block", [b for b in ALL if b.kind.startswith("yaml")], ids=lambda b: f"{b.page}:{b.line}")
def test_yaml_is_what_it_claims_to_be(block):
    data = yaml.safe_load(block.text)
    assert data
    if block.page in FRAGMENTS or "title=" in block.kind:
        return
    keys = set(data)
    names = {field.alias or name for name, field in ProjectConfig.model_fields.items()}
    if keys <= names:
        parse_config(block.text.encode(), block.page)
    elif all(re.fullmatch(r"[A-Z]+-\d{3}", key) for key in keys):
        assert [AttestationEntry.model_validate(entry) for entry in data.values()]
    elif "gpu_hours" in keys or "api" in keys:
        assert {"schema", "currency", "date"} <= keys  # a price list; tests/cost reads one
    else:
        assert "jobs" in keys
        action = yaml.safe_load((ROOT / "action.yml").read_text())
        for step in (s for job in data["jobs"].values() for s in job["steps"] if "aiaudit" in s.get("uses", "")):
            assert set(step["with"]) <= set(action["inputs"])


@pytest.mark.parametrize("block", [b for b in ALL if b.kind == "toml"], ids=lambda b: f"{b.page}:{b.line}")
def test_toml_declares_groups_that_are_looked_at(block):
    from aiaudit.plugins import KINDS

    points = tomllib.loads(block.text)["project"]["entry-points"]
    assert set(points) == {f"aiaudit.{kind}" for kind in KINDS}


def test_python_runs(place):
    """The test file of the page runs the pack and the cases of another page."""
    (block,) = (b for b in ALL if b.kind.startswith("python title="))
    names: dict = {}
    exec(compile(block.text, "test_team.py", "exec"), names)  # the page is ours
    (mark,) = names["test_case"].pytestmark
    argument, cases = mark.args
    assert (argument, len(cases)) == ("case", 5)
    for case in cases:
        names["test_case"](case)
    names["test_the_pack_is_complete"]()
    cases[0].path.joinpath("expect.yaml").write_text("status: pass\nfiles: {train.py: 'model.fit(x, y)'}\n")
    with pytest.raises(AssertionError, match="TEAM-001/decoy"):
        names["test_case"](cases[0])
    shutil.rmtree(cases[-1].path)
    with pytest.raises(AssertionError, match="has no case 'pass'"):
        type(names["PACK"])(place / "team.yaml").complete()


def test_every_waiver_that_a_page_shows_names_who_answers_for_it():
    shown = [line for page in PAGES for line in (ROOT / page).read_text().splitlines() if "aiaudit: waive " in line]
    assert shown and not [line for line in shown if 'owner="' not in line or "until=" not in line]


def test_no_block_is_passed_over():
    known = ("bash", "console", "yaml", "toml", "python")
    left = [
        f"{b.page}:{b.line} {b.kind}"
        for b in ALL
        if b.kind and b.kind not in ELSEWHERE and not b.kind.startswith(known)
    ]
    assert left == []
