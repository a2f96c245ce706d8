"""What engines found in files, kept by the content's hash in the user's cache folder.

Beside them: single documents, one a *slot*, such as the loaded packs.

A hit means the same bytes were looked through by the same engine for the same things; paths and dates play no part. The
cache may be missing, read-only, locked, full or broken: then there is none, and nothing else changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Final

from aiaudit import __version__
from aiaudit.plain_json import decode

SCHEMA: Final = 3
MAX_BYTES: Final = 512 * 1024 * 1024  # the file's size; half of it goes, oldest first, when it grows larger
_DAY: Final = 86_400
_HASH: Final = 20
_SUM: Final = 4
_FILE: Final = f"scans-{SCHEMA}.sqlite"
# The key is an index beside the rows: were it their order, a search would read every large value on its way.
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS scans (engine BLOB, content BLOB, day INTEGER, value BLOB,"
    " PRIMARY KEY (engine, content))"
)

Key = tuple[bytes, bytes]  # engine id, content hash


def content_hash(data: bytes) -> bytes:
    """The hash by which a content is known: BLAKE2b, 20 bytes."""
    return hashlib.blake2b(data, digest_size=_HASH).digest()


def engine_id(engine_key: str, variant: str) -> bytes:
    """What the answer depends on besides the content: the engine, what it looks for, this program and this Python."""
    parts = (__version__, str(SCHEMA), f"{sys.version_info[0]}.{sys.version_info[1]}", engine_key, variant)
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=16).digest()


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """`AIAUDIT_CACHE_DIR`, else the platform's folder for a user's caches with `aiaudit` in it."""
    env = os.environ if environ is None else environ
    if env.get("AIAUDIT_CACHE_DIR"):
        return Path(env["AIAUDIT_CACHE_DIR"])
    if env.get("XDG_CACHE_HOME"):
        return Path(env["XDG_CACHE_HOME"]) / "aiaudit"
    home = Path(env.get("HOME") or Path.home())
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "aiaudit"
    if sys.platform == "win32":
        return Path(env.get("LOCALAPPDATA") or home) / "aiaudit" / "Cache"
    return home / ".cache" / "aiaudit"


class Cache:
    """The store. Every method is harmless where the store does not work; `open_cache` makes one."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self._db: sqlite3.Connection | None = None
        self._owner = os.getpid()
        self._users = 1  # how many have it open in this process
        self._counts: dict[bytes, int] = {}  # rows an engine has, as far as `known` was asked

    def known(self, engines: Iterable[bytes]) -> dict[bytes, frozenset[bytes]]:
        """For each engine id, the content hashes for which there is an answer."""
        found: dict[bytes, frozenset[bytes]] = {}
        for engine in engines:
            rows = self._query("SELECT content FROM scans WHERE engine = ?", (engine,))
            found[engine] = frozenset(row[0] for row in rows if isinstance(row[0], bytes))
            self._counts[engine] = len(found[engine])
        return found

    def get(self, keys: Iterable[Key]) -> dict[Key, dict[str, Any]]:
        """The answers that are there and can be read; a broken one is as if it were not there."""
        return {key: decode(value) for key, value in self.get_encoded(keys).items()}

    def get_encoded(self, keys: Iterable[Key]) -> dict[Key, bytes]:
        """The same as JSON, of which each is whole."""
        found: dict[Key, bytes] = {}
        stale: list[Key] = []
        today = int(time.time()) // _DAY
        wanted: dict[bytes, set[bytes]] = {}
        for engine, content in keys:
            wanted.setdefault(engine, set()).add(content)
        for engine, contents in wanted.items():
            for content, value, day in self._rows(engine, contents):
                if _is_whole(value):
                    found[engine, content] = value
                    if day != today:
                        stale.append((engine, content))
        if stale:
            self._write("UPDATE scans SET day = ? WHERE engine = ? AND content = ?", [(today, *key) for key in stale])
        return found

    def _rows(self, engine: bytes, contents: set[bytes]) -> Iterator[tuple[bytes, bytes, int]]:
        """The rows of an engine for these contents: one by one, or all at once where most of them are wanted."""
        if engine in self._counts and len(contents) * 2 > self._counts[engine]:
            rows = self._query("SELECT content, value, day FROM scans WHERE engine = ?", (engine,))
            yield from (row for row in rows if row[0] in contents)
            return
        for content in contents:
            one = "SELECT content, value, day FROM scans WHERE engine = ? AND content = ?"
            yield from self._query(one, (engine, content))

    def put(self, items: Iterable[tuple[Key, bytes]]) -> None:
        """Keep answers (as JSON bytes)."""
        today = int(time.time()) // _DAY
        rows = ((engine, content, today, value) for (engine, content), value in items)
        self._write("INSERT OR REPLACE INTO scans (engine, content, day, value) VALUES (?, ?, ?, ?)", rows)
        self._prune()

    def kept(self, slot: bytes, name: bytes) -> list[memoryview] | None:
        """The parts of the document of this name in a slot, if it is the one that was kept last and is whole. They are
        not copied: some have millions of bytes."""
        rows = self._query(
            "SELECT value FROM scans WHERE engine = ? AND content BETWEEN ? AND ? ORDER BY content",
            (slot, name + bytes(4), name + b"\xff" * 4),
        )
        views = [memoryview(value) for (value,) in rows if isinstance(value, bytes)]
        parts = [view[_SUM:] for view in views if view[:_SUM] == _sum(view[_SUM:])]
        whole = parts and len(parts) == len(rows) and parts[-1] == str(len(parts) - 1).encode()
        return parts[:-1] if whole else None

    def keep(self, slot: bytes, name: bytes, parts: Iterable[bytes | memoryview]) -> None:
        """Keep a document in a slot, in place of the one that is there. Its parts are taken one by one."""
        self._write("DELETE FROM scans WHERE engine = ?", [(slot,)])
        self.put(_numbered(slot, name, parts))

    def close(self) -> None:
        """Release the file, once nobody here has it open any more. What was put is written already."""
        self._users -= 1
        db = self._connected()
        if db is not None and self._users <= 0:
            self._db = None
            with contextlib.suppress(sqlite3.Error):
                db.close()

    def __del__(self) -> None:
        """A connection and its statements hold each other: without this it stays open until cycles are looked for."""
        with contextlib.suppress(sqlite3.Error, AttributeError, TypeError):  # the last two as the interpreter ends
            if (db := self._connected()) is not None:
                db.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prune(self) -> None:
        """Where the file is too large, drop the half that was used longest ago."""
        db = self._connected()
        if db is None:
            return
        try:
            pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            if pages * size <= self.max_bytes:
                return
            total = db.execute("SELECT count(*) FROM scans").fetchone()[0]
            with db:
                db.execute(
                    "DELETE FROM scans WHERE (engine, content) IN"
                    " (SELECT engine, content FROM scans ORDER BY day, content LIMIT ?)",
                    (total // 2 + 1,),
                )
            db.execute("VACUUM")
        except sqlite3.Error as error:
            self._give_up(error)

    def _query(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        db = self._connected()
        if db is None:
            return []
        try:
            return db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return []

    def _write(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        db = self._connected()
        if db is None:
            return
        try:
            with db:
                db.executemany(sql, rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def _connected(self) -> sqlite3.Connection | None:
        """The connection, in the process that opened it: it must not be used across a fork."""
        return self._db if self._owner == os.getpid() else None

    def shared_with(self, max_bytes: int) -> bool:
        """Whether one more may use this connection; it then closes it as well."""
        able = self._connected() is not None and self.max_bytes == max_bytes and self.path.exists()
        self._users += able
        return able

    def connect(self) -> None:
        """Open or make the file. Raises `sqlite3.Error`."""
        db = sqlite3.connect(self.path, timeout=2.0, isolation_level="DEFERRED")
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = OFF")  # losing the last writes costs time, never truth
            db.execute(_TABLE)
            db.execute("SELECT engine, content, day, value FROM scans LIMIT 1").fetchone()
            db.commit()
        except sqlite3.Error:
            db.close()
            raise
        self._db = db

    def _give_up(self, error: sqlite3.Error) -> None:
        """Go on without a cache; throw away a broken file, so that the next run has one again."""
        db, self._db = self._db, None
        with contextlib.suppress(sqlite3.Error):
            if db is not None:
                db.close()
        if _is_broken(error):
            _remove(self.path)


def _numbered(slot: bytes, name: bytes, parts: Iterable[bytes | memoryview]) -> Iterator[tuple[Key, bytes]]:
    """The rows of a document: each part with its checksum, and how many there are."""
    number = -1
    for number, part in enumerate(parts):
        yield (slot, name + number.to_bytes(4, "big")), _sum(part) + part
    end = str(number + 1).encode()
    yield (slot, name + (number + 1).to_bytes(4, "big")), _sum(end) + end


def _sum(part: bytes | memoryview) -> bytes:
    """What tells a part that was damaged on the disk; nobody else may write there."""
    return zlib.crc32(part).to_bytes(_SUM, "big")


_open: dict[Path, Cache] = {}  # by file: to open one takes as long as to read a hundred answers
_MOST_OPEN: Final = 16  # files of caches that a process holds open; an audit has one, a process of many audits its last


def open_cache(folder: Path | None = None, *, max_bytes: int = MAX_BYTES) -> Cache | None:
    """The cache in `folder` (None: the user's), or None where it cannot be used.

    A folder that belongs to somebody else, that others may write to, or that came with the audited project is not used:
    what is in it may be planted.
    """
    where = cache_folder() if folder is None else folder
    if where in _refused:
        return None
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(where) or not _make_private(where / _FILE):
            return None
    except OSError:
        return None
    shared = _open.get(where / _FILE)
    if shared is not None and shared.shared_with(max_bytes):
        return shared
    cache = Cache(where / _FILE, max_bytes=max_bytes)
    for _ in range(2):
        try:
            cache.connect()
            _open[cache.path] = cache
            while len(_open) > _MOST_OPEN:
                del _open[next(iter(_open))]  # whoever uses it still has it; nobody else keeps it open
            return cache
        except sqlite3.Error as error:
            if not _is_broken(error) or not _remove(cache.path):
                return None
    return None


def refuse_planted(root: str) -> str:
    """Use no cache that may have come with the project below `root`; the folder that is refused, else "".

    A folder within the project, or the repository that it is a part of, is used where git tracks nothing of it, as
    where CI keeps it from run to run. Whoever wrote the project could have laid answers there that suit him.
    """
    folder = cache_folder()
    named, real = Path(os.path.abspath(folder)), folder.resolve()  # noqa: PTH100 (follows no link)
    base = Path(root).resolve()
    repository = next((above for above in named.parents if os.path.lexists(above / ".git")), None)
    inside = named.is_relative_to(base) or real.is_relative_to(base) or named.is_relative_to(os.path.abspath(root))  # noqa: PTH100
    if not inside and (repository is None or not base.is_relative_to(repository)):
        return ""
    if repository is not None and not _is_tracked(named.relative_to(repository).as_posix(), repository, inside):
        return ""
    _refused.add(folder)
    return str(folder)


def _is_tracked(path: str, repository: Path, unsure: bool) -> bool:
    """Whether git tracks the folder itself (as a link), one on the way to it, or anything in it. `unsure`: what is said
    where its index cannot be read."""
    from aiaudit.project.tracked import tracked

    try:
        at = os.open(repository, os.O_RDONLY)
    except OSError:
        return unsure
    try:
        paths = tracked(at)
    finally:
        os.close(at)
    way = {path, *(above.as_posix() for above in PurePosixPath(path).parents)}
    return any(one in way or one.startswith(f"{path}/") for one in paths) if paths else unsure


_refused: set[Path] = set()


def _is_ours(folder: Path) -> bool:
    """Whether nobody else may write there. A group of this user alone (its number is the user's) is nobody else."""
    if not hasattr(os, "geteuid"):
        return True
    found = folder.stat()
    shared = found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and found.st_gid != found.st_uid)
    return found.st_uid == os.geteuid() and not shared


def _make_private(file: Path) -> bool:
    """Make a file that nobody else may read: what is kept tells much of the code. One that others could have written
    to, that is somebody else's, or that is a link goes. Whether there is such a file now."""
    if not hasattr(os, "geteuid"):
        return True
    for _ in range(2):
        try:
            found = file.lstat()
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):  # another run was faster
                os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
            return True
        writable = stat.S_IWOTH | stat.S_IWGRP
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & writable:
            if found.st_mode & 0o077:
                file.chmod(0o600)
            return True
        if stat.S_ISDIR(found.st_mode) or not _remove(file):
            return False
    return False


def _is_broken(error: sqlite3.Error) -> bool:
    """Whether the file itself is the trouble (not a lock, a full disk or a permission)."""
    text = str(error).lower()
    return any(words in text for words in ("malformed", "not a database", "no such column", "no such table", "corrupt"))


def _remove(path: Path) -> bool:
    try:
        for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            name.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _is_whole(value: object) -> bool:
    """Whether this is the JSON of an answer."""
    try:
        return isinstance(value, bytes) and isinstance(decode(value), dict)
    except (ValueError, RecursionError):
        return False
