"""A first `aiaudit.yaml` for a project: what was detected, and questions where only people know.

What it says is valid at once. A value stands only where something in the project says it; the rest is commented out, so
that nothing is claimed which nobody wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy

_ROLES: Final = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "validation"),
    "test": "test",
    "reference": "reference",
}
_MOST: Final = 20
_ALIKE: Final = 3  # files from which on a pattern stands for all
_NUMBER: Final = lazy.regex(r"\d+(?=\.[A-Za-z]\w*(?:\.\w+)?$)")  # before the suffix
_WORD: Final = lazy.regex("[a-z]+")
_NO_MODEL: Final = ("Trainer", "Pipeline", "SearchCV")  # ends of the names of classes that train another one
_CLASSICAL: Final = (".pkl", ".pickle", ".joblib", ".onnx", ".cbm", ".ubj", ".bst", ".skops")


class Detected(Struct, frozen=True):
    """What an audit saw, as far as a project file can use it; `data`, `models`: rows of `bom.data`, `bom.models`;
    `workload`: lines of that block, about the model, the engine or the interface; `trained`: rows of
    `code.training_calls`; `files`: the paths of the project's files."""

    name: str
    flags: Mapping[str, bool]
    data: Sequence[Mapping[str, Any]]
    models: Sequence[Mapping[str, Any]]
    workload: Sequence[str] = ()
    trained: Sequence[Mapping[str, Any]] = ()
    files: frozenset[str] = frozenset()


def propose(found: Detected) -> str:
    """The file as text."""
    parts = [_HEAD, _project(found), _datasets(found), _models(found)]
    flags = found.flags
    if found.workload or any(flags.get(one) for one in ("serves_http", "batch", "calls_llm_api", "local_llm")):
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
#   currency: USD               # that of the shipped prices; docs/cost.md says how to give a rate for another
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


def _datasets(found: Detected) -> str:
    """An entry for each set that is there; many files of one kind are one set. Those that are not here are named only:
    declared, they would be data that the audit cannot read."""
    rows = _different(found.data)
    gone = [str(row["name"]) for row in rows if _is_file(row) and not _is_there(str(row["name"]), found.files)]
    entries: list[str] = []
    for name, row in _grouped([row for row in rows if str(row["name"]) not in gone][:_MOST]):
        called = name.rpartition("/")[2].partition(".")[0].strip("*_-") or name
        entries.append(f"  - name: {_text(called)}")
        entries.append(f"    {'path' if _is_file(row) else 'source'}: {_text(name)}")
        role = next((_ROLES[word] for word in _WORD.findall(name.lower()) if word in _ROLES), None)
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
    head = ["datasets:", *entries] if entries else []
    if gone:
        head.append("# data that the code names and that is not here (declare what is kept elsewhere by its `source`):")
        head += [f"#   {_text(name)}" for name in gone[:_MOST]]
    return "\n".join(head)


def _is_file(row: Mapping[str, Any]) -> bool:
    return row.get("from") == "file"


def _is_there(name: str, files: frozenset[str]) -> bool:
    """Whether a path is a file of the project, a folder of files or a pattern."""
    name = name.removeprefix("./").rstrip("/")
    return not files or name in files or "*" in name or any(path.startswith(f"{name}/") for path in files)


def _grouped(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """The sets with their paths; `_ALIKE` files or more whose names differ in a number only are one, by a pattern."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        name = str(row["name"])
        folder, _, last = name.rpartition("/")
        pattern = _NUMBER.sub("*", last, count=1) if _is_file(row) else last
        groups.setdefault(f"{folder}/{pattern}" if folder else pattern, []).append(row)
    made: list[tuple[str, Mapping[str, Any]]] = []
    for pattern, alike in groups.items():
        if len(alike) >= _ALIKE:
            made.append((pattern, alike[0]))
        else:
            made += [(str(row["name"]), row) for row in alike]
    return made


def _models(found: Detected) -> str:
    """Commented out as a whole: a model that is declared without a licence is a gap, and nobody has declared any."""
    entries: list[str] = []
    for row in _different(found.models)[:_MOST]:
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
    if not any(_is_file(row) for row in found.models):  # what is trained here is kept elsewhere
        entries += _trained(found.trained)
    head = "# models:                       # GOV-014: those of the system, each with what permits its use"
    return "\n".join([head, *entries]) if entries else ""


def _trained(calls: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """The models that the code trains, by their classes, with the place; where it keeps them only people know."""
    seen: set[str] = set()
    for call in calls:
        kind = str(call.get("name", "")).rpartition(".")[0].rpartition(".")[2]
        if not kind.isidentifier() or kind.endswith(_NO_MODEL):
            kind = ""
        if kind in seen or len(seen) == _MOST:
            continue
        seen.add(kind)
        name = _text(kind) if kind else "what it is called"
        yield f"#   - name: {name}   # trained in {_text(str(call.get('path', '')))}, line {call.get('line', 0)}"
        yield "#     path: where the trained model is kept"
        yield "#     licence: what permits the use"


def _workload(found: Detected) -> str:
    lines = [
        "# workload:                     # INF-003; `aiaudit plan` works out memory, speed, growth and cost from it",
        *(f"#   {line}" for line in found.workload),
        "#   traffic:",
        "#     requests_per_second: {mean: 1, peak: 5}",
    ]
    language = bool(found.workload or found.flags.get("calls_llm_api") or found.flags.get("local_llm"))
    if language:
        lines.append("#     tokens: {input: {p50: 900}, output: {p50: 250}}")
    if language and not found.workload:
        lines.append(
            "#   model: {source: llama-3.1-8b}   # a preset, config.json or header; for an interface say `api:`"
        )
        lines.append("#   hardware: {gpu: L40S}   # which GPUs? the project does not say")
    if not found.workload and found.flags.get("classical_ml") and not found.flags.get("calls_llm_api"):
        lines += _classical(found.models)
    # a language model writes token by token: half a second is no time for a whole answer, whatever the hardware
    slo = "ttft_ms_p95: 2000, e2e_s_p95: 60" if language else "e2e_ms_p95: 500"
    lines.append(f"#   slo: {{{slo}, availability: 0.995}}")
    lines.append("#   growth: {per_month: {low: 0.02, expected: 0.05, high: 0.1}, horizon_months: 18}")
    return "\n".join(lines)


def _classical(models: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """The model of a workload that is no language model, and the machine that it runs on."""
    file = next((str(row["name"]) for row in models if _is_file(row) and str(row["name"]).endswith(_CLASSICAL)), "")
    if file:
        yield f"#   model: {{kind: classical, source: {_text(file)}}}"
    else:
        yield "#   model: {kind: classical, file_mb: 10}   # or `source:`, where its file is kept here"
    yield "#   hardware: {target: {cpu: 1, memory_mb: 1024}}   # one replica"


def _different(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first row of each name."""
    return list({str(row.get("name")): row for row in reversed(list(rows)) if row.get("name")}.values())[::-1]


def _text(value: str) -> str:
    """A YAML string that is one line whatever it holds; signs that nobody sees, or that turn the text, are escaped."""
    import yaml

    dumped: str = yaml.safe_dump(value, default_style='"', width=2**31, allow_unicode=value.isprintable())
    return dumped.strip()
