"""Least squares: which value the others contradict, and which column the others make up.

Symbols: A (n, k) holds the explanatory columns, y (n,) the values to explain.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SINGULAR = 1e-10  # of the largest singular value: below it a direction was never looked at


def studentised_residuals(A: Array, y: Array) -> Array:
    """Return the (n,) residuals of y regressed on A and a constant, each in its own error.

    The error is estimated without the row, so that under a normal model a residual follows
    Student's t with n - k - 2 degrees of freedom (Cook & Weisberg 1982, "externally studentised").
    It is 0 where a row is fitted whatever its value, and where the others leave no error.
    """
    n = len(y)
    left, singular, _ = np.linalg.svd(np.column_stack([np.ones(n), A]), full_matrices=False)
    left = left[:, singular > SINGULAR * singular[0]]
    freedom = n - left.shape[1] - 1
    if freedom < 1:
        return np.zeros(n)
    leverage = np.einsum("ij,ij->i", left, left)
    residual = y - left @ (left.T @ y)
    free = np.maximum(1.0 - leverage, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = residual**2 / free
        variance = (float(residual @ residual) - own) / freedom
        t = residual / np.sqrt(variance * free)
    usable = (free > SINGULAR) & (variance > SINGULAR * float(y.var()))
    return np.where(usable, t, 0.0)


def variance_inflation(A: Array) -> Array:
    """Return each column's (k,) variance inflation, 1 / (1 - R2) on the other columns.

    It is 1 for a column that the others say nothing of, and infinite for one that they make up
    (Belsley, Kuh & Welsch 1980). A column that never varies has 1.
    """
    found = np.ones(A.shape[1])
    varied = np.flatnonzero(np.ptp(A, axis=0) > 0)
    centred = A[:, varied] - A[:, varied].mean(0)
    for place, column in enumerate(varied):
        y, others = centred[:, place], np.delete(centred, place, axis=1)
        left, singular, _ = np.linalg.svd(others, full_matrices=False)
        if len(singular):
            left = left[:, singular > SINGULAR * max(float(singular[0]), 1.0)]
        rest = y - left @ (left.T @ y)
        share = float(rest @ rest) / float(y @ y)
        found[column] = 1.0 / share if share > SINGULAR else np.inf
    return found
