"""Which declared schemas belong to which data set.

What `aiaudit.yaml` names comes first; then manifests that name the file (datapackage.json, dbt, Croissant); then schema
files that are called like the data; the others are candidates, of which only one that fits the columns is taken.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.data import schema_pandera, schema_readers
from aiaudit.data.discovery_manifests import OWN
from aiaudit.data.schema import Schema
from aiaudit.project.parse import Malformed
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found
    from aiaudit.project.entry import Entry
    from aiaudit.project.tree import Project

CHOOSE: Final = "choose"  # of several declared ones, the one that fits best
COLUMNS: Final = "columns"
_FILES: Final = (
    "**/*.schema.{json,yaml,yml}", "**/*schema*.json", "**/schemas/**/*.json", "**/{great_expectations,gx}/**/*.json",
    "**/expectations/**/*.json", "**/{models,seeds,snapshots}/**/*.{yml,yaml}",
    "**/{schema,schemas,sources}.{yml,yaml}", "**/*croissant*.json", "**/*.jsonld",
    "**/metadata.json", "**/datapackage.json", "**/*table{-,_,}schema*.json",
)  # fmt: skip
_MOST_FILES: Final = 200
_NAME: Final = lazy.regex(r"[-_. ]?(?:schema|suite|expectations?|table)s?$", re.IGNORECASE)
_FEWEST: Final = 3  # columns in common, below which columns alone bind nothing
_FIT: Final = 0.8  # share of the columns, of both sides, that must be in common


def schemas_of(project: Project, found: Sequence[Found]) -> list[tuple[Schema, ...]]:
    """The schemas of each data set, and candidates (`bound` is then `columns` or `choose`)."""
    if not found:
        return []
    loose = list(_in_files(project))
    code = list(_in_code(project))
    return [tuple(_of(project, one, loose, code)) for one in found]


def chosen(schemas: Sequence[Schema], columns: Sequence[str]) -> list[Schema]:
    """Those that hold for a set of these columns: what is declared, else one candidate that fits."""
    said = [one for one in schemas if one.bound not in (CHOOSE, COLUMNS)]
    some = [one for one in schemas if one.bound == CHOOSE]
    if some:
        best = max(some, key=lambda one: _common(one, columns))
        if _common(best, columns) > 0:
            said.append(replace(best, bound="declared"))
    if said:
        return said
    fitting = [one for one in schemas if one.bound == COLUMNS and _fits(one, columns)]
    return [max(fitting, key=lambda one: _common(one, columns))] if fitting else []


def _common(schema: Schema, columns: Sequence[str]) -> float:
    """Share of the columns of either side that are in both (Jaccard)."""
    ours, theirs = set(schema.columns), set(columns)
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 0.0


def _fits(schema: Schema, columns: Sequence[str]) -> bool:
    common = len(set(schema.columns) & set(columns))
    return common >= _FEWEST and common >= _FIT * max(len(schema.columns), len(columns))


def _of(project: Project, one: Found, loose: Sequence[Schema], code: Sequence[Schema]) -> Iterator[Schema]:
    part = one.declared
    if part is not None and part.schema_:
        said = list(_declared(project, part.schema_))
        yield from said
        if said:
            return
    named = False
    for schema in loose:
        if _names_file(schema, one):
            named = True
            yield schema
        elif not schema.of or schema.kind in ("json-schema", "great-expectations"):
            like = _called_like(schema, one)
            named |= like
            yield replace(schema, bound="name" if like else COLUMNS)
    if not named:
        yield from (replace(schema, bound=COLUMNS) for schema in code)


def _declared(project: Project, said: Any) -> Iterator[Schema]:
    """What `schema:` of a data set in aiaudit.yaml names: a file (`schemas.py:Orders`), or the schema itself."""
    if isinstance(said, Mapping):
        entry = project.entry("aiaudit.yaml") or project.entry("aiaudit.yml")
        lines = project.text(entry.path).splitlines() if entry else []
        yield from schema_readers.inline(said, entry.path if entry else "aiaudit.yaml", lines)
    elif isinstance(said, str):
        path, _, name = said.partition(":")
        entry = project.entry(posixpath.normpath(path))
        if entry is None:
            return
        known = _read(project, entry)
        some = [one for one in known if one.of == name] if name else known
        for one in some:
            yield replace(one, bound="declared" if len(some) == 1 else CHOOSE)


def _in_files(project: Project) -> Iterator[Schema]:
    seen: set[str] = set()
    for entry in project.matching(list(_FILES), OWN)[:_MOST_FILES]:
        if not entry.ignored and entry.path not in seen:
            seen.add(entry.path)
            yield from _read(project, entry)


def _in_code(project: Project) -> Iterator[Schema]:
    for entry in project.matching(["**/*.py"], [Role.CODE]):
        try:
            if b"pandera" not in project.read(entry.path):
                continue
        except Unreadable:
            continue
        yield from _read(project, entry)


def _read(project: Project, entry: Entry) -> list[Schema]:
    try:
        text = project.text(entry.path)
        if entry.suffix == ".py":
            return schema_pandera.read(text, entry.path)
        value = project.json(entry.path) if entry.suffix in (".json", ".jsonld") else project.yaml(entry.path)
    except (Malformed, Unreadable):
        return []
    return schema_readers.read(value, entry.path, text.splitlines())


def _names_file(schema: Schema, one: Found) -> bool:
    """Whether a manifest names a file of the set: a path beside it, or the name of a seed."""
    if not schema.of or "://" in schema.of:
        return False
    folder = posixpath.dirname(schema.path)
    if schema.kind == "dbt":
        return any(file.endswith(f"{schema.of}.csv") and posixpath.dirname(file) == folder for file in one.files)
    if schema.kind not in ("frictionless", "croissant"):
        return False
    return posixpath.normpath(posixpath.join(folder, schema.of)) in (*one.files, one.path)


def _called_like(schema: Schema, one: Found) -> bool:
    """`customers.schema.json` or the suite `customers_suite`, beside `customers.csv`."""
    if len(one.files) != 1:
        return False
    name = posixpath.basename(one.files[0]).partition(".")[0].lower()
    return name in {_plain(posixpath.basename(schema.path)), _plain(schema.of)} - {""}


def _plain(name: str) -> str:
    stem = re.sub(r"\.(?:json|ya?ml|jsonld)$", "", name.lower())
    return _NAME.sub("", stem)
