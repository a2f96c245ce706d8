"""Which probes' facts may be lifted to E3, by where their places lie (`aiaudit.probes.wiring`)."""

from __future__ import annotations

from typing import Any, Final

from aiaudit.model.fact import Level
from aiaudit.probes.base import Probe

# Engines and families whose records name the place of something that runs, is built or is applied.
_ENGINES: Final = frozenset({"python", "text"})
_FAMILIES: Final = ("config.kubernetes", "config.docker", "config.terraform", "config.settings")


def liftable(probe: Probe[Any]) -> bool:
    """Whether facts of this probe can be lifted to E3 by where their places lie."""
    return probe.max_level is Level.CONTENT and (probe.engine in _ENGINES or probe.name in _FAMILIES)


def best_level(probe: Probe[Any]) -> Level:
    """The best level that a fact of this probe can have in the end; the linter uses it."""
    return Level.WIRED if liftable(probe) else probe.max_level
