"""The probe `datasets.schemas`: files that describe data, and how much they say.

Schemas written in code (Pandera, pydantic) are calls and classes: the python probes find those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import OWN_ROLES, read
from aiaudit.probes.docs.document import Document
from aiaudit.project.entry import Entry
from aiaudit.project.parse import Malformed, line_of
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

_MAX: Final = 500
TYPE_ALONE: Final = ("_to_be_of_type", "_to_be_in_type_list", "_to_exist")  # expectations that a type meets
SCHEMA: Final = record("schema", path=STRING, line=INT, kind=STRING, of=STRING, columns=INT, constrained=INT)
VERSION: Final = record("data version", path=STRING, line=INT, tool=STRING, of=STRING, hash=STRING)


class Described(NamedTuple):
    """What one schema says: of which data, how many columns, how many of them with more than a type."""

    kind: str
    of: str
    columns: int
    constrained: int
    line: int = 1


class SchemasQuery(Query):
    """No keys."""


class SchemasProbe(Probe[SchemasQuery]):
    """Schema files: JSON Schema, Great Expectations, dbt, Croissant, Frictionless, Avro, dataset cards, dictionaries.

    `constrained` counts columns about which more is said than a name: a type with a range, a set of values, whether it
    may be empty, or a test.
    """

    name: ClassVar[str] = "datasets.schemas"
    title: ClassVar[str] = "files that describe data: schemas, expectations, dictionaries"
    query: ClassVar[type[SchemasQuery]] = SchemasQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: SchemasQuery) -> Type:
        return list_of(SCHEMA)

    def answer(self, fact_id: str, query: SchemasQuery, context: Context) -> Fact:
        found: list[dict[str, Any]] = []
        looked, unread = 0, []
        for globs, describe in _KINDS:
            for entry in context.project.matching(list(globs), OWN_ROLES):
                if entry.role is Role.TEST or entry.ignored:
                    continue
                looked += 1
                try:
                    described = list(describe(context, entry))
                except (Malformed, Unreadable):
                    unread.append(entry.display)
                    continue
                found.extend({"path": entry.display, **one._asdict()} for one in described if one.columns)
        found = sorted({(o["path"], o["line"], o["kind"], o["of"]): o for o in found}.values(), key=_by_place)[:_MAX]
        scope = Scope(looked, looked - len(unread), tuple(unread[:10]))
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "schema files", scope=scope)
        evidence = tuple(
            Evidence(one["path"], one["line"], f"{one['kind']}: {one['columns']} columns") for one in found[:20]
        )
        return Fact(fact_id, State.KNOWN, found, Level.CONTENT, "schema files", evidence=evidence, scope=scope)


def _by_place(one: Mapping[str, Any]) -> tuple[str, int]:
    return one["path"], one["line"]


def _json_schema(context: Context, entry: Entry) -> Iterator[Described]:
    value = context.project.yaml(entry.path) if entry.suffix in (".yaml", ".yml") else context.project.json(entry.path)
    if not isinstance(value, Mapping) or not ("$schema" in value or entry.name.lower().endswith(".schema.json")):
        return
    properties = value.get("properties")
    items = value.get("items")
    if not isinstance(properties, Mapping) and isinstance(items, Mapping):
        properties = items.get("properties")
    if isinstance(properties, Mapping):
        said = [part for part in properties.values() if isinstance(part, Mapping) and set(part) & _LIMITS]
        yield Described("json-schema", str(value.get("title", ""))[:120], len(properties), len(said))


_LIMITS: Final = {
    "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern", "minLength", "maxLength",
    "format", "multipleOf",
}  # fmt: skip


def _expectations(context: Context, entry: Entry) -> Iterator[Described]:
    value = context.project.json(entry.path)
    rules = value.get("expectations") if isinstance(value, Mapping) else None
    if not isinstance(rules, list):
        return
    columns: set[str] = set()
    constrained: set[str] = set()
    for rule in rules:
        arguments = rule.get("kwargs") if isinstance(rule, Mapping) else None
        if isinstance(arguments, Mapping) and isinstance(arguments.get("column"), str):
            columns.add(arguments["column"])
            if not str(rule.get("expectation_type") or rule.get("type") or "").endswith(TYPE_ALONE):
                constrained.add(arguments["column"])
    name = value.get("expectation_suite_name") or value.get("name") or ""
    yield Described("great-expectations", str(name)[:120], len(columns), len(constrained))


def _dbt(context: Context, entry: Entry) -> Iterator[Described]:
    value = context.project.yaml(entry.path)
    if not isinstance(value, Mapping):
        return
    tables = list(_tables(value.get("models"))) + list(_tables(value.get("seeds")))
    for source in value.get("sources") or []:
        tables += list(_tables(source.get("tables"))) if isinstance(source, Mapping) else []
    for table in tables:
        columns = [column for column in table["columns"] if isinstance(column, Mapping)]
        tested = [c for c in columns if c.get("tests") or c.get("data_tests") or c.get("constraints")]
        yield Described("dbt", str(table.get("name", "")), len(columns), len(tested), line_of(table) or 1)


def _columns(context: Context, entry: Entry) -> Iterator[Described]:
    """`COLUMNS: {alcohol: float64}`: names and types, in a form of the project's own."""
    value = context.project.yaml(entry.path)
    for key, part in value.items() if isinstance(value, Mapping) else ():
        named = str(key).lower() in _COLUMN_KEYS and isinstance(part, Mapping)
        if named and all(isinstance(one, str) for one in part.values()):
            yield Described("columns", "", len(part), 0, line_of(part) or 1)


