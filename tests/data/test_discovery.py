"""Which data sets a project holds, and who says so."""

from __future__ import annotations

import json
from pathlib import Path

from aiaudit.data.discovery import Found, discover
from aiaudit.project.config import ProjectConfig, parse_config
from aiaudit.project.tree import Project
from tests.probes.support import lay

ROWS = "id,a\n1,2\n2,3\n"


def found(root: Path, files: dict[str, str | bytes]) -> dict[str, Found]:
    lay(root, files)
    said = files.get("aiaudit.yaml")
    config = parse_config(str(said).encode()) if said else ProjectConfig()
    with Project.open(root) as project:
        return {one.path: one for one in discover(project, config)}


def test_aiaudit_yaml_speaks_before_a_manifest_and_the_name(tmp_path: Path) -> None:
    package = json.dumps({"resources": [{"name": "test", "path": "train.csv"}]})
    own = "datasets:\n- {name: orders, path: data/train.csv, role: validation, label: a, id: id}\n"
    one = found(tmp_path, {"data/train.csv": ROWS, "data/datapackage.json": package, "aiaudit.yaml": own})
    orders = one["data/train.csv"]
    assert (orders.name, orders.role, orders.label, orders.ids) == ("orders", "validation", "a", ("id",))
    assert orders.provenance == "aiaudit.yaml"


def test_each_manifest_names_its_sets(tmp_path: Path) -> None:
    croissant = {"recordSet": [], "distribution": [{"name": "test", "contentUrl": "c/one.csv"}]}
    package = {"resources": [{"name": "p", "path": "two.csv", "schema": {"primaryKey": "id"}}]}
    dbt = "seeds:\n- name: three\n  columns:\n  - {name: id, tests: [unique]}\n"
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n  - {split: validation, path: h/*.csv}\n---\n# Card\n"
    dvc = "outs:\n- {md5: 0, path: five.csv}\n"
    seen = found(
        tmp_path,
        {
            "croissant.json": json.dumps(croissant),
            "c/one.csv": ROWS,
            "p/datapackage.json": json.dumps(package),
            "p/two.csv": ROWS,
            "seeds/schema.yml": dbt,
            "seeds/three.csv": ROWS,
            "README.md": card,
            "h/four.csv": ROWS,
            "v/five.csv.dvc": dvc,
            "v/five.csv": ROWS,
        },
    )
    told = {path: (one.role, one.ids, one.provenance.partition(" (")[0]) for path, one in seen.items()}
    assert told == {
        "c/one.csv": ("test", (), "Croissant"),
        "p/two.csv": ("", ("id",), "datapackage.json"),
        "seeds/three.csv": ("", ("id",), "dbt"),
        "h/*.csv" if "h/*.csv" in told else "h/four.csv": ("validation", (), "dataset card"),
        "v/five.csv": ("", (), "DVC"),
    }


def test_what_is_declared_and_not_here_is_unread(tmp_path: Path) -> None:
    seen = found(tmp_path, {"dvc.lock": "stages: {prepare: {outs: [{path: data/train.csv, md5: 0}]}}\n"})
    assert seen["data/train.csv"].unread == "declared, but the file is not here"
    assert seen["data/train.csv"].role == "train"


def test_a_folder_or_a_glob_that_the_project_file_declares_and_that_holds_nothing_is_unread(tmp_path: Path) -> None:
    declared = "datasets:\n- {name: a, path: data/pictures}\n- {name: b, path: 'in/*.csv'}\n- {name: c, path: src/}\n"
    seen = found(
        tmp_path, {"aiaudit.yaml": declared, "src/a.bin": "x", "dvc.lock": "stages: {p: {outs: [{path: raw}]}}\n"}
    )
    assert {one.path for one in seen.values() if one.unread} == {"data/pictures", "in/*.csv"}


def test_a_manifest_cannot_lead_out_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(ROWS)
    package = {"resources": [{"path": "../secret.csv"}, {"path": "/etc/passwd"}, {"path": "https://host/x.csv"}]}
    assert found(tmp_path / "project", {"datapackage.json": json.dumps(package)}) == {}


def test_shards_are_one_set_and_other_columns_another(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"data/part-{n:03}.csv": ROWS for n in range(12)}
    seen = found(tmp_path, {**files, "data/other.csv": "x,y\n1,2\n"})
    assert {path: len(one.files) for path, one in seen.items()} == {"data/*.csv": 12, "data/other.csv": 1}


def test_settings_lists_and_fixtures_are_no_data(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "requirements.txt": "pandas\n",
        "data/config.json": '{"a": 1}',
        "tests/data/orders.csv": ROWS,
        "assets/filters.npz": b"PK\x03\x04" + bytes(50),
        "data/empty.csv": "",
        "session_store.db": b"SQLite format 3\x00" + bytes(100),
        "feast/data/registry_local.db": b"\x0a" * 90,
    }
    assert found(tmp_path, files) == {}


def _remote(digest: str) -> str:
    return f"remote/files/md5/{digest[:2]}/{digest[2:]}"


def test_data_in_a_dvc_remote_of_the_tree_has_its_own_name(tmp_path: Path) -> None:
    folder, rows, old = "c" * 32 + ".dir", "a" * 32, "b" * 32
    files: dict[str, str | bytes] = {
        ".dvc/config": "[core]\n    remote = here\n['remote \"here\"']\n    url = ../remote\n",
        "data.dvc": f"outs:\n- md5: {folder}\n  path: data\n",
        _remote(folder): f'[{{"md5": "{rows}", "relpath": "train.csv"}}, {{"md5": "{old}", "relpath": "../out.csv"}}]',
        _remote(rows): "x,y\n1,0\n2,1\n",
        _remote(old): "x,y\n3,0\n",
    }
    sets = found(tmp_path, files)
    assert list(sets) == [_remote(rows)]
    one = sets[_remote(rows)]
    assert (one.name, one.format, one.role, one.unread) == ("data/train.csv", "csv", "train", "")


def test_a_remote_elsewhere_is_not_looked_for(tmp_path: Path) -> None:
    rows = "a" * 32
    for number, url in enumerate(("s3://bucket/remote", "../../remote", "/remote", "..")):
        files: dict[str, str | bytes] = {
            ".dvc/config": f"['remote \"there\"']\n    url = {url}\n",
            "rows.csv.dvc": f"outs:\n- md5: {rows}\n  path: rows.csv\n",
            _remote(rows): "x,y\n1,0\n",
        }
        sets = found(tmp_path / str(number), files)
        assert [one.unread for one in sets.values()] == ["declared, but the file is not here"]


def test_what_is_checked_out_counts_once(tmp_path: Path) -> None:
    rows = "a" * 32
    files: dict[str, str | bytes] = {
        ".dvc/config": "['remote \"here\"']\n    url = ../remote\n",
        "rows.csv.dvc": f"outs:\n- md5: {rows}\n  path: rows.csv\n",
        "rows.csv": "x,y\n1,0\n",
        _remote(rows): "x,y\n1,0\n",
    }
    assert list(found(tmp_path, files)) == ["rows.csv"]
