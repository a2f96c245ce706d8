"""Many results side by side: what is counted, in which order, and that nothing hostile gets through."""

from __future__ import annotations

import csv
import io
import json

import pytest

from aiaudit.reports import portfolio as report
from aiaudit.scoring.portfolio import PortfolioError, build
from tests.reports.make_result import empty_result, make_result


@pytest.fixture
def folder(tmp_path):
    """Four results: two pilots with different low ends, one not ready, one without a level."""
    plan = [("alpha", "pilot", 60.0), ("beta", "pilot", 70.0), ("gamma", "not_ready", 40.0)]
    for name, readiness, low in plan:
        result = make_result()
        result["project"] |= {"name": name, "declared": {"owner": "Kim" if name != "gamma" else ""}}
        result |= {"readiness": readiness, "score_low": low}
        (tmp_path / f"{name}.json").write_text(json.dumps(result))
    (tmp_path / "delta.json").write_text(json.dumps(empty_result()))
    return tmp_path


def files(folder):
    return sorted(folder.glob("*.json"))


def test_projects_are_ordered_by_level_then_by_what_is_certain(folder):
    made = build(files(folder))
    assert [project.name for project in made.projects][:3] == ["beta", "alpha", "gamma"]
    assert (made.levels["pilot"], made.levels["not_ready"], made.levels["production"]) == (2, 1, 0)


@pytest.mark.parametrize(("status", "level"), [("fail", "Not ready"), ("unknown", "Not proven")])
def test_below_prototype_what_was_found_is_told_from_what_was_not_shown(tmp_path, status, level):
    result = make_result()
    first = result["checks"][0]
    result |= {
        "readiness": "not_ready",
        "next_level": {"name": "prototype", "missing": [first["id"]], "effort_days": 1},
    }
    first |= {"status": status, "findings": []}
    (tmp_path / "a.json").write_text(json.dumps(result))
    made = build([tmp_path / "a.json"])
    assert made.projects[0].not_shown is (status == "unknown")
    seen = report.view(made)
    assert seen.rows[0].level == level
    assert {bar.label: bar.count for bar in seen.levels if bar.label in ("Not ready", "Not proven")} == {
        "Not ready": int(status == "fail"),
        "Not proven": int(status == "unknown"),
    }


def test_what_nothing_rules_out_stands_before_what_a_finding_does(tmp_path):
    for name, status, low in (("found", "fail", 40.0), ("unseen", "unknown", 10.0)):
        result = make_result()
        first = result["checks"][0]
        result["project"]["name"] = name
        result |= {
            "readiness": "not_ready",
            "score_low": low,
            "next_level": {"name": "prototype", "missing": [first["id"]], "effort_days": 1},
        }
        first |= {"status": status, "findings": []}
        (tmp_path / f"{name}.json").write_text(json.dumps(result))
    made = build(files(tmp_path))
    assert [project.name for project in made.projects] == ["unseen", "found"]
    below = [bar.label for bar in report.view(made).levels if bar.label.startswith("Not ")]
    assert below == ["Not proven", "Not ready"]


def test_gaps_are_counted_over_the_projects_to_which_they_apply(folder):
    made = build(files(folder))
    one = json.loads((folder / "alpha.json").read_text())
    for gap in made.gaps:
        statuses = [json.loads(f.read_text())["checks"] for f in files(folder)]
        mine = [c["status"] for checks in statuses for c in checks if c["id"] == gap.id]
        assert gap.failed == mine.count("fail")
        assert gap.partial == mine.count("partial")
        assert gap.applies == len(mine) - mine.count("not_applicable")
    missing = one["next_level"]["missing"]
    assert {fix.id for fix in made.fixes} >= set(missing)
    assert all(fix.lifts == 3 for fix in made.fixes if fix.id in missing)


def test_of_each_project_its_latest_result_counts(folder):
    before = build(files(folder))
    for name, day, owner in (
        ("alpha", "2026-01-01", "Kim"),
        ("alpha", "2026-01-02", ""),
        ("alpha", "2026-01-03", "Lee"),
    ):
        result = make_result()
        result["project"] |= {"name": name, "declared": {"owner": owner}}
        result |= {"as_of": day, "readiness": "not_ready"}
        (folder / f"{name}-{day}.json").write_text(json.dumps(result))
    made = build(files(folder))
    assert made.older == 2  # Lee's is another project of the same name
    assert sorted(p.name for p in made.projects) == sorted([*(p.name for p in before.projects), "alpha"])
    assert [p.readiness for p in made.projects if p.owner == "Lee"] == ["not_ready"]
    assert made.unread == ()
    assert "2 older results" in report.render(".md", made)
    assert "older result" not in report.render(".md", before)


