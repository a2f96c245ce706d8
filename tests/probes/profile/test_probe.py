"""`data.profile`: what it measures, on sound and on hostile files."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from aiaudit.data import duckdb_engine, duckdb_open
from aiaudit.model.fact import Fact, State
from aiaudit.model.types import Unknown, as_json
from aiaudit.probes.profile import measuring
from aiaudit.probes.profile.probe import ProfileProbe, ProfileQuery, What
from aiaudit.reports.schema_data import DataSection
from tests.probes.support import context

ORDERS = "id,price,region,bought\n" + "".join(f"{i},{i * 7 % 41},{'nsew'[i % 4]},{i % 2}\n" for i in range(40))


def ask(root: Path, what: What, files: dict[str, str | bytes] | None = None, **options: Any) -> Fact:
    asked = context(root, files, **options)
    with asked.project:
        return ProfileProbe().answer("fact", ProfileQuery(what=what), asked)


def sets(root: Path, files: dict[str, str | bytes] | None = None) -> dict[str, dict[str, Any]]:
    return {one["path"]: one for one in ask(root, "sets", files).value}


def test_without_data_nothing_is_measured_and_nothing_imported(tmp_path: Path) -> None:
    fact = ask(tmp_path, "sets", {"main.py": "import pandas\n"})
    assert (fact.state, fact.value) == (State.ABSENT, [])


def test_a_set_is_measured(tmp_path: Path) -> None:
    one = sets(tmp_path, {"data/orders.csv": ORDERS})["data/orders.csv"]
    assert (one["rows"], one["columns"], one["duplicates"], one["unread"]) == (40, 4, 0, "")


def test_the_label_is_what_code_calls_y(tmp_path: Path) -> None:
    code = 'frame = read()\ny = frame["bought"]\n'
    assert sets(tmp_path, {"data/orders.csv": ORDERS, "train.py": code})["data/orders.csv"]["label"] == "bought"


def test_the_label_may_be_called_y_in_capitals(tmp_path: Path) -> None:
    code = 'data = read()\nX = data.drop("bought", axis=1)\nY = data["bought"]\n'
    assert sets(tmp_path, {"data/orders.csv": ORDERS, "train.py": code})["data/orders.csv"]["label"] == "bought"


def test_two_names_for_the_label_tell_none(tmp_path: Path) -> None:
    code = 'y = frame["bought"]\ny = frame["price"]\n'
    assert sets(tmp_path, {"data/orders.csv": ORDERS, "train.py": code})["data/orders.csv"]["label"] == ""


def test_the_section_has_the_shape_of_aiaudit_data(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"data/train.csv": ORDERS, "data/test.csv": ORDERS, "data/cut.parquet": b"PAR1"}
    section = as_json(ask(tmp_path, "report", files).value)
    DataSection.model_validate(section)
    cut, test, _ = section["datasets"]
    assert (cut["rows"], cut["malformed"]["count"], cut["columns"]) == (None, None, [])
    assert (test["rows"], section["pairs"][0]["overlap_rows"]) == (40, 40)
    assert any("cut.parquet" in note for note in section["notes"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data/cut.parquet", b"PAR1" + bytes(200)),
        ("data/broken.sqlite", b"SQLite format 3\x00" + b"\xff" * 600),
        ("data/zeros.csv", bytes(5000)),
        ("data/pointer.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
        ("data/noise.csv.gz", b"\x1f\x8b" + os.urandom(400)),
        ("data/lines.jsonl", b"{]\n" * 50),
        ("data/table.xlsx", b"PK\x03\x04" + bytes(100)),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_measured(
    tmp_path: Path, name: str, content: bytes
) -> None:
    found = sets(tmp_path, {name: content, "data/orders.csv": ORDERS})
    assert found["data/orders.csv"]["rows"] == 40
    assert found[name]["unread"] or found[name]["rows"] == 0 or found[name]["malformed"] != 0


def test_a_column_name_cannot_be_sql(tmp_path: Path) -> None:
    evil = ORDERS.replace("price", '"""; drop table x; --"')
    columns = [one["column"] for one in ask(tmp_path, "columns", {"data/orders.csv": evil}).value]
    assert columns == ["id", '"; drop table x; --', "region", "bought"]


