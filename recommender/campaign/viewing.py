"""Opens the history for whoever looks at it: the model of one metric, and all that is known."""

from __future__ import annotations

from recommender.campaign.objectives import objective_of
from recommender.campaign.project import Project
from recommender.campaign.proposing import recommender_for
from recommender.insight.view import View
from recommender.records import Folded


def view(project: Project, metric: str | None = None) -> View:
    """Return the history as seen through a metric, by default the objective.

    Raises:
        UsageError: no run has a value of that metric.
        ConflictError, HistoryError: the history contradicts itself, or cannot be read.
    """
    return view_of(project, project.read(), metric)


def view_of(project: Project, folded: Folded, metric: str | None = None) -> View:
    """Return a history that was read already as seen through a metric.

    Raises:
        UsageError: no run has a value of that metric.
        HistoryError: a run's parameters do not fit the search space, or a value is too large.
    """
    objective = objective_of(project, folded, metric)
    recommender = recommender_for(project, folded, objective=objective)
    return View(folded, project.config.space, project.config.objective, recommender.belief())
