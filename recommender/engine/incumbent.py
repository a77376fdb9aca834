"""The run believed to be the best: by the posterior, not by the luckiest value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommender.engine.posterior import Posterior

Array = npt.NDArray[np.float64]
DRAWS = 2048


def probability_best(posterior: Posterior, X: Array, rng: np.random.Generator) -> Array:
    """Return for each of the (m, D) points the probability that its latent value is the lowest.

    Points that coincide share theirs. It is 1 where all coincide, which says nothing.
    """
    unique, inverse = np.unique(X, axis=0, return_inverse=True)
    values = posterior.draw(unique, rng.standard_normal((len(unique), DRAWS)))
    wins = np.bincount(np.argmin(values, axis=0), minlength=len(unique))
    return np.asarray(wins[inverse.ravel()] / DRAWS)
