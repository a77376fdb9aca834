"""A configuration that a person wrote, looked at as the recommender would look at its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recommender.engine.answers import Batch
from recommender.engine.incumbent import RunsInContext
from recommender.engine.threads import one_thread
from recommender.insight.explanation import Predicted, predicted
from recommender.insight.neighbours import Beyond, Neighbour, Twin, beyond, nearest, twins
from recommender.insight.view import View
from recommender.run import Params


@dataclass(frozen=True, slots=True)
class Candidate:
    """One configuration that might be run next, with what is believed of it in the metric.

    The improvement is over the run believed best (at equal context). All but `params` and `role`
    are None without a model.
    """

    params: Params
    role: str
    mean: float | None = None
    sd: float | None = None
    expected_improvement: float | None = None
    probability_of_improvement: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is believed of a configuration, and how it compares.

    `context` are its values of the context parameters, at which all is compared, and `incumbent`
    is the run to beat there. `rank` is its place by expected improvement among itself and the
    `rivals`, which the recommender would propose now; None without a model. `outside` are the
    parameters whose value the sweep file does not allow. `twins` are the runs that it would repeat.
    """

    metric: str
    context: Params
    own: Candidate
    predicted: tuple[Predicted, ...]
    incumbent: str | None
    rank: int | None
    rivals: tuple[Candidate, ...]
    outside: tuple[str, ...]
    twins: tuple[Twin, ...]
    neighbours: tuple[Neighbour, ...]
    beyond: tuple[Beyond, ...]


def review(view: View, views: Sequence[View], params: Params, batch: Batch | None) -> Review:
    """Return the review of a configuration.

    Args:
        view: through the metric that it is judged by.
        views: through every metric that has data.
        params: the configuration.
        batch: what the recommender would propose now, at equal context; None if it cannot.
    """
    rivals = tuple(
        Candidate(
            dict(one.params),
            one.role,
            one.mean,
            one.sd,
            one.expected_improvement,
            one.probability_of_improvement,
        )
        for one in batch or ()
    )
    modelled = view.belief.surrogate is not None
    with one_thread():
        own, incumbent = _judged(view, params)
        rank = None
        if own.expected_improvement is not None and rivals:
            rank = 1 + sum(
                (one.expected_improvement or 0.0) > own.expected_improvement for one in rivals
            )
        return Review(
            metric=view.objective.metric,
            context={name: params[name] for name in view.objective.context},
            own=own,
            predicted=predicted(views, params),
            incumbent=incumbent,
            rank=rank,
            rivals=rivals,
            outside=tuple(one.name for one in view.space if not one.contains(params[one.name])),
            twins=twins(view, params),
            neighbours=nearest(view, params) if modelled else (),
            beyond=beyond(view, params) if modelled else (),
        )


def _judged(view: View, params: Params) -> tuple[Candidate, str | None]:
    """Return the configuration with what is believed of it, and the run to beat."""
    belief = view.belief
    if belief.surrogate is None:
        return Candidate(params, "yours"), None
    encoding, surrogate = belief.encoding, belief.surrogate
    x = encoding.encode([params])[0]
    held = encoding.columns_of(view.objective.context)
    known = RunsInContext.of(surrogate, belief.evidence.X, held, x[held])
    found = surrogate.predict(x, known.points[known.best])
    own = Candidate(
        params,
        "yours",
        view.objective.from_loss(found.mean),
        found.sd,
        found.expected_improvement,
        found.probability_of_improvement,
    )
    return own, belief.evidence.measured[int(known.runs[known.best])].id
