"""The contents that a repository's history holds: each blob once, within bounds.

All commits that any ref reaches count. Blobs are named by `rev-list --objects` and read by `cat-file --batch`, which
applies no filter and runs no program of the repository's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct, field

from aiaudit.probes.git.run import GitError, Repository

NOWHERE: Final = ".git"  # the path of what has none in any commit: messages, and contents that a tag names
_BATCH_BYTES: Final = 16 * 1024 * 1024  # contents asked for in one command
_BATCH_BLOBS: Final = 2_000


class Bounds(Struct, frozen=True):
    """How much of a history is read at most. `largest`: bytes of one blob."""

    commits: int = 20_000
    total: int = 512 * 1024 * 1024  # bytes of all blobs
    largest: int = 2 * 1024 * 1024
    seconds: float = 120.0


class Blob(Struct, frozen=True):
    """One content. `path`: a path that it had, relative to the audited folder."""

    id: str
    path: str
    size: int


class Past(Struct):
    """The blobs of a history that are wanted. `limits`: why some of it was not read, a line each."""

    commits: int = 0
    blobs: list[Blob] = field(default_factory=list)
    unread: int = 0  # blobs left out as too large
    limits: list[str] = field(default_factory=list)
    deadline: float = 0.0


def list_blobs(repository: Repository, bounds: Bounds, wanted: Callable[[str, int], bool]) -> Past:
    """The blobs whose path and size are `wanted`, newest commits first. Raises GitError."""
    past = Past(deadline=time.monotonic() + bounds.seconds)
    if not repository.run("rev-list", "--all", "--max-count=1"):
        return past
    past.commits = int(repository.run("rev-list", "--all", "--count"))
    if past.commits > bounds.commits:
        past.limits.append(f"only the newest {bounds.commits} of {past.commits} commits")
    if repository.shallow:
        past.limits.append("the clone is shallow: it holds only the newest commits")
    names, missing = _names(repository, bounds)
    total = 0
    for identifier, kind, size in _sizes(repository, list(names)):
        path = names[identifier]
        if kind == "missing":
            missing += 1
        if kind != "blob" or (path and not path.startswith(repository.prefix)):
            continue
        blob = Blob(identifier, path.removeprefix(repository.prefix) or NOWHERE, size)
        if not wanted(blob.path, size):
            continue
        if size > bounds.largest:
            past.unread += 1
        elif total + size > bounds.total:
            past.limits.append(f"only the newest {bounds.total >> 20} MB of contents")
            break
        else:
            total += size
            past.blobs.append(blob)
    if missing:
        past.limits.append(f"{missing} objects are missing from this clone")
    return past


def messages(repository: Repository, past: Past, bounds: Bounds) -> Iterator[tuple[str, bytes]]:
    """The messages of commits and tags, each with the short id and day of its commit, or the tag's name. What cannot be
    read is told in `past.limits`."""
    log = ("log", "--all", f"--max-count={bounds.commits}", "--no-color", "--no-show-signature", "--no-patch")
    tags = ("for-each-ref", "refs/tags", "--format=%(refname:short)%0a%(contents)%00")
    for command in ((*log, "--format=%h %cs%n%B%x00"), tags):
        try:
            output = repository.run(*command)
        except GitError as error:
            past.limits.append(f"messages were not read: {error.reason}")
            continue
        for part in output.split(b"\0"):
            where, _, message = part.lstrip(b"\n").partition(b"\n")
            if message.strip():
                yield where.decode("utf-8", "replace"), message[: bounds.largest]


def read_blobs(repository: Repository, past: Past) -> Iterator[tuple[Blob, bytes]]:
    """The contents of the listed blobs. Past the deadline it ends, and `past.limits` says so. Raises GitError."""
    for batch in _batches(past.blobs):
        if time.monotonic() > past.deadline:
            done = past.blobs.index(batch[0])
            past.limits.append(f"only {done} of {len(past.blobs)} contents: the time was up")
            return
        output = repository.run("cat-file", "--batch", given=_lines(blob.id for blob in batch))
        yield from _contents(output, batch)


def commit_of(repository: Repository, blob: Blob) -> str:
    """The oldest commit that brought or removed this content, by short id and day; "" where git does not say."""
    try:
        output = repository.run(
            "log", "--all", "--reverse", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
            "--no-show-signature", "--format=%h %cs", f"--find-object={blob.id}", "--no-patch",
        )  # fmt: skip
    except GitError:
        return ""
    return output.decode("ascii", "replace").partition("\n")[0].strip()


def _names(repository: Repository, bounds: Bounds) -> tuple[dict[str, str], int]:
    """The objects with a path that each has ("" for commits, their trees, and what a tag names), in the order in which
    git meets them, newest first; and how many objects this clone lacks."""
    output = repository.run("rev-list", "--all", "--objects", "--missing=print", f"--max-count={bounds.commits}")
    names: dict[str, str] = {}
    missing = 0
    for line in output.split(b"\n"):
        if line.startswith(b"?"):
            missing += 1
            continue
        identifier, _, path = line.partition(b" ")
        if identifier:
            names.setdefault(identifier.decode("ascii"), path.decode("utf-8", "surrogateescape"))
    return names, missing


def _sizes(repository: Repository, identifiers: list[str]) -> Iterator[tuple[str, str, int]]:
    """Kind and size of objects; the kind of one that this clone lacks is `missing`."""
    if not identifiers:
        return
    for line in repository.run("cat-file", "--batch-check", given=_lines(identifiers)).decode("ascii").splitlines():
        fields = line.split(" ")
        if len(fields) == 3 and fields[2].isdigit():
            yield fields[0], fields[1], int(fields[2])
        else:
            yield fields[0], "missing", 0


def _batches(blobs: list[Blob]) -> Iterator[list[Blob]]:
    batch: list[Blob] = []
    size = 0
    for blob in blobs:
        if batch and (size + blob.size > _BATCH_BYTES or len(batch) >= _BATCH_BLOBS):
            yield batch
            batch, size = [], 0
        batch.append(blob)
        size += blob.size
    if batch:
        yield batch


def _contents(output: bytes, batch: list[Blob]) -> Iterator[tuple[Blob, bytes]]:
    """`<id> blob <size>\\n<content>\\n`, in the order asked for."""
    at = 0
    for blob in batch:
        end = output.find(b"\n", at)
        if output[at:end] != f"{blob.id} blob {blob.size}".encode():
            raise GitError("git cat-file gave something else than asked for")
        yield blob, output[end + 1 : end + 1 + blob.size]
        at = end + 2 + blob.size


def _lines(identifiers: Iterator[str] | list[str]) -> bytes:
    return "".join(f"{identifier}\n" for identifier in identifiers).encode("ascii")
