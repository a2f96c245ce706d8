"""Files are written whole, all of a command's files or none of them, whatever signal comes in between.

Each file goes into a temporary file beside it first. Only when all of them are on the disk do they take their names,
and no signal gets through while they do.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from aiaudit.signals import undisturbed

Content = bytes | Iterable[bytes]  # of a file: whole, or piece by piece


class OutputError(Exception):
    """An output that cannot be written or a format that does not exist; the message says the way out."""


def write_file(path: str, data: bytes) -> None:
    """Write all of a file or nothing. Raises `OutputError`."""
    write_files([(path, data)])


def write_files(files: Iterable[tuple[str, Content]]) -> None:
    """Write all of the files or none of them. Raises `OutputError`.

    What is no regular file (a pipe, /dev/null) is written to directly, before the others take their names.
    """
    staged: list[tuple[str, Path, Path]] = []  # as asked for, temporary, target
    try:
        for path, data in files:
            with _naming(path):
                target = Path(path)
                if target.exists() and not stat.S_ISREG(target.stat().st_mode):
                    with target.open("wb") as stream:
                        stream.writelines(pieces_of(data))
                else:
                    _stage(path, target.resolve(), data, staged)
        with undisturbed():
            while staged:
                path, temporary, target = staged[0]
                with _naming(path):
                    temporary.replace(target)
                del staged[0]
    finally:
        with undisturbed():
            for _, temporary, _ in staged:
                temporary.unlink(missing_ok=True)


def pieces_of(data: Content) -> Iterable[bytes]:
    """What is written, piece by piece."""
    return (data,) if isinstance(data, bytes) else data


def _stage(path: str, target: Path, data: Content, staged: list[tuple[str, Path, Path]]) -> None:
    """Write a temporary file beside the target, which is on the list from its first moment."""
    with undisturbed():
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        staged.append((path, Path(temporary), target))
    with os.fdopen(handle, "wb") as stream:
        stream.writelines(pieces_of(data))
    Path(temporary).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())


@contextlib.contextmanager
def _naming(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
