"""`aiaudit explain ID`: what a check asks, why, how it is measured, and how to fix it."""

from __future__ import annotations

import difflib
import shutil
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from aiaudit.cli.errors import UsageError
from aiaudit.cli.options import option

if TYPE_CHECKING:
    from aiaudit.model.check import Check, FactSpec
    from aiaudit.packs.load import Library


def explain(
    check_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a check, such as SEC-001.")],
    pack: Annotated[
        list[str] | None, option("--pack", metavar="FILE", help="A pack file to look in as well. Repeatable.")
    ] = None,
) -> None:
    """Explain a check: what, why, how measured, how to fix, parameters, controls, known false results."""
    from aiaudit.settings import Options, read_ruleset

    library = read_ruleset(Options(packs=tuple(pack or ()))).full
    check = library.check(check_id.upper())
    if check is None:
        near = difflib.get_close_matches(check_id.upper(), [c.id for c in library.checks], n=1)
        hint = f"did you mean {near[0]}?" if near else "`aiaudit checks list` shows them all"
        raise UsageError(f"no check has the id {check_id!r}; {hint}")
    print(text(check, library))


def text(check: Check, library: Library) -> str:
    """The explanation, wrapped to the terminal."""
    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    about = f"{check.severity} · {check.kind} · {check.pack} · effort {check.effort}"
    parts = [f"{check.id}  {check.title}", about]
    for title, body in (
        ("Why", [check.why]),
        ("Risk", [check.risk]),
        ("Applies", [check.applies.source if check.applies else "always"]),
        ("Requires", [", ".join(check.requires)]),
        ("Question", [check.question]),
        ("How it is measured", list(_facts(check, library))),
        ("How it is judged", list(_rule(check))),
        ("Evidence", [f"a pass needs evidence level {check.min_level} or better"]),
        ("How to fix", [check.remediation]),
        ("Parameters", list(_params(check))),
        ("Known false results", [check.false_results]),
        ("Supports evidence for", [f"{scheme}: {', '.join(ids)}" for scheme, ids in check.controls.items()]),
    ):
        lines = [line for entry in body if entry for line in _wrapped(entry, width)]
        if lines:
            parts.append("\n".join([f"{title}", *lines]))
    return "\n\n".join(parts)


def _wrapped(entry: str, width: int) -> Iterable[str]:
    for line in entry.splitlines():
        yield from textwrap.wrap(line, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _facts(check: Check, library: Library) -> Iterable[str]:
    for name, fact_id in check.names.items():
        spec = library.facts.get(fact_id)
        if spec is not None and _is_read(check, name):
            yield f"{name}: {_asked(spec)}"


def _is_read(check: Check, name: str) -> bool:
    expressions = [check.applies, check.points, check.findings_expr, *(line.when for line in check.rule)]
    return name == check.findings or any(e is not None and name in e.names for e in expressions)


def _asked(spec: FactSpec) -> str:
    if spec.derive is not None:
        return spec.derive.source
    keys = ", ".join(f"{key}: {value}" for key, value in spec.query.items())
    return f"probe {spec.probe}" + (f" ({keys})" if keys else "") + (f". {spec.title}" if spec.title else "")


def _rule(check: Check) -> Iterable[str]:
    for line in check.rule:
        yield f"{str(line.status).replace('_', ' ')}: {line.source}"


def _params(check: Check) -> Iterable[str]:
    for param in check.params:
        low = f" from {param.minimum:g}" if param.minimum is not None else ""
        high = f" to {param.maximum:g}" if param.maximum is not None else ""
        yield f"{param.name}: {param.default}{low}{high}" + (f". {param.title}" if param.title else "")
