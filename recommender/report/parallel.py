"""Every run as a line through its parameters, coloured by how it did among its like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from recommender.insight.view import View
from recommender.number import format_value
from recommender.report.figure import (
    RANKS,
    Array,
    Axis,
    Figure,
    Line,
    Mark,
    Panel,
    Texts,
    thinned,
)
from recommender.space import Categorical, Parameter

MOST_LINES = 200
WORDS = ("best fifth", "second fifth", "middle fifth", "fourth fifth", "last fifth")
MARGIN = 0.06  # how far a value out of bounds is drawn out of them


def parallel(view: View) -> Figure | None:
    """Return the figure, or None where no two runs can be ranked.

    With a context declared a run is ranked among those of its context alone, and one that has
    none of its like is left out.
    """
    standing = ranks(view)
    ranked = np.flatnonzero(np.isfinite(standing))
    if len(ranked) < 2:
        return None
    order = ranked[np.argsort(-standing[ranked], kind="stable")]  # the best on top
    order = order[thinned(len(order), most=MOST_LINES)]
    parameters = list(view.space)
    heights = np.column_stack(
        [
            *(_heights(view, parameter)[order] for parameter in parameters),
            1.0 - standing[order],
        ]
    )
    metric, context = view.objective.metric, ", ".join(view.objective.context)
    marks: list[Mark] = [
        Line(x=np.full(2, float(i)), y=np.array([0.0, 1.0]), role="reference")
        for i in range(len(parameters) + 1)
    ]
    fifth = np.minimum((standing[order] * len(RANKS)).astype(int), len(RANKS) - 1)
    for number in reversed(range(len(RANKS))):
        members = np.flatnonzero(fifth == number)
        if len(members):
            marks.append(
                _lines(heights[members], [view.measured[order[i]].id for i in members], number)
            )
    marks.append(_labels(parameters))
    among = f"the runs of equal {context}" if context else "all runs"
    titles = [*view.space.names, f"{metric}, within {context}" if context else metric]
    return Figure(
        name="parallel",
        title="All parameters at once",
        caption=(
            f"Each line is a run; strong colours did best in {metric} among {among}."
            + (
                f" {len(order)} of {len(ranked)} runs are drawn."
                if len(order) < len(ranked)
                else ""
            )
        ),
        panels=(
            Panel(
                title="",
                x=Axis(
                    ticks=tuple((float(i), title) for i, title in enumerate(titles)),
                    ends=(-0.15, len(titles) - 1 + 0.35),
                ),
                y=Axis(hidden=True, ends=(-2 * MARGIN, 1 + 2 * MARGIN)),
                marks=tuple(marks),
                alternative=_in_words(view, order, standing),
            ),
        ),
    )


def ranks(view: View) -> Array:
    """Return the share (n,) of its like that each run is behind: 0 is the best, 1 the last.

    It is NaN for a run that has nobody to be compared with.
    """
    standing = np.full(len(view.measured), np.nan)
    losses = np.array([view.objective.to_loss(float(v)) for v in view.belief.values])
    for group in view.objective.by_context([run.params for run in view.measured]):
        if len(group) > 1:
            standing[group] = (rankdata(losses[group]) - 1) / (len(group) - 1)
    return standing


def _heights(view: View, parameter: Parameter) -> Array:
    values = [run.params[parameter.name] for run in view.measured]
    if isinstance(parameter, Categorical):
        index = {choice: i for i, choice in enumerate(parameter.choices)}
        last = len(parameter.choices) - 1
        return np.array([index.get(value, np.nan) / last for value in values])
    units = [view.belief.encoding.unit(parameter.name, float(value)) for value in values]
    heights: Array = np.clip(np.array(units), -MARGIN, 1 + MARGIN)
    return heights


def _lines(heights: Array, ids: list[str], fifth: int) -> Line:
    """Return some runs' lines as one, interrupted between two runs."""
    count, width = heights.shape
    x = np.tile(np.append(np.arange(float(width)), np.nan), count)
    y = np.column_stack([heights, np.full(count, np.nan)]).ravel()
    runs = tuple(id for id in ids for _ in range(width + 1))
    return Line(x=x, y=y, role=RANKS[fifth], name=WORDS[fifth], runs=runs)


def _labels(parameters: list[Parameter]) -> Texts:
    rows: list[tuple[float, float, str]] = []
    for place, parameter in enumerate(parameters):
        if isinstance(parameter, Categorical):
            last = len(parameter.choices) - 1
            rows += [(place, i / last, format_value(c)) for i, c in enumerate(parameter.choices)]
        else:
            rows += [
                (place, 0.0, format_value(parameter.low)),
                (place, 1.0, format_value(parameter.high)),
            ]
    rows += [(len(parameters), 0.0, "last"), (len(parameters), 1.0, "best")]
    x, y, texts = zip(*rows, strict=True)
    return Texts(x=np.array(x, dtype=float), y=np.array(y, dtype=float), texts=texts)


def _in_words(view: View, order: npt.NDArray[np.intp], standing: Array) -> str:
    best = [view.measured[int(i)] for i in order if standing[int(i)] <= 1 / len(RANKS)]
    told = []
    for parameter in view.space:
        values = [run.params[parameter.name] for run in best]
        if values and not isinstance(parameter, Categorical):
            low, high = (format_value(f(values, key=float)) for f in (min, max))
            told.append(f"{parameter.name} {low}" + (f" to {high}" if low != high else ""))
    return f"{len(order)} runs as lines; those in the best fifth have {', '.join(told)}."
