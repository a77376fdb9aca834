"""Points chosen without a model: where nothing is known yet, and where to look at all contexts.

Symbols: X (n, D) points of the unit cube.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.stats import qmc

from recommender.engine.encoding import Encoding, Region
from recommender.engine.rounding import round_params
from recommender.run import Params, Value
from recommender.space import Categorical, Real, levels

Array = npt.NDArray[np.float64]

CHOICES = 10  # Sobol points among which the farthest from the known ones is taken
SNAP = 0.22  # of a stratum: a context value that near to a known one is taken as the known one
GOLDEN = 0.5 * (5.0**0.5 - 1.0)


def space_filling(
    encoding: Encoding,
    region: Region,
    known: Array,
    allowed: Callable[[Array], npt.NDArray[np.bool_]],
    rng: np.random.Generator,
) -> Array | None:
    """Return a (D,) scrambled Sobol point away from the (k, D) known ones, or None.

    It is the farthest of a few (Mitchell 1991): the farthest of all would always be a corner.
    """
    X = encoding.spread(qmc.Sobol(len(encoding.space), rng=rng).random(512), region)
    X = X[allowed(X)]
    if not len(X):
        return None
    if not len(known):
        return np.asarray(X[0])
    X = X[:CHOICES]
    return np.asarray(X[int(np.argmax(cdist(X, known).min(axis=1)))])


def context_values(
    encoding: Encoding,
    region: Region,
    context: tuple[str, ...],
    n: int,
    known: Sequence[Params],
    taken: Sequence[Params],
    turn: int,
    rng: np.random.Generator,
) -> list[dict[str, Value]]:
    """Return n values of the context parameters that cover their range by design.

    The range is cut into n strata and each gives one value. Results compare only at equal context,
    so every other `turn` takes a value in use wherever a stratum has one; the turns between fill
    the gaps, at a place within the stratum that moves on. Several context parameters are paired
    as a Latin hypercube. `known` are the runs with a result, `taken` all that are not to be run
    again: a value at which nothing else is left is not taken once more.
    """
    columns: dict[str, list[Value]] = {}
    for position, name in enumerate(context):
        order = np.arange(n) if position == 0 else rng.permutation(n)
        strata = order.astype(float)
        index = encoding.space.names.index(name)
        in_use = _with_room(encoding, region, name, known, taken)

        def spread(places: Array, index: int = index) -> Array:
            U = np.full((n, len(encoding.space)), 0.5)
            U[:, index] = np.clip(places, 0.0, n) / n
            return encoding.spread(U, region)

        # The multiples of the golden ratio fill an interval evenly, however many are taken; of a
        # real one not to its very ends, where rounding would lead into the next stratum.
        edge = 0.1 if isinstance(encoding.space[name], Real) else 0.0
        places: Array = strata + edge + (1.0 - 2.0 * edge) * ((0.5 + turn * GOLDEN) % 1.0)
        near = (strata + 0.0, strata + 1.0) if turn % 2 else (places - SNAP, places + SNAP)
        columns[name] = [
            _in_use(encoding, region, name, x, in_use, low, high)
            for x, low, high in zip(spread(places), *(spread(end) for end in near), strict=True)
        ]
    return [{name: values[row] for name, values in columns.items()} for row in range(n)]


def _with_room(
    encoding: Encoding, region: Region, name: str, known: Sequence[Params], taken: Sequence[Params]
) -> list[Params]:
    """Return the known runs at whose value of a parameter something else is left to run."""
    others = [parameter for parameter in encoding.space if parameter.name != name]
    count = math.prod(1.0 if p.name in region.fixed else levels(p) for p in others)
    if math.isinf(count):
        return list(known)
    tried: dict[Value, set[tuple[Value, ...]]] = {}
    for run in taken:
        if all(region.admits(p, run[p.name]) for p in others):
            tried.setdefault(run[name], set()).add(tuple(run[p.name] for p in others))
    return [run for run in known if len(tried.get(run[name], ())) < count]


def _in_use(
    encoding: Encoding,
    region: Region,
    name: str,
    x: Array,
    known: Sequence[Params],
    low: Array,
    high: Array,
) -> Value:
    """Return the value in use between two points that is nearest to x, or x's own without one."""
    own = round_params(encoding.decode(x, region), encoding, region)[name]
    if isinstance(encoding.space[name], Categorical) or name in region.fixed or not known:
        return own
    column = encoding.columns[name].start
    there = encoding.encode(known)[:, column]
    last = high[column] == encoding.bounds(region)[1][column]
    below = there <= high[column] if last else there < high[column]
    inside = np.flatnonzero((there >= low[column]) & below)
    if not len(inside):
        return own
    return known[int(inside[np.argmin(np.abs(there[inside] - x[column]))])][name]
