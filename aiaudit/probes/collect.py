"""The one pass: all queries of all checks in, one fact each out.

The walk is done (`Project`). Here the queries are grouped by engine, each engine is built once for all of them, every
file that an engine wants is read once (`aiaudit.project.scan`), and each query is answered from that and the project.
Facts derived from others are not made here but in `aiaudit.packs.derive`, since they can be made from saved facts too.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Fact, State
from aiaudit.probes import registry
from aiaudit.probes.base import CHECKED, Context, Probe, Query
from aiaudit.probes.registry import RegistryError

if TYPE_CHECKING:
    from aiaudit.probes.base import Engine
    from aiaudit.project.cache import Cache
    from aiaudit.project.config import ProjectConfig
    from aiaudit.project.tree import Project

Progress = Callable[[int, int], None]  # files looked through, files in all


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query that can be put to its probe."""

    fact_id: str
    probe: Probe[Any]
    query: Query


def collect(
    specs: Iterable[FactSpec],
    project: Project,
    config: ProjectConfig,
    as_of: dt.date,
    *,
    jobs: int | None = None,
    cache: Cache | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    unread: dict[str, str] | None = None,
    hashes: dict[str, bytes] | None = None,
    checked: bool = False,
    probes: Mapping[str, Probe[Any]] | None = None,
    engines: Callable[[str, Iterable[Query]], Engine] = registry.build_engine,
) -> dict[str, Fact]:
    """The facts of all queries among `specs`, by id, in their order; derived specs are passed over.

    `jobs`: processes at most (None: one a processor). `cache`: what is known of contents already seen. `options`:
    settings of single probes, such as `secrets_engine`. `unread`: takes the files that an engine could not read or look
    through, by path, and why. `hashes`: takes the hashes of the contents that were looked through. `checked`: every
    query was validated before, when its pack was loaded. `probes`, `engines`: others than the registered ones. Never
    raises for what is in the project: a probe that breaks gives a fact in state error.
    """
    facts: dict[str, Fact] = {}
    asked: list[_Asked] = []
    table = registry.probes() if probes is None else probes
    for spec in specs:
        if not spec.probe:
            continue
        put = _put(spec, table, checked)
        facts[spec.id] = put if isinstance(put, Fact) else Fact(spec.id, State.UNKNOWN)  # holds the place in the order
        if isinstance(put, _Asked):
            asked.append(put)
    context = Context(project, config, as_of, options=dict(options or {}))
    if progress is not None:
        context.progress = progress
    built, broken = _build(asked, engines)
    if built:
        from aiaudit.project.scan import scan

        try:
            context.scans = scan(project, built, jobs=jobs, cache=cache, progress=progress, hashes=hashes)
        except Exception as error:
            _debug()
            broken |= {engine.name: f"the files could not be looked through: {_line(error)}" for engine in built}
        if unread is not None:
            _note_unread(context, unread)
    for one in asked:
        reason = broken.get(one.probe.engine or "")
        facts[one.fact_id] = _error(one.fact_id, reason) if reason else _answer(one, context)
    return facts


def _note_unread(context: Context, unread: dict[str, str]) -> None:
    for engine in sorted(context.scans):
        for path, found in context.scans[engine].items():
            entry = context.project.entry(path)
            reason = found.get("error") or ("too large: only its head was read" if found.get("truncated") else "")
            if reason and entry is not None:
                unread.setdefault(entry.display, str(reason))


def _put(spec: FactSpec, table: Mapping[str, Probe[Any]], checked: bool) -> _Asked | Fact:
    """The query of a spec, or the fact that says why it cannot be asked."""
    try:
        probe = table.get(spec.probe)
        if probe is None:
            return _error(spec.id, f"there is no probe '{spec.probe}'")
        return _Asked(
            spec.id, probe, probe.query.model_validate(dict(spec.query), context=CHECKED if checked else None)
        )
    except RegistryError as error:
        return _error(spec.id, str(error))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        return _error(spec.id, f"the query is not one of {spec.probe}: {where}: {first['msg'].lower()}")


def _build(
    asked: Iterable[_Asked], engines: Callable[[str, Iterable[Query]], Engine]
) -> tuple[list[Engine], dict[str, str]]:
    """The engines that the queries need, and why one could not be built."""
    from aiaudit.probes.secrets.hide import Discreet

    queries: dict[str, list[Query]] = {}
    for one in asked:
        if one.probe.engine is not None:
            queries.setdefault(one.probe.engine, []).append(one.query)
    built: list[Engine] = []
    broken: dict[str, str] = {}
    for name in sorted(queries):
        try:
            built.append(Discreet(engines(name, queries[name])))
        except Exception as error:
            _debug()
            broken[name] = f"the engine '{name}' could not be built: {_line(error)}"
    return built, broken


def _answer(one: _Asked, context: Context) -> Fact:
    from aiaudit.probes.secrets.hide import hide_in_fact
    from aiaudit.probes.wiring import lifted

    try:
        fact = one.probe.answer(one.fact_id, one.query, context)
        return hide_in_fact(lifted(fact, one.probe, context))
    except Exception as error:
        _debug()
        return _error(one.fact_id, f"the probe '{one.probe.name}' failed: {_line(error)}")


def _error(fact_id: str, reason: str) -> Fact:
    return Fact(fact_id, State.ERROR, reason=reason)


def _line(error: Exception) -> str:
    """The kind of error and the first line of what it says, without control characters."""
    from aiaudit.project.entry import display

    text = str(error).strip().partition("\n")[0][:200]
    return display(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _debug() -> None:
    if os.environ.get("AIAUDIT_DEBUG"):
        traceback.print_exc(file=sys.stderr)
