"""How an analysis of a parameter ends: the best known value, where to look next, and how sure.

All else is held at the best known settings: those of the incumbent or, where a context is
declared, of the run that is believed best at each of its values.

Symbols: X (m, D) are points of the unit cube, R the number of draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.engine.belief import Belief
from recommender.engine.encoding import Region
from recommender.engine.outlook import tolerance
from recommender.engine.rounding import short
from recommender.engine.trust import trusted
from recommender.insight.main_effect import grid, span
from recommender.run import Params, Value
from recommender.space import Categorical, Real

Array = npt.NDArray[np.float64]

GRID = 25  # values within reach
DRAWS = 1024
SETTINGS = 8  # contexts at most, evenly chosen, whose best settings are looked at
AS_GOOD = 0.1  # chance to be better than the best: a value with that much is not told apart
MIDDLE = (0.25, 0.75)


@dataclass(frozen=True, slots=True)
class Advice:
    """How an analysis ends, for one parameter.

    `known` are the values in the range of the runs that may be as good as the best one, all else at
    the best known settings: (low, high) of a range, or one value; of choices, each. `look` is where
    the best value most likely lies, within what a batch may reach: the middle half of draws;
    empty where that cannot be told.
    `chance` is the probability that no value within reach is better than the best known one by
    more than the tolerance.
    """

    known: tuple[Value, ...]
    look: tuple[Value, ...]
    chance: float


def tolerance_of(belief: Belief) -> float:
    """Return the difference that no longer matters: of results, at equal context."""
    y = belief.model.warp(belief.evidence.y).copy()
    for members in belief.objective.by_context([run.params for run in belief.evidence.measured]):
        y[members] -= np.median(y[members])
    kept = ~belief.model.discounted
    return tolerance(y[kept], belief.model.posterior.noise**0.5)


def best_settings(belief: Belief) -> list[int]:
    """Return the index of the run believed best or, with a context, of that at each value."""
    X = belief.evidence.X
    groups = belief.objective.by_context([run.params for run in belief.evidence.measured])
    believed = [belief.model.believable(np.array(members)) for members in groups]
    best = [int(members[belief.model.best_among(X[members])]) for members in believed]
    chosen = np.unique(np.linspace(0, len(best) - 1, SETTINGS).round().astype(int))
    return [best[index] for index in chosen]


def advise(
    belief: Belief, name: str, settings: Sequence[int], enough: float, rng: np.random.Generator
) -> Advice:
    """Return the advice on one parameter.

    Args:
        belief: with a model.
        name: the parameter, which is not a context.
        settings: the indices of the runs whose settings all else is held at.
        enough: the difference that no longer matters.
        rng: for the draws.
    """
    encoding, evidence = belief.encoding, belief.evidence
    held = [evidence.measured[index].params for index in settings]
    known, reach = span(belief, name), _reach(belief, name, held[0])
    values = tuple(dict.fromkeys((*known, *reach)))
    X = encoding.encode([{**params, name: value} for params in held for value in values])
    losses = belief.draw(X, DRAWS, rng).reshape(len(held), len(values), DRAWS).mean(axis=0)
    before = losses[: len(known)]
    best = int(np.argmin(before.mean(axis=1)))
    as_good = [known[i] for i in range(len(known)) if _may_beat(before, i, best)]
    optimum = np.argmin(losses, axis=0)
    chance = float((losses.min(axis=0) >= before[best] - enough).mean())
    if isinstance(encoding.space[name], Categorical):
        shares = np.bincount(optimum, minlength=len(values)) / DRAWS
        likely = tuple(value for value, share in zip(values, shares, strict=True) if share >= 0.25)
        return Advice(tuple(as_good), likely, chance)
    places = np.array([float(values[index]) for index in optimum])
    ends = np.quantile(places, MIDDLE, method="nearest")
    look = [_rounded(belief, name, float(end)) for end in ends]
    return Advice(_range(as_good), _range(look), chance)


def _may_beat(losses: Array, index: int, best: int) -> bool:
    return index == best or bool((losses[index] < losses[best]).mean() >= AS_GOOD)


def _reach(belief: Belief, name: str, settings: Params) -> tuple[Value, ...]:
    """Return values of a parameter that a batch may reach."""
    encoding = belief.encoding
    parameter = encoding.space[name]
    if isinstance(parameter, Categorical):
        return grid(belief, name, 0.0, 1.0, GRID)
    flat = encoding.names_where(belief.model.flat)
    region = trusted(encoding, Region(), belief.evidence.X, settings, flat)
    low, high = region.within.get(name, (parameter.low, parameter.high))
    return grid(belief, name, encoding.unit(name, low), encoding.unit(name, high), GRID)


def _rounded(belief: Belief, name: str, value: float) -> Value:
    parameter = belief.encoding.space[name]
    if isinstance(parameter, Real) and parameter.contains(value):
        return short(parameter, value, belief.encoding)
    return parameter.coerce(value)


def _range(values: Sequence[Value]) -> tuple[Value, ...]:
    low, high = min(values), max(values)
    return (low,) if low == high else (low, high)
