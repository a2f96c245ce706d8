"""Kingfisher as a second engine for secrets (`--secrets-engine kingfisher`, extra `secrets`).

It runs as a program of its own with fixed arguments, a clean environment and a time limit, and looks at the same tree
(git-ignored files included, links not followed). Its validation of keys, which would call the vendors, and its check
for updates are switched off: it opens no network connection. It is asked to redact, and of its report only rule and
place are read; whether a place holds a secret is then judged here like a hit of the built-in rules.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from aiaudit.extras import install
from aiaudit.probes.child import OverrunError, drain

NAME: Final = "kingfisher"
MISSING: Final = (
    "--secrets-engine kingfisher: the program kingfisher is not installed; install the extra `secrets`"
    f" ({install('secrets')}) or leave the option out"
)
ARGUMENTS: Final = (
    "scan", "--no-validate", "--no-update-check", "--git-history", "none", "--redact", "--format", "json", "--no-dedup",
    "--no-ignore", "--no-extract-archives", "--no-binary", "--no-base64", "--confidence", "medium",
)  # fmt: skip
_FINE: Final = (0, 200)  # nothing found, something found
TIMEOUT: Final = 300.0  # seconds for one tree
_MAX_OUTPUT: Final = 64 * 1024 * 1024  # bytes


class EngineError(Exception):
    """Kingfisher gave no whole answer. The message is one short line."""


class Hit(Struct, frozen=True):
    """One place. `start` and `end` are byte columns of its line, the last one included; `end` may be a later line's."""

    path: str  # relative to the root
    line: int
    start: int
    end: int
    rule: str
    sure: bool  # Kingfisher's confidence is high


def program() -> str | None:
    """The program's absolute path: the one that came with the Python package; never one from PATH."""
    import importlib.util

    try:
        found = importlib.util.find_spec("kingfisher")
    except (ImportError, ValueError):
        return None
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / "bin" / ("kingfisher.exe" if os.name == "nt" else "kingfisher")
        if path.is_file() and os.access(path, os.X_OK):
            return os.fspath(path.resolve())
    return None


def version() -> str:
    """The version of the installed package; "" where it cannot be told."""
    from importlib import metadata

    try:
        return metadata.version("kingfisher-bin")
    except metadata.PackageNotFoundError:
        return ""


def look(root: str, cache: Path) -> list[Hit]:
    """The places below `root`, sorted. `cache`: where Kingfisher keeps its compiled rules. Raises EngineError."""
    executable = program()
    if executable is None:
        raise EngineError("it is not installed")
    folder = Path(os.path.realpath(root))
    return _read(_output([executable, *ARGUMENTS, os.fspath(folder)], cache), folder)


def _output(command: list[str], cache: Path) -> bytes:
    environment = {"PATH": os.defpath, "HOME": "/nonexistent", "LC_ALL": "C", "TZ": "UTC"}
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    if cache.is_dir():
        environment["KF_RULE_CACHE_DIR"] = os.fspath(cache.resolve())
    else:
        command = [*command[:2], "--no-rule-cache", *command[2:]]
    try:
        process = subprocess.Popen(  # noqa: S603 (fixed arguments, no shell)
            command, cwd=Path(command[0]).parent, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise EngineError(f"it does not start: {(error.strerror or 'error').lower()}") from None
    try:
        data = drain(process, seconds=TIMEOUT, most_bytes=_MAX_OUTPUT, grace=1.0)
    except OverrunError as error:
        raise EngineError(f"it {error}") from None
    finally:
        if process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if process.returncode not in _FINE:
        raise EngineError(f"it ended with status {process.returncode}")
    return data


def _read(output: bytes, root: Path) -> list[Hit]:
    """The hits of a report. Anything that is not as expected is an error: half a report is no report."""
    try:
        report = json.loads(output.split(b"\n", 1)[0])
        states = [one["scan"]["status"] for one in report["audit"]["repositories"]]
        hits = {hit for one in report["findings"] if (hit := _hit(one, root)) is not None}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise EngineError("its report could not be read") from None
    if any(state != "completed" for state in states):
        raise EngineError("it could not look at the whole tree")
    return sorted(hits, key=lambda hit: (hit.path, hit.line, hit.rule, hit.start, hit.end))


def _hit(one: dict[str, Any], root: Path) -> Hit | None:
    """One entry of the report; None for a place outside the tree."""
    found = one["finding"]
    path = Path(str(found["path"]))
    if not path.is_absolute() or root not in path.parents:
        return None
    rule = str(one["rule"]["id"]).rpartition(".")[2][:60]
    place = (int(found["line"]), int(found["column_start"]), int(found["column_end"]))
    return Hit(path.relative_to(root).as_posix(), *place, rule=rule, sure=str(found["confidence"]) == "high")
