"""What repeated runs of one configuration tell of the noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReplicateNoise:
    """The pooled standard deviation of replicates, with its 95 % interval."""

    sd: float
    degrees_of_freedom: int
    low: float
    high: float


def replicate_noise(X: Array, y: Array) -> ReplicateNoise | None:
    """Return the noise that replicates among the (n, D) points show, or None if they show none.

    The interval is the chi-squared one for a normal variance. Replicates that all agree to the
    last digit are one training written down twice, or values too coarse to tell.
    """
    if not len(X):
        return None
    _, group = np.unique(X, axis=0, return_inverse=True)
    group = group.ravel()
    counts = np.bincount(group)
    freedom = int((counts - 1).sum())
    if freedom == 0:
        return None
    means = np.bincount(group, weights=y) / counts
    squares = float(((y - means[group]) ** 2).sum())
    if squares == 0.0:
        return None
    return ReplicateNoise(
        sd=(squares / freedom) ** 0.5,
        degrees_of_freedom=freedom,
        low=(squares / float(chdtri(freedom, 0.025))) ** 0.5,
        high=(squares / float(chdtri(freedom, 0.975))) ** 0.5,
    )
