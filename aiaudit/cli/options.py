"""How options are declared and read: each has an environment twin, AIAUDIT_ and the option's name."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from aiaudit import lazy
from aiaudit.cli.errors import UsageError, say
from aiaudit.model.check_id import full_id, meant


def option(*flags: str, envvar: str = "", group: str = "", **settings: Any) -> Any:
    """A typer option; its first long flag names the environment twin (`--fail-under`: AIAUDIT_FAIL_UNDER).

    `envvar`: another twin, where two commands mean different things by one flag; only such a one stands in the help.
    `group`: the heading under which the help shows it.
    """
    long = next(flag for flag in flags if flag.startswith("--"))
    twin = "AIAUDIT_" + long.partition("/")[0].removeprefix("--").replace("-", "_").upper()
    settings |= {"show_envvar": bool(envvar), "rich_help_panel": group or None, "case_sensitive": False}
    return typer.Option(*flags, envvar=envvar or twin, **settings)


PROJECT_HELP = "The project's folder (default: this one)."
OUTPUT_HELP = (
    "Write a report; the suffix is the format: .html .pdf .md .long.md .json .cdx.json .sarif .junit.xml .gitlab.json"
    " .oscal.json .csv .frameworks.csv .github. '-' is stdout. Repeatable."
)
FORMAT_HELP = "The format of '-o -': a suffix without its dot (json, md, sarif)."


_ADDRESS = lazy.regex(r"[a-z+]{2,12}:/|[\w.-]+@[\w.-]+:|(?:www\.|github\.com/|gitlab\.com/)", re.I)


_LIKELY = range(2020, 2100)  # years for which an audit may be meant
_MISNAMED = ("aiaudit.yml", "attestations.yml")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".whl")


class SeverityName(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class LevelName(StrEnum):
    PROTOTYPE = "prototype"
    PILOT = "pilot"
    PRODUCTION = "production"
    SCALE = "scale"


class SecretsEngine(StrEnum):
    BUILTIN = "builtin"
    KINGFISHER = "kingfisher"


def check_ids(incomplete: str) -> list[str]:
    """The ids of shipped checks that begin so, for the completion of shells; no pack is loaded."""
    from aiaudit.packs.files import ids_in, shipped_packs

    found = (check for pack in shipped_packs() for check in ids_in(pack))
    return sorted(check for check in found if check.startswith(incomplete))


def typed(command: str, path: Path | None) -> str:
    """A command of aiaudit for the project that was given, to be pasted; without a path where none is needed."""
    given = "" if path is None or path == Path() else f" {shlex.quote(str(path))}"
    return f"aiaudit {command}{given}"


def folder(path: Path) -> str:
    """The root as given, where it is a folder."""
    from aiaudit.project.cache import refuse_planted

    if not path.exists():
        if _ADDRESS.match(str(path)):
            raise UsageError(f"{path}: is an address, and nothing is fetched; clone it first, and give its folder")
        raise UsageError(f"{path}: there is no such folder")
    if not path.is_dir():
        packed = path.name.lower().endswith(_ARCHIVES)
        way = "an archive; unpack it, and give its folder" if packed else "a file; give the folder of the project"
        raise UsageError(f"{path}: is {way}")
    if not os.access(path, os.R_OK | os.X_OK):
        raise UsageError(f"{path}: permission denied; whoever audits has to be able to read the folder")
    if planted := refuse_planted(str(path)):
        say(f"warning: the cache {planted} may have come with the project and is not used; name a folder outside of it")
    for name in _MISNAMED:
        if (path / name).is_file() and not (path / name).with_suffix(".yaml").exists():
            say(f"warning: {path / name} is not read; name it {name[:-3]}yaml")
    return str(path)


def day(text: str | None) -> dt.date | None:
    """The day of `--as-of`."""
    if text is None:
        return None
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text}: expected a day such as 2026-12-04") from None
    if found.year not in _LIKELY:
        say(f"warning: --as-of {text}: every age and end is counted from that day, and no rule was written for it")
    return found


def plugin_packs() -> str:
    """The packs that other packages have installed, as they may be named: `acme` or `acme|other`."""
    from aiaudit import plugins

    return "|".join(plugins.names("packs"))


def no_check(check_id: str, known: Iterable[str]) -> str:
    """What is said of an id that no check has: the nearest where the area is misspelt, else where all are listed."""
    known = list(known)
    area = full_id(check_id).partition("-")[0]
    near = "" if any(one.startswith(f"{area}-") for one in known) else meant(check_id, known)
    near = near if "did you mean" in near else ""  # not every command takes a pack
    return f"no check has the id {check_id!r}{near or '; `aiaudit checks list` shows them all'}"
