"""Packs, probes and formats of other installed packages, by entry points. Nothing is loaded that nobody asked for.

A package declares them in its pyproject.toml:

    [project.entry-points."aiaudit.packs"]      # --pack acme: the path of a pack file, or a function that gives it
    acme = "acme_audit:pack_file"
    [project.entry-points."aiaudit.probes"]     # probe: acme.tickets in a pack: a class as in aiaudit.probes.base
    "acme.tickets" = "acme_audit.probes:Tickets"
    [project.entry-points."aiaudit.formats"]    # -o report.acme: a module with render(result)
    acme = "acme_audit.report"

What is installed beside aiaudit never moves a score by itself: a pack counts where the caller names it, a probe where a
pack asks for it. What was used stands in the result, under `tool.plugins`. The audited tree is never looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from msgspec import Struct

Kind = Literal["packs", "probes", "formats"]
KINDS: Final[tuple[Kind, ...]] = ("packs", "probes", "formats")


class PluginError(Exception):
    """A plug-in that is installed and cannot be used; the message names it and says why."""


class Plugin(Struct, frozen=True):
    """One entry point: its name, where it points, and the package and version that it comes from."""

    kind: Kind
    name: str
    value: str
    package: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} of {self.package} {self.version}"

    def load(self) -> Any:
        """What it points at. Raises `PluginError`."""
        from importlib.metadata import EntryPoint

        try:
            return EntryPoint(self.name, self.value, f"aiaudit.{self.kind}").load()
        except Exception as error:  # code of others may fail in any way
            first = (str(error).splitlines() or [""])[0]
            raise PluginError(f"the plug-in {self} cannot be loaded: {type(error).__name__}: {first}") from error


@cache
def installed() -> tuple[Plugin, ...]:
    """All plug-ins, by kind and name. It looks into every installed package: asked only where a name is not ours."""
    from importlib.metadata import entry_points

    found = []
    for kind in KINDS:
        for one in entry_points(group=f"aiaudit.{kind}"):
            if one.dist is not None:
                found.append(Plugin(kind, one.name, one.value, one.dist.name, one.dist.version))
    return tuple(sorted(found, key=lambda plugin: (plugin.kind, plugin.name, plugin.package)))


def find(kind: Kind, name: str) -> Plugin | None:
    """The plug-in of this name.

    Raises:
        PluginError: two packages bring one of the same name, and none may win by chance.
    """
    named = [plugin for plugin in installed() if plugin.kind == kind and plugin.name == name]
    if len({plugin.package for plugin in named}) > 1:
        packages = " and ".join(plugin.package for plugin in named)
        raise PluginError(f"{packages} both bring {kind} of the name {name!r}; uninstall one")
    return named[0] if named else None


def names(kind: Kind) -> list[str]:
    """The names of all plug-ins of a kind."""
    return [plugin.name for plugin in installed() if plugin.kind == kind]


def pack_file(plugin: Plugin) -> Path:
    """The pack, a file or a folder, that a plug-in brings. Raises `PluginError`."""
    loaded = plugin.load()
    made = loaded() if callable(loaded) else loaded
    if not isinstance(made, str | Path):
        raise PluginError(f"the plug-in {plugin} gives no path of a pack file")
    path = Path(made)
    if not path.exists():
        raise PluginError(f"the plug-in {plugin} names {path}, which is not there")
    return path


def of_probes(names_used: Iterable[str], ours: Iterable[str]) -> list[Plugin]:
    """The plug-ins behind the probes that are not ours."""
    foreign = sorted(set(names_used) - {*ours, ""})
    return [plugin for name in foreign if (plugin := find("probes", name)) is not None]