def test_owners_and_what_should_be_looked_at(folder):
    made = build(files(folder))
    assert made.owners[0][:2] in (("Kim", 2), ("", 2))
    assert any(one.why == "little_seen" for one in made.outliers)
    assert "evidence was seen" in report.render(".md", made)


def test_different_rulesets_are_told(folder):
    result = make_result()
    result["tool"]["ruleset_hash"] = "another"
    (folder / "other.json").write_text(json.dumps(result))
    assert "different rulesets" in report.render(".md", build(files(folder)))


def test_files_that_hold_no_result_are_left_out_and_named(folder):
    (folder / "broken.json").write_text("{not json")
    (folder / "else.json").write_text('{"schema_version": "1", "checks": []}')
    made = build(files(folder))
    assert len(made.projects) == 4
    assert [path.rpartition("/")[2] for path in made.unread] == ["broken.json", "else.json"]
    with pytest.raises(PortfolioError, match="none of the files"):
        build([folder / "broken.json"])


@pytest.mark.parametrize("suffix", report.FORMATS)
def test_every_format_names_every_project(folder, suffix):
    text = report.render(suffix, build(files(folder)))
    assert all(name in text for name in ("alpha", "beta", "gamma"))
    assert text == report.render(suffix, build(files(folder)))


def test_csv_reads_back_and_holds_no_formula(folder):
    result = make_result()
    result["project"]["name"] = "=1+1"
    (folder / "evil.json").write_text(json.dumps(result))
    rows = list(csv.DictReader(io.StringIO(report.render(".csv", build(files(folder))).removeprefix("\ufeff"))))
    assert len(rows) == 5
    assert "'=1+1" in {row["project"] for row in rows}


def test_hostile_names_are_inert(folder):
    result = make_result()
    result["project"] |= {"name": "<script>x</script>\x1b[31m|\u202e", "declared": {"owner": "](http://e.vil)"}}
    (folder / "evil.json").write_text(json.dumps(result))
    made = build(files(folder))
    html, markdown, terminal = report.render(".html", made), report.render(".md", made), report.terminal(made)
    assert "<script>" not in html + markdown
    assert "](http://" not in markdown
    assert "\x1b" not in html + markdown + terminal
    assert "\u202e" not in html + markdown + terminal


def test_a_next_level_without_single_checks_is_no_matter_of_days(folder):
    result = make_result()
    result["project"]["name"] = "omega"
    result["next_level"].update(missing=[], effort_days=0)
    (folder / "omega.json").write_text(json.dumps(result))
    seen = report.view(build(files(folder)))
    assert next(row.step for row in seen.rows if row.name == "omega").startswith("evidence for ")
    near = next(count for label, count in seen.totals if label == "one level away in under ten days")
    assert near == next(
        c
        for label, c in report.view(build([f for f in files(folder) if f.stem != "omega"])).totals
        if label.startswith("one level")
    )


def test_projects_called_alike_are_told_apart_by_their_files(tmp_path):
    for folder, name in (("one", None), ("two", None), ("three", "churn")):
        result = make_result()
        result["project"] |= {"name": name}
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "result.json").write_text(json.dumps(result))
    made = build(sorted(tmp_path.rglob("*.json")))
    assert sorted(project.name for project in made.projects) == [
        "churn",
        "result (one/result.json)",
        "result (two/result.json)",
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_the_terminal_is_no_wider_than_it_is(folder, width):
    result = make_result()
    result["project"] |= {"name": "A project with a name that is longer than any column of it"}
    (folder / "long.json").write_text(json.dumps(result))
    lines = report.terminal(build(files(folder)), width=width).splitlines()
    assert max(map(len, lines)) <= min(width, 100)
    assert all(any(row.step in line for line in lines) for row in report.view(build(files(folder))).rows)
    named = [line for line in lines if line.strip().startswith("A project")]
    assert len(named) == 1 and "…" in named[0]


def test_code_in_a_fix_stands_as_code_in_markdown(tmp_path):
    result = make_result()
    first = next(c for c in result["checks"] if c["status"] == "fail")
    first["remediation"] = "Fill in `project` of aiaudit.yaml."
    result |= {
        "readiness": "not_ready",
        "next_level": {"name": "prototype", "missing": [first["id"]], "effort_days": 1},
    }
    (tmp_path / "a.json").write_text(json.dumps(result))
    assert "Fill in `project` of aiaudit.yaml" in report.render(".md", build([tmp_path / "a.json"]))
