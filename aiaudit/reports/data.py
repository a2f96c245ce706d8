"""The section `data` of a result as the report's data page shows it: the same figures and plots as `aiaudit data`."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from types import ModuleType, UnionType
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from aiaudit.reports import headings
from aiaudit.reports.record import Record

if TYPE_CHECKING:
    from aiaudit.data.model import Column, ColumnDrift, Dataset, Pair, Report
    from aiaudit.data.report.problems import Problem

COLUMNS: Final = 40
"""Columns of one set that the report shows; `aiaudit data` shows all."""
SETS: Final = 12
PROBLEMS: Final = 25
DRIFTS: Final = 15

MARKS: Final = {"high": "fail", "medium": "partial", "low": "unknown"}
"""The mark of a check's status that stands for how grave a problem of the data is."""


class DataPage:
    """The profile of the audited data, ready to be shown. Strings in it are clean."""

    def __init__(self, section: Report) -> None:
        from aiaudit.data.drift import PSI_LIMIT
        from aiaudit.data.report import figures, plots

        self.section = section
        self.sets = section.datasets[:SETS]
        self.more_sets = len(section.datasets) - len(self.sets)
        self.figures: ModuleType = figures
        self.plots: ModuleType = plots
        self.limit: float = PSI_LIMIT

    @cached_property
    def problems(self) -> list[Problem]:
        """What is wrong, worst first."""
        from aiaudit.data.report.problems import problems_of

        return problems_of(self.section)

    @property
    def shown_problems(self) -> list[Problem]:
        return self.problems[:PROBLEMS]

    def mark(self, problem: Problem) -> str:
        """The status whose mark stands before a problem."""
        return MARKS[problem.severity]

    @staticmethod
    def columns(dataset: Dataset) -> list[Column]:
        """Those with a finding of their own first, so that the cut takes none of them away."""
        return sorted(dataset.columns, key=lambda one: one.personal is None)[:COLUMNS]

    @staticmethod
    def drifts(pair: Pair) -> list[ColumnDrift]:
        """The columns of a comparison, the furthest moved first."""
        return sorted(pair.columns, key=lambda one: -(one.psi or 0.0))[:DRIFTS]

    @property
    def heading(self) -> str:
        serious = sum(problem.severity == "high" for problem in self.problems)
        return headings.data(len(self.section.datasets), len(self.problems), serious)


def read(result: Record) -> DataPage | None:
    """The data page; None where no data was profiled, or the section has another shape."""
    section = result.record("data")
    if not section.records("datasets"):
        return None
    from aiaudit.data.model import Report

    try:
        return DataPage(_build(Report, section.data))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _build(kind: type[Struct], data: Any) -> Any:
    """A record from its JSON: what an older version did not write takes its default."""
    hints = get_type_hints(kind)
    given = {name: _value(hints[name], data[name]) for name in kind.__struct_fields__ if name in data}
    return kind(**given)


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        return _value(next(one for one in get_args(hint) if one is not type(None)), value)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], one) for one in value)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _build(hint, value)
    if hint in (Any, dt.datetime) and isinstance(value, str):
        return _moment(value)
    return value


def _moment(text: str) -> dt.datetime | dt.time | None:
    """A day, a time of day or both, as the profile writes them; None where it is neither."""
    for kind in (dt.datetime, dt.time):
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    return None
