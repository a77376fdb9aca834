"""What is known and believed, as whoever explains or draws it needs it.

Symbols: X (m, D) are points of the unit cube; values are in the metric's own units and
direction, but draws, which are losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.engine.encoding import Encoding
from recommender.engine.evidence import Evidence
from recommender.engine.posterior import mixture
from recommender.engine.surrogate import Surrogate
from recommender.run import Objective, Params

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Belief:
    """The runs as evidence of one metric, and the model of it; None where there are too few."""

    objective: Objective
    encoding: Encoding
    evidence: Evidence
    surrogate: Surrogate | None

    @property
    def model(self) -> Surrogate:
        """The surrogate, for a caller who knows that there is one."""
        assert self.surrogate is not None, "there is no model"
        return self.surrogate

    @property
    def values(self) -> Array:
        """The (n,) measured values, in the order of `evidence.measured`."""
        return self._oriented(self.evidence.y)

    def at(self, X: Array, *, noisy: bool = False) -> tuple[Array, Array]:
        """Return the (m,) means and standard deviations of the metric at X.

        They are averaged over the likely hyperparameters, which needs a model.

        Args:
            X: the points.
            noisy: of one more training there, rather than of its true value.
        """
        means, variances = [], []
        for _, posterior in self.model.alternatives:
            latent, sds = posterior.predict(X)
            means.append(latent[:, 0])
            variances.append(sds**2 + noisy * posterior.noise)
        weights = [weight for weight, _ in self.model.alternatives]
        mean, variance = mixture(weights, np.array(means), np.array(variances))
        losses, spreads = self.model.losses(mean, np.sqrt(variance))
        return self._oriented(losses), spreads

    def in_noise(self, value: float) -> float:
        """Return a value of the metric, on the model's scale, in standard deviations of the noise.

        Up to the sign; it needs a model.
        """
        z = self.model.warp(np.array([self.objective.to_loss(value)]))
        return float(z[0] / self.model.posterior.noise**0.5)

    def predict(self, runs: Sequence[Params]) -> tuple[Array, Array]:
        """Return what one more training of each configuration is predicted to report, with sd."""
        return self.at(self.encoding.encode(runs), noisy=True)

    def draw(self, X: Array, count: int, rng: np.random.Generator, *, noisy: bool = False) -> Array:
        """Return (m, count) joint draws of the loss at X, where smaller is better.

        They come from the likely hyperparameters in proportion to their weights, which needs a
        model.

        Args:
            X: the points.
            count: how many draws.
            rng: for the draws.
            noisy: of one more training at each point, rather than of their true values.
        """
        weights = [weight for weight, _ in self.model.alternatives]
        drawn = []
        for (_, posterior), share in zip(
            self.model.alternatives, apportion(weights, count), strict=True
        ):
            values = posterior.draw(X, rng.standard_normal((len(X), share)))
            noise = noisy * posterior.noise**0.5
            drawn.append(values + noise * rng.standard_normal(values.shape))
        return self.model.warp.inverse(np.hstack(drawn))

    def _oriented(self, losses: Array) -> Array:
        return np.array([self.objective.from_loss(float(loss)) for loss in losses])


def apportion(weights: Sequence[float], total: int) -> list[int]:
    """Return whole numbers that sum to `total`, in proportion to weights that sum to 1."""
    exact = np.array(weights) * total
    counts = np.floor(exact).astype(int)
    rest = np.argsort(counts - exact, kind="stable")[: total - counts.sum()]
    counts[rest] += 1
    return [int(count) for count in counts]
