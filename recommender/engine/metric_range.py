"""Which values a metric of that name cannot have, and which are in percent among fractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from recommender.vocabulary import natural_range


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """The values of a metric that are not as its name has it, by their indices.

    `low` and `high` are the lowest and the highest that it can have, in percent if most values are
    (`percent`). `rescaled` are in the other unit, `beyond` cannot be in either.
    """

    low: float
    high: float
    percent: bool
    rescaled: tuple[int, ...]
    beyond: tuple[int, ...]

    @property
    def allowed(self) -> str:
        """The range in words."""
        if self.high == math.inf:
            return f"{self.low:g} or more"
        return f"{self.low:g} to {self.high:g}"

    def in_the_usual_unit(self, value: float) -> float:
        """Return a rescaled value as the others are written."""
        return float(f"{value * 100 if self.percent else value / 100:.6g}")


def out_of_range(metric: str, values: Sequence[float]) -> OutOfRange | None:
    """Return which values of a metric are out of its range, None if its name tells no range.

    A value that one place of the decimal point brings nearer to the others than a change of unit
    does is a slip, and counts as beyond.
    """
    known = natural_range(metric)
    if known is None or not values:
        return None
    low, high = known
    share = high == 1.0
    percent = share and 2 * sum(abs(value) > 1.0 for value in values) > len(values)
    factor, other = (100.0, 100.0) if percent else (1.0, 0.01)
    suspect = [
        share and (0.0 < abs(v) <= 1.0 if percent else 1.0 < abs(v) <= 100.0 and v > low)
        for v in values
    ]
    usual = [value for value, odd in zip(values, suspect, strict=True) if not odd]
    centre, slip = median(usual), other**0.5
    rescaled = tuple(
        index
        for index, value in enumerate(values)
        if suspect[index] and abs(value * other - centre) <= abs(value * slip - centre)
    )
    explained = set(rescaled)
    beyond = tuple(
        index
        for index, value in enumerate(values)
        if index not in explained and not low * factor <= value <= high * factor
    )
    return OutOfRange(low * factor, high * factor, percent, rescaled, beyond)
