"""The run believed to be the best: by the posterior, not by the luckiest value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.engine.answers import Incumbent, Rival
from recommender.engine.evidence import Evidence
from recommender.engine.posterior import Posterior
from recommender.engine.surrogate import Surrogate
from recommender.run import Objective

Array = npt.NDArray[np.float64]
DRAWS = 2048
CONTENDERS = 1000  # runs at most that are compared with each other


def contenders(means: Array) -> npt.NDArray[np.intp]:
    """Return the sorted indices of the points that may be the best: of very many the lowest means.

    Args:
        means: (m,) posterior means of the points.
    """
    return np.sort(np.argsort(means, kind="stable")[:CONTENDERS])


@dataclass(frozen=True, slots=True)
class RunsInContext:
    """The runs that are not too good to be believed, as a batch in one context sees them.

    Attributes:
        runs: (k,) their indices among the measured runs.
        points: (k, D) their points, moved to that context.
        means: (k,) what the smooth function expects of these.
        rivals: the indices, of the k, of those that were made in that context and so rank. Where
            none was, the settings that look best there stand in.
        best: the index, of the k, of the rival that is believed best.
    """

    runs: npt.NDArray[np.intp]
    points: Array
    means: Array
    rivals: npt.NDArray[np.intp]
    best: int

    @classmethod
    def of(
        cls, surrogate: Surrogate, X: Array, held: npt.NDArray[np.intp], there: Array
    ) -> RunsInContext:
        """Return what is known in a context.

        Args:
            surrogate: what is believed.
            X: the (n, D) measured runs.
            held: (c,) the columns of the context parameters.
            there: (c,) their values.
        """
        runs = surrogate.believable()
        points = X[runs]
        here = np.flatnonzero((points[:, held] == there).all(axis=1))
        points[:, held] = there
        means = surrogate.posterior.means(points)[:, 0]
        rivals = here if len(here) else np.array([int(np.argmin(means))])
        best = surrogate.best_among(points[rivals])
        return cls(runs, points, means, rivals, int(rivals[best]))


def probability_best(posterior: Posterior, X: Array, rng: np.random.Generator) -> Array:
    """Return for each of the (m, D) points the probability that its latent value is the lowest.

    Points that coincide share theirs. It is 1 where all coincide, which says nothing.
    """
    unique, inverse = np.unique(X, axis=0, return_inverse=True)
    values = posterior.draw(unique, rng.standard_normal((len(unique), DRAWS)))
    wins = np.bincount(np.argmin(values, axis=0), minlength=len(unique))
    return np.asarray(wins[inverse.ravel()] / DRAWS)


def believed_best(
    objective: Objective,
    evidence: Evidence,
    surrogate: Surrogate | None,
    members: npt.NDArray[np.intp],
    rng: np.random.Generator,
) -> Incumbent:
    """Return the incumbent among some of the measured runs, or the best seen without a model.

    Args:
        objective: what is optimised.
        evidence: the runs.
        surrogate: what is believed of them, if there is a model.
        members: (m,) indices of the measured runs that compete, m >= 1.
        rng: for the probability to be the best.
    """
    if surrogate is None:
        run = evidence.measured[int(members[np.argmin(evidence.y[members])])]
        compared = len(np.unique(evidence.X[members], axis=0))
        return Incumbent(
            run.params, id=run.id, mean=None, sd=None, probability_best=None, compared=compared
        )
    posterior, believed = surrogate.at_runs(), surrogate.believable(members)
    compared = len(np.unique(evidence.X[believed], axis=0))
    believed = believed[contenders(posterior.means(evidence.X[believed])[:, 0])]
    X = evidence.X[believed]
    means, covariance = posterior.joint(X)
    best = int(np.argmin(means[:, 0]))
    others = np.flatnonzero((X[best] != X).any(axis=1))
    chance = rival = None
    if len(others):
        if surrogate.informative:
            chance = float(probability_best(posterior, X, rng)[best])
        second = int(others[np.argmin(means[others, 0])])
        spread = covariance[best, best] + covariance[second, second] - 2 * covariance[best, second]
        ahead = float(means[second, 0] - means[best, 0])
        losses = surrogate.warp.inverse(means[[best, second], 0])
        lead = float(losses[1] - losses[0])
        stretch = lead / ahead if ahead > 0.0 else 1.0  # where the warp draws the rival in
        rival = Rival(
            id=evidence.measured[int(believed[second])].id,
            lead=lead,
            sd=stretch * max(float(spread), 0.0) ** 0.5,
        )
    run = evidence.measured[int(believed[best])]
    return Incumbent(
        run.params,
        id=run.id,
        mean=objective.from_loss(float(means[best, 0])),
        sd=max(float(covariance[best, best]), 0.0) ** 0.5,
        probability_best=chance,
        compared=compared,
        rival=rival,
        doubted=bool(surrogate.discounted[believed[best]]),
    )
