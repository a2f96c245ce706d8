"""Data sets measured by the engine that the caller names, as `aiaudit run --engine URL`.

A warehouse reads the tables that aiaudit.yaml declares, Spark the files whose format it knows. All other sets are
measured by the embedded engine, and a note says so. Nothing is kept for a second run: what a table holds is no part of
the tree.

Files are checked by the guarded reader, then opened by Spark itself, by their paths: a tree that changes under the
audit could show it other files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.data.engine import Unopened
from aiaudit.data.engines import engine_at, reads, reads_tables

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found
    from aiaudit.data.schema import Schema
    from aiaudit.probes.profile.tasks import Task
    from aiaudit.project.tree import Project

_CATALOGUES: Final = lazy.regex(r"(?i)(?:^|\.)(?:information_schema|pg_\w+|sys\w*|svv_\w+|stl_\w+)(?:\.|$)")
_NO_CATALOGUE: Final = "a table of the server itself: the audited project may not name those"


def is_there(one: Found, url: str) -> bool:
    """Whether the engine measures this set."""
    if one.unread:
        return False
    return bool(one.table) if reads_tables(url) else bool(one.files) and reads(url, one.format)


def measure(
    project: Project,
    found: Sequence[Found],
    tasks: Sequence[Task],
    url: str,
    as_of: dt.date,
    *,
    labels: Sequence[str] = (),
    schemas: Sequence[tuple[Schema, ...]] = (),
    done: Callable[[], None] = lambda: None,
) -> list[dict[str, Any]]:
    """One answer a task, as `measuring.measure` gives. The engine is started once; one that does not answer is the
    reason why nothing could be measured. `done` is called after each task."""
    from aiaudit.probes.profile.one_task import in_this_process

    if not tasks:
        return []
    try:
        engine = engine_at(url)
    except Unopened as error:
        return [{"sets": list(task.sets), "error": str(error)} for task in tasks]
    answers: list[dict[str, Any]] = []
    try:
        for task in tasks:
            if any(_CATALOGUES.search(found[n].table) for n in task.sets):
                made: dict[str, Any] = {"error": _NO_CATALOGUE}
            else:
                made = in_this_process(project.root, found, task, as_of, engine, labels, schemas)
            answers.append({**made, "sets": list(task.sets)})
            done()
    finally:
        engine.close()
    return answers


def notes(found: Sequence[Found], there: Sequence[int], url: str) -> list[str]:
    """Which sets the named engine did not measure, and why."""
    others = [one for n, one in enumerate(found) if n not in there and not one.unread]
    if not others:
        return []
    why = "files: the named engine reads tables" if reads_tables(url) else "not in a format that the named engine reads"
    return [f"{one.path}: measured by the embedded engine ({why})" for one in others]
