"""Whether the objective ranks what it should: a parameter may set its scale."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.stats import spearmanr

from recommender.engine.confounding import rank_correlation_within
from recommender.engine.notices import Notice, of_the_objective
from recommender.insight.check import Check, Level
from recommender.insight.view import View
from recommender.run import Direction, Run
from recommender.vocabulary import is_loss_like, is_minimized

FEWEST = 4  # runs from which on a rank correlation is given
AGREE = 0.5  # rank correlation from which on two metrics are said to agree


def confounding(view: View) -> Iterator[Check]:
    """Say which parameter sets the scale of the objective, and whether it ranks what counts."""
    belief, objective = view.belief, view.objective
    share, notices = of_the_objective(
        objective, belief.evidence, belief.encoding, {}, belief.surrogate
    )
    if objective.context and share is not None:
        yield Check("confounded-objective", Level.WARNING, _declared(view, share))
    for notice in () if objective.context else notices:
        yield Check("confounded-objective", Level.WARNING, _with_outcomes(view, notice))
    if not notices:
        names, metric = " and ".join(objective.context), objective.metric
        message = f"no parameter is known or suspected to set the scale of {metric}"
        if names:
            message = (
                f"{metric} is compared at equal {names} only; too few runs to tell what it does"
            )
        yield Check("confounded-objective", Level.PASS, message)


def _declared(view: View, share: float) -> str:
    names, metric = " and ".join(view.objective.context), view.objective.metric
    explains = "explains" if len(view.objective.context) == 1 else "explain"
    return (
        f"{names} alone {explains} {share:.0%} of the variance of {metric}; declared as context, "
        f"so {metric} is compared at equal {names} only. {_outcomes(view, view.objective.context)}"
    )


def _with_outcomes(view: View, notice: Notice) -> str:
    return f"{notice.message}. {_outcomes(view, notice.parameters)}"


def _outcomes(view: View, context: tuple[str, ...]) -> str:
    """Return how the objective ranks the runs beside each outcome metric, in words."""
    metric, told = view.objective.metric, []
    for name in view.folded.metrics:
        runs = [run for run in view.measured if name in run.metrics]
        if name != metric and not is_loss_like(name) and runs:
            told.append(_beside(view, name, runs, context))
    if told:
        return " ".join(told)
    return (
        f"No outcome metric is known, so nothing says whether a lower {metric} is better: evaluate "
        "the checkpoints of a few finished runs, and record NMI or the like"
    )


def _beside(view: View, name: str, runs: list[Run], context: tuple[str, ...]) -> str:
    metric = view.objective.metric
    known = f"{name} is known for {len(runs)} run{'s' * (len(runs) > 1)}"
    if len(runs) < FEWEST:
        return f"{known}, too few to tell whether {metric} agrees with it."
    better = view.objective.direction is Direction.MINIMIZE
    y = np.array([run.metrics[metric] for run in runs]) * (-1.0 if better else 1.0)
    z = np.array([run.metrics[name] for run in runs]) * (-1.0 if is_minimized(name) else 1.0)
    if np.ptp(y) == 0 or np.ptp(z) == 0:
        return f"{known}, which does not vary."
    overall = float(spearmanr(y, z).statistic)
    _, groups = np.unique(
        [[str(run.params[c]) for c in context] for run in runs], axis=0, return_inverse=True
    )
    within, counted = rank_correlation_within(groups.ravel(), y, z)
    names = " and ".join(context)
    text = f"{known}: from best to worst it correlates {overall:+.2f} with {metric} over all"
    if math.isnan(within) or counted < FEWEST:
        return (
            f"{text}; too few of them share their {names} to tell within it. Evaluate more runs "
            f"of equal {names}, or optimise {name} itself."
        )
    verdict = (
        f"{metric} is a fair guide there"
        if within > AGREE
        else f"{metric} is no guide to {name} there either; optimise {name}"
    )
    return f"{text}, and {within:+.2f} within equal {names} ({counted} runs): {verdict}."
