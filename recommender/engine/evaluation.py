"""Which finished runs to measure first, when the objective's metric is missing.

Evaluating a checkpoint takes minutes, a training hours: a metric computed for a run that is
already finished is the cheapest knowledge there is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from recommender.engine.encoding import Encoding, Region
from recommender.engine.evidence import Evidence
from recommender.engine.kernel import Component, Kernel
from recommender.engine.posterior import Posterior

Array = npt.NDArray[np.float64]

GRID = 256  # points that stand for the search space
CANDIDATES = 1000  # finished runs at most, the latest, among which the most informative are sought


def worth_measuring(
    n: int,
    evidence: Evidence,
    encoding: Encoding,
    posterior: Posterior | None,
    rng: np.random.Generator,
) -> tuple[str, ...]:
    """Return the ids of up to n finished runs without a value, the most informative first.

    Args:
        n: how many.
        evidence: the runs.
        encoding: of the search space.
        posterior: what is believed; without a model it matters only where runs were measured.
        rng: for the points that stand for the search space.
    """
    if not evidence.unmeasured:
        return ()
    if posterior is None:
        posterior = prior(encoding.width)
        if len(evidence.X):
            posterior = posterior.condition(evidence.X, np.zeros((len(evidence.X), 1)))
    recent = evidence.unmeasured[-CANDIDATES:]
    X = encoding.encode([run.params for run in recent])
    grid = encoding.spread(qmc.Sobol(len(encoding.space), rng=rng).random(GRID), Region())
    return tuple(recent[index].id for index in most_informative(posterior, X, grid, n))


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
