"""What the caller asks for and what the project file says, told apart: only the caller may move the score.

The audited project's own parameters, severities, waivers and choice of packs move `score_accepted` alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from aiaudit.model.check import Severity
from aiaudit.model.check_id import meant
from aiaudit.model.result import Waiver
from aiaudit.packs.overrides import Change, Overrides, resolve
from aiaudit.packs.problems import PackError, did_you_mean
from aiaudit.project.config import (
    FILE,
    ConfigError,
    ProjectConfig,
    load_config,
    load_project_config,
    no_config,
    places_of_answers,
    project_text,
    sound_answers,
)
from aiaudit.ruleset import ALL, Options, Ruleset
from aiaudit.scoring import waivers
from aiaudit.scoring.gate import GateError, GateOptions, parse_fail_on, parse_fail_under

ANSWERS: Final = "attestations.yaml"
T = TypeVar("T")
Source = Literal["none", "project", "caller"]


class Settings(Struct, frozen=True):
    """The settings in force. `shown` judges the score, `accepted` the project's own view, which `own_packs` limits."""

    shown: Overrides
    accepted: Overrides
    relaxations: tuple[dict[str, Any], ...]
    waivers: tuple[Waiver, ...]
    own_packs: frozenset[str] | None
    gate: GateOptions
    problems: tuple[str, ...]


def read_config(root: str, options: Options) -> tuple[ProjectConfig, Source, list[str]]:
    """The configuration, who named it, and what is wrong with the project's own (the audit then goes on without it).

    Raises:
        ConfigError: the caller's file cannot be used.
    """
    if options.config is not None:
        return load_config(options.config), "caller", []
    if not options.project_config:
        return no_config(), "none", []
    left_out: list[str] = []
    try:
        config = load_project_config(root, left_out)
    except ConfigError as error:
        told = [f"{problem} (the file was left out)" for problem in (*left_out, *error.problems)]
        return no_config(), "none", told
    return config, "project" if config.file else "none", [f"{one} (the answer was left out)" for one in left_out]


def answers_wrong(root: str, ruleset: Ruleset, config: ProjectConfig) -> list[str]:
    """What is wrong with what people answered, in the file of answers and in the configuration, one line each. The
    probe `attestations` goes on without it: a mistake there must not look like a question that nobody answered."""
    try:
        data = (project_text(root, ANSWERS) or "").encode()
        _, wrong = sound_answers(data, ANSWERS)
        places: dict[str, object] = {**places_of_answers(data, ANSWERS)}
    except ConfigError as error:
        return [f"{problem} (no answer of the file counts)" for problem in error.problems]
    for check in config.attestations:
        places.setdefault(check, f"{config.place('attestations', check) or config.file}: attestations")
    known = [check.id for check in ruleset.full.checks]
    return [f"{line} (the answer was left out)" for lines in wrong.values() for line in lines] + [
        f"{place}: no check has the id {check!r}{meant(check, known)} (the answer was left out)"
        for check, place in places.items()
        if check not in known and check not in wrong
    ]


def with_stage(config: ProjectConfig, stage: str | None) -> ProjectConfig:
    """The configuration with the stage that the caller gives."""
    if stage is None:
        return config
    return config.model_copy(update={"project": config.project.model_copy(update={"stage": stage})})


def settle(
    ruleset: Ruleset,
    options: Options,
    config: ProjectConfig,
    config_by: Source,
    as_of: dt.date,
    in_comments: Sequence[Mapping[str, Any]] = (),
) -> Settings:
    """Resolve parameters, severities, waivers, packs and the gate of the configuration.

    `in_comments`: the waivers in the project's comments. They are the project's own words: where the caller sets its
    file aside (`--config`, `--no-project-config`), they do not count either.
    What is wrong in the project's own file is told in `problems` and left out.

    Raises:
        PackError, ConfigError, GateError: what the caller named is wrong.
    """
    by_caller = config_by == "caller"
    checks = list(ruleset.full.checks)
    trouble = _Trouble(config, by_caller)
    by_profile = resolve(checks, ruleset.params, {})
    own = trouble.unless(lambda: _overrides(ruleset, config), "params and severity", by_profile)
    severities = {check.id: check.severity for check in checks}
    made, errors = waivers.read(config.waivers, severities, as_of, lambda n: _entry(config, n))
    trouble.told([str(error) for error in errors], "the waiver")
    if options.project_config and options.config is None:
        beside, wrong = waivers.read_inline(in_comments, config.project.owner, severities, as_of)
        made += beside
        trouble.told([str(error) for error in wrong], "the waiver")
    own_packs = trouble.unless(lambda: _own_packs(ruleset, config, trouble.file), "packs", None)
    own_gate = trouble.unless(lambda: _own_gate(options, config, ruleset), "the gate", GateOptions())

    profile_changes = {str(change) for change in by_profile.changes}
    relaxations = [_relaxation(c, "caller" if str(c) in profile_changes else config_by) for c in own.changes]
    if own_packs is not None:
        limited = {"check": "*", "name": "packs", "shipped": ALL, "used": sorted(own_packs), "relaxes": True}
        relaxations.append({**limited, "by": config_by})
    return Settings(
        shown=own if by_caller else by_profile,
        accepted=own,
        relaxations=tuple(relaxations),
        waivers=tuple(made),
        own_packs=None if by_caller else own_packs,
        gate=own_gate,
        problems=tuple(trouble.problems),
    )


