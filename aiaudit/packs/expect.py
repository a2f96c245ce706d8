"""`expect.yaml`: what a case of a check is given besides its tree, and how the check should end on it."""

from __future__ import annotations

import base64
import datetime as dt
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aiaudit.packs.document import Document
from aiaudit.packs.problems import PackError, Problem

FILE: Final = "expect.yaml"
AS_OF: Final = dt.date(2026, 6, 1)  # "today" of a case that names none
_GIT_TIMEOUT: Final = 20  # seconds


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Binary(Part):
    """Bytes of a file that is no text."""

    base64: str


class Repeated(Part):
    """A large text file: `repeat` as often as `times` says, `{n}` in it being the count from 0."""

    repeat: str
    times: int = Field(ge=1, le=100_000)


class Commit(Part):
    """One commit of the case's history. `files`: path to content (nothing = deleted), or the whole tree. `written`:
    when its change was written, if not when it was made (`date`)."""

    author: str = "Ada Example"
    email: str = "ada@example.org"
    date: dt.datetime = dt.datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=dt.UTC)
    written: dt.datetime | None = None
    message: str = "Change"
    files: dict[str, str | None] | Literal["all"] = "all"
    tag: str | None = None


class Expect(Part):
    """How a check should end on a case, and what the case is given."""

    status: Literal["pass", "partial", "fail", "unknown", "not_applicable", "error"]
    findings: list[str] | None = Field(None, description="All places, as path:line or path; not compared where absent.")
    reason: str | None = Field(None, description="A part of the sentence that says why.")
    risk: str | None = Field(None, description="A part of the sentence on what may happen.")
    remediation: str | None = Field(None, description="A part of the sentence on what to do.")
    points: float | None = Field(None, ge=0, le=1, description="What a partial result earns.")
    facts: dict[str, Any] = Field(default={}, description="Values that facts of the check should have.")
    given: dict[str, Any] = Field(
        default_factory=dict, description="Values of facts that no tree can hold; {$unknown: why} for an unknown one."
    )
    attestations: dict[str, Any] = Field(
        default_factory=dict, description="One entry for this check, or check id -> entry."
    )
    config: dict[str, Any] = Field(default={}, description="What aiaudit.yaml says.")
    as_of: dt.date = AS_OF
    git: list[Commit] = Field(default=[], description="A real history, built in a copy of the tree.")
    gone: list[str] = Field(default=[], description="Files of the history that the working tree lacks.")
    files: dict[str, str | Binary | Repeated] = Field(default={}, description="Further files of the tree.")
    options: dict[str, Any] = Field(default={}, description="Run options that some probes take.")
    note: str = ""


def read_expect(case: Path) -> Expect:
    """The `expect.yaml` of a case folder.

    Raises:
        PackError: it is missing, no YAML, or says something else than it may.
    """
    document = Document.read(case / FILE, f"{case.parent.name}/{case.name}/{FILE}")
    try:
        return Expect.model_validate(document.data)
    except ValidationError as error:
        known = {**Expect.model_fields, **Commit.model_fields}
        raise PackError(document.complaints(error, lambda path: known)) from None


@contextmanager
def laid_out(case: Path, expect: Expect) -> Iterator[Path]:
    """The tree of a case: the folder itself, or where files or a history are to be added a copy that goes away."""
    if not (expect.git or expect.files):
        yield case
        return
    with TemporaryDirectory(prefix="aiaudit-case-") as folder:
        tree = Path(folder).resolve() / "project"
        shutil.copytree(case, tree, symlinks=True, ignore=shutil.ignore_patterns(FILE))
        for path, content in expect.files.items():
            _write(tree, path, _bytes_of(path, content))
        if expect.git:
            for path, text in last_contents(expect.git).items():
                if text is not None and not (tree / path).exists():
                    _write(tree, path, text.encode())
            _build_history(tree, expect.git)
            for path in expect.gone:
                (tree / path).unlink()
        yield tree


def last_contents(commits: Sequence[Commit]) -> dict[str, str | None]:
    """What each file that a commit names ends as; None for one that ends deleted."""
    contents: dict[str, str | None] = {}
    for commit in commits:
        if commit.files != "all":
            contents.update(commit.files)
    return contents


def _bytes_of(path: str, content: str | Binary | Repeated) -> bytes:
    match content:
        case str():
            return content.encode()
        case Repeated():
            return "".join(content.repeat.replace("{n}", str(n)) for n in range(content.times)).encode()
        case _:
            return _decoded(path, content)


def _decoded(path: str, content: Binary) -> bytes:
    try:
        return base64.b64decode(content.base64, validate=True)
    except ValueError:
        raise _broken(f"{path}: not base64") from None


def _write(tree: Path, path: str, content: bytes) -> None:
    target = (tree / path).resolve()
    if not target.is_relative_to(tree) or target == tree:
        raise _broken(f"{path}: outside the tree of the case")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError as error:
        raise _broken(f"{path}: {(error.strerror or 'cannot be written').lower()}") from None


def _broken(message: str) -> PackError:
    return PackError([Problem(None, f"{FILE}: {message}")])


def _build_history(tree: Path, commits: Sequence[Commit]) -> None:
    """A real repository whose commits are written in one stream; its index is that of the last commit."""
    stream = b"".join(_stream(tree, commits))
    _git(tree, "init", "--quiet", "--template=", "--initial-branch=main")
    _git(tree, "fast-import", "--quiet", stdin=stream)
    _git(tree, "reset", "--quiet")


def _stream(tree: Path, commits: Sequence[Commit]) -> Iterator[bytes]:
    whole = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    for commit in commits:
        moment = commit.date if commit.date.tzinfo else commit.date.replace(tzinfo=dt.UTC)
        who = f"{commit.author} <{commit.email}>"
        written = commit.written or moment
        written = written if written.tzinfo else written.replace(tzinfo=dt.UTC)
        yield f"commit refs/heads/main\nauthor {who} {_git_time(written)}\n".encode()
        yield f"committer {who} {_git_time(moment)}\n".encode()
        yield _data(commit.message.encode())
        files: Mapping[str, bytes | None]
        if commit.files == "all":
            yield b"deleteall\n"
            files = {path.relative_to(tree).as_posix(): path.read_bytes() for path in whole}
        else:
            files = {path: None if text is None else text.encode() for path, text in commit.files.items()}
        for path, content in files.items():
            quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
            yield (
                f"D {quoted}\n".encode() if content is None else f"M 100644 inline {quoted}\n".encode() + _data(content)
            )
        if commit.tag:
            yield f"\nreset refs/tags/{commit.tag}\nfrom refs/heads/main\n".encode()
        yield b"\n"


def _git_time(moment: dt.datetime) -> str:
    return f"{int(moment.timestamp())} {moment.strftime('%z')}"


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"


def _git(tree: Path, *arguments: str, stdin: bytes = b"") -> None:
    """Run git on our own temporary repository, deaf to the user's configuration."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(tree),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_DIR": str(tree / ".git"),
        "GIT_WORK_TREE": str(tree),
        "LC_ALL": "C",
    }
    command = ["git", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, and the git of who runs the cases
            command, cwd=tree, env=environment, input=stdin, capture_output=True, timeout=_GIT_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _broken(f"the history cannot be built: {error}") from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines() or [""]
        raise _broken(f"the history cannot be built: git {arguments[0]}: {reason[0]}")
