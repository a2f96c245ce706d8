"""`aiaudit doctor`: whether this installation is complete, and which optional parts are there."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import typer

from aiaudit import __version__
from aiaudit.cli.errors import ExitCode


class Finding(NamedTuple):
    """One thing looked at. `state`: ok, note (optional, missing) or bad (the audit cannot work)."""

    what: str
    state: str
    said: str


NEEDED: Final = ("typer", "rich", "PyYAML", "jinja2", "pydantic", "psutil", "google-re2", "packaging")


EXTRAS: Final = {  # extra -> a module that it brings, and what it is for
    "arrow": ("pyarrow", "Feather and Arrow files as data sets"),
    "pdf": ("weasyprint", "-o report.pdf"),
    "secrets": ("kingfisher", "a second engine for secrets"),
    "spark": ("pyspark", "data --engine local-spark"),
    "xlsx": ("openpyxl", "interview --export questions.xlsx"),
}


def doctor() -> None:
    """Tell what works on this machine, and how to get the rest."""
    parts = (_python, _packages, _packs, _formats, _plugins, _cache, _tools, _gpus, _extras)
    found = [finding for part in parts for finding in _guarded(part)]
    width = max(len(finding.what) for finding in found)
    for finding in found:
        print(f"{finding.state:<4}  {finding.what:<{width}}  {finding.said}")
    if any(finding.state == "bad" for finding in found):
        raise typer.Exit(int(ExitCode.USAGE))


def _guarded(part: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """A part that breaks is itself a finding."""
    try:
        return list(part())
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        return [Finding(part.__name__.strip("_"), "bad", f"{type(error).__name__}: {first}")]


def _python() -> Iterable[Finding]:
    version = platform.python_version()
    ok = sys.version_info >= (3, 11)
    yield Finding("aiaudit", "ok", __version__)
    yield Finding("python", "ok" if ok else "bad", version if ok else f"{version}; needs 3.11 or later")


def _packages() -> Iterable[Finding]:
    from importlib import metadata

    for name in NEEDED:
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "bad", "not installed; reinstall aiaudit")


def _packs() -> Iterable[Finding]:
    from aiaudit.packs.load import load

    library = load()
    count = sum(1 for _ in library.checks)
    state = "ok" if count else "bad"
    yield Finding("packs", state, f"{count} checks in {len(library.packs)} packs, ruleset {library.digest}")


def _formats() -> Iterable[Finding]:
    from aiaudit.reports.base import FORMATS, reporter

    for suffix in FORMATS:
        try:
            reporter(suffix)
        except ImportError as error:
            yield Finding(f"report {suffix}", "bad", str(error))
        else:
            yield Finding(f"report {suffix}", "ok", "can be written")


def _plugins() -> Iterable[Finding]:
    from aiaudit.plugins import PluginError, installed

    for plugin in installed():
        try:
            plugin.load()
        except PluginError as error:
            yield Finding(f"plug-in {plugin.name}", "bad", str(error))
        else:
            yield Finding(f"plug-in {plugin.name}", "ok", f"{plugin.kind} of {plugin.package} {plugin.version}")


def _cache() -> Iterable[Finding]:
    from aiaudit.project.cache import cache_folder

    folder = cache_folder()
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    usable = os.access(there, os.W_OK)
    said = str(folder) if usable else f"{folder} cannot be written: every file is read again; set AIAUDIT_CACHE_DIR"
    yield Finding("cache", "ok" if usable else "note", said)


def _tools() -> Iterable[Finding]:
    git = shutil.which("git")
    yield Finding("git", "ok" if git else "note", git or "not found: the history of a project stays unknown")
    java = shutil.which("java")
    yield Finding("java", "ok" if java else "note", java or "not found: only the engine local-spark needs it (17)")


def _gpus() -> Iterable[Finding]:
    from aiaudit.probes.hardware import probe_hardware

    gpus = probe_hardware().to_json(volatile=False)["gpus"]
    found = [str(device.get("name")) for device in gpus["devices"]]
    said = ", ".join(found) or f"{gpus['reason'] or 'none is seen'}; plans take what aiaudit.yaml declares"
    yield Finding("GPU", "ok" if found else "note", said)


def _extras() -> Iterable[Finding]:
    from importlib.util import find_spec

    for extra, (module, what) in EXTRAS.items():
        there = find_spec(module) is not None
        way = "" if there else f"; not installed: pip install 'aiaudit[{extra}]'"
        yield Finding(f"extra {extra}", "ok" if there else "note", f"{what}{way}")
