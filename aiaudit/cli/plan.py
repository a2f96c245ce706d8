"""`aiaudit plan`: does the declared model serve the declared load on the declared hardware, and for how long?"""

from __future__ import annotations

import datetime as dt
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aiaudit.cli.errors import ExitCode, UsageError, say
from aiaudit.cli.options import PROJECT_HELP, day, folder, option, typed

if TYPE_CHECKING:
    from aiaudit.capacity.calibration import Calibration
    from aiaudit.capacity.plan import Plan
    from aiaudit.cost.cost import Cost
    from aiaudit.cost.prices import PriceBook
    from aiaudit.probes.hardware.report import HardwareReport
    from aiaudit.project.config import ProjectConfig


class PlanFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    FOCUS_CSV = "focus-csv"


def plan(
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help=PROJECT_HELP, readable=False)] = None,
    *,
    as_json: Annotated[bool, option("--json", help="Print the plan as JSON, every term with its formula.")] = False,
    config: Annotated[
        str | None, option("--config", metavar="FILE", help="Use this file instead of the project's aiaudit.yaml.")
    ] = None,
    calibrate: Annotated[
        Path | None,
        option(
            "--calibrate", metavar="LOG", help="Correct the memory by vLLM's own log; kept in aiaudit-calibration.json."
        ),
    ] = None,
    selfcheck: Annotated[
        bool, option("--selfcheck", help="Hold the model of capacity against published measurements; no project.")
    ] = False,
    prices: Annotated[
        Path | None,
        option("--prices", metavar="FILE", help="Your prices: own YAML, LiteLLM's JSON or SkyPilot's CSV."),
    ] = None,
    months: Annotated[
        int | None, option("--months", metavar="N", help="Months to project, 1 to 36 (default: the declared horizon).")
    ] = None,
    cost_diff: Annotated[
        Path | None,
        option("--cost-diff", metavar="JSON", help="Print what changed in cost since this plan, as Markdown."),
    ] = None,
    form: Annotated[
        PlanFormat,
        option(
            "--format",
            envvar="AIAUDIT_PLAN_FORMAT",
            metavar="NAME",
            help="text, json, or focus-csv: the projected cost as FOCUS rows.",
        ),
    ] = PlanFormat.TEXT,
    max_monthly_cost: Annotated[
        str | None,
        option("--max-monthly-cost", metavar="AMOUNT[@p90]", help="Exit 1 unless every projected month fits."),
    ] = None,
    as_of: Annotated[
        str | None, option("--as-of", metavar="DATE", help="The day whose prices hold (default: today).")
    ] = None,
) -> None:
    """Plan capacity and cost of the declared workload.

    Does it fit, how fast, how long will it do, what does it cost, and which are the cheapest changes that work.

    Reads `workload:` of aiaudit.yaml. The smallest one names a model's source, the mean requests a second and the
    median tokens; every default that is used is listed. Exit code 1: it does not fit, or an objective is missed.
    """
    from aiaudit.cli import plan_cost
    from aiaudit.project.config import load_config, load_project_config

    if selfcheck:
        raise typer.Exit(int(_selfcheck()))
    limit = plan_cost.limit_of(max_monthly_cost) if max_monthly_cost is not None else None
    root = folder(path or Path())
    settings = load_config(config) if config else load_project_config(root)
    if not settings.workload:
        wanted = "`workload:`" if settings.file else "aiaudit.yaml with a `workload:`"
        raise UsageError(
            f"{settings.file or root}: there is no {wanted} to plan; "
            f"`{typed('init', path)} --print` proposes one to fill in, docs/capacity.md explains it"
        )
    book = plan_cost.book_of(prices)
    made = _planned(settings, root, book, calibrate)
    money = plan_cost.cost(settings, made, book, day(as_of) or dt.datetime.now(dt.UTC).date(), months)
    if cost_diff is not None:
        print(plan_cost.difference(cost_diff, money), end="")
        for one in made.findings:  # for which this ends with exit code 1
            say(one.text)
    else:
        _print(made, money, PlanFormat.JSON if as_json and form is PlanFormat.TEXT else form)
    code = ExitCode.GATE if made.findings else ExitCode.FINE
    if made.fit is None and (isinstance(money, str) or money.inputs.api is None):
        code = ExitCode.NOTHING
    if limit is not None and (held := plan_cost.gate_of(money, limit)).verdict != "pass":
        say(f"--max-monthly-cost {max_monthly_cost}: {held.verdict}, {held.text}")
        code = ExitCode.GATE
    raise typer.Exit(int(code))


