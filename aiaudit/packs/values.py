"""What a rule sees of the facts: a known value, an empty one where a thing is absent, or an unknown or failed one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Fact, State
from aiaudit.model.types import DYN, Type, Unknown, empty_value
from aiaudit.packs.cells import Cells
from aiaudit.packs.copies import Copies
from aiaudit.rules import Failed, open_list

if TYPE_CHECKING:
    from aiaudit.project.config import ProjectConfig

DECLARED = ("stage", "role", "exposure", "risk_tier")


def declared_in(config: ProjectConfig) -> dict[str, str]:
    """What rules see as `project.<key>`: as declared, empty where not."""
    return {key: getattr(config.project, key) for key in DECLARED}


def value_of(fact: Fact | None, fact_id: str, of: Type) -> Any:
    """The value a rule works with. A fact that was not collected is unknown, never empty."""
    if fact is None:
        return Unknown(f"the fact {fact_id} was not collected")
    match fact.state:
        case State.KNOWN:
            return fact.value
        case State.ABSENT:
            return empty_value(of)
        case State.UNKNOWN:
            return Unknown(fact.reason or f"the fact {fact_id} is unknown")
        case State.ERROR:
            return Failed(fact.reason or f"the fact {fact_id} could not be collected")


def possible_value(fact: Fact | None, value: Any) -> Any:
    """What a rule may rest on: of a list that may go on beyond what was read, the elements seen and the doubt about
    others; of anything else that may be otherwise then, nothing."""
    if fact is None or not fact.beyond or fact.state not in (State.KNOWN, State.ABSENT):
        return value
    doubt = Unknown(fact.beyond)
    return open_list(value, doubt) if isinstance(value, list) else doubt


class Values:
    """The values of all facts, worked out once for all rules."""

    def __init__(
        self, specs: Mapping[str, FactSpec], facts: Mapping[str, Fact], declared: Mapping[str, str] | None = None
    ) -> None:
        self.facts = facts
        self._specs = specs
        self._declared = {f"project.{key}": (declared or {}).get(key, "") for key in DECLARED}
        self._seen: dict[str, Any] = {}
        self._known: dict[str, Any] = {}

    @cached_property
    def copies(self) -> Copies:
        """The files of the audit that are copies of others."""
        return Copies(self.facts)

    @cached_property
    def cells(self) -> Cells:
        """Where the cells of the notebooks of the audit begin."""
        return Cells(self.facts)

    def named(self, names: Mapping[str, str], params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The values for an expression: its names for facts, `params.<name>` and `project.<key>`."""
        return self._with_given({name: self._of(fact_id) for name, fact_id in names.items()}, params)

    def seen(self, names: Mapping[str, str], params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The same for a sentence, which speaks of what was seen only."""
        return self._with_given({name: self._seen_of(fact_id) for name, fact_id in names.items()}, params)

    def beyond(self, names: Mapping[str, str]) -> bool:
        """Whether one of these facts may go on beyond what was read."""
        return any(fact is not None and fact.beyond for fact in map(self.facts.get, names.values()))

    def _with_given(self, values: dict[str, Any], params: Mapping[str, Any] | None) -> dict[str, Any]:
        values.update(self._declared)
        for key, value in (params or {}).items():
            values[f"params.{key}"] = value
        return values

    def spec(self, fact_id: str) -> FactSpec | None:
        """How a fact is declared; None of one that no pack declares."""
        return self._specs.get(fact_id)

    def title(self, fact_id: str) -> str:
        """What its pack calls a fact; nothing where it has no title."""
        spec = self._specs.get(fact_id)
        return spec.title if spec else ""

    def _of(self, fact_id: str) -> Any:
        if fact_id not in self._known:
            self._known[fact_id] = possible_value(self.facts.get(fact_id), self._seen_of(fact_id))
        return self._known[fact_id]

    def _seen_of(self, fact_id: str) -> Any:
        if fact_id not in self._seen:
            spec = self._specs.get(fact_id)
            self._seen[fact_id] = value_of(self.facts.get(fact_id), fact_id, spec.type if spec else DYN)
        return self._seen[fact_id]
