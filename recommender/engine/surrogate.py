"""Fits the Gaussian process: MAP hyperparameters, robust to the odd bad run.

skopt's regressor carries the fitted process; its hyperparameters come from `likelihood`.

Symbols: X (n, D) are the runs in the unit cube, y (n,) their losses, p the number of parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import ndtri
from skopt.learning import GaussianProcessRegressor

from recommender.engine.kernel import Family, Kernel
from recommender.engine.likelihood import (
    JITTER,
    Likelihood,
    Priors,
    generalised_mean,
    squared_distances,
)
from recommender.engine.posterior import Posterior

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BOUNDS = {"lengthscale": (0.02, 100.0), "variance": (1e-2, 1e2), "noise": (1e-6, 1e1)}
DISCOUNTED_SHARE = 0.1  # of the runs, at most, get a variance of their own
BAD_Z, GOOD_Z = 3.0, 6.0
TINY = 1e-100  # below it the square of a scale is no longer a number
FLAT_GAIN = 2.0  # nats of log marginal likelihood that a parameter must be worth


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A fitted Gaussian process and what it says of the runs it was fitted to.

    All in the units of y; n counts the measured runs. `lengthscales` (p,) is one a parameter;
    `leave_one_out_mean` and `leave_one_out_sd` (n,) predict each run's result from the others;
    `discounted` (n,) marks the runs whose result is too bad to be believed, `too_good` (n,) those
    too good; both got extra variance, and a caller must name them. `evidence` (p,) is the
    gain in log marginal likelihood from letting each parameter matter at all.
    """

    posterior: Posterior
    lengthscales: Array
    leave_one_out_mean: Array
    leave_one_out_sd: Array
    discounted: Mask
    too_good: Mask
    evidence: Array

    @property
    def flat(self) -> Mask:
        """The (p,) parameters that the runs cannot tell from having no effect."""
        return np.asarray(self.evidence < FLAT_GAIN)

    @property
    def noise_sd(self) -> float:
        """The standard deviation of a result around the latent function."""
        return math.sqrt(self.posterior.noise)


def fit(
    X: Array,
    y: Array,
    groups: npt.NDArray[np.intp],
    *,
    family: Family = "rbf",
    measured: int | None = None,
) -> Surrogate:
    """Fit the Gaussian process to n >= 2 runs.

    Robust noise after Ament et al. 2024 (arXiv:2410.24222): the run with the worst leave-one-out
    residual gets the extra variance that makes it likely, in closed form, and keeps it if the log
    marginal likelihood gains more than ln(n)/2 + 1. A run that is too good must look odder by far
    than one that is too bad, because the best runs are what a sweep is for.

    Args:
        X: (n, D) points.
        y: (n,) losses, finite.
        groups: (D,) index of the parameter that each column belongs to.
        family: the kernel.
        measured: how many runs, the first ones, have a value that was measured and may be
            doubted; the others' values stand for something else. All by default.
    """
    n = len(y)
    measured = n if measured is None else measured
    distances = squared_distances(X, groups)
    priors = Priors.for_dimension(len(distances))
    extra = np.zeros(n)
    centre, scale = _standardisation(y)
    likelihood = Likelihood(family, distances, (y - centre) / scale, extra, priors)
    theta = _maximise(likelihood, _starts(priors, len(distances)))
    threshold = max(BAD_Z, -float(ndtri(0.025 / n)))

    for _ in range(max(1, math.floor(DISCOUNTED_SHARE * n)) if measured > 4 else 0):
        trial = _doubting(likelihood, theta, measured, threshold)
        if trial is None:
            break
        trial_likelihood, trial_theta = trial
        # Without the run the others spread differently, so they are standardised anew.
        centre, new_scale = _standardisation(y[trial_likelihood.extra == 0])
        extra = trial_likelihood.extra * (scale / new_scale) ** 2
        scale = new_scale
        likelihood = Likelihood(family, distances, (y - centre) / scale, extra, priors)
        theta = _maximise(likelihood, [trial_theta, *_starts(priors, len(distances))[:2]])

    mean, sd = (part[:measured] for part in _believing(likelihood, theta))
    discounted, bad = extra[:measured] > 0, likelihood.y[:measured] > mean
    return Surrogate(
        posterior=_posterior(X, y, likelihood, theta, scale, groups),
        lengthscales=np.exp(theta[:-2]),
        leave_one_out_mean=centre + scale * mean,
        leave_one_out_sd=scale * sd,
        discounted=discounted & bad,
        too_good=discounted & ~bad,
        evidence=_evidence(likelihood, theta),
    )


def _standardisation(y: Array) -> tuple[float, float]:
    scale = float(y.std())
    return float(y.mean()), scale if scale > max(1e-12 * float(np.abs(y).max()), TINY) else 1.0


def _starts(priors: Priors, p: int) -> list[Array]:
    """Return starting points: short and long length scales, little and much noise."""
    mode, root = priors.mode_lengthscale(), math.sqrt(p)
    choices = [(mode, 0.01), (0.5 * root, 0.1), (0.5 * root, 1e-4), (3.0 * root, 0.5)]
    return [np.array([math.log(length)] * p + [0.0, math.log(noise)]) for length, noise in choices]


