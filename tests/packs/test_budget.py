"""Every fact and check of the shipped packs stays within the budget of an evaluation in a large tree.

A large tree is not needed for that. What the probes find in the passing cases of all checks, laid into one tree, is
taken several times, each time in a folder of its own, so that joins by path meet as they do in a tree of so many
files. A fact that finds nothing there gets what another fact of the same probe found, and one that finds little has it
several times. The steps that each expression then takes, and the characters and items that it makes, are `a·n + b·n²`;
two sizes tell both, and so what it takes at any.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Fact, State
from aiaudit.packs.cases import find_cases
from aiaudit.packs.derive import derive
from aiaudit.packs.expect import FILE, last_contents, read_expect
from aiaudit.packs.library import Library, expressions
from aiaudit.packs.values import Values
from aiaudit.probes.collect import collect
from aiaudit.project.config import parse_config
from aiaudit.project.tree import Project
from aiaudit.rules import language
from aiaudit.rules.values import Budget, Meter
from tests import shared

ROOT = Path(__file__).parents[2]
TIMES = 12  # of a tree of some 450 files with hits of every kind: twice what the largest trees hold of most
SIZES = (1, 3)
BORROWED = 20
NOT_ASKED = ("attestations", "data.profile")  # one answer a check; columns, whose measuring would take most of the time
MANY_FUNCTIONS = 300  # of every fact about functions: a large tree has more of them than of anything else
FEW = {
    "data.DATA-015.by_module": "few files measure drift",
    "data.DATA-015.ci_runs": "few files measure drift",
    "data.DATA-015.measured_at": "few files measure drift",
    "data.DATA-015.scheduled": "few files measure drift",
    "llm.LLM-015.grounding_functions": "few functions look whether an answer is supported",
    "llm.led_to_a_person": "a graph interrupts itself at few places",
    "mlops.OPS-017.replays": "few functions replay or explain a prediction",
    "security.SEC-006.unlisted": "a repository holds few bills of materials",
    "security.SEC-009.unlimited": "a repository holds few applications",
}
"""What takes much for each of something that no tree has much of."""


class Counted(Meter):
    """A meter without an end, that can be read afterwards."""

    __slots__ = ()
    last: Counted

    def __init__(self, values: Mapping[str, Any], _: Budget) -> None:
        super().__init__(values, Budget(10**12, 10**12))
        Counted.last = self

    @property
    def spent(self) -> tuple[int, int]:
        return 10**12 - self.steps, 10**12 - self.size


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fact]:
    """What the probes find in a small project in which every check passes, and in one folder for each check's case."""
    tree = tmp_path_factory.mktemp("cases")
    shutil.copytree(ROOT / "sample_projects" / "exemplar", tree, symlinks=True, dirs_exist_ok=True)
    for case in find_cases(ROOT / "tests" / "checks"):
        if case.name == "pass":
            expect, folder = read_expect(case.path), tree / case.check
            shutil.copytree(case.path, folder, symlinks=True, ignore=shutil.ignore_patterns(FILE))
            for path, content in {**last_contents(expect.git), **expect.files}.items():
                if isinstance(content, str):
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_text(content, encoding="utf-8")
    asked = [spec for spec in shared.library().facts.values() if spec.probe and spec.probe not in NOT_ASKED]
    with Project.open(tree) as project:
        facts = collect(asked, project, parse_config(b"", "config"), dt.date(2026, 6, 1), isolate=False, checked=True)
    return lent(shared.library(), facts)


