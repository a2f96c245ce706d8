"""The audited project: what the walk saw, and its files' contents, each read and parsed once.

Probes look at the project through `Project` alone; it reads through the guarded reader and keeps what is small.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, BinaryIO, Final

from aiaudit.project import parse
from aiaudit.project.entry import OUTPUT, Entry, Kind, Skipped, display
from aiaudit.project.own_tables import marked
from aiaudit.project.parse import Malformed, line_of
from aiaudit.project.reader import CODE_LIMIT, DOCUMENT_LIMIT, IS_POINTER, Reader, Unreadable, decode, is_pointer
from aiaudit.project.roles import POINTED, Role
from aiaudit.project.selection import Selection
from aiaudit.project.walk import Tree, walk

__all__ = [
    "Entry",
    "Kind",
    "Malformed",
    "Project",
    "Role",
    "Skipped",
    "Tree",
    "Unreadable",
    "display",
    "line_of",
    "walk",
]

MEMO_BYTES: Final = 8 * 1024 * 1024  # bytes of file contents kept for the next probe
MEMO_FILE: Final = 1024 * 1024  # larger files are read again where two probes want them
MEMO_LIST: Final = 2000  # longer lists of files are made anew each time: hundreds of them would take most of the memory
_DOCUMENTS: Final = frozenset({".ipynb", ".json", ".jsonl", ".sarif", ".csv", ".tsv", ".geojson", ".lock"})


class Project:
    """The project under audit. `entries` are sorted by path; `skipped` says what was not looked at, and why.

    `read`, `text` and the parsers raise `Unreadable` (could not look) or `Malformed` (looked, is not of the format);
    both carry a one-line `reason`. Parsed values are shared between probes: do not change them.
    """

    def __init__(self, tree: Tree) -> None:
        self.root = tree.root
        self._reader = Reader(tree.root)
        self.entries, self._own = marked(tree.entries, self._reader)
        own = tuple(Skipped(entry.display, OUTPUT) for entry in self.entries if entry.path in self._own)
        self.skipped = (*tree.skipped, *own)
        self.complete = tree.complete  # False where the walk ended at a cap
        self._by_path = {entry.path: entry for entry in self.entries}
        self._matching: dict[tuple[tuple[str, ...], frozenset[str] | None], list[Entry]] = {}
        self._contents: dict[str, bytes] = {}
        self._kept = 0
        self._parsed: dict[tuple[str, str], Any] = {}

    @classmethod
    def open(cls, root: str | os.PathLike[str], *, exclude: Iterable[str] = ()) -> Project:
        """Walk the tree below `root`. Raises `Unreadable` where it is no readable folder."""
        return cls(walk(root, exclude=exclude))

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def files(self) -> Iterator[Entry]:
        """The regular files among the entries."""
        return (entry for entry in self.entries if entry.kind == "file")

    def entry(self, path: str) -> Entry | None:
        """The entry at exactly this path."""
        return self._by_path.get(path)

    def matching(self, globs: str | Iterable[str], roles: Iterable[str] | None = None) -> list[Entry]:
        """The regular files whose path is among `globs` (see `aiaudit.project.globs`) and whose role is in `roles`
        (None: any), in path order. A link that stands for a file of the tree is one too, unless that file matches
        itself. Tables that aiaudit wrote are none. Raises `BadGlob`."""
        wanted = (globs,) if isinstance(globs, str) else tuple(globs)
        allowed = None if roles is None else frozenset(roles)
        key = (wanted, allowed)
        found = self._matching.get(key)
        if found is None:
            found = self._selection.matching(wanted, allowed)
            if self._own:
                found = [entry for entry in found if entry.path not in self._own and entry.target not in self._own]
            if any(entry.target for entry in found):
                paths = {entry.path for entry in found}
                found = [entry for entry in found if entry.target not in paths]
            if len(found) <= MEMO_LIST:
                self._matching[key] = found
        return list(found)

    def among(self, lists: Sequence[Sequence[str]]) -> dict[str, tuple[int, ...]]:
        """The numbers of the lists of globs that each file is among, by path. Raises `BadGlob`."""
        return self._selection.among(lists)

    @cached_property
    def _selection(self) -> Selection:
        return Selection([entry for entry in self.entries if entry.kind == "file" or entry.target])

    def read(self, path: str, *, keep: bool = True) -> bytes:
        """The whole file; `keep`: for the next one who asks, where it is small. Raises `Unreadable` (also where it is
        larger than 2 MB, or 20 MB for documents and data)."""
        kept = self._contents.get(path)
        if kept is not None:
            return kept
        entry = self._regular(path)
        limit = limit_of(entry)
        content = self._reader.read(entry.path, limit)
        if content.truncated:
            raise Unreadable(f"larger than {limit // (1024 * 1024)} MB")
        if is_pointer(content.data) and entry.role not in POINTED:
            raise Unreadable(IS_POINTER)
        if keep:
            self.remember(path, content.data)
        return content.data

    def head(self, path: str, size: int) -> bytes:
        """The first `size` bytes of a file of any length. Raises `Unreadable`."""
        return self._reader.read(self._regular(path).path, size).data

    def stream(self, path: str) -> BinaryIO:
        """The file as a binary stream, for formats of which only parts are read; close it. Raises `Unreadable`."""
        return self._reader.open(self._regular(path).path)

    def text(self, path: str) -> str:
        """The file as text (see `reader.decode`). Raises `Unreadable`."""
        return decode(self.read(path))

    def yaml(self, path: str) -> Any:
        """The file's first YAML document; mappings and lists know their lines (`parse.line_of`)."""
        documents = self.yaml_all(path)
        return documents[0] if documents else None

    def yaml_all(self, path: str) -> list[Any]:
        """All YAML documents of the file."""
        return self._parse(path, "yaml", parse.parse_yaml_all)  # type: ignore[no-any-return]

    def json(self, path: str, *, keep: bool = True) -> Any:
        """The JSON document of the file; `keep`: for the next one who asks, as all that is parsed is."""
        return self._parse(path, "json", parse.parse_json) if keep else parse.parse_json(self.read(path, keep=False))

    def toml(self, path: str) -> dict[str, Any]:
        return self._parse(path, "toml", parse.parse_toml)  # type: ignore[no-any-return]

    def ini(self, path: str) -> dict[str, dict[str, str]]:
        return self._parse(path, "ini", parse.parse_ini)  # type: ignore[no-any-return]

    def remember(self, path: str, data: bytes) -> None:
        """Keep a file's content for the next `read`, while the budget lasts."""
        if len(data) <= MEMO_FILE and self._kept + len(data) <= MEMO_BYTES and path not in self._contents:
            self._contents[path] = data
            self._kept += len(data)

    def remembered(self, path: str) -> bytes | None:
        """A content that is at hand, without reading."""
        return self._contents.get(path)

    def forget(self, *, lists: bool = False) -> None:
        """Let go of contents and of what was parsed: who still wants some of it reads it again. `lists`: also of what
        finds files by globs, which is made anew where somebody asks."""
        self._contents.clear()
        self._kept = 0
        self._parsed.clear()
        if lists:
            self._matching.clear()
            self.__dict__.pop("_selection", None)

    def _regular(self, path: str) -> Entry:
        """The regular file at `path`, or for which the link at `path` stands."""
        entry = self._by_path.get(path)
        if entry is not None and entry.target:
            entry = self._by_path.get(entry.target)
        if entry is None:
            raise Unreadable("no such file")
        if entry.kind != "file":
            raise Unreadable("a symbolic link" if entry.kind == "symlink" else "not a regular file")
        return entry

    def _parse(self, path: str, kind: str, parser: Callable[[bytes], Any]) -> Any:
        """Parse once; a failure is remembered as well."""
        key = (path, kind)
        if key not in self._parsed:
            try:
                self._parsed[key] = parser(self.read(path))
            except (Malformed, Unreadable) as error:
                self._parsed[key] = error
        value = self._parsed[key]
        if isinstance(value, (Malformed, Unreadable)):
            raise value.with_traceback(None)
        return value


def limit_of(entry: Entry) -> int:
    """How many bytes of this file are read at most."""
    return DOCUMENT_LIMIT if entry.suffix in _DOCUMENTS else CODE_LIMIT
