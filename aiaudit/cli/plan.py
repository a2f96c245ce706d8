"""`aiaudit plan`: does the declared model serve the declared load on the declared hardware, and for how long?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aiaudit.cli.errors import ExitCode, UsageError, say
from aiaudit.cli.options import folder, option

if TYPE_CHECKING:
    from aiaudit.capacity.calibration import Calibration
    from aiaudit.probes.hardware.report import HardwareReport
    from aiaudit.project.config import ProjectConfig


def plan(
    path: Annotated[Path | None, typer.Argument(help="The project's folder (default: this one).")] = None,
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
) -> None:
    """Plan capacity: memory, speed, growth, and the cheapest changes that work.

    Reads `workload:` of aiaudit.yaml. The smallest one names a model's source, the mean requests a second and the
    median tokens; every default that is used is listed. Exit code 1: it does not fit, or an objective is missed.
    """
    from aiaudit.cli.plan_text import lines, selfcheck_lines

    if selfcheck:
        print("\n".join(selfcheck_lines()))
        return
    from aiaudit.capacity.calibration import FILE, compare, stored
    from aiaudit.capacity.plan import plan as make
    from aiaudit.capacity.report import to_json
    from aiaudit.project.config import load_config, load_project_config
    from aiaudit.project.reader import Reader
    from aiaudit.reports.base import write_file

    root = folder(path or Path())
    settings = load_config(config) if config else load_project_config(root)
    if not settings.workload:
        raise UsageError(f"{settings.file or 'aiaudit.yaml'}: there is no workload; see docs/capacity.md")
    report = _machine(settings, root)
    with Reader(root) as reader:
        made = make(settings.workload, reader, report, budget=settings.budget.monthly, search=calibrate is None)
        known = stored(reader)
        if calibrate is not None and made.setup is not None and made.demand is not None:
            known = compare(_log(calibrate), made.setup, made.demand)
            kept = Path(root) / FILE
            if kept.is_symlink():
                raise UsageError(f"{FILE} is a link; nothing was written")
            write_file(str(kept), known.to_json().encode())
            say(f"kept in {FILE}: later plans of this setup use it")
        if known is not None or calibrate is not None:
            made = make(settings.workload, reader, report, known, settings.budget.monthly)
    if as_json:
        print(json.dumps(to_json(made), indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines(made)))
    raise typer.Exit(int(ExitCode.GATE if made.findings else ExitCode.NOTHING if made.fit is None else ExitCode.FINE))


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
