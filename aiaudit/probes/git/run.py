"""Running git on a repository that nobody trusts.

A repository's own configuration can name programs (fsmonitor, hooks, pager, external diff, textconv, signature check,
remote helpers). Only commands that need none of them are run (`log`, `ls-tree`, `rev-list`, `cat-file`), each such
setting is overridden, nothing is read from the user's or the system's configuration, nothing is fetched, no lock is
taken and the work tree is never looked at. The `.git` that is used must belong to the audited folder: a `.git` file
that points into somebody else's repository is refused.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from msgspec import Struct

from aiaudit.probes.child import OverrunError, drain
from aiaudit.probes.git.refuse import trouble

MAX_OUTPUT: Final = 128 * 1024 * 1024
TIMEOUT: Final = 60.0  # seconds for one command

_OVERRIDES: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.editor=false",
    "core.sshCommand=false",
    "core.askPass=false",
    "core.attributesFile=/dev/null",
    "core.commitGraph=true",
    "diff.external=",
    "diff.orderFile=/dev/null",
    "core.excludesFile=/dev/null",
    "mailmap.file=/dev/null",
    "log.showSignature=false",
    "log.mailmap=false",
    "log.follow=false",
    "gpg.program=false",
    "credential.helper=",
    "protocol.allow=never",
    "safe.directory=*",  # git refuses another user's files otherwise; what that protects from is switched off here
)


class GitError(Exception):
    """Git could not be asked. `reason` is one short line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Repository(Struct, frozen=True):
    """`directory`: the `.git` folder. `prefix`: the audited folder below the repository's root, "" or "a/b/"."""

    directory: Path
    prefix: str
    program: str | None  # git's absolute path; None where it is not installed
    refused: str = ""  # why git is not started on it

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """The output of one git command that reads `given` from its standard input. Raises GitError."""
        if self.program is None:
            raise GitError("git is not installed")
        if self.refused:
            raise GitError(self.refused)
        settings = [word for override in _OVERRIDES for word in ("-c", override)]
        command = [
            self.program, "--no-pager", "--no-optional-locks", "--no-lazy-fetch", "--no-replace-objects",
            "--literal-pathspecs", *settings, f"--git-dir={self.directory}", *arguments,
        ]  # fmt: skip
        if not _knows_lazy_fetch(self.program):
            command.remove("--no-lazy-fetch")
        return _output(command, cwd=self.directory, given=given)

    @property
    def shallow(self) -> bool:
        """Whether this clone holds only a part of the history."""
        return (self.directory / "shallow").exists()

    def head(self) -> str:
        """The commit that HEAD names, from the files alone; "" where there is none."""
        text = small(self.directory / "HEAD")
        if not text.startswith("ref: "):
            return text if _is_id(text) else ""
        name = text[5:]
        common = self.directory / (small(self.directory / "commondir") or ".")
        if ".." in name.split("/") or name.startswith("/"):
            return ""
        loose = small(common / name)
        if _is_id(loose):
            return loose
        for line in small(common / "packed-refs", 4 << 20).splitlines():
            identifier, _, ref = line.partition(" ")
            if ref == name and _is_id(identifier):
                return identifier
        return ""


def find_repository(root: str) -> Repository | None:
    """The repository that holds the folder `root`; None where there is none. Raises GitError for a refused one."""
    folder = Path(os.path.realpath(root))
    for above in (folder, *folder.parents):
        directory = _git_directory(above)
        if directory is not None:
            inside = folder.relative_to(above).as_posix()
            common = Path(os.path.realpath(directory / (small(directory / "commondir") or ".")))
            return Repository(
                directory,
                "" if inside == "." else f"{inside}/",
                _program(folder),
                trouble(directory) or trouble(common),
            )
    return None


def _git_directory(folder: Path) -> Path | None:
    """The repository's folder where `folder` is the root of a work tree (or of a bare repository's checkout)."""
    git = folder / ".git"
    try:
        if git.is_symlink():
            raise GitError(".git is a symbolic link")
        if git.is_dir():
            return git if (git / "HEAD").is_file() else None
        if not git.is_file():
            return None
    except OSError as error:
        raise GitError(f".git: {(error.strerror or 'cannot be read').lower()}") from None
    named = small(git)
    if not named.startswith("gitdir: "):
        return None
    target = Path(os.path.realpath(folder / named[8:]))
    if not _belongs(target, folder):
        raise GitError(".git points to a repository that does not know this folder")
    return target


def _belongs(target: Path, folder: Path) -> bool:
    """Whether a linked work tree's or a submodule's repository names `folder` as its work tree."""
    back = small(target / "gitdir")  # linked work trees: the path of the `.git` file
    if back:
        return Path(os.path.realpath(target / back)) == folder / ".git"
    for line in small(target / "config", 1 << 20).splitlines():  # submodules: core.worktree
        key, _, value = line.partition("=")
        if key.strip().lower() == "worktree":
            return Path(os.path.realpath(target / value.strip().strip('"'))) == folder
    return False


def _program(project: Path) -> str | None:
    """Git's absolute path, taken from no folder of the audited project."""
    for entry in os.environ.get("PATH", os.defpath).split(os.pathsep):
        place = Path(os.path.realpath(entry)) if entry.startswith("/") or os.name == "nt" else None
        if place is None or place == project or project in place.parents:
            continue
        found = shutil.which("git", path=str(place))
        if found:
            return found
    return None


_LAZY_FETCH: dict[str, bool] = {}


def _knows_lazy_fetch(program: str) -> bool:
    """`--no-lazy-fetch` came with git 2.45; older ones obey the environment variable or never fetch lazily offline."""
    if program not in _LAZY_FETCH:
        try:
            _LAZY_FETCH[program] = b"version" in _output([program, "--no-lazy-fetch", "version"], cwd=Path("/"))
        except GitError:
            _LAZY_FETCH[program] = False
    return _LAZY_FETCH[program]


def _output(command: list[str], cwd: Path, given: bytes = b"") -> bytes:
    """Standard output, at most MAX_OUTPUT bytes within TIMEOUT seconds."""
    environment = {
        "PATH": os.defpath,
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,  # it would cut commits off their parents
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "false",
        "GIT_PAGER": "cat",
        "GIT_PROTOCOL_FROM_USER": "0",
    }
    with tempfile.TemporaryFile() as stdin:  # a file, so that no pipe can fill up while git's output is read
        stdin.write(given)
        stdin.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 (fixed arguments, no shell)
                command,
                cwd=cwd,
                env=environment,
                stdin=stdin if given else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise GitError(f"git does not start: {(error.strerror or 'error').lower()}") from None
    try:
        data = drain(process, seconds=TIMEOUT, most_bytes=MAX_OUTPUT, grace=0.1)
    except OverrunError as error:
        raise GitError(f"git {error}") from None
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if process.returncode != 0:
        raise GitError(f"git {_subcommand(command)} failed (status {process.returncode})")
    return data


def _subcommand(command: list[str]) -> str:
    return next((word for word in command[1:] if word in ("log", "ls-tree", "rev-list", "cat-file", "version")), "")


def small(path: Path, limit: int = 4096) -> str:
    """The head of a small text file of the repository; "" where there is none."""
    try:
        if path.is_symlink() or not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(limit).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _is_id(text: str) -> bool:
    return len(text) in (40, 64) and all(sign in "0123456789abcdef" for sign in text)
