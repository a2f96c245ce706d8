"""The probe `project.declared`: what `aiaudit.yaml` says of the project, without what says nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from pydantic import BaseModel

from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, list_of, map_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.substance import is_gap, numbers_in
from aiaudit.project import ai_act
from aiaudit.project.config import FILE, DatasetPart, ModelPart, ProjectConfig

_NO_DAYS: Final = -1  # how old a part is that bears no date


def _texts(names: str) -> dict[str, Type]:
    return dict.fromkeys(names.split(), STRING)


_DATED: Final = {"reviewed": STRING, "days_old": INT}
_PART: Final = {"present": BOOL, **_DATED, "line": INT}  # of a section that may be left out
_PLACE: Final = {"path": STRING, "line": INT}

_PROJECT: Final = record(
    "system record",
    **_texts(
        "name owner deputy purpose stage role exposure risk_tier risk_rationale risk_reviewer status commercial link"
    ),
    users=list_of(STRING),
    models=list_of(STRING),
    flags=map_of(BOOL),
    **_DATED,
)
_UNIT: Final = record("unit", name=STRING, target=DOUBLE, value=DOUBLE)
_BUDGET: Final = record("budget", monthly=DOUBLE, **_texts("currency owner"), unit=_UNIT, **_PART)
_VALUE: Final = record(
    "value sheet",
    **_texts("problem metric baseline target stop_rule unit owner"),
    numbers=map_of(INT),
    figures=map_of(DOUBLE),
    **_PART,
)
_SCREENING: Final = record("screening", answered=list_of(STRING), yes=list_of(STRING), by=STRING, **_PART)
_AI_ACT: Final = record(
    "EU AI Act answers", yes=list_of(STRING), open=list_of(STRING), tier=STRING, lower=BOOL, by=STRING, **_PART
)
_WORKLOAD: Final = record(
    "workload", keys=list_of(STRING), numbers=INT, values=map_of(DOUBLE), **_texts("source owner"), **_PART
)
DATASET: Final = record(
    "declared data set", **_texts("name file role label time schema source licence"), sensitive=BOOL, **_PLACE
)
MODEL: Final = record("declared model", **_texts("name file source provider revision licence card"), **_PLACE)
TYPE: Final = record(
    "declarations",
    present=BOOL,
    day=STRING,
    project=_PROJECT,
    budget=_BUDGET,
    value=_VALUE,
    screening=_SCREENING,
    ai_act=_AI_ACT,
    workload=_WORKLOAD,
    datasets=list_of(DATASET),
    models=list_of(MODEL),
    gaps=list_of(record("gap", key=STRING, **_PLACE)),
)


class DeclaredQuery(Query):
    """No keys: a project has one set of declarations."""


class DeclaredProbe(Probe[DeclaredQuery]):
    """The declarations of `aiaudit.yaml`. A placeholder (TBD, TODO) counts as nothing and is listed under `gaps`.

    `day`: the audit's day, to hold dates of a parameter against. `days_old`: days from a part's `reviewed` to that day,
    -1 where it bears no date, less than -1 where the date lies in the future. `value.numbers`: how many numbers stand
    in each of its texts; `figures`: the first of each. `ai_act`: the tier that answers to questions of the EU AI Act
    point to, what is still open, and whether the declared tier is lower. `workload.values`: its numbers by dotted
    key, such as `traffic.requests_per_second.peak`.
    """

    name: ClassVar[str] = "project.declared"
    title: ClassVar[str] = (
        "what aiaudit.yaml declares: system record, budget, value, screening, AI Act, data sets, models"
    )
    query: ClassVar[type[DeclaredQuery]] = DeclaredQuery
    max_level: ClassVar[Level] = Level.EXISTS

    def value_type(self, query: DeclaredQuery) -> Type:
        return TYPE

    def answer(self, fact_id: str, query: DeclaredQuery, context: Context) -> Fact:
        config = context.config
        if not config.file:
            return Fact(fact_id, State.ABSENT, level=Level.CLAIM, method="project file")
        return Fact(
            fact_id,
            State.KNOWN,
            _Reading(config, context.as_of).value(),
            level=Level.EXISTS,
            method="project file",
            evidence=(Evidence(_shown(config), 1, "the project's declarations"),),
        )


def _shown(config: ProjectConfig) -> str:
    """The file as evidence names it: a file that the caller gave may lie anywhere, so only its name is shown."""
    return config.file if config.file == FILE else config.file.rpartition("/")[2]


class _Reading:
    """Reads one configuration, and notes the placeholders on the way."""

    def __init__(self, config: ProjectConfig, as_of: dt.date) -> None:
        self.config = config
        self.as_of = as_of
        self.gaps: list[dict[str, Any]] = []

    def value(self) -> dict[str, Any]:
        config = self.config
        read = {
            "present": True,
            "day": self.as_of.isoformat(),
            "project": self._project(),
            "budget": self._budget(),
            "value": self._value(),
            "screening": self._screening(),
            "ai_act": self._ai_act(),
            "workload": self._workload(),
            "datasets": [self._dataset(number, part) for number, part in enumerate(config.datasets)],
            "models": [self._model(number, part) for number, part in enumerate(config.models)],
        }
        return {**read, "gaps": self.gaps}

    def _project(self) -> dict[str, Any]:
        part = self.config.project
        users = [part.users] if isinstance(part.users, str) else part.users
        names = ("name", "owner", "deputy", "purpose", "risk_rationale", "risk_reviewer", "status", "link")
        return {
            **{name: self._text(part, "project", name) for name in names},
            **{name: getattr(part, name) for name in ("stage", "role", "exposure", "risk_tier")},
            "users": [user for user in users if not is_gap(user)],
            "models": [model for model in part.models if not is_gap(model)],
            "commercial": {True: "yes", False: "no", None: ""}[part.commercial],
            "flags": dict(part.flags),
            **self._dated(part.reviewed),
        }

    def _budget(self) -> dict[str, Any]:
        part = self.config.budget
        unit = part.unit
        return {
            "present": part.monthly is not None or part.total is not None,
            "monthly": part.monthly or 0.0,
            "currency": part.currency or "",
            "owner": self._text(part, "budget", "owner"),
            "unit": {
                "name": "" if is_gap(unit.name) else unit.name,
                "target": unit.target or 0.0,
                "value": unit.value or 0.0,
            },
            **self._dated(part.reviewed),
            "line": self._line("budget"),
        }

    def _value(self) -> dict[str, Any]:
        part = self.config.value
        texts = {
            name: self._text(part, "value", name) for name in ("problem", "metric", "baseline", "target", "stop_rule")
        }
        return {
            "present": any(texts.values()),
            **texts,
            "unit": "" if is_gap(part.unit) else part.unit,
            "numbers": {name: len(numbers_in(text)) for name, text in texts.items()},
            "figures": {name: numbers_in(text)[0] for name, text in texts.items() if numbers_in(text)},
            "owner": self._text(part, "value", "owner"),
            **self._dated(part.reviewed),
            "line": self._line("value"),
        }

    def _screening(self) -> dict[str, Any]:
        part = self.config.screening
        return {
            "present": bool(part.answers),
            "answered": sorted(part.answers),
            "yes": sorted(name for name, answer in part.answers.items() if answer),
            "by": self._text(part, "screening", "by"),
            **self._dated(part.reviewed),
            "line": self._line("screening"),
        }

    def _ai_act(self) -> dict[str, Any]:
        part = self.config.ai_act
        answers = {one.id: one.answer for one in part.answers}
        points_to = ai_act.tier(answers) if answers else ""
        return {
            "present": bool(answers),
            "yes": [question.id for question in ai_act.said_yes(answers)] if answers else [],
            "open": [question.id for question in ai_act.left(answers)] if answers else [],
            "tier": points_to,
            "lower": ai_act.lower(self.config.project.risk_tier, points_to),
            "by": self._text(part, "ai_act", "by"),
            **self._dated(part.reviewed),
            "line": self._line("ai_act"),
        }

    def _workload(self) -> dict[str, Any]:
        part = self.config.workload.declared()
        values = dict(_numbers_by_key(part))
        return {
            "present": bool(part),
            "keys": sorted(part),
            "numbers": len(values),
            "values": values,
            "source": self._said(part, "workload", "source"),
            "owner": self._said(part, "workload", "owner"),
            **self._dated(self.config.workload.reviewed),
            "line": self._line("workload"),
        }

    def _dataset(self, number: int, part: DatasetPart) -> dict[str, Any]:
        schema = part.schema_
        return {
            "name": part.name,
            "file": part.path,
            "role": part.role or "",
            "label": part.label or "",
            "time": part.time or "",
            "schema": schema if isinstance(schema, str) else "inline" if schema else "",
            "source": "" if is_gap(part.source) else part.source,
            "licence": "" if is_gap(part.licence) else part.licence,
            "sensitive": bool(part.sensitive),
            "path": _shown(self.config),
            "line": self._line("datasets", number),
        }

    def _model(self, number: int, part: ModelPart) -> dict[str, Any]:
        return {
            "name": part.name,
            "file": part.path,
            **{
                name: "" if is_gap(getattr(part, name)) else getattr(part, name)
                for name in ("source", "provider", "revision", "licence", "card")
            },
            "path": _shown(self.config),
            "line": self._line("models", number),
        }

    def _text(self, part: BaseModel, section: str, name: str) -> str:
        """A text, or nothing where it is a placeholder."""
        return self._unless_gap(str(getattr(part, name)), section, name)

    def _said(self, part: Mapping[str, Any], section: str, name: str) -> str:
        """The same for a section of free form."""
        value = part.get(name)
        return self._unless_gap(value.strip(), section, name) if isinstance(value, str) else ""

    def _unless_gap(self, text: str, section: str, name: str) -> str:
        if not text or not is_gap(text):
            return text
        self.gaps.append({"key": f"{section}.{name}", "path": _shown(self.config), "line": self._line(section, name)})
        return ""

    def _dated(self, day: dt.date | None) -> dict[str, Any]:
        if day is None:
            return {"reviewed": "", "days_old": _NO_DAYS}
        days = (self.as_of - day).days
        return {"reviewed": day.isoformat(), "days_old": days if days >= 0 else days - 1}

    def _line(self, *path: str | int) -> int:
        place = self.config.place(*path)
        return place.line if place else 1


def _numbers_by_key(value: Any, prefix: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a nested mapping by dotted key; items of a list by their place."""
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield prefix, float(value)
        return
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _numbers_by_key(item, f"{prefix}.{key}" if prefix else str(key))
