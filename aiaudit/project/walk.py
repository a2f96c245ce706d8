"""The one walk over the audited tree.

Nothing is hidden by a `.gitignore`: a file that it names is an entry with `ignored=True`, unless git tracks it. Links
are entries and are never followed; one that names a file of the tree says which. Folders of installed or cached
third-party code are not entered, and listed as skipped.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.project.entry import CACHE, MISSING, PACKAGES, STORE, VENV, Entry, Kind, Skipped, display
from aiaudit.project.gitignore import MAX_BYTES, IgnoreFile
from aiaudit.project.globs import GlobSet
from aiaudit.project.reader import SPARSE_FROM, Unreadable, is_sparse
from aiaudit.project.roles import Role, role_and_suffix, role_of_dirs
from aiaudit.project.tracked import tracked

MAX_ENTRIES: Final = 200_000
MAX_DEPTH: Final = 64
MAX_LINKS: Final = 8  # links to links that are looked at in a row

# Folders that are not the project's own work: version control, environments, packages, caches of tools.
SKIPPED_DIRS: Final = {
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr", ".jj", "CVS"), STORE),
    **dict.fromkeys((".venv", ".virtualenv", ".conda", ".tox", ".nox", "site-packages"), PACKAGES),
    **dict.fromkeys(("node_modules", "bower_components", ".yarn", ".pnpm-store"), PACKAGES),
    **dict.fromkeys(("__pycache__", ".eggs", ".gradle", ".terraform", ".next", ".nuxt"), CACHE),
    **dict.fromkeys((".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"), CACHE),
    **dict.fromkeys((".cache", ".parcel-cache", ".turbo"), CACHE),
}
_VENV_MARK: Final = "pyvenv.cfg"
# What tools lay in a virtual environment. Anything else beside the mark is somebody's own: the mark does not hide it.
_OF_VENVS: Final = frozenset({"bin", "Scripts", "include", "Include", "lib", "Lib", "lib64", "share", "etc", "man"})
_IN_VENVS: Final = frozenset({_VENV_MARK, ".gitignore", ".lock", "CACHEDIR.TAG", "pip-selfcheck.json"})
_MOST_UNSEEN: Final = 10_000  # paths of git's index that were not met and are looked for
_MOST_MISSING: Final = 50  # of those that are not there, told one by one
_COMPILED: Final = (".pyc", ".pyo", ".nbi", ".nbc")

_CLOEXEC: Final = getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_OPEN_DIR: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW | _CLOEXEC
_OPEN_FILE: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NOFOLLOW | _CLOEXEC

_FILE: Final = stat.S_IFREG
_KIND: Final = stat.S_IFMT(0o177777)  # the bits of a mode that tell what it is
_KINDS: Final[dict[int, Kind]] = {stat.S_IFREG: "file", stat.S_IFLNK: "symlink"}

Rules = tuple[tuple[int, IgnoreFile], ...]  # (length of the folder's path, its .gitignore), outermost first


class Tree(Struct, frozen=True):
    """What one walk saw. `entries` are sorted by the bytes of their paths; `complete` is False where a cap ended it."""

    root: str
    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...]
    complete: bool = True


def walk(
    root: str | os.PathLike[str],
    *,
    exclude: Iterable[str] = (),
    max_entries: int = MAX_ENTRIES,
    max_depth: int = MAX_DEPTH,
) -> Tree:
    """Walk the tree below `root`. `exclude`: globs of files or folders that the caller does not want audited; they are
    listed as skipped. Raises `Unreadable` where the root itself cannot be opened as a folder."""
    return _Walk(os.fspath(root), tuple(exclude), max_entries, max_depth).run()


class _Full(Exception):  # noqa: N818
    """The cap on entries is reached."""


class _Folder(Struct, frozen=True):
    """A folder being listed. `prefix` begins the paths of what is in it ("" or "a/b/")."""

    prefix: str = ""
    role: Role | None = None
    rules: Rules = ()
    ignored: bool = False
    depth: int = 0


class _Walk:
    """The state of one walk. Folders are opened relative to their parent, and never through a link."""

    def __init__(self, root: str, exclude: Sequence[str], max_entries: int, max_depth: int) -> None:
        self.root = root
        self.excluded = GlobSet(exclude) if exclude else None
        self.max_entries = max_entries
        self.max_depth = max_depth
        self.entries: list[Entry] = []
        self.skipped: list[Skipped] = []
        self.unentered: dict[tuple[str, str], list[str]] = defaultdict(list)  # (name, reason) -> paths
        self.device = 0

    def run(self) -> Tree:
        try:
            fd = os.open(self.root, _OPEN_DIR & ~_NOFOLLOW)  # the caller named the root: it may be a link
        except OSError as error:
            raise Unreadable(f"{display(self.root)}: {_words(error)}") from None
        complete = True
        try:
            self.device = os.fstat(fd).st_dev
            self._list(fd, _Folder())
            kept = tracked(fd)
            self._keep_tracked(fd, kept)
            self._tell_missing(fd, kept)
        except _Full:
            complete = False
            self.skipped.append(Skipped("**", f"more than {self.max_entries} files; the rest was not walked"))
        finally:
            os.close(fd)
        for (name, reason), paths in self.unentered.items():
            one = len(paths) == 1
            self.skipped.append(
                Skipped(display(paths[0]), reason) if one else Skipped(f"**/{name}", f"{len(paths)} folders: {reason}")
            )
        entries = tuple(_in_order(_with_targets(self.entries)))
        return Tree(self.root, entries, tuple(sorted(self.skipped)), complete)

    def _tell_missing(self, root: int, kept: frozenset[str]) -> None:
        """What git tracks and the working tree lacks: deleted, left out of a checkout, or not to be had."""
        unseen = sorted(kept - {entry.path for entry in self.entries})[:_MOST_UNSEEN]
        missing = [path for path in unseen if _is_missing(path, root)]
        told = missing[:_MOST_MISSING]
        self.skipped += [Skipped(display(path), MISSING) for path in told]
        if len(missing) > len(told):
            self.skipped.append(Skipped("**", f"{len(missing) - len(told)} more files: {MISSING}"))

    def _keep_tracked(self, root: int, kept: frozenset[str]) -> None:
        """What git tracks is not ignored, whatever a `.gitignore` says, and no tool's cache, whatever its folder is
        called."""
        caches = tuple(f"{path}/" for (_, reason), paths in self.unentered.items() if reason == CACHE for path in paths)
        if not kept:
            return
        self.entries = [
            replace(entry, ignored=False) if entry.ignored and entry.path in kept else entry for entry in self.entries
        ]
        for path in sorted(kept) if caches else ():
            if path.startswith(caches) and not path.endswith(_COMPILED):
                self._add_tracked(path, root)

    def _add_tracked(self, path: str, root: int) -> None:
        """Make the entry of a file in a folder that was not entered. No link is followed: the reader refuses any."""
        try:
            status = os.stat(path, dir_fd=root, follow_symlinks=False)
        except OSError:
            return
        if not stat.S_ISREG(status.st_mode) or (self.excluded is not None and self.excluded(path)):
            return
        if len(self.entries) >= self.max_entries:
            raise _Full
        folder, _, name = path.rpartition("/")
        role, suffix = role_and_suffix(role_of_dirs(folder.lower()), name.lower(), folder)
        sparse = status.st_size >= SPARSE_FROM and is_sparse(status.st_size, status.st_blocks)
        self.entries.append(Entry(path, status.st_size, "file", role=role, suffix=suffix, sparse=sparse))

    def _list(self, fd: int, folder: _Folder) -> None:
        """List the folder open at `fd`, and enter the folders in it."""
        try:
            with os.scandir(fd) as listing:
                found = {one.name: one for one in listing}
        except OSError as error:
            self.skipped.append(Skipped(display(folder.prefix) or ".", _words(error)))
            return
        if folder.depth and _VENV_MARK in found and (made := _of_venv(found)):
            if made >= found.keys():
                self.unentered[folder.prefix, VENV].append(folder.prefix[:-1])
                return
            for name in made & _OF_VENVS:
                self.unentered[name, VENV].append(folder.prefix + name)
            found = {name: one for name, one in found.items() if name not in made}
        if ".gitignore" in found and not folder.ignored:
            data = _read_gitignore(fd)
            rules = (*folder.rules, (len(folder.prefix), IgnoreFile(data)))
            folder = replace(folder, rules=rules)
        inner = sorted([name for name, one in found.items() if one.is_dir(follow_symlinks=False)])
        folders = {name: found.pop(name) for name in inner}
        self._add(found, fd, folder)
        ignored = _ignored(folder, folders, is_dir=True) if inner else ()
        for name in inner:
            self._enter(name, fd, folder, name in ignored)

    def _add(self, found: Mapping[str, os.DirEntry[str]], parent: int, folder: _Folder) -> None:
        """Make the entries of files, links and special files in the folder open at `parent`. They are many: what is the
        same for all of them is looked up once."""
        entries, excluded, most = self.entries, self.excluded, self.max_entries
        prefix, role_of_folder = folder.prefix, folder.role
        ignored = _ignored(folder, found, is_dir=False)
        for name, one in found.items():
            path = prefix + name
            if excluded is not None and excluded(path):
                self.skipped.append(Skipped(display(path), "excluded by configuration"))
                continue
            try:
                status = one.stat(follow_symlinks=False)
            except OSError:
                self.skipped.append(Skipped(display(path), "gone"))
                continue
            if len(entries) >= most:
                raise _Full
            size, mode = status.st_size, status.st_mode & _KIND
            role, suffix = role_and_suffix(role_of_folder, name.lower(), prefix)
            if mode == _FILE and size < SPARSE_FROM:
                entries.append(Entry(path, size, "file", name in ignored, role, suffix))
                continue
            kind = _KINDS.get(mode, "special")
            sparse = size >= SPARSE_FROM and is_sparse(size, getattr(status, "st_blocks", size))
            target = _link(name, parent, prefix) if kind == "symlink" else ""
            entries.append(Entry(path, size, kind, name in ignored, role, suffix, sparse, target))

    def _enter(self, name: str, parent: int, folder: _Folder, ignored: bool) -> None:
        """Go into a folder of the folder open at `parent`, or say why not."""
        path = folder.prefix + name
        reason = SKIPPED_DIRS.get(name)
        if reason is not None:
            self.unentered[name, reason].append(path)
            return
        if self.excluded is not None and (self.excluded(path) or self.excluded(path + "/")):
            self.skipped.append(Skipped(display(path), "excluded by configuration"))
            return
        if folder.depth >= self.max_depth:
            self.skipped.append(Skipped(display(path), f"deeper than {self.max_depth} folders"))
            return
        try:
            fd = os.open(name, _OPEN_DIR, dir_fd=parent)
        except OSError as error:
            self.skipped.append(Skipped(display(path), _words(error)))
            return
        try:
            if os.fstat(fd).st_dev != self.device:
                self.skipped.append(Skipped(display(path), "on another file system"))
                return
            role = role_of_dirs(path.lower())
            self._list(fd, _Folder(path + "/", role, folder.rules, ignored, folder.depth + 1))
        finally:
            os.close(fd)


def _is_missing(path: str, root: int) -> bool:
    """Whether nothing is there. The index is the tree's own: what would lead out of it is not asked for."""
    if path.startswith("/") or ".." in path.split("/"):
        return False
    try:
        os.stat(path, dir_fd=root, follow_symlinks=False)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        pass
    return False


