"""How options are declared: each has an environment twin, AIAUDIT_ and the option's name."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import typer


def option(*flags: str, **settings: Any) -> Any:
    """A typer option; its first long flag names the environment twin (`--fail-under`: AIAUDIT_FAIL_UNDER)."""
    long = next(flag for flag in flags if flag.startswith("--"))
    twin = "AIAUDIT_" + long.partition("/")[0].removeprefix("--").replace("-", "_").upper()
    return typer.Option(*flags, envvar=twin, **settings)


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
