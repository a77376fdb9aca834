"""Which finished runs to measure first, when the objective's metric is missing.

Evaluating a checkpoint takes minutes, a training hours: a metric computed for a run that is
already finished is the cheapest knowledge there is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommender.engine.kernel import Component, Kernel
from recommender.engine.posterior import Posterior

Array = npt.NDArray[np.float64]

CANDIDATES = 1000  # finished runs at most, the latest, among which the most informative are sought


def most_informative(posterior: Posterior, X: Array, grid: Array, n: int) -> list[int]:
    """Return the indices of up to n of the (m, D) points, the most informative first.

    Each is the one whose measurement lowers the posterior variance most, summed over the (g, D)
    grid, given those chosen before (Cohn 1996, "active learning - Cohn").
    """
    _, covariance = posterior.joint(np.vstack([X, grid]))
    m = len(X)
    chosen: list[int] = []
    for _ in range(min(n, m)):
        gain = (covariance[:m, m:] ** 2).sum(axis=1)
        gain /= np.maximum(np.diag(covariance)[:m], 0.0) + posterior.noise
        gain[chosen] = -np.inf
        best = int(np.argmax(gain))
        chosen.append(best)
        column = covariance[:, best].copy()
        covariance = covariance - np.outer(column, column) / (column[best] + posterior.noise)
    return chosen


def prior(width: int) -> Posterior:
    """Return a Gaussian process that knows no run yet, for a cube of that many columns."""
    kernel = Kernel((Component(np.full(width, 0.2 * width**0.5), 1.0),))
    empty = np.zeros((0, 0))
    return Posterior(kernel, np.zeros((0, width)), empty, np.zeros((0, 1)), 0.0, 1e-2)
