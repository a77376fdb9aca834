"""Twins of the sweep in `configs/sweep.yaml`: a hidden outcome that peaks inside the space.

The outcome (an NMI, say) peaks at an inner temperature, collapses at high learning rates, and
hardly depends on `cluster_temperature`, as the sweep log suggests. 3 % of the rows are bad. In
`confounded-twin` the runs tell a contrastive loss instead, which the temperature rescales, and the
outcome is what counts: there the lowest loss is not the best training, whoever minimises it.
"""

from __future__ import annotations

import math

import numpy as np

from benchmarks.tasks.task import Task
from recommender.run import Params
from recommender.space import Real, SearchSpace

SPACE = SearchSpace(
    [
        Real("learning_rate", 1e-5, 1e-1, "log"),
        Real("cluster_temperature", 0.3, 1.5),
        Real("instance_temperature", 0.005, 1.0, "log"),
        Real("threshold", 0.8, 0.99),
    ]
)
WIDTHS = {
    "learning_rate": 0.9,
    "cluster_temperature": 1.5,
    "instance_temperature": 0.5,
    "threshold": 0.12,
}
LOG = ("learning_rate", "instance_temperature")
BAD_ROWS = 0.03


def task(name: str) -> Task:
    """Return a twin by its name; the number in it seeds where its peak lies."""
    if name == "confounded-twin":
        twin = _Twin(0)
        return Task(name, SPACE, twin.loss, bad_rows=BAD_ROWS, outcome=twin.outcome)
    return Task(name, SPACE, _Twin(int(name.removeprefix("twin-"))).outcome, bad_rows=BAD_ROWS)


class _Twin:
    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([2024, seed])
        self.peak = {
            "learning_rate": rng.uniform(-3.8, -2.6),
            "cluster_temperature": rng.uniform(0.7, 1.2),
            "instance_temperature": rng.uniform(-1.2, -0.4),
            "threshold": rng.uniform(0.88, 0.96),
        }
        self.slant = rng.uniform(-0.5, 0.5)

    def outcome(self, params: Params) -> float:
        """The NMI, negative because tasks are minimised."""
        return self._quality(self._distances(params))

    def loss(self, params: Params) -> float:
        """The loss: it grows with the temperature, and is lower where the rest is good."""
        temperature = float(params["instance_temperature"])
        z = {**self._distances(params), "instance_temperature": 0.0}
        return 0.4 + 2.0 * math.sqrt(temperature) + 0.25 * self._quality(z)

    def _distances(self, params: Params) -> dict[str, float]:
        units = {n: math.log10(float(v)) if n in LOG else float(v) for n, v in params.items()}
        return {name: (units[name] - self.peak[name]) / WIDTHS[name] for name in self.peak}

    def _quality(self, z: dict[str, float]) -> float:
        together = self.slant * z["learning_rate"] * z["instance_temperature"]
        collapsed = 1.0 / (1.0 + math.exp(6.0 * (z["learning_rate"] - 1.6)))
        return -0.8 * math.exp(-0.5 * (sum(v * v for v in z.values()) + together)) * collapsed
