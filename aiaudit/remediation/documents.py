"""Documents: what was found stands in them, what only people know is left as TODO."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.remediation.scaffold import TODO, Project, Scaffold, ScaffoldError, plain, table

_COPIED: Final = "The figures were copied; whether they are those of the model in use is not known."
_MOST: Final = 40  # rows of a table
_SERIOUS: Final = ("critical", "high")
_KEEPS: Final = lazy.regex(
    r"(?:^|/)(?!tests?/)(?:model|training|run)[_-]?(?:info|meta(?:data)?|summary|card)\.json$", re.IGNORECASE
)


def model_card(project: Project) -> Scaffold:
    """A model card with the figures that evaluations left in the project (sections of Mitchell et al., 2019)."""
    results = project.rows("ml.results")
    figures = [
        (_named(metric), metric.get("value"), one.get("cases") or "", one.get("date") or "no date", metric.get("path"))
        for one in results
        for metric in one.get("metrics") or ()
    ]  # fmt: skip
    read = {figure[4] for figure in figures}
    figures += [figure for figure in _kept_figures(project) if figure[4] not in read]
    slices = [
        (part.get("name"), part.get("metric"), part.get("value"), part.get("cases") or "")
        for one in results
        for part in one.get("slices") or ()
    ]
    data = sorted({str(row.get("name")) for row in project.rows("bom.data") if row.get("name")})
    purpose = project.declared("purpose")
    measured = table(("Metric", "Value", "Cases", "Date", "File"), figures[:_MOST])
    sliced = table(("Slice", "Metric", "Value", "Cases"), slices[:_MOST])
    text = f"""# Model card: {plain(project.name)}

Begun by aiaudit on {project.day} from what lies in the project. Everything marked TODO is for a person who knows.

## Intended use
{plain(purpose) if purpose != TODO else "TODO: for which decision, by whom, and for which not."}
TODO: uses that are out of scope.

## Training data
{_trained_on(project, data)}

## Evaluation data
TODO: which data was held out, how it was chosen, and how many cases it has.

## Metrics
{measured if figures else "TODO: no file of figures was recognised; name the evaluation and its figures here."}

## Results by slice
{sliced if slices else "TODO: no figures by group or slice were found."}

## Limitations
TODO: where it fails, and what it must not be used for.

## Ethical considerations
TODO: whom a wrong answer harms, and how that is noticed.

## Contact
{plain(project.declared("owner"))}
"""
    return Scaffold(
        {"MODEL_CARD.md": text},
        notes=(_COPIED,) if figures or slices else (),
    )


def datasheet(project: Project) -> Scaffold:
    """A datasheet with the measured composition (the seven parts of Gebru et al., 2021).

    Raises:
        ScaffoldError: no data set was measured.
    """
    sets: Sequence[Mapping[str, Any]] = (project.result["data"] or {}).get("datasets") or ()
    if not sets:
        raise ScaffoldError("no data set was measured here; name them under `datasets` in aiaudit.yaml")
    declared = {str(row.get("name")): row for row in project.rows("bom.data")}
    parts, sources, licences = [], [], []
    for one in sets:
        name = str(one["name"])
        known = declared.get(name, {})
        rows = "an unknown number of" if one.get("rows") is None else f"{one['rows']:,}"
        columns = [
            (c["name"], c["type"], _share(c.get("null_fraction")), c.get("distinct"), _personal(c))
            for c in one.get("columns") or ()
        ]
        parts.append(
            f"### {plain(name)}\n{rows} rows, measured on {project.day}.\n\n"
            + table(("Column", "Type", "Missing", "Distinct", "Personal data"), columns[:_MOST])
        )
        sources.append(f"- {plain(name)}: {plain(known.get('source') or 'TODO: from where, when and by whom.')}")
        licences.append(f"- {plain(name)}: {plain(known.get('licence') or 'TODO: licence or terms.')}")
    composition = "\n\n".join(parts)
    text = f"""# Datasheet

Begun by aiaudit on {project.day}. What was measured stands below; everything marked TODO is for a person who knows.

## Motivation
TODO: why this data exists, and who asked for it.

## Composition
{composition}

## Collection
{chr(10).join(sources)}

## Preprocessing
TODO: what was cleaned, labelled or left out, and by which code.

## Uses
TODO: what the data may be used for, and what it must not be used for.

## Distribution
{chr(10).join(licences)}