_COLUMN_KEYS: Final = ("columns", "fields", "features")


def _tables(value: Any) -> Iterator[Mapping[str, Any]]:
    for table in value if isinstance(value, list) else []:
        if isinstance(table, Mapping) and isinstance(table.get("columns"), list):
            yield table


def _croissant(context: Context, entry: Entry) -> Iterator[Described]:
    value = context.project.json(entry.path)
    if not isinstance(value, Mapping) or not ("recordSet" in value or "croissant" in str(value.get("conformsTo", ""))):
        return
    sets = value.get("recordSet")
    for one in sets if isinstance(sets, list) else []:
        fields = one.get("field") if isinstance(one, Mapping) else None
        if isinstance(fields, list):
            typed = [f for f in fields if isinstance(f, Mapping) and "dataType" in f and "description" in f]
            yield Described("croissant", str(one.get("name", value.get("name", "")))[:120], len(fields), len(typed))


def _frictionless(context: Context, entry: Entry) -> Iterator[Described]:
    value = context.project.json(entry.path)
    resources = value.get("resources") if isinstance(value, Mapping) else None
    for one in resources if isinstance(resources, list) else [{"schema": value}]:
        schema = one.get("schema") if isinstance(one, Mapping) else None
        fields = schema.get("fields") if isinstance(schema, Mapping) else None
        if isinstance(fields, list):
            limited = [f for f in fields if isinstance(f, Mapping) and f.get("constraints")]
            yield Described("frictionless", str(one.get("path", one.get("name", ""))), len(fields), len(limited))


def _avro(context: Context, entry: Entry) -> Iterator[Described]:
    value = context.project.json(entry.path)
    fields = value.get("fields") if isinstance(value, Mapping) else None
    if isinstance(fields, list):
        not_null = [f for f in fields if isinstance(f, Mapping) and isinstance(f.get("type"), str)]
        yield Described("avro", str(value.get("name", "")), len(fields), len(not_null))


def _card(context: Context, entry: Entry) -> Iterator[Described]:
    """The features that a dataset card's metadata lists."""
    document = read(context, entry)
    info = document.front.get("dataset_info") if isinstance(document, Document) else None
    for one in info if isinstance(info, list) else [info]:
        features = one.get("features") if isinstance(one, Mapping) else None
        if isinstance(one, Mapping) and isinstance(features, list):
            typed = [f for f in features if isinstance(f, Mapping) and "dtype" in f]
            yield Described("dataset-card", str(one.get("config_name", "")), len(features), len(typed))


_DICTIONARY_HEAD: Final = lazy.regex(
    r"^\|?\s*(?:column|field|feature|variable|attribute)s?(?:\s*name)?\s*\|.*\b(?:description|meaning|type|definition)\b",
    re.IGNORECASE,
)


# The same anywhere in a text: documents are many, and few hold such a table.
_DICTIONARY: Final = lazy.regex(
    r"(?:column|field|feature|variable|attribute)s?(?:\s*name)?\s*\|.*\b(?:description|meaning|type|definition)\b",
    re.IGNORECASE,
)
# Its end, which is found quickly.
_MEANING: Final = lazy.regex(r"\|.*\b(?:description|meaning|type|definition)\b", re.IGNORECASE)
_COMMENT: Final = lazy.regex(r"<!--.*?-->", re.DOTALL)


