"""How predictions and results compare: how close, how sure, the intervals, the order of the runs.

Symbols: `actual`, `mean` and `sd` (n,) are the results and what was predicted of them.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import binom

Array = npt.NDArray[np.float64]

NOMINAL = (0.5, 0.8, 0.95)
LEVEL = 0.9  # of the intervals by which a fit is judged


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures of n predictions against a simple rival's.

    `r2` is the share of the rival's squared error that the predictions save: 1 is perfect, 0 no
    better. `log_density` is the mean log density of the results, in nats a run. `inside` counts
    the results within the central 90 % intervals, and `chance` is how likely so few would be if
    the intervals were right.
    """

    n: int
    r2: float
    log_density: float
    inside: int
    chance: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the results lay within the intervals that should hold the share `nominal`.

    `low` and `high` are how many it would be with good intervals, in 95 of 100 cases.
    """

    nominal: float
    inside: int
    of: int
    low: int
    high: int


def coverage(actual: Array, mean: Array, sd: Array, nominal: float) -> Coverage:
    """Return how many results lay within the central normal intervals of that share."""
    half_width = float(ndtri(0.5 + 0.5 * nominal)) * sd
    inside = int((np.abs(actual - mean) <= half_width).sum())
    low, high = (int(binom.ppf(q, len(actual), nominal)) for q in (0.025, 0.975))
    return Coverage(nominal, inside, len(actual), low, high)


def rank_agreement(
    predicted: Sequence[float], actual: Sequence[float], groups: Sequence[Hashable]
) -> tuple[float | None, int]:
    """Return Kendall's tau-b over the pairs within a group, and how many pairs there are.

    None where no pair differs in both; with one group it is the tau-b of the whole (Kendall 1945).
    """
    x, y = np.asarray(predicted, dtype=float), np.asarray(actual, dtype=float)
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    group = np.array([codes[one] for one in groups])
    agreement = by_prediction = by_result = pairs = 0
    for index in range(len(y)):
        others = index + 1 + np.flatnonzero(group[index + 1 :] == group[index])
        one, other = np.sign(x[index] - x[others]), np.sign(y[index] - y[others])
        agreement += int((one * other).sum())
        by_prediction += int(np.count_nonzero(one))
        by_result += int(np.count_nonzero(other))
        pairs += len(others)
    if not by_prediction or not by_result:
        return None, pairs
    return float(agreement / (by_prediction * by_result) ** 0.5), pairs


def root_mean_square(errors: Array) -> float:
    """Return the root of the mean square of (n,) errors."""
    return float(np.sqrt((errors**2).mean()))


def calibration(actual: Array, mean: Array, sd: Array, rival: Array) -> Calibration:
    """Return how well the predictions agree with the results, n >= 1.

    Args:
        actual: the results.
        mean: what was predicted.
        sd: the standard deviations of that, above 0.
        rival: (n,) predictions of something simple, such as the mean of the other runs.
    """
    z = (actual - mean) / sd
    baseline = float(((actual - rival) ** 2).sum())
    error = float(((actual - mean) ** 2).sum())
    inside = coverage(actual, mean, sd, LEVEL).inside
    return Calibration(
        n=len(actual),
        r2=1.0 - error / baseline if baseline > 0 else 0.0,
        log_density=float((-0.5 * z**2 - np.log(sd)).mean()) - 0.5 * math.log(2.0 * math.pi),
        inside=inside,
        chance=float(binom.cdf(inside, len(actual), LEVEL)),
    )


def means_of_the_others(y: Array, groups: npt.NDArray[np.intp]) -> Array:
    """Return for each of n >= 2 runs the mean of the others in its group, else of all others."""
    counts, sums = np.bincount(groups)[groups], np.bincount(groups, weights=y)[groups]
    of_all = (y.sum() - y) / (len(y) - 1)
    return np.where(counts > 1, (sums - y) / np.maximum(counts - 1, 1), of_all)
