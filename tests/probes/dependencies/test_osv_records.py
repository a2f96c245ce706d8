"""Records in the shapes that osv.dev publishes: GitHub's and PyPA's for PyPI, GitHub's for npm; folders of exports."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from aiaudit.audit import audit
from aiaudit.model.fact import State
from aiaudit.model.result import Status
from aiaudit.probes.dependencies.osv import BadDatabase, open_database
from aiaudit.probes.dependencies.vulnerable import AdvisoryDatabase, DatabaseQuery
from aiaudit.settings import Options
from tests.probes.support import context, lay

GHSA_PYPI: dict[str, Any] = {
    "schema_version": "1.7.0", "id": "GHSA-3f63-hfp8-52jq", "modified": "2026-05-20T18:30:00Z", "published": "2024-01-19T21:30:35Z",
    "aliases": ["CVE-2023-50447", "PYSEC-2024-0"], "summary": "Arbitrary code execution in Pillow",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"}, {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}],
    "affected": [{"package": {"name": "Pillow", "ecosystem": "PyPI", "purl": "pkg:pypi/pillow"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "10.2.0"}]}], "versions": ["10.1.0"],
                  "database_specific": {"source": "https://github.com/github/advisory-database/x.json"}}],
    "references": [{"type": "WEB", "url": "https://example.org"}],
    "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-94"], "github_reviewed": True},
}  # fmt: skip
PYSEC: dict[str, Any] = {
    "id": "PYSEC-2024-0", "modified": "2026-05-21T00:00:00Z", "details": "PIL.ImageMath.eval", "aliases": ["CVE-2023-50447"],
    "affected": [{"package": {"name": "pillow", "ecosystem": "PyPI"},
                  "ranges": [{"type": "GIT", "repo": "https://github.com/python-pillow/Pillow", "events": [{"introduced": "0"}, {"fixed": "45c726fd"}]},
                             {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "10.2.0"}]}]}],
}  # fmt: skip
WITHDRAWN: dict[str, Any] = {**GHSA_PYPI, "id": "GHSA-gone", "aliases": [], "withdrawn": "2026-01-01T00:00:00Z"}
LAST: dict[str, Any] = {
    "id": "PYSEC-2023-9", "modified": "2026-05-01T00:00:00Z", "aliases": [],
    "affected": [{"package": {"name": "langchain", "ecosystem": "PyPI"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"last_affected": "0.0.200"}]}]}],
}  # fmt: skip
GIT_ONLY: dict[str, Any] = {
    "id": "OSV-2024-1", "modified": "2026-05-01T00:00:00Z",
    "affected": [{"package": {"name": "numpy", "ecosystem": "PyPI"},
                  "ranges": [{"type": "GIT", "repo": "https://x", "events": [{"introduced": "0"}]}]}],
}  # fmt: skip
NPM: dict[str, Any] = {
    "id": "GHSA-rv95-896h-c2vc", "modified": "2026-05-10T00:00:00Z", "aliases": ["CVE-2024-29041"], "summary": "Express open redirect",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}],
    "affected": [
        {"package": {"name": "express", "ecosystem": "npm"},
         "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.19.2"}]}]},
        {"package": {"name": "express", "ecosystem": "npm"},
         "ranges": [{"type": "SEMVER", "events": [{"introduced": "5.0.0-alpha.1"}, {"fixed": "5.0.0-beta.3"}]}]},
    ],
    "database_specific": {"severity": "CRITICAL"},
}  # fmt: skip
MALICIOUS: dict[str, Any] = {
    "id": "MAL-2024-1", "modified": "2026-05-10T00:00:00Z", "summary": "Malicious code in left-padd (npm)",
    "affected": [{"package": {"name": "left-padd", "ecosystem": "npm"},
                  "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}], "versions": ["1.0.0"]}],
}  # fmt: skip
OTHER: dict[str, Any] = {
    "id": "GO-1",
    "modified": "2026-05-30T00:00:00Z",
    "affected": [{"package": {"name": "pillow", "ecosystem": "Go"}}],
}


def pack(path: Path, *records: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in records:
            archive.writestr(f"{record['id']}.json", json.dumps(record))
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    pack(tmp_path / "osv/PyPI/all.zip", GHSA_PYPI, PYSEC, WITHDRAWN, LAST, GIT_ONLY, OTHER)
    pack(tmp_path / "osv/npm/all.zip", NPM, MALICIOUS)
    return tmp_path / "osv"


@pytest.mark.parametrize(
    ("ecosystem", "name", "version", "ids"),
    [
        ("pypi", "pillow", "10.1.0", ["GHSA-3f63-hfp8-52jq"]),
        ("pypi", "Pillow", "9.5.0", ["GHSA-3f63-hfp8-52jq"]),
        ("pypi", "pillow", "10.2.0", []),
        ("pypi", "pillow", "10.2.0rc1", ["GHSA-3f63-hfp8-52jq"]),
        ("pypi", "langchain", "0.0.200", ["PYSEC-2023-9"]),
        ("pypi", "langchain", "0.0.201", []),
        ("pypi", "numpy", "1.0", []),
        ("npm", "express", "4.19.1", ["GHSA-rv95-896h-c2vc"]),
        ("npm", "express", "4.19.2", []),
        ("npm", "express", "5.0.0-beta.1", ["GHSA-rv95-896h-c2vc"]),
        ("npm", "express", "5.0.0", []),
        ("npm", "left-padd", "9.9.9", ["MAL-2024-1"]),
        ("npm", "pillow", "1.0.0", []),
    ],
)
def test_a_version_has_these_advisories(
    export: Path, tmp_path: Path, ecosystem: Any, name: str, version: str, ids: list[str]
) -> None:
    database = open_database(export, tmp_path / "cache")
    assert [one.id for one in database.affecting(ecosystem, name, version)] == ids
    database.close()


def test_the_alias_that_states_a_severity_speaks_for_the_group(export: Path, tmp_path: Path) -> None:
    (one,) = open_database(export, tmp_path / "cache").affecting("pypi", "pillow", "10.1.0")
    assert (one.severity, one.fixed) == ("high", ("10.2.0",))


def test_a_copy_of_the_export_is_not_imported_again(export: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    open_database(export / "PyPI/all.zip", cache).close()
    copy = tmp_path / "copy.zip"
    copy.write_bytes((export / "PyPI/all.zip").read_bytes())
    open_database(copy, cache).close()
    assert [path.suffix for path in cache.iterdir()] == [".sqlite"]


def test_what_the_database_is(export: Path, tmp_path: Path) -> None:
    files = {
        "package.json": '{"dependencies": {"express": "4.0.0"}}',
        "environment.yml": "dependencies: [numpy=1.26.4]\n",
    }
    made = context(tmp_path / "p", files, osv_db=str(export / "PyPI/all.zip"), cache_folder=str(tmp_path / "cache"))
    fact = AdvisoryDatabase().answer("d", DatabaseQuery(), made)
    assert fact.value == {
        "newest": "2026-05-21",
        "age_days": 11,
        "advisories": 4,
        "ecosystems": ["pypi"],
        "uncovered": ["conda", "npm"],
    }
    empty = AdvisoryDatabase().answer("d", DatabaseQuery(), context(tmp_path / "p"))
    assert (empty.state, "--osv-db" in empty.reason) == (State.UNKNOWN, True)


def test_a_folder_without_a_zip(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadDatabase, match="no zip"):
        open_database(tmp_path / "empty", tmp_path / "cache")


def test_a_broken_member_ends_the_import(tmp_path: Path) -> None:
    path = pack(tmp_path / "all.zip", GHSA_PYPI)
    data = bytearray(path.read_bytes())
    data[80:120] = b"\xff" * 40
    path.write_bytes(bytes(data))
    with pytest.raises(BadDatabase):
        open_database(path, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


PROJECT: dict[str, str | bytes] = {
    "pyproject.toml": '[project]\nname = "app"\nversion = "1"\ndependencies = ["pillow>=9"]\n',
    "uv.lock": 'version = 1\n\n[[package]]\nname = "pillow"\nversion = "10.1.0"\nsource = { registry = "https://packages.acme.io" }\n',
    "app.py": "from PIL import Image\nprint(Image.open('a.png'))\n" * 20,
}


@pytest.mark.parametrize(
    ("changed", "as_of", "status", "place"),
    [
        ({}, "2026-06-01", Status.FAIL, ("uv.lock", 4)),
        ({"uv.lock": str(PROJECT["uv.lock"]).replace("10.1.0", "10.2.0")}, "2026-06-01", Status.PASS, None),
        ({"uv.lock": str(PROJECT["uv.lock"]).replace("10.1.0", "10.2.0")}, "2026-08-01", Status.UNKNOWN, None),
        ({"package.json": '{"dependencies": {"express": "4.19.1"}}'}, "2026-06-01", Status.FAIL, ("package.json", 1)),
    ],
)
def test_the_check_from_end_to_end(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | bytes], as_of: str, status: Status,
    place: tuple[str, int] | None,
) -> None:  # fmt: skip
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(tmp_path / "cache"))
    root = lay(tmp_path / "p", {**PROJECT, **changed})
    options = Options(packs=("security",), as_of=dt.date.fromisoformat(as_of), osv_db=str(export), cache=False, jobs=1)
    (check,) = [one for one in audit(str(root), options).judged.results if one.id == "SEC-005"]
    assert check.status is status, check.reason
    assert place is None or place in [(one.path, one.line) for one in check.findings]
