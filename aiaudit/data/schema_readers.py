"""Schemas that are written as data: JSON Schema, Frictionless, dbt, Croissant, Great Expectations, aiaudit.yaml.

Each reader takes the parsed document and gives the schemas in it. What a reader does not understand it leaves out: a
demand that is not read is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from aiaudit.data.schema import Demand, Rule, Schema

_JSON_TYPES: Final = {"integer": "integer", "number": "number", "string": "text", "boolean": "boolean"}
_FORMATS: Final = {"date": "date", "date-time": "timestamp"}
_FRICTIONLESS: Final = {
    "string": "text", "number": "number", "integer": "integer", "boolean": "boolean", "date": "date",
    "datetime": "timestamp", "year": "integer",
}  # fmt: skip
_CROISSANT: Final = {
    "Text": "text", "URL": "text", "Integer": "integer", "Float": "number", "Number": "number", "Boolean": "boolean",
    "Bool": "boolean", "Date": "date", "DateTime": "timestamp",
}  # fmt: skip
_SQL: Final = (
    (("int", "serial", "number(38,0)"), "integer"),
    (("float", "double", "real", "decimal", "numeric", "number"), "number"),
    (("timestamp", "datetime"), "timestamp"),
    (("date",), "date"),
    (("bool",), "boolean"),
    (("char", "text", "string", "varchar", "str"), "text"),
)
_LIMITS: Final[tuple[tuple[str, Rule], ...]] = (
    ("minimum", "least"), ("exclusiveMinimum", "above"), ("maximum", "most"), ("exclusiveMaximum", "below"),
    ("minLength", "shortest"), ("maxLength", "longest"),
)  # fmt: skip
_MOST_COLUMNS: Final = 1000
_MOST_VALUES: Final = 2000


def read(value: Any, path: str, lines: Sequence[str] = ()) -> list[Schema]:
    """The schemas of a document, by its own marks. `lines`: its text, in which the columns are looked for."""
    if not isinstance(value, Mapping):
        return []
    if isinstance(value.get("expectations"), list):
        found = [great_expectations(value, path)]
    elif isinstance(value.get("recordSet"), list):
        found = list(croissant(value, path))
    elif isinstance(value.get("resources"), list):
        found = list(frictionless(value, path))
    elif isinstance(value.get("fields"), list):
        found = [table_schema(value, path)]
    elif any(isinstance(value.get(key), list) for key in ("seeds", "models", "sources")):
        found = list(dbt(value, path))
    elif isinstance(_properties(value), Mapping):
        found = [json_schema(value, path)]
    else:
        found = []
    return [_with_lines(one, lines) for one in found if one.demands]


def inline(value: Mapping[str, Any], path: str, lines: Sequence[str] = ()) -> list[Schema]:
    """A schema inside aiaudit.yaml: one of the forms above, or {column: type} or {column: {type, minimum, enum, …}}."""
    known = read(value, path, lines)
    if known:
        return known
    properties = {name: {"type": part} if isinstance(part, str) else part for name, part in value.items()}
    required = [n for n, part in properties.items() if isinstance(part, Mapping) and part.get("required") is True]
    made = json_schema({"properties": properties, "required": required}, path)
    there = tuple(Demand(str(name), "present") for name in properties)
    return [_with_lines(replace(made, kind="aiaudit.yaml", demands=(*there, *made.demands)), lines)]


def json_schema(value: Mapping[str, Any], path: str) -> Schema:
    """Properties of a row, or of the items of an array of rows (drafts 4 to 2020-12)."""
    properties = _properties(value) or {}
    of_rows = value if isinstance(value.get("properties"), Mapping) else value["items"]
    required = set(_texts(of_rows.get("required")))
    demands: list[Demand] = []
    for name, part in [(str(key), part) for key, part in properties.items()][:_MOST_COLUMNS]:
        if name in required:
            demands.append(Demand(name, "present"))
        if not isinstance(part, Mapping):
            continue
        told = part.get("type")
        types = [told] if isinstance(told, str) else _texts(told)
        plain = [one for one in types if one != "null"]
        if name in required and types and "null" not in types and part.get("nullable") is not True:
            demands.append(Demand(name, "not_null"))
        kind = _JSON_TYPES.get(plain[0]) or type_of(plain[0]) if len(plain) == 1 else ""
        kind = _FORMATS.get(str(part.get("format")), kind) if kind == "text" else kind
        if kind:
            demands.append(Demand(name, "type", kind))
        demands += _limits(name, part)
        if isinstance(part.get("enum"), list):
            demands += _values(name, part["enum"])
        if "const" in part:
            demands += _values(name, [part["const"]])
        if isinstance(part.get("pattern"), str):
            demands.append(Demand(name, "pattern", part["pattern"]))
        if part.get("unique") is True:
            demands.append(Demand(name, "unique"))
    closed = of_rows.get("additionalProperties") is False and bool(demands)
    return Schema("json-schema", path, tuple(demands), of=_text(value.get("title")), closed=closed)


def frictionless(value: Mapping[str, Any], path: str) -> Iterator[Schema]:
    """The resources of a data package that have a schema of their own; `of` is the path of the data."""
    for one in _maps(value.get("resources")):
        schema = one.get("schema")
        if isinstance(schema, Mapping):
            given = one.get("path")
            for of in given if isinstance(given, list) else [given]:
                yield replace(table_schema(schema, path), of=_text(of))


def table_schema(value: Mapping[str, Any], path: str) -> Schema:
    """Frictionless Table Schema: without `fieldsMatch`, columns and fields must be the same."""
    demands: list[Demand] = []
    keys = value.get("primaryKey")
    primary = [keys] if isinstance(keys, str) else _texts(keys)
    matches = value.get("fieldsMatch")
    loose = matches not in (None, "exact", "equal", ["exact"], ["equal"])
    for field in list(_maps(value.get("fields")))[:_MOST_COLUMNS]:
        name = _text(field.get("name"))
        if not name:
            continue
        limits = field.get("constraints")
        limits = limits if isinstance(limits, Mapping) else {}
        if not loose:
            demands.append(Demand(name, "present"))
        kind = _FRICTIONLESS.get(_text(field.get("type")), "")
        usual = (
            field.get("format") in (None, "default") and not field.get("bareNumber") and not field.get("decimalChar")
        )
        if kind and (usual or kind == "text"):
            demands.append(Demand(name, "type", kind))
        if limits.get("required") is True or name in primary:
            demands.append(Demand(name, "not_null"))
        if limits.get("unique") is True or primary == [name]:
            demands.append(Demand(name, "unique"))
        demands += _limits(name, limits)
        if isinstance(limits.get("enum"), list):
            demands += _values(name, limits["enum"])
        if isinstance(limits.get("pattern"), str):
            demands.append(Demand(name, "pattern", f"^(?:{limits['pattern']})$"))
    missing = tuple(_texts(value.get("missingValues"))) or ("",)
    return Schema("frictionless", path, tuple(demands), closed=not loose and bool(demands), missing=missing)


def dbt(value: Mapping[str, Any], path: str) -> Iterator[Schema]:
    """Columns of seeds, models and sources with their tests; `of` is the table's name."""
    tables = [*_maps(value.get("seeds")), *_maps(value.get("models"))]
    for source in _maps(value.get("sources")):
        tables += _maps(source.get("tables"))
    for table in tables:
        demands: list[Demand] = []
        for column in list(_maps(table.get("columns")))[:_MOST_COLUMNS]:
            name = _text(column.get("name"))
            if name:
                demands += [Demand(name, "present"), *_dbt_column(name, column)]
        yield Schema("dbt", path, tuple(demands), of=_text(table.get("name")))


