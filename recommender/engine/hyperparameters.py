"""Which hyperparameters the runs make likely: the most probable ones, and those around them.

Symbols: theta (T,) as in `likelihood`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from recommender.engine.likelihood import Likelihood

Array = npt.NDArray[np.float64]

BOUNDS = {"lengthscale": (0.02, 100.0), "variance": (1e-3, 1e2), "noise": (1e-6, 1e1)}
NO_EFFECT = 20.0  # the logarithm of a length scale so long that the parameter has no effect
CLIMBS = 2  # from the best of the starting points
EXACTLY, ROUGHLY = 1e-7, 1e-4  # of the log density: a climb ends where a step gains less
STEP = 1e-3  # of theta, for the curvature
MANY = 100  # runs: with more, one start finds what several would, and the top is known roughly
TELLING = 2.0  # nats of log marginal likelihood that an effect must be worth
CLEAR = 20.0  # nats of which no other start takes so many that the effect is not telling
NEGLIGIBLE = 1e-3  # weight of hyperparameters that are left out of an average


def starts(likelihood: Likelihood) -> list[Array]:
    """Return starting points: short and long length scales, little and much noise."""
    count = len(likelihood.components)
    found = []
    for factor, noise in ((0.205, 0.01), (0.5, 0.1), (0.5, 1e-4), (3.0, 0.5)):
        lengths = [math.log(factor * len(c) ** 0.5) for c in likelihood.components for _ in c]
        small = [math.log(noise)] * (1 + likelihood.rough)
        found.append(np.array([*lengths, *[-math.log(count)] * count, *small]))
    return found


def again(likelihood: Likelihood, theta: Array) -> list[Array]:
    """Return starting points for a fit to nearly the same runs, whose theta was this."""
    return [theta] if len(likelihood.y) > MANY else [theta, *starts(likelihood)[:2]]


def maximise(
    likelihood: Likelihood, beginnings: Sequence[Array], without: Collection[int] = ()
) -> Array:
    """Return the most probable theta found from these beginnings.

    Args:
        likelihood: what to maximise.
        beginnings: (T,) points, the best of which are climbed from.
        without: the parameters that must have no effect.
    """
    bounds = _bounds(likelihood)
    for index in _lengths_of(likelihood, without):
        bounds[index] = (NO_EFFECT, NO_EFFECT)
    climbs, precision = (1, ROUGHLY) if len(likelihood.y) > MANY else (CLIMBS, EXACTLY)
    inside = [np.clip(beginning, *np.transpose(bounds)) for beginning in beginnings]
    inside.sort(key=lambda theta: likelihood.negative_log_posterior(theta)[0])
    results = [
        minimize(
            likelihood.negative_log_posterior,
            beginning,
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 100, "ftol": precision, "gtol": 1e-3},
        )
        for beginning in inside[:climbs]
    ]
    return np.asarray(min(results, key=lambda result: float(result.fun)).x)


def evidence(likelihood: Likelihood, theta: Array) -> Array:
    """Return the (p,) gains in log marginal likelihood from letting each parameter matter at all.

    The other hyperparameters are fitted anew without it: what one parameter explains, another or
    the noise may explain as well. The gain may be less than is found here where that cannot change
    whether it is telling; of many runs one climb finds it (see MANY).
    """
    full = likelihood.log_marginal(theta)
    *_, noise = starts(likelihood)
    gains = []
    for parameter in likelihood.components[0]:
        without = maximise(likelihood, [theta], [parameter])
        gain = full - likelihood.log_marginal(without)
        if len(likelihood.y) <= MANY and TELLING < gain < CLEAR:
            without = maximise(likelihood, [noise], [parameter])
            gain = min(gain, full - likelihood.log_marginal(without))
        gains.append(gain)
    return np.array(gains)


def informative(likelihood: Likelihood, theta: Array) -> bool:
    """Return whether the runs tell any effect from a constant with noise.

    Letting parameters matter must gain a nat for each hyperparameter that it takes (Akaike 1974)
    and what an effect must be worth.
    """
    *_, noise = starts(likelihood)
    constant = maximise(likelihood, [noise], without=likelihood.components[0])
    gain = likelihood.log_marginal(theta) - likelihood.log_marginal(constant)
    return gain > TELLING + len(theta) - 1


def around(likelihood: Likelihood, theta: Array) -> tuple[Array, Array]:
    """Return at most 2 T hyperparameters (., T) around the most probable ones, and their weights.

    They lie on the axes of the Gaussian that fits the posterior density at its top, sqrt(T)
    standard deviations off, so that together they have its mean and covariance; the weights
    correct them by the density that was found there (Rue et al. 2009, section 6.5).
    """
    variances, axes = np.linalg.eigh(_curvature(likelihood, theta))
    # Where the runs say nothing the prior does: no direction is wider than it.
    widest = likelihood.priors.sd.max()
    sds = np.clip(variances, widest**-2, None) ** -0.5
    steps = math.sqrt(len(theta)) * (axes * sds).T
    points = np.vstack([theta + steps, theta - steps])
    logs = np.array([-likelihood.negative_log_posterior(point)[0] for point in points])
    weights = np.exp(logs - logs.max())
    kept = weights > NEGLIGIBLE * weights.sum()
    return points[kept], weights[kept] / weights[kept].sum()


def _curvature(likelihood: Likelihood, theta: Array) -> Array:
    """Return the (T, T) second derivatives of the negative log posterior density."""
    rows = []
    for index in range(len(theta)):
        step = np.zeros_like(theta)
        step[index] = STEP
        _, above = likelihood.negative_log_posterior(theta + step)
        _, below = likelihood.negative_log_posterior(theta - step)
        rows.append((above - below) / (2.0 * STEP))
    curvature = np.array(rows)
    return np.asarray(0.5 * (curvature + curvature.T))


def _bounds(likelihood: Likelihood) -> list[tuple[float, float]]:
    lengths = sum(len(members) for members in likelihood.components)
    kinds = ["lengthscale"] * lengths + ["variance"] * len(likelihood.components)
    kinds += ["noise"] * (1 + likelihood.rough)  # what is rough may be all that looks like noise
    return [(math.log(low), math.log(high)) for low, high in (BOUNDS[kind] for kind in kinds)]


def _lengths_of(likelihood: Likelihood, parameters: Collection[int]) -> list[int]:
    """Return the places in theta of these parameters' length scales."""
    members = [member for component in likelihood.components for member in component]
    return [index for index, member in enumerate(members) if member in parameters]
