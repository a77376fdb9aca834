"""Which of very many runs stand for all of them.

Symbols: X (n, D) points of the unit cube, y (n,) losses.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

BEST = 1 / 3  # of the subset are the best runs, since the sweep is about them


def representative(X: Array, y: Array, size: int) -> npt.NDArray[np.intp]:
    """Return the sorted indices of `size` runs: the best ones, and others that fill the space.

    Each of the others is the run farthest from those chosen before (Gonzalez 1985, "Clustering to
    minimize the maximum intercluster distance").
    """
    if len(y) <= size:
        return np.arange(len(y))
    chosen = [int(index) for index in np.argsort(y, kind="stable")[: max(1, int(BEST * size))]]
    squares = np.einsum("ij,ij->i", X, X)
    gaps = np.full(len(y), np.inf)
    for index in chosen:
        gaps = np.minimum(gaps, squares + squares[index] - 2.0 * X @ X[index])
    gaps[chosen] = -np.inf
    while len(chosen) < size:
        index = int(np.argmax(gaps))
        chosen.append(index)
        gaps = np.minimum(gaps, squares + squares[index] - 2.0 * X @ X[index])
        gaps[index] = -np.inf
    return np.array(sorted(chosen))
