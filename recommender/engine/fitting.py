"""Fits the hyperparameters to the runs, robust to odd ones, and builds the Gaussian process.

skopt's regressor carries each fitted process.

Symbols: X (n, D) are the runs in the unit cube, y (n,) their losses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import RBF, ConstantKernel

from recommender.engine.hyperparameters import again, maximise, starts
from recommender.engine.kernel import Component, Kernel
from recommender.engine.likelihood import JITTER, Likelihood, generalised_mean, inverse
from recommender.engine.outliers import doubt, doubt_many
from recommender.engine.posterior import Posterior
from recommender.engine.warping import Warp

Array = npt.NDArray[np.float64]
Columns = npt.NDArray[np.intp]

TINY = 1e-100  # below it the square of a scale is no longer a number
IGNORED = 1e4  # the variance, in those of all losses, of a run that says nothing
TELLING = 2.0  # nats of log marginal likelihood that an effect must be worth


class Fitted(NamedTuple):
    """A likelihood, its most probable theta, and how its values were warped and standardised."""

    likelihood: Likelihood
    theta: Array
    warp: Warp
    centre: float
    scale: float


def fit_robustly(
    X: Array,
    y: Array,
    groups: Columns,
    context: Sequence[int],
    measured: int,
) -> Fitted:
    """Return the most probable fit, in which odd runs are discounted, on the likelier scale.

    Args:
        X: (n, D) points.
        y: (n,) losses.
        groups: (D,) index of the parameter that each column belongs to.
        context: the parameters that have an effect of their own.
        measured: how many runs, the first ones, may be doubted; without any, the values are no
            losses, and none is.
    """
    centre, scale = _standardisation(y)
    likelihood = Likelihood.of(X, (y - centre) / scale, groups, context=context)
    theta = maximise(likelihood, starts(likelihood))
    while measured > 4 and (trial := doubt(likelihood, theta, measured)) is not None:
        # Without the run the others spread differently, so they are standardised anew.
        extra = trial[0].extra * scale**2
        centre, scale = _standardisation(y[extra == 0])
        likelihood = replace(likelihood, y=(y - centre) / scale, extra=extra / scale**2)
        theta = maximise(likelihood, again(likelihood, trial[1]))
    fitted = Fitted(likelihood, theta, Warp(), centre, scale)
    # Losses of different contexts are of different sizes: their median says nothing.
    return fitted if context or not measured else _warped(fitted, y)


def _warped(fitted: Fitted, y: Array) -> Fitted:
    """Return the fit on a warped scale if that makes the believed runs likelier by far."""
    likelihood, theta, *_, scale = fitted
    believed = likelihood.extra == 0
    warp = Warp.of(y[believed])
    z = warp(y)
    middle, width = _standardisation(z[believed])
    ignored = np.where(believed, 0.0, IGNORED)
    after = replace(likelihood, y=(z - middle) / width, extra=ignored)
    other = maximise(after, again(after, theta))
    gain = after.log_marginal(other) - replace(likelihood, extra=ignored).log_marginal(theta)
    gain += float(warp.log_slope(y[believed]).sum()) - believed.sum() * math.log(width / scale)
    return Fitted(after, other, warp, middle, width) if gain > TELLING else fitted


def extended(
    told: Fitted, X: Array, y: Array, groups: Columns, context: Sequence[int], measured: int
) -> Fitted:
    """Return the fit of all runs with the hyperparameters that some of them told."""
    z = (told.warp(y) - told.centre) / told.scale
    likelihood = Likelihood.of(X, z, groups, context=context)
    return told._replace(likelihood=doubt_many(likelihood, told.theta, measured))


def _standardisation(y: Array) -> tuple[float, float]:
    scale = float(y.std())
    return float(y.mean()), scale if scale > max(1e-12 * float(np.abs(y).max()), TINY) else 1.0


def posterior_of(X: Array, y: Array, fitted: Fitted, groups: Columns) -> Posterior:
    """Return the Gaussian process of a fit to losses y (n,), on the fit's scale."""
    likelihood, theta, warp, _, scale = fitted
    z = warp(y)
    lengths, variances, noise = likelihood.split(theta)
    components = []
    for members, length, variance in zip(likelihood.components, lengths, variances, strict=True):
        by_parameter = np.full(len(likelihood.components[0]), np.inf)
        by_parameter[list(members)] = length
        components.append(Component(by_parameter[groups], float(variance) * scale**2))
    kernel = Kernel(tuple(components))
    solved = inverse(likelihood.covariance(theta))
    mean = generalised_mean(solved[0], z) if solved else float(z.mean())
    regressor = GaussianProcessRegressor(
        kernel=kernel_of_skopt(kernel), alpha=likelihood.diagonal(theta) * scale**2, optimizer=None
    )
    regressor.fit(X, z - mean)
    return Posterior(
        kernel=kernel,
        points=X,
        factor=regressor.L_,
        weights=regressor.alpha_[:, None],
        mean=mean,
        noise=(noise + JITTER * float(variances.sum())) * scale**2,
    )


def fit_posterior(X: Array, y: Array, groups: Columns) -> Posterior:
    """Return the Gaussian process of values y (n,) that nobody doubts, as runs are fitted."""
    return posterior_of(X, y, fit_robustly(X, y, groups, (), 0), groups)


def kernel_of_skopt(kernel: Kernel) -> Any:
    """Return the same covariance function as a kernel of skopt, its parameters fixed."""

    def of(component: Component) -> Any:
        scale = ConstantKernel(component.variance, constant_value_bounds="fixed")
        return scale * RBF(component.lengthscales, length_scale_bounds="fixed")

    first, *rest = (of(component) for component in kernel.components)
    return sum(rest, start=first)
