"""The one pass: all queries of all checks in, one fact each out.

The walk is done (`Project`). Here the queries are grouped by engine, each engine is built once for all of them, every
file that an engine wants is read once (`aiaudit.project.scan`), and each query is answered from that and the project.
Facts derived from others are not made here but in `aiaudit.packs.derive`, since they can be made from saved facts too.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace
from pydantic import ValidationError

from aiaudit.debug import in_a_line, show_where
from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Fact, State
from aiaudit.model.types import as_json, from_json
from aiaudit.plain_json import encode
from aiaudit.probes import registry
from aiaudit.probes.base import CHECKED, Context, Probe, Query
from aiaudit.probes.broken_parts import broken_for
from aiaudit.probes.languages import code_beyond, follows_code
from aiaudit.probes.lifting import liftable
from aiaudit.probes.registry import RegistryError
from aiaudit.probes.scans import Scans
from aiaudit.project.found import Found, errors_in, truncated_in
from aiaudit.project.memory import VERY_MANY_FILES, WORTH_FILES, hand_back

if TYPE_CHECKING:
    from aiaudit.probes.base import Engine
    from aiaudit.project.cache import Cache
    from aiaudit.project.config import ProjectConfig
    from aiaudit.project.hashes import Hashes
    from aiaudit.project.tree import Project

Progress = Callable[[int, int], None]  # files looked through, files in all


class _Asked(Struct, frozen=True):
    """A query that can be put to its probe."""

    fact_id: str
    probe: Probe[Any]
    query: Query
    key: tuple[str, bytes]  # the same for the same question


def collect(
    specs: Iterable[FactSpec],
    project: Project,
    config: ProjectConfig,
    as_of: dt.date,
    *,
    jobs: int | None = None,
    isolate: bool | None = None,
    cache: Cache | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    unread: dict[str, str] | None = None,
    hashes: Hashes | None = None,
    checked: bool = False,
    meanwhile: Iterable[None] = (),
    probes: Mapping[str, Probe[Any]] | None = None,
    engines: Callable[[str, Iterable[Query]], Engine] = registry.build_engine,
) -> dict[str, Fact]:
    """The facts of all queries among `specs`, by id, in their order; derived specs are passed over.

    `jobs`: processes at most (None: one a processor). `isolate`: whether files are looked through in processes of their
    own (None: as the project asks for it; see `Scan`). `cache`: what is known of contents already seen. `options`:
    settings of single probes, such as `secrets_engine`. `unread`: takes the files that an engine could not read or look
    through, by path, and why. `hashes`: takes the hashes of the contents that were looked through. `checked`: every
    query was validated before, when its pack was loaded. `meanwhile`: what else is to be done, step by step, while
    workers look through the files; not done where none do. `probes`, `engines`: others than the registered ones. Never
    raises for what is in the project: a probe that breaks gives a fact in state error.
    """
    from aiaudit.probes.secrets.hide import prepare_sets

    asked = [spec for spec in specs if spec.probe]
    context = Context(project, config, as_of, options=dict(options or {}))
    if progress is not None:
        context.progress = getattr(progress, "doing", context.progress)
    answers = _Answers(asked, context, registry.probes() if probes is None else probes, checked)
    large = len(project.entries) >= WORTH_FILES
    looking = [one for spec in asked if registry.may_scan(spec.probe) and (one := answers.put(spec))]
    built, broken = _build(looking, engines)
    prepare_sets(cache, much=large)
    with Scans() as scans:
        scans.begin(project, built, jobs=jobs, isolate=isolate, cache=cache, progress=progress, hashes=hashes)
        context.scans = scans
        others: list[_Asked] = []
        for spec in asked:
            if not registry.may_scan(spec.probe) and (one := answers.put(spec)):
                # how well a lifted fact is proven depends on what the code starts, which the engines find
                (looking if liftable(one.probe) else others).append(one)
            scans.attend()
        for _ in meanwhile if scans.under_way else ():
            scans.attend()
        for one in others:
            answers.answer(one)
            scans.attend()
        context.memo.pop("files.rows", None)  # they are in the facts
        if large:
            project.forget()  # most of it was for those that have answered
        found = scans.found()
    names = [engine.name for engine in built]
    built.clear()  # with all that they had compiled
    if large:
        hand_back()
    if scans.trouble:
        broken |= dict.fromkeys(names, f"the files could not be looked through: {scans.trouble}")
    if unread is not None:
        _note_unread(project, found, unread)
    answers.answer_in_turn(looking, broken, scans)
    context.memo.clear()  # parts of it know the context, so that it would all stay until somebody looks for cycles
    if large:
        hand_back()
    return answers.facts


class _Answers:
    """The facts so far, in the order of the specs that ask for them."""

    def __init__(
        self, asked: Iterable[FactSpec], context: Context, table: Mapping[str, Probe[Any]], checked: bool
    ) -> None:
        self.facts = {spec.id: Fact(spec.id, State.UNKNOWN) for spec in asked}
        self._context = context
        self._table = table
        self._checked = checked
        self._known: dict[tuple[str, bytes], Fact] = {}

    def put(self, spec: FactSpec) -> _Asked | None:
        """The query of a spec; None where it cannot be asked, which its fact then says."""
        made = _put(spec, self._table, self._checked)
        if isinstance(made, Fact):
            self.facts[spec.id] = made
            return None
        return made

    def answer(self, one: _Asked) -> None:
        """Packs are written by different people: the same question is asked once, and answered under each name."""
        if (known := self._known.get(one.key)) is None:
            known = self._known[one.key] = _answer(one, self._context)
        self.facts[one.fact_id] = known if known.id == one.fact_id else replace(known, id=one.fact_id)

    def answer_in_turn(self, looking: Iterable[_Asked], broken: Mapping[str, str], scans: Scans) -> None:
        """Answer what rests on engines, and let go of what each found and its probes made once nobody needs it.
        `broken`: why an engine has no answers."""
        project = self._context.project
        files = len(project.entries)
        large, very_many = files >= WORTH_FILES, files >= VERY_MANY_FILES
        for engine, some in groupby(_in_turn(looking), key=_engine_of):
            for name, queries in groupby(some, key=lambda one: one.probe.name):
                if large and name == _MOST_ROWS:
                    _make_room(project, scans.found())
                for one in queries:
                    if reason := broken.get(engine):
                        self.facts[one.fact_id] = _error(one.fact_id, reason)
                    else:
                        self.answer(one)
                _forget(self._context, name)
                if very_many and engine == "python":
                    hand_back()
            scans.let_go(engine)
            _forget(self._context, engine)


_MOST_ROWS: Final = "python.calls"  # asked last: so much is there then, and is not needed any more
_OWN_MEMO: Final = frozenset({"text", "python.functions", "python.imports", "python.tests"})
"""Engines and probes whose memo nobody else looks at."""


def _engine_of(one: _Asked) -> str:
    return one.probe.engine or ""


def _in_turn(asked: Iterable[_Asked]) -> list[_Asked]:
    """Engine by engine and probe by probe, so that what an engine found and a probe made of it can go. Last those that
    others ask as well: calls in Python."""
    return sorted(
        asked,
        key=lambda one: (
            _engine_of(one) in ("", "python"),
            _engine_of(one),
            one.probe.name == _MOST_ROWS,
            one.probe.name,
        ),
    )


def _make_room(project: Project, scans: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    """Let go of all that can be read or made again."""
    project.forget(lists=True)
    for one in scans.values():
        if isinstance(one, Found):
            one.forget()
    hand_back()


def _forget(context: Context, owner: str) -> None:
    """Let go of what a probe, or those of an engine, made for their own queries."""
    if owner in _OWN_MEMO:
        for key in [key for key in context.memo if key == owner or key.startswith(f"{owner}.")]:
            del context.memo[key]


def _note_unread(project: Project, scans: Mapping[str, Mapping[str, dict[str, Any]]], unread: dict[str, str]) -> None:
    for engine in sorted(scans):
        errors = errors_in(scans[engine])
        heads = dict.fromkeys(truncated_in(scans[engine]), "too large: only its head was read")
        for path in sorted({**heads, **errors}, key=os.fsencode):
            entry = project.entry(path)
            if entry is not None:
                unread.setdefault(entry.display, errors.get(path) or heads[path])


def _put(spec: FactSpec, table: Mapping[str, Probe[Any]], checked: bool) -> _Asked | Fact:
    """The query of a spec, or the fact that says why it cannot be asked."""
    try:
        probe = table.get(spec.probe)
        if probe is None:
            return _error(spec.id, f"there is no probe '{spec.probe}'")
        asked = dict(spec.query)
        query = probe.query.model_validate(asked, context=CHECKED if checked else None)
        return _Asked(spec.id, probe, query, (probe.name, encode(asked, str)))
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
            show_where()
            broken[name] = f"the engine '{name}' could not be built: {in_a_line(error)}"
    return built, broken


def _answer(one: _Asked, context: Context) -> Fact:
    from aiaudit.probes.secrets.hide import Seen, hide_in_fact

    try:
        fact = one.probe.answer(one.fact_id, one.query, context)
        if fact.state in (State.KNOWN, State.ABSENT):
            beyond = broken_for(one.probe.engine, one.query, context)
            if not beyond and follows_code(one.probe.name, one.query):
                beyond = code_beyond(context)
            if beyond:
                fact = replace(fact, beyond=beyond)
        if one.probe.name not in registry.PROBES:  # a plug-in's may hold what is no JSON, such as a set
            fact = replace(fact, value=from_json(as_json(fact.value)))
        if liftable(one.probe):
            from aiaudit.probes.wiring import lifted  # which brings all that reads CI

            fact = lifted(fact, one.probe, context)
        return hide_in_fact(fact, context.memo.setdefault("clean", Seen()))
    except Exception as error:
        show_where()
        return _error(one.fact_id, f"the probe '{one.probe.name}' failed: {in_a_line(error)}")


def _error(fact_id: str, reason: str) -> Fact:
    from aiaudit.probes.secrets.hide import hide

    return Fact(fact_id, State.ERROR, reason=hide(reason))
