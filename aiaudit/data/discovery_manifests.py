"""What manifests in the tree say of data files: Croissant, datapackage.json, dbt, Hugging Face cards, DVC.

They are read as text; nothing of them is fetched or executed. A manifest that cannot be read says nothing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from aiaudit.project.parse import Malformed, parse_yaml
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

if TYPE_CHECKING:
    from aiaudit.project.config import DatasetPart
    from aiaudit.project.entry import Entry
    from aiaudit.project.tree import Project

OWN: Final = frozenset({Role.DATA, Role.OTHER, Role.DOCS, Role.CONFIG, Role.CODE, Role.NOTEBOOK, Role.MODEL})
_MOST: Final = 200  # declarations of one manifest
_SPLITS: Final = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation",
    "dev": "validation", "test": "test", "holdout": "test", "eval": "test", "reference": "reference",
    "current": "current", "serving": "serving",
}  # fmt: skip


class Told(Struct, frozen=True):
    """What one declaration says of a file, a folder or a glob. `by`: who says it; `part`: the part of aiaudit.yaml."""

    path: str
    name: str
    role: str
    by: str
    format: str = ""
    label: str | None = None
    ids: tuple[str, ...] = ()
    time: str | None = None
    part: DatasetPart | None = None

    @property
    def whole(self) -> bool:
        """Whether all files that it covers are one set: it names a role or columns, or comes from aiaudit.yaml."""
        return self.part is not None or bool(self.role)


def manifests(project: Project) -> Iterator[Told]:
    """What all manifests say, in the order in which they are believed."""
    for globs, reader in _READERS:
        for entry in project.matching(list(globs), OWN):
            if entry.ignored:
                continue
            try:
                found = list(reader(project, entry))
            except (Malformed, Unreadable):
                continue
            yield from found[:_MOST]


def _at(entry: Entry, path: object) -> str | None:
    """A path in a manifest, relative to the project; None where it leads out of it or to the network."""
    if not isinstance(path, str) or not path or "://" in path or "\0" in path or path.startswith("/"):
        return None
    joined = posixpath.normpath(posixpath.join(entry.path.rpartition("/")[0], path))
    return None if joined.startswith("..") else joined


def _croissant(project: Project, entry: Entry) -> Iterator[Told]:
    value = project.json(entry.path)
    if not isinstance(value, Mapping) or not ("recordSet" in value or "croissant" in str(value.get("conformsTo", ""))):
        return
    for one in _maps(value.get("distribution")):
        path = _at(entry, one.get("contentUrl")) or _at(entry, one.get("includes"))
        if path is not None:
            yield Told(path, _text(one.get("name")), _role(one.get("name")), f"Croissant ({entry.display})")


def _datapackage(project: Project, entry: Entry) -> Iterator[Told]:
    value = project.json(entry.path)
    for one in _maps(value.get("resources") if isinstance(value, Mapping) else None):
        schema = one.get("schema")
        key = schema.get("primaryKey") if isinstance(schema, Mapping) else None
        ids = (key,) if isinstance(key, str) else tuple(k for k in key or () if isinstance(k, str))
        paths = one.get("path")
        for given in paths if isinstance(paths, list) else [paths]:
            path = _at(entry, given)
            if path is not None:
                yield Told(
                    path, _text(one.get("name")), _role(one.get("name")), f"datapackage.json ({entry.display})", ids=ids
                )


def _dbt(project: Project, entry: Entry) -> Iterator[Told]:
    """Seeds are CSV files beside their description; models and sources live in a warehouse."""
    value = project.yaml(entry.path)
    for one in _maps(value.get("seeds") if isinstance(value, Mapping) else None):
        path = _at(entry, f"{_text(one.get('name'))}.csv")
        if path is not None and one.get("name"):
            yield Told(path, _text(one["name"]), "", f"dbt ({entry.display})", ids=tuple(_unique(one)))


def _unique(table: Mapping[str, Any]) -> Iterator[str]:
    for column in _maps(table.get("columns")):
        tests = column.get("tests") or column.get("data_tests")
        if isinstance(tests, list) and "unique" in tests and isinstance(column.get("name"), str):
            yield column["name"]


def _card(project: Project, entry: Entry) -> Iterator[Told]:
    """`configs` of a dataset card: data_files is a glob, a list of globs, or a list of splits with their globs."""
    text = project.text(entry.path)
    if not text.startswith("---"):
        return
    front = text[3:].partition("\n---")[0]
    value = parse_yaml(front.encode())
    for config in _maps(value.get("configs") if isinstance(value, Mapping) else None):
        files = config.get("data_files")
        for one in files if isinstance(files, list) else [files]:
            split = _text(one.get("split")) if isinstance(one, Mapping) else ""
            paths = one.get("path") if isinstance(one, Mapping) else one
            for given in paths if isinstance(paths, list) else [paths]:
                path = _at(entry, given)
                if path is not None:
                    name = f"{_text(config.get('config_name'))} {split}".strip()
                    yield Told(path, name, _role(split), f"dataset card ({entry.display})")


def _dvc(project: Project, entry: Entry) -> Iterator[Told]:
    value = project.yaml(entry.path)
    stages = value.get("stages") if isinstance(value, Mapping) else None
    for part in stages.values() if isinstance(stages, Mapping) else [value]:
        for out in _maps(part.get("outs") if isinstance(part, Mapping) else None):
            path = _at(entry, out.get("path"))
            if path is not None:
                yield Told(path, "", "", f"DVC ({entry.display})")


def _maps(value: object) -> Iterator[Mapping[str, Any]]:
    for one in value if isinstance(value, list) else []:
        if isinstance(one, Mapping):
            yield one


def _text(value: object) -> str:
    return value[:120] if isinstance(value, str) else ""


def _role(name: object) -> str:
    return _SPLITS.get(name.strip().lower(), "") if isinstance(name, str) else ""


_Reader = Callable[["Project", "Entry"], Iterator[Told]]
_READERS: Final[tuple[tuple[tuple[str, ...], _Reader], ...]] = (
    (("**/*croissant*.json", "**/*.jsonld", "**/metadata.json"), _croissant),
    (("**/datapackage.json",), _datapackage),
    (("**/{models,seeds,snapshots}/**/*.{yml,yaml}", "**/{schema,schemas,sources}.{yml,yaml}"), _dbt),
    (("README.md", "data/README.md", "data/*/README.md", "dataset{,s}/README.md"), _card),
    (("**/*.dvc", "**/dvc.lock"), _dvc),
)
