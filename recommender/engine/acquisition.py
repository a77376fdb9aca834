"""Log noisy expected improvement over posterior draws, and its gradient.

Symbols: mean (m, S), sd (m,), best (S,): at each of m points and for each of S joint draws of the
latent values at the runs that matter, the conditional mean, the standard deviation, and the best
(lowest) value drawn. Averaging the closed-form expected improvement over draws
("Rao-Blackwellised", Letham et al. 2019, arXiv:1706.07094, eq. 5) keeps it smooth.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, ndtr

Array = npt.NDArray[np.float64]

LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
SQRT_HALF_PI = math.sqrt(0.5 * math.pi)


def log_h(u: Array) -> tuple[Array, Array]:
    """Return log(phi(u) + u Phi(u)) and its derivative, stable for every u.

    Ament et al. 2023 (arXiv:2310.20708), eq. 9: the direct form loses all digits below about -5.
    """
    value, slope = np.empty_like(u), np.empty_like(u)

    high = u > -1.0
    v = u[high]
    Phi = ndtr(v)
    h = np.exp(-0.5 * v * v - LOG_SQRT_2PI) + v * Phi
    value[high], slope[high] = np.log(h), Phi / h

    middle = ~high & (u > -25.0)
    v = u[middle]
    tail = SQRT_HALF_PI * erfcx(-v / math.sqrt(2.0))
    rest = 1.0 + v * tail
    value[middle], slope[middle] = -0.5 * v * v - LOG_SQRT_2PI + np.log(rest), tail / rest

    low = u <= -25.0
    v = u[low]
    # The asymptotic series of the Mills ratio; its next term is below 1e-6 here.
    w = 1.0 / (v * v)
    series = w * (15.0 * w - 3.0)
    value[low] = -0.5 * v * v - LOG_SQRT_2PI - 2.0 * np.log(-v) + np.log1p(series)
    slope[low] = -v - 2.0 / v + w * (6.0 - 60.0 * w) / (v * (1.0 + series))
    return value, slope


def log_expected_improvement(mean: Array, sd: Array, best: Array) -> tuple[Array, Array, Array]:
    """Return the (m, S) log expected improvement below `best`, and its derivatives.

    Returns:
        The value, its derivative with respect to the mean, and with respect to the standard
        deviation, each (m, S).
    """
    u = (best - mean) / sd[:, None]
    value, slope = log_h(u)
    return (
        value + np.log(sd)[:, None],
        -slope / sd[:, None],
        (1.0 - u * slope) / sd[:, None],
    )


def log_mean_exp(values: Array) -> tuple[Array, Array]:
    """Return the (m,) logarithms of the mean exponential over draws, and the (m, S) weights."""
    top = values.max(axis=1, keepdims=True)
    weights = np.exp(values - top)
    total = weights.sum(axis=1, keepdims=True)
    return top[:, 0] + np.log(total[:, 0] / values.shape[1]), weights / total


def improvement(mean: float, sd: float) -> tuple[float, float]:
    """Return E[max(d, 0)] and P(d > 0) for a normal improvement d of that mean and sd."""
    if sd <= 0.0:
        return max(mean, 0.0), float(mean > 0.0)
    u = mean / sd
    density = math.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)
    chance = float(ndtr(u))
    return max(sd * density + mean * chance, 0.0), chance
