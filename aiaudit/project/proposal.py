"""A first `aiaudit.yaml` for a project: what was detected, and questions where only people know.

What it says is valid at once. A value stands only where something in the project says it; the rest is commented out, so
that nothing is claimed which nobody wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

_ROLES: Final = (("train", "train"), ("val", "validation"), ("test", "test"), ("reference", "reference"))
_MOST: Final = 20


class Detected(Struct, frozen=True):
    """What an audit saw, as far as a project file can use it; `data`, `models`: rows of `bom.data`, `bom.models`;
    `workload`: lines of that block, about the model, the engine or the interface."""

    name: str
    flags: Mapping[str, bool]
    data: Sequence[Mapping[str, Any]]
    models: Sequence[Mapping[str, Any]]
    workload: Sequence[str] = ()


def propose(found: Detected) -> str:
    """The file as text."""
    parts = [_HEAD, _project(found), _datasets(found.data), _models(found.models)]
    flags = found.flags
    if found.workload or flags.get("serves_http") or flags.get("batch") or flags.get("calls_llm_api"):
        parts.append(_workload(found))
    parts += [_BUDGET, _VALUE]
    if found.flags.get("decides_about_people") or found.flags.get("user_facing"):
        parts.append(_SCREENING)
    parts.append(_GATE)
    return "\n".join(part.strip("\n") + "\n" for part in parts if part)


_HEAD: Final = """
# What no file of the project can show. `aiaudit run` reads it; all of it is optional, and none of it is code.
# Detected values are filled in; lines that begin with "# " wait for somebody who knows. Every key is explained in
# docs/project-file.md of aiaudit.
schema: 1
"""
_BUDGET: Final = """
# budget:                       # COST-001, COST-002
#   monthly: 500
#   currency: EUR
#   owner: a person or role with a way to reach them
#   unit: {name: 1000 requests, target: 2.0, value: 10}
#   reviewed: 2026-01-31
"""
_VALUE: Final = """
# value:                        # ORG-005: why the system exists, and when one stops
#   problem: what goes wrong or takes too long today
#   metric: the figure that shows it
#   baseline: the figure today
#   target: the figure that makes it worth while
#   stop_rule: the day or figure at which the work ends
#   owner: a person or role
"""
_SCREENING: Final = """
# `aiaudit interview --ai-act` asks for role, tier and prohibited practices (GOV-002, GOV-003) and writes the sections
# `screening` and `ai_act` here.
"""
_GATE: Final = """
# gate:                         # used where the command line gives none
#   fail_under: 60
#   min_coverage: 60
#   fail_on: [critical]
"""


def _project(found: Detected) -> str:
    tier = "# risk_tier: minimal           # GOV-002: minimal, limited, high or prohibited, with the reason"
    if found.flags.get("decides_about_people"):
        tier = "# risk_tier: high              # GOV-002: it decides about people; say the tier and the reason"
    elif found.flags.get("user_facing"):
        tier = "# risk_tier: limited           # GOV-002: people talk to it; say the tier and the reason"
    lines = [
        "project:",
        f"  name: {_text(found.name)}",
        "  # purpose: what the system decides or produces, and for whom",
        "  # owner: a person or role with a way to reach them",
        "  # stage: prototype             # prototype, pilot, production or scale",
        "  # exposure: internal           # local, internal or internet",
        "  # role: deployer               # provider or deployer, in the sense of the EU AI Act",
        f"  {tier}",
        "  # risk_rationale: why this tier",
    ]
    seen = sorted(flag for flag, value in found.flags.items() if value)
    if seen:
        lines.append(f"  # seen by the audit: {', '.join(seen)}")
    return "\n".join(lines)


def _datasets(rows: Sequence[Mapping[str, Any]]) -> str:
    entries: list[str] = []
    for row in _different(rows):
        name, kind = str(row["name"]), str(row.get("from", ""))
        entries.append(f"  - name: {_text(name.rpartition('/')[2].partition('.')[0] or name)}")
        entries.append(f"    {'path' if kind == 'file' else 'source'}: {_text(name)}")
        role = next((role for word, role in _ROLES if word in name.lower()), None)
        entries.append(
            f"    role: {role}"
            if role
            else "    # role: train              # train, validation, test, reference, current"
        )
        if row.get("licence"):
            entries.append(f"    licence: {_text(str(row['licence']))}")
        else:
            entries.append("    # licence: an SPDX id, or proprietary-internal with its owner   # DATA-011")
        entries.append("    # label: the column that is predicted")
    return "\n".join(["datasets:", *entries]) if entries else ""


def _models(rows: Sequence[Mapping[str, Any]]) -> str:
    """Commented out as a whole: a model that is declared without a licence is a gap, and nobody has declared any."""
    entries: list[str] = []
    for row in _different(rows):
        kind = str(row.get("from", ""))
        name = str(row["name"])
        entries.append(f"#   - name: {_text(name.rpartition('/')[2] if kind == 'file' else name)}")
        if kind == "file":
            entries.append(f"#     path: {_text(name)}")
        elif kind == "hub":
            entries.append(f"#     source: {_text(name)}")
        if row.get("version"):
            entries.append(f"#     revision: {_text(str(row['version']))}")
        entries.append("#     licence: what permits the use")
    head = "# models:                       # GOV-014: those of the system, each with what permits its use"
    return "\n".join([head, *entries]) if entries else ""


def _workload(found: Detected) -> str:
    lines = [
        "# workload:                     # INF-003; `aiaudit plan` works out memory, speed, growth and cost from it",
        *(f"#   {line}" for line in found.workload),
        "#   traffic:",
        "#     requests_per_second: {mean: 1, peak: 5}",
    ]
    if found.workload or found.flags.get("calls_llm_api") or found.flags.get("local_llm"):
        lines.append("#     tokens: {input: {p50: 900}, output: {p50: 250}}")
    if not found.workload and (found.flags.get("calls_llm_api") or found.flags.get("local_llm")):
        lines.append(
            "#   model: {source: llama-3.1-8b}   # a preset, config.json or header; for an interface say `api:`"
        )
    lines.append("#   slo: {e2e_ms_p95: 500, availability: 0.995}")
    lines.append("#   growth: {per_month: {low: 0.02, expected: 0.05, high: 0.1}, horizon_months: 18}")
    return "\n".join(lines)


def _different(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first row of each name, at most `_MOST`."""
    return list({str(row.get("name")): row for row in reversed(list(rows)) if row.get("name")}.values())[::-1][:_MOST]


def _text(value: str) -> str:
    """A YAML string that is one line whatever it holds."""
    import yaml

    dumped: str = yaml.safe_dump(value, default_style='"', width=2**31, allow_unicode=False)
    return dumped.strip()
