"""Covariance functions of two sets of points, and their gradients.

A loss over hyperparameters is smooth at large and uneven at small: a composite Gaussian process
(Ba & Joseph 2012, arXiv:1301.2503) is the sum of a smooth function and a rough one, whose length
scales are a fixed fraction of the smooth one's. What repeats at the same place or nearby is then
not taken for noise.

Symbols: A (m, D) and B (n, D) are points, r2 the squared distance scaled by the length scales.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

Array = npt.NDArray[np.float64]

ROUGH = 0.1  # of the smooth function's length scales are those of the rough one


def correlation(r2: Array) -> Array:
    """Return the correlation at scaled squared distance r2 (Rasmussen & Williams 2006, eq. 4.9)."""
    return np.asarray(np.exp(-0.5 * r2))


def slope(r2: Array, covariance: Array) -> Array:
    """Return the derivative with respect to r2 of a covariance so correlated, whose values it has.

    Those stand for exponentials that need not be computed again.
    """
    return np.asarray(-0.5 * covariance)


def smooth_and_rough(r2: Array, variance: float, roughness: float) -> list[tuple[Array, Array]]:
    """Return the covariance, and its derivative with respect to r2, of each of the two functions.

    The rough one is left out if it has no variance.
    """
    smooth = variance * correlation(r2)
    found = [(smooth, slope(r2, smooth))]
    if roughness:
        closer = r2 / ROUGH**2
        rough = roughness * correlation(closer)
        found.append((rough, slope(closer, rough) / ROUGH**2))
    return found


def composite(r2: Array, variance: float, roughness: float) -> Array:
    """Return the covariance of the sum of the two functions."""
    smooth = variance * correlation(r2)
    if not roughness:
        return np.asarray(smooth)
    return np.asarray(smooth + roughness * correlation(r2 / ROUGH**2))


@dataclass(frozen=True, slots=True)
class Component:
    """A smooth function and a rough one, with one length scale a column.

    `lengthscales` (D,) are the smooth function's, infinite where a column plays no part;
    `variance` and `roughness` are the two prior variances at any point.
    """

    lengthscales: Array
    variance: float
    roughness: float = 0.0

    def __call__(self, A: Array, B: Array) -> Array:
        """Return the (m, n) covariance of A and B."""
        return composite(self._scaled_distance(A, B), self.variance, self.roughness)

    def gradient(self, A: Array, B: Array) -> Array:
        """Return the (m, n, D) gradient of the covariance with respect to the points A."""
        both = smooth_and_rough(self._scaled_distance(A, B), self.variance, self.roughness)
        by_distance = sum(by_distance for _, by_distance in both)
        difference = (A[:, None, :] - B[None, :, :]) * (2.0 / self.lengthscales**2)
        difference *= np.asarray(by_distance)[:, :, None]
        return difference

    def _scaled_distance(self, A: Array, B: Array) -> Array:
        return np.asarray(cdist(A / self.lengthscales, B / self.lengthscales, "sqeuclidean"))


@dataclass(frozen=True, slots=True)
class Kernel:
    """The sum of independent components."""

    components: tuple[Component, ...]

    @property
    def variance(self) -> float:
        """The prior variance at any point."""
        return sum(component.variance + component.roughness for component in self.components)

    def __call__(self, A: Array, B: Array) -> Array:
        """Return the (m, n) covariance of A and B."""
        first, *rest = (component(A, B) for component in self.components)
        return sum(rest, start=first)

    def gradient(self, A: Array, B: Array) -> Array:
        """Return the (m, n, D) gradient of the covariance with respect to the points A."""
        first, *rest = (component.gradient(A, B) for component in self.components)
        return sum(rest, start=first)
