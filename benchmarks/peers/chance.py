"""Chance, with and without an even spread."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from benchmarks.peers.peer import Bookkeeper
from benchmarks.tasks.task import from_uniform
from recommender.run import Params
from recommender.space import SearchSpace


class Random(Bookkeeper):
    """Independent uniform configurations."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        super().__init__(space, seed)
        self.rng = np.random.default_rng([seed, 7])

    def ask(self, n: int) -> list[Params]:
        """Propose n runs."""
        return from_uniform(self.space, self.rng.random((n, len(self.space))))


class Sobol(Bookkeeper):
    """A scrambled Sobol sequence, which goes on where it stopped."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        super().__init__(space, seed)
        self.sequence = qmc.Sobol(len(space), rng=np.random.default_rng([seed, 8]))

    def ask(self, n: int) -> list[Params]:
        """Propose n runs."""
        return from_uniform(self.space, self.sequence.random(n))
