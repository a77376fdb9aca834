"""Squared exponential covariance functions of two sets of points, and their gradients.

Symbols: A (m, D) and B (n, D) are points, r2 the squared distance scaled by the length scales,
`variance` the value at distance 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

Array = npt.NDArray[np.float64]


def correlation(r2: Array) -> Array:
    """Return the correlation at scaled squared distance r2 (Rasmussen & Williams 2006, eq. 4.9)."""
    return np.asarray(np.exp(-0.5 * r2))


def correlation_slope(r2: Array) -> Array:
    """Return the derivative of `correlation` with respect to r2."""
    return np.asarray(-0.5 * np.exp(-0.5 * r2))


@dataclass(frozen=True, slots=True)
class Component:
    """A covariance function with one length scale a column, infinite where it plays no part."""

    lengthscales: Array
    variance: float

    def __call__(self, A: Array, B: Array) -> Array:
        """Return the (m, n) covariance of A and B."""
        return np.asarray(self.variance * correlation(self._scaled_distance(A, B)))

    def gradient(self, A: Array, B: Array) -> Array:
        """Return the (m, n, D) gradient of the covariance with respect to the points A."""
        slope = self.variance * correlation_slope(self._scaled_distance(A, B))
        difference = (A[:, None, :] - B[None, :, :]) / self.lengthscales**2
        return np.asarray(2.0 * slope[:, :, None] * difference)

    def _scaled_distance(self, A: Array, B: Array) -> Array:
        return np.asarray(cdist(A / self.lengthscales, B / self.lengthscales, "sqeuclidean"))


@dataclass(frozen=True, slots=True)
class Kernel:
    """The sum of independent components."""

    components: tuple[Component, ...]

    @property
    def variance(self) -> float:
        """The prior variance at any point."""
        return sum(component.variance for component in self.components)

    def __call__(self, A: Array, B: Array) -> Array:
        """Return the (m, n) covariance of A and B."""
        first, *rest = (component(A, B) for component in self.components)
        return sum(rest, start=first)

    def gradient(self, A: Array, B: Array) -> Array:
        """Return the (m, n, D) gradient of the covariance with respect to the points A."""
        first, *rest = (component.gradient(A, B) for component in self.components)
        return sum(rest, start=first)
