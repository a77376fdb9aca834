"""The objective to look at: the sweep's own, or another metric that stands in its place."""

from __future__ import annotations

from recommender.campaign.project import Project
from recommender.errors import UsageError, did_you_mean
from recommender.records import Folded
from recommender.run import Direction, Objective
from recommender.vocabulary import is_loss_like, is_minimized


def objective_of(project: Project, folded: Folded, metric: str | None) -> Objective:
    """Return the objective, or a metric that stands in its place.

    Raises:
        UsageError: no run has a value of that metric.
    """
    declared = project.config.objective
    return declared if metric in (None, declared.metric) else _other(declared, folded, metric)


def metrics_with_values(folded: Folded) -> tuple[str, ...]:
    """Return the metrics that some run which is not excluded has a value of."""
    found = {name for run in folded.history.runs if not run.excluded for name in run.metrics}
    return tuple(name for name in folded.metrics if name in found)


def _other(declared: Objective, folded: Folded, metric: str) -> Objective:
    """Return a metric beside the objective: its name tells direction and who rescales it."""
    known = metrics_with_values(folded)
    if metric not in known:
        raise UsageError(
            f"no run has a value of {metric!r}; allowed: {', '.join(known) or 'none yet'}"
            f"{did_you_mean(metric, known)}"
        )
    return Objective(
        metric=metric,
        direction=Direction.MINIMIZE if is_minimized(metric) else Direction.MAXIMIZE,
        context=declared.context if is_loss_like(metric) else (),
    )
