"""The runs that the model believes to be the best."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from recommender.campaign.project import Project
from recommender.campaign.proposing import recommender_for
from recommender.engine.answers import Incumbent
from recommender.engine.outlook import Outlook
from recommender.run import Run


@dataclass(frozen=True, slots=True)
class BestRun:
    """A run, and what the model believes of it."""

    run: Run
    incumbent: Incumbent


@dataclass(frozen=True, slots=True)
class Best:
    """The incumbent; with a context declared, none overall but one for each context value.

    `outlook` says whether more runs are worth their hours; None with a context or without a
    model. `hours_per_run` is the median of the hours that finished runs took, None if none says.
    """

    best: BestRun | None
    by_context: tuple[BestRun, ...]
    outlook: Outlook | None
    hours_per_run: float | None
    history_notices: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[BestRun, ...]:
        """The incumbent, or those of each context value."""
        return (self.best,) if self.best else self.by_context


def best(project: Project) -> Best:
    """Return the incumbents.

    Raises:
        ConflictError, HistoryError: the history contradicts itself, or cannot be read.
    """
    folded = project.read()
    recommender = recommender_for(project, folded)

    def found(incumbent: Incumbent) -> BestRun:
        run = folded.history.get(incumbent.id)
        assert run is not None, "an incumbent is a run of the history"
        return BestRun(run, incumbent)

    overall = recommender.best()
    hours = [run.hours for run in folded.history.runs if run.hours and run.status.has_result]
    return Best(
        best=None if overall is None else found(overall),
        by_context=tuple(found(incumbent) for incumbent in recommender.best_by_context()),
        outlook=recommender.outlook(),
        hours_per_run=median(hours) if hours else None,
        history_notices=folded.notices,
    )
