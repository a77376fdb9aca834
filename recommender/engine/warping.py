"""The scale on which losses are modelled: their own, or one that draws in the bad ones.

A sweep's losses often have a long bad tail, made by a learning rate that is too high or a
regulariser that is too strong. One Gaussian process cannot be both as rough as that tail and as
smooth as the region around the optimum, which is what the sweep is about.

Symbols: y (n,) are losses, z (n,) the same on the model's scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LARGEST = 200.0  # of an exponent; what lies beyond is only far away
SMALLEST = 1e-100  # a reach by which any loss can be divided


@dataclass(frozen=True, slots=True)
class Warp:
    """A warped scale (Snelson et al. 2004): up to the median a loss stays as it is.

    Above it the excess grows logarithmically, from the same slope on, so that a loss `reach` above
    the median counts as 0.69 of that. An infinite reach leaves every loss as it is.
    """

    median: float = 0.0
    reach: float = math.inf

    @classmethod
    def of(cls, y: Array) -> Warp:
        """Return the warp of losses y (n,): the reach is from the best of them to their median."""
        median = float(np.median(y))
        reach = median - float(y.min())
        return cls(median, reach) if reach > SMALLEST else cls()

    def __call__(self, y: Array) -> Array:
        """Return the losses (n,) on the model's scale."""
        if math.isinf(self.reach):
            return y
        return np.minimum(y, self.median) + self.reach * np.log1p(self._excess(y))

    def inverse(self, z: Array) -> Array:
        """Return the losses (n,) that the model's values stand for."""
        if math.isinf(self.reach):
            return z
        grown = np.expm1(np.minimum(self._excess(z), LARGEST))
        return np.asarray(np.minimum(z, self.median) + self.reach * grown)

    def log_slope(self, y: Array) -> Array:
        """Return the (n,) logarithms of the derivative at losses y."""
        return -np.log1p(self._excess(y))

    def spread(self, mean: Array, sd: Array) -> Array:
        """Return half the widths (n,) of the losses within a standard deviation of the mean."""
        width = 0.5 * (self.inverse(mean + sd) - self.inverse(mean - sd))
        # The losses spread no less than the model's values; far away the difference loses that.
        return np.maximum(width, sd)

    def _excess(self, values: Array) -> Array:
        return np.asarray(np.maximum(values - self.median, 0.0) / self.reach)
