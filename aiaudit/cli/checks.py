"""`aiaudit checks`: look at packs, lint them, run their cases, begin a check, try a query, print schemas."""

from __future__ import annotations

import difflib
import json
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiaudit.cli.command import Group
from aiaudit.cli.errors import ExitCode, UsageError
from aiaudit.cli.manual import Manual
from aiaudit.cli.options import PROJECT_HELP, day, folder, option

if TYPE_CHECKING:
    from aiaudit.packs.guide import Guide
    from aiaudit.packs.library import Library
    from aiaudit.ruleset import Ruleset

app = typer.Typer(
    cls=Group, help="Look at check packs, write, lint and test them.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list", cls=Manual)
def list_(
    pack: Annotated[
        list[str] | None, option("--pack", metavar="ID|FILE", help="Only this pack, or that of a file. Repeatable.")
    ] = None,
    framework: Annotated[
        str | None, option("--framework", metavar="ID", help="By the controls of this framework, such as eu-ai-act.")
    ] = None,
    as_json: Annotated[bool, option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the checks: id, severity, kind, effort and title."""
    from aiaudit.cli.output import in_column
    from aiaudit.prepared import ruleset_of
    from aiaudit.reports.words import digits

    ruleset = _ruleset(pack or ())
    library = ruleset.selected
    if framework is not None:
        _list_controls(library, framework, as_json)
        return
    if as_json:
        print(json.dumps([_row(check) for check in library.checks], indent=2, ensure_ascii=False))
        return
    for found in library.packs:
        print(f"{found.title} ({found.id}{', core' if found.core else ''}): {digits(len(found.checks), 'check')}")
        for check in found.checks:
            head = f"  {check.id:<10} {check.severity:<8} {check.kind:<9} {check.effort}  "
            print(in_column(head, check.title, 13))
    counts = f"{digits(sum(1 for _ in library.checks), 'check')} in {digits(len(library.packs), 'pack')}"
    print(f"{counts}; ruleset {ruleset_of(ruleset)}")


@app.command("test", cls=Manual)
def test(
    packs: Annotated[list[Path], typer.Argument(metavar="PACK", help="Packs: files, or folders with a pack.yaml.")],
    cases: Annotated[
        Path | None,
        option("--cases", metavar="DIR", help="Where their cases are (default: 'cases' beside or in the pack)."),
    ] = None,
) -> None:
    """Run the cases of a pack.

    A case is a small tree on which the check must end as its expect.yaml says. The cases that every check needs must be
    there.
    """
    from aiaudit.packs.cases import run_pack

    failed = total = 0
    for pack in packs:
        done = run_pack(pack, cases)
        for result in done.results:
            total += 1
            if not result.passed:
                failed += 1
                print(f"FAIL {result.case}")
                for problem in result.problems:
                    print(f"     {problem}")
        for problem in done.problems:
            failed += 1
            print(f"FAIL {problem}")
    print(f"{total} {'case' if total == 1 else 'cases'}, {failed} {'failure' if failed == 1 else 'failures'}")
    if failed:
        raise typer.Exit(int(ExitCode.GATE))


@app.command("lint", cls=Manual)
def lint(
    packs: Annotated[
        list[Path] | None, typer.Argument(metavar="PACK", help="Packs: files or folders (default: the shipped packs).")
    ] = None,
    cases: Annotated[
        Path | None,
        option("--cases", metavar="DIR", help="Where their cases are (default: 'cases' beside or in the pack)."),
    ] = None,
) -> None:
    """Find what a pack that loads may still get wrong.

    A rule that cannot pass or cannot fail, applicability that rests on the thing looked for, a missing text or case, an
    unused parameter.
    """
    from aiaudit.packs.lint import lint as find
    from aiaudit.packs.lint import lint_files
    from aiaudit.packs.load import load

    problems = lint_files(packs, cases) if packs else find(load(), cases)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} {'fault' if len(problems) == 1 else 'faults'}" if problems else "no faults")
    if problems:
        raise typer.Exit(int(ExitCode.GATE))


@app.command("new", cls=Manual)
def new(
    check: Annotated[str, typer.Argument(metavar="ID", help="The check's id: TEAM-001.")],
    pack: Annotated[
        Path | None,
        option(
            "--pack",
            envvar="AIAUDIT_NEW_PACK",
            metavar="FILE",
            help="The pack that gets the check: a file (.yaml) or a folder, made where it is not there.",
        ),
    ] = None,
    cases: Annotated[
        Path | None,
        option("--cases", metavar="DIR", help="Where its cases go (default: 'cases' beside or in the pack)."),
    ] = None,
) -> None:
    """Write the frame of a check and of its five cases.

    TODO stands where you must think, and the cases fail until it is gone. Nothing is overwritten.
    """
    from aiaudit.cli.output import stay_inside
    from aiaudit.packs.scaffold import new_check
    from aiaudit.reports.base import HERE

    frame = new_check(check, pack, cases)
    stay_inside(HERE, [str(frame.file), *map(str, frame.cases), *([str(frame.heading)] if frame.head else [])])
    verb = "added to" if frame.file.exists() else "wrote"
    frame.write()
    folder = next(iter(frame.cases)).parents[1]
    if frame.head:
        print(f"wrote {frame.heading}")
    print(f"{verb} {frame.file}")
    print(f"wrote {folder}: {', '.join(path.parent.name for path in frame.cases)}")
    beside = "" if cases is None else f" --cases {cases}"
    print("Fill in every TODO; until then these fail:")
    print(f"  aiaudit checks test {frame.pack}{beside}\n  aiaudit checks lint {frame.pack}")


@app.command("try", cls=Manual)
def try_(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="A query as packs write it: '{probe: text.search, any: [TODO]}'.")
    ],
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help=PROJECT_HELP, readable=False)] = None,
    as_of: Annotated[
        str | None, option("--as-of", metavar="DATE", help="The day that decides on ages and expiry (default: today).")
    ] = None,
) -> None:
    """Put one query to a project and print the fact as JSON.

    For trying a query before it goes into a pack.
    """
    from aiaudit.model.fact_json import fact_json
    from aiaudit.packs.try_query import try_query

    tried = try_query(query, Path(folder(path or Path())), as_of=day(as_of))
    asked = {"probe": tried.spec.probe, **tried.spec.query}
    print(json.dumps({"query": asked, **fact_json(tried.fact)}, indent=2, ensure_ascii=False, default=str))


@app.command("probes", cls=Manual)
def probes(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A probe, or how names begin, those of shared facts too: python. flag. (default: all)",
        ),
    ] = None,
) -> None:
    """List what can be asked of a project, or all about one probe.

    Of one probe: its keys, and what its answer holds. The level says how strong its best evidence is: E0 a claim, E5 a
    measurement. By the beginning of their names also the facts that every pack may use, such as flag.trains.
    """
    from aiaudit.cli.output import columns
    from aiaudit.packs.guide import guides, shared_facts
    from aiaudit.probes.registry import probes
    from aiaudit.ruleset import Options, read_ruleset

    library = read_ruleset(Options()).full
    told = {guide.name: guide for guide in guides(probes(), library)}
    shared = list(shared_facts(library))
    chosen = [guide for key, guide in told.items() if name is None or key == name or key.startswith(name)]
    if name is not None and (named := [row for row in shared if row[0].startswith(name)]) and name not in told:
        for fact_id, kind, title in named:
            print(f"{fact_id:<26} {kind}  {title}".rstrip())
        if not chosen:
            return
    if not chosen:
        near = difflib.get_close_matches(str(name), [*told, *(row[0] for row in shared)], n=1)
        meant = f"did you mean '{near[0]}'?" if near else "`aiaudit checks probes` lists them all"
        raise UsageError(f"checks probes: no probe '{name}'; {meant}")
    if len(chosen) == 1 or name in told:
        _print_probe(told[name] if name in told else chosen[0], columns(sys.stdout))
        return
    for guide in chosen:
        print(f"{guide.name:<26} {guide.level}  {guide.title}")
    print(f"{len(chosen)} probes; the keys of one: aiaudit checks probes {chosen[0].name}")
    if name is None:
        print(f"{len(shared)} facts that every pack may use; those that begin alike: aiaudit checks probes flag.")


def _print_probe(guide: Guide, width: int) -> None:
    def hung(head: str, said: str) -> None:
        print(
            textwrap.fill(said, width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)
        )

    print(textwrap.fill(f"{guide.name}  {guide.title}", width))
    print(f"\nbest evidence level {guide.level}")
    if guide.keys:
        print("\nKeys")
        wide = max(len(key.name) for key in guide.keys)
        for key in guide.keys:
            default = f"; else {key.default}" if key.default else ""
            hung(f"  {key.name:<{wide}}  ", key.kind + ("; needed" if key.needed else default))
    for paragraph in filter(None, "\n\n".join((guide.told, *guide.conditions)).split("\n\n")):
        print()
        hung("  ", " ".join(paragraph.split()))
    if guide.gives:
        print(f"\nAnswers with  {guide.gives}")
        if guide.fields:
            hung("  ", "; ".join(f"{key} {kind}" for key, kind in guide.fields))
        for record, fields in guide.records:
            hung(f"  {record}:  ", "; ".join(f"{key} {kind}" for key, kind in fields))
    if guide.example:
        print("\nTry it")
        print(f"  aiaudit checks try '{guide.example}' path/to/project")


@app.command("schema", cls=Manual)
def schema(
    check: Annotated[bool, option("--check", help="The schema of a check in a file of its own.")] = False,
    result: Annotated[bool, option("--result", help="The schema of the result JSON.")] = False,
    config: Annotated[bool, option("--config-file", help="The schema of aiaudit.yaml.")] = False,
    attestations: Annotated[bool, option("--attestations", help="The schema of attestations.yaml.")] = False,
) -> None:
    """Print the JSON Schema of a pack or of another file."""
    if sum((check, result, config, attestations)) > 1:
        raise UsageError("checks schema: ask for one schema at a time")
    if check:
        from aiaudit.packs.schema import check_json_schema as json_schema
    elif result:
        from aiaudit.reports.schema import json_schema
    elif config:
        from aiaudit.project.config import json_schema
    elif attestations:
        from aiaudit.project.config import attestations_json_schema as json_schema
    else:
        from aiaudit.packs.schema import json_schema
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _list_controls(library: Library, name: str, as_json: bool) -> None:
    """Every control of a framework with the checks whose evidence supports it; those without a check, too."""
    from aiaudit.packs.frameworks import find
    from aiaudit.reports.words import SCHEMES

    if name not in SCHEMES and any(name in check.controls for check in library.checks):  # somebody's own rule book
        _list_own(library, name, as_json)
        return
    framework = find(name)
    titles = {check.id: check.title for check in library.checks}
    rows = [(control, [one for one in control.checks if one.check in titles]) for control in framework.controls]
    if as_json:
        data = [
            {"control": c.id, "title": c.title, "reason": c.reason, "checks": [one.check for one in checks]}
            for c, checks in rows
        ]
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return
    print(f"{framework.title}, {framework.edition}: evidence supporting its controls, no statement of conformity")
    for control, checks in rows:
        since = f" (applies from {control.effective.date})" if control.effective else ""
        print(f"  {control.id}  {control.title}{since}")
        for one in checks:
            print(f"    {one.check:<10} {titles[one.check]}")
        if not checks:
            print("    no check")
    empty = sum(not checks for _, checks in rows)
    print(f"{len(rows)} controls, {empty} without a check")


def _list_own(library: Library, name: str, as_json: bool) -> None:
    """The controls of a framework that only checks name, with these checks."""
    rows: dict[str, list[str]] = {}
    titles = {check.id: check.title for check in library.checks}
    for check in library.checks:
        for control in check.controls.get(name, ()):
            rows.setdefault(control, []).append(check.id)
    if as_json:
        data = [{"control": one, "title": "", "reason": "", "checks": rows[one]} for one in sorted(rows)]
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return
    print(f"{name}: evidence supporting its controls, no statement of conformity")
    for control in sorted(rows):
        print(f"  {control}")
        for one in rows[control]:
            print(f"    {one:<10} {titles[one]}")
    print(f"{len(rows)} {'control' if len(rows) == 1 else 'controls'}; those without a check are not known here")


def _library(names: Iterable[str]) -> Library:
    return _ruleset(names).selected


def _ruleset(names: Iterable[str]) -> Ruleset:
    from aiaudit.ruleset import Options, read_ruleset

    return read_ruleset(Options(packs=tuple(names)))


def _row(check: Any) -> dict[str, Any]:
    return {
        "id": check.id,
        "pack": check.pack,
        "title": check.title,
        "severity": check.severity.value,
        "kind": check.kind.value,
        "effort": check.effort.value,
        "params": {param.name: param.default for param in check.params},
        "place": str(check.place),
    }
