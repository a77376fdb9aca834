"""The log posterior density of a Gaussian process's hyperparameters, with its gradient.

scikit-learn's own gradient builds an (n, n, p) tensor at each evaluation; here the squared
distances are computed once, and one Cholesky factor serves the value and all derivatives.

Symbols: theta (p + 2,) holds the logarithms of the p length scales (one a parameter), of the
signal variance and of the noise variance; y (n,) is standardised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

from recommender.engine.kernel import Family, correlation, correlation_slope

Array = npt.NDArray[np.float64]
JITTER = 1e-8


@dataclass(frozen=True, slots=True)
class Priors:
    """Log-normal priors, as (mean, sd) of the logarithm.

    The length scales' is Hvarfner et al. 2024 (arXiv:2402.02229), whose density over the length
    scale itself has its mode at 0.205 sqrt(p). The noise prior is wide enough that pure noise
    stays a possible explanation.
    """

    lengthscale: tuple[float, float]
    variance: tuple[float, float] = (0.0, 1.0)
    noise: tuple[float, float] = (-2.0, 2.0)

    @classmethod
    def for_dimension(cls, p: int) -> Priors:
        """Return the priors for p parameters."""
        return cls(lengthscale=(math.sqrt(2.0) + 0.5 * math.log(p), math.sqrt(3.0)))

    def mode_lengthscale(self) -> float:
        """Return the mode of the length scale's density."""
        mean, sd = self.lengthscale
        return math.exp(mean - sd * sd)

    def log_density(self, theta: Array) -> tuple[float, Array]:
        """Return the log density at theta (up to a constant) and its (p + 2,) gradient."""
        means = np.full(theta.size, self.lengthscale[0])
        sds = np.full(theta.size, self.lengthscale[1])
        means[-2:] = self.variance[0], self.noise[0]
        sds[-2:] = self.variance[1], self.noise[1]
        # Densities over the length scale and the noise themselves, hence the Jacobian -theta; the
        # signal variance is centred at its own scale by standardisation and needs none.
        jacobian = np.ones(theta.size)
        jacobian[-2] = 0.0
        z = (theta - means) / sds
        return float(-0.5 * z @ z - jacobian @ theta), -z / sds - jacobian


def squared_distances(X: Array, groups: npt.NDArray[np.intp]) -> Array:
    """Return the (p, n, n) squared distances of the (n, D) points X, one slice a parameter."""
    p = int(groups.max()) + 1
    distances = np.zeros((p, len(X), len(X)))
    for column, group in enumerate(groups):
        distances[group] += (X[:, column, None] - X[None, :, column]) ** 2
    return distances


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The data side of the fit: distances (p, n, n), y (n,), and extra variances (n,)."""

    family: Family
    distances: Array
    y: Array
    extra: Array
    priors: Priors

    def covariance(self, theta: Array) -> tuple[Array, Array]:
        """Return the (n, n) signal covariance and scaled squared distances at theta."""
        inverse = np.exp(-2.0 * theta[:-2])
        p, n, _ = self.distances.shape
        r2 = (inverse @ self.distances.reshape(p, n * n)).reshape(n, n)
        return math.exp(theta[-2]) * correlation(self.family, r2), r2

    def diagonal(self, theta: Array) -> Array:
        """Return the (n,) variances that each run adds on the diagonal."""
        return np.asarray(math.exp(theta[-1]) + JITTER * math.exp(theta[-2]) + self.extra)

    def inverse(self, K: Array) -> tuple[Array, float] | None:
        """Return K's (n, n) inverse and log determinant, or None if K is not positive definite."""
        factor, info = lapack.dpotrf(K, lower=1, clean=1)
        if info != 0:
            return None
        inverse, info = lapack.dpotri(factor, lower=1)
        if info != 0:
            return None
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        return inverse, 2.0 * float(np.log(np.diag(factor)).sum())

    def log_marginal(self, theta: Array) -> float:
        """Return the log marginal likelihood, the constant mean at its best value."""
        K, _ = self.covariance(theta)
        solved = self.inverse(K + np.diag(self.diagonal(theta)))
        if solved is None:
            return -math.inf
        inverse, log_determinant = solved
        residual = self.y - generalised_mean(inverse, self.y)
        return -0.5 * float(residual @ inverse @ residual + log_determinant) - 0.5 * len(
            self.y
        ) * math.log(2.0 * math.pi)

    def negative_log_posterior(self, theta: Array) -> tuple[float, Array]:
        """Return minus the log posterior density at theta and its (p + 2,) gradient."""
        K, r2 = self.covariance(theta)
        solved = self.inverse(K + np.diag(self.diagonal(theta)))
        if solved is None:
            return 1e10, np.zeros(theta.size)
        inverse, log_determinant = solved
        residual = self.y - generalised_mean(inverse, self.y)
        a = inverse @ residual
        log_marginal = -0.5 * float(residual @ a + log_determinant)

        weight = np.outer(a, a) - inverse
        slope = math.exp(theta[-2]) * correlation_slope(self.family, r2)
        p = len(self.distances)
        gradient = np.empty(theta.size)
        gradient[:-2] = -np.exp(-2.0 * theta[:-2]) * (
            self.distances.reshape(p, -1) @ (weight * slope).ravel()
        )
        trace = float(np.trace(weight))
        variance = math.exp(theta[-2])
        gradient[-2] = 0.5 * (float((weight * K).sum()) + JITTER * variance * trace)
        gradient[-1] = 0.5 * math.exp(theta[-1]) * trace

        log_prior, prior_gradient = self.priors.log_density(theta)
        return -(log_marginal + log_prior), -(gradient + prior_gradient)


def generalised_mean(inverse: Array, y: Array) -> float:
    """Return the generalised least squares estimate of a constant mean (Aitken)."""
    weights = inverse.sum(0)
    total = float(weights.sum())
    return float(weights @ y) / total if total > 0 else float(y.mean())
