"""Personal data: found where it is, not where it only looks so; never shown."""

from __future__ import annotations

import json
import random

import duckdb
import pytest

from aiaudit.data.personal import hint_of, names_of_people
from aiaudit.data.personal_numbers import numbers_in
from aiaudit.data.report.html import render as as_page
from aiaudit.data.report.markdown import render as as_markdown
from aiaudit.data.report.terminal import render as on_terminal
from aiaudit.model.records import plain

CARDS = ["4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011111111111117", "2223003122003222"]
IBANS = ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR1420041010050500013M02606"]
PHONES = ["+49 30 901820", "+1 212-555-2368", "+44 20 7946 0958"]


def luhn(digits: str) -> str:
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def found(measured, tmp_path, name, values, kind="VARCHAR"):
    path = tmp_path / "p.parquet"
    connection = duckdb.connect()
    connection.execute(f'CREATE TABLE t ("{name}" {kind})')
    connection.executemany("INSERT INTO t VALUES (?)", [[v] for v in values])
    connection.execute(f"COPY t TO '{path}'")
    connection.close()
    report = measured(path)
    return report.datasets[0].columns[0].personal, report


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("email", [f"jane.doe{i}@mail.example.org" for i in range(20)]),
        ("card", [luhn(f"4{i:014}") for i in range(20)]),
        ("card", [f"paid with {CARDS[i % 5]} on day {i}" for i in range(20)]),
        ("iban", [IBANS[i % 3] for i in range(20)]),
        ("phone", [f"call {PHONES[i % 3]} now" for i in range(20)]),
        ("national_id", [f"{i + 101:03}-45-{i + 6789:04}" for i in range(20)]),
        ("national_id", ["RSSMRA85T10A562S"] * 20),
        ("national_id", ["12345678Z"] * 20),
        ("national_id", ["131052-308T"] * 20),
        ("national_id", ["529.982.247-25"] * 20),
        ("ip", [f"81.2.{i}.{200 - i}" for i in range(20)]),
        ("ip", [f"2a02:8109:{i + 10:x}::1" for i in range(20)]),
        ("handle", [f"@kim_{i} thanks for the day!" for i in range(20)]),
        ("handle", [f"RT @lee{i}: with @artmuseum (and @kim{i})." for i in range(20)]),
    ],
)
def test_what_is_personal_is_found(measured, tmp_path, kind, values):
    personal, _ = found(measured, tmp_path, "field", values)
    assert (personal.kind, personal.count, personal.share) == (kind, len(values), 1.0)


DRAW = random.Random(5)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("brand", [f"@artmuseum what a day {i}" for i in range(50)]),
        ("masked", [f"@USER thanks, @username {i} @anonymized" for i in range(50)]),
        ("decorators", [f"@app.get('/{i}') and @cached_{i}(60) of @scope{i}/package" for i in range(50)]),
        ("code", [f"@Check{i}\npublic void run() {{\n  go();\n}}" for i in range(50)]),
        ("hosts", [f"somebody@host{i} or a@b{i}" for i in range(50)]),
        ("few", [f"@kim{i % 4} was here {i}" for i in range(50)]),
        ("browser", [f"Mozilla/5.0 (X11) Chrome/{100 + i}.0.0.0 Safari/537.36" for i in range(50)]),
        ("version", [f"1.{i}.0.{i % 9}" for i in range(50)]),
        ("private", [f"192.168.{i}.{i + 100}" for i in range(50)]),
        ("number16", [str(DRAW.randrange(4 * 10**15, 5 * 10**15)) for _ in range(400)]),
        ("number9", [f"{DRAW.randrange(10**9):09}" for _ in range(400)]),
        ("number11", [f"{DRAW.randrange(10**11):011}" for _ in range(400)]),
        ("ratio", [f"0.{DRAW.randrange(4 * 10**15, 5 * 10**15)}" for _ in range(400)]),
        ("day", [f"2024-01-{i % 28 + 1:02}" for i in range(50)]),
        ("time", [f"12:{i % 60:02}:45" for i in range(50)]),
        ("token", [f"{DRAW.randrange(16**32):032x}" for _ in range(200)]),
        ("product_name", [f"Lamp {i}" for i in range(50)]),
        ("file_name", [f"image_{i}.png" for i in range(50)]),
        ("handle", ["@user"] * 50),
        ("few", ["a@b.org"] * 3 + ["x"] * 50),
        ("talk", [f"Talks of {2000 + i % 20}:: part {i}" for i in range(50)]),
        ("rare", ["a@b.org"] * 6 + ["x"] * 900),
    ],
)
def test_what_only_looks_so_is_not(measured, tmp_path, name, values):
    assert found(measured, tmp_path, name, values)[0] is None


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("first_name", ["Ann", "Ben", "Cleo"] * 10, "name"),
        ("HomeAddress", ["1 Main St", "2 Oak Ave"] * 10, "address"),
        ("phone", ["030 901820", "(212) 555-2368"] * 10, "phone"),
        ("bsn", ["111222333", "123456782"] * 10, "national_id"),
        ("client_ip", ["81.2.3.4", "81.2.3.5"] * 10, "ip"),
    ],
)
def test_names_of_columns_count(measured, tmp_path, name, values, kind):
    assert found(measured, tmp_path, name, values)[0].kind == kind


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ip_address", "ip"),
        ("emailAddress", "email"),
        ("memory_address", None),
        ("ship_id", None),
        ("DateOfBirth", "birth_date"),
        ("telemetry", None),
        ("street", "address"),
    ],
)
def test_hints(name, hint):
    assert hint_of(name) == hint