def _maximise(likelihood: Likelihood, starts: list[Array]) -> Array:
    p = len(likelihood.distances)
    bounds = [BOUNDS["lengthscale"]] * p + [BOUNDS["variance"], BOUNDS["noise"]]
    logs = [(math.log(low), math.log(high)) for low, high in bounds]
    results = [
        minimize(
            likelihood.negative_log_posterior,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=logs,
            options={"maxiter": 100, "ftol": 1e-7, "gtol": 1e-3},
        )
        for start in starts
    ]
    return np.asarray(min(results, key=lambda result: float(result.fun)).x)


def _leave_one_out(likelihood: Likelihood, theta: Array) -> tuple[Array, Array]:
    """Return each run's predictive mean and sd given the others (Rasmussen & Williams, 5.12)."""
    solved = likelihood.inverse(
        likelihood.covariance(theta)[0] + np.diag(likelihood.diagonal(theta))
    )
    if solved is None:
        return np.zeros_like(likelihood.y), np.ones_like(likelihood.y)
    inverse, _ = solved
    residual = likelihood.y - generalised_mean(inverse, likelihood.y)
    variance = 1.0 / np.diag(inverse)
    return likelihood.y - variance * (inverse @ residual), np.sqrt(variance)


def _believing(likelihood: Likelihood, theta: Array) -> tuple[Array, Array]:
    """Return the same, each run's own result as if it had no extra variance."""
    mean, sd = _leave_one_out(likelihood, theta)
    for run in np.flatnonzero(likelihood.extra):
        extra = likelihood.extra.copy()
        extra[run] = 0.0  # subtracting it from the variance would lose all digits
        sd[run] = _leave_one_out(replace(likelihood, extra=extra), theta)[1][run]
    return mean, sd


def _discounting(likelihood: Likelihood, theta: Array, run: int) -> tuple[Likelihood, Array]:
    """Return the fit in which one run has the extra variance that makes it likely."""
    mean, sd = _leave_one_out(likelihood, theta)
    extra = likelihood.extra.copy()
    extra[run] = max(0.0, (likelihood.y[run] - mean[run]) ** 2 - sd[run] ** 2)
    trial = replace(likelihood, extra=extra)
    return trial, _maximise(
        trial, [theta, *_starts(likelihood.priors, len(likelihood.distances))[:2]]
    )


def _worth(trial: Likelihood, trial_theta: Array, likelihood: Likelihood, theta: Array) -> bool:
    gain = trial.log_marginal(trial_theta) - likelihood.log_marginal(theta)
    return gain > 0.5 * math.log(len(likelihood.y)) + 1.0


def _doubting(
    likelihood: Likelihood, theta: Array, measured: int, threshold: float
) -> tuple[Likelihood, Array] | None:
    """Return a fit that discounts one more run, or None if every run can be believed.

    The worst on the bad side comes first. The best on the good side must look odd by `GOOD_Z` to a
    fit that does not have to believe it: one that does takes it for noise, since among n runs no
    residual can exceed about sqrt(n) standard deviations of which it is a part.
    """
    mean, sd = _believing(likelihood, theta)
    doubtful = np.where(likelihood.extra > 0, 0.0, (likelihood.y - mean) / sd)[:measured]
    worst, best = int(np.argmax(doubtful)), int(np.argmin(doubtful))
    if doubtful[worst] > threshold:
        trial = _discounting(likelihood, theta, worst)
        if _worth(*trial, likelihood, theta):
            return trial
    if doubtful[best] < -threshold:
        trial = _discounting(likelihood, theta, best)
        mean, sd = _believing(*trial)
        odd = (likelihood.y[best] - mean[best]) / sd[best] < -max(GOOD_Z, threshold)
        if odd and _worth(*trial, likelihood, theta):
            return trial
    return None


def _evidence(likelihood: Likelihood, theta: Array) -> Array:
    full = likelihood.log_marginal(theta)
    gains = []
    for parameter in range(len(likelihood.distances)):
        without = theta.copy()
        without[parameter] = 20.0  # a length scale so long that the parameter has no effect
        gains.append(full - likelihood.log_marginal(without))
    return np.array(gains)


def _posterior(
    X: Array,
    y: Array,
    likelihood: Likelihood,
    theta: Array,
    scale: float,
    groups: npt.NDArray[np.intp],
) -> Posterior:
    variance, noise = math.exp(theta[-2]), math.exp(theta[-1])
    kernel = Kernel(likelihood.family, np.exp(theta[:-2])[groups], variance * scale**2)
    diagonal = likelihood.diagonal(theta) * scale**2
    solved = likelihood.inverse(
        likelihood.covariance(theta)[0] + np.diag(likelihood.diagonal(theta))
    )
    mean = generalised_mean(solved[0], y) if solved else float(y.mean())
    regressor = GaussianProcessRegressor(kernel=kernel.to_skopt(), alpha=diagonal, optimizer=None)
    regressor.fit(X, y - mean)
    return Posterior(
        kernel=kernel,
        points=X,
        factor=regressor.L_,
        weights=regressor.alpha_[:, None],
        mean=mean,
        noise=(noise + JITTER * variance) * scale**2,
    )
