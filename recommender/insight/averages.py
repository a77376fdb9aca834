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
from functools import cache

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
        places, weights = _legendre()
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


@cache
def _legendre() -> tuple[Array, Array]:
    """Return the nodes between -1 and 1, and the weights, of the rule of Gauss and Legendre."""
    return np.polynomial.legendre.leggauss(NODES)


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
        self._marginals = marginals
        self._X = X
        self._columns = [np.flatnonzero(groups == index) for index in range(len(marginals))]
        self._factors: dict[tuple[int, int, bool], Array] = {}

    def means(self, kept: Collection[int]) -> Array:
        """Return the (m, S) means of the function averaged over all but the kept parameters."""
        return np.asarray(self._posterior.mean + self._cross(kept) @ self._posterior.weights)

    def joint(self, kept: Collection[int]) -> tuple[Array, Array]:
        """Return the same means and their (m, m) covariance."""
        total = np.zeros((len(self._X), len(self._X)))
        for component in self._posterior.kernel.components:
            covariance = np.full_like(total, component.variance)
            for index, (columns, marginal) in enumerate(
                zip(self._columns, self._marginals, strict=True)
            ):
                if not _matters(component, columns):
                    continue
                if index in kept:
                    X = self._X[:, columns]
                    covariance *= _factor(component, columns, X, X)
                else:
                    within = _factor(component, columns, marginal.nodes, marginal.nodes)
                    covariance *= float(marginal.weights @ within @ marginal.weights)
            total += covariance
        cross = self._cross(kept)
        V = solve_triangular(self._posterior.factor, cross.T, lower=True, check_finite=False)
        means = self._posterior.mean + cross @ self._posterior.weights
        return np.asarray(means), np.asarray(total - V.T @ V)

    def _cross(self, kept: Collection[int]) -> Array:
        """Return the (m, n) covariance of the averages with the values at the points given."""
        total = np.zeros((len(self._X), len(self._posterior.points)))
        for number, component in enumerate(self._posterior.kernel.components):
            averaged = np.full((1, total.shape[1]), component.variance)
            matter = [i for i, columns in enumerate(self._columns) if _matters(component, columns)]
            for index in matter:
                if index not in kept:
                    averaged = averaged * self._with_points(number, index, averaged=True)
            covariance = np.repeat(averaged, len(total), axis=0)
            for index in matter:
                if index in kept:
                    covariance *= self._with_points(number, index, averaged=False)
            total += covariance
        return total

    def _with_points(self, number: int, index: int, *, averaged: bool) -> Array:
        """Return a parameter's factor of the covariance of X with the conditioning points (m, n).

        Averaged over the parameter it is the same in all rows, of which there is one then.
        """
        key = (number, index, averaged)
        if key not in self._factors:
            component = self._posterior.kernel.components[number]
            columns, marginal = self._columns[index], self._marginals[index]
            points = self._posterior.points[:, columns]
            self._factors[key] = (
                marginal.weights[None, :] @ _factor(component, columns, marginal.nodes, points)
                if averaged
                else _factor(component, columns, self._X[:, columns], points)
            )
        return self._factors[key]


def _matters(component: Component, columns: Columns) -> bool:
    """Whether a component depends on a parameter at all."""
    return bool(np.isfinite(component.lengthscales[columns]).any())


def _factor(component: Component, columns: Columns, A: Array, B: Array) -> Array:
    """Return the (a, b) factor of the correlation that these columns make, A and B in them."""
    lengths = component.lengthscales[columns]
    return correlation(cdist(A / lengths, B / lengths, "sqeuclidean"))
