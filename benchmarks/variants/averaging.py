"""The acquisition function averaged over several hyperparameters.

Symbols: X (m, D) are points of the unit cube.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.engine import batch, surrogate
from recommender.engine.acquisition import log_mean_exp
from recommender.engine.noisy_improvement import NoisyImprovement, Worlds
from recommender.engine.posterior import Posterior

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SeveralWorlds:
    """The worlds of the most probable hyperparameters, with half the weight, and of others."""

    members: tuple[tuple[float, Worlds], ...]
    points: Array

    def adding(self, x: Array, rng: np.random.Generator) -> SeveralWorlds:
        """Return the same after the (D,) point x has been run too."""
        members = tuple((weight, worlds.adding(x, rng)) for weight, worlds in self.members)
        return SeveralWorlds(members, np.vstack([self.points, x]))


class AveragedImprovement:
    """The expected improvement averaged over several hyperparameters."""

    def __init__(self, parts: list[tuple[float, NoisyImprovement]]) -> None:
        self.parts = parts

    @classmethod
    def over(
        cls,
        worlds: SeveralWorlds,
        baseline: Array,
        rng: np.random.Generator,
        feasibility: Posterior | None = None,
    ) -> AveragedImprovement:
        """Return the improvement over the (b, D) baseline points."""
        return cls(
            [
                (weight, NoisyImprovement.over(member, baseline, rng, feasibility))
                for weight, member in worlds.members
            ]
        )

    def __call__(self, X: Array) -> Array:
        """Return the (m,) log acquisition values at X."""
        return log_mean_exp(np.stack([math.log(w) + part(X) for w, part in self.parts], 1))[0]

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the (m,) values and their (m, D) gradients at X."""
        found = [part.with_gradient(X) for _, part in self.parts]
        values = [math.log(w) + value for (w, _), (value, _) in zip(self.parts, found, strict=True)]
        value, weights = log_mean_exp(np.stack(values, 1))
        gradients = np.stack([gradient for _, gradient in found], 1)
        return value, np.einsum("mk,mkd->md", weights, gradients)


def averaged(count: int) -> dict[str, Any]:
    """Average the acquisition over the best hyperparameters and at most `count` others."""
    now: list[surrogate.Surrogate] = []
    propose = batch.propose

    class Imagined:
        @staticmethod
        def imagine(
            posterior: Posterior, pending: Array, rng: np.random.Generator
        ) -> SeveralWorlds:
            others = sorted(now[-1].alternatives, key=lambda one: -one[0])[:count]
            total = 2.0 * sum(weight for weight, _ in others)
            weighted = [(0.5, posterior), *((weight / total, one) for weight, one in others)]
            members = tuple((w, Worlds.imagine(one, pending, rng)) for w, one in weighted)
            return SeveralWorlds(members, pending)

    def proposing(*args: Any) -> list[batch.Pick]:
        now[:] = [one for one in args if isinstance(one, surrogate.Surrogate)]
        return propose(*args)

    return {
        "batch.propose": proposing,
        "batch.Worlds": Imagined,
        "batch.NoisyImprovement": AveragedImprovement,
    }
