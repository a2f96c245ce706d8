"""A large project has a few expressions that need more steps than others; not all of them may be long."""

from __future__ import annotations

from aiaudit.model.fact import State
from aiaudit.packs import derive as module
from aiaudit.packs.derive import derive
from aiaudit.rules.values import Budget, Purse
from tests.packs.fakes import call, known, one_check

CALLS = "own.OWN-001.calls"
# Every call is held against every other: 700 of them take some two million steps.
PAIRS = "calls.filter(a, calls.exists(b, b.line > a.line + 2000))"


def _pairs(number: int) -> dict:
    names = {f"pairs{n}": f'{{derive: "{PAIRS}"}}' for n in range(number)}
    listed = ", ".join(f"{name}: {text}" for name, text in names.items())
    library = one_check(facts=f"{{calls: {{probe: calls, any: [f]}}, {listed}}}")
    facts = derive(library.facts, {CALLS: known(CALLS, [call(line=n) for n in range(1, 701)])})
    return {name: facts[f"own.OWN-001.{name}"] for name in names}


def test_an_expression_may_take_more_than_its_own() -> None:
    (fact,) = _pairs(1).values()
    assert (fact.state, fact.value) == (State.KNOWN, [])


def test_when_what_is_shared_is_spent_each_has_its_own(monkeypatch) -> None:
    own = Budget().steps
    monkeypatch.setattr(module, "Purse", lambda: Purse(2 * own))
    states = [fact.state for fact in _pairs(4).values()]
    assert states[0] is State.KNOWN and states[-1] is State.ERROR


def test_nobody_takes_more_than_the_most() -> None:
    purse = Purse(Purse.MOST * 2)
    assert purse.budget() == Budget(Purse.MOST, Purse.SIZE)
    purse.took(Purse.MOST)
    purse.took(Purse.MOST)
    purse.took(Budget().steps // 2)  # less than its own takes nothing of the others'
    assert purse.budget().steps == 2 * Budget().steps + Budget().steps
    purse.took(Purse.MOST)
    assert purse.budget().steps == Budget().steps


def test_what_is_asked_again_of_what_was_seen_is_taken_too(monkeypatch) -> None:
    """Where there may be more than was seen, an expression is worked out twice, and both are paid."""
    spent: list[int] = []

    class Counted(Purse):
        def took(self, steps: int) -> None:
            spent.append(steps)

    monkeypatch.setattr(module, "Purse", Counted)
    library = one_check(facts='{calls: {probe: calls, any: [f]}, kept: {derive: "calls.filter(c, c.line > 1)"}}')
    derive(library.facts, {CALLS: known(CALLS, [call(line=n) for n in range(1, 9)], beyond="half of it is in Rust")})
    assert len(spent) == 2 and all(steps > 0 for steps in spent)
