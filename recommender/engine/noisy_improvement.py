"""Log noisy expected improvement with pending runs, as the greedy batch needs it.

One draw of the latent function stands for one possible world. In each world the runs that are
known or pending have a best value, and a candidate improves on it by a normal amount; the
acquisition function averages the closed-form expected improvement over the worlds.

Symbols: S worlds, X (m, D) query points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from recommender.engine.acquisition import (
    LOG_SQRT_2PI,
    log_expected_improvement,
    log_mean_exp,
)
from recommender.engine.posterior import Posterior

Array = npt.NDArray[np.float64]

WORLDS = 64
BASELINE = 200  # runs at most that may be the best in some world


@dataclass(frozen=True, slots=True)
class Worlds:
    """The posterior conditioned on imagined results of every pending run."""

    posterior: Posterior
    points: Array

    @classmethod
    def imagine(cls, posterior: Posterior, pending: Array, rng: np.random.Generator) -> Worlds:
        """Return S worlds in which the (k, D) pending runs have finished."""
        worlds = cls(replace(posterior, weights=np.repeat(posterior.weights, WORLDS, 1)), pending)
        return worlds._extended(pending, rng) if len(pending) else worlds

    def adding(self, x: Array, rng: np.random.Generator) -> Worlds:
        """Return the same worlds after the (D,) point x has been run too."""
        return replace(self._extended(x[None, :], rng), points=np.vstack([self.points, x]))

    def _extended(self, X: Array, rng: np.random.Generator) -> Worlds:
        values = self.posterior.draw(X, _normals(len(X), rng))
        return replace(self, posterior=self.posterior.condition(X, values))


@dataclass(frozen=True, slots=True)
class NoisyImprovement:
    """Log expected improvement over the best baseline run of each world.

    `feasibility`, if given, is a Gaussian process on labels (+1 diverged, -1 not) whose chance of
    a run that does not diverge multiplies the improvement.
    """

    posterior: Posterior
    best: Array
    feasibility: Posterior | None = None

    @classmethod
    def over(
        cls,
        worlds: Worlds,
        baseline: Array,
        rng: np.random.Generator,
        feasibility: Posterior | None = None,
    ) -> NoisyImprovement:
        """Return the improvement over the (b, D) baseline points.

        Only those that are the best in some world need conditioning on (BoTorch's
        `prune_baseline`): the others cannot change what counts as an improvement.
        """
        if len(baseline) > BASELINE:
            means, sds = worlds.posterior.predict(baseline)
            baseline = baseline[np.argsort(means.mean(1) - 2.0 * sds)[:BASELINE]]
        values = worlds.posterior.draw(baseline, _normals(len(baseline), rng))
        winners = np.unique(np.argmin(values, axis=0))
        posterior = worlds.posterior.condition(baseline[winners], values[winners])
        return cls(posterior, values.min(axis=0), feasibility)

    def __call__(self, X: Array) -> Array:
        """Return the (m,) log acquisition values at X."""
        means, sds = self.posterior.predict(X)
        value, _ = log_mean_exp(log_expected_improvement(means, sds, self.best)[0])
        if self.feasibility is not None:
            value = value + _log_feasible(self.feasibility, X)[0]
        return value

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the (m,) values and their (m, D) gradients at X."""
        means, sds, slopes, sd_gradient = self.posterior.gradient(X)
        values, by_mean, by_sd = log_expected_improvement(means, sds, self.best)
        value, weights = log_mean_exp(values)
        # The chain rule over worlds collapses into one coefficient a conditioning point.
        coefficients = (weights * by_mean) @ self.posterior.weights.T
        gradient = np.einsum("mnd,mn->md", slopes, coefficients)
        gradient += (weights * by_sd).sum(1)[:, None] * sd_gradient
        if self.feasibility is not None:
            feasible, feasible_gradient = _log_feasible(self.feasibility, X)
            value, gradient = value + feasible, gradient + feasible_gradient
        return value, gradient


def _normals(count: int, rng: np.random.Generator) -> Array:
    """Return (count, S) standard normals in antithetic pairs, which average out exactly."""
    half = rng.standard_normal((count, WORLDS // 2))
    return np.hstack([half, -half])


def _log_feasible(posterior: Posterior, X: Array) -> tuple[Array, Array]:
    """Return the (m,) log probability of not diverging and its (m, D) gradient."""
    means, sds, slopes, sd_gradient = posterior.gradient(X)
    u = -means[:, 0] / sds
    value = log_ndtr(u)
    slope = np.exp(-0.5 * u * u - LOG_SQRT_2PI - value)
    mean_gradient = np.einsum("mnd,n->md", slopes, posterior.weights[:, 0])
    u_gradient = (-mean_gradient - u[:, None] * sd_gradient) / sds[:, None]
    return value, slope[:, None] * u_gradient