def _dbt_column(name: str, column: Mapping[str, Any]) -> Iterator[Demand]:
    kind = type_of(_text(column.get("data_type")))
    if kind:
        yield Demand(name, "type", kind)
    tests = column.get("data_tests") or column.get("tests")
    constraints = [one.get("type") for one in _maps(column.get("constraints"))]
    for test in [*(tests if isinstance(tests, list) else []), *constraints]:
        if not isinstance(test, str | Mapping):
            continue
        called, given = (test, {}) if isinstance(test, str) else next(iter(test.items()), ("", {}))
        given = given if isinstance(given, Mapping) else {}
        arguments = given.get("arguments")
        given = arguments if isinstance(arguments, Mapping) else given
        last = str(called).rpartition(".")[2]
        if given.get("where"):
            continue
        if last in ("not_null", "primary_key", "expect_column_values_to_not_be_null"):
            yield Demand(name, "not_null")
        if last in ("unique", "primary_key", "expect_column_values_to_be_unique"):
            yield Demand(name, "unique")
        if last == "accepted_values" and isinstance(given.get("values"), list):
            yield from _values(name, given["values"])
        if last in ("accepted_range", "expect_column_values_to_be_between"):
            yield from _between(name, given)


def croissant(value: Mapping[str, Any], path: str) -> Iterator[Schema]:
    """Record sets (MLCommons Croissant 1.0); `of` is the content URL of the file that their fields name."""
    files: dict[str, str] = {}
    for one in _maps(value.get("distribution")):
        at = _text(one.get("contentUrl")) or _text(one.get("includes"))
        files |= {name: at for key in ("@id", "name") if (name := _text(one.get(key)))}
    for records in _maps(value.get("recordSet")):
        demands: list[Demand] = []
        of = ""
        for field in list(_maps(records.get("field")))[:_MOST_COLUMNS]:
            source = field.get("source")
            source = source if isinstance(source, Mapping) else {}
            extract = source.get("extract")
            column = _text(extract.get("column")) if isinstance(extract, Mapping) else ""
            file = source.get("fileObject") or source.get("fileSet") or source.get("distribution")
            of = of or files.get(_text(file.get("@id")) if isinstance(file, Mapping) else _text(file), "")
            if not column:
                continue
            demands.append(Demand(column, "present"))
            told = field.get("dataType")
            told = told[0] if isinstance(told, list) and told else told
            kind = _CROISSANT.get(_text(told).rpartition(":")[2].rpartition("/")[2], "")
            if kind and not field.get("repeated"):
                demands.append(Demand(column, "type", kind))
        yield Schema("croissant", path, tuple(demands), of=of)


