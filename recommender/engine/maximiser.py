"""Finds the point of a region where an acquisition function is highest.

Symbols: X (m, D) are points of the unit cube; a score maps them to (m,) log acquisition values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import qmc

from recommender.engine.encoding import Encoding, Region
from recommender.run import Value
from recommender.space import Categorical

Array = npt.NDArray[np.float64]

SOBOL_POINTS = 2048
LOCAL_POINTS = 256
NEAR = 5  # of the most promising runs are searched around
STARTS = 8
STEPS = 8  # points looked at on the way up to a top
SWEEPS = 20  # one value changes in each
LEVELS = 16  # an integer or categorical parameter with no more is searched exhaustively


class Score(Protocol):
    """A log acquisition function."""

    def __call__(self, X: Array) -> Array:
        """Return the (m,) values at X."""

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the (m,) values and the (m, D) gradients at X."""


def candidates(
    encoding: Encoding, region: Region, around: Array, rng: np.random.Generator
) -> Array:
    """Return points that cover the region, and some near the (k, D) points `around`.

    A perturbed point differs from its origin in one parameter or in several: moving one alone is
    what finds the narrow valleys that a space-filling sample misses.
    """
    p = len(encoding.space)
    sobol = qmc.Sobol(p, scramble=True, rng=rng).random(SOBOL_POINTS)
    X = [encoding.spread(sobol, region)]
    if len(around):
        lower, upper = encoding.bounds(region)
        origins = around[np.arange(LOCAL_POINTS) % len(around)]
        moved = rng.random((LOCAL_POINTS, p)) < 0.5
        moved[np.arange(LOCAL_POINTS), rng.integers(p, size=LOCAL_POINTS)] = True
        width = np.where(np.arange(LOCAL_POINTS) % 2 == 0, 0.1, 0.01)[:, None]
        steps = width * rng.standard_normal((LOCAL_POINTS, encoding.width))
        X.append(_inside(encoding, origins + steps * moved[:, encoding.groups], lower, upper))
        X.append(_inside(encoding, around, lower, upper))
    return np.vstack(X)


def maximise(
    score: Score,
    encoding: Encoding,
    region: Region,
    X: Array,
    allowed: Callable[[Array], npt.NDArray[np.bool_]],
) -> Array | None:
    """Return the (D,) best point found, or None if no candidate is allowed.

    The candidates X (m, D) are screened, the best climb with L-BFGS-B along the continuous
    columns, and from the best of those integers and choices are changed one at a time.
    """
    X = np.unique(X, axis=0)
    X = X[allowed(X)]
    if not len(X):
        return None
    values = score(X)
    starts = X[_spread_out(X, values, STARTS)]
    tops = encoding.snap(_climb(score, encoding, region, starts))
    # A top may lie too near to a known point: then the way up to it is what is left.
    steps = np.linspace(0.0, 1.0, STEPS + 1)[1:, None, None]
    climbed = encoding.snap((starts + steps * (tops - starts)).reshape(-1, encoding.width))
    climbed = climbed[allowed(climbed)]
    pool = np.vstack([starts, climbed])
    values = score(pool)
    if not [name for name in encoding.discrete if name not in region.fixed]:
        return np.asarray(pool[int(np.argmax(values))])
    pool = pool[_spread_out(pool, values, STARTS)]
    return _search_discrete(score, encoding, region, pool, allowed)


def _inside(encoding: Encoding, X: Array, lower: Array, upper: Array) -> Array:
    return np.clip(encoding.snap(np.clip(X, lower, upper)), lower, upper)


def _spread_out(X: Array, values: Array, count: int) -> list[int]:
    """Return indices of high values that do not crowd each other."""
    chosen: list[int] = []
    order = np.argsort(-values)
    for distance in (0.1, 0.0):
        for index in order[: 64 * count]:
            if len(chosen) == count:
                return chosen
            gaps = np.abs(X[chosen] - X[index]).max(axis=1) if chosen else np.array([np.inf])
            if index not in chosen and gaps.min() >= distance:
                chosen.append(int(index))
    return chosen


def _climb(score: Score, encoding: Encoding, region: Region, starts: Array) -> Array:
    """Climb from all (k, D) starts at once: their scores are summed, which separates."""
    lower, upper = encoding.bounds(region)
    frozen = np.zeros(encoding.width, dtype=bool)
    for name in encoding.discrete:
        frozen[encoding.columns[name]] = True
    low = np.where(frozen, starts, lower).ravel()
    high = np.where(frozen, starts, upper).ravel()
    if np.all(low == high):
        return starts

    def negative(flat: Array) -> tuple[float, Array]:
        values, gradients = score.with_gradient(flat.reshape(starts.shape))
        return -float(values.sum()), -gradients.ravel()

    result = minimize(
        negative,
        starts.ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(low, high, strict=True)),
        options={"maxiter": 60, "ftol": 1e-5},
    )
    return np.asarray(np.clip(result.x, low, high)).reshape(starts.shape)


def _search_discrete(
    score: Score,
    encoding: Encoding,
    region: Region,
    pool: Array,
    allowed: Callable[[Array], npt.NDArray[np.bool_]],
) -> Array:
    """Return the best point reached from any of the (k, D) pool, one discrete value at a time."""
    reached, values = pool.copy(), score(pool)
    moving = np.arange(len(pool))
    for _ in range(SWEEPS):
        around = [_neighbours(encoding, region, reached[index]) for index in moving]
        origins = np.repeat(moving, [len(options) for options in around])
        options = np.vstack(around)
        new = allowed(options)
        options, origins = options[new], origins[new]
        if not len(options):
            break
        found = score(options)
        better = []
        for index in np.unique(origins):
            own = np.flatnonzero(origins == index)
            best = own[int(np.argmax(found[own]))]
            if found[best] > values[index]:
                reached[index], values[index] = options[best], found[best]
                better.append(index)
        moving = np.array(better, dtype=int)
        if not len(moving):
            break
    return np.asarray(reached[int(np.argmax(values))])


def _neighbours(encoding: Encoding, region: Region, x: Array) -> Array:
    """Return copies of x with one discrete parameter at each of its levels, or the nearest ones."""
    params = encoding.decode(x)
    copies = []
    for name in encoding.discrete:
        if name in region.fixed:
            continue
        levels = encoding.encode_values(name, _levels(encoding, region, name, params[name]))
        copy = np.tile(x, (len(levels), 1))
        copy[:, encoding.columns[name]] = levels
        copies.append(copy)
    return np.vstack(copies)


def _levels(encoding: Encoding, region: Region, name: str, value: Value) -> Sequence[Value]:
    parameter = encoding.space[name]
    if isinstance(parameter, Categorical):
        return parameter.choices
    low, high = (int(end) for end in region.within.get(name, (parameter.low, parameter.high)))
    span = (low, high) if high - low < LEVELS else (int(value) - 2, int(value) + 2)
    return range(max(low, span[0]), min(high, span[1]) + 1)