def _planned(settings: ProjectConfig, root: str, book: PriceBook, calibrate: Path | None) -> Plan:
    """The plan, corrected by what a log of vLLM's told: this one, which is then kept, or one that is kept."""
    from aiaudit.capacity.calibration import FILE, NoCalibration, compare, stored
    from aiaudit.capacity.plan import plan as make
    from aiaudit.cost.replicas import rents
    from aiaudit.project.reader import Reader
    from aiaudit.reports.base import write_below

    work, monthly, hours = settings.workload, settings.budget.monthly, rents(settings.workload, book)
    report = _machine(settings, root)
    with Reader(root) as reader:
        made = make(work, reader, report, budget=monthly, search=calibrate is None, rents=hours)
        known = stored(reader)
        if calibrate is not None and made.setup is not None and made.demand is not None:
            try:
                known = compare(_log(calibrate), made.setup, made.demand)
            except NoCalibration as error:
                raise UsageError(f"--calibrate {calibrate}: {error}") from None
            write_below(root, FILE, known.to_json().encode())
            say(f"kept in {FILE}: later plans of this setup use it")
        if known is not None or calibrate is not None:
            made = make(work, reader, report, known, monthly, rents=hours)
    return made


def _print(made: Plan, money: Cost | str, form: PlanFormat) -> None:
    from aiaudit.cli import plan_cost

    if form is PlanFormat.FOCUS_CSV:
        print(plan_cost.focus(money), end="")
    elif form is PlanFormat.JSON:
        from aiaudit.capacity.report import to_json

        print(json.dumps({**to_json(made), "cost": plan_cost.to_json(money)}, indent=2, ensure_ascii=False))
    else:
        from aiaudit.cli.plan_text import fitted, lines

        told = [*lines(made), "", *plan_cost.text_lines(money, made.assumptions)]
        print("\n".join(fold for line in told for fold in fitted(line)))


def _selfcheck() -> ExitCode:
    """Print the accuracy tables; a missed goal is a gate that failed."""
    from aiaudit.capacity.selfcheck import scores
    from aiaudit.cli.plan_text import selfcheck_lines

    held = scores()
    print("\n".join(selfcheck_lines(held)))
    missed = [
        f"{score.title} ({100 * score.share:.0f} % of the rows, the goal is {100 * score.goal:.0f} %)"
        for score in held
        if not score.met
    ]
    if not missed:
        return ExitCode.FINE
    say(f"{len(missed)} of {len(held)} goals missed: {'; '.join(missed)}")
    return ExitCode.GATE


def _machine(settings: ProjectConfig, root: str) -> HardwareReport | None:
    """This machine, where the workload's target is local."""
    if settings.workload.hardware.gpu:
        return None
    from aiaudit.probes.hardware import probe_hardware

    return probe_hardware(project=root)


def _log(path: Path) -> Calibration:
    from aiaudit.capacity.calibration import MAX_LOG, NoCalibration, read_log

    try:
        with path.open("rb") as file:
            return read_log(file.read(MAX_LOG).decode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"--calibrate {path}: {(error.strerror or 'cannot be read').lower()}") from None
    except NoCalibration as error:
        raise UsageError(f"--calibrate {path}: {error}") from None
