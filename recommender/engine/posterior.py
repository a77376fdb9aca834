"""What a fitted Gaussian process believes at given points, and after conditioning on more.

Symbols: X (m, D) are query points, S the number of draws that the posterior carries along (1
until it is conditioned on draws).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular

from recommender.engine.kernel import Kernel

Array = npt.NDArray[np.float64]
RELATIVE_JITTER = 1e-9
CHUNK = 2**19  # values at most of a covariance that is computed at once, to stay in the cache


def mixture(weights: Sequence[float], means: Array, variances: Array) -> tuple[Array, Array]:
    """Return the (m,) means and variances of m mixtures of k normal distributions.

    Args:
        weights: (k,), which sum to 1.
        means: (k, m) of the parts.
        variances: (k, m) of the parts.
    """
    mean = np.asarray(weights) @ means
    # Not as the mean square less the mean's, which loses all digits of a small spread.
    return mean, np.asarray(weights) @ (variances + (means - mean) ** 2)


@dataclass(frozen=True, slots=True)
class Posterior:
    """A Gaussian process given runs, in the units of the values it was given.

    `points` (n, D) are the conditioning points, `factor` (n, n) the lower Cholesky factor of
    their noisy covariance, `weights` (n, S) its inverse times the residuals, and `noise` the
    variance of a new observation around the latent function.
    """

    kernel: Kernel
    points: Array
    factor: Array
    weights: Array
    mean: float
    noise: float

    def means(self, X: Array) -> Array:
        """Return the latent function's (m, S) means at X."""
        chunks = [self.kernel(part, self.points) @ self.weights for part in self._chunks(X)]
        return self.mean + np.vstack(chunks)

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Return the latent function's (m, S) means and (m,) standard deviations at X."""
        means, sds = zip(*(self._predict(part) for part in self._chunks(X)), strict=True)
        return np.vstack(means), np.concatenate(sds)

    def _predict(self, X: Array) -> tuple[Array, Array]:
        K = self.kernel(self.points, X)
        V = _solve(self.factor, K)
        variance = self.kernel.variance - np.einsum("ij,ij->j", V, V)
        return self.mean + K.T @ self.weights, np.sqrt(np.maximum(variance, self._floor))

    def joint(self, X: Array) -> tuple[Array, Array]:
        """Return the latent function's (m, S) means and (m, m) covariance at X."""
        K = self.kernel(self.points, X)
        V = _solve(self.factor, K)
        return self.mean + K.T @ self.weights, self.kernel(X, X) - V.T @ V

    def gradient(self, X: Array) -> tuple[Array, Array, Array, Array]:
        """Return what an acquisition function needs to differentiate at X.

        Returns:
            The (m, S) means, the (m,) standard deviations, the (m, n, D) gradient of the
            covariance with the conditioning points, and the (m, D) gradient of the standard
            deviation.
        """
        K = self.kernel(self.points, X)
        V = _solve(self.factor, K)
        variance = self.kernel.variance - np.einsum("ij,ij->j", V, V)
        sd = np.sqrt(np.maximum(variance, self._floor))
        slopes = self.kernel.gradient(X, self.points)
        solved = _solve(self.factor, V, transposed=True)
        sd_gradient = -np.einsum("mnd,nm->md", slopes, solved) / sd[:, None]
        sd_gradient[variance <= self._floor] = 0.0
        return self.mean + K.T @ self.weights, sd, slopes, sd_gradient

    def draw(self, X: Array, normals: Array) -> Array:
        """Return (m, R) joint draws of the latent function at X from (m, R) standard normals.

        R is a multiple of S: the draws go through the posterior's own S in turn.
        """
        means, covariance = self.joint(X)
        repeats = normals.shape[1] // means.shape[1]
        return np.asarray(np.tile(means, repeats) + self._factorise(covariance) @ normals)

    def condition(self, X: Array, values: Array) -> Posterior:
        """Return the posterior given also the latent values (m, S) at X, one column a draw."""
        K = self.kernel(self.points, X)
        cross = _solve(self.factor, K)
        corner = self._factorise(self.kernel(X, X) - cross.T @ cross)
        n, m = len(self.points), len(X)
        factor = np.zeros((n + m, n + m))
        factor[:n, :n], factor[n:, :n], factor[n:, n:] = self.factor, cross.T, corner
        # With the block factor [[L, 0], [C', M]], the new weights follow from the innovation.
        innovation = values - (self.mean + K.T @ self.weights)
        new = _solve(corner, _solve(corner, innovation), transposed=True)
        old = self.weights - _solve(self.factor, cross @ new, transposed=True)
        return Posterior(
            self.kernel, np.vstack([self.points, X]), factor, np.vstack([old, new]), self.mean,
            self.noise,
        )  # fmt: skip

    def _chunks(self, X: Array) -> list[Array]:
        size = max(1, CHUNK // max(1, len(self.points)))
        return [X[start : start + size] for start in range(0, max(len(X), 1), size)]

    @property
    def _floor(self) -> float:
        return RELATIVE_JITTER * self.kernel.variance

    def _factorise(self, covariance: Array) -> Array:
        """Return a lower Cholesky factor, with just as much jitter as it takes."""
        jitter = self._floor
        eye = np.eye(len(covariance))
        while True:
            try:
                return np.asarray(cholesky(covariance + jitter * eye, lower=True))
            except np.linalg.LinAlgError:
                jitter *= 10.0


def _solve(factor: Array, b: Array, *, transposed: bool = False) -> Array:
    return np.asarray(
        solve_triangular(factor, b, lower=True, trans=int(transposed), check_finite=False)
    )