def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "outside.csv"
    secret.write_text(ORDERS)
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    (root / "data" / "link.csv").symlink_to(secret)
    os.mkfifo(root / "data" / "pipe.csv")
    assert sets(root, {"data/orders.csv": ORDERS}).keys() == {"data/orders.csv"}


def test_a_file_that_is_swapped_for_a_link_after_the_walk_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "project"
    asked = context(root, {"data/orders.csv": ORDERS})
    outside = tmp_path / "outside.csv"
    outside.write_text(ORDERS)
    (root / "data" / "orders.csv").unlink()
    (root / "data" / "orders.csv").symlink_to(outside)
    with asked.project:
        fact = ProfileProbe().answer("fact", ProfileQuery(what="sets"), asked)
    assert fact.value[0]["unread"]


def test_a_crash_of_the_engine_costs_one_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = duckdb_open.open_files

    def crash(connection: Any, source: Any, *rest: Any) -> Any:
        if "crash" in source.path:
            os.abort()
        return opened(connection, source, *rest)

    monkeypatch.setattr(duckdb_engine, "open_files", crash)
    found = sets(tmp_path, {"data/crash.csv": ORDERS, "data/orders.csv": ORDERS})
    assert found["data/crash.csv"]["unread"] == "the scanner crashed on this file"
    assert isinstance(found["data/crash.csv"]["rows"], Unknown)
    assert found["data/orders.csv"]["rows"] == 40


def test_the_same_bytes_are_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIAUDIT_CACHE_DIR", str(tmp_path / "cache"))
    files: dict[str, str | bytes] = {"data/train.csv": ORDERS, "data/test.csv": ORDERS}
    first = ask(tmp_path / "project", "overlaps", files, cache=True)

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("measured again")

    monkeypatch.setattr(measuring, "_answers", never)
    (tmp_path / "project" / "main.py").write_text("print()\n")
    again = ask(tmp_path / "project", "overlaps", cache=True)
    assert as_json(again.value) == as_json(first.value)
    (tmp_path / "project" / "data" / "test.csv").write_text(ORDERS + "99,1,n,1\n")
    with pytest.raises(AssertionError, match="measured again"):
        ask(tmp_path / "project", "overlaps", cache=True)


def test_splits_are_compared_whole(tmp_path: Path) -> None:
    head, *rows = ORDERS.splitlines(keepends=True)
    test = head + "".join(rows[:3]).replace("0,", "70,", 1)
    one = ask(tmp_path, "overlaps", {"data/train.csv": ORDERS, "data/test.csv": test}).value[0]
    assert (one["set"], one["other"], one["rows"]) == ("data/test.csv", "data/train.csv", 3)


def test_no_value_of_a_personal_column_leaves(tmp_path: Path) -> None:
    people = "name,email,spent\n" + "".join(f"Zoe Marsh,zoe.marsh{i}@gmail.com,{i}\n" for i in range(60))
    for what in ("report", "sets", "columns", "faults", "personal", "slices", "features"):
        fact = ask(tmp_path, what, {"data/people.csv": people})
        assert "marsh" not in str(as_json(fact.value)).lower()


def test_a_small_file_has_little_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of columns in a file of 150 KB took minutes; a set beside it is measured."""
    assert measuring.seconds_for(150_000) < 70
    assert measuring.seconds_for(1_000_000_000) == 600
    monkeypatch.setattr(measuring, "_LEAST_SECONDS", 1.5)
    rows = "".join(json.dumps({f"k{row}_{n}": n for n in range(100)}) + "\n" for row in range(50))
    began = time.process_time() + sum(os.times()[2:4])
    found = sets(tmp_path, {"data/wide.jsonl": rows, "data/orders.csv": ORDERS})
    assert time.process_time() + sum(os.times()[2:4]) - began < 40
    assert found["data/wide.jsonl"]["unread"] == "took too long"
    assert found["data/orders.csv"]["rows"] == 40
