"""The log posterior density of a Gaussian process's hyperparameters, with its gradient.

scikit-learn's own gradient builds an (n, n, p) tensor at each evaluation; here the squared
distances are computed once, of each pair of runs once, and one Cholesky factor serves the value and
all derivatives.

Symbols: m = n (n + 1) / 2 are the pairs of n runs, each with itself too, as LAPACK packs a lower
triangle, column after column. theta (T,) holds the logarithms of all length scales, component by
component and one a parameter, then of each component's variance, of the first one's roughness
where there is one, and of the noise variance; y (n,) is standardised.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.linalg import blas, lapack

from recommender.engine.kernel import Component, Kernel, composite, smooth_and_rough

Array = npt.NDArray[np.float64]
Components = tuple[tuple[int, ...], ...]
JITTER = 1e-8
TINY = 1e-100  # below it the square of a scale is no longer a number
LENGTH_SD = 1.25  # of a length scale's logarithm
COARSE_LENGTH, COARSE_LENGTH_SD = 0.5, 1.0  # the mode, times sqrt(p), where there are few levels
NOISE = (-6.0, 2.0)  # mean and standard deviation of its logarithm
ROUGHNESS = (-7.5, 2.0)  # the same of the roughness


@dataclass(frozen=True, slots=True)
class Priors:
    """Normal priors of theta: (T,) means and standard deviations.

    A length scale's has its mode where that of Hvarfner et al. 2024 (arXiv:2402.02229),
    LogNormal(sqrt 2 + ln(p)/2, sqrt 3), has it, at 0.205 sqrt(p), but as a density of the
    logarithm, so that it stays there when theta is averaged over; and it is narrower, because few
    runs leave much to it. Where a parameter has few levels it lies higher still: their effect is
    mostly a trend, and the distance of two of them is of the size of a common length scale. The
    noise's is wide enough that pure noise stays a possible explanation; the roughness's lies lower,
    so that what no close neighbours tell from noise is taken for it.
    """

    mean: Array
    sd: Array

    @classmethod
    def of(cls, components: Components, coarse: Collection[int] = ()) -> Priors:
        """Return the priors where each component depends on these parameters.

        Args:
            components: the parameters of each.
            coarse: the parameters that have few levels.
        """
        all_parameters, *contexts = components
        root = 0.5 * math.log(len(all_parameters))
        fine = (math.sqrt(2.0) + root - 3.0, LENGTH_SD)
        few = (math.log(COARSE_LENGTH) + root, COARSE_LENGTH_SD)
        lengths = [few if parameter in coarse else fine for parameter in all_parameters]
        variances = [(0.0, 1.0)]
        for context in contexts:
            # A context sets the scale of the values: smoothly, so that one odd run is not taken
            # for its context's doing, and mostly, so that all parameters together may do little.
            lengths += [(math.log(0.5 * len(context) ** 0.5), 0.75)] * len(context)
            variances = [(-3.0, 2.0), (0.0, 1.0)]
        means, sds = np.array([*lengths, *variances, NOISE]).T
        return cls(means, sds)

    def roughened(self) -> Priors:
        """Return the priors of the same and of a roughness."""
        mean, sd = ROUGHNESS
        return Priors(np.insert(self.mean, -1, mean), np.insert(self.sd, -1, sd))

    def log_density(self, theta: Array) -> tuple[float, Array]:
        """Return the log density at theta (up to a constant) and its (T,) gradient."""
        z = (theta - self.mean) / self.sd
        return -0.5 * float(z @ z), -z / self.sd


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The data side of the fit.

    y (n,) are the values and `extra` (n,) their variances beyond the noise; `components` says on
    which parameters each component of the kernel depends, and `distances` holds, for each, those
    parameters' (., m) squared distances of the pairs of runs. `rough` says whether the first
    component has a rough function beside the smooth one (see `kernel`).
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
        coarse: Collection[int] = (),
    ) -> Likelihood:
        """Return the likelihood of the values y (n,) at the points X (n, D).

        Args:
            X: the points.
            y: the values.
            groups: (D,) index of the parameter that each column belongs to.
            context: the parameters that have a component of their own beside that of all.
            coarse: the parameters that have few levels.
        """
        everything = tuple(range(int(groups.max()) + 1))
        components = (everything, tuple(context)) if context else (everything,)
        by_parameter = squared_distances(X, groups)
        return cls(
            components=components,
            distances=tuple(by_parameter[list(members)] for members in components),
            y=y,
            extra=np.zeros(len(y)),
            priors=Priors.of(components, coarse),
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
        return replace(self, rough=True, priors=self.priors.roughened())

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
        return _both_triangles(self._noisy(self._signal(theta), theta))

    def log_marginal(self, theta: Array) -> float:
        """Return the log marginal likelihood, the constant mean at its best value."""
        explained = self._explained(self._noisy(self._signal(theta), theta))
        if explained is None:
            return -math.inf
        return explained[2] - 0.5 * len(self.y) * math.log(2.0 * math.pi)

    def negative_log_posterior(self, theta: Array) -> tuple[float, Array]:
        """Return minus the log posterior density at theta and its (T,) gradient."""
        lengths, _, noise = self.split(theta)
        functions = [smooth_and_rough(*of_component) for of_component in self._scaled(theta)]
        covariances = [covariance for both in functions for covariance, _ in both]
        explained = self._explained(self._noisy(sum(covariances[1:], covariances[0]), theta))
        if explained is None:
            return 1e10, np.zeros(theta.size)
        K_inverse, a, log_marginal = explained
        # The density's derivative with respect to the covariance of each pair, which counts twice
        # but for a run with itself.
        weight = -lapack.dtrttp(blas.dsyr(-1.0, a, a=K_inverse, lower=1, overwrite_a=1), "L")[0]
        own = _with_themselves(len(self.y))
        trace = float(weight[own].sum())
        weight[own] *= 0.5
        by_length: list[Array] = []
        by_variance: list[float] = []
        by_roughness: list[float] = []
        for index, both in enumerate(functions):
            by_distance = sum(by_distance for _, by_distance in both)
            slopes = self.distances[index] @ (weight * by_distance)
            by_length.append(-2.0 * slopes / lengths[index] ** 2)
            for (covariance, _), by in zip(both, (by_variance, by_roughness), strict=False):
                variance = float(covariance[0])  # of a run with itself
                by.append(float(weight @ covariance) + 0.5 * JITTER * variance * trace)
        gradient = np.concatenate([*by_length, by_variance, by_roughness, [0.5 * noise * trace]])
        log_prior, prior_gradient = self.priors.log_density(theta)
        return -(log_marginal + log_prior), -(gradient + prior_gradient)

    def _explained(self, K: Array) -> tuple[Array, Array, float] | None:
        """Return K's inverse, that times the residuals, and the log density but for its constant.

        None if the (n, n) covariance K is not positive definite. Of both matrices the lower
        triangle counts alone.
        """
        solved = _inverse(K)
        if solved is None:
            return None
        K_inverse, log_determinant = solved
        totals = blas.dsymv(1.0, K_inverse, np.ones(len(self.y)), lower=1)
        residual = self.y - generalised_mean(totals, self.y)
        a = blas.dsymv(1.0, K_inverse, residual, lower=1)
        return K_inverse, a, -0.5 * float(residual @ a + log_determinant)

    def _scaled(self, theta: Array) -> Iterator[tuple[Array, float, float]]:
        """Yield each component's (m,) scaled squared distances and its two variances."""
        lengths, variances, _ = self.split(theta)
        parts = zip(lengths, self.distances, variances, self.roughness(theta), strict=True)
        for length, distances, variance, roughness in parts:
            yield length**-2.0 @ distances, float(variance), float(roughness)

    def _signal(self, theta: Array) -> Array:
        """Return the (m,) covariance of the latent function at the runs."""
        first, *rest = (composite(*of_component) for of_component in self._scaled(theta))
        return np.asarray(sum(rest, first))

    def _noisy(self, signal: Array, theta: Array) -> Array:
        """Return the (n, n) covariance of the results, the lower triangle of it."""
        K, _ = lapack.dtpttr(len(self.y), signal, "L")
        K.flat[:: len(K) + 1] += self.diagonal(theta)
        return np.asarray(K)

    def diagonal(self, theta: Array) -> Array:
        """Return the (n,) variances that each run adds on the diagonal."""
        _, variances, noise = self.split(theta)
        signal = float(variances.sum() + self.roughness(theta).sum())
        return np.asarray(noise + JITTER * signal + self.extra)


