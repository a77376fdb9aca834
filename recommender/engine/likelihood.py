"""The log posterior density of a Gaussian process's hyperparameters, with its gradient.

scikit-learn's own gradient builds an (n, n, p) tensor at each evaluation; here the squared
distances are computed once, and one Cholesky factor serves the value and all derivatives.

Symbols: theta (T,) holds the logarithms of all length scales, component by component and one a
parameter, then of each component's variance, of the first one's roughness where there is one, and
of the noise variance; y (n,) is standardised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

from recommender.engine.kernel import (
    Component,
    Kernel,
    composite,
    composite_slope,
    rough_covariance,
)

Array = npt.NDArray[np.float64]
Components = tuple[tuple[int, ...], ...]
JITTER = 1e-8
NOISE = (-6.0, 2.0)  # mean and standard deviation of its logarithm, and of the roughness


@dataclass(frozen=True, slots=True)
class Priors:
    """Normal priors of theta: (T,) means and standard deviations.

    A length scale's is that of Hvarfner et al. 2024 (arXiv:2402.02229), LogNormal(sqrt 2 + ln(p)/2,
    sqrt 3), moved to where that density has its mode, 0.205 sqrt(p): that is where a fit that takes
    the mode feels it, and it stays there when theta is averaged over. The noise's is wide enough
    that pure noise stays a possible explanation.
    """

    mean: Array
    sd: Array

    @classmethod
    def of(cls, components: Components, *, rough: bool = False) -> Priors:
        """Return the priors where each component depends on these parameters."""
        all_parameters, *contexts = components
        lengths = [(math.sqrt(2.0) + 0.5 * math.log(len(all_parameters)) - 3.0, math.sqrt(3.0))]
        lengths *= len(all_parameters)
        variances = [(0.0, 1.0)]
        for context in contexts:
            # A context sets the scale of the values: smoothly, so that one odd run is not taken
            # for its context's doing, and mostly, so that all parameters together may do little.
            lengths += [(math.log(0.5 * len(context) ** 0.5), 0.75)] * len(context)
            variances = [(-3.0, 2.0), (0.0, 1.0)]
        means, sds = np.array([*lengths, *variances, *[NOISE] * (1 + rough)]).T
        return cls(means, sds)

    def log_density(self, theta: Array) -> tuple[float, Array]:
        """Return the log density at theta (up to a constant) and its (T,) gradient."""
        z = (theta - self.mean) / self.sd
        return -0.5 * float(z @ z), -z / self.sd


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The data side of the fit.

    y (n,) are the values and `extra` (n,) their variances beyond the noise; `components` says on
    which parameters each component of the kernel depends, and `distances` holds, for each, those
    parameters' squared distances of all pairs of runs (a row a parameter, n * n long). `rough` says
    whether the first component has a rough function beside the smooth one (see `kernel`).
    """

    components: Components
    distances: tuple[Array, ...]
    y: Array
    extra: Array
    priors: Priors
    rough: bool = False

    @classmethod
    def of(
        cls,
        X: Array,
        y: Array,
        groups: npt.NDArray[np.intp],
        *,
        context: Sequence[int] = (),
    ) -> Likelihood:
        """Return the likelihood of the values y (n,) at the points X (n, D).

        Args:
            X: the points.
            y: the values.
            groups: (D,) index of the parameter that each column belongs to.
            context: the parameters that have a component of their own beside that of all.
        """
        everything = tuple(range(int(groups.max()) + 1))
        components = (everything, tuple(context)) if context else (everything,)
        by_parameter = squared_distances(X, groups).reshape(len(everything), -1)
        return cls(
            components=components,
            distances=tuple(by_parameter[list(members)] for members in components),
            y=y,
            extra=np.zeros(len(y)),
            priors=Priors.of(components),
        )

    def split(self, theta: Array) -> tuple[list[Array], Array, float]:
        """Return each component's length scales and its variance, and the noise variance."""
        values = np.exp(theta)
        lengths, start = [], 0
        for members in self.components:
            lengths.append(values[start : start + len(members)])
            start += len(members)
        return lengths, values[start : start + len(self.components)], float(values[-1])

    def roughness(self, theta: Array) -> Array:
        """Return the variance of each component's rough function; only the first can have one."""
        found = np.zeros(len(self.components))
        found[0] = math.exp(theta[-2]) if self.rough else 0.0
        return found

    def roughened(self) -> Likelihood:
        """Return the likelihood of the same values with a rough function beside the smooth one."""
        return replace(self, rough=True, priors=Priors.of(self.components, rough=True))

    def kernel(self, theta: Array, groups: npt.NDArray[np.intp], scale: float = 1.0) -> Kernel:
        """Return the covariance function at theta, for values `scale` times as large.

        Args:
            theta: the hyperparameters.
            groups: (D,) index of the parameter that each column of a point belongs to.
            scale: what y is to be multiplied by.
        """
        lengths, variances, _ = self.split(theta)
        parts = (self.components, lengths, variances, self.roughness(theta))
        components = []
        for members, length, *both in zip(*parts, strict=True):
            by_parameter = np.full(len(self.components[0]), np.inf)
            by_parameter[list(members)] = length
            variance, roughness = (float(part) * scale**2 for part in both)
            components.append(Component(by_parameter[groups], variance, roughness))
        return Kernel(tuple(components))

    def covariance(self, theta: Array) -> Array:
        """Return the (n, n) covariance of the results at theta, noise included."""
        return self._noisy(self._signals(theta)[0], theta)

    def log_marginal(self, theta: Array) -> float:
        """Return the log marginal likelihood, the constant mean at its best value."""
        explained = self._explained(self.covariance(theta))
        if explained is None:
            return -math.inf
        return explained[2] - 0.5 * len(self.y) * math.log(2.0 * math.pi)

    def negative_log_posterior(self, theta: Array) -> tuple[float, Array]:
        """Return minus the log posterior density at theta and its (T,) gradient."""
        signals, distances = self._signals(theta)
        explained = self._explained(self._noisy(signals, theta))
        if explained is None:
            return 1e10, np.zeros(theta.size)
        K_inverse, a, log_marginal = explained
        weight = np.outer(a, a) - K_inverse
        trace = float(np.trace(weight))
        lengths, variances, noise = self.split(theta)
        roughness = self.roughness(theta)
        by_length, by_variance, by_roughness = [], [], []
        rough = 0.0
        if self.rough:
            rough = float((weight * rough_covariance(distances[0], roughness[0])).sum())
            by_roughness = [0.5 * (rough + JITTER * roughness[0] * trace)]
        for index in range(len(self.components)):
            slope = composite_slope(distances[index], variances[index], roughness[index])
            slopes = self.distances[index] @ (weight * slope).ravel()
            by_length.append(-slopes / lengths[index] ** 2)
            signal = float((weight * signals[index]).sum()) - (rough if index == 0 else 0.0)
            by_variance.append(0.5 * (signal + JITTER * variances[index] * trace))
        by_noise = [0.5 * noise * trace]
        gradient = np.concatenate([*by_length, by_variance, by_roughness, by_noise])
        log_prior, prior_gradient = self.priors.log_density(theta)
        return -(log_marginal + log_prior), -(gradient + prior_gradient)

    def _explained(self, K: Array) -> tuple[Array, Array, float] | None:
        """Return K's inverse, that times the residuals, and the log density but for its constant.

        None if the (n, n) covariance K is not positive definite.
        """
        solved = inverse(K)
        if solved is None:
            return None
        K_inverse, log_determinant = solved
        residual = self.y - generalised_mean(K_inverse, self.y)
        a = K_inverse @ residual
        return K_inverse, a, -0.5 * float(residual @ a + log_determinant)

    def _signals(self, theta: Array) -> tuple[list[Array], list[Array]]:
        """Return each component's (n, n) covariance and scaled squared distances."""
        lengths, variances, _ = self.split(theta)
        n = len(self.y)
        scaled = [
            (length**-2.0 @ distances).reshape(n, n)
            for length, distances in zip(lengths, self.distances, strict=True)
        ]
        signals = [
            composite(r2, *both)
            for r2, *both in zip(scaled, variances, self.roughness(theta), strict=True)
        ]
        return signals, scaled

    def _noisy(self, signals: Sequence[Array], theta: Array) -> Array:
        K = sum(signals[1:], start=signals[0].copy())
        K.flat[:: len(K) + 1] += self.diagonal(theta)
        return K

    def diagonal(self, theta: Array) -> Array:
        """Return the (n,) variances that each run adds on the diagonal."""
        _, variances, noise = self.split(theta)
        signal = float(variances.sum() + self.roughness(theta).sum())
        return np.asarray(noise + JITTER * signal + self.extra)


def inverse(K: Array) -> tuple[Array, float] | None:
    """Return K's (n, n) inverse and log determinant, or None if K is not positive definite."""
    factor, info = lapack.dpotrf(K, lower=1, clean=1)
    if info != 0:
        return None
    found, info = lapack.dpotri(factor, lower=1)
    if info != 0:
        return None
    found += np.tril(found, -1).T  # LAPACK fills the lower triangle alone
    return found, 2.0 * float(np.log(np.diag(factor)).sum())


def generalised_mean(K_inverse: Array, y: Array) -> float:
    """Return the generalised least squares estimate of a constant mean (Aitken)."""
    weights = K_inverse.sum(0)
    total = float(weights.sum())
    return float(weights @ y) / total if total > 0 else float(y.mean())


def squared_distances(X: Array, groups: npt.NDArray[np.intp]) -> Array:
    """Return the (p, n, n) squared distances of the (n, D) points X, one slice a parameter."""
    p = int(groups.max()) + 1
    distances = np.zeros((p, len(X), len(X)))
    for column, group in enumerate(groups):
        distances[group] += (X[:, column, None] - X[None, :, column]) ** 2
    return distances
