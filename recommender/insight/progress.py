"""What the proposals found, against what random search would have found with as many runs.

Random search was not run, so the model stands in for the training: worlds are drawn from the
posterior given all results, and configurations drawn at random are tried in each. It starts from
the same runs as the proposals did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from recommender.engine.belief import Belief
from recommender.engine.encoding import Region
from recommender.run import Params, Run

Array = npt.NDArray[np.float64]

POOL = 256  # configurations that stand for all, and worlds that are drawn of them
LUCK = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The best value so far after each proposal, against random search, at one context value.

    `context` is empty where none is declared. `before` is the best known before the first
    proposal, None if there was none. `found` (k,) is the best so far after each finished proposal;
    `median`, `low` and `high` (k,) are that of random search and the middle 80 % of its luck, from
    the same start, with as many runs. `chance` is the probability that random search would
    have come as far.
    """

    context: Params
    before: float | None
    runs: tuple[str, ...]
    found: tuple[float, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    chance: float


def progress(
    belief: Belief,
    proposed: Sequence[Run],
    known: Sequence[Run],
    rng: np.random.Generator,
) -> Progress:
    """Return the progress that proposals of equal context made.

    Args:
        belief: with a model.
        proposed: the proposals that were measured, in order; at least one.
        known: the runs of the same context that were measured before the first of them.
        rng: for the worlds and for random search.
    """
    objective = belief.objective
    context = {name: proposed[0].params[name] for name in objective.context}
    losses = np.array([objective.to_loss(run.metrics[objective.metric]) for run in proposed])
    start = min((objective.to_loss(run.metrics[objective.metric]) for run in known), default=np.inf)
    found = np.minimum(np.minimum.accumulate(losses), start)
    U = qmc.Sobol(len(belief.encoding.space), rng=rng).random(POOL)
    X = belief.encoding.spread(U, Region(fixed=context))
    values = belief.draw(X, POOL, rng, noisy=True)
    tried = rng.integers(POOL, size=(len(proposed), POOL))
    reached = np.minimum(np.minimum.accumulate(np.take_along_axis(values, tried, axis=0)), start)
    quantiles = np.quantile(reached, LUCK, axis=1)

    def oriented(path: Array) -> tuple[float, ...]:
        return tuple(objective.from_loss(float(loss)) for loss in path)

    best, median, worst = (oriented(path) for path in quantiles)
    smaller_first = objective.from_loss(1.0) > 0
    return Progress(
        context=context,
        before=None if np.isinf(start) else objective.from_loss(float(start)),
        runs=tuple(run.id for run in proposed),
        found=oriented(found),
        median=median,
        low=best if smaller_first else worst,
        high=worst if smaller_first else best,
        chance=float((reached[-1] <= found[-1]).mean()),
    )
