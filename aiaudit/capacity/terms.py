"""Sums whose every term tells how it came about: formula, inputs, provenance, and a low, expected and high value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field


class Term(Struct, frozen=True):
    """Bytes of one part. `provenance` says where the inputs come from: config.json, a header, a table, a default."""

    name: str
    low: int
    expected: int
    high: int
    formula: str
    inputs: Mapping[str, float | int | str] = field(default_factory=dict)
    provenance: str = ""

    @classmethod
    def exact(cls, name: str, value: float, formula: str, provenance: str, **inputs: float | str) -> Term:
        """A term without a band."""
        return cls(name, round(value), round(value), round(value), formula, inputs, provenance)

    @classmethod
    def within(
        cls, name: str, value: float, share: float, formula: str, provenance: str, **inputs: float | str
    ) -> Term:
        """A term of ± `share` of its value."""
        band = abs(value) * share
        return cls(name, round(value - band), round(value), round(value + band), formula, inputs, provenance)

    def times(self, factor: float, why: str) -> Term:
        """The same term times a factor, which the formula then says."""
        return Term(
            self.name,
            round(self.low * factor),
            round(self.expected * factor),
            round(self.high * factor),
            f"{self.formula} {why}".strip(),
            self.inputs,
            self.provenance,
        )


class Sum(Struct, frozen=True):
    """Terms that add up."""

    terms: tuple[Term, ...]

    @property
    def low(self) -> int:
        return sum(term.low for term in self.terms)

    @property
    def expected(self) -> int:
        return sum(term.expected for term in self.terms)

    @property
    def high(self) -> int:
        return sum(term.high for term in self.terms)

    def __getitem__(self, name: str) -> Term:
        return next(term for term in self.terms if term.name == name)


def total(terms: Iterable[Term]) -> Sum:
    """The sum of terms."""
    return Sum(tuple(terms))
