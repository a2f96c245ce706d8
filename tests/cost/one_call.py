"""The exact price of one call of an interface, as published examples have it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from aiaudit.cost.bill import MILLION
from aiaudit.cost.money import ZERO
from aiaudit.cost.price import ApiPrice


class Usage(Struct, frozen=True):
    """The tokens of one call, each counted once."""

    uncached: int
    cache_read: int
    cache_write: int
    output: int

    @property
    def prompt(self) -> int:
        """The whole prompt's length, by which tiers are chosen."""
        return self.uncached + self.cache_read + self.cache_write


OUTSIDE: Final = frozenset({"anthropic"})
"""Providers whose report of a prompt's tokens leaves out what is cached; with all others it is inside."""


def usage(provider: str, prompt: int, output: int, cache_read: int = 0, cache_write: int = 0) -> Usage:
    """What a provider reports of one call, so that no token is counted twice (litellm issue 6215) or lost.

    `provider` is the one whose counting it is: a Claude model behind an OpenAI-like interface counts as that does.
    """
    cached = cache_read + cache_write
    if provider.lower() in OUTSIDE:
        return Usage(prompt, cache_read, cache_write, output)
    if cached > prompt:
        raise ValueError(f"{cached} cached tokens cannot lie inside a prompt of {prompt}")
    return Usage(prompt - cached, cache_read, cache_write, output)


def call_cost(price: ApiPrice, used: Usage, *, batch: bool = False) -> Decimal:
    """The exact price of one call."""
    rates = price.at(used.prompt, batch=batch)
    kinds = (
        (used.uncached, rates.input),
        (used.cache_read, rates.cache_read or rates.input),
        (used.cache_write, rates.cache_write or rates.input),
        (used.output, rates.output),
    )
    return sum((count * rate for count, rate in kinds), ZERO) / MILLION
