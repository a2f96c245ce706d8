"""From a project and this machine, or from a file of saved facts, to the facts of an audit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from pydantic import ValidationError

from aiaudit import __version__, facts_file, subject
from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Fact, State
from aiaudit.packs.library import Library
from aiaudit.project.config import ConfigError, ProjectConfig, no_config
from aiaudit.ruleset import Options, Ruleset
from aiaudit.settings import Source, answers_wrong, read_config, with_stage

Progress = Callable[[int, int], None]


class Collection(Struct, frozen=True):
    """What is known before anything is judged. `readable`: there was a project file to look at."""

    as_of: dt.date
    config: ProjectConfig
    config_by: Source
    project: Mapping[str, Any]  # name and commit
    host: dict[str, Any] | None
    skipped: dict[str, Any]
    readable: bool
    facts: Mapping[str, Fact]  # the collected ones; derived ones are made when they are judged
    specs: Mapping[str, FactSpec]
    problems: tuple[str, ...] = ()
    name: bytes | None = None  # a digest of all that decides the facts; None where it is not known

    def discreet(self) -> Collection:
        """The same with no secret in what the project says of itself, in what is wrong with that, and in the names of
        what was left out. Facts hold none already."""
        from aiaudit.probes.secrets.hide import hide_in

        said: dict[str, Any] = {}
        if self.config.model_fields_set:  # the model is not built where nothing is declared
            said = self.config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        told = [dict(self.project), self.skipped, list(self.problems), said]
        clear = hide_in(told)
        if clear is told:
            return self
        project, skipped, problems, said = clear
        try:
            config = self.config.like(said)
        except ConfigError as error:
            config, problems = no_config(), [*problems, *error.problems]
        return replace(self, project=project, skipped=skipped, problems=tuple(problems), config=config)

    def saved(self) -> bytes:
        """The content of a `--facts-out` file."""
        return b"".join(self.saved_pieces())

    def saved_pieces(self) -> Iterator[bytes]:
        """The same piece by piece: of a large tree it has hundreds of megabytes."""
        return self.discreet()._saved()

    def _saved(self) -> Iterator[bytes]:
        saved = facts_file.SavedFacts(
            as_of=self.as_of,
            project=self.project,
            host=self.host,
            skipped=self.skipped,
            config=self.config.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            config_by=self.config_by,
            readable=self.readable,
            facts=self.facts,
            queries={fact_id: facts_file.query_digest(self.specs[fact_id]) for fact_id in self.facts},
        )
        return facts_file.pieces(saved, __version__)


def collect(
    root: str,
    ruleset: Ruleset,
    options: Options,
    progress: Progress | None = None,
    meanwhile: Iterable[None] = (),
) -> Collection:
    """Walk the project once and answer every query of the selected checks. `meanwhile`: see `aiaudit.answers.ask`.

    Raises:
        Unreadable: the root is no readable folder.
        ConfigError: the caller's configuration cannot be used, or the engine that was asked for is not there.
    """
    from aiaudit.answers import Asked, ask
    from aiaudit.project.cache import open_cache
    from aiaudit.project.memory import WORTH_FILES, hand_back, spare
    from aiaudit.project.tree import Project

    as_of = options.as_of or dt.datetime.now(dt.UTC).date()  # the same day for all who run it
    _check_engine(options.secrets_engine)
    _check_prices(options.prices)
    _check_data_engine(options.engine)
    config, config_by, problems = read_config(root, options)
    problems += answers_wrong(root, ruleset, config)
    config = with_stage(config, options.stage)
    specs = ruleset.selected.needed(also=ruleset.shared_facts)
    exclude = (*options.own_outputs, *(config.exclude if config_by == "caller" else ()))
    with Project.open(root, exclude=exclude) as project:
        spare(len(project.entries))
        unread: dict[str, str] = {}
        readable = subject.readable(project, unread)
        host: list[dict[str, Any] | None] = []
        asked = (
            ask(
                specs.values(),
                project,
                config,
                as_of,
                jobs=options.jobs,
                cache=open_cache() if options.cache else None,
                options={
                    "secrets_engine": options.secrets_engine,
                    "history": options.history,
                    "osv_db": options.osv_db,
                    "prices": options.prices,
                    "data_engine": options.engine,
                    "cache": options.cache,
                },
                progress=progress,
                unread=unread,
                caller_config=options.config,
                meanwhile=chain(_look_at_host(host), meanwhile),
            )
            if readable
            else Asked({i: _unseen(i, "there is no readable project file") for i, spec in specs.items() if spec.probe})
        )
        made = Collection(
            as_of=as_of,
            config=config,
            config_by=config_by,
            project={
                "name": options.name or subject.name(project, config),
                "commit": subject.commit(asked.facts, specs),
                "within": subject.within(asked.facts, specs),
            },
            host=host[0] if host else _host(),
            skipped=subject.skipped(project, unread, options.own_outputs),
            readable=readable,
            facts=asked.facts,
            specs=specs,
            problems=tuple(problems),
            name=asked.name,
        )
        large = len(project.entries) >= WORTH_FILES
    del project  # with all that was read of it
    if large:
        hand_back()
    return made


def waivers_in_comments(root: str, library: Library) -> list[dict[str, Any]]:
    """The accepted risks in the comments of a project, without an audit: one walk, one search."""
    from aiaudit.probes.collect import collect as run_probes
    from aiaudit.project.cache import open_cache
    from aiaudit.project.tree import Project

    spec = library.facts.get(subject.INLINE_WAIVERS)
    if spec is None:
        return []
    with Project.open(root) as project:
        return subject.waivers(
            run_probes([spec], project, no_config(), dt.datetime.now(dt.UTC).date(), cache=open_cache())
        )


def _check_engine(name: str) -> None:
    """Raises ConfigError where the engine for secrets is not there: another must not stand in for it unsaid."""
    from aiaudit.probes.secrets import kingfisher

    if name not in ("builtin", kingfisher.NAME):
        raise ConfigError([f"--secrets-engine {name}: there are builtin and {kingfisher.NAME}"])
    if name == kingfisher.NAME and kingfisher.program() is None:
        raise ConfigError([kingfisher.MISSING])


def _check_prices(path: str | None) -> None:
    """Raises ConfigError where the price file cannot be used: shipped prices must not stand in for it unsaid."""
    if path is None:
        return
    from aiaudit.cost.price_files import BadPrices, price_book

    try:
        price_book(path)
    except BadPrices as error:
        raise ConfigError([f"--prices {error}"]) from None


def _check_data_engine(url: str | None) -> None:
    """Raises ConfigError where the engine for data is not there: the embedded one must not stand in for it unsaid."""
    if url is None:
        return
    from aiaudit.data.engine import Unopened
    from aiaudit.data.engines import check

    try:
        check(url)
    except Unopened as error:
        raise ConfigError([str(error)]) from None


def reuse(path: str, ruleset: Ruleset, options: Options) -> Collection:
    """The facts of a saved collection. A fact that it does not hold, or that was asked otherwise, is unknown.

    Raises:
        FactsError: the file holds no saved facts, or they are of another day than asked for.
        ConfigError: the caller's configuration cannot be used.
    """
    saved = facts_file.load(path)
    if options.as_of not in (None, saved.as_of):
        raise facts_file.FactsError(
            f"{path}: the facts are of {saved.as_of}; --as-of {options.as_of} cannot change that"
        )
    config, config_by, problems = _saved_config(path, saved, options)
    specs = ruleset.selected.needed(also=ruleset.shared_facts)
    facts: dict[str, Fact] = {}
    for fact_id, spec in specs.items():
        if spec.probe:
            same = saved.queries.get(fact_id) == facts_file.query_digest(spec)
            facts[fact_id] = saved.facts[fact_id] if same else _unseen(fact_id, "not among the saved facts")
    return Collection(
        as_of=saved.as_of,
        config=with_stage(config, options.stage),
        config_by=config_by,
        project={**saved.project, "name": options.name} if options.name else saved.project,
        host=saved.host,
        skipped=saved.skipped,
        readable=saved.readable,
        facts=facts,
        specs=specs,
        problems=tuple(problems),
    )


def _saved_config(path: str, saved: facts_file.SavedFacts, options: Options) -> tuple[ProjectConfig, Source, list[str]]:
    if options.config is not None or not options.project_config:
        return read_config(".", options)
    try:
        config = ProjectConfig.model_validate(saved.config)
    except ValidationError as error:
        raise facts_file.FactsError(f"{path}: damaged project settings ({error.error_count()} mistakes)") from None
    by: Source = "none" if saved.config_by == "none" else "project"  # who named it then is not who audits now
    return config, by, []


def _unseen(fact_id: str, reason: str) -> Fact:
    return Fact(id=fact_id, state=State.UNKNOWN, reason=reason)


def _look_at_host(into: list[dict[str, Any] | None]) -> Iterator[None]:
    into.append(_host())
    yield


def _host() -> dict[str, Any]:
    """This machine, without what changes from minute to minute and without its disks: which of them would be meant
    depends on where the project lies and where the audit is started."""
    from aiaudit.probes.hardware import probe_hardware

    report = probe_hardware().to_json(volatile=False)
    del report["disks"]
    return report
