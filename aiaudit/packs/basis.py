"""What a verdict rests on, with its places: the witnesses of the line of the rule that decided.

A fact that is derived and holds no list of its own (`deployed`, `parts_there`) rests on what it is derived from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from aiaudit.model.check import Check, Outcome
from aiaudit.model.fact import Evidence, Fact, State
from aiaudit.model.result import Basis
from aiaudit.packs.findings import place
from aiaudit.packs.values import Values
from aiaudit.rules.witness import Witness, witnesses

MOST: Final = 6  # kinds of things that are told of one check
MOST_LOOKED_AT: Final = 3
MOST_PLACES: Final = 3  # of each that are named
_LEANING: Final = ("Those", "The same", "Such ")
_DEEP: Final = 4  # derived facts that are made of each other


def basis_of(check: Check, line: Outcome, seen: Mapping[str, Any], values: Values) -> tuple[Basis, ...]:
    """The things found that made this line hold; of `otherwise` those that kept the lines before it from holding. Where
    nothing was found, what was looked through for it."""
    return _Bases(values).of(check, line, seen) or _Bases(values, looked=True).of(check, line, seen)


class _Bases:
    def __init__(self, values: Values, *, looked: bool = False) -> None:
        self.values = values
        self.looked = looked
        self.found: dict[str, dict[Evidence, None]] = {}  # the places of each fact

    def of(self, check: Check, line: Outcome, seen: Mapping[str, Any]) -> tuple[Basis, ...]:
        if line.when is not None:
            self.take(witnesses(line.when, seen, looked=self.looked), check.names)
        else:
            for one in check.rule[: check.rule.index(line)]:
                if one.when is not None:
                    self.take(witnesses(one.when, seen, value=False, looked=self.looked), check.names)
        told: dict[tuple[Evidence, ...], str] = {}
        once = {fact: self.values.copies.places(tuple(places)) for fact, places in self.found.items()}
        for fact, places in once.items():  # lists of the same things are one
            told.setdefault(tuple(places), fact)
        rows = [(fact, places) for places, fact in told.items() if places][: MOST_LOOKED_AT if self.looked else MOST]
        return tuple(
            Basis(self._called(fact), fact, places[:MOST_PLACES], len(places), self.looked) for fact, places in rows
        )

    def take(self, found: Iterable[Witness], names: Mapping[str, str], deep: int = 0) -> None:
        for one in found:
            fact = self.values.facts.get(names.get(one.name, ""))
            if fact is not None and fact.state is State.KNOWN and not self._behind(one, fact, deep):
                self.found.setdefault(fact.id, {}).update(dict.fromkeys(_places(one, fact)))

    def _behind(self, one: Witness, fact: Fact, deep: int) -> bool:
        """Whether it has no places of its own: then those count of what it is derived from."""
        value = fact.value
        if isinstance(value, list | dict) and any(path for path, _ in map(place, one.elements)):
            return False
        spec = self.values.spec(fact.id)
        if spec is None or spec.derive is None or deep == _DEEP:  # a number or a text of a probe shows nothing
            return not (value is True or isinstance(value, list | dict))
        if (value or self.looked) and not isinstance(value, str):
            asked = value if isinstance(value, bool) else None
            found = witnesses(spec.derive, self.values.named(spec.names), value=asked, looked=self.looked)
            self.take(found, spec.names, deep + 1)
        return True

    def _called(self, fact_id: str) -> str:
        """The title of a fact; one that leans on another's ("Those of them that …") behind that."""
        return standing(fact_id, self._title, lambda one: spec.sees if (spec := self.values.spec(one)) else ())

    def _title(self, fact_id: str) -> str:
        """What its pack calls a fact; where it has no title, its name in words."""
        name = fact_id.rpartition(".")[2].replace("_", " ")
        return self.values.title(fact_id) or f"{name[:1].upper()}{name[1:]}"


def standing(fact_id: str, title_of: Callable[[str], str], sees: Callable[[str], Sequence[str]]) -> str:
    """The title of a fact as it can stand alone: one that leans on another's behind the first that does not."""
    title, leaning = title_of(fact_id), ""
    for _ in range(_DEEP):
        if not sees(fact_id) or not title.startswith(_LEANING):
            break
        leaning = leaning or f": {title[:1].lower()}{title[1:]}"
        fact_id = sees(fact_id)[0]
        title = title_of(fact_id)
    return f"{title.partition('; ')[0] if leaning else title}{leaning}"


def _places(witness: Witness, fact: Fact) -> Iterator[Evidence]:
    """Where the elements stand; of what has no places of its own, where the fact was seen."""
    own = [Evidence(path, line) for path, line in map(place, witness.elements) if path]
    yield from own or (Evidence(one.path, one.line) for one in fact.evidence if one.path)
