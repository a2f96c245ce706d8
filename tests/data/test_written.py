"""What a reader cannot type and a person must know: how values are written, what is missing, how two sets differ."""

from __future__ import annotations

import datetime as dt
import gzip
import json

import pytest

from aiaudit.data.dates import no_such_day
from aiaudit.data.model import Column, Dataset, IdColumn, Label, Pair, Report
from aiaudit.data.numbers_as_text import way_of
from aiaudit.data.personal import hint_of
from aiaudit.data.profile import _counted, age_of
from aiaudit.data.report.figures import extent, number
from aiaudit.data.report.markdown import render as as_markdown
from aiaudit.data.report.problems import problems_of
from aiaudit.probes.profile.rows_faults import _column_faults


def told(report: Report, column: str = "") -> list[str]:
    return [problem.text for problem in problems_of(report) if not column or problem.column == column]


@pytest.mark.parametrize(
    ("way", "values"),
    [
        ("1234,56", ["12,50", "1034,5", "7,00", "3"]),
        ("1.234,56", ["1.234,56", "12.345,00", "1.000.000,10"]),
        ("1,234.56", ["$1,234.56", "$12,000", "$1,999,999.00"]),
        ("1'234.56", ["1'234.50", "12'000.00", "CHF 1'000"]),
        ("$12", ["$12", "€ 7.50", "12 EUR"]),
        ("12 %", ["12 %", "7.5%", "0 %"]),
        ("007", ["00123", "12345", "04012"]),
        ("", ["12", "7.5", "1e3"]),
        ("", ["a, b", "c", "d,e"]),
        ("", ["044 668 18 00", "079 123 45 67"]),
        ("", ["1,2,3", "4,5,6"]),
        ("", ["2026-01-02", "2026-01-03"]),
    ],
)
def test_ways_of_writing_numbers(way, values):
    assert way_of(values * 10) == way


def test_numbers_of_another_country_and_words_for_missing_values_are_told(tmp_path, measured):
    rows = [f"{i};{i},5;{'NA' if i % 5 == 0 else 'null' if i % 5 == 1 else i};0{i:04}" for i in range(1, 501)]
    (tmp_path / "n.csv").write_text("id;price;score;code\n" + "\n".join(rows) + "\n")
    report = measured(tmp_path / "n.csv")
    columns = {c.name: c for c in report.datasets[0].columns}
    assert columns["score"].missing_words == pytest.approx(0.4)
    assert told(report, "price") == ["numbers stored as text, written like 1234,56"]
    assert "40.0 % of the texts stand for a missing value (NA, null, ? and the like)" in told(report, "score")
    assert columns["code"].type != "text" or told(report, "code") == []


def test_codes_with_zeros_in_front_are_rightly_texts(tmp_path, measured):
    (tmp_path / "z.jsonl").write_text("".join(json.dumps({"zip": f"{i:05}", "n": i}) + "\n" for i in range(500, 900)))
    report = measured(tmp_path / "z.jsonl")
    assert {c.name: c.number_format for c in report.datasets[0].columns}["zip"] == "007"
    assert told(report, "zip") == []
    (tmp_path / "t.jsonl").write_text("".join(json.dumps({"n": f"{i}"}) + "\n" for i in range(500, 900)))
    assert told(measured(tmp_path / "t.jsonl"), "n") == ["numbers stored as text: 100 % of the texts"]


def test_days_that_no_calendar_has(tmp_path, measured):
    assert no_such_day(["2026-02-31", "2026-01-31", "31.04.2026", "03/14/2026"]) == 0.5
    rows = [f"{i},2026-{'02-30' if i % 100 == 0 else f'01-{i % 28 + 1:02}'}" for i in range(1, 501)]
    (tmp_path / "d.csv").write_text("id,day\n" + "\n".join(rows) + "\n")
    assert told(measured(tmp_path / "d.csv"), "day") == ["days that no calendar has: 1.0 % of the dates looked at"]


def test_what_western_spreadsheets_write_is_read(tmp_path, measured):
    text = "id,city\n" + "".join(f"{i},Köln – “x” €\n" for i in range(50))
    (tmp_path / "w.csv").write_bytes(text.encode("cp1252"))
    (tmp_path / "g.csv.gz").write_bytes(gzip.compress(text.encode("cp1252")))
    report = measured(tmp_path)
    assert [(d.rows, d.columns[1].length_max) for d in report.datasets] == [(50, 12), (50, 12)]
    assert report.notes[1] == "w.csv: read as windows-1252: it is not UTF-8"
    (tmp_path / "b.csv").write_bytes(bytes(range(256)) * 20)
    assert "UTF-8" in measured(tmp_path / "b.csv").notes[0]


def test_lines_that_end_in_two_ways_are_read(tmp_path, measured):
    lines = [f"{i},{i}" + ("\n" if i % 2 else "\r\n") for i in range(200)]
    (tmp_path / "m.csv").write_bytes(("a,b\r\n" + "".join(lines)).encode())
    report = measured(tmp_path / "m.csv")
    assert (report.datasets[0].rows, report.datasets[0].columns[0].max) == (200, 199)
    assert report.notes == ("m.csv: its lines end in two ways",)


