"""Which of very many runs stand for all of them.

A run must not be chosen for its own luck: where results are noisy the lowest of very many are the
luckiest, and a model that is given those and not the others believes them. So the best runs are
those whose neighbours are good, and a result counts for itself only where no noise explains it.

Symbols: X (n, D) points of the unit cube, y (n,) losses.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

Array = npt.NDArray[np.float64]

BEST = 1 / 3  # of the subset are the best runs, since the sweep is about them
DISCOVERIES = 1 / 20  # of the subset at most: runs that are better than noise explains
NEIGHBOURS = 8
ODD = 5.0  # standard deviations of what a run is better than its neighbours
MANY = 10_000  # places, of which neighbours need not be the nearest, but within twice the distance


def representative(X: Array, y: Array, size: int) -> npt.NDArray[np.intp]:
    """Return the sorted indices of `size` runs: some that fill the space, and the best ones.

    The best are those about which the losses are lowest, and those that are lower than their
    neighbours by more than noise explains. The others are chosen first, whatever their results:
    what the best leave would be the unluckiest.
    """
    if len(y) <= size:
        return np.arange(len(y))
    about = about_places(X, y)
    promising = np.argsort(about, kind="stable")
    chosen = set(spread_out(X, size - int(BEST * size), int(promising[0])).tolist())
    gain = about - y
    middle = float(np.median(gain))
    spread = 1.4826 * float(np.median(np.abs(gain - middle)))  # robust: that of a normal's sd
    oddest = np.argsort(-gain, kind="stable")[: int(DISCOVERIES * size)]
    discoveries = oddest[gain[oddest] - middle > ODD * spread]
    for index in (*discoveries.tolist(), *promising.tolist()):
        if len(chosen) == size:
            break
        chosen.add(index)
    return np.array(sorted(chosen))


def about_places(X: Array, y: Array) -> Array:
    """Return the mean loss about the place of each run (n,), the same for all runs of a place.

    It is that of the runs at the nearest other places, each of which counts as its runs do but no
    more than the number of neighbours, and of all runs at the place but one: a place that was run
    once is judged by the others alone.
    """
    places, place = np.unique(X, axis=0, return_inverse=True)
    place = place.ravel()
    runs = np.bincount(place)
    means = np.bincount(place, weights=y) / runs
    count = min(NEIGHBOURS + 1, len(places))
    slack = 1.0 if len(places) > MANY else 0.0
    near = KDTree(places).query(places, count, eps=slack)[1].reshape(len(places), count)
    weights = np.minimum(runs, NEIGHBOURS)[near].astype(float)
    weights[near == np.arange(len(places))[:, None]] = 0.0
    own = runs - 1.0
    total = (weights * means[near]).sum(axis=1) + own * means
    return np.asarray(total / np.maximum(weights.sum(axis=1) + own, 1.0))[place]


def spread_out(X: Array, size: int, first: int) -> npt.NDArray[np.intp]:
    """Return the sorted indices of `size` points: the first one, and others that fill the space.

    Each of the others is the point farthest from those chosen before (Gonzalez 1985, "Clustering
    to minimize the maximum intercluster distance").

    Args:
        X: (n, D) points, n >= size.
        size: how many.
        first: the index of a point.
    """
    chosen = [first]
    squares = np.einsum("ij,ij->i", X, X)
    gaps = np.full(len(X), np.inf)
    while len(chosen) < size:
        last = chosen[-1]
        gaps = np.minimum(gaps, squares + squares[last] - 2.0 * X @ X[last])
        gaps[last] = -np.inf
        chosen.append(int(np.argmax(gaps)))
    return np.array(sorted(chosen))
