"""`aiaudit doctor`: whether this installation is complete and works, and which optional parts are there."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
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


NOT_INSTALLED: Final = ("typer", "rich", "PyYAML", "jinja2", "pydantic", "psutil", "google-re2", "packaging")
_PLUGIN: Final = "plug-in "
JAVA: Final = 17  # the least that Spark runs on

EXTRAS: Final = {  # extra -> a module that it brings, and what it is for
    "arrow": ("pyarrow", "Feather and Arrow files as data sets"),
    "pdf": ("weasyprint", "-o report.pdf"),
    "secrets": ("kingfisher", "run --secrets-engine kingfisher, a second engine for secrets"),
    "spark": ("pyspark", "data --engine local-spark"),
    "xlsx": ("openpyxl", "interview --export questions.xlsx"),
}


def doctor() -> None:
    """Tell what works on this machine, and how to get the rest.

    Python, libraries, rules, formats, engines, plug-ins, cache, optional tools and extras. A note is something that can
    be missing; something bad keeps an audit from working.
    """
    from aiaudit.cli.output import in_column

    parts = (_python, _libraries, _packs, _formats, _engines, _plugins, _cache, _tools, _gpus, _extras)
    found = [finding for part in parts for finding in _guarded(part)]
    width = max(len(finding.what) for finding in found)
    for finding in found:
        print(in_column(f"{finding.state:<4}  {finding.what:<{width}}  ", finding.said, 6))
    bad = [finding.what for finding in found if finding.state == "bad"]
    ours = [what for what in bad if not what.startswith(_PLUGIN)]
    theirs = [what for what in bad if what.startswith(_PLUGIN)]
    print(f"\nAn audit cannot work here: {', '.join(ours)}." if ours else "\nAudits work here.")
    if theirs:
        print(f"What asks for it cannot be judged: {', '.join(theirs)}.")
    if bad:
        raise typer.Exit(int(ExitCode.USAGE))


def _guarded(part: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """A part that breaks is itself a finding."""
    try:
        return list(part())
    except Exception as error:
        return [Finding(part.__name__.strip("_"), "bad", _told(error))]


def _told(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"


def _python() -> Iterable[Finding]:
    from aiaudit.version import shipped_ruleset

    version = platform.python_version()
    ok = sys.version_info >= (3, 11)
    yield Finding("aiaudit", "ok", f"{__version__}, ruleset {shipped_ruleset()}")
    yield Finding("python", "ok" if ok else "bad", version if ok else f"{version}; needs 3.11 or later")


def _libraries() -> Iterable[Finding]:
    """Every library that this package names as needed, in a version that it allows."""
    from importlib import metadata

    from packaging.requirements import Requirement

    try:
        asked = [Requirement(text) for text in metadata.requires("aiaudit") or ()]
    except metadata.PackageNotFoundError:  # run from a checkout
        asked = [Requirement(name) for name in NOT_INSTALLED]
    asked = [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    wrong = 0
    for one in asked:
        try:
            there = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            yield Finding(one.name, "bad", f"not installed: pip install '{one}'")
        else:
            if one.specifier.contains(there, prereleases=True):
                continue
            yield Finding(one.name, "bad", f"{there} does not fit: pip install '{one}'")
        wrong += 1
    if not wrong:
        yield Finding("libraries", "ok", f"all {len(asked)} that are needed, in versions that fit")


def _packs() -> Iterable[Finding]:
    from aiaudit.packs.load import load

    library = load()
    count = sum(1 for _ in library.checks)
    yield Finding("packs", "ok" if count else "bad", f"{count} checks in {len(library.packs)} packs")


def _formats() -> Iterable[Finding]:
    from aiaudit.reports.base import FORMATS, reporter

    written = []
    for suffix in FORMATS:
        try:
            reporter(suffix)
        except ImportError as error:
            yield Finding(f"report {suffix}", "bad", str(error))
        else:
            written.append(suffix)
    yield Finding("reports", "ok", " ".join(suffix for suffix in written if suffix != ".pdf"))


def _engines() -> Iterable[Finding]:
    """What reads code, texts and data; each is used once, not only looked for."""
    yield Finding("engine text", "ok", _text_engine())
    yield _tried("engine code", "Python's own parser; ast-grep for TypeScript and JavaScript", _parse_javascript)
    yield _tried("engine data", "DuckDB", _count_in_duckdb)


def _text_engine() -> str:
    from aiaudit.probes.text.search import Expression, SetSearch, search_for

    slow = isinstance(search_for([Expression("one two", False)]), SetSearch)
    return "RE2 alone, for Hyperscan does not run here: the same hits, slower" if slow else "Hyperscan and RE2"


def _parse_javascript() -> None:
    from ast_grep_py import SgRoot

    assert SgRoot("let a = 1", "javascript").root().kind() == "program"


def _count_in_duckdb() -> None:
    import duckdb

    assert duckdb.connect().execute("SELECT 1").fetchone() == (1,)


def _tried(what: str, said: str, use: Callable[[], None]) -> Finding:
    try:
        use()
    except Exception as error:  # libraries of others fail in any way
        return Finding(what, "bad", _told(error))
    return Finding(what, "ok", said)


def _plugins() -> Iterable[Finding]:
    from aiaudit.plugins import PluginError, installed

    for plugin in installed():
        try:
            plugin.load()
        except PluginError as error:
            yield Finding(f"{_PLUGIN}{plugin.name}", "bad", str(error))
        else:
            yield Finding(f"{_PLUGIN}{plugin.name}", "ok", f"{plugin.kind} of {plugin.package} {plugin.version}")


def _cache() -> Iterable[Finding]:
    from aiaudit.project.cache import cache_folder, open_cache

    folder = cache_folder()
    cache = open_cache()
    if cache is None:
        way = "it must be a folder of yours that others cannot write to; set AIAUDIT_CACHE_DIR"
        yield Finding("cache", "note", f"{folder} is not used, so that every file is read again: {way}")
        return
    with cache:
        held = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
        yield Finding("cache", "ok", f"{folder}, {held / 1_000_000:,.0f} MB")


def _tools() -> Iterable[Finding]:
    git = shutil.which("git")
    yield Finding("git", "ok" if git else "note", git or "not found: the history of a project stays unknown")
    yield _java()


def _java() -> Finding:
    """Java, which only one engine needs: at least version 17."""
    java = shutil.which("java")
    needs = f"only data --engine local-spark needs it ({JAVA} or later)"
    if java is None:
        return Finding("java", "note", f"not found: {needs}")
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=False).stderr  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("java", "note", f"{java} does not run ({type(error).__name__}): {needs}")
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    version = int(found[1]) if found else 0
    return Finding("java", "ok" if version >= JAVA else "note", f"{java}, version {version or 'unknown'}; {needs}")


def _gpus() -> Iterable[Finding]:
    from aiaudit.probes.hardware import probe_hardware

    gpus = probe_hardware().to_json(volatile=False)["gpus"]
    found = [str(device.get("name")) for device in gpus["devices"]]
    said = ", ".join(found) or f"{gpus['reason'] or 'none is seen'}; plans take what aiaudit.yaml declares"
    yield Finding("GPU", "ok" if found else "note", said)


def _extras() -> Iterable[Finding]:
    from importlib.util import find_spec

    from aiaudit.extras import install

    for extra, (module, what) in EXTRAS.items():
        if find_spec(module) is None:
            yield Finding(f"extra {extra}", "note", f"{what}; not installed: {install(extra)}")
            continue
        trouble = _pdf_trouble() if extra == "pdf" else ""
        yield Finding(f"extra {extra}", "note" if trouble else "ok", f"{what}{trouble}")


def _pdf_trouble() -> str:
    """What keeps WeasyPrint, which is installed, from working: most often Pango is missing."""
    from aiaudit.reports.base import OutputError
    from aiaudit.reports.pdf import library

    try:
        library()
    except OutputError as error:
        return f"; {error}"
    return ""
