"""Other scales that the model is fitted on: of the losses, or of the places.

Symbols: X (n, D) are the runs in the unit cube, y (n,) their losses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import rankdata

from recommender.engine import surrogate
from recommender.engine.hyperparameters import maximise, starts
from recommender.engine.kernel import Component, Kernel
from recommender.engine.likelihood import Likelihood
from recommender.engine.posterior import Posterior

Array = npt.NDArray[np.float64]


def half_ranks() -> dict[str, Any]:
    """Fit to losses of which those above the median keep only their rank (Vizier)."""
    own = surrogate.fit

    def fit(X: Array, y: Array, *rest: Any, **options: Any) -> surrogate.Surrogate:
        return own(X, half_ranked(y), *rest, **options)

    return {"recommender.fit": fit}


def half_ranked(y: Array) -> Array:
    """Return the losses, those above the median as far above it as their normal scores."""
    median = float(np.median(y))
    scale = float(np.sqrt(((y[y <= median] - median) ** 2).mean()))
    scores = ndtri((rankdata(y, method="ordinal") - 0.5) / len(y))
    return np.where(y > median, median + scale * scores, y)


@dataclass(frozen=True)
class Powers:
    """Powers of each column: x ** a from below where `up`, 1 - (1 - x) ** a from above."""

    powers: Array
    up: npt.NDArray[np.bool_]

    def __call__(self, X: Array) -> Array:
        """Return the (n, D) warped places."""
        return np.where(self.up, self._from(X) ** self.powers, 1.0 - self._from(X) ** self.powers)

    def slope(self, X: Array) -> Array:
        """Return the (n, D) derivatives."""
        return np.asarray(self.powers * self._from(X) ** (self.powers - 1.0))

    def with_column(self, column: int, power: float, up: bool) -> Powers:
        """Return the warp with another power for one column."""
        powers, ups = self.powers.copy(), self.up.copy()
        powers[column], ups[column] = power, up
        return Powers(powers, ups)

    def _from(self, X: Array) -> Array:
        inside = np.clip(X, 1e-3, 1.0 - 1e-3)
        return np.where(self.up, inside, 1.0 - inside)


@dataclass(frozen=True)
class WarpedKernel:
    """A kernel of warped places."""

    kernel: Kernel
    warp: Powers

    @property
    def components(self) -> tuple[Component, ...]:
        """The kernel's own."""
        return self.kernel.components

    @property
    def variance(self) -> float:
        """The prior variance at any point."""
        return self.kernel.variance

    def __call__(self, A: Array, B: Array) -> Array:
        """Return the (m, n) covariance of A and B."""
        return self.kernel(self.warp(A), self.warp(B))

    def gradient(self, A: Array, B: Array) -> Array:
        """Return the (m, n, D) gradient with respect to A."""
        gradient = self.kernel.gradient(self.warp(A), self.warp(B))
        return np.asarray(gradient * self.warp.slope(A)[:, None, :])


def warped(gain: float) -> dict[str, Any]:
    """Warp each numeric column by the power that makes the runs likelier by so many nats, if any.

    A coarse form of the Kumaraswamy warping of Snoek et al. 2014 (arXiv:1402.0929).
    """
    own = surrogate.fit

    def fit(X: Array, y: Array, groups: Any, **options: Any) -> surrogate.Surrogate:
        warp = Powers(np.ones(X.shape[1]), np.ones(X.shape[1], dtype=bool))
        alone = [int(column) for column in np.flatnonzero(np.bincount(groups)[groups] == 1)]
        z = (y - y.mean()) / max(float(y.std()), 1e-300)

        def evidence(one: Powers, beginnings: list[Array]) -> tuple[float, Array]:
            likelihood = Likelihood.of(one(X), z, groups)
            theta = maximise(likelihood, beginnings or starts(likelihood))
            return likelihood.log_marginal(theta), theta

        most, theta = evidence(warp, [])
        for column in alone:
            tried = [warp.with_column(column, a, up) for a in (0.5, 2.0) for up in (True, False)]
            found = [(*evidence(one, [theta]), one) for one in tried]
            best = max(found, key=lambda one: one[0])
            if best[0] > most + gain:
                most, theta, warp = best
        fitted = own(warp(X), y, groups, **options)

        def unwarped(posterior: Posterior) -> Posterior:
            kernel: Any = WarpedKernel(posterior.kernel, warp)
            return replace(posterior, kernel=kernel, points=X)

        alternatives = tuple((weight, unwarped(one)) for weight, one in fitted.alternatives)
        return replace(
            fitted,
            posterior=unwarped(fitted.posterior),
            alternatives=alternatives,
            at_runs=lambda: unwarped(fitted.at_runs()),
        )

    return {"recommender.fit": fit}
