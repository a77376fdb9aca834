"""Why a configuration is proposed: what is believed of it, from what, and what it would teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.engine.threads import one_thread
from recommender.insight.lessons import Lesson, lessons
from recommender.insight.neighbours import Beyond, Neighbour, beyond, nearest
from recommender.insight.view import View
from recommender.run import Params, Proposal, Run

SEED = 0  # of the draws: the same history gives the same answer


@dataclass(frozen=True, slots=True)
class Predicted:
    """What one training is predicted to report of a metric, None where there is no model of it.

    It is a `guess` where the runs cannot be told from a constant with noise.
    """

    metric: str
    mean: float | None
    sd: float | None
    guess: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A pending proposal, explained from the runs as they are now.

    `predicted` has a prediction for every metric with data, that of the objective first.
    `neighbours` are the most similar runs, `beyond` the parameters in which the prediction
    extrapolates, `lessons` what its result would say of the best values of the parameters.
    """

    proposal: Proposal
    predicted: tuple[Predicted, ...]
    neighbours: tuple[Neighbour, ...]
    beyond: tuple[Beyond, ...]
    lessons: tuple[Lesson, ...]


def predicted(views: Sequence[View], params: Params) -> tuple[Predicted, ...]:
    """Return what each view predicts for one training of a configuration."""
    found = []
    for view in views:
        surrogate = view.belief.surrogate
        if surrogate is None:
            found.append(Predicted(view.objective.metric, None, None))
            continue
        (mean,), (sd,) = view.belief.predict([params])
        guess = not surrogate.informative
        found.append(Predicted(view.objective.metric, float(mean), float(sd), guess))
    return tuple(found)


def explain(view: View, views: Sequence[View], run: Run) -> Explanation:
    """Return why a pending run was proposed.

    Args:
        view: through the metric that it is explained by.
        views: through every metric that has data.
        run: the pending run.
    """
    assert run.proposal is not None, "a pending run was proposed"
    modelled = view.belief.surrogate is not None
    with one_thread():
        rng = np.random.default_rng(SEED)
        return Explanation(
            proposal=run.proposal,
            predicted=predicted(views, run.params),
            neighbours=nearest(view, run.params) if modelled else (),
            beyond=beyond(view, run.params) if modelled else (),
            lessons=lessons(view.belief, run.params, rng) if modelled else (),
        )
