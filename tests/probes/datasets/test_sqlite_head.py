"""What the first page of an SQLite file tells of its tables; nothing where it does not tell all."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.probes.datasets.header import read_head
from aiaudit.probes.datasets.sqlite_head import sqlite_columns


def made(path, *statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("page", ["1024", "4096", "65536"])
def test_columns_of_all_tables(tmp_path, page):
    data = made(
        tmp_path / "a.db",
        f"PRAGMA page_size = {page}",
        "CREATE TABLE plans (id TEXT PRIMARY KEY, made_at TEXT DEFAULT CURRENT_TIMESTAMP, cost REAL CHECK (cost > 0))",
        'CREATE TABLE "people" ("full name" TEXT, `e-mail` TEXT, [age] INT, -- of the person\n UNIQUE (`e-mail`))',
        "CREATE INDEX by_cost ON plans (cost)",
    )
    assert sqlite_columns(data[: 64 * 1024]) == ("id", "made_at", "cost", "full name", "e-mail", "age")
    assert read_head(".sqlite3", data).columns == ("id", "made_at", "cost", "full name", "e-mail", "age")


def test_letters_of_another_encoding(tmp_path):
    data = made(tmp_path / "a.db", "PRAGMA encoding = 'UTF-16le'", "CREATE TABLE t (größe INT, b DECIMAL(4, 2))")
    assert sqlite_columns(data) == ("größe", "b")


def test_a_table_to_search_in(tmp_path):
    data = made(tmp_path / "a.db", "CREATE VIRTUAL TABLE texts USING fts5(title, body, tokenize='porter')")
    assert {"title", "body"} <= set(sqlite_columns(data) or ()) and "tokenize" not in (sqlite_columns(data) or ())


def test_a_schema_of_several_pages(tmp_path):
    tables = [f"CREATE TABLE t{n} (id_{n} INT, told_{n} TEXT)" for n in range(200)]
    data = made(tmp_path / "a.db", "PRAGMA page_size = 1024", *tables)
    assert data[100] == 0x05  # a page of pointers
    assert set(sqlite_columns(data) or ()) == {f"{part}_{n}" for n in range(200) for part in ("id", "told")}
    assert sqlite_columns(data[:4096]) is None


def test_what_goes_on_elsewhere_is_not_told(tmp_path):
    many = made(tmp_path / "a.db", *(f"CREATE TABLE t{n} (a INT, b INT)" for n in range(400)))
    long = made(tmp_path / "b.db", f"CREATE TABLE t ({', '.join(f'column_{n} INT' for n in range(900))})")
    empty = made(tmp_path / "c.db", "PRAGMA journal_mode = WAL")
    assert [sqlite_columns(data[: 64 * 1024]) for data in (many, long, empty)] == [None, None, None]
    assert sqlite_columns(b"no database" * 20) is None
    assert read_head(".db", b"\x00\x06\x15\x61" * 40).columns is None


def test_a_database_without_a_table_has_no_column(tmp_path):
    assert sqlite_columns(made(tmp_path / "a.db", "CREATE TABLE t (a INT)", "DROP TABLE t")) == ()


@given(st.binary(max_size=400), st.integers(0, 399), st.binary(min_size=1, max_size=8))
def test_damaged_pages_end_quietly(rest, at, change):
    data = bytearray(b"SQLite format 3\x00" + b"\x02\x00" + bytes(82) + b"\x0d\x00\x00\x00\x02" + rest)
    data[at : at + len(change)] = change
    assert sqlite_columns(bytes(data)) is None or isinstance(sqlite_columns(bytes(data)), tuple)


_PAGE = b"SQLite format 3\x00" + b"\x02\x00" + bytes(82) + b"\x0d\x00\x00\x00\x02" + bytes(407)


def test_a_page_that_claims_what_it_cannot_hold_ends_quietly_and_at_once() -> None:
    head = bytearray(_PAGE)
    head[16:18] = b"\x00\x00"  # a page of no size
    assert sqlite_columns(bytes(head)) is None
    head = bytearray(_PAGE)
    head[56:60] = b"\x01\x00\x00\x00"  # a code for letters that there is not
    assert sqlite_columns(bytes(head)) is None
    head = bytearray(_PAGE.ljust(65536, b"\x7f"))
    head[16:18], head[103:105] = b"\x00\x01", b"\xff\xff"
    assert sqlite_columns(bytes(head)) is None