def _entry(config: ProjectConfig, number: int) -> str:
    """Where a waiver stands: the entry of this number (from 1)."""
    return f"{config.place('waivers', number - 1) or config.file or FILE}: waivers[{number}]"


class _Trouble:
    """What is wrong in a configuration: it ends the audit where the caller named the file, else it is left out."""

    def __init__(self, config: ProjectConfig, strict: bool) -> None:
        self.config = config
        self.file = config.file or FILE
        self.strict = strict
        self.problems: list[str] = []

    def unless(self, make: Callable[[], T], what: str, otherwise: T) -> T:
        """What `make` gives; where it cannot, `otherwise`."""
        try:
            return make()
        except (PackError, ConfigError) as error:
            if self.strict:
                raise
            self.told([str(problem) for problem in error.problems], what)
        except GateError as error:
            if self.strict:
                raise
            place = self.config.place("gate") or self.file
            self.told([f"{place}: gate: {str(error).removeprefix('--')}"], what)
        return otherwise

    def told(self, lines: Sequence[str], what: str) -> None:
        """Take note of single mistakes."""
        if lines and self.strict:
            raise ConfigError(lines)
        verb = "were" if what.startswith("pa") else "was"
        self.problems += [f"{line} ({what} {verb} left out)" for line in lines]


def _overrides(ruleset: Ruleset, config: ProjectConfig) -> Overrides:
    """Parameters and severities of the profile and, over them, of the configuration."""
    params = {**ruleset.params, **{k: {**ruleset.params.get(k, {}), **v} for k, v in config.params.items()}}
    return resolve(ruleset.full.checks, params, config.severity, config.place)


def caller_gate(options: Options, ruleset: Ruleset) -> GateOptions:
    """The gate asked for on the command line.

    Raises:
        GateError: a rule that cannot be understood.
    """
    if options.fail_on_new and options.baseline is None:
        raise GateError(f"--fail-on-new {options.fail_on_new} needs --baseline FILE, an earlier result JSON")
    return GateOptions(
        fail_under=parse_fail_under(options.fail_under, [pack.id for pack in ruleset.selected.packs]),
        min_coverage=options.min_coverage,
        fail_on=parse_fail_on(options.fail_on, [check.id for check in ruleset.selected.checks]),
        fail_on_new=Severity(options.fail_on_new) if options.fail_on_new else None,
        level=options.level,
    )


def _own_gate(options: Options, config: ProjectConfig, ruleset: Ruleset) -> GateOptions:
    """The gate of the configuration, used where the command line asks for none."""
    own = config.gate
    under = own.fail_under if isinstance(own.fail_under, dict) else {"": own.fail_under}
    return caller_gate(
        replace(
            options,
            fail_under=tuple(f"{pack}={n:g}" if pack else f"{n:g}" for pack, n in under.items() if n is not None),
            min_coverage=own.min_coverage,
            fail_on=tuple(own.fail_on),
            fail_on_new=own.fail_on_new,
            level=own.level,
        ),
        ruleset,
    )


def _own_packs(ruleset: Ruleset, config: ProjectConfig, file: str) -> frozenset[str] | None:
    """The packs that the configuration limits itself to."""
    if not config.packs or ALL in config.packs:
        return None
    known = [pack.id for pack in ruleset.full.packs]
    wrong = [name for name in config.packs if name not in known]
    if wrong:
        raise ConfigError([f"{file}: packs: no pack {name!r}{did_you_mean(name, known)}" for name in wrong])
    return frozenset(config.packs)


def _relaxation(change: Change, by: Source) -> dict[str, Any]:
    return {
        "check": change.check,
        "name": change.name,
        "shipped": change.shipped,
        "used": change.value,
        "relaxes": change.relaxes,
        "by": by,
    }
