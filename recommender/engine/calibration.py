"""How well predictions agree with what came: how close, how sure, how often inside the interval.

Symbols: y (n,) are results, mean (n,) and sd (n,) what was predicted of each without knowing it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import binom

Array = npt.NDArray[np.float64]


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


LEVEL = 0.9  # of the intervals that are counted


def calibration(y: Array, mean: Array, sd: Array, rival: Array) -> Calibration:
    """Return how well the predictions agree with the results, n >= 1.

    Args:
        y: the results.
        mean: what was predicted.
        sd: the standard deviations of that, above 0.
        rival: (n,) predictions of something simple, such as the mean of the other runs.
    """
    z = (y - mean) / sd
    baseline = float(((y - rival) ** 2).sum())
    error = float(((y - mean) ** 2).sum())
    inside = int((np.abs(z) <= float(ndtri(0.5 + LEVEL / 2))).sum())
    return Calibration(
        n=len(y),
        r2=1.0 - error / baseline if baseline > 0 else 0.0,
        log_density=float((-0.5 * z**2 - np.log(sd)).mean()) - 0.5 * math.log(2.0 * math.pi),
        inside=inside,
        chance=float(binom.cdf(inside, len(y), LEVEL)),
    )


def means_of_the_others(y: Array, groups: npt.NDArray[np.intp]) -> Array:
    """Return for each of n >= 2 runs the mean of the others in its group, else of all others."""
    counts, sums = np.bincount(groups)[groups], np.bincount(groups, weights=y)[groups]
    of_all = (y.sum() - y) / (len(y) - 1)
    return np.where(counts > 1, (sums - y) / np.maximum(counts - 1, 1), of_all)
