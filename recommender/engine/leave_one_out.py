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
    for run in np.flatnonzero(likelihood.extra):
        extra = likelihood.extra.copy()
        extra[run] = 0.0  # subtracting it from the variance would lose all digits
        sd[run] = leave_one_out(replace(likelihood, extra=extra), theta)[1][run]
    return mean, sd