def inverse(K: Array) -> tuple[Array, float] | None:
    """Return K's (n, n) inverse and log determinant, or None if K is not positive definite."""
    solved = _inverse(K)
    return None if solved is None else (_both_triangles(solved[0]), solved[1])


def _inverse(K: Array) -> tuple[Array, float] | None:
    """Return the same, the lower triangle of the inverse from that of K."""
    factor, info = lapack.dpotrf(K, lower=1, clean=0)
    if info != 0:
        return None
    log_determinant = 2.0 * float(np.log(np.diag(factor)).sum())
    found, info = lapack.dpotri(factor, lower=1, overwrite_c=1)
    return (found, log_determinant) if info == 0 else None


def _both_triangles(lower: Array) -> Array:
    """Return the symmetric (n, n) matrix whose lower triangle this is."""
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def standardisation(y: Array) -> tuple[float, float]:
    """Return the mean of the values y (n,) and their standard deviation, or 1 if they are equal."""
    scale = float(y.std())
    return float(y.mean()), scale if scale > max(1e-12 * float(np.abs(y).max()), TINY) else 1.0


def generalised_mean(weights: Array, y: Array) -> float:
    """Return the generalised least squares estimate of a constant mean (Aitken 1936).

    Args:
        weights: (n,) row sums of the inverse of the covariance of y.
        y: (n,) values.
    """
    total = float(weights.sum())
    return float(weights @ y) / total if total > 0 else float(y.mean())


def squared_distances(X: Array, groups: npt.NDArray[np.intp]) -> Array:
    """Return the (p, m) squared distances of the pairs of the (n, D) points X by parameter."""
    first, second = np.triu_indices(len(X))
    distances = np.zeros((int(groups.max()) + 1, len(first)))
    for column, group in enumerate(groups):
        distances[group] += (X[first, column] - X[second, column]) ** 2
    return distances


@cache
def _with_themselves(n: int) -> npt.NDArray[np.intp]:
    """Return the places, among the m pairs, of the n that are a run with itself."""
    return np.cumsum([0, *range(n, 1, -1)])
