"""Finds the point of a region where an acquisition function is highest.

Symbols: X (m, D) are points of the unit cube; a score maps them to (m,) log acquisition values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import qmc

from recommender.engine.encoding import Encoding, Region
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
        options={"maxiter": 60, "ftol": 1e-8},
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
    names = [name for name in encoding.discrete if name not in region.fixed]
    best, highest = pool[0], -np.inf
    for beginning in pool:
        x, value = beginning, float(score(beginning[None, :])[0])
        for _ in range(SWEEPS):
            options = np.vstack([_levels(encoding, region, name, x) for name in names])
            options = options[allowed(options)]
            values = score(options) if len(options) else np.array([-np.inf])
            if values.max() <= value:
                break
            x, value = options[int(np.argmax(values))], float(values.max())
        if value > highest:
            best, highest = x, value
    return np.asarray(best)


def _levels(encoding: Encoding, region: Region, name: str, x: Array) -> Array:
    """Return copies of x with one discrete parameter at each level, or at its nearest ones."""
    parameter = encoding.space[name]
    params = encoding.decode(x)
    if isinstance(parameter, Categorical):
        levels = list(parameter.choices)
    else:
        low, high = (int(end) for end in region.within.get(name, (parameter.low, parameter.high)))
        here = int(params[name])
        span = (low, high) if high - low < LEVELS else (here - 2, here + 2)
        levels = list(range(max(low, span[0]), min(high, span[1]) + 1))
    return encoding.encode([{**params, name: level} for level in levels])
