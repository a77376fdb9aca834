"""Turns an optimum into the candidate that a person would run.

Few digits and few changed parameters make a batch readable and runs comparable, and cost next to
nothing: an acquisition function is flat around its maximum.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from recommender.engine.encoding import Encoding, Region
from recommender.run import Params, Value
from recommender.space import Categorical, Real

Array = npt.NDArray[np.float64]

TOLERANCE = -math.log(0.99)  # of the acquisition value, given up at most
DIGITS = 6
NEAR = 0.005  # of a parameter's range


def simplify(
    params: Params,
    reference: Params | None,
    encoding: Encoding,
    region: Region,
    score: Callable[[Array], Array],
    allowed: Callable[[Array], npt.NDArray[np.bool_]],
) -> dict[str, Value]:
    """Return params with the fewest changes from `reference`, then the fewest digits.

    Each step keeps the acquisition within 1 % of where `params` had it, and stays allowed.
    """
    best = dict(params)
    x = encoding.encode([best])
    floor = float(score(x)[0]) - TOLERANCE
    free = [parameter for parameter in encoding.space if parameter.name not in region.fixed]

    def cheapest(options: list[dict[str, Value]]) -> tuple[int, float]:
        X = encoding.encode(options)
        values = np.where(allowed(X), score(X), -np.inf)
        index = int(np.argmax(values))
        return index, float(values[index])

    if reference is not None:
        changed = [
            p
            for p in free
            if best[p.name] != reference[p.name] and region.admits(p, reference[p.name])
        ]
        while changed:
            index, value = cheapest([{**best, p.name: reference[p.name]} for p in changed])
            if value < floor:
                break
            best[changed[index].name] = reference[changed[index].name]
            del changed[index]

    for parameter in free:
        if isinstance(parameter, Categorical) or not isinstance(best[parameter.name], float):
            continue
        if reference is not None and best[parameter.name] == reference[parameter.name]:
            continue
        for digits in range(1, DIGITS + 1):
            low, high = region.within.get(parameter.name, (parameter.low, parameter.high))
            rounded = round_significant(float(best[parameter.name]), digits)
            if not low <= rounded <= high:
                continue
            option = {**best, parameter.name: rounded}
            if cheapest([option])[1] >= floor:
                best = option
                break
    return best


def round_significant(value: float, digits: int) -> float:
    """Return `value` rounded to that many significant digits."""
    return float(f"{value:.{digits - 1}e}")


def round_params(params: Params, encoding: Encoding, region: Region) -> dict[str, Value]:
    """Return params with as few digits as keep each within half a percent of its range."""
    return {
        parameter.name: params[parameter.name]
        if not isinstance(parameter, Real) or parameter.name in region.fixed
        else short(
            parameter, float(params[parameter.name]), encoding, region.within.get(parameter.name)
        )
        for parameter in encoding.space
    }


def short(
    parameter: Real, value: float, encoding: Encoding, ends: tuple[float, float] | None = None
) -> float:
    """Return the value with the fewest digits within half a percent of the range of `value`.

    It lies between `ends`, or else the parameter's bounds; failing that, it is `value` itself.
    """
    low, high = ends or (parameter.low, parameter.high)
    here = encoding.unit(parameter.name, value)
    for digits in range(1, DIGITS + 1):
        option = round_significant(value, digits)
        near = low <= option <= high and abs(encoding.unit(parameter.name, option) - here) <= NEAR
        if near:
            return option
    return value