def lent(library: Library, facts: dict[str, Fact]) -> dict[str, Fact]:
    """The facts, those without a value with that of others of their probe."""
    kind = {fact_id: (spec.probe, spec.type) for fact_id, spec in library.facts.items()}
    of_kind: dict[Any, list[Any]] = {}
    for fact_id, fact in facts.items():
        if isinstance(fact.value, list):
            of_kind.setdefault(kind[fact_id], []).extend(fact.value)
    made = dict(facts)
    for fact_id, fact in facts.items():
        others = of_kind.get(kind[fact_id], [])
        patterns = library.facts[fact_id].query.get("any")
        if not fact.value and others and library.facts[fact_id].type.kind == "list":
            value = others[:: max(1, len(others) // BORROWED)][:BORROWED]
            if isinstance(patterns, dict):
                names = list(patterns)
                value = [{**one, "pattern": names[n % len(names)]} for n, one in enumerate(value)]
            made[fact_id] = Fact(fact_id, State.KNOWN, value)
        elif kind[fact_id][0] == "python.functions" and isinstance(fact.value, list):
            more = others * (MANY_FUNCTIONS // len(others) + 1)
            further = [{**one, "name": f"LayerNormalizer{n}.compute_values"} for n, one in enumerate(more)]
            made[fact_id] = Fact(fact_id, State.KNOWN, (fact.value + further)[:MANY_FUNCTIONS])
        elif (
            isinstance(fact.value, list)
            and 0 < len(fact.value) < BORROWED
            and all(isinstance(one, dict) for one in fact.value)
        ):
            more = [below(one, n) for n in range(-(-BORROWED // len(fact.value))) for one in fact.value]
            made[fact_id] = Fact(fact_id, State.KNOWN, more[:BORROWED])
    return made


def below(one: dict[str, Any], lines: int) -> dict[str, Any]:
    """The same as if it stood so many lines further down."""
    return {**one, "line": one["line"] + lines} if isinstance(one.get("line"), int) else one


def times(count: int, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The elements of every list as often, each time with paths of their own."""
    paths = set(_paths([fact.value for fact in facts.values()]))

    def moved(value: Any, below: str) -> Any:
        if isinstance(value, str):
            return below + value if value in paths or value.partition(":")[0] in paths else value
        if isinstance(value, list):
            return [moved(one, below) for one in value]
        return {key: moved(one, below) for key, one in value.items()} if isinstance(value, dict) else value

    many = {}
    for fact_id, fact in facts.items():
        value = fact.value
        if isinstance(value, list):
            value = [moved(one, f"copy{n}/") for n in range(count) for one in value]
        many[fact_id] = Fact(fact_id, fact.state, value, reason=fact.reason)
    return many


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _paths(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key in ("path", "module") and one and isinstance(one, str):
                yield one
            yield from _paths(one)


def spent(library: Library, facts: Mapping[str, Fact]) -> dict[str, tuple[int, int]]:
    """The steps and the size of every expression: those of derived facts by id, those of checks by id and place."""
    known = derive(library.facts, facts)
    values = Values(library.facts, known)
    taken = {}
    for spec in library.facts.values():
        if spec.derive is not None:
            language.evaluate(spec.derive, values.named(spec.names))
            taken[spec.id] = Counted.last.spent
    for check in library.checks:
        seen = values.named(check.names, {param.name: param.default for param in check.params})
        for place, expression in expressions(check):
            language.evaluate(expression, seen)
            taken[f"{check.id} {place}"] = max(Counted.last.spent, taken.get(f"{check.id} {place}", (0, 0)))
    return taken


def test_large_trees_stay_within_the_budget(found: dict[str, Fact], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "Meter", Counted)
    library = shared.library()
    one, more = (spent(library, times(count, found)) for count in SIZES)
    few, many = SIZES
    over = []
    for name in one:
        for what, limit, less, greater in zip(
            ("steps", "characters and items"), (Budget().steps, Budget().size), one[name], more[name], strict=True
        ):
            square = max(0.0, (greater / many - less / few) / (many - few))
            expected = (greater / many + square * (TIMES - many)) * TIMES
            if expected > limit and name not in FEW:
                over.append(f"{name}: {expected:,.0f} {what} ({less:,} at {few}, {greater:,} at {many})")
    assert not over, "\n".join(over)


def test_most_facts_have_a_value_there(found: dict[str, Fact]) -> None:
    lists = [fact for fact in found.values() if shared.library().facts[fact.id].type.kind == "list"]
    assert sum(bool(fact.value) for fact in lists) > 0.85 * len(lists)
    assert FEW.keys() <= shared.library().facts.keys()
