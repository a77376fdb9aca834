"""Points chosen without a model: where nothing is known yet, and where to look at all contexts.

Symbols: X (n, D) points of the unit cube.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.stats import qmc

from recommender.engine.encoding import Encoding, Region
from recommender.run import Params, Value
from recommender.space import Categorical

Array = npt.NDArray[np.float64]

CHOICES = 10  # Sobol points among which the farthest from the known ones is taken
SNAP = 0.22  # of a stratum: a context value that near to a known one is taken as the known one


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
    turn: int,
    rng: np.random.Generator,
) -> list[dict[str, Value]]:
    """Return n values of the context parameters that cover their range by design.

    The range is cut into n strata and each gives one value, at a place within the stratum that
    moves with `turn` (van der Corput), so that successive batches fill the gaps. A value close to
    one in use is taken as that one, because results compare only at equal context. Several context
    parameters are paired as a Latin hypercube.
    """
    columns: dict[str, list[Value]] = {}
    for position, name in enumerate(context):
        strata = np.arange(n) if position == 0 else rng.permutation(n)
        U = np.full((n, len(encoding.space)), 0.5)
        index = encoding.space.names.index(name)
        U[:, index] = (strata + _van_der_corput(turn)) / n
        spread = encoding.spread(U, region)
        columns[name] = [_in_use(encoding, region, name, x, known, SNAP / n) for x in spread]
    return [{name: values[row] for name, values in columns.items()} for row in range(n)]


def _in_use(
    encoding: Encoding, region: Region, name: str, x: Array, known: Sequence[Params], reach: float
) -> Value:
    from recommender.engine.rounding import round_params

    params = round_params(encoding.decode(x, region), encoding, region)
    if isinstance(encoding.space[name], Categorical) or name in region.fixed or not known:
        return params[name]
    column = encoding.columns[name]
    lower, upper = encoding.bounds(region)
    there = encoding.encode(known)[:, column.start]
    inside = np.flatnonzero((there >= lower[column.start]) & (there <= upper[column.start]))
    if not len(inside):
        return params[name]
    nearest = inside[int(np.argmin(np.abs(there[inside] - x[column.start])))]
    width = float(upper[column.start] - lower[column.start])
    close = abs(float(there[nearest] - x[column.start])) <= reach * width
    return known[int(nearest)][name] if close else params[name]


def _van_der_corput(turn: int) -> float:
    """Return the turn-th point of the base-2 sequence 1/2, 1/4, 3/4, 1/8, ..."""
    value, weight, index = 0.0, 0.5, turn + 1
    while index:
        value += weight * (index & 1)
        index >>= 1
        weight /= 2
    return value
