"""`aiaudit run`: audit a project, or saved facts."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiaudit.cli.errors import ExitCode, UsageError, say, worst
from aiaudit.cli.options import LevelName, SecretsEngine, SeverityName, day, folder, option

if TYPE_CHECKING:
    from aiaudit.reports.base import Output
    from aiaudit.ruleset import Options


def run(
    path: Annotated[Path | None, typer.Argument(help="The project's folder (default: this one).")] = None,
    *,
    output: Annotated[
        list[str] | None,
        option("--output", "-o", metavar="FILE", help="Write a report; format by suffix, '-' is stdout. Repeatable."),
    ] = None,
    stdout_format: Annotated[
        str | None, option("--format", help="Format of '-o -': a suffix without its dot (json, md, sarif …).")
    ] = None,
    pack: Annotated[
        list[str] | None,
        option("--pack", metavar="ID|FILE", help="Judge by this pack only; 'all' and a file add to it. Repeatable."),
    ] = None,
    profile: Annotated[
        str | None, option("--profile", help="A named set of packs: classical, llm, agent, library, all.")
    ] = None,
    stage: Annotated[
        LevelName | None, option("--stage", help="The stage the project is at, instead of declared.")
    ] = None,
    facts_out: Annotated[
        str | None, option("--facts-out", metavar="FILE", help="Save the facts, to be judged elsewhere.")
    ] = None,
    facts: Annotated[
        str | None, option("--facts", metavar="FILE", help="Judge saved facts; no project is read.")
    ] = None,
    as_of: Annotated[
        str | None, option("--as-of", metavar="DATE", help="The day that decides on ages and expiry (default: today).")
    ] = None,
    baseline: Annotated[
        str | None, option("--baseline", metavar="FILE", help="An earlier result JSON to compare with.")
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        option(
            "--fail-under", metavar="N|PACK=N", help="Gate: the accepted score, or a pack's, is at least N. Repeatable."
        ),
    ] = None,
    min_coverage: Annotated[
        float | None,
        option("--min-coverage", min=0, max=100, help="Gate: percent of the evidence seen (50 with --fail-under)."),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        option(
            "--fail-on", metavar="SEVERITY|CHECK", help="Gate: no failed check of this severity or worse, or this one."
        ),
    ] = None,
    fail_on_new: Annotated[
        SeverityName | None, option("--fail-on-new", help="Gate: no failure that the baseline does not have.")
    ] = None,
    level: Annotated[LevelName | None, option("--level", help="Gate: this readiness level is reached.")] = None,
    exit_zero: Annotated[bool, option("--exit-zero", help="Exit 0 where a gate fails; other codes stay.")] = False,
    config: Annotated[
        str | None, option("--config", metavar="FILE", help="Use this file instead of the project's aiaudit.yaml.")
    ] = None,
    no_project_config: Annotated[
        bool, option("--no-project-config", help="Do not use the project's aiaudit.yaml.")
    ] = False,
    osv_db: Annotated[
        str | None,
        option(
            "--osv-db",
            metavar="ZIP|DIR",
            help="Look locked versions up in this export of osv.dev (all.zip of PyPI, npm, or a folder of them).",
        ),
    ] = None,
    prices: Annotated[
        str | None,
        option("--prices", metavar="FILE", help="Your prices: own YAML, LiteLLM's JSON or SkyPilot's CSV."),
    ] = None,
    secrets_engine: Annotated[
        SecretsEngine, option("--secrets-engine", help="Let Kingfisher (extra `secrets`) look for secrets as well.")
    ] = SecretsEngine.BUILTIN,
    history: Annotated[
        bool, option("--history", help="Look for secrets in the git history as well, within bounds.")
    ] = False,
    jobs: Annotated[int | None, option("--jobs", min=1, help="Processes at most (default: one a processor).")] = None,
    ruleset: Annotated[
        str | None,
        option(
            "--ruleset",
            metavar="HASH",
            help="Stop unless the rules are these: the score then moves only with the project.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, option("--dry-run", help="Show which checks would judge, and why others would not; read nothing.")
    ] = False,
    no_cache: Annotated[bool, option("--no-cache", help="Read every file again.")] = False,
    timings: Annotated[bool, option("--timings", help="Add the seconds of each stage to the result.")] = False,
    quiet: Annotated[bool, option("--quiet", "-q", help="No summary and no progress; trouble is still told.")] = False,
) -> None:
    """Audit a project and print a summary.

    Without a gate the score alone never fails. Gates look at the accepted score; a file of saved facts is judged the
    same way as a project.
    """
    from aiaudit.cli.output import below, brought, outputs_of
    from aiaudit.reports.base import check_folder
    from aiaudit.ruleset import Options

    if facts and path:
        raise UsageError("--facts and a PATH exclude each other: saved facts are judged without the project")
    if facts and facts_out:
        raise UsageError("--facts and --facts-out exclude each other: the facts are saved already")
    if facts_out:
        check_folder(facts_out, "--facts-out")
    if facts and osv_db:
        raise UsageError("--facts and --osv-db exclude each other: saved facts hold what was looked up")
    if facts and prices:
        raise UsageError("--facts and --prices exclude each other: saved facts hold what was counted")
    if facts and (history or secrets_engine is not SecretsEngine.BUILTIN):
        raise UsageError("--facts excludes --history and --secrets-engine: saved facts hold what was looked for")
    if osv_db and not Path(osv_db).exists():
        raise UsageError(f"--osv-db {osv_db}: there is no such file or folder")
    root = "" if facts else folder(path or Path())
    outputs = outputs_of(output or (), stdout_format)
    written = [o.path for o in outputs if not o.is_stdout] + ([facts_out] if facts_out else [])
    options = Options(
        packs=tuple(pack or ()),
        profile=profile,
        stage=stage.value if stage else None,
        as_of=day(as_of),
        config=config,
        project_config=not no_project_config,
        baseline=baseline,
        fail_under=tuple(fail_under or ()),
        min_coverage=min_coverage,
        fail_on=tuple(fail_on or ()),
        fail_on_new=fail_on_new.value if fail_on_new else None,
        level=level.value if level else None,
        osv_db=osv_db,
        prices=prices,
        secrets_engine=secrets_engine.value,
        history=history,
        jobs=jobs,
        cache=not no_cache,
        timings=timings,
        own_outputs=below(root, written) if root else (),
        formats=brought(outputs),
        ruleset=ruleset,
    )
    if dry_run:
        from aiaudit.cli.dry_run import show

        show(options)
        return
    task = _Task(root, options, outputs, facts, facts_out, exit_zero, quiet)
    raise typer.Exit(int(task.do()))


@dataclass(frozen=True, slots=True)
class _Task:
    """One run, after its options were understood."""

    root: str
    options: Options
    outputs: list[Output]
    facts: str | None
    facts_out: str | None
    exit_zero: bool
    quiet: bool

    def do(self) -> ExitCode:
        """Audit, write what was asked for, and say what a person has to know; the exit code."""
        from aiaudit.cli import output
        from aiaudit.outcome import outcome

        progress = output.Progress(not self.quiet)
        try:
            done = outcome(self.root, self.options, facts=self.facts, progress=progress)
        finally:
            progress.clear()
        result = done.head
        saved = [(self.facts_out, done.collection.saved())] if self.facts_out else []
        output.write(self.outputs, done, saved)
        if not self.quiet:
            taken = any(o.is_stdout for o in self.outputs)
            subject = Path(self.root).resolve().name if self.root else ""
            output.summary(result, sys.stderr if taken else sys.stdout, subject)
        for problem in result["problems"]:
            say(problem)
        if not self.quiet:
            output.baseline_lines(result)
        output.waiver_lines(result)
        output.gate_lines(result)
        if not self.quiet:
            output.waiver_snippet(result)
        return self._code(result)

    def _code(self, result: dict[str, Any]) -> ExitCode:
        codes = set()
        if result["problems"]:
            codes.add(ExitCode.USAGE)
        if result["readiness"] is None:
            say(_nothing(result))
            codes.add(ExitCode.NOTHING)
        if not result["gate"]["passed"] and not self.exit_zero:
            codes.add(ExitCode.GATE)
        return worst(codes)


def _nothing(result: dict[str, Any]) -> str:
    if not result["checks"]:
        return "nothing to judge by: no check is selected"
    return "nothing could be judged, so there is no score; is this the project's folder?"
