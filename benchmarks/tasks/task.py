"""What a race runs on: a search space and a function of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
from scipy.stats import qmc

from recommender.engine.encoding import Encoding, Region
from recommender.run import Params, Value
from recommender.space import Categorical, SearchSpace

SCALES = Path(__file__).with_name("scales.json")


@dataclass(frozen=True)
class Scale:
    """What a task's values are measured by; `python -m benchmarks.tasks.measure` found them.

    `best` is the lowest noiseless value known and `at` where it was found; `median` is that of
    random configurations, and `spread` their standard deviation, the upper tail clipped at the
    95 % quantile: a few huge values are not what noise is in proportion to.
    """

    best: float
    at: Mapping[str, Value]
    median: float
    spread: float


@dataclass(frozen=True)
class Task:
    """A function to minimise.

    `truth` gives the value without noise. `measure`, where a task has noise of its own, gives one
    noisy value. `bad_rows` is the share of results that are off by many spreads whatever the
    condition. `outcome` is what counts in the end, where that is not the value which is told.
    """

    name: str
    space: SearchSpace
    truth: Callable[[Params], float]
    measure: Callable[[Params, np.random.Generator], float] | None = None
    bad_rows: float = 0.0
    outcome: Callable[[Params], float] | None = None

    @property
    def scored(self) -> Callable[[Params], float]:
        """The noiseless value that a recommendation is scored by."""
        return self.outcome or self.truth

    @property
    def scale(self) -> Scale:
        """What the task's values are measured by."""
        return scales()[self.name]

    def regret(self, params: Params) -> float:
        """Return the normalised simple regret: 0 is the best known, 1 the median of random ones."""
        best, median = self.scale.best, self.scale.median
        return max(0.0, (self.scored(params) - best) / (median - best))

    def seed(self, *parts: int) -> list[int]:
        """Return a seed of the task's own, so that no two tasks share their random numbers."""
        return [crc32(self.name.encode()), *parts]


@cache
def scales() -> dict[str, Scale]:
    """Return the committed scales by the name of the task."""
    if not SCALES.exists():
        return {}
    entries = json.loads(SCALES.read_text(encoding="utf-8"))
    return {name: Scale(**entry) for name, entry in entries.items()}


def sobol(space: SearchSpace, n: int, seed: int | list[int]) -> list[Params]:
    """Return n scrambled Sobol configurations of a space."""
    U = qmc.Sobol(len(space), rng=np.random.default_rng(seed)).random(n)
    return from_uniform(space, U)


def from_uniform(space: SearchSpace, U: np.ndarray) -> list[Params]:
    """Return the configurations of (n, p) uniform numbers, one a parameter."""
    encoding = Encoding(space)
    return [encoding.decode(x) for x in encoding.spread(U, Region({}, {}))]


def places(space: SearchSpace, params: Params) -> np.ndarray:
    """Return the (p,) places of the values between their bounds; a choice's in declared order."""
    encoding = Encoding(space)
    return np.array(
        [
            p.choices.index(params[p.name]) / (len(p.choices) - 1)
            if isinstance(p, Categorical)
            else encoding.unit(p.name, float(params[p.name]))
            for p in space
        ]
    )
