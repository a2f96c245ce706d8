"""What a projection comes to in closed form: the draws of `aiaudit.cost.projection` are held against it."""

from __future__ import annotations

import math

from msgspec.structs import replace

from aiaudit.capacity.demand import Growth
from aiaudit.cost.inputs import Inputs, Uncertainty
from aiaudit.cost.projection import coefficients


def mean_power(growth: Growth, month: int) -> float:
    """E[(1+g)^t] of a triangular growth: twice the second divided difference of x^(t+2) / ((t+1)(t+2))."""
    a, c, b = 1 + min(growth.low, growth.expected), 1 + growth.expected, 1 + max(growth.high, growth.expected)
    if b - a < 1e-12:
        return c**month

    def f(x: float) -> float:
        return x ** (month + 2) / ((month + 1) * (month + 2))

    def slope(x: float) -> float:
        return x ** (month + 1) / (month + 1)

    first = slope(c) if c - a < 1e-12 else (f(c) - f(a)) / (c - a)
    second = slope(c) if b - c < 1e-12 else (f(b) - f(c)) / (b - c)
    return 2 * (second - first) / (b - a)


def mean_total(inputs: Inputs) -> float | None:
    """The mean of the horizon's total in closed form; None where replicas come in steps, which has none."""
    coef = coefficients(inputs)
    if coef.replica:
        return None
    powers = math.fsum(mean_power(inputs.load.growth, month) for month in range(inputs.months))
    return coef.fixed * inputs.months + math.fsum(coef.storage) + (coef.load + coef.tokens) * powers


def certain(inputs: Inputs) -> Inputs:
    """The same workload with nothing uncertain: every draw is then the closed form."""
    rate = inputs.load.growth
    load = replace(inputs.load, growth=Growth(rate.expected, rate.expected, rate.expected, rate.horizon))
    hosting = inputs.hosting
    if hosting is not None:
        price = replace(hosting.price, low=None, high=None)
        one = hosting.rate and replace(hosting.rate, low=hosting.rate.expected, high=hosting.rate.expected)
        hosting = replace(hosting, price=price, rate=one)
    return replace(inputs, load=load, hosting=hosting, uncertainty=Uncertainty(0.0, 0.0))