def test_no_count_of_distinct_values_exceeds_the_values():
    guess = Column("x", "number", null_fraction=0.5, distinct=1003)
    assert _counted(guess, [], 1000).distinct == 500
    ids = Column("id", "integer", null_fraction=0.0, distinct=1003)
    exact = _counted(ids, [IdColumn("id", 2)], 1000)
    assert (exact.distinct, exact.distinct_exact) == (998, True)


def test_a_date_is_some_whole_days_old():
    now = dt.datetime(2026, 11, 30, 20, tzinfo=dt.UTC)
    assert age_of(dt.datetime(2026, 8, 29, tzinfo=dt.UTC), now) == 93.0
    assert age_of(dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC), now) == 0.5


def test_rows_without_a_label_are_told():
    columns = (Column("y", "integer", null_fraction=0.25), Column("x", "number", null_fraction=0.25))
    report = Report((Dataset("a", "a", "csv", rows=200, columns=columns, label=Label("y", None)),))
    assert told(report) == ["25.0 % of the rows have no label"]


def test_beside_drift_new_columns_other_types_and_more_gaps_are_told():
    before = (Column("x", "number", null_fraction=0.0), Column("k", "integer", null_fraction=0.0))
    after = (Column("x", "integer", null_fraction=0.3), Column("k", "text", null_fraction=0.0), Column("n", "text"))
    pair = Pair("a.csv", "a.csv", "drift")
    sets = [
        Dataset("a.csv", "a.csv", "csv", role=role, rows=500, columns=columns)
        for role, columns in (("reference", before), ("current", after))
    ]
    assert told(Report(tuple(sets), (pair,))) == [
        "1 column is new in the second: n",
        "missing more often in the second: 0 %, then 30.0 %",
        "another type in the second: integer, then text",
    ]
    many = Pair("a.csv", "a.csv", "drift", missing_columns=tuple("abcdefg"))
    assert "7 columns missing in the second: a, b, c, d, e, …" in told(Report(pairs=(many,)))


def test_numbers_with_words_for_missing_ones_are_a_fault():
    column = {"column": "v", "path": "p", "line": 1, "set": "s", "missing": 0.0, "constant": False, "sentinel": "",
              "numeric_as_text": 0.8, "missing_words": 0.2, "is_label": False, "is_id": False}  # fmt: skip
    (fault,) = _column_faults(column, 1000)
    assert (fault["kind"], fault["measured"]) == ("words", "80.0 % are numbers")
    assert list(_column_faults({**column, "missing_words": 0.1}, 1000)) == []
    assert list(_column_faults({**column, "numeric_as_text": 0.2, "missing_words": 0.8}, 1000)) == []


def test_pages_for_people_have_the_columns_the_median_and_the_outliers(tmp_path, measured):
    rows = [f"{i},{i % 10 if i else 9999}" for i in range(200)]
    (tmp_path / "o.csv").write_text("id,v\n" + "\n".join(rows) + "\n")
    page = as_markdown(measured(tmp_path / "o.csv"))
    line = next(line for line in page.splitlines() if line.startswith("| v | integer"))
    assert "median 5, mean 54.49" in line
    assert "1 beyond 1.5 interquartile ranges" in line
    assert "median" not in extent(Column("v", "integer", min=1, max=3, mean=2.0, quantiles=(1, 1, 1, 2, 3, 3, 3)))


def test_long_whole_numbers_keep_their_digits():
    assert number(1_760_000_000) == "1,760,000,000"
    assert extent(Column("x", "text", length_max=0)) == "–"


@pytest.mark.parametrize("name", ["prénom", "Kundenname", "patienten_name"])
def test_names_of_people_in_other_languages(name):
    assert hint_of(name) == "name"


def test_a_broken_workbook_and_a_list_of_records_are_not_passed_over(tmp_path, measured):
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "rows.json").write_text(json.dumps([{"a": i} for i in range(20)]))
    (tmp_path / "settings.json").write_text('{"a": [{"b": 1}]}')
    report = measured(tmp_path)
    assert [(d.name, d.rows) for d in report.datasets] == [("book.xlsx", None), ("rows.json", 20)]
    assert report.notes == ("book.xlsx: not a workbook, or a broken one (CalamineError)",)


def test_a_table_without_a_header_is_told(tmp_path, measured):
    rows = "".join(f"{i},{i / 7:.3f},x\n" for i in range(100))
    (tmp_path / "n.csv").write_text(rows)
    assert measured(tmp_path / "n.csv").notes == ("n.csv: no header was found: columns are numbered from 0",)
    (tmp_path / "h.csv").write_text("column0,column1,column2\n" + rows)
    assert measured(tmp_path / "h.csv").notes == ()