def great_expectations(value: Mapping[str, Any], path: str) -> Schema:
    """A suite of expectations, of the versions 0.x (expectation_type) and 1.x (type)."""
    demands: list[Demand] = []
    closed = False
    for one in _maps(value.get("expectations")):
        kind = _text(one.get("expectation_type") or one.get("type"))
        given = one.get("kwargs")
        if not isinstance(given, Mapping) or given.get("row_condition"):
            continue
        if kind in ("expect_table_columns_to_match_set", "expect_table_columns_to_match_ordered_list"):
            names = _texts(given.get("column_set") or given.get("column_list"))
            demands += [Demand(name, "present") for name in names]
            closed |= bool(names) and given.get("exact_match") is not False
            continue
        name = _text(given.get("column"))
        if not name:
            continue
        mostly = given.get("mostly")
        share = float(mostly) if isinstance(mostly, int | float) and 0 <= mostly <= 1 else 1.0
        expected = [replace(d, mostly=share) for d in _expected(kind, name, given)]
        if expected and Demand(name, "present") not in demands:
            demands.append(Demand(name, "present"))
        demands += [one for one in expected if one.rule != "present"]
    return Schema(
        "great-expectations", path, tuple(demands), of=_text(value.get("expectation_suite_name") or value.get("name")),
        closed=closed,
    )  # fmt: skip


