"""Bounds a little beyond the values that were tried, in short numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from recommender.number import format_value


def _decimal(value: float | int) -> Decimal:
    return Decimal(format_value(value))


def _step_of_125(value: float | int, outward: int) -> Decimal:
    """Return the next of ..., 0.1, 0.2, 0.5, 1, ... below (-1) or above (+1) a positive value."""
    exact = _decimal(value)
    steps = [
        Decimal(digit).scaleb(exact.adjusted() + shift)
        for shift in (-1, 0, 1)
        for digit in (1, 2, 5)
    ]
    return max(s for s in steps if s < exact) if outward < 0 else min(s for s in steps if s > exact)


def _in_doubles(bound: Decimal, fallback: float | int) -> float:
    number = float(bound)
    return number if math.isfinite(number) and (number or not bound) else float(fallback)


def log_bounds(values: Sequence[float | int]) -> tuple[float, float]:
    """Return the 1-2-5 steps next below and above all the positive values."""
    low, high = min(values), max(values)
    return _in_doubles(_step_of_125(low, -1), low), _in_doubles(_step_of_125(high, 1), high)


def linear_bounds(values: Sequence[float | int]) -> tuple[float, float]:
    """Return bounds a quarter of the range beyond the values on each side, in short numbers.

    They do not reach 0 where all values are positive, nor 1 where all lie between 0 and 1; values
    from 0 on, or from 0 to 1, keep these as bounds. A single value gives its half and its double.
    """
    low, high = _decimal(min(values)), _decimal(max(values))
    if low == high:
        if not low:
            return 0.0, 1.0
        below, above = sorted((low / 2, low * 2))
    else:
        margin = (high - low) / 4
        unit = Decimal(1).scaleb(margin.adjusted())
        below = ((low - margin) / unit).to_integral_value(ROUND_FLOOR) * unit
        above = ((high + margin) / unit).to_integral_value(ROUND_CEILING) * unit
    if low >= 0 >= below:
        below = low / 2
    if (low >= 0 and high < 1 <= above) or (low == 0 and high == 1):
        above = (1 + high) / 2
    return _in_doubles(below, min(values)), _in_doubles(above, max(values))


def spans_a_decade(values: Sequence[float | int]) -> bool:
    """Whether all values are positive and the largest is ten times the smallest or more."""
    return min(values) > 0 and _decimal(max(values)) >= 10 * _decimal(min(values))


def whole(low: float, high: float, smallest: float | int) -> tuple[int, int]:
    """Return bounds as whole numbers, at least 1 where every value is."""
    least = math.floor(low)
    return max(least, 1) if smallest >= 1 else least, math.ceil(high)
