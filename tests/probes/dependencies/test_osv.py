"""`dependencies.vulnerable`: an OSV export, imported once and matched with locks."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Fact, Level, State
from aiaudit.probes.dependencies.osv import BadDatabase, open_database
from aiaudit.probes.dependencies.vulnerable import Vulnerable, VulnerableQuery
from tests.probes.support import context


def advisory(name: str, *, ecosystem: str = "PyPI", package: str = "flask", **more: Any) -> dict[str, Any]:
    events = more.pop("events", [{"introduced": "0"}, {"fixed": "2.0"}])
    affected = {
        "package": {"ecosystem": ecosystem, "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    affected |= more.pop("affected", {})
    return {"id": name, "modified": "2026-05-20T00:00:00Z", "summary": f"about {name}", "affected": [affected], **more}


def export(root: Path, *advisories: Any) -> Path:
    path = root / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, one in enumerate(advisories):
            archive.writestr(f"{number}.json", one if isinstance(one, str) else json.dumps(one))
    return path


def ask(root: Path, database: Path | None, requirements: str = "flask==1.5\n", **query: Any) -> Fact:
    options = {"osv_db": str(database), "cache_folder": str(root / "cache")} if database else {}
    return Vulnerable().answer(
        "v", VulnerableQuery(**query), context(root / "p", {"requirements.txt": requirements}, **options)
    )


def test_without_a_database_it_is_unknown(tmp_path: Path) -> None:
    fact = ask(tmp_path, None)
    assert (fact.state, "no list of known vulnerabilities was given" in fact.reason) == (State.UNKNOWN, True)


def test_a_vulnerable_pin(tmp_path: Path) -> None:
    database = export(
        tmp_path,
        advisory("GHSA-1", aliases=["CVE-1"], database_specific={"severity": "MODERATE"}),
        advisory("PYSEC-1", aliases=["CVE-1"]),
        advisory("GHSA-2", severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]),
        advisory("GHSA-3", events=[{"introduced": "1.6"}]),
        advisory("GHSA-4", withdrawn="2026-01-01T00:00:00Z"),
        advisory("GHSA-5", ecosystem="npm"),
        "not json",
    )
    fact = ask(tmp_path, database)
    (found,) = fact.value
    assert (found["name"], found["version"], found["severity"], found["ids"]) == (
        "flask",
        "1.5",
        "critical",
        ["GHSA-1", "GHSA-2"],
    )
    assert (found["path"], found["line"], found["group"], found["direct"]) == ("requirements.txt", 1, "main", True)
    assert (found["fixed"], found["fixable"], found["database_age_days"]) == (["2.0"], True, 12)
    assert (fact.level, "2026-05-20" in fact.method) == (Level.MEASURED, True)
    assert ask(tmp_path, database, severities=("high",)).state is State.ABSENT


@pytest.mark.parametrize(
    ("version", "events", "affected"),
    [
        ("1.0", [{"introduced": "0"}, {"fixed": "1.0"}], False),
        ("0.9", [{"introduced": "0"}, {"fixed": "1.0"}], True),
        ("1.0", [{"introduced": "0"}, {"last_affected": "1.0"}], True),
        ("1.1", [{"introduced": "0"}, {"last_affected": "1.0"}], False),
        ("1.5", [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.4"}, {"fixed": "1.6"}], True),
        ("1.2", [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.4"}, {"fixed": "1.6"}], False),
        ("1.0", [{"introduced": "1.0"}], True),
        ("1.0rc1", [{"introduced": "1.0"}], False),
    ],
)
def test_ranges(tmp_path: Path, version: str, events: list[dict[str, str]], affected: bool) -> None:
    database = open_database(export(tmp_path, advisory("A", events=events)), tmp_path / "cache")
    assert bool(database.affecting("pypi", "Flask", version)) is affected


def test_versions_that_are_listed_one_by_one(tmp_path: Path) -> None:
    one = advisory("A", affected={"ranges": [], "versions": ["1.5"]})
    database = open_database(export(tmp_path, one), tmp_path / "cache")
    assert database.affecting("pypi", "flask", "1.5")
    assert not database.affecting("pypi", "flask", "1.6")


def test_what_only_developers_use_counts_when_asked(tmp_path: Path) -> None:
    database = export(tmp_path, advisory("A"))
    options = {"osv_db": str(database), "cache_folder": str(tmp_path / "cache")}
    made = context(tmp_path / "p", {"requirements-dev.txt": "flask==1.5\n"}, **options)
    assert Vulnerable().answer("v", VulnerableQuery(), made).state is State.ABSENT
    assert Vulnerable().answer("v", VulnerableQuery(development=True), made).value[0]["group"] == "dev"


def test_no_versions_no_answer(tmp_path: Path) -> None:
    assert ask(tmp_path, export(tmp_path, advisory("A")), "flask>=1\n").state is State.UNKNOWN


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"x" * 100])
def test_a_file_that_is_no_export(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(content)
    with pytest.raises(BadDatabase):
        open_database(path, tmp_path / "cache")
    assert ask(tmp_path, path).state is State.UNKNOWN
    assert not list((tmp_path / "cache").glob("*"))


def test_an_export_without_our_ecosystems(tmp_path: Path) -> None:
    assert "no advisory for PyPI or npm" in ask(tmp_path, export(tmp_path, advisory("A", ecosystem="Go"))).reason
    assert ask(tmp_path, tmp_path / "missing.zip").state is State.UNKNOWN
