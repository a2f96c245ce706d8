"""What the caller asks for, and the packs that answer it. Only the caller chooses what moves the score."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit.packs.library import Library
from aiaudit.packs.problems import PackError, Problem, did_you_mean
from aiaudit.plugins import Plugin
from aiaudit.resources import path_of

ALL: Final = "all"


class Options(Struct, frozen=True):
    """What the caller asks of an audit.

    `own_outputs`: files below the root that this audit itself writes; `formats`: the plug-ins that write its reports.
    """

    packs: tuple[str, ...] = ()  # ids, files, or "all"
    profile: str | None = None
    stage: str | None = None
    name: str | None = None  # of the project, whatever it calls itself
    as_of: dt.date | None = None  # today where None
    config: str | None = None
    project_config: bool = True
    baseline: str | None = None
    fail_under: tuple[str, ...] = ()
    min_coverage: float | None = None
    fail_on: tuple[str, ...] = ()
    fail_on_new: str | None = None
    level: str | None = None
    secrets_engine: str = "builtin"  # or kingfisher
    history: bool = False  # whether earlier commits are looked through for secrets
    osv_db: str | None = None  # an OSV export: a zip, or a folder of them
    prices: str | None = None  # a file of the caller's prices
    engine: str | None = None  # URL of what measures the data; the embedded one where None
    jobs: int | None = None
    cache: bool = True
    timings: bool = False
    ruleset: str | None = None  # the hash that the rules must have
    own_outputs: tuple[str, ...] = ()
    formats: tuple[Plugin, ...] = ()


class Ruleset(Struct, frozen=True):
    """The packs that exist (`full`), those this audit judges by, and the parameters of the profile."""

    full: Library
    selected: Library
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plugins: tuple[Plugin, ...] = ()  # that brought packs

    @property
    def shared_facts(self) -> list[str]:
        """Facts that every result carries, whatever packs are selected: flags and the forty questions."""
        return [fact_id for fact_id, spec in self.full.facts.items() if spec.place.file.startswith("checks/shared/")]

    @property
    def check_packs(self) -> dict[str, str]:
        return {check.id: check.pack for check in self.full.checks}


def read_ruleset(options: Options) -> Ruleset:
    """Load the shipped packs and the caller's, and select those asked for.

    By `--pack`, else by the profile, else by the caller's configuration.

    Raises:
        PackError: a pack is broken, or a name names none.
        ConfigError: the caller's configuration cannot be used.
    """
    files = [Path(name) for name in options.packs if _is_file(name)]
    full = _library(files, options)
    brought = _brought(options.packs, full)
    if brought:
        files += brought.values()
        full = _library(files, options)
    profile = _profile(options.profile)
    named = {plugin.name for plugin in brought}
    ids = [name for name in options.packs if not _is_file(name) and name not in named]
    wanted = ids or list(profile.get("packs") or ())
    if not options.packs and options.profile is None and options.config is not None:
        from aiaudit.project.config import load_config

        wanted = list(load_config(options.config).packs)
    if files and wanted != [ALL]:
        wanted += [pack.id for pack in full.packs if pack.file in {str(file) for file in files}]
    selected = full.select(wanted) if wanted and ALL not in wanted else full
    return Ruleset(full, selected, profile.get("params") or {}, tuple(brought))


def _brought(names: Sequence[str], full: Library) -> dict[Plugin, Path]:
    """The pack files of plug-ins that the caller names."""
    from aiaudit import plugins

    ours = {ALL, *(pack.id for pack in full.packs)}
    found = [plugins.find("packs", name) for name in names if name not in ours and not _is_file(name)]
    return {plugin: plugins.pack_file(plugin) for plugin in found if plugin is not None}


def _library(files: Sequence[Path], options: Options) -> Library:
    from aiaudit.packs import stored
    from aiaudit.project.cache import open_cache

    cache = open_cache() if options.cache else None
    if cache is None:
        return _without_documents(stored.load(files))
    with cache:
        return _without_documents(stored.load(files, cache=cache))


def _without_documents(library: Library) -> Library:
    """A kept library has none either, and those of one that was just loaded take 10 MB until the end of the audit."""
    return replace(library, documents={}) if library.documents else library


def profiles() -> dict[str, dict[str, Any]]:
    """The shipped profiles by name."""
    import yaml

    text = (path_of("checks") / "profiles" / "profiles.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)
    found: dict[str, dict[str, Any]] = data["profiles"]
    return found


def _profile(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    known = profiles()
    if name not in known:
        hint = did_you_mean(name, known) or f"; there are: {', '.join(known)}"
        raise PackError([Problem(None, f"--profile {name}: no such profile{hint}")])
    return known[name]


def _is_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) or "/" in name
