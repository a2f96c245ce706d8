"""Classes whose objects a database keeps: models of SQLAlchemy, SQLModel, Django, Peewee and Tortoise, documents of
MongoEngine and Beanie, each with its columns and the tables to which they point."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import walk

HITS: Final = (
    rb"\b(?:mapped_column|Column|ForeignKey|[A-Z][A-Za-z]{2,30}Field)\(|\btable[ \t]*=[ \t]*True\b"
    rb"|^[ \t]*class[ \t]+\w+\([^)]{0,120}\bDocument\b"
)
_MOST: Final = 200  # classes of one file
_MOST_COLUMNS: Final = 60
_LEAST_COLUMNS: Final = 2
# Libraries whose `StringField` is a column; forms and serialisers have such fields, too.
_LIBRARIES: Final = (b"mongoengine", b"django.db", b"peewee", b"tortoise", b"playhouse", b"umongo", b"MongoEngine")
_OTHER_BASES: Final = lazy.regex(r"(?:Form|Serializer|Schema|Resource|Filter(?:Set)?|Settings|TypedDict)$")
_DOCUMENTS: Final = (b"beanie", b"odmantic", b"bunnet")


def stored(view: FileView) -> list[dict[str, Any]]:
    """One row a class: its name, its columns, and the names of the tables or classes that they point to."""
    rows: list[dict[str, Any]] = []
    for scope in view.module.scopes:
        if not isinstance(scope.node, ast.ClassDef) or len(rows) >= _MOST:
            continue
        bases = [dotted(base) for base in scope.node.bases]
        if not bases or any(_OTHER_BASES.search(base) for base in bases):
            continue
        columns: dict[str, list[str]] = dict(_columns(view, scope.node))
        if len(columns) >= _LEAST_COLUMNS:
            table = _table(scope.node) or scope.node.name.lower()
            names = list(columns)[:_MOST_COLUMNS]
            refs = sorted({one for name in names for one in columns[name] if one != table})
            rows.append(
                {
                    **view.place(scope.node, scope),
                    "name": scope.node.name,
                    "table": table,
                    "columns": names,
                    "refs": refs,
                }
            )
    return rows


def _columns(view: FileView, node: ast.ClassDef) -> Iterator[tuple[str, list[str]]]:
    """The columns, each with what it points to."""
    tables = any(
        one.arg == "table" and isinstance(one.value, ast.Constant) and one.value.value is True for one in node.keywords
    )
    documents = any(last_name(base) == "Document" for base in node.bases) and any(map(view.text_has, _DOCUMENTS))
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if _is_column(view, call):
                    yield name, _pointed(call)
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if not name.startswith("_"):
                if isinstance(value, ast.Call) and (_is_column(view, value) or tables or documents):
                    yield name, _pointed(value)
                elif tables or documents or _is_mapped(statement.annotation):
                    yield name, []
            case _:
                pass


def _is_mapped(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Mapped"


def _is_column(view: FileView, call: ast.Call) -> bool:
    name = last_name(call.func)
    if name in ("Column", "mapped_column"):
        return True
    if (name.endswith("Field") and name != "Field") or name in ("ForeignKey", "OneToOneField"):
        owner = dotted(call.func).rpartition(".")[0]
        return owner not in ("forms", "serializers", "wtforms") and any(map(view.text_has, _LIBRARIES))
    return False


def _pointed(call: ast.Call) -> list[str]:
    """The tables and classes that a column names: `ForeignKey("runs.id")`, `ReferenceField(Run)`."""
    found: list[str] = []
    for inner in walk(call):
        if not isinstance(inner, ast.Call) or last_name(inner.func) not in (
            "ForeignKey", "OneToOneField", "ForeignKeyField", "ReferenceField", "LazyReferenceField", "Field",
        ):  # fmt: skip
            continue
        values = [*inner.args[:1], *(one.value for one in inner.keywords if one.arg in ("foreign_key", "to", "model"))]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.append(value.value.rpartition(".")[0] or value.value)
            elif last := last_name(value) if isinstance(value, ast.Name | ast.Attribute) else "":
                found.append(last)
    return found


def _table(node: ast.ClassDef) -> str:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__tablename__")], value=ast.Constant(value=str(name))):
                return name
            case _:
                pass
    return ""
