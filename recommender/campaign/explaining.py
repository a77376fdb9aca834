"""Explains what the history says: effects of the parameters, reasons, and how predictions did."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.campaign.objectives import metrics_with_values
from recommender.campaign.project import Project
from recommender.campaign.viewing import view, view_of
from recommender.errors import UsageError
from recommender.insight.effects import Effects
from recommender.insight.effects import effects as effects_of
from recommender.insight.explanation import Explanation, explain
from recommender.insight.scorecard import Scorecard
from recommender.insight.scorecard import scorecard as scorecard_of
from recommender.insight.view import View
from recommender.records import Folded, nearest_id


def effects(project: Project, metric: str | None = None, parameter: str | None = None) -> Effects:
    """Return what each parameter does to a metric, by default the objective; or one of them does.

    Raises:
        UsageError: no run has a value of that metric, or there is no such parameter.
        ConflictError, HistoryError: the history contradicts itself, or cannot be read.
    """
    if parameter is not None:
        project.config.space[parameter]
    found = effects_of(view(project, metric))
    return found if parameter is None else found.of(parameter)


def scorecard(project: Project, metric: str | None = None) -> Scorecard:
    """Return how the proposals came out in a metric, by default the objective.

    Raises:
        UsageError: no run has a value of that metric.
        ConflictError, HistoryError: the history contradicts itself, or cannot be read.
    """
    return scorecard_of(view(project, metric))


def why(
    project: Project, ids: Sequence[str] = (), metric: str | None = None
) -> tuple[Explanation, ...]:
    """Return why the pending proposals of these ids, or all of them, were made.

    Args:
        project: the project.
        ids: the proposals; all pending ones by default.
        metric: by which they are explained, by default the objective.

    Raises:
        UsageError: no run has a value of that metric, or an id names no pending proposal.
        ConflictError, HistoryError: the history contradicts itself, or cannot be read.
    """
    folded = project.read()
    pending = {run.id: run for run in folded.history.pending}
    for id in ids:
        if id not in pending:
            run = folded.history.get(id)
            what = f"there is no run {id}" if run is None else f"{id} is {run.status}"
            raise UsageError(
                f"{what}; only what is pending is explained, and scorecard says what came of the "
                f"rest{nearest_id(id, list(pending))}"
            )
    asked = [pending[id] for id in dict.fromkeys(ids)] if ids else list(pending.values())
    if not asked:
        return ()
    views = every_view(project, folded, metric)
    return tuple(explain(views[0], views, run) for run in asked)


def every_view(project: Project, folded: Folded, metric: str | None = None) -> list[View]:
    """Return the history through each metric with data, first a chosen one or the objective.

    Raises:
        UsageError: no run has a value of the chosen metric.
        HistoryError: a run's parameters do not fit the search space, or a value is too large.
    """
    first = metric or project.config.objective.metric
    others = [name for name in metrics_with_values(folded) if name != first]
    return [view_of(project, folded, name) for name in (first, *others)]
