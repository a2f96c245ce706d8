"""Declared schemas: what the readers understand, and counts equal to a brute-force reference on random data."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiaudit.data import schema_pandera, schema_readers
from aiaudit.data.conformance import hold
from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.model import Source
from aiaudit.data.schema import Demand, Schema, in_words


def said(schema, column):
    return {d.rule: d.value for d in schema.demands if d.column == column}


@pytest.fixture(scope="module")
def engine():
    made = DuckDBEngine(threads=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("schema")


ROW = st.fixed_dictionaries(
    {
        "n": st.none() | st.integers(-5, 5),
        "x": st.none() | st.floats(-3, 3).map(lambda x: round(x, 2)),
        "t": st.none() | st.sampled_from(["", "a", "ab", "abc", "7", " 8.5", "x9", "2024-02-30", "2024-02-29"]),
    }
)
DEMANDS = [
    Demand("n", "not_null"), Demand("n", "unique"), Demand("n", "least", -2), Demand("n", "below", 4),
    Demand("n", "values", ("-1", "0", "3")), Demand("n", "type", "boolean"), Demand("n", "type", "number"),
    Demand("x", "type", "integer"), Demand("x", "above", 0.5), Demand("x", "most", 1.25), Demand("x", "not_null"),
    Demand("t", "type", "integer"), Demand("t", "type", "number"), Demand("t", "type", "timestamp"),
    Demand("t", "values", ("a", "7")), Demand("t", "pattern", "^[a-z]+$"), Demand("t", "shortest", 2),
    Demand("t", "longest", 3), Demand("t", "unique"), Demand("t", "most", 8), Demand("t", "type", "text"),
]  # fmt: skip


def number(text):
    try:
        return float(text.strip())
    except ValueError:
        return None


def breaks(demand, value):
    """By definition, in plain Python; the reference of the engine's counts."""
    rule, limit = demand.rule, demand.value
    if rule == "type":
        if limit == "text":
            return not isinstance(value, str)
        if isinstance(value, str):
            if not value.strip():
                return False
            if limit == "timestamp":
                return value != "2024-02-29"
            n = number(value)
            return n is None or (limit == "integer" and n != int(n))
        if limit == "boolean":
            return value not in (0, 1)
        return limit == "integer" and value != int(value)
    if rule == "values":
        return value not in (limit if isinstance(value, str) else [float(one) for one in limit])
    if rule == "pattern":
        return re.search(limit, value) is None
    if rule in ("shortest", "longest"):
        return len(value) < limit if rule == "shortest" else len(value) > limit
    told = number(value) if isinstance(value, str) else value
    if told is None:
        return False
    return {"least": told < limit, "above": told <= limit, "most": told > limit, "below": told >= limit}[rule]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, min_size=3, max_size=30))
def test_counts_equal_a_brute_force_reference(engine, place, rows):
    fixed = [{"n": 1, "x": 0.5, "t": "abc"}, {"n": None, "x": None, "t": "~"}]  # the types are then the same each time
    rows = [*fixed, *rows]
    file = place / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    relation = engine.open(Source("rows", "rows.jsonl", (file,), "jsonl"))
    held = hold(engine, relation, len(rows), Schema("json-schema", "s.json", tuple(DEMANDS)))
    expected = {}
    for demand in DEMANDS:
        known = [row[demand.column] for row in rows if row[demand.column] is not None]
        if demand.rule == "not_null":
            count, of = len(rows) - len(known), len(rows)
        elif demand.rule == "unique":
            count, of = len(known) - len(set(known)), len(known)
        else:
            count, of = sum(breaks(demand, value) for value in known), len(known)
        if count:
            expected[demand.column, demand.rule, in_words(demand)] = (count, of)
    assert {(m.column, m.rule, m.declared): (m.count, m.of) for m in held.mismatches} == expected
    assert (held.checked, held.unchecked) == (len(DEMANDS), 0)


def test_what_cannot_be_counted_is_not_taken_as_kept(engine, place):
    file = place / "codes.csv"
    file.write_text("zip,price\n81234,3\n99999,4\n")
    relation = engine.open(Source("codes", "codes.csv", (file,), "csv"))
    demands = (Demand("zip", "pattern", r"^\d{5}$"), Demand("zip", "type", "text"), Demand("price", "pattern", "(?=x)"))
    held = hold(engine, relation, 2, Schema("frictionless", "p", demands))
    assert (held.checked, held.unchecked, held.mismatches) == (1, 2, ())


def test_columns_that_are_missing_or_too_many(engine, place):
    file = place / "few.csv"
    file.write_text("a,B\n1,2\n")
    relation = engine.open(Source("few", "few.csv", (file,), "csv"))
    demands = (Demand("a", "present"), Demand("b", "present"), Demand("b", "not_null"))
    found = hold(engine, relation, 1, Schema("frictionless", "p", demands, closed=True)).mismatches
    assert {(m.column, m.rule) for m in found} == {("b", "present"), ("B", "undeclared")}
    assert hold(engine, relation, 1, Schema("dbt", "p", demands, closed=True)).mismatches == ()


