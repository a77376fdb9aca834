"""The Gaussian process fitted to the runs: what it believes, and what it says of each run.

skopt's regressor carries each fitted process; `fitting` finds its hyperparameters.

Symbols: X (n, D) are the runs in the unit cube, y (n,) their losses, p the number of parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import RBF, ConstantKernel

from recommender.engine.acquisition import improvement
from recommender.engine.fitting import Fitted, extended, fit_robustly, roughened
from recommender.engine.hyperparameters import MANY, TELLING, around, evidence, informative
from recommender.engine.kernel import ROUGH, Component, Kernel
from recommender.engine.leave_one_out import leave_one_out_believed
from recommender.engine.likelihood import JITTER, generalised_mean
from recommender.engine.posterior import Posterior, mixture
from recommender.engine.subset import representative
from recommender.engine.warping import Warp

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Columns = npt.NDArray[np.intp]

HYPERPARAMETERS = 300  # runs at most that the hyperparameters are fitted to
ACTIVE = 700  # runs at most that predictions are made from


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is believed of one configuration, and of its improvement on another.

    `mean` and `sd` predict the loss that will be recorded, noise included; of the
    improvement, the difference of the latent losses, they give the expectation of its positive
    part and the chance that it is positive.
    """

    mean: float
    sd: float
    expected_improvement: float
    probability_of_improvement: float


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A fitted Gaussian process and what it says of the runs it was fitted to.

    All in the units of y; n counts the measured runs. `posterior` has the most probable
    hyperparameters; `alternatives` are other likely ones with their weights, which sum to 1. Both
    are on the scale of `warp`, which is that of y for the better half of the losses.
    `leave_one_out_mean` and `leave_one_out_sd` (n,) predict each run's result from the others;
    `discounted` (n,) marks the runs whose result is too bad to be believed, `too_good` (n,) those
    too good; both got extra variance, and a caller must name them. `active` (n,) marks those that
    the posteriors were given: all but of very many runs. `evidence` (p,) is the gain in log
    marginal likelihood from letting each parameter matter at all. `informative` says that the runs
    tell any effect from a constant with noise.
    `at_runs` fits, once, what is believed of the runs themselves: of a place that was run it is
    known how far it lies off the smooth function, which says nothing of any other place.
    """

    posterior: Posterior
    warp: Warp
    alternatives: tuple[tuple[float, Posterior], ...]
    leave_one_out_mean: Array
    leave_one_out_sd: Array
    discounted: Mask
    too_good: Mask
    active: Mask
    evidence: Array
    informative: bool
    at_runs: Callable[[], Posterior]

    @property
    def flat(self) -> Mask:
        """The (p,) parameters that the runs cannot tell from having no effect."""
        return np.asarray(self.evidence < TELLING)

    @property
    def believed(self) -> Mask:
        """The (n,) runs whose result is neither too bad nor too good to be believed."""
        return ~(self.discounted | self.too_good)

    def leave_one_out_z(self, y: Array) -> Array:
        """Return by how many standard deviations each of the losses y (n,) is off from the others'.

        Above 0 it is worse than the others predict.
        """
        return (y - self.leave_one_out_mean) / self.leave_one_out_sd

    def believable(self, members: Columns | None = None) -> Columns:
        """Return which members are active and not too good to be believed; if none, all of them.

        Of a place whose own result it was not given, the posterior may believe anything.

        Args:
            members: indices of measured runs; all by default.
        """
        members = np.arange(len(self.too_good)) if members is None else members
        believed = members[(self.active & ~self.too_good)[members]]
        return believed if len(believed) else members

    def best_among(self, X: Array) -> int:
        """Return which of the (m, D) points, where runs were made, is believed best."""
        return int(np.argmin(self.at_runs().means(X)))

    def predict(self, x: Array, reference: Array) -> Prediction:
        """Return the prediction at the (D,) point x, and its improvement on the (D,) reference.

        It is averaged over the likely hyperparameters: the most probable ones alone are too sure
        of what lies beyond the runs.
        """
        both = np.vstack([x, reference])
        rows, weights = [], []
        for weight, posterior in self.alternatives:
            means, covariance = posterior.joint(both)
            here, other = float(means[0, 0]), float(means[1, 0])
            spread = covariance[0, 0] + covariance[1, 1] - 2.0 * covariance[0, 1]
            gained = improvement(other - here, max(float(spread), 0.0) ** 0.5)
            noisy = max(float(covariance[0, 0]), 0.0) + posterior.noise
            rows.append((here, noisy, *gained))
            weights.append(weight)
        means, variances, expected, chances = np.array(rows).T
        mean, variance = mixture(weights, means, variances)
        loss, sd = self.losses(mean, np.sqrt(variance))
        chance = float(np.dot(weights, chances))
        return Prediction(float(loss), float(sd), float(np.dot(weights, expected)), chance)

    def losses(self, means: Array, sds: Array) -> tuple[Array, Array]:
        """Return the losses and their spreads that means and standard deviations stand for."""
        return self.warp.inverse(means), self.warp.spread(means, sds)


def fit(
    X: Array,
    y: Array,
    groups: Columns,
    *,
    context: Sequence[int] = (),
    coarse: Collection[int] = (),
) -> Surrogate:
    """Fit the Gaussian process to n >= 2 runs.

    Of very many runs some stand for all: for the hyperparameters first, then for everything.

    Args:
        X: (n, D) points.
        y: (n,) losses, finite.
        groups: (D,) index of the parameter that each column belongs to.
        context: the parameters that have an effect of their own, added to that of all parameters
            together, so that what the context does is not taken for what the others could undo.
        coarse: the parameters that have few levels.
    """
    if len(y) > ACTIVE:
        return _fit_active(X, y, groups, context, coarse)
    few = representative(X, y, HYPERPARAMETERS)
    fitted = told = fit_robustly(X[few], y[few], groups, context, coarse)
    knowing = informative(told.likelihood, told.theta)
    if len(few) < len(y):
        fitted = extended(told, X, y, groups, context, coarse, knowing=knowing)
    likelihood, theta, warp, centre, scale = fitted
    mean, sd = leave_one_out_believed(likelihood, theta)
    discounted, bad = likelihood.extra > 0, likelihood.y > mean

    @cache
    def at_runs() -> Posterior:
        return _posterior(X, y, roughened(fitted, told), groups)

    best = _posterior(X, y, fitted, groups)
    alternatives = [(1.0, best)]
    if len(y) <= MANY:
        alternatives = [
            (float(weight), _posterior(X, y, fitted._replace(theta=other), groups))
            for other, weight in zip(*around(likelihood, theta), strict=True)
        ]
    return Surrogate(
        posterior=best,
        warp=warp,
        alternatives=tuple(alternatives),
        leave_one_out_mean=warp.inverse(centre + scale * mean),
        leave_one_out_sd=warp.spread(centre + scale * mean, scale * sd),
        discounted=discounted & bad,
        too_good=discounted & ~bad,
        active=np.ones(len(y), dtype=bool),
        evidence=evidence(told.likelihood, theta),
        informative=knowing,
        at_runs=at_runs,
    )


def _fit_active(
    X: Array, y: Array, groups: Columns, context: Sequence[int], coarse: Collection[int]
) -> Surrogate:
    """Fit to the active runs alone, and predict the others from them."""
    chosen = representative(X, y, ACTIVE)
    surrogate = fit(X[chosen], y[chosen], groups, context=context, coarse=coarse)
    means, sds = surrogate.posterior.predict(X)
    mean, sd = surrogate.losses(means[:, 0], np.sqrt(sds**2 + surrogate.posterior.noise))
    mean[chosen], sd[chosen] = surrogate.leave_one_out_mean, surrogate.leave_one_out_sd
    discounted, too_good, active = np.zeros((3, len(y)), dtype=bool)
    discounted[chosen], too_good[chosen] = surrogate.discounted, surrogate.too_good
    active[chosen] = True
    return replace(
        surrogate,
        leave_one_out_mean=mean,
        leave_one_out_sd=sd,
        discounted=discounted,
        too_good=too_good,
        active=active,
    )


def _posterior(X: Array, y: Array, fitted: Fitted, groups: Columns) -> Posterior:
    """Return the Gaussian process of a fit to losses y (n,), on the fit's scale."""
    likelihood, theta, warp, _, scale = fitted
    z = warp(y)
    *_, noise = likelihood.split(theta)
    kernel = likelihood.kernel(theta, groups, scale)
    middle = float(np.median(z))  # about which the weights lose no digits, whatever one run says
    regressor = GaussianProcessRegressor(
        kernel=kernel_of_skopt(kernel), alpha=likelihood.diagonal(theta) * scale**2, optimizer=None
    )
    regressor.fit(X, np.column_stack([z - middle, np.ones_like(z)]))
    of_values, of_one = regressor.alpha_.T
    mean = generalised_mean(of_one, z - middle)
    return Posterior(
        kernel=kernel,
        points=X,
        factor=regressor.L_,
        weights=(of_values - mean * of_one)[:, None],
        mean=middle + mean,
        noise=noise * scale**2 + JITTER * kernel.variance,
    )


def fit_posterior(X: Array, y: Array, groups: Columns) -> Posterior:
    """Return the Gaussian process of values y (n,) that nobody doubts, as runs are fitted."""
    return _posterior(X, y, fit_robustly(X, y, groups, doubting=False), groups)


def kernel_of_skopt(kernel: Kernel) -> Any:
    """Return the same covariance function as a kernel of skopt, its parameters fixed."""

    def of(component: Component) -> Any:
        smooth = _constant(component.variance) * _squared_exponential(component.lengthscales)
        if not component.roughness:
            return smooth
        rough = _squared_exponential(ROUGH * component.lengthscales)
        return smooth + _constant(component.roughness) * rough

    first, *rest = (of(component) for component in kernel.components)
    return sum(rest, start=first)


def _constant(value: float) -> Any:
    return ConstantKernel(value, constant_value_bounds="fixed")


def _squared_exponential(lengthscales: Array) -> Any:
    return RBF(lengthscales, length_scale_bounds="fixed")
