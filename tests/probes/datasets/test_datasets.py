"""Data files, schemas, versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import State
from aiaudit.model.types import Unknown
from aiaudit.probes.datasets.files import DataFilesProbe, FilesQuery, use_of
from aiaudit.probes.datasets.header import kinds_of, read_head, snake
from aiaudit.probes.datasets.schemas import SchemasProbe, SchemasQuery, VersionsProbe, VersionsQuery
from aiaudit.probes.registry import get

from ..support import context


def data_files(root: Path, files: dict[str, str | bytes], **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = DataFilesProbe().answer("d", FilesQuery(**query), context(root, files)).value
    return found


def test_formats_uses_and_columns(tmp_path: Path) -> None:
    found = data_files(
        tmp_path,
        {
            "data/train.csv": "id,age,Email\n1,30,a@acme.io\n",
            "data/test.jsonl": '{"text": "x", "label": 1}\n',
            "data/rows.parquet": b"PAR1" + b"\0" * 20,
            "data/list.json": '[{"a": 1, "b": 2}]',
            "churn.csv": "a;b;c\n1;2;3\n",
            "package.json": "{}",
            "data/README.md": "x",
            "src/app.py": "",
        },
    )
    told = {one["path"]: (one["format"], one["use"], one["columns"]) for one in found}
    assert told["data/train.csv"] == ("csv", "train", ["id", "age", "Email"])
    assert told["data/test.jsonl"] == ("jsonl", "test", ["text", "label"])
    assert told["data/rows.parquet"][0] == "parquet"
    assert isinstance(told["data/rows.parquet"][2], Unknown)
    assert told["data/list.json"] == ("json", "", ["a", "b"])
    assert told["churn.csv"] == ("csv", "", ["a", "b", "c"])
    assert len(told) == 5
    train = next(one for one in found if one["path"] == "data/train.csv")
    assert (train["names_people"], train["about_people"], train["emails"]) == (["Email"], ["age"], 1)


def test_what_is_declared_of_a_file(tmp_path: Path) -> None:
    declared = (
        "datasets:\n- {name: t, path: data/t.csv, role: reference, licence: MIT, source: made, schema: s.json}\n"
        "- {name: d, path: more}\n"
    )
    files = {
        "aiaudit.yaml": declared,
        "data/t.csv": "a,b\n1,2\n",
        "more/x.csv": "a,b\n1,2\n",
        "data/u.csv": "a,b\n1,2\n",
    }
    found = {one["path"]: one for one in data_files(tmp_path, dict(files))}
    told = found["data/t.csv"]
    assert (told["declared"], told["use"], told["licence"], told["source"], told["schema"]) == (
        True, "reference", "MIT", "made", "s.json",
    )  # fmt: skip
    assert (found["more/x.csv"]["declared"], found["data/u.csv"]["declared"]) == (True, False)


def test_ignored_files_and_tests_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        ".gitignore": "big.csv\n",
        "big.csv": "a,b\n1,2\n",
        "tests/fixture.csv": "a,b\n1,2\n",
        "empty.csv": "",
    }
    assert data_files(tmp_path, files) == []
    assert [one["path"] for one in data_files(tmp_path, files, ignored=True)] == ["big.csv"]


@pytest.mark.parametrize(
    ("path", "use"),
    [
        ("data/train.csv", "train"),
        ("data/X_test.csv", "test"),
        ("data/validation/part-0.parquet", "validation"),
        ("monitoring/reference_sample.csv", "reference"),
        ("data/latest.csv", ""),
        ("contest/rows.csv", ""),
        ("data/trainTest.csv", "train"),
    ],
)
def test_use_by_name(path: str, use: str) -> None:
    assert use_of(path) == use


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a,b\n1,2\n", ("a", "b")),
        ("\n\na,b\n1,2\n", ("a", "b")),
        ('"first name",x\n', ("first name", "x")),
        ("1,2,3\n4,5,6\n", None),
        ("0,1,2,price\n5,6,7,8\n", ("0", "1", "2", "price")),
        ("", None),
        ("a,a\n", None),
        ("the quick brown fox jumps over the lazy dog and runs away again far\n", None),
    ],
)
def test_csv_headers(text: str, columns: tuple[str, ...] | None) -> None:
    assert read_head(".csv", text.encode()).columns == columns


def test_json_heads() -> None:
    assert read_head(".json", b'{"rows": {"a1": {"x": 1}}').columns == ("rows", "a1", "x")
    assert read_head(".jsonl", b"not json\n").columns is None
    assert read_head(".npz", b"").columns == ()
    assert read_head(".csv", b"mail\n" + b"a@acme.io b@acme.io a@acme.io x@example.com\n").emails == 2


def test_prose_is_no_table() -> None:
    assert read_head(".txt", b"Madam Speaker, Madam Vice President, our First Lady.\nLast year, apart.\n").columns == ()
    assert read_head(".txt", b"name\tage\nx\t3\ny\t4\n").columns == ("name", "age")


def test_columns_about_people() -> None:
    names, about, decides = kinds_of(("Surname", "EstimatedSalary", "loan_status", "V1", "nickname", "message", "Age"))
    assert (names, about, decides) == (("Surname", "nickname"), ("EstimatedSalary", "Age"), ("loan_status",))
    assert snake("Date of Birth") == "date_of_birth"


def schemas(root: Path, files: dict[str, str | bytes]) -> list[tuple[str, str, int, int]]:
    value = SchemasProbe().answer("s", SchemasQuery(), context(root, files)).value
    return [(one["path"], one["kind"], one["columns"], one["constrained"]) for one in value]


def test_schema_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "t.schema.json": json.dumps({"properties": {"a": {"type": "integer", "minimum": 0}, "b": {"type": "string"}}}),
        "gx/expectations/suite.json": json.dumps(
            {"expectations": [{"expectation_type": "x", "kwargs": {"column": "a"}}, {"kwargs": {"column": "a"}}]}
        ),
        "dbt/models/schema.yml": "models:\n- name: m\n  columns:\n  - name: a\n    tests: [unique]\n  - name: b\n",
        "croissant.json": json.dumps(
            {"recordSet": [{"name": "r", "field": [{"dataType": "t", "description": "d"}, {"dataType": "t"}]}]}
        ),
        "datapackage.json": json.dumps(
            {"resources": [{"path": "a.csv", "schema": {"fields": [{"name": "a", "constraints": {"minimum": 1}}]}}]}
        ),
        "u.avsc": json.dumps({"fields": [{"name": "a", "type": "int"}, {"name": "b", "type": ["null", "int"]}]}),
        "README.md": "---\ndataset_info:\n  features:\n  - {name: a, dtype: int}\n---\n# x\n",
        "docs/columns.md": "# Data\n\n| Column | Type | Description |\n|---|---|---|\n"
        "| a | int | the a |\n| b | int | b |\n",
        "other.json": "{}",
        "broken.schema.json": "{",
    }
    assert schemas(tmp_path, files) == [
        ("README.md", "dataset-card", 1, 1),
        ("croissant.json", "croissant", 2, 1),
        ("datapackage.json", "frictionless", 1, 1),
        ("dbt/models/schema.yml", "dbt", 2, 1),
        ("docs/columns.md", "dictionary", 2, 2),
        ("gx/expectations/suite.json", "great-expectations", 1, 1),
        ("t.schema.json", "json-schema", 2, 1),
        ("u.avsc", "avro", 2, 1),
    ]


def test_versions(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "data/raw.csv.dvc": "outs:\n- md5: 0123456789abcdef0123456789abcdef\n  path: raw.csv\n",
        "dvc.lock": "schema: '2.0'\nstages:\n  prep:\n    cmd: x\n    outs:\n    - path: data/o.csv\n      md5: abc\n",
        ".gitattributes": "*.bin filter=lfs diff=lfs\n*.txt text\n",
    }
    fact = VersionsProbe().answer("v", VersionsQuery(), context(tmp_path, files))
    assert [(one["tool"], one["of"], one["line"]) for one in fact.value] == [
        ("dvc", "data/raw.csv", 2),
        ("dvc", "data/o.csv", 6),
        ("git-lfs", "*.bin", 1),
    ]
    assert VersionsProbe().answer("v", VersionsQuery(), context(tmp_path / "b", {"a": ""})).state is State.ABSENT


def test_the_probes_are_registered() -> None:
    for name, probe in (
        ("datasets.files", DataFilesProbe),
        ("datasets.schemas", SchemasProbe),
        ("datasets.versions", VersionsProbe),
    ):
        assert isinstance(get(name), probe)
