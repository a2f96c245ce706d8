"""Try one query on a project (`aiaudit checks try QUERY PATH`), before it goes into a pack."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

from msgspec import Struct

from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Fact
from aiaudit.packs.declare import Declaration, Facts, Probes
from aiaudit.packs.document import Document
from aiaudit.packs.problems import PackError, Problem
from aiaudit.packs.schema import FactPart

NAME: Final = "tried"
FILE: Final = "query"


class Tried(Struct, frozen=True):
    """A query as it was understood, and its answer."""

    spec: FactSpec
    fact: Fact


def try_query(
    query: str,
    path: Path,
    *,
    as_of: dt.date | None = None,
) -> Tried:
    """Answer one query on the project below `path`.

    Args:
        query: the query as a pack writes it, such as `{probe: python.calls, any: [torch.load]}`; the outer braces may
            be left out.
        path: the project's folder.
        as_of: the day for which ages are counted; today where None.

    Raises:
        PackError: the query is none that a probe understands; places are lines and columns of the query.
        Unreadable: `path` is no readable folder.
    """
    from aiaudit.probes.collect import collect
    from aiaudit.project.config import ConfigError, ProjectConfig, load_project_config
    from aiaudit.project.tree import Project

    spec = parse_query(query)
    with Project.open(path) as project:
        try:
            config = load_project_config(path)
        except ConfigError:
            config = ProjectConfig()
        facts = collect([spec], project, config, as_of or dt.datetime.now(dt.UTC).date(), jobs=1)
    return Tried(spec, facts[spec.id])


def parse_query(query: str, probes: Probes | None = None) -> FactSpec:
    """The query as a fact that can be collected.

    Raises:
        PackError: with every mistake.
    """
    if probes is None:
        from aiaudit.probes.registry import probes as registered

        probes = registered()
    text = query.strip()
    if not text.startswith("{") and "\n" not in text:
        text = f"{{{text}}}"
    document = Document.parse(text.encode(), FILE)
    if not isinstance(document.data, dict) or not isinstance(document.data.get("probe"), str):
        raise PackError([Problem(document.place(), "a query is written {probe: NAME, KEY: VALUE, …}")])
    problems: list[Problem] = []
    facts = Facts(probes, problems)
    facts.add(Declaration(NAME, document, (), FactPart.model_validate(document.data), {}))
    spec = facts.spec(NAME)
    if problems:
        raise PackError(problems)
    return spec
