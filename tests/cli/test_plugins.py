"""Plug-ins: found by their entry points, used only where somebody asks, named in the result."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from aiaudit import plugins, resources
from aiaudit.cli.app import run
from aiaudit.probes import registry

PACK = """\
schema: 1
pack: acme
title: Acme's own rules
checks:
- id: ACME-001
  title: The house file is there
  severity: low
  kind: automatic
  min_level: E1
  facts:
    house: {probe: acme.house, title: the house file}
  rule: {pass: house.size() > 0, fail: otherwise}
  why: w
  risk: r
  remediation: r
  effort: S
"""
MODULE = """\
from pathlib import Path
from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import STRING, list_of
from aiaudit.probes.base import Probe, Query

class House(Probe[Query]):
    name = "acme.house"
    title = "the house file"
    query = Query
    max_level = Level.CONTENT
    def value_type(self, query):
        return list_of(STRING)
    def answer(self, fact_id, query, context):
        found = [e.path for e in context.project.files if e.path == "HOUSE"]
        state = State.KNOWN if found else State.ABSENT
        return Fact(fact_id, state, found, Level.CONTENT, evidence=tuple(Evidence(p, 1) for p in found))

def pack():
    return Path(__file__).with_name("acme.yaml")

def render(result):
    return f"{result['checks'][0]['id']} {result['checks'][0]['status']}\\n"
