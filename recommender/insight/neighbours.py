"""Where a configuration lies among the runs: the nearest ones, and how far beyond them it goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.engine.batch import HAIR
from recommender.insight.main_effect import tried
from recommender.insight.view import View
from recommender.run import Params, Run, Status, Value
from recommender.space import Categorical

NEAREST = 3


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A run near a configuration.

    `similarity` is how strongly the model lets what it measured count here: the correlation of the
    two, 1 where nothing that matters differs, 0 where it says nothing. `changed` are the
    parameters in which they differ.
    """

    id: str
    result: float
    similarity: float
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beyond:
    """A parameter whose value lies outside what was tried: a range (low, high), or choices."""

    parameter: str
    value: Value
    tried: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Twin:
    """A known or pending run with the same parameters, or within a hair of them if not `exact`."""

    id: str
    status: str
    exact: bool


def nearest(view: View, params: Params) -> tuple[Neighbour, ...]:
    """Return the measured runs that the model holds for the most similar, which needs a model."""
    belief = view.belief
    kernel = belief.model.posterior.kernel
    x = belief.encoding.encode([params])
    similarity = kernel(x, belief.evidence.X)[0] / kernel.variance
    gaps = np.abs(belief.evidence.X - x).sum(axis=1)  # among equally similar ones, the closest
    order = np.lexsort((gaps, -similarity.round(6)))[:NEAREST]
    runs = view.measured
    return tuple(
        Neighbour(
            runs[index].id,
            runs[index].metrics[view.objective.metric],
            float(similarity[index]),
            tuple(name for name, value in params.items() if runs[index].params[name] != value),
        )
        for index in order
    )


def beyond(view: View, params: Params) -> tuple[Beyond, ...]:
    """Return the parameters in which a prediction extrapolates; none: it interpolates."""
    found = []
    for parameter in view.space:
        name, value = parameter.name, params[parameter.name]
        values = tried(view.belief, name)
        if isinstance(parameter, Categorical):
            if value not in values:
                found.append(Beyond(name, value, values))
        elif not values[0] <= value <= values[-1]:  # type: ignore[operator]
            found.append(Beyond(name, value, (values[0], values[-1])))
    return tuple(found)


def twins(view: View, params: Params) -> tuple[Twin, ...]:
    """Return the runs, finished or pending, that this configuration would only repeat."""
    runs = [run for run in view.folded.history.runs if _counts(run)]
    if not runs:
        return ()
    X = view.belief.encoding.encode([run.params for run in runs])
    gaps = np.abs(X - view.belief.encoding.encode([params])).max(axis=1)
    found = [
        Twin(run.id, str(run.status), dict(run.params) == dict(params))
        for run, gap in zip(runs, gaps, strict=True)
        if gap <= HAIR
    ]
    return tuple(sorted(found, key=lambda twin: not twin.exact))


def _counts(run: Run) -> bool:
    return run.status not in (Status.CRASHED, Status.DROPPED)