def _dictionary(context: Context, entry: Entry) -> Iterator[Described]:
    """A table of columns with their meaning, in a document."""
    text = _COMMENT.sub("", context.project.text(entry.path))
    if not _MEANING.search(text) or not _DICTIONARY.search(text):
        return
    document = read(context, entry)
    if not isinstance(document, Document):
        return
    for section in document.sections:
        for index, (number, line) in enumerate(section.lines):
            if not _DICTIONARY_HEAD.match(line.strip()[:400]):
                continue
            rows = 0
            for _, row in section.lines[index + 2 :]:
                if not row.strip().startswith("|") and "|" not in row:
                    break
                rows += 1
            yield Described("dictionary", section.title, rows, rows, number)


Describe = Callable[[Context, Entry], Iterator[Described]]
_KINDS: Final[tuple[tuple[tuple[str, ...], Describe], ...]] = (
    (("**/*.schema.{json,yaml,yml}", "**/*schema*.json", "**/schemas/**/*.json"), _json_schema),
    (("**/{great_expectations,gx}/**/*.json", "**/expectations/**/*.json"), _expectations),
    (("**/{models,seeds,snapshots}/**/*.{yml,yaml}", "**/{schema,schemas,sources}.{yml,yaml}"), _dbt),
    (("**/{schema,schemas}.{yml,yaml}",), _columns),
    (("**/*croissant*.json", "**/*.jsonld", "**/metadata.json"), _croissant),
    (("**/datapackage.json", "**/*tableschema*.json", "**/*table-schema*.json"), _frictionless),
    (("**/*.avsc",), _avro),
    (("**/README.md", "**/*data*card*.md", "**/*datasheet*.md"), _card),
    (("**/*.md", "**/*.rst"), _dictionary),
)


class VersionsQuery(Query):
    """No keys."""


class VersionsProbe(Probe[VersionsQuery]):
    """Data and models under version control of their own: DVC outputs with hashes, Git LFS patterns for data."""

    name: ClassVar[str] = "datasets.versions"
    title: ClassVar[str] = "data versioned by content: DVC, Git LFS"
    query: ClassVar[type[VersionsQuery]] = VersionsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: VersionsQuery) -> Type:
        return list_of(VERSION)

    def answer(self, fact_id: str, query: VersionsQuery, context: Context) -> Fact:
        found = [*_dvc(context), *_lfs(context)][:_MAX]
        if not found:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "version files")
        evidence = tuple(Evidence(one["path"], one["line"], f"{one['tool']}: {one['of']}") for one in found[:20])
        return Fact(fact_id, State.KNOWN, found, Level.CONTENT, "version files", evidence=evidence)


def _dvc(context: Context) -> Iterator[dict[str, Any]]:
    for entry in context.project.matching(["**/*.dvc", "**/dvc.lock"], OWN_ROLES):
        try:
            value = context.project.yaml(entry.path)
        except (Malformed, Unreadable):
            continue
        if not isinstance(value, Mapping):
            continue
        stages = value.get("stages")
        parts = list(stages.values()) if isinstance(stages, Mapping) else [value]
        folder = entry.path.rpartition("/")[0]
        for part in parts:
            for key in ("deps", "outs"):
                outs = part.get(key) if isinstance(part, Mapping) else None
                for out in outs if isinstance(outs, list) else []:
                    digest = _hash(out)
                    if digest and isinstance(out.get("path"), str) and not out["path"].endswith((".py", ".ipynb")):
                        at = f"{folder}/{out['path']}" if folder else out["path"]
                        yield _version(entry, line_of(out) or 1, "dvc", at, digest)


def _hash(out: Any) -> str:
    if not isinstance(out, Mapping):
        return ""
    return next((str(out[key]) for key in ("md5", "etag", "checksum", "hash") if out.get(key)), "")


def _lfs(context: Context) -> Iterator[dict[str, Any]]:
    for entry in context.project.matching(["**/.gitattributes"], OWN_ROLES):
        try:
            lines = context.project.text(entry.path).splitlines()
        except Unreadable:
            continue
        for number, line in enumerate(lines[:5000], 1):
            words = line.split()
            if "filter=lfs" in words[1:] and not words[0].startswith("#"):
                yield _version(entry, number, "git-lfs", words[0], "")


def _version(entry: Entry, line: int, tool: str, of: str, digest: str) -> dict[str, Any]:
    return {"path": entry.display, "line": line, "tool": tool, "of": of, "hash": digest}
