"""Where the sweep stands: counts, what is pending, the best that was observed. No model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recommender.campaign.objectives import objective_of
from recommender.campaign.project import Project
from recommender.run import Objective, Run, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The counts of runs by status, the pending runs, and the best observed ones.

    `objective` is what the best ones are the best in, and what `unmeasured` runs have no value of.
    With a context declared there is no overall best; `best_by_context` has one run for each
    context value.
    """

    objective: Objective
    runs: int
    completed: int
    crashed: int
    diverged: int
    dropped: int
    excluded: int
    unmeasured: int
    pending: tuple[Run, ...]
    best_observed: Run | None
    best_by_context: tuple[Run, ...]
    notices: tuple[str, ...]


def standing(project: Project, metric: str | None = None) -> Standing:
    """Return where the sweep stands, as judged by a metric, by default the objective.

    Raises:
        UsageError: no run has a value of that metric.
        ConflictError, HistoryError: the history contradicts itself, or cannot be read.
    """
    folded = project.read()
    objective, runs = objective_of(project, folded, metric), folded.history.runs
    measured = [run for run in runs if _is_measured(run, objective)]
    unmeasured = [
        run
        for run in runs
        if run.status is Status.COMPLETED
        and objective.metric not in run.metrics
        and not run.excluded
    ]
    by_context = [
        _best([measured[index] for index in members], objective)
        for members in objective.by_context([run.params for run in measured])
    ]

    def count(status: Status) -> int:
        return len(folded.history.with_status(status))

    return Standing(
        objective=objective,
        runs=sum(run.status.has_result for run in runs),
        completed=count(Status.COMPLETED),
        crashed=count(Status.CRASHED),
        diverged=count(Status.DIVERGED),
        dropped=count(Status.DROPPED),
        excluded=sum(run.excluded for run in runs),
        unmeasured=len(unmeasured),
        pending=folded.history.pending,
        best_observed=_best(measured, objective) if measured and not objective.context else None,
        best_by_context=tuple(by_context) if objective.context else (),
        notices=folded.notices,
    )


def _is_measured(run: Run, objective: Objective) -> bool:
    return run.status is Status.COMPLETED and objective.metric in run.metrics and not run.excluded


def _best(runs: Sequence[Run], objective: Objective) -> Run:
    return min(runs, key=lambda run: objective.to_loss(run.metrics[objective.metric]))
