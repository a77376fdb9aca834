"""Where the sweep stands: counts, what is pending, the best that was observed. No model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recommender.campaign.project import Project
from recommender.run import Objective, Run, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The counts of runs by status, the pending runs, and the best observed ones.

    With a context declared there is no overall best; `best_by_context` has one run for each
    context value.
    """

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


def standing(project: Project) -> Standing:
    """Return where the sweep stands.

    Raises:
        ConflictError, HistoryError: the history contradicts itself, or cannot be read.
    """
    folded = project.read()
    objective, runs = project.config.objective, folded.history.runs
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
