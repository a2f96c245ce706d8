"""Files are written whole, all of a command's files or none of them, whatever signal comes in between.

Each file goes into a temporary file beside it first. Only when all of them are on the disk do they take their names,
and no signal gets through while they do.

Below a project's folder, whoever laid its files could have laid links: there each folder on the way is opened by its
name, never followed, and stays open until the file has its name. A link that is put in place meanwhile leads nowhere.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from aiaudit.signals import undisturbed

HERE: Final = "."  # outputs of commands that are given no project: whoever works in its folder names them from there
Content = bytes | Iterable[bytes]  # of a file: whole, or piece by piece

_BY_FOLDER: Final = {os.open, os.stat, os.mkdir, os.unlink, os.rename} <= os.supports_dir_fd
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_UNFOLLOWED: Final = getattr(os, "O_NOFOLLOW", 0)
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _UNFOLLOWED | getattr(os, "O_CLOEXEC", 0)


class OutputError(Exception):
    """An output that cannot be written or a format that does not exist; the message says the way out."""


class _Spot(Struct, frozen=True):
    """Where a file goes: its name in an open folder, or (`folder` None) its whole path."""

    name: str
    folder: int | None = None

    def mode(self) -> int | None:
        """The mode of what is there (of a link: its own); None where nothing is."""
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return None

    def temporary(self) -> tuple[int, str]:
        """A new file beside it, open for writing, that others may not read."""
        if self.folder is None:
            path = Path(self.name)
            return tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        name = f".{self.name[:100]}.{secrets.token_hex(8)}"
        return os.open(name, _NEW, 0o600, dir_fd=self.folder), name

    def take(self, temporary: str) -> None:
        """Give the file its name. A link of that name is replaced, not followed."""
        os.replace(temporary, self.name, src_dir_fd=self.folder, dst_dir_fd=self.folder)

    def drop(self, temporary: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=self.folder)


class _Staged(Struct, frozen=True):
    """A file that is written but for its name. `path`: as it was asked for."""

    path: str
    spot: _Spot
    temporary: str


def write_file(path: str, data: bytes, *, root: str = "") -> None:
    """Write all of a file or nothing. Raises `OutputError`."""
    write_files([(path, data)], root=root)


def write_files(files: Iterable[tuple[str, Content]], *, root: str = "") -> None:
    """Write all of the files or none of them. Raises `OutputError`.

    What is no regular file (a pipe that is read, /dev/null) is written to directly, before the others take their names.
    A file that is named below `root` is not led out of it by a link, also not by one that was put in place meanwhile.
    """
    staged: list[_Staged] = []
    with contextlib.ExitStack() as folders:
        try:
            for path, data in files:
                with _naming(path):
                    target = Path(path)
                    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
                        _pour(target, data)
                    else:
                        _stage(path, _spot(path, root, folders), data, staged)
            _take_names(staged)
        finally:
            _drop(staged)


def write_below(root: str | Path, path: str, data: bytes, *, new: bool = False) -> None:
    """Write a file of the project below `root`, whole or not at all; missing folders are made. Raises `OutputError`.

    Nothing on the way may be a link, and what is there must be a regular file; with `new`, nothing may be there. What
    shares its content with another name (a hard link) is parted from it: the other name keeps what it has.
    """
    staged: list[_Staged] = []
    with contextlib.ExitStack() as folders:
        try:
            with _naming(path, root):
                spot = _walked(str(root), path, folders, make=True)
                there = spot.mode()
                if there is not None and (new or not stat.S_ISREG(there)):
                    kind = "a link" if stat.S_ISLNK(there) else "no regular file"
                    why = "is there already and stays as it is" if new else f"is {kind}; nothing was written"
                    raise OutputError(f"{path} {why}")
                if new:
                    _make(spot, data)
                else:
                    _stage(path, spot, data, staged)
            _take_names(staged)
        finally:
            _drop(staged)


def led_out(root: str, path: str) -> Path | None:
    """Where a path that is named below the root leads, if a link of the project leads it out of there; else None."""
    base = Path(root).resolve()
    named, real = Path(os.path.abspath(path)), Path(path).resolve()  # noqa: PTH100 (follows no link)
    inside = named.is_relative_to(base) or named.is_relative_to(os.path.abspath(root))  # noqa: PTH100
    return real if inside and not real.is_relative_to(base) and str(real) != os.devnull else None


def _pour(target: Path, data: Content) -> None:
    """Write to what is no regular file. A pipe that nobody reads is an error: to open it would wait for ever."""
    with os.fdopen(os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)), "wb") as stream:
        os.set_blocking(stream.fileno(), True)
        stream.writelines(pieces_of(data))


def pieces_of(data: Content) -> Iterable[bytes]:
    """What is written, piece by piece."""
    return (data,) if isinstance(data, bytes) else data


def _spot(path: str, root: str, folders: contextlib.ExitStack) -> _Spot:
    """The place of an output. One below the root is reached by folders that stay open."""
    real = Path(path).resolve()
    if root and (elsewhere := led_out(root, path)):
        raise OutputError(f"{path}: a link of the project leads to {elsewhere}; name that file itself")
    base = Path(root).resolve()
    if root and real.is_relative_to(base):
        return _walked(str(base), real.relative_to(base).as_posix(), folders)
    return _Spot(str(real))


def _walked(root: str, path: str, folders: contextlib.ExitStack, *, make: bool = False) -> _Spot:
    """The place of a file below the root, with no link followed on the way to it."""
    *parts, name = path.split("/")
    if not name or {"", ".", ".."} & {*parts, name}:
        raise OutputError(f"{path}: not a plain path below {root}")
    if not _BY_FOLDER:
        return _looked_at(root, parts, name, make)
    at = os.open(root, _FOLDER)
    folders.callback(os.close, at)
    for part in parts:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, dir_fd=at)
        try:
            at = os.open(part, _FOLDER | _UNFOLLOWED, dir_fd=at)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                raise OutputError(f"{path}: {part} is a link or no folder; nothing was written") from None
            raise
        folders.callback(os.close, at)
    return _Spot(name, at)


def _looked_at(root: str, parts: list[str], name: str, make: bool) -> _Spot:
    """The same where the system opens nothing relative to a folder."""
    at = Path(root)
    for part in parts:
        at = at / part
        if at.is_symlink():
            raise OutputError(f"{at}: is a link; nothing was written")
        if make:
            at.mkdir(exist_ok=True)
    return _Spot(str(at / name))


def _stage(path: str, spot: _Spot, data: Content, staged: list[_Staged]) -> None:
    """Write a temporary file beside the target, which is on the list from its first moment."""
    with undisturbed():
        handle, temporary = spot.temporary()
        staged.append(_Staged(path, spot, temporary))
    with os.fdopen(handle, "wb") as stream:
        stream.writelines(pieces_of(data))
        stream.flush()
        os.chmod(stream.fileno() if _BY_FOLDER else temporary, _mode_for(spot))  # noqa: PTH101 (it may be open only)


def _mode_for(spot: _Spot) -> int:
    """The mode of the file that is there, else that of any new file of this user."""
    there = spot.mode()
    return there & 0o777 if there is not None and stat.S_ISREG(there) else 0o666 & ~_umask()


def _make(spot: _Spot, data: bytes) -> None:
    """Write a file that nobody has made yet."""
    with undisturbed():
        handle = os.open(spot.name, _NEW, 0o666, dir_fd=spot.folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
        except OSError:
            spot.drop(spot.name)
            raise


def _take_names(staged: list[_Staged]) -> None:
    with undisturbed():
        while staged:
            with _naming(staged[0].path):
                staged[0].spot.take(staged[0].temporary)
            del staged[0]


def _drop(staged: Iterable[_Staged]) -> None:
    with undisturbed():
        for one in staged:
            one.spot.drop(one.temporary)


@contextlib.contextmanager
def _naming(path: str, root: str | Path = "") -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise OutputError(f"{path} is there already and stays as it is") from None
    except OSError as error:
        raise OutputError(f"cannot write {Path(root, path)}: {(error.strerror or str(error)).lower()}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
