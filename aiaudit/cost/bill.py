"""One month's bill: lines of quantity × unit price = amount, and how each grows.

An interface is paid by the token, by the rates of the *whole* prompt's length: prompts are log-normal, so the share
that lies above a threshold pays the dearer rates. Own replicas are paid by the hour, used or not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from statistics import NormalDist
from typing import Final, Literal

from msgspec import Struct

from aiaudit.capacity.demand import Spread
from aiaudit.cost.inputs import HOURS_A_MONTH, Api, Hosting, Inputs, Missing
from aiaudit.cost.money import ZERO, decimal
from aiaudit.cost.price import ApiPrice, Price

Grows = Literal["fixed", "load", "tokens", "replicas", "age"]
MILLION: Final = 1_000_000


class Line(Struct, frozen=True):
    """A position of the bill. `grows`: with the load, with load × tokens, in replicas, with age, or not at all."""

    key: str
    text: str
    quantity: Decimal
    unit: str
    price: Price
    grows: Grows

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.price.amount


class Bill(Struct, frozen=True):
    """A month. `missing`: positions that are not in the total."""

    lines: tuple[Line, ...]
    missing: tuple[Missing, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)

    def part(self, *grows: Grows) -> Decimal:
        """What grows in one of these ways."""
        return sum((line.amount for line in self.lines if line.grows in grows), ZERO)


def bill(inputs: Inputs, month: int = 0, load: float = 1.0) -> Bill:
    """The bill of a month, the first being 0. `load`: times the present load."""
    return Bill(tuple(_lines(inputs, month, load)), inputs.missing)


def _lines(inputs: Inputs, month: int, load: float) -> Iterator[Line]:
    if inputs.api is not None:
        yield from api_lines(inputs.api, inputs.load.requests * load, inputs.load.prompt, inputs.load.answer)
    if inputs.hosting is not None:
        yield hosting_line(inputs, inputs.hosting, load)
    for run in inputs.training:
        hours = decimal(run.gpu_hours) * decimal(run.runs)
        yield Line("training", run.name, hours, "GPU hours", run.price, "fixed")
    if inputs.storage is not None:
        held = inputs.storage.at(month)
        grows: Grows = "age" if inputs.storage.added else "fixed"
        yield Line("storage", "storage", decimal(held), "GB", inputs.storage.price, grows)
    for one in inputs.positions:
        amount = decimal(one.quantity) * (decimal(load) if one.grows else 1)
        yield Line(one.key, one.name, amount, one.unit, one.price, "load" if one.grows else "fixed")


def hosting_line(inputs: Inputs, hosting: Hosting, load: float = 1.0) -> Line:
    """Hours of the replicas that the load needs: of its peak, or of its mean where they follow it."""
    rate = (inputs.load.mean if hosting.autoscale else inputs.load.peak) * load
    count = hosting.needed(rate)
    gpus = count * hosting.ranks
    hours = decimal(hours_a_month(inputs, hosting))
    each = f"{count} replica{'' if count == 1 else 's'} of {hosting.ranks} × " if hosting.ranks > 1 else f"{count} × "
    few = hosting.declared is not None and hosting.declared < count
    are = "is" if hosting.declared == 1 else "are"
    why = f" (the load needs {count}, declared {are} {hosting.declared})" if few else ""
    return Line(
        "serving", f"{each}{hosting.gpu}, {hosting.pricing}{why}", decimal(gpus) * hours, hosting.unit, hosting.price,
        "replicas" if hosting.rate is not None else "fixed",
    )  # fmt: skip


def hours_a_month(inputs: Inputs, hosting: Hosting) -> float:
    """All of them; where replicas follow the load down to none, those in which there is load."""
    if hosting.autoscale and hosting.floor == 0:
        return HOURS_A_MONTH * inputs.load.hours / 24
    return HOURS_A_MONTH


def api_lines(api: Api, requests: float, prompt: Spread | None, answer: Spread | None) -> Iterator[Line]:
    """Tokens of a month's requests, retries included, by kind and by rates."""
    if prompt is None or answer is None:
        return
    routed, other = api.routed or (0.0, api.price)
    for share, price in ((1 - routed, api.price), (routed, other)):
        calls = requests * share * api.calls * (1 + api.retry)
        if calls > 0:
            yield from _model_lines(api, price, calls, prompt, answer.mean)
    if api.tool_uses and api.tool_price is not None:
        uses = decimal(requests) * decimal(api.tool_uses)
        yield Line("api", "tool uses", uses, "uses", api.tool_price, "load")


def _model_lines(api: Api, price: ApiPrice, calls: float, prompt: Spread, output: float) -> Iterator[Line]:
    batch = api.batch_share if price.batch else 0.0
    for share, in_batch in ((1 - batch, False), (batch, True)):
        for start, part, tokens in by_length(prompt, price.thresholds):
            count = calls * share * part
            if count <= 0:
                continue
            rates = price.at(start + 1, batch=in_batch)
            note = (", batch" if in_batch else "") + (f", prompts above {start:,}" if start else "")
            whole = tokens + api.tool_tokens
            kinds = (
                ("input", 1 - api.cache_read - api.cache_write, whole, rates.input),
                ("cache reads", api.cache_read, whole, rates.cache_read or rates.input),
                ("cache writes", api.cache_write, whole, rates.cache_write or rates.input),
                ("output", 1.0, output, rates.output),
            )
            for kind, of, length, rate in kinds:
                amount = decimal(count) * decimal(of) * decimal(length) / MILLION
                if amount > 0:
                    text = f"{price.model}: {kind}{note}"
                    yield Line("api", text, amount, "million tokens", price.price(rate), "tokens")


def by_length(prompt: Spread, thresholds: tuple[int, ...]) -> Iterator[tuple[int, float, float]]:
    """Parts of log-normal prompts between thresholds: where it starts, its share of the requests, its mean length."""
    if not thresholds or prompt.p50 <= 0:
        yield 0, 1.0, prompt.mean
        return
    edges = (0, *thresholds, None)
    for start, end in pairwise(edges):
        assert start is not None
        share = _below(prompt, end) - _below(prompt, start)
        tokens = _below(prompt, end, shift=True) - _below(prompt, start, shift=True)
        if share > 1e-9:
            yield start, share, prompt.mean * tokens / share


def _below(spread: Spread, edge: int | None, *, shift: bool = False) -> float:
    """The share of prompts of at most `edge` tokens; with `shift`, the share of all tokens that lie in them."""
    if edge is None:
        return 1.0
    if edge <= 0:
        return 0.0
    if spread.sigma == 0:
        return 1.0 if spread.p50 <= edge else 0.0
    distance = (math.log(edge) - math.log(spread.p50)) / spread.sigma
    return NormalDist().cdf(distance - spread.sigma if shift else distance)