def test_numbers_hold_cards_too_and_their_extremes_are_not_told(measured, tmp_path):
    cards = [int(luhn(f"4{i:014}")) for i in range(50)]
    personal, report = found(measured, tmp_path, "payment", cards, "BIGINT")
    assert personal.kind == "card"
    text = json.dumps(plain(report))
    assert not any(str(card) in text for card in cards)
    column = report.datasets[0].columns[0]
    assert (column.min, column.max, column.mean, column.quantiles, column.histogram) == (None, None, None, None, None)


def test_dates_of_birth(measured, tmp_path):
    assert found(measured, tmp_path, "dob", ["1980-01-02", "1990-05-06"] * 5, "DATE")[0].kind == "birth_date"


def test_values_are_in_no_output(measured, tmp_path):
    rows = [
        {
            "email": f"jane{i}@mail.example.org",
            "label": f"jane{i % 2}@mail.example.org",
            "note": {"tel": "+49 30 901820"},
        }
        for i in range(60)
    ]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    report = measured(tmp_path / "train.jsonl")
    assert [c.personal.kind for c in report.datasets[0].columns] == ["email", "email", "phone"]
    for text in (json.dumps(plain(report)), on_terminal(report), as_page(report), as_markdown(report)):
        assert "jane" not in text
        assert "901820" not in text


@pytest.mark.parametrize("text", CARDS)
def test_card_numbers(text):
    assert next((n.scheme, n.valid) for n in numbers_in(f"no. {text}.")) == ("card", True)


@pytest.mark.parametrize("text", ["4111111111111112", "0.4111111111111111", "x4111111111111111", "9111111111111111"])
def test_no_card_numbers(text):
    assert not any(n.valid for n in numbers_in(text) if n.kind == "card")


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        (["PassengerId", "Name", "Sex", "Age"], {"Name"}),
        (["name", "gender", "date_of_birth"], {"name"}),
        (["name", "age", "height"], set()),
        (["file_name", "sex", "age"], set()),
        (["name", "page", "essex"], set()),
        (["Observer Name", "length"], {"Observer Name"}),
        (["studentName", "driver_names", "user_name"], {"studentName", "driver_names", "user_name"}),
        (["device_name", "student_id", "model_name", "name_of_driver"], set()),
    ],
)
def test_a_bare_name_is_a_persons_beside_sex_and_age(columns, named):
    assert names_of_people(columns) == named


@pytest.mark.parametrize("text", ["611857364396965889", "614484565059596288", "830000199001011234"])
def test_an_identifier_over_which_a_library_stumbles_is_no_number_of_a_person(text):
    assert not any(n.valid for n in numbers_in(text) if n.scheme.startswith("national_id:cn"))
