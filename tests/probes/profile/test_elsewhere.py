"""`aiaudit run --engine URL`: declared tables are measured there, files by the embedded engine, and it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aiaudit.cli.app import application
from aiaudit.cli.errors import UsageError
from aiaudit.model.types import Unknown
from aiaudit.probes.profile import elsewhere
from aiaudit.project.config import ConfigError
from tests.probes.profile.test_probe import ORDERS, ask

CONFIG = """
datasets:
- {name: train, table: shop.train, role: train, label: bought, id: id}
- {name: test, table: shop.test, role: test, label: bought, id: id}
"""
SET = "SELECT i AS id, i * 7 % 41 AS price, 'u' || (i % 9) AS region, i % 2 AS bought FROM range({}, {}) r(i)"


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """A database of two tables that share five rows."""
    import duckdb

    file = tmp_path / "wares.duckdb"
    with duckdb.connect(str(file)) as made:
        made.execute("CREATE SCHEMA shop")
        for name, start, end in (("train", 0, 300), ("test", 295, 400)):
            made.execute(f"CREATE TABLE shop.{name} AS {SET.format(start, end)}")
    return f"duckdb://{file}"


def project(root: Path, config: str = CONFIG) -> Path:
    root.mkdir()
    (root / "aiaudit.yaml").write_text(config)
    (root / "data").mkdir()
    (root / "data" / "orders.csv").write_text(ORDERS)
    (root / "train.py").write_text("model.fit(x, y)\n")
    return root


def run(*args: object) -> Any:
    return CliRunner().invoke(application(), ["run", *map(str, args)])


def result(root: Path, *args: object) -> dict[str, Any]:
    done = run(root, "--pack", "data", "-q", "-o", "-", *args)
    assert done.exit_code in (0, 1), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_declared_tables_are_measured_on_the_engine_and_files_here(tmp_path: Path, shop: str) -> None:
    root = project(tmp_path / "p")
    data = result(root, "--engine", shop, "--no-cache")["data"]
    rows = {one["name"]: one["rows"] for one in data["datasets"]}
    assert rows == {"train": 300, "test": 105, "data/orders.csv": 40}
    (pair,) = data["pairs"]
    assert (pair["a"], pair["b"], pair["overlap_rows"], pair["overlap_ids"]) == ("train", "test", 5, 5)
    said = "data/orders.csv: measured by the embedded engine (files: the named engine reads tables)"
    assert said in data["notes"]
    checks = {one["id"]: one for one in result(root, "--engine", shop)["checks"]}
    assert checks["DATA-004"]["status"] == "fail"


def test_what_a_table_holds_is_looked_at_each_time(tmp_path: Path, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(tmp_path / "cache"))
    root = project(tmp_path / "p")
    before = result(root, "--engine", shop)
    with duckdb.connect(shop.removeprefix("duckdb://")) as changed:
        changed.execute("DELETE FROM shop.test WHERE id < 300")
    after = result(root, "--engine", shop)
    assert (before["data"]["pairs"][0]["overlap_rows"], after["data"]["pairs"][0]["overlap_rows"]) == (5, 0)


def test_without_an_engine_a_table_is_unknown_and_the_result_is_what_it_was(tmp_path: Path) -> None:
    root = project(tmp_path / "p")
    data = result(root, "--no-cache")["data"]
    assert [one["rows"] for one in data["datasets"]] == [40, None, None]
    assert "shop.train: a table: it is measured where --engine names what holds it" in data["notes"]
    assert result(root, "--no-cache", "--engine", "duckdb://")["data"] == data


def test_a_table_that_is_not_there_is_named(tmp_path: Path, shop: str) -> None:
    root = project(tmp_path / "p", "datasets: [{name: gone, table: shop.gone}]")
    data = result(root, "--engine", shop)["data"]
    assert any(note.startswith("shop.gone: ") and "there is no such table" in note for note in data["notes"])


@pytest.mark.parametrize("table", ["pg_shadow", "pg_catalog.pg_authid", "INFORMATION_SCHEMA.tables", "db.sys.logins"])
def test_the_project_cannot_have_the_catalogue_of_a_server_read(tmp_path: Path, shop: str, table: str) -> None:
    fact = ask(tmp_path / "p", "sets", {"aiaudit.yaml": f"datasets: [{{name: x, table: {table}}}]"}, data_engine=shop)
    (one,) = fact.value
    assert isinstance(one["rows"], Unknown)
    assert one["unread"] == elsewhere._NO_CATALOGUE


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("oracle://x", "there is no such engine"),
        ("duckdb:///nowhere.duckdb", "there is no such file"),
        ("postgres://nobody@/none?host=/nowhere", "PostgreSQL does not answer"),
    ],
)
def test_an_engine_that_is_not_there_ends_the_run(tmp_path: Path, url: str, words: str) -> None:
    done = run(project(tmp_path / "p"), "--engine", url)
    assert isinstance(done.exception, ConfigError)  # which the program ends by with 2
    assert words in str(done.exception)


def test_saved_facts_and_an_engine_exclude_each_other(tmp_path: Path) -> None:
    assert isinstance(run("--facts", tmp_path / "f.json", "--engine", "duckdb://").exception, UsageError)