def _of_venv(found: Iterable[str]) -> frozenset[str]:
    """Those of the names in a folder with the mark of a virtual environment that its tools have made; none where the
    mark is all that it has of one."""
    made = frozenset(found) & (_OF_VENVS | _IN_VENVS)
    return made if made & _OF_VENVS else frozenset()


def _link(name: str, parent: int, prefix: str) -> str:
    """The path that a link names, as a path of the tree; empty where it leads out of it. Nothing is followed."""
    try:
        named = os.readlink(name, dir_fd=parent)
    except OSError:
        return ""
    if named.startswith("/"):
        return ""
    path = posixpath.normpath(prefix + named)
    return "" if path.startswith("../") or path in ("..", ".") else path


def _with_targets(entries: list[Entry]) -> list[Entry]:
    """The entries, where each link either stands for a regular file among them or for nothing."""
    if all(entry.kind != "symlink" for entry in entries):
        return entries
    by_path = {entry.path: entry for entry in entries}

    def resolved(entry: Entry) -> Entry:
        at: Entry | None = entry
        for _ in range(MAX_LINKS):
            if at is None or at.kind != "symlink":
                break
            at = by_path.get(at.target)
        if at is None or at.kind != "file":
            return replace(entry, target="")
        return replace(entry, target=at.path, size=at.size, sparse=at.sparse)

    return [resolved(entry) if entry.kind == "symlink" else entry for entry in entries]


def _read_gitignore(folder: int) -> bytes:
    """The first bytes of the `.gitignore` in an open folder; nothing where it is no regular file."""
    try:
        fd = os.open(".gitignore", _OPEN_FILE, dir_fd=folder)
    except OSError:
        return b""
    try:
        return os.read(fd, MAX_BYTES) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(fd)


def _ignored(folder: _Folder, names: Mapping[str, object], *, is_dir: bool) -> Collection[str]:
    """Those of the names in a folder that are ignored: the innermost `.gitignore` that says anything decides."""
    if folder.ignored or not names:
        return names
    said: dict[str, bool] = {}
    for start, rule in folder.rules:
        said |= rule.verdicts(folder.prefix[start:], names.keys(), is_dir=is_dir)
    return {name for name, ignored in said.items() if ignored} if said else ()


def _in_order(entries: list[Entry]) -> list[Entry]:
    """By the bytes of the paths; where these are ASCII, texts have the same order."""
    by_path = attrgetter("path")
    if all(map(str.isascii, map(by_path, entries))):
        return sorted(entries, key=by_path)
    return sorted(entries, key=lambda entry: os.fsencode(entry.path))


def _words(error: OSError) -> str:
    return (error.strerror or "unreadable").lower()
