"""The runs that the model believes to be the best."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.campaign.project import Project
from recommender.campaign.proposing import recommender_for
from recommender.engine.answers import Incumbent
from recommender.run import Run


@dataclass(frozen=True, slots=True)
class BestRun:
    """A run, and what the model believes of it."""

    run: Run
    incumbent: Incumbent


@dataclass(frozen=True, slots=True)
class Best:
    """The incumbent; with a context declared, none overall but one for each context value."""

    best: BestRun | None
    by_context: tuple[BestRun, ...]
    history_notices: tuple[str, ...] = ()


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
    return Best(
        best=None if overall is None else found(overall),
        by_context=tuple(found(incumbent) for incumbent in recommender.best_by_context()),
        history_notices=folded.notices,
    )
