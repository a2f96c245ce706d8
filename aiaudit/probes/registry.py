"""Which probes and engines there are, and where. Nothing is imported before it is asked for.

A new probe is one file and one line here (two where it looks beyond the tree).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from aiaudit.plugins import find

if TYPE_CHECKING:
    from aiaudit.probes.base import Engine, Probe, Query

PROBES: Final[Mapping[str, str]] = {  # sorted by name
    "access.claims": "aiaudit.probes.access_rules.probe:ClaimsProbe",
    "access.rules": "aiaudit.probes.access_rules.probe:RulesProbe",
    "access.tables": "aiaudit.probes.access_rules.probe:TablesProbe",
    "attestations": "aiaudit.probes.attestations:AttestationProbe",
    "bom.documents": "aiaudit.probes.bom.probe:Documents",
    "capacity.load_tests": "aiaudit.probes.capacity.load_tests:LoadTestsProbe",
    "capacity.plan": "aiaudit.probes.capacity.plan:PlanProbe",
    "capacity.tradeoffs": "aiaudit.probes.capacity.tradeoffs:TradeoffsProbe",
    "ci.commands": "aiaudit.probes.ci.commands:CiCommands",
    "ci.workflows": "aiaudit.probes.ci.workflows:CiWorkflows",
    "config.alerts": "aiaudit.probes.config.alerts:ConfigAlerts",
    "config.compose": "aiaudit.probes.config.compose:ConfigCompose",
    "config.docker": "aiaudit.probes.config.docker:ConfigDocker",
    "config.environment": "aiaudit.probes.config.environment:ConfigEnvironment",
    "config.kubernetes": "aiaudit.probes.config.kubernetes:ConfigKubernetes",
    "config.settings": "aiaudit.probes.config.settings:ConfigSettings",
    "config.stages": "aiaudit.probes.config.stages:ConfigStages",
    "config.terraform": "aiaudit.probes.config.terraform:ConfigTerraform",
    "config.values": "aiaudit.probes.config.values:ConfigValues",
    "cost.plan": "aiaudit.probes.cost.plan:PlanProbe",
    "cost.reviews": "aiaudit.probes.cost.reviews:ReviewsProbe",
    "cost.utilisation": "aiaudit.probes.cost.utilisation:UtilisationProbe",
    "data.profile": "aiaudit.probes.profile.probe:ProfileProbe",
    "datasets.files": "aiaudit.probes.datasets.files:DataFilesProbe",
    "datasets.row_claims": "aiaudit.probes.datasets.rows:RowClaimsProbe",
    "datasets.schemas": "aiaudit.probes.datasets.schemas:SchemasProbe",
    "datasets.used": "aiaudit.probes.datasets.used:UsedProbe",
    "datasets.validation": "aiaudit.probes.datasets.validation:ValidationProbe",
    "datasets.versions": "aiaudit.probes.datasets.schemas:VersionsProbe",
    "dependencies.components": "aiaudit.probes.dependencies.components:Components",
    "dependencies.database": "aiaudit.probes.dependencies.vulnerable:AdvisoryDatabase",
    "dependencies.declared": "aiaudit.probes.dependencies.probes:Declared",
    "dependencies.locks": "aiaudit.probes.dependencies.probes:Locks",
    "dependencies.manifests": "aiaudit.probes.dependencies.probes:Manifests",
    "dependencies.mismatches": "aiaudit.probes.dependencies.mismatches:Mismatches",
    "dependencies.versions": "aiaudit.probes.dependencies.probes:Versions",
    "dependencies.vulnerable": "aiaudit.probes.dependencies.vulnerable:Vulnerable",
    "docs.licence": "aiaudit.probes.docs.licence:LicenceProbe",
    "docs.metrics": "aiaudit.probes.docs.metrics:MetricsProbe",
    "docs.parts": "aiaudit.probes.docs.parts:PartsProbe",
    "docs.present": "aiaudit.probes.docs.present:PresentProbe",
    "docs.readme": "aiaudit.probes.docs.readme:ReadmeProbe",
    "docs.rows": "aiaudit.probes.docs.rows:RowsProbe",
    "docs.sections": "aiaudit.probes.docs.sections:SectionsProbe",
    "entrypoints": "aiaudit.probes.ci.entrypoints:Entrypoints",
    "entrypoints.batches": "aiaudit.probes.ci.batches:Batches",
    "entrypoints.reach": "aiaudit.probes.ci.reach:Reach",
    "entrypoints.unresolved": "aiaudit.probes.unresolved.starts:UnresolvedProbe",
    "evals.cases": "aiaudit.probes.evals.cases:CasesProbe",
    "evals.judges": "aiaudit.probes.evals.judges:JudgesProbe",
    "evals.results": "aiaudit.probes.evals.results:ResultsProbe",
    "files.copies": "aiaudit.probes.copies:CopiesProbe",
    "files.exists": "aiaudit.probes.files:ExistsProbe",
    "files.large": "aiaudit.probes.files:LargeProbe",
    "git.history": "aiaudit.probes.git.probe:HistoryProbe",
    "git.tracked": "aiaudit.probes.git.probe:TrackedProbe",
    "hardware": "aiaudit.probes.hardware.probe:HardwareProbe",
    "images.unresolved": "aiaudit.probes.unresolved.copies:UnresolvedProbe",
    "javascript.calls": "aiaudit.probes.javascript.probe_calls:CallsProbe",
    "javascript.caught": "aiaudit.probes.javascript.probe_caught:CaughtProbe",
    "javascript.flows": "aiaudit.probes.javascript.probe_findings:FlowsProbe",
    "javascript.imports": "aiaudit.probes.javascript.probe_imports:ImportsProbe",
    "javascript.instructions": "aiaudit.probes.javascript.probe_instructions:InstructionsProbe",
    "javascript.limits": "aiaudit.probes.javascript.probe_limits:LimitsProbe",
    "javascript.log_values": "aiaudit.probes.javascript.probe_log_values:LogValuesProbe",
    "javascript.logged": "aiaudit.probes.javascript.probe_logged:LoggedProbe",
    "javascript.lookups": "aiaudit.probes.javascript.probe_lookups:LookupsProbe",
    "javascript.loops": "aiaudit.probes.javascript.probe_findings:LoopsProbe",
    "javascript.parses": "aiaudit.probes.javascript.probe_parses:ParsesProbe",
    "javascript.prompts": "aiaudit.probes.javascript.probe_findings:PromptsProbe",
    "javascript.records": "aiaudit.probes.javascript.probe_records:RecordsProbe",
    "javascript.rescues": "aiaudit.probes.javascript.probe_rescues:RescuesProbe",
    "javascript.routes": "aiaudit.probes.javascript.probe_routes:RoutesProbe",
    "javascript.tools": "aiaudit.probes.javascript.probe_tools:ToolsProbe",
    "javascript.unparsed": "aiaudit.probes.javascript.probe_imports:UnparsedProbe",
    "javascript.unresolved": "aiaudit.probes.unresolved.javascript_files:UnresolvedProbe",
    "lifecycle": "aiaudit.probes.lifecycle:LifecycleProbe",
    "mcp.servers": "aiaudit.probes.mcp:McpServersProbe",
    "models.files": "aiaudit.probes.models.files:ModelsProbe",
    "models.scan": "aiaudit.probes.models.files:ScanProbe",
    "notebooks.cells": "aiaudit.probes.notebooks:CellsProbe",
    "notebooks.personal": "aiaudit.probes.notebooks_personal:ShownProbe",
    "project.declared": "aiaudit.probes.declared:DeclaredProbe",
    "project.owners": "aiaudit.probes.owners:OwnersProbe",
    "python.assignments": "aiaudit.probes.python.probe_findings:AssignmentsProbe",
    "python.calls": "aiaudit.probes.python.probe_calls:CallsProbe",
    "python.caught": "aiaudit.probes.python.probe_caught:CaughtProbe",
    "python.choices": "aiaudit.probes.python.probe_choices:ChoicesProbe",
    "python.decided": "aiaudit.probes.python.probe_decided:DecidedProbe",
    "python.doormen": "aiaudit.probes.python.probe_doormen:DoormenProbe",
    "python.fit_before_split": "aiaudit.probes.python.probe_findings:FitBeforeSplitProbe",
    "python.flows": "aiaudit.probes.python.probe_findings:FlowsProbe",
    "python.functions": "aiaudit.probes.python.probe_functions:FunctionsProbe",
    "python.gates": "aiaudit.probes.python.probe_gates:GatesProbe",
    "python.graphs": "aiaudit.probes.python.probe_graphs:GraphsProbe",
    "python.hollow": "aiaudit.probes.python.probe_hollow:HollowProbe",
    "python.imports": "aiaudit.probes.python.probe_imports:ImportsProbe",
    "python.log_values": "aiaudit.probes.python.probe_log_values:LogValuesProbe",
    "python.logged": "aiaudit.probes.python.probe_logged:LoggedProbe",
    "python.lookups": "aiaudit.probes.python.probe_lookups:LookupsProbe",
    "python.loops": "aiaudit.probes.python.probe_findings:LoopsProbe",
    "python.model_requests": "aiaudit.probes.python.probe_model_requests:ModelRequestsProbe",
    "python.parses": "aiaudit.probes.python.probe_parses:ParsesProbe",
    "python.readable": "aiaudit.probes.python.probe_readable:ReadableProbe",
    "python.records": "aiaudit.probes.python.probe_records:RecordsProbe",
    "python.rescues": "aiaudit.probes.python.probe_rescues:RescuesProbe",
    "python.routes": "aiaudit.probes.python.probe_routes:RoutesProbe",
    "python.sent": "aiaudit.probes.python.probe_sent:SentProbe",
    "python.stored": "aiaudit.probes.python.probe_stored:StoredProbe",
    "python.strings": "aiaudit.probes.python.probe_findings:StringsProbe",
    "python.tests": "aiaudit.probes.python.probe_tests:TestsProbe",
    "python.tools": "aiaudit.probes.python.probe_tools:ToolsProbe",
    "python.turning": "aiaudit.probes.python.probe_turning:TurningProbe",
    "python.unresolved": "aiaudit.probes.unresolved.python_modules:UnresolvedProbe",
    "python.waiting": "aiaudit.probes.python.probe_waiting:WaitingProbe",
    "readme.unresolved": "aiaudit.probes.unresolved.told:UnresolvedProbe",
    "recipes.unresolved": "aiaudit.probes.unresolved.recipes:UnresolvedProbe",
    "results.files": "aiaudit.probes.results:ResultsProbe",
    "runs.figures": "aiaudit.probes.runs.probe:RunFigures",
    "secrets": "aiaudit.probes.secrets.probe:SecretsProbe",
    "secrets.engine": "aiaudit.probes.secrets.probe:EngineProbe",
    "secrets.history": "aiaudit.probes.secrets.history:HistoryProbe",
    "stores.kept": "aiaudit.probes.stores:StoresProbe",
    "text.search": "aiaudit.probes.text.probe:SearchProbe",
    "waivers.inline": "aiaudit.probes.waivers:InlineProbe",
}

# An engine is called with the queries of all probes that name it.
ENGINES: Final[Mapping[str, str]] = {
    "javascript": "aiaudit.probes.javascript.engine:JavaScriptEngine",
    "models": "aiaudit.probes.models.engine:ModelsEngine",
    "python": "aiaudit.probes.python.engine:PythonEngine",
    "text": "aiaudit.probes.text.engine:TextEngine",
}

# The probes that name an engine. Their queries are needed before files are looked through; all others are read, and as
# far as possible answered, while workers do that.
SCANNING: Final = frozenset(
    {"datasets.used", "datasets.validation", "entrypoints.reach", "lifecycle", "mcp.servers", "models.files"}
    | {"models.scan", "notebooks.cells", "notebooks.personal", "secrets", "secrets.history", "text.search"}
    | {"waivers.inline"}
    | {name for name in PROBES if name.startswith(("python.", "javascript.")) and name != "python.readable"}
)


# Answers that rest on more than the tree, the configuration, the day and this program: git, this machine, databases and
# price lists on it, other programs. They are asked for each time; all others are kept for a tree that has not changed.
BEYOND_THE_TREE: Final = frozenset(
    {"attestations", "capacity.plan", "cost.plan", "dependencies.database", "dependencies.vulnerable", "git.history"}
    | {"git.tracked", "hardware", "secrets.engine", "secrets.history"}
)


class RegistryError(RuntimeError):
    """A line of the tables above that does not hold."""


class _Table(Mapping[str, "Probe[Any]"]):
    """The probes by name; each is imported when it is first looked at."""

    def __getitem__(self, name: str) -> Probe[Any]:
        if name not in self:
            raise KeyError(name)
        return get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(PROBES)

    def __len__(self) -> int:
        return len(PROBES)

    def __contains__(self, name: object) -> bool:
        return name in PROBES or (isinstance(name, str) and find("probes", name) is not None)


def may_scan(name: str) -> bool:
    """Whether the probe of this name has an engine, or is not one of ours."""
    return name in SCANNING or name not in PROBES


def probes() -> Mapping[str, Probe[Any]]:
    """All probes by name, imported one by one as they are looked at."""
    return _Table()


@cache
def get(name: str) -> Probe[Any]:
    """The probe called `name`. Raises `RegistryError` where there is none or its module does not hold it."""
    where = PROBES.get(name, "")
    if not where:
        plugin = find("probes", name)
        if plugin is None:
            raise RegistryError(f"there is no probe '{name}'")
        where = plugin.value
    made = _load(where, f"probe '{name}'")()
    if made.name != name:
        raise RegistryError(f"the probe at {where} calls itself '{made.name}', not '{name}'")
    return cast("Probe[Any]", made)


def build_engine(name: str, queries: Iterable[Query]) -> Engine:
    """The engine called `name`, built for all of `queries`."""
    if name not in ENGINES:
        raise RegistryError(f"there is no engine '{name}'")
    return cast("Engine", _load(ENGINES[name], f"engine '{name}'")(list(queries)))


def _load(where: str, what: str) -> Callable[..., Any]:
    module, _, attribute = where.partition(":")
    try:
        loaded = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise RegistryError(f"the {what} cannot be loaded from {where}: {error}") from error
    return cast("Callable[..., Any]", loaded)
