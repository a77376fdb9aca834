"""Whether the model's predictions hold: of each run from the others, and how often an interval."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from recommender.insight.view import View
from recommender.report.figure import (
    TWO_SIDED,
    Array,
    Axis,
    Band,
    Figure,
    Line,
    Mark,
    Panel,
    Points,
    thinned,
    value_axis,
)

LEVELS = np.linspace(0.05, 0.95, 19)


def calibration(view: View) -> Figure | None:
    """Return the figure, or None without a model."""
    if view.belief.surrogate is None:
        return None
    metric = view.objective.metric
    return Figure(
        name="calibration",
        title="Does the model predict what it has not seen?",
        caption=(
            f"Left: each run's {metric} against what the model says of it from all other runs, "
            "with intervals that should hold 95 of 100 runs; on the line it was right. Right: how "
            "many runs the intervals of each size held; a model that is as sure as it may be stays "
            "in the band."
        ),
        panels=(_predicted(view), _coverage(view)),
    )


def left_out(view: View) -> tuple[Array, Array]:
    """Return the (n,) prediction of each measured run from the others, and its sd."""
    surrogate = view.belief.surrogate
    assert surrogate is not None, "there is no model"
    mean = np.array([view.objective.from_loss(float(v)) for v in surrogate.leave_one_out_mean])
    return mean, surrogate.leave_one_out_sd


def held(actual: Array, mean: Array, sd: Array) -> Array:
    """Return the share of results that central intervals hold, for each of LEVELS."""
    distance = np.abs(actual - mean) / sd
    return np.array([(distance <= norm.ppf((1 + level) / 2)).mean() for level in LEVELS])


def _predicted(view: View) -> Panel:
    surrogate = view.belief.surrogate
    assert surrogate is not None
    metric, actual = view.objective.metric, view.belief.values
    mean, sd = left_out(view)
    doubted = surrogate.discounted | surrogate.too_good
    shown = np.array(thinned(len(actual), [int(i) for i in np.flatnonzero(doubted)]))
    ends = np.array([min(actual.min(), mean.min()), max(actual.max(), mean.max())])
    marks: list[Mark] = [Line(x=ends, y=ends, role="reference", dashed=True)]
    for role, name, members in (
        ("run", "runs", shown[~doubted[shown]]),
        ("doubted", "hard to believe", shown[doubted[shown]]),
    ):
        if len(members):
            marks.append(
                Points(
                    x=actual[members],
                    y=mean[members],
                    low=(mean - TWO_SIDED * sd)[members],
                    high=(mean + TWO_SIDED * sd)[members],
                    role=role,  # type: ignore[arg-type]
                    name=name,
                    runs=tuple(view.measured[int(i)].id for i in members),
                )
            )
    inside = int((np.abs(actual - mean) <= TWO_SIDED * sd).sum())
    axis = value_axis(metric, actual)
    return Panel(
        title="predicted from the other runs",
        x=Axis(title=f"{metric} as recorded", log=axis.log),
        y=Axis(title=f"{metric} as predicted", log=axis.log),
        marks=tuple(marks),
        alternative=(
            f"{inside} of {len(actual)} runs lie in the 95 % interval that the model gives them "
            "from the other runs."
        ),
    )


def _coverage(view: View) -> Panel:
    actual = view.belief.values
    shares = held(actual, *left_out(view))
    allowed = TWO_SIDED * np.sqrt(LEVELS * (1 - LEVELS) / len(actual))
    ends = np.array([0.0, 1.0])
    half, wide = float(shares[9]), float(shares[-1])
    return Panel(
        title="how often the intervals held",
        x=Axis(title="size of the interval", ends=(0.0, 1.0)),
        y=Axis(title="share of runs in it", ends=(0.0, 1.0)),
        marks=(
            Band(
                x=LEVELS,
                low=np.maximum(LEVELS - allowed, 0.0),
                high=np.minimum(LEVELS + allowed, 1.0),
                name="as it should be",
            ),
            Line(x=ends, y=ends, role="reference", dashed=True),
            Line(x=LEVELS, y=shares, role="mean"),
        ),
        alternative=(
            f"The 50 % intervals held {half:.0%} of the runs, the 95 % intervals {wide:.0%}."
        ),
    )
