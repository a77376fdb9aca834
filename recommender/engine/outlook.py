"""Whether more runs are worth their hours: how near the incumbent is to the best there is.

Symbols: X (m, D) are points of the unit cube, of which the first k are runs that could be
recommended; S worlds as in `noisy_improvement`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recommender.engine.encoding import Encoding, Region
from recommender.engine.evidence import Evidence
from recommender.engine.incumbent import contenders
from recommender.engine.maximiser import NEAR, candidates
from recommender.engine.noisy_improvement import NoisyImprovement, Worlds
from recommender.engine.posterior import Posterior
from recommender.engine.surrogate import Surrogate
from recommender.engine.trust import trusted

Array = npt.NDArray[np.float64]

SURE = 0.95
SHARE = 0.05  # of the interquartile range of the results: a regret that no longer matters
DRAWS = 1024
REPEATS = 16  # joint draws a world
PROMISING, OTHERS = 192, 64  # points that stand for all that a batch may reach
BATCH = 4
BATCHES = 8  # looked ahead at most
LOOKED_AHEAD = BATCH * BATCHES


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """How sure it is that nothing much better is left, and how many runs would make it so.

    `chance` is the probability that the incumbent is within `tolerance` (in the objective's units)
    of the best configuration that a batch may reach; `chance_before` is the same as of a batch
    before, None if there was no model then. `runs` is how many more runs it takes at least until
    the sweep may end, 0 if it may, None if that is more than the engine looks ahead.
    """

    tolerance: float
    chance: float
    chance_before: float | None
    runs: int | None

    @property
    def sure(self) -> bool:
        """Whether the incumbent is within the tolerance, as far as the model can tell now."""
        return self.chance >= SURE

    @property
    def stop(self) -> bool:
        """Whether the sweep may end: sure now, and sure a batch ago."""
        return self.sure and (self.chance_before or 0.0) >= SURE


def tolerance(y: Array, noise_sd: float) -> float:
    """Return the regret that no longer matters, given the results y (n,) and their noise.

    Both are on the scale of the model, where a long bad tail does not widen what is near enough.
    """
    low, high = np.quantile(y, (0.25, 0.75))
    return max(noise_sd, SHARE * float(high - low))


def chance_within(
    posterior: Posterior, X: Array, k: int, tolerance: float, rng: np.random.Generator
) -> float:
    """Return the probability that the best of the first k points is within tolerance of the best.

    In each world the one of the lowest mean is recommended, and its regret is drawn.
    """
    means = posterior.means(X[:k])
    recommended = np.argmin(means, axis=0)
    worlds = means.shape[1]
    count = DRAWS if worlds == 1 else REPEATS * worlds
    chosen = np.tile(recommended, count // worlds)
    values = posterior.draw(X, rng.standard_normal((len(X), count)))
    regret = values[chosen, np.arange(count)] - values.min(axis=0)
    return float((regret <= tolerance).mean())


def runs_until_sure(
    posterior: Posterior,
    X: Array,
    k: int,
    tolerance: float,
    rng: np.random.Generator,
) -> int | None:
    """Return how many more runs it takes at least to make the incumbent sure, or None if too many.

    Batches are chosen among X by the acquisition function, and their results imagined, as if the
    model knew its hyperparameters and a run told the truth.
    """
    worlds = Worlds.imagine(posterior, X[:0], rng)
    known = X[:k]
    for batch in range(1, BATCHES + 1):
        for _ in range(BATCH):
            score = NoisyImprovement.over(worlds, known, rng)
            best = X[k + int(np.argmax(score(X[k:])))]
            worlds = worlds.adding(best, rng)
            known = np.vstack([known, best])
        ahead = np.vstack([known, X[k:]])
        if chance_within(worlds.posterior, ahead, len(known), tolerance, rng) >= SURE:
            return batch * BATCH
    return None


def look_ahead(
    encoding: Encoding,
    now: tuple[Evidence, Surrogate],
    before: tuple[Evidence, Surrogate] | None,
    feasibility: Posterior | None,
    rng: np.random.Generator,
) -> Outlook:
    """Return the outlook of a sweep from its runs now, and from those of a batch before.

    Args:
        encoding: of the search space.
        now: the runs and what is believed of them.
        before: the same of a batch before, if there was a model.
        feasibility: where runs diverge, as in `failures`; what likely does is out of reach.
        rng: for the draws.
    """
    evidence, surrogate = now
    enough = tolerance(surrogate.warp(evidence.y), surrogate.posterior.noise**0.5)
    X, k = _reachable(encoding, *now, feasibility, rng)
    chance = _averaged(surrogate, X, k, enough, rng)
    chance_before = None
    if before is not None:
        there, known = _reachable(encoding, *before, feasibility, rng)
        chance_before = _averaged(before[1], there, known, enough, rng)
    outlook = Outlook(tolerance=enough, chance=chance, chance_before=chance_before, runs=0)
    if outlook.stop:
        return outlook
    if outlook.sure:
        return replace(outlook, runs=BATCH)
    return replace(outlook, runs=runs_until_sure(surrogate.posterior, X, k, enough, rng))


def _averaged(
    surrogate: Surrogate, X: Array, k: int, tolerance: float, rng: np.random.Generator
) -> float:
    chances = [
        weight * chance_within(posterior, X, k, tolerance, rng)
        for weight, posterior in surrogate.alternatives
    ]
    return min(sum(chances), 1.0)


def _reachable(
    encoding: Encoding,
    evidence: Evidence,
    surrogate: Surrogate,
    feasibility: Posterior | None,
    rng: np.random.Generator,
) -> tuple[Array, int]:
    """Return points that stand for all that a batch may reach, the k runs first, and k."""
    posterior, believable = surrogate.posterior, surrogate.believable()
    known_means = posterior.means(evidence.X[believable])[:, 0]
    kept = contenders(known_means)
    believable, order = believable[kept], np.argsort(known_means[kept])
    known = evidence.X[believable]
    best = evidence.measured[int(believable[order[0]])]
    flat = encoding.names_where(surrogate.flat)
    region = trusted(encoding, Region(), evidence.X, best.params, flat)
    found = candidates(encoding, region, known[order[:NEAR]], rng)
    if feasibility is not None:
        holds = feasibility.means(found)[:, 0] < 0.0
        found = found[holds] if holds.any() else found
    means, sds = posterior.predict(found)
    promising = np.argsort(means[:, 0] - 2.0 * sds)[:PROMISING]
    others = rng.choice(len(found), min(OTHERS, len(found)), replace=False)
    return np.vstack([known, found[promising], found[others]]), len(known)
