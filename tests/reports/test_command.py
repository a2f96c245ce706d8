"""`aiaudit report` with all it takes: the last audit, earlier ones, a brand, templates; and what is said where one is wrong."""

from __future__ import annotations

import json

import pytest

from tests.cli import conftest
from tests.reports.make_full import earlier
from tests.reports.make_result import make_result

aiaudit = conftest.aiaudit  # the command line in this process, by the shipped packs
DAYS = ("2026-10-01", "2026-11-02", "2026-12-04")


@pytest.fixture(scope="module")
def audits(tmp_path_factory):
    """Three made results of one project, of three days, and one of another project."""
    place = tmp_path_factory.mktemp("audits")
    (place / "shop").mkdir()
    result = make_result()
    result["project"]["name"] = "shop"
    for day, lower in zip(DAYS, (9.0, 4.0, 0.0), strict=True):
        (place / f"{day}.json").write_text(json.dumps(earlier(result, day, lower, int(lower))))
    other = earlier(result, DAYS[0], 1.0, 0)
    other["project"]["name"] = "else"
    (place / "else.json").write_text(json.dumps(other))
    return place


def test_the_last_audit_and_the_line_over_time_are_in_the_report_and_its_result(aiaudit, audits, tmp_path):
    out = tmp_path / "report.html", tmp_path / "report.json"
    done = aiaudit(
        "report",
        audits / f"{DAYS[2]}.json",
        "--compare",
        audits / f"{DAYS[1]}.json",
        "--history",
        audits,
        "-o",
        out[0],
        "-o",
        out[1],
    )
    assert (done.code, done.err) == (0, "")
    saved = json.loads(out[1].read_text())
    assert saved["comparison"]["before"]["as_of"] == DAYS[1]
    assert [one["as_of"] for one in saved["history"]] == [*DAYS[:2]]  # not of the other project, nor of the day itself
    page = out[0].read_text()
    assert 'id="comparison"' in page and 'id="history"' in page
    again = tmp_path / "again.html"
    aiaudit("report", out[1], "-o", again)
    assert again.read_text() == page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--compare", "none.json"], "none.json: no such file or directory"),
        (["--history", "none"], "--history none: there is no such folder"),
        (["--history", "shop"], "--history shop: holds no earlier result of shop"),
        (["--brand", "none.yaml"], "none.yaml: no such file or directory"),
        (["--brand", "bad.yaml"], "bad.yaml: colour: no such key"),
        (["--templates", "shop", "-o", "x.html"], "--templates shop: holds no file with the name of a shipped one"),
        (["--templates", "own", "-o", "x.html"], "report/cover.html.j2:1: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(aiaudit, audits, monkeypatch, words, said):
    monkeypatch.chdir(audits)
    (audits / "bad.yaml").write_text("colour: red\n")
    (audits / "own/report").mkdir(parents=True, exist_ok=True)
    (audits / "own/report/cover.html.j2").write_text("{{ report.nothing_of_the_kind }}")
    done = aiaudit("report", f"{DAYS[2]}.json", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err and done.err.count("\n") == 1
    assert not (audits / "x.html").exists()


@pytest.mark.parametrize(
    ("name", "suffix", "told"), [(None, "html", True), (None, "csv", False), ("shop", "html", False)]
)
def test_a_report_of_a_nameless_project_says_how_to_name_it(aiaudit, tmp_path, name, suffix, told):
    result = make_result()
    result["project"]["name"] = name
    (tmp_path / "result.json").write_text(json.dumps(result))
    done = aiaudit("report", tmp_path / "result.json", "-o", tmp_path / f"report.{suffix}")
    assert done.code == 0
    assert ("project.name in aiaudit.yaml" in done.err) is told
    (tmp_path / "brand.yaml").write_text("system: Claims assistant\n")
    named = tmp_path / "result.json", "--brand", tmp_path / "brand.yaml", "-o", tmp_path / f"named.{suffix}"
    assert aiaudit("report", *named).err == ""


def test_what_is_not_translated_is_told_beside_the_page_too(aiaudit, tmp_path):
    (tmp_path / "r.json").write_text(json.dumps(make_result()), encoding="utf-8")
    (tmp_path / "brand.yaml").write_text("language: de\n", encoding="utf-8")
    words = tmp_path / "own" / "words"
    words.mkdir(parents=True)
    (words / "de.yaml").write_text(
        "plural: one\nthing:\n  check: {one: '{n} Prüfung', other: '{n} Prüfungen'}\n", "utf-8"
    )
    asked = ("report", tmp_path / "r.json", "--brand", tmp_path / "brand.yaml", "-o", tmp_path / "r.md")
    done = aiaudit(*asked, "--templates", tmp_path / "own")
    assert "fixed sentences of this report are not translated and stand in English" in done.err
    assert "there are no words for de" in aiaudit(*asked).err
    assert "translated" not in aiaudit("report", tmp_path / "r.json", "-o", tmp_path / "r.md").err
