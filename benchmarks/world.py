"""What comes back from a run: a task under one condition, the same for every peer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.tasks import Task
from benchmarks.tasks.task import places, sobol
from recommender.run import Params

OWN = 0.05  # the noise at which a task that has noise of its own gets no other
BAD_ROW = (2.0, 8.0)  # how many spreads a bad row is off, on the bad side


@dataclass(frozen=True)
class Condition:
    """What makes a race harder or easier than the base.

    Attributes:
        noise: the standard deviation of the noise in spreads of the task. A task that has noise of
            its own gives its truth at 0, nothing but its own at 0.05, and both added above.
        bad_rows: the share of results that are off, as a mistyped or half-failed run is.
        told: bad rows come back as diverged runs, so that nobody has to find them.
        pending: how many results are outstanding at each `ask`.
        diverging: the share of the space in which a run diverges: about a corner, drawn anew for
            each seed, that does not hold the optimum.
    """

    name: str
    noise: float = 0.05
    bad_rows: float = 0.0
    told: bool = False
    pending: int = 0
    diverging: float = 0.0


BASE, BAD_ROWS, BAD_ROWS_TOLD = "base", "bad-rows-5", "bad-rows-5-told"
CONDITIONS = {
    condition.name: condition
    for condition in (
        Condition(BASE),
        Condition("noise-0", noise=0.0),
        Condition("noise-20", noise=0.2),
        Condition(BAD_ROWS, bad_rows=0.05),
        Condition(BAD_ROWS_TOLD, bad_rows=0.05, told=True),
        Condition("pending-4", pending=4),
        Condition("diverging-10", diverging=0.1),
        Condition("diverging-30", diverging=0.3),
    )
}


class World:
    """Gives the results. The n-th run has the same noise whoever proposed it."""

    def __init__(self, task: Task, condition: Condition, seed: int) -> None:
        self.task, self.condition, self.seed = task, condition, seed
        self.count = 0

    def run(self, params: Params) -> float | None:
        """Return the loss that is recorded for a run, or None if it diverged."""
        rng = np.random.default_rng(self.task.seed(self.seed, 4, self.count))
        self.count += 1
        if self.condition.diverging and self._distance(params) < self._region[1]:
            return None
        normal, lot, off = float(rng.standard_normal()), rng.random(), float(rng.uniform(*BAD_ROW))
        noise, spread = self.condition.noise, self.task.scale.spread
        if self.task.measure is None or noise == 0:
            value = self.task.truth(params) + noise * spread * normal
        else:
            added = noise if noise > OWN else 0.0
            value = self.task.measure(params, rng) + added * spread * normal
        if lot < max(self.condition.bad_rows, self.task.bad_rows):
            return None if self.condition.told else value + off * spread
        return value

    def _distance(self, params: Params) -> float:
        return float(np.linalg.norm(places(self.task.space, params) - self._region[0]))

    @cached_property
    def _region(self) -> tuple[np.ndarray, float]:
        """The corner about which runs diverge, and how far from it."""
        space = self.task.space
        rng = np.random.default_rng(self.task.seed(self.seed, 3))
        sample = np.array([places(space, params) for params in sobol(space, 512, 2)])
        best = places(space, self.task.scale.at)
        while True:
            corner = rng.integers(0, 2, len(space))
            distances = np.linalg.norm(sample - corner, axis=1)
            radius = float(np.quantile(distances, self.condition.diverging))
            if np.linalg.norm(best - corner) > radius:
                return corner, radius
