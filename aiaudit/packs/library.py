"""The loaded packs: what an audit judges by. Made by `aiaudit.packs.load`, or taken from `aiaudit.packs.stored`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from aiaudit.model.check import Check, FactSpec, Pack
from aiaudit.packs.problems import PackError, Problem, did_you_mean

if TYPE_CHECKING:
    from aiaudit.packs.document import Document
    from aiaudit.rules import Expression


class Library(Struct, frozen=True):
    """Loaded packs, and every fact that their checks may use, by full id.

    `digest` names the exact text of all files: the ruleset of an audit. `documents` are those files by name.
    """

    packs: tuple[Pack, ...] = ()
    facts: Mapping[str, FactSpec] = field(default_factory=dict)
    digest: str = ""
    documents: Mapping[str, Document] = field(default_factory=dict)

    @property
    def checks(self) -> Iterator[Check]:
        return (check for pack in self.packs for check in pack.checks)

    def check(self, check_id: str) -> Check | None:
        """The check of this id, or None."""
        return next((check for check in self.checks if check.id == check_id), None)

    def select(self, packs: Iterable[str] | None = None, checks: Iterable[str] | None = None) -> Library:
        """The same library with only these packs, or only these checks. An unknown name is an error.

        Raises:
            PackError: a pack or check that is not there.
        """
        problems: list[Problem] = []
        wanted_packs = None if packs is None else set(packs)
        wanted_checks = None if checks is None else set(checks)
        known_packs = {pack.id for pack in self.packs}
        known_checks = {check.id for check in self.checks}
        for kind, wanted, known in (("pack", wanted_packs, known_packs), ("check", wanted_checks, known_checks)):
            for name in sorted((wanted or set()) - known):
                listed = f"; there are: {', '.join(sorted(known))}" if kind == "pack" else ""
                problems.append(Problem(None, f"no {kind} '{name}'{did_you_mean(name, known) or listed}"))
        if problems:
            raise PackError(problems)
        chosen = []
        for pack in self.packs:
            if wanted_packs is None or pack.id in wanted_packs:
                kept = tuple(c for c in pack.checks if wanted_checks is None or c.id in wanted_checks)
                if kept:
                    chosen.append(replace(pack, checks=kept))
        return replace(self, packs=tuple(chosen))

    def needed(self, also: Iterable[str] = ()) -> dict[str, FactSpec]:
        """The facts that the checks of this library need, with those that derived ones are made of, and `also` these.

        In the order of declaration, whatever the order of the checks.
        """
        from aiaudit.packs import attested  # brings the rule language

        wanted: set[str] = set()
        todo = [fact_id for check in self.checks for fact_id in (*check.names.values(), attested.fact_id(check.id))]
        todo += also
        while todo:
            fact_id = todo.pop()
            if fact_id in self.facts and fact_id not in wanted:
                wanted.add(fact_id)
                spec = self.facts[fact_id]
                todo += (*spec.names.values(), *spec.sees)
        return {fact_id: spec for fact_id, spec in self.facts.items() if fact_id in wanted}


def expressions(check: Check) -> Iterator[tuple[str, Expression]]:
    """Every expression of a check with the key it stands under."""
    if check.applies is not None:
        yield "applies", check.applies
    for line in check.rule:
        if line.when is not None:
            yield f"rule.{line.status}", line.when
    if check.urgent is not None:
        yield "urgent", check.urgent
    if check.points is not None:
        yield "points", check.points
    if check.findings_expr is not None:
        yield "findings", check.findings_expr
