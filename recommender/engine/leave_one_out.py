"""What a fitted Gaussian process predicts for each run from the other runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from recommender.engine.likelihood import Likelihood, inverse

Array = npt.NDArray[np.float64]


def leave_one_out(likelihood: Likelihood, theta: Array) -> tuple[Array, Array]:
    """Return each run's predictive (n,) mean and standard deviation, given only the others.

    The constant mean is estimated without the run as well (Dubrule 1983, "Cross validation of
    kriging in a unique neighborhood"), so an odd run cannot draw its own prediction to itself.
    """
    solved = inverse(likelihood.covariance(theta))
    if solved is None:
        return np.zeros_like(likelihood.y), np.ones_like(likelihood.y)
    K_inverse, _ = solved
    weights = K_inverse.sum(0)
    Q = K_inverse - np.outer(weights, weights) / weights.sum()
    variance = 1.0 / np.diag(Q)
    return likelihood.y - variance * (Q @ likelihood.y), np.sqrt(variance)


def leave_one_out_believed(likelihood: Likelihood, theta: Array) -> tuple[Array, Array]:
    """Return the same, each run's own result as if it had no extra variance."""
    mean, sd = leave_one_out(likelihood, theta)
    odd = np.flatnonzero(likelihood.extra)
    if not len(odd):
        return mean, sd
    # Taking a run's extra variance from what it led to would lose all digits.
    bare = replace(likelihood, extra=np.zeros_like(likelihood.extra))
    least, extra = bare.diagonal(theta)[odd], likelihood.extra[odd]
    together = _given_the_others(bare.covariance(theta), odd)
    for place, run in enumerate(odd):
        rest = np.arange(len(odd)) != place
        cross = together[rest, place]
        known = together[np.ix_(rest, rest)] + np.diag(extra[rest])
        variance = together[place, place] - cross @ np.linalg.solve(known, cross)
        sd[run] = np.sqrt(max(variance, least[place]))
    return mean, sd


def _given_the_others(K: Array, chosen: npt.NDArray[np.intp]) -> Array:
    """Return the (k, k) predictive covariance of chosen results, a constant mean being unknown.

    Universal kriging (Cressie 1993, section 3.4).

    Args:
        K: (n, n) covariance of all results.
        chosen: (k,) indices.
    """
    others = np.setdiff1d(np.arange(len(K)), chosen)
    cross = np.column_stack([K[np.ix_(others, chosen)], np.ones(len(others))])
    explained = cross.T @ np.linalg.solve(K[np.ix_(others, others)], cross)
    unknown = 1.0 - explained[:-1, -1]
    known = K[np.ix_(chosen, chosen)] - explained[:-1, :-1]
    return np.asarray(known + np.outer(unknown, unknown) / explained[-1, -1])
