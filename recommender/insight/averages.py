"""A Gaussian process averaged over some of its parameters, in closed form.

The covariance functions are sums of products of one factor a parameter, so that an average over
independent parameters is a product of averages in one dimension (Oakley & O'Hagan 2004,
"Probabilistic sensitivity analysis of complex models", section 3).

Symbols: X (m, D) are points of the unit cube, p the number of parameters, S the number of draws
that a posterior carries along.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.spatial.distance import cdist

from recommender.engine.kernel import Component, correlation
from recommender.engine.posterior import Posterior

Array = npt.NDArray[np.float64]
Columns = npt.NDArray[np.intp]

NODES = 48  # of a rule that averages the narrowest bump a fit allows to four digits


@dataclass(frozen=True, slots=True)
class Marginal:
    """How one parameter is distributed: uniformly between two ends, or over a few points.

    An average is a weighted sum over the `nodes` (q, w), in the w columns of the parameter, with
    the `weights` (q,); `ends` are those of the range, None if the nodes are all there is.
    """

    nodes: Array
    weights: Array
    ends: tuple[float, float] | None = None

    @classmethod
    def between(cls, low: float, high: float) -> Marginal:
        """Return the uniform distribution between low and high; at low if they are equal."""
        if low == high:
            return cls.over(np.array([[low]]))
        places, weights = np.polynomial.legendre.leggauss(NODES)
        nodes = low + 0.5 * (places + 1.0) * (high - low)
        return cls(nodes[:, None], 0.5 * weights, (low, high))

    @classmethod
    def over(cls, points: Array) -> Marginal:
        """Return the uniform distribution over the (q, w) points."""
        return cls(points, np.full(len(points), 1.0 / len(points)))

    def place(self, u: Array) -> Array:
        """Return the (m, w) values that m uniform numbers u stand for."""
        if self.ends is not None:
            low, high = self.ends
            return np.asarray(low + u[:, None] * (high - low))
        index = np.minimum((u * len(self.nodes)).astype(int), len(self.nodes) - 1)
        return np.asarray(self.nodes[index])


class Averages:
    """The averages of one posterior over the marginals of its parameters, at given points.

    Args:
        posterior: of the latent function.
        marginals: one a parameter.
        groups: (D,) index of the parameter that each column belongs to.
        X: the points; where a parameter is averaged over, its columns do not count.
    """

    def __init__(
        self, posterior: Posterior, marginals: Sequence[Marginal], groups: Columns, X: Array
    ) -> None:
        self._posterior = posterior
        self._X = X
        self._columns = [np.flatnonzero(groups == index) for index in range(len(marginals))]
        self._parts = [
            [
                _Part.of(component, columns, marginal, X[:, columns], posterior.points[:, columns])
                for columns, marginal in zip(self._columns, marginals, strict=True)
            ]
            for component in posterior.kernel.components
        ]

    def means(self, kept: Collection[int]) -> Array:
        """Return the (m, S) means of the function averaged over all but the kept parameters."""
        return np.asarray(self._posterior.mean + self._cross(kept) @ self._posterior.weights)

    def joint(self, kept: Collection[int]) -> tuple[Array, Array]:
        """Return the same means and their (m, m) covariance."""
        total = np.zeros((len(self._X), len(self._X)))
        for component, parts in zip(self._posterior.kernel.components, self._parts, strict=True):
            covariance = np.full_like(total, component.variance)
            for index, (columns, part) in enumerate(zip(self._columns, parts, strict=True)):
                if index in kept:
                    X = self._X[:, columns]
                    covariance *= _factor(component, columns, X, X)
                else:
                    covariance *= part.within
            total += covariance
        cross = self._cross(kept)
        V = solve_triangular(self._posterior.factor, cross.T, lower=True, check_finite=False)
        means = self._posterior.mean + cross @ self._posterior.weights
        return np.asarray(means), np.asarray(total - V.T @ V)

    def _cross(self, kept: Collection[int]) -> Array:
        """Return the (m, n) covariance of the averages with the values at the points given."""
        total = np.zeros((len(self._X), len(self._posterior.points)))
        for component, parts in zip(self._posterior.kernel.components, self._parts, strict=True):
            averaged = np.full(total.shape[1], component.variance)
            for index, part in enumerate(parts):
                if index not in kept:
                    averaged = averaged * part.averaged
            covariance = np.tile(averaged, (len(total), 1))
            for index in kept:
                if parts[index].factor is not None:
                    covariance *= parts[index].factor
            total += covariance
        return total


@dataclass(frozen=True, slots=True)
class _Part:
    """What one parameter contributes to a component's covariances, each a factor.

    `factor` (m, n) is for the points with the conditioning points, None where it is 1; `averaged`
    (n,) the same averaged over the parameter; `within` averages over it twice.
    """

    factor: Array | None
    averaged: Array
    within: float

    @classmethod
    def of(
        cls, component: Component, columns: Columns, marginal: Marginal, X: Array, points: Array
    ) -> _Part:
        if np.isinf(component.lengthscales[columns]).all():
            return cls(None, np.ones(len(points)), 1.0)
        nodes, weights = marginal.nodes, marginal.weights
        return cls(
            _factor(component, columns, X, points),
            weights @ _factor(component, columns, nodes, points),
            float(weights @ _factor(component, columns, nodes, nodes) @ weights),
        )


def _factor(component: Component, columns: Columns, A: Array, B: Array) -> Array:
    """Return the (a, b) factor of the correlation that these columns make, A and B in them."""
    lengths = component.lengthscales[columns]
    return correlation(cdist(A / lengths, B / lengths, "sqeuclidean"))
