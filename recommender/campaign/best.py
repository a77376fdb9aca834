"""The runs that the model believes to be the best."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from recommender.campaign.objectives import objective_of
from recommender.campaign.project import Project
from recommender.campaign.proposing import recommender_for
from recommender.engine.answers import Incumbent
from recommender.engine.outlook import LOOKED_AHEAD, SURE, Outlook
from recommender.engine.recommender import Recommender
from recommender.records import Folded
from recommender.run import Objective, Run
from recommender.wording import percent


@dataclass(frozen=True, slots=True)
class BestRun:
    """A run, and what the model believes of it."""

    run: Run
    incumbent: Incumbent


@dataclass(frozen=True, slots=True)
class Best:
    """The incumbent; with a context declared, none overall but one for each context value.

    `outlook` says whether more runs are worth their hours; None with a context, without a model,
    and while the incumbent's own result is doubted. `hours_per_run` is the median of the hours that
    finished runs took, None if none says.
    """

    objective: Objective
    best: BestRun | None
    by_context: tuple[BestRun, ...]
    outlook: Outlook | None
    hours_per_run: float | None
    history_notices: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[BestRun, ...]:
        """The incumbent, or those of each context value."""
        return (self.best,) if self.best else self.by_context

    @property
    def hours_left(self) -> float | None:
        """The hours that the runs take which the outlook still wants, None if that is unknown."""
        if self.outlook is None or self.outlook.runs is None or self.hours_per_run is None:
            return None
        return self.outlook.runs * self.hours_per_run


def best(project: Project, metric: str | None = None) -> Best:
    """Return the incumbents in a metric, by default the objective.

    Raises:
        UsageError: no run has a value of that metric.
        ConflictError, HistoryError: the history contradicts itself, or cannot be read.
    """
    folded = project.read()
    objective = objective_of(project, folded, metric)
    return best_of(recommender_for(project, folded, objective=objective), folded)


def best_of(recommender: Recommender, folded: Folded, *, ahead: bool = True) -> Best:
    """Return the incumbents of a recommender that was told this history.

    Args:
        recommender: who was told.
        folded: the history.
        ahead: look ahead too, which takes seconds where there are very many runs.
    """

    def found(incumbent: Incumbent) -> BestRun:
        run = folded.history.get(incumbent.id)
        assert run is not None, "an incumbent is a run of the history"
        return BestRun(run, incumbent)

    overall = recommender.best()
    hours = [run.hours for run in folded.history.runs if run.hours and run.status.has_result]
    return Best(
        objective=recommender.objective,
        best=None if overall is None else found(overall),
        by_context=tuple(found(incumbent) for incumbent in recommender.best_by_context()),
        outlook=recommender.outlook() if ahead else None,
        hours_per_run=median(hours) if hours else None,
        history_notices=folded.notices,
    )


def advice(found: Best) -> tuple[str, ...]:
    """Return which run to repeat first, and whether to go on, a sentence each."""
    metric = found.objective.metric
    said = []
    for each in found.runs:
        rival = each.incumbent.rival
        if each.incumbent.doubted:
            after = ". Whether to go on can be told then" if each is found.best else ""
            said.append(
                f"check the entry of {each.run.id}, or repeat it first: its own {metric} cannot be "
                f"believed, and only the other runs speak for it{after}"
            )
        elif rival is not None and each.incumbent.worth_repeating:
            lead = f"{rival.lead:.2g} ± {rival.sd:.2g}"
            said.append(
                f"repeat {each.run.id} with another random seed first: it leads {rival.id} by "
                f"{lead} of {metric}"
            )
    if found.outlook is not None:
        said.append(_outlook_in_words(found.outlook, found.hours_left, metric))
    return tuple(said)


def _outlook_in_words(outlook: Outlook, hours: float | None, metric: str) -> str:
    left = (
        f"The chance that no run within reach is better by more than {outlook.tolerance:.2g} of "
        f"{metric}: {percent(outlook.chance)}"
    )
    before = outlook.chance_before
    if outlook.stop:
        return f"{left}, and {percent(before)} a batch ago: more runs are hardly worth their hours"
    if outlook.runs is None:
        return f"{left}; more than {LOOKED_AHEAD} runs until it is above {SURE:.0%}"
    training = "" if hours is None else f" ({hours:.0f} hours of training)"
    if outlook.sure:
        earlier = "" if before is None else f", but {percent(before)} a batch ago"
        return f"{left}{earlier}; {outlook.runs} more runs{training} to confirm it before you stop"
    return f"{left}; at least {outlook.runs} more runs{training} until it is above {SURE:.0%}"
