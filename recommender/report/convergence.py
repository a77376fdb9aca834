"""How the best result so far went down (or up), within each context, and what was predicted."""

from __future__ import annotations

import numpy as np

from recommender.insight.view import View
from recommender.number import format_value
from recommender.report.figure import (
    TWO_SIDED,
    Array,
    Axis,
    Figure,
    Line,
    Mark,
    Panel,
    Points,
    thinned,
)
from recommender.report.figure import value_axis as axis_of
from recommender.run import Run

PANELS = 6  # contexts at most that get one
FEW = 3  # runs of one context, below which there is nothing to follow


def convergence(view: View) -> Figure | None:
    """Return the figure, or None before any run has a value of the metric.

    With a context declared each value of it that has runs enough gets a panel of its own, so that
    nothing is compared across contexts.
    """
    objective, measured = view.objective, view.measured
    groups = objective.by_context([run.params for run in measured])
    followed = [group for group in groups if len(group) >= FEW] if objective.context else groups
    largest = sorted(followed, key=len, reverse=True)[:PANELS]
    panels = tuple(_panel(view, group) for group in followed if group in largest)
    if not panels:
        return None
    caption = (
        "The line is the best result so far; a diamond with its bar is what was predicted for a "
        "proposed run, with the interval that should hold it in 95 of 100 cases."
    )
    if objective.context:
        names = ", ".join(objective.context)
        left = len(groups) - len(panels)
        caption += f" Only runs of equal {names} are compared."
        if left:
            caption += f" {left} values of {names} with too few runs to follow are left out."
    return Figure(
        name="convergence", title=f"{objective.metric} so far", caption=caption, panels=panels
    )


def _panel(view: View, group: list[int]) -> Panel:
    objective, surrogate = view.objective, view.belief.surrogate
    context = {name: view.measured[group[0]].params[name] for name in objective.context}
    runs = [view.measured[index] for index in group]
    values = view.belief.values[group]
    none = np.zeros(len(group), dtype=bool)
    doubted = none if surrogate is None else (surrogate.discounted | surrogate.too_good)[group]
    too_good = none if surrogate is None else surrogate.too_good[group]
    losses = np.array([objective.to_loss(float(value)) for value in values])
    so_far = np.minimum.accumulate(np.where(too_good, np.inf, losses))
    so_far = np.array([objective.from_loss(float(loss)) for loss in so_far])
    so_far[~np.isfinite(so_far)] = np.nan

    waiting = [
        run
        for run in view.folded.history.pending
        if all(run.params[name] == value for name, value in context.items())
    ]
    numbers = np.arange(1.0, len(runs) + len(waiting) + 1)
    shown = thinned(len(runs), [int(i) for i in np.flatnonzero(doubted)])
    kept = np.array([index for index in shown if not doubted[index]], dtype=int)
    odd = np.flatnonzero(doubted)
    best = np.append(so_far, so_far[-1:]) if waiting else so_far
    marks: list[Mark] = [
        Line(x=numbers[: len(best)], y=best, role="mean", name="best so far", steps=True),
        *_predicted(view, [*runs, *waiting], numbers),
        _points(runs, numbers, values, kept),
    ]
    if len(odd):
        marks.append(
            Points(
                x=numbers[odd],
                y=values[odd],
                role="doubted",
                name="hard to believe",
                runs=tuple(runs[index].id for index in odd),
            )
        )
    where = ", ".join(f"{name} {format_value(value)}" for name, value in context.items())
    first, last = (float(value) for value in so_far[np.isfinite(so_far)][[0, -1]])
    reached = int(np.flatnonzero(so_far == last)[0]) + 1
    return Panel(
        title=where,
        x=Axis(
            title="run, in the order of the history", whole=True, ends=(0.0, len(numbers) + 1.0)
        ),
        y=axis_of(objective.metric, values),
        marks=tuple(marks),
        alternative=(
            f"{len(runs)} runs{' at ' if where else ''}{where}: the best {objective.metric} went "
            f"from {first:.4g} to {last:.4g}, reached with run {reached} of {len(runs)}; "
            f"{len(waiting)} pending."
        ),
    )


def _points(runs: list[Run], numbers: Array, values: Array, kept: Array) -> Points:
    return Points(
        x=numbers[kept],
        y=values[kept],
        role="run",
        name="runs",
        runs=tuple(runs[int(index)].id for index in kept),
    )


def _predicted(view: View, runs: list[Run], numbers: Array) -> list[Points]:
    """Return what was predicted when the runs were proposed, if it was of this metric."""
    rows = [
        (number, run.id, run.proposal.mean, run.proposal.sd)
        for number, run in zip(numbers, runs, strict=True)
        if run.proposal is not None and run.proposal.metric == view.objective.metric
    ]
    told = [(n, id, mean, sd) for n, id, mean, sd in rows if mean is not None and sd is not None]
    if not told:
        return []
    chosen = [told[index] for index in thinned(len(told))]
    mean, sd = (np.array([row[column] for row in chosen], dtype=float) for column in (2, 3))
    return [
        Points(
            x=np.array([row[0] for row in chosen]),
            y=mean,
            low=mean - TWO_SIDED * sd,
            high=mean + TWO_SIDED * sd,
            role="proposal",
            name="predicted",
            runs=tuple(row[1] for row in chosen),
        )
    ]