def test_json_schema():
    value = {
        "title": "orders", "type": "array", "items": {
            "required": ["id", "note"], "additionalProperties": False, "properties": {
                "id": {"type": "integer", "minimum": 1}, "note": {"type": ["string", "null"], "maxLength": 9},
                "when": {"type": "string", "format": "date-time"}, "kind": {"enum": ["a", "b", None]},
                "code": {"pattern": "^[A-Z]+$"},
            },
        },
    }  # fmt: skip
    text = json.dumps(value, indent=1)
    (schema,) = schema_readers.read(value, "orders.schema.json", text.splitlines())
    assert (schema.of, schema.closed) == ("orders", True)
    assert said(schema, "id") == {"present": None, "not_null": None, "type": "integer", "least": 1}
    assert said(schema, "note") == {"present": None, "type": "text", "longest": 9}
    assert said(schema, "when") == {"type": "timestamp"}
    assert said(schema, "kind") == {"values": ("a", "b")}
    line = next(d.line for d in schema.demands if d.column == "code")
    assert '"code"' in text.splitlines()[line - 1]


def test_dbt_with_old_and_new_tests():
    value = {
        "seeds": [
            {
                "name": "shops", "columns": [
                    {"name": "id", "data_type": "bigint", "tests": ["unique", "not_null"]},
                    {"name": "kind", "data_tests": [{"accepted_values": {"arguments": {"values": ["a", 2]}}}]},
                    {"name": "size", "tests": [{"dbt_utils.accepted_range": {"min_value": 0, "inclusive": False}}]},
                    {"name": "part", "tests": [{"not_null": {"where": "kind = 'a'"}}]},
                ],
            }
        ]
    }  # fmt: skip
    (schema,) = schema_readers.read(value, "seeds/schema.yml")
    assert schema.of == "shops"
    assert said(schema, "id") == {"present": None, "type": "integer", "unique": None, "not_null": None}
    assert said(schema, "kind") == {"present": None, "values": ("a", "2")}
    assert said(schema, "size") == {"present": None, "above": 0}
    assert said(schema, "part") == {"present": None}


def test_croissant_and_great_expectations():
    value = {
        "distribution": [{"@id": "file", "contentUrl": "data/a.csv"}],
        "recordSet": [{"field": [
            {"dataType": "sc:Integer", "source": {"fileObject": {"@id": "file"}, "extract": {"column": "n"}}},
            {"dataType": ["cr:Label", "sc:Text"], "source": {"fileObject": {"@id": "file"}, "extract": {"column": "t"}}},
        ]}],
    }  # fmt: skip
    (schema,) = schema_readers.read(value, "croissant.json")
    assert schema.of == "data/a.csv"
    assert said(schema, "n") == {"present": None, "type": "integer"}
    suite = {
        "name": "a_suite", "expectations": [
            {"type": "expect_column_values_to_be_between", "kwargs": {"column": "n", "min_value": 1, "strict_min": True, "mostly": 0.9}},
            {"expectation_type": "expect_column_values_to_be_in_set", "kwargs": {"column": "t", "value_set": ["x"]}},
        ],
    }  # fmt: skip
    (schema,) = schema_readers.read(suite, "a_suite.json")
    assert said(schema, "n") == {"present": None, "above": 1}
    assert {d.mostly for d in schema.demands if d.column == "n" and d.rule == "above"} == {0.9}
    assert said(schema, "t") == {"present": None, "values": ("x",)}


def test_pandera_is_read_and_never_run(tmp_path):
    mark = tmp_path / "ran"
    source = f"""
import pandera as pa
open({str(mark)!r}, "w")
KINDS = ["a", "b"]
ORDERS = pa.DataFrameSchema(
    {{
        "price": pa.Column(float, [pa.Check.in_range(0, 9, include_max=False), pa.Check(lambda s: s > 1)]),
        "kind": pa.Column("string", checks=pa.Check.isin(KINDS), nullable=True, required=False),
    }},
    strict=True,
)
class People(pa.DataFrameModel):
    age: Series[int] = pa.Field(ge=0, lt=130, unique=True)
    name: Optional[Series[str]] = pa.Field(nullable=True, alias="full name")
"""
    orders, people = sorted(schema_pandera.read(source, "s.py"), key=lambda s: s.of)
    assert not mark.exists()
    assert (orders.of, orders.closed) == ("ORDERS", True)
    assert said(orders, "price") == {"present": None, "type": "number", "not_null": None, "least": 0, "below": 9}
    assert said(orders, "kind") == {"type": "text", "values": ("a", "b")}
    assert said(people, "age") == {
        "present": None, "type": "integer", "not_null": None, "unique": None, "least": 0, "below": 130,
    }  # fmt: skip
    assert said(people, "full name") == {"type": "text"}
    assert schema_pandera.read("def (", "s.py") == []


def test_a_column_stands_where_it_is_described_and_not_where_it_is_required():
    text = """{"type": "object",
 "required": ["income", "region"],
 "properties": {
  "income": {"minimum": 0},
  "region": {"enum": ["n"]}}}
"""
    (schema,) = schema_readers.read(json.loads(text), "orders.schema.json", text.splitlines())
    assert {d.column: d.line for d in schema.demands} == {"income": 4, "region": 5}
