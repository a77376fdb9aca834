"""Compares peers over the same races. Pure functions of arrays of regrets.

Regrets below the floor count as the floor: at that size a difference is no longer worth a run, and
a ratio of two of them would say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata, wilcoxon

Array = npt.NDArray[np.float64]

FLOOR = 1e-3
RESAMPLES = 10_000


def geometric_mean(regrets: Array) -> float:
    """Return the geometric mean of (n,) floored regrets."""
    return float(np.exp(_log(regrets).mean()))


def mean_ranks(regrets: Array) -> Array:
    """Return the (p,) mean ranks of p peers over the rows of (n, p) regrets; ties share a rank."""
    ranks: Array = rankdata(np.maximum(regrets, FLOOR), axis=1).mean(axis=0)
    return ranks


def ratio(ours: Array, theirs: Array) -> float:
    """Return the geometric mean of (n,) paired ratios; below 1 ours is better."""
    return float(np.exp((_log(ours) - _log(theirs)).mean()))


def ratio_interval(
    ours: Array, theirs: Array, *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile interval of `ratio` over a bootstrap of the n pairs."""
    differences = _log(ours) - _log(theirs)
    rng = np.random.default_rng(seed)
    means = [
        differences[rng.integers(0, len(differences), len(differences))].mean()
        for _ in range(RESAMPLES)
    ]
    return _middle(np.array(means), level)


def ratio_interval_of_other_tasks(
    pairs: Sequence[tuple[Array, Array]], *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the same interval with the tasks drawn anew too, and then the pairs of each.

    Args:
        pairs: our regrets and theirs, (n,) each, a pair a task.
        level: of the interval.
        seed: for the bootstrap.
    """
    rng = np.random.default_rng(seed)
    differences = [_log(ours) - _log(theirs) for ours, theirs in pairs]
    means = np.array(
        [one[rng.integers(0, len(one), (RESAMPLES, len(one)))].mean(axis=1) for one in differences]
    )
    shape = (RESAMPLES, len(pairs))
    tasks, resamples = rng.integers(0, len(pairs), shape), rng.integers(0, RESAMPLES, shape)
    weights = np.array([len(one) for one in differences])[tasks]
    drawn = np.average(means[tasks, resamples], axis=1, weights=weights)
    return _middle(drawn, level)


def worst_decile(regrets: Array) -> float:
    """Return the regret that one race in ten exceeds."""
    return float(np.quantile(regrets, 0.9))


def wilcoxon_p(ours: Array, theirs: Array) -> float:
    """Return the two-sided p of Wilcoxon's signed rank test on the logarithms of (n,) pairs.

    Ties count against a difference (Pratt); all ties give 1.
    """
    differences = _log(ours) - _log(theirs)
    if not differences.any():
        return 1.0
    return float(wilcoxon(differences, zero_method="pratt").pvalue)


def _middle(logarithms: Array, level: float) -> tuple[float, float]:
    """Return the values between which so much of a bootstrap lies."""
    low, high = np.exp(np.quantile(logarithms, [(1 - level) / 2, (1 + level) / 2]))
    return float(low), float(high)


def _log(regrets: Array) -> Array:
    return np.asarray(np.log(np.maximum(regrets, FLOOR)))