"""
META = "Metadata-Version: 2.1\nName: acme-audit\nVersion: 1.2\n"
POINTS = """\
[aiaudit.packs]
acme = acme_audit:pack
broken = acme_audit:gone
[aiaudit.probes]
acme.house = acme_audit:House
[aiaudit.formats]
acme = acme_audit
"""


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """An installed package with all three kinds."""
    site = tmp_path / "site"
    (site / "acme_audit-1.2.dist-info").mkdir(parents=True)
    (site / "acme_audit-1.2.dist-info" / "METADATA").write_text(META)
    (site / "acme_audit-1.2.dist-info" / "entry_points.txt").write_text(POINTS)
    (site / "acme_audit.py").write_text(MODULE)
    (site / "acme.yaml").write_text(PACK)
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    plugins.installed.cache_clear()
    yield site
    plugins.installed.cache_clear()
    registry.get.cache_clear()
    sys.modules.pop("acme_audit", None)


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (root / "HOUSE").write_text("x\n")
    return root


def test_a_named_pack_asks_its_probe_and_writes_its_format(acme, project, tmp_path):
    out, report = tmp_path / "r.json", tmp_path / "r.acme"
    assert run(["run", str(project), "--pack", "acme", "-q", "-o", str(out), "-o", str(report)]) == 0
    result = json.loads(out.read_text())
    assert [(c["id"], c["status"]) for c in result["checks"]] == [("ACME-001", "pass")]
    assert report.read_text() == "ACME-001 pass\n"
    assert [(p["kind"], p["name"], p["package"], p["version"]) for p in result["tool"]["plugins"]] == [
        ("packs", "acme", "acme-audit", "1.2"), ("probes", "acme.house", "acme-audit", "1.2"),
        ("formats", "acme", "acme-audit", "1.2"),
    ]  # fmt: skip
    for what in ("packs 'acme'", "probes 'acme.house'", "formats 'acme'"):
        assert f"The {what} come from the plug-in acme-audit 1.2." in result["assumptions"]


def test_a_format_is_named_in_the_reports_beside_it_and_kept_results_know_it(acme, project, tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "_PACKAGE", Path(plugins.__file__).parent)  # the templates that ship
    page, out, report = tmp_path / "r.html", tmp_path / "r.json", tmp_path / "r.acme"
    plain = ["run", str(project), "--pack", "mlops", "-q", "-o", str(out)]
    said = "The formats &#39;acme&#39; come from the plug-in acme-audit 1.2."
    assert run([*plain, "-o", str(page)]) in (0, 3)
    assert said not in page.read_text()
    assert run([*plain, "-o", str(page), "-o", str(report)]) in (0, 3)
    assert said in page.read_text()
    assert run(plain) in (0, 3)
    assert json.loads(out.read_text())["tool"]["plugins"] == []
    assert run(["report", str(out), "-o", str(page), "-o", str(report)]) == 0
    assert said in page.read_text()
    assert run(["report", str(out), "--format", "acme"]) == 0


def test_what_nobody_asked_for_is_not_loaded(acme, project, tmp_path):
    out = tmp_path / "r.json"
    assert run(["run", str(project), "--pack", "mlops", "-q", "-o", str(out)]) in (0, 3)
    assert json.loads(out.read_text())["tool"]["plugins"] == []
    assert "acme_audit" not in sys.modules


def test_a_broken_one_is_one_line(acme, project, capsys):
    assert run(["run", str(project), "--pack", "broken", "-q"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("aiaudit: the plug-in broken of acme-audit 1.2 cannot be loaded: AttributeError")
    assert said.count("\n") == 1


def test_no_package_wins_by_chance(monkeypatch):
    two = tuple(plugins.Plugin("packs", "same", "x:y", package, "1") for package in ("one", "two"))
    monkeypatch.setattr(plugins, "installed", lambda: two)
    with pytest.raises(plugins.PluginError, match="one and two both bring packs of the name 'same'; uninstall one"):
        plugins.find("packs", "same")


def test_its_checks_can_be_waived_by_name_and_are_found_by_explain(acme, project, capsys):
    add = ["waivers", "add", "ACME-001", "--reason", "old house", "--owner", "Ann Lee", "--project", str(project)]
    assert run([*add, "--pack", "acme"]) == 0
    assert run(["waivers", "lint", str(project), "--pack", "acme"]) == 0
    assert capsys.readouterr().out == "1 waiver, 0 wrong\n"
    assert run(["waivers", "list", str(project), "--pack", "acme"]) == 0
    assert "Ann Lee: old house" in capsys.readouterr().out
    assert run(["waivers", "lint", str(project)]) == 1  # what is not loaded is not known, and no SEC-001 is meant
    assert "'ACME-001'; one of your own counts where its pack is named (--pack)" in capsys.readouterr().out
    assert run(["explain", "ACME-001"]) == 2
    assert "(one of your own: --pack acme|broken)" in capsys.readouterr().err


def test_one_that_is_broken_keeps_no_audit_from_working(acme, capsys):
    assert run(["doctor"]) == 2
    said = capsys.readouterr().out
    assert "An audit cannot work here" not in said
    assert said.endswith("Audits work here.\nWhat asks for it cannot be judged: plug-in broken.\n")


def test_a_rule_book_of_ones_own_is_listed_by_its_controls(acme, capsys):
    pack = acme / "acme.yaml"
    pack.write_text(
        PACK.replace("  effort: S", "  controls: {HOUSE: [H-1, H-2]}\n  says: {unknown: Who knows?}\n  effort: S")
    )
    assert run(["checks", "list", "--pack", str(pack), "--framework", "HOUSE"]) == 0
    assert "  H-1\n    ACME-001   The house file is there\n  H-2\n" in capsys.readouterr().out
    assert run(["checks", "list", "--framework", "HOUSE"]) == 2
    assert "--framework HOUSE: no such framework" in capsys.readouterr().err
    assert run(["explain", "ACME-001", "--pack", str(pack)]) == 0
    assert "  unknown: Who knows?" in capsys.readouterr().out


def test_a_small_pack_of_which_nothing_was_judged_says_why(acme, project, capsys):
    pack = acme / "acme.yaml"
    pack.write_text(
        PACK.replace("automatic", "attested").replace("  effort: S", "  question: Is it there?\n  effort: S")
        .replace("  rule: {pass: house.size() > 0, fail: otherwise}\n", "")
        .replace("  facts:\n    house: {probe: acme.house, title: the house file}\n", "")
    )  # fmt: skip
    assert run(["run", str(project), "--pack", str(pack), "-q"]) == 3
    said = capsys.readouterr().err
    assert "nothing could be judged, so there is no score (ACME-001: Nobody has answered: Is it there?)" in said


def test_the_probe_of_the_page_answers(acme, project, capsys):
    page = (Path(plugins.__file__).parents[1] / "docs" / "plug-ins.md").read_text(encoding="utf-8")
    (acme / "acme_audit.py").write_text(page.partition("```python no-run\n")[2].partition("```")[0])
    (project / "HOUSE.md").write_text("x\n")
    assert run(["checks", "try", "{probe: acme.house}", str(project)]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == [{"path": "HOUSE.md", "line": 1}]
