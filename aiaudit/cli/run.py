"""`aiaudit run`: audit a project, or saved facts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import Struct

from aiaudit.cli.errors import ExitCode, UsageError, say, worst
from aiaudit.cli.options import (
    FORMAT_HELP,
    OUTPUT_HELP,
    PROJECT_HELP,
    LevelName,
    SecretsEngine,
    SeverityName,
    day,
    folder,
    option,
)

if TYPE_CHECKING:
    from aiaudit.reports.base import Output
    from aiaudit.ruleset import Options


MOST_UNREAD = 3  # files that are named
MOST_UNKNOWN = 3  # checks of a small pack whose reasons are told where none was judged
WRITTEN = "What is written"
JUDGED = "What is judged, and by what"
GATE = "Gate: exit code 1 unless all of these hold"


def run(
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help=PROJECT_HELP, readable=False)] = None,
    *,
    output: Annotated[
        list[str] | None,
        option("--output", "-o", metavar="FILE", group=WRITTEN, help=OUTPUT_HELP),
    ] = None,
    stdout_format: Annotated[str | None, option("--format", metavar="NAME", group=WRITTEN, help=FORMAT_HELP)] = None,
    pack: Annotated[
        list[str] | None,
        option(
            "--pack",
            metavar="ID|FILE",
            group=JUDGED,
            help="Judge by this pack only; 'all' is every shipped one, a FILE your own. Repeatable.",
        ),
    ] = None,
    profile: Annotated[
        str | None,
        option(
            "--profile", metavar="NAME", group=JUDGED, help="A named set of packs: classical, llm, agent, library, all."
        ),
    ] = None,
    name: Annotated[
        str | None,
        option("--name", metavar="TEXT", group=JUDGED, help="What reports call the project, whatever it calls itself."),
    ] = None,
    stage: Annotated[
        LevelName | None,
        option(
            "--stage",
            metavar="LEVEL",
            group=JUDGED,
            help="The stage the project is at, whatever it declares.",
        ),
    ] = None,
    facts_out: Annotated[
        str | None, option("--facts-out", metavar="FILE", group=WRITTEN, help="Save the facts, to be judged elsewhere.")
    ] = None,
    facts: Annotated[
        str | None, option("--facts", metavar="FILE", group=JUDGED, help="Judge saved facts; no project is read.")
    ] = None,
    as_of: Annotated[
        str | None,
        option(
            "--as-of",
            metavar="DATE",
            group=JUDGED,
            help="The day that decides on ages and expiry, such as 2027-01-31 (default: today, UTC).",
        ),
    ] = None,
    baseline: Annotated[
        str | None, option("--baseline", metavar="FILE", group=JUDGED, help="An earlier result JSON to compare with.")
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        option(
            "--fail-under",
            metavar="N|PACK=N",
            group=GATE,
            help="The accepted score, or that of a pack, is at least N (0 to 100). Repeatable.",
        ),
    ] = None,
    min_coverage: Annotated[
        float | None,
        option(
            "--min-coverage",
            min=0,
            max=100,
            metavar="PERCENT",
            group=GATE,
            help="So much of the evidence was seen (with --fail-under: 50 where left out).",
        ),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        option(
            "--fail-on",
            metavar="SEVERITY|ID",
            group=GATE,
            help="No check of this severity or worse fails, or not this check. Repeatable, or parted by commas.",
        ),
    ] = None,
    fail_on_new: Annotated[
        SeverityName | None,
        option(
            "--fail-on-new",
            metavar="SEVERITY",
            group=GATE,
            help="No failure of this severity or worse is new since the baseline: critical, high, medium, low.",
        ),
    ] = None,
    level: Annotated[
        LevelName | None,
        option(
            "--level", metavar="LEVEL", group=GATE, help="This level is reached: prototype, pilot, production, scale."
        ),
    ] = None,
    exit_zero: Annotated[bool, option("--exit-zero", help="Exit 0 where a gate fails; other codes stay.")] = False,
    config: Annotated[
        str | None,
        option("--config", metavar="FILE", group=JUDGED, help="Use this file instead of the project's aiaudit.yaml."),
    ] = None,
    no_project_config: Annotated[
        bool, option("--no-project-config", group=JUDGED, help="Do not use the project's aiaudit.yaml.")
    ] = False,
    osv_db: Annotated[
        str | None,
        option(
            "--osv-db",
            metavar="ZIP|DIR",
            group=JUDGED,
            help="Look locked versions up in this export of osv.dev (all.zip of PyPI, npm, or a folder of them).",
        ),
    ] = None,
    prices: Annotated[
        str | None,
        option(
            "--prices", metavar="FILE", group=JUDGED, help="Your prices: own YAML, LiteLLM's JSON or SkyPilot's CSV."
        ),
    ] = None,
    engine: Annotated[
        str | None,
        option(
            "--engine",
            metavar="URL",
            help="Measure tables on postgres://HOST/DB or duckdb://FILE, files on local-spark or spark://HOST.",
        ),
    ] = None,
    secrets_engine: Annotated[
        SecretsEngine,
        option(
            "--secrets-engine",
            metavar="NAME",
            group=JUDGED,
            help="builtin, or kingfisher (extra `secrets`) beside it.",
        ),
    ] = SecretsEngine.BUILTIN,
    history: Annotated[
        bool, option("--history", group=JUDGED, help="Look for secrets in the git history as well, within bounds.")
    ] = False,
    jobs: Annotated[
        int | None, option("--jobs", min=1, metavar="N", help="Processes at most (default: one a processor).")
    ] = None,
    ruleset: Annotated[
        str | None,
        option(
            "--ruleset",
            metavar="HASH",
            group=JUDGED,
            help="Stop unless the rules are these: the score then moves only with the project.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, option("--dry-run", help="Show which checks would judge, and why others would not; read nothing.")
    ] = False,
    no_cache: Annotated[bool, option("--no-cache", help="Read every file again.")] = False,
    timings: Annotated[
        bool, option("--timings", group=WRITTEN, help="Add the seconds of each stage to the result.")
    ] = False,
    quiet: Annotated[
        bool, option("--quiet", "-q", group=WRITTEN, help="No summary and no progress; trouble is still told.")
    ] = False,
) -> None:
    """Audit a project and print a summary.

    Nothing of the project is imported or executed, nothing leaves this machine, and a secret's value reaches no output.
    Without a gate the score alone never fails. Gates look at the accepted score, that of the project's own settings and
    waivers. Where the command line gives no gate, the environment does, else `gate:` of aiaudit.yaml.
    """
    from aiaudit.cli.output import below, brought, outputs_of, stay_inside
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
    if facts and engine:
        raise UsageError("--facts and --engine exclude each other: saved facts hold what was measured")
    if osv_db and not Path(osv_db).exists():
        raise UsageError(f"--osv-db {osv_db}: there is no such file or folder")
    if osv_db and Path(osv_db).is_file() and not _is_zip(osv_db):
        raise UsageError(f"--osv-db {osv_db}: not a zip archive, such as the all.zip of osv.dev")
    if osv_db:
        _holds_archives(osv_db)
    root = "" if facts else folder(path or Path())
    outputs = outputs_of(output or (), stdout_format)
    written = [o.path for o in outputs if not o.is_stdout] + ([facts_out] if facts_out else [])
    if root:
        stay_inside(root, written)
    options = Options(
        packs=tuple(pack or ()),
        profile=profile,
        stage=stage.value if stage else None,
        name=(name or "").strip() or None,
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
        engine=engine,
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


class _Task(Struct, frozen=True):
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
        from aiaudit.reports.base import HERE

        progress = output.Progress(not self.quiet)
        try:
            done = outcome(self.root, self.options, facts=self.facts, progress=progress)
        finally:
            progress.clear()
        done.folder = Path(self.root).resolve().name if self.root else ""
        result = done.head
        saved = [(self.facts_out, done.collection.saved_pieces())] if self.facts_out else []
        output.write(self.outputs, done, saved, self.root or HERE)
        if not self.quiet:
            taken = any(o.is_stdout for o in self.outputs)
            output.summary(result, sys.stderr if taken else sys.stdout, done.folder, self._own_packs())
            output.wrote([path for path, _ in saved] + [o.path for o in self.outputs if not o.is_stdout])
        if self.facts and not self.quiet:  # a folder would have named it
            output.nameless_line(result, "`aiaudit run --name`, here or where the facts are collected")
        for problem in result["problems"]:
            say(problem)
        if self.root and not self.quiet:
            output.part_of_repository(self.root)
            output.several_projects(self.root)
        if not self.quiet:
            output.absent_lines(result)
            output.baseline_lines(result)
        elif result["baseline"]:
            output.other_project_lines(result)
        output.waiver_lines(result)
        output.gate_lines(result)
        output.gate_places(result, quiet=self.quiet)
        if not self.quiet:
            output.waiver_snippet(result, self._settings_text())
        return self._code(result)

    def _settings_text(self) -> str:
        """The file of settings as it stands; empty where there is none or it is not read."""
        from aiaudit.project.config import FILE
        from aiaudit.reports.base import HERE

        if not self.options.project_config and not self.options.config:
            return ""
        path = Path(self.options.config) if self.options.config else Path(self.root or HERE) / FILE
        if path.is_symlink() or not path.is_file():  # the project's own may lead elsewhere, or be a pipe
            return ""
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                return file.read(1_000_000)
        except OSError:
            return ""

    def _own_packs(self) -> list[str]:
        """The packs that were named and are not ours."""
        from aiaudit.packs.files import shipped_packs

        ours = {"all", *(pack.stem for pack in shipped_packs())}
        return [name for name in self.options.packs if name not in ours]

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
    if all(check["status"] == "not_applicable" for check in result["checks"]):
        return "none of the selected checks applies to this project, so there is no score"
    from aiaudit.reports.record import unread_paths

    if unread := unread_paths(result["skipped"]):
        first = ", ".join(f"{one['path']}: {one['reason']}" for one in unread[:MOST_UNREAD])
        return f"nothing could be judged, so there is no score: none of its files could be read ({first})"
    if result["problems"]:
        return "nothing could be judged, so there is no score; mend what is told above first"
    unknown = [check for check in result["checks"] if check["status"] == "unknown"]
    if len(unknown) <= MOST_UNKNOWN:
        told = "; ".join(f"{check['id']}: {check['reason'].rstrip('.')}" for check in unknown)
        return f"nothing could be judged, so there is no score ({told})"
    return "nothing could be judged, so there is no score; is this the project's folder?"


def _holds_archives(osv_db: str) -> None:
    """A folder without any archive is a slip of the pen: the check would say unknown, at its end and in a corner."""
    from aiaudit.probes.dependencies.osv import BadDatabase, archives

    try:
        archives(Path(osv_db))
    except BadDatabase as error:
        raise UsageError(f"--osv-db {osv_db}: {error}") from None


def _is_zip(path: str) -> bool:
    from zipfile import is_zipfile

    return is_zipfile(path)