## Maintenance
TODO: who keeps it, how often it is renewed, and how errors are reported.
"""
    return Scaffold({"docs/datasheet.md": text})


def value_sheet(project: Project) -> Scaffold:
    """The five lines of a value sheet. Nothing of it can be seen in a project, so that all of it is TODO."""
    text = f"""# Value of {plain(project.name)}

## Problem
TODO: what goes wrong today, for whom, how often, and what it costs.

## Metric
TODO: the figure by which success is judged, with its unit.

## Baseline
TODO: its value today, and when it was measured.

## Target
TODO: its value that pays for the work, and until when.

## Stop rule
TODO: the figure or the day at which the work ends.
"""
    return Scaffold({"docs/value.md": text}, notes=("Or say the same under `value` in aiaudit.yaml.",))


def risk_register(project: Project) -> Scaffold:
    """A register that begins with the serious failures of this audit; how likely, who and how are TODO."""
    failed = [c for c in project.result["checks"] if c["status"] == "fail" and c["severity"] in _SERIOUS and c["risk"]]
    rows = [
        (c["risk"].rstrip("."), TODO, TODO, TODO, f"TODO, proposed: {c['remediation']}", TODO, f"open, from {c['id']}")
        for c in sorted(failed, key=lambda c: (_SERIOUS.index(c["severity"]), c["id"]))
    ]  # fmt: skip
    rows.append(("TODO: a risk that no audit of files can see", TODO, TODO, TODO, TODO, TODO, TODO))
    head = ("Risk", "Likelihood", "Impact", "Owner", "Treatment", "Due", "Status")
    text = f"""# Risk register: {plain(project.name)}

Begun by aiaudit on {project.day} with its serious failures. Judge each, name an owner, and review it monthly.

{table(head, rows)}
"""
    return Scaffold({"docs/risk-register.md": text})


def security_policy(project: Project) -> Scaffold:
    """How to report a weakness. An address is never made up."""
    owner = project.declared("owner")
    where = (
        f"TODO: an address that is read ({plain(owner)} is named as the owner)."
        if owner != TODO
        else "TODO: an address that is read."
    )
    text = f"""# Security policy

## Reporting a vulnerability
{where}
TODO: how soon an answer comes, and which versions get fixes.
TODO: say that prompt injection, leaked training data and unsafe model files are to be reported here as well.
"""
    return Scaffold({"SECURITY.md": text})


def _named(metric: Mapping[str, Any]) -> Any:
    return metric.get("metric") or metric.get("name")


def _kept_figures(project: Project) -> list[tuple[Any, ...]]:
    """The figures that a file beside a model keeps under `metrics`: what a training wrote down with what it made."""
    figures: list[tuple[Any, ...]] = []
    for path in sorted(project.paths):
        if not _KEEPS.search(path) or len(figures) >= _MOST:
            continue
        try:
            kept = json.loads(project.read(path))
        except (ValueError, OSError, RecursionError):
            continue
        metrics = kept.get("metrics") if isinstance(kept, dict) else None
        if not isinstance(metrics, dict):
            continue
        figures += [
            (name, value, "", "no date", path)
            for name, value in metrics.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
    return figures


def _trained_on(project: Project, data: Sequence[str]) -> str:
    """The data sets of a project that trains; where nothing trains, the models that are used, and no claim that data
    which is looked up, shown or tested with was ever trained on."""
    if project.fact("flag.trains") is not False:
        todo = "TODO: which of them the model learned from, their period, and what is missing."
        return f"{_listed(data, 'named in the code or declared')}\n{todo}"
    models = sorted({str(row.get("name")) for row in project.rows("bom.models") if row.get("name")})
    used = (
        f"No training was found here. Models that are used: {', '.join(map(plain, models[:_MOST]))}."
        if models
        else "No training was found here."
    )
    others = f"\n\n{_listed(data, 'used for something else than training')}" if data else ""
    return f"{used}\nTODO: where the maker of the model says what it learned from.{others}"


def _listed(names: Sequence[str], how: str) -> str:
    if not names:
        return "TODO: no data set was found by name."
    return "\n".join([f"Data sets that are {how}:", *(f"- {plain(name)}" for name in names[:_MOST])])


def _share(part: float | None) -> str:
    return "" if part is None else f"{100 * part:.1f} %"


def _personal(column: Mapping[str, Any]) -> str:
    found = column.get("personal")
    return f"looks like {found['kind']}" if isinstance(found, Mapping) else ""