def _expected(kind: str, name: str, given: Mapping[str, Any]) -> Iterator[Demand]:
    match kind:
        case "expect_column_to_exist":
            yield Demand(name, "present")
        case "expect_column_values_to_not_be_null":
            yield Demand(name, "not_null")
        case "expect_column_values_to_be_unique":
            yield Demand(name, "unique")
        case "expect_column_values_to_be_between":
            yield from _between(name, given)
        case "expect_column_values_to_be_in_set" if isinstance(given.get("value_set"), list):
            yield from _values(name, given["value_set"])
        case "expect_column_values_to_match_regex" if isinstance(given.get("regex"), str):
            yield Demand(name, "pattern", given["regex"])
        case "expect_column_values_to_be_of_type":
            told = type_of(_text(given.get("type_")))
            if told:
                yield Demand(name, "type", told)
        case "expect_column_value_lengths_to_be_between":
            for key, rule in (("min_value", "shortest"), ("max_value", "longest")):
                if isinstance(given.get(key), int | float):
                    yield Demand(name, rule, given[key])  # type: ignore[arg-type]
        case "expect_column_value_lengths_to_equal" if isinstance(given.get("value"), int):
            yield Demand(name, "shortest", given["value"])
            yield Demand(name, "longest", given["value"])


def _between(name: str, given: Mapping[str, Any]) -> Iterator[Demand]:
    inclusive = given.get("inclusive") is not False
    for key, strict, rules in (
        ("min_value", "strict_min", ("least", "above")),
        ("max_value", "strict_max", ("most", "below")),
    ):
        bound = given.get(key)
        if is_bound(bound):
            yield Demand(name, rules[given.get(strict) is True or not inclusive], bound)  # type: ignore[arg-type]


def _limits(name: str, part: Mapping[str, Any]) -> Iterator[Demand]:
    for key, rule in _LIMITS:
        bound = part.get(key)
        if is_bound(bound):
            yield Demand(name, rule, bound)


def is_bound(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _values(name: str, given: Sequence[Any]) -> Iterator[Demand]:
    """Allowed values, without null; none where they are too many or nested."""
    plain = [one for one in given if isinstance(one, str | int | float)]
    if 0 < len(plain) <= _MOST_VALUES and len(plain) == sum(one is not None for one in given):
        yield Demand(name, "values", tuple(str(one) for one in plain))


def type_of(told: str) -> str:
    """The type that a name of SQL, pandas, Arrow or Spark means; "" where that is not clear."""
    lower = told.lower().rpartition(".")[2].strip().removesuffix("type")
    if lower.startswith(("array", "struct", "map", "interval", "list")):
        return ""
    return next((kind for words, kind in _SQL if any(word in lower for word in words)), "")


def _properties(value: Mapping[str, Any]) -> Any:
    properties, items = value.get("properties"), value.get("items")
    return items.get("properties") if properties is None and isinstance(items, Mapping) else properties


def _with_lines(schema: Schema, lines: Sequence[str]) -> Schema:
    """With the line in which each column is described (`income:`, `- name: income`), else the first that names it."""
    if not lines:
        return schema
    at: dict[str, int] = {}
    described: set[str] = set()
    wanted = {mark for name in schema.columns for mark in (f'"{name}"', f"'{name}'", f" {name}:", f": {name}")}
    for number, line in enumerate(lines, 1):
        if any(mark in line for mark in wanted):
            for name in schema.columns:
                keys = (f'"{name}":', f"'{name}':", f"{name}:", f'"{name}" :')
                if name in described:
                    continue
                if any(key in line for key in keys) or line.strip().endswith(f": {name}"):
                    described.add(name)
                    at[name] = number
                elif name not in at and (f'"{name}"' in line or f"'{name}'" in line):
                    at[name] = number
            if len(described) == len(schema.columns):
                break
    demands = tuple(replace(d, line=at.get(d.column, 1)) for d in schema.demands)
    return replace(schema, demands=demands, line=min(at.values(), default=1))


def _maps(value: object) -> Iterator[Mapping[str, Any]]:
    for one in value if isinstance(value, list) else []:
        if isinstance(one, Mapping):
            yield one


def _text(value: object) -> str:
    return value[:300] if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
