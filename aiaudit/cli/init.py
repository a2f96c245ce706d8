"""`aiaudit init`: a commented aiaudit.yaml from what was detected."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from aiaudit.cli.errors import UsageError, say
from aiaudit.cli.options import PROJECT_HELP, folder, option


def init(
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help=PROJECT_HELP, readable=False)] = None,
    to_stdout: Annotated[bool, option("--print", help="Print the file instead of writing it.")] = False,
) -> None:
    """Write a commented aiaudit.yaml from what was detected.

    What only people know stands there as a comment with an example. A file that is there is not touched.
    """
    from aiaudit.audit import audit
    from aiaudit.capacity.proposal import propose_workload
    from aiaudit.project.config import FILE, parse_config
    from aiaudit.project.proposal import Detected, propose
    from aiaudit.project.tree import Project as Tree
    from aiaudit.reports.base import write_below
    from aiaudit.ruleset import Options

    root = Path(path or ".")
    target = root / FILE
    if os.path.lexists(target) and not to_stdout:
        raise UsageError(f"{target}: is there already; nothing was written (--print shows a proposal)")
    made = audit(folder(root), Options())
    facts = {fact_id: fact.value for fact_id, fact in made.facts.items()}
    flags = {name.removeprefix("flag."): value is True for name, value in facts.items() if name.startswith("flag.")}
    models = _rows(facts.get("bom.models"))
    served = ("infra.services", "infra.containers", "infra.images")
    services = [row for fact in served for row in _rows(facts.get(fact))]
    workload = propose_workload(services, models, _rows(facts.get("code.llm_calls")))
    with Tree.open(folder(root)) as tree:
        files = frozenset(entry.path for entry in tree.files)
    found = Detected(
        name=made.collection.project["name"] or _name(root),
        flags=flags,
        data=_rows(facts.get("bom.data")),
        models=models,
        workload=workload,
        trained=_rows(facts.get("code.training_calls")),
        files=files,
    )
    text = propose(found)
    parse_config(text.encode(), FILE)  # what we write must be what we read
    if to_stdout:
        sys.stdout.write(text)
        return
    write_below(root, FILE, text.encode(), new=True)
    say(f"{target}: written; answer what is commented out, then run `aiaudit run {root}` again")
    say("begin with the owner and the purpose: the first level waits for them (GOV-001)")


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _name(root: Path) -> str:
    return root.resolve().name or "project"
