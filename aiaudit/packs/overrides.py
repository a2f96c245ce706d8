"""Parameters and severities that a configuration sets for checks: typed, bounded, and told apart from relaxations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from aiaudit.model.check import Check, Param, Place, Severity
from aiaudit.model.check_id import meant
from aiaudit.packs.problems import PackError, Problem, did_you_mean

PlaceOf = Callable[..., Place | None]
"""Where a setting stands, such as ("params", "SEC-001", "max_age_days"); `ProjectConfig.place` is one."""


class Change(Struct, frozen=True):
    """One setting that differs from what the pack ships. `relaxes`: it makes the check easier to meet, or may do so."""

    check: str
    name: str  # of the parameter, or "severity"
    shipped: Any
    value: Any
    relaxes: bool
    place: Place | None = None

    def __str__(self) -> str:
        return f"{self.check} {self.name}: {self.value} (shipped: {self.shipped})"


class Overrides(Struct, frozen=True):
    """What is in force besides the shipped defaults."""

    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    severity: Mapping[str, Severity] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    @property
    def relaxations(self) -> tuple[Change, ...]:
        """The changes that may raise a figure."""
        return tuple(change for change in self.changes if change.relaxes)

    def params_of(self, check: Check) -> dict[str, Any]:
        """The parameters of a check as they are in force."""
        own = self.params.get(check.id, {})
        return {param.name: own.get(param.name, param.default) for param in check.params}

    def severity_of(self, check: Check) -> Severity:
        return self.severity.get(check.id, check.severity)


def resolve(
    checks: Iterable[Check],
    params: Mapping[str, Mapping[str, Any]],
    severity: Mapping[str, str],
    place_of: PlaceOf = lambda *path: None,
) -> Overrides:
    """Check the settings of a configuration against the checks they name.

    Raises:
        PackError: with every setting that names no check or parameter, or is of the wrong type or out of bounds.
    """
    by_id = {check.id: check for check in checks}
    problems: list[Problem] = []
    changes: list[Change] = []
    taken: dict[str, dict[str, Any]] = {}
    severities: dict[str, Severity] = {}
    for section, named in (("params", params), ("severity", severity)):
        for check_id in named:
            if check_id not in by_id:
                say = f"{section}: no check {check_id!r}{meant(check_id, by_id)}"
                problems.append(Problem(place_of(section, check_id), say))
    for check_id, values in params.items():
        check = by_id.get(check_id)
        if check is None:
            continue
        shipped = {param.name: param for param in check.params}
        for name, value in values.items():
            place = place_of("params", check_id, name)
            param = shipped.get(name)
            if param is None:
                has = "it has " + ", ".join(sorted(shipped)) if shipped else "it has none"
                problems.append(
                    Problem(place, f"{check_id} has no parameter {name!r}{did_you_mean(name, shipped) or '; ' + has}")
                )
            elif trouble := misfit(param, value):
                problems.append(Problem(place, f"{check_id} {name}: {trouble}"))
            elif value != param.default:
                taken.setdefault(check_id, {})[name] = value
                changes.append(Change(check_id, name, param.default, value, _relaxes(param, value), place))
    for check_id, word in severity.items():
        check = by_id.get(check_id)
        if check is None:
            continue
        place = place_of("severity", check_id)
        if word not in tuple(Severity):
            say = f"{check_id} severity: {word!r} is none of critical, high, medium, low"
            problems.append(Problem(place, say + did_you_mean(str(word), Severity)))
        elif word != check.severity:
            severities[check_id] = Severity(word)
            lighter = Severity(word).weight < check.severity.weight
            changes.append(Change(check_id, "severity", check.severity.value, word, lighter, place))
    if problems:
        raise PackError(problems)
    ordered = tuple(sorted(changes, key=lambda change: (change.check, change.name)))
    return Overrides(taken, severities, ordered)


def misfit(param: Param, value: Any) -> str:
    """Why a value is none that the parameter may take; empty where it may."""
    default = param.default
    if isinstance(default, list):
        if not isinstance(value, list):
            return f"must be a list, not {_named(value)}"
        kinds = {type(item) for item in default} or {str}
        wrong = next((item for item in value if type(item) not in kinds), None)
        return f"the list may not hold {_named(wrong)}" if wrong is not None else ""
    if isinstance(default, bool | str):
        if type(value) is not type(default):
            return f"must be {'true or false' if isinstance(default, bool) else 'a text'}, not {_named(value)}"
        return ""
    whole = isinstance(default, int)
    if isinstance(value, bool) or not isinstance(value, int | float) or (whole and not isinstance(value, int)):
        return f"must be a {'whole ' if whole else ''}number, not {_named(value)}"
    if not math.isfinite(value):
        return "must be a finite number"
    if param.minimum is not None and value < param.minimum:
        return f"must be at least {param.minimum:g}, not {value:g}"
    if param.maximum is not None and value > param.maximum:
        return f"must be at most {param.maximum:g}, not {value:g}"
    return ""


def _relaxes(param: Param, value: Any) -> bool:
    """Whether a changed value is easier to meet; where the pack does not say which way is stricter, it may be."""
    if param.stricter == "higher":
        return bool(value < param.default)
    if param.stricter == "lower":
        return bool(value > param.default)
    return True


def _named(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    kind = {str: "text", int: "number", float: "number", list: "list", dict: "mapping"}.get(type(value), "value")
    return f"the {kind} {value!r}" if kind in ("text", "number") else f"a {kind}"
