"""The probe `notebooks.cells`: code cells of notebooks, in file order, with what their stored outputs say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of
from aiaudit.probes.python.lost import Lost
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

CELL: Final = record(
    "cell",
    path=STRING,
    line=INT,
    role=STRING,
    cell=INT,
    lines=INT,
    empty=BOOL,
    broken=BOOL,
    execution_count=INT,
    in_order=BOOL,
    has_outputs=BOOL,
    outputs=list_of(STRING),
    error=STRING,
)


class CellsQuery(CodeQuery):
    """All code cells. cell: its number among all cells, from 1. execution_count: 0 where it was not run. in_order: no
    cell above was run after it. error: the exception that a stored output shows. broken: not valid Python."""

    roles: list[Role] = Field(default=[Role.CODE, Role.NOTEBOOK, Role.EXAMPLE, Role.DOCS, Role.TEST, Role.DATA])

    def may_stand_in(self, lost: Lost) -> bool:
        return True  # in a notebook that cannot be read, whatever its text shows


class CellsProbe(Probe[CellsQuery]):
    name: ClassVar[str] = "notebooks.cells"
    title: ClassVar[str] = "Code cells of notebooks: order of execution, stored outputs, errors"
    query: ClassVar[type[Query]] = CellsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: CellsQuery) -> Type:
        return list_of(CELL)

    def answer(self, fact_id: str, query: CellsQuery, context: Context) -> Fact:
        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            broken = {cell for cell, _ in project.base(entry.path).broken_cells}
            latest = 0
            for cell in project.records[entry.path].get("cells", ()):
                count = cell["execution_count"] or 0
                yield {
                    "line": cell["line"],
                    "cell": cell["number"],
                    "lines": cell["lines"],
                    "empty": cell["empty"],
                    "broken": cell["number"] in broken,
                    "execution_count": count,
                    "in_order": not count or count > latest,
                    "has_outputs": bool(cell["outputs"]),
                    "outputs": cell["outputs"],
                    "error": cell["error"],
                }
                latest = max(latest, count)

        def note(cell: dict[str, Any]) -> str:
            return f"cell {cell['cell']}" + (f", output: {', '.join(cell['outputs'])}" if cell["outputs"] else "")

        return fact_of(fact_id, _only_notebooks(query), context, find, note)


def _only_notebooks(query: CellsQuery) -> CellsQuery:
    return query if query.files else query.model_copy(update={"files": ["**/*.ipynb"]})
