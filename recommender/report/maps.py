"""What the model believes over two parameters at a time, and how sure it is.

Symbols: g and h are numbers of places along the two axes, D the columns of the unit cube.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from recommender.insight.view import View
from recommender.number import format_value
from recommender.report.figure import (
    Array,
    Figure,
    Mark,
    Panel,
    Points,
    Surface,
    parameter_axis,
    places,
    thinned,
)
from recommender.run import Direction, Params, Run, Value
from recommender.space import Categorical, Integer, Parameter

PAIRS = 3  # of the parameters that matter most
GRID = 45  # places along an axis


def maps(view: View, held: Params) -> Figure | None:
    """Return maps of the mean and of its standard deviation, or None without a model.

    A parameter of the context is no axis: along it the metric changes its scale.

    Args:
        view: the history.
        held: a configuration, of which a map holds what is not on its axes.
    """
    surrogate = view.belief.surrogate
    if surrogate is None:
        return None
    context = view.objective.context
    gain = dict(zip(view.space.names, surrogate.evidence, strict=True))
    free = [name for name in view.space.names if name not in context]
    pairs = sorted(combinations(free, 2), key=lambda pair: -(gain[pair[0]] + gain[pair[1]]))[:PAIRS]
    if not pairs:
        return None
    panels = tuple(panel for pair in pairs for panel in _pair(view, *pair, held))
    settings = ", ".join(f"{name} {format_value(value)}" for name, value in held.items())
    same = f" of equal {', '.join(context)}" if context else ""
    left = len(free) * (len(free) - 1) // 2 - len(pairs)
    rest = f" {left} pairs of parameters that matter less are not drawn." if left else ""
    return Figure(
        name="maps",
        title=f"Maps of {view.objective.metric}",
        caption=(
            f"What is not on the axes is held at {settings}. Left the mean, darker where "
            f"{view.objective.metric} is better; right its standard deviation, stronger where the "
            f"model is less sure. Dots are the runs{same}, wherever their other parameters were; "
            f"diamonds the pending proposals.{rest}"
        ),
        panels=panels,
        columns=2,
    )


def grid_along(parameter: Parameter, size: int) -> list[Value]:
    """Return values of a parameter from its low to its high bound, at most `size` if it is real."""
    if isinstance(parameter, Categorical):
        return list(parameter.choices)
    low, high = float(parameter.low), float(parameter.high)
    spaced = np.geomspace if parameter.scale == "log" else np.linspace
    values = [float(value) for value in spaced(low, high, size)]
    if isinstance(parameter, Integer):
        return sorted({parameter.coerce(round(value)) for value in values})
    return [low, *values[1:-1], high]


def _pair(view: View, first: str, second: str, held: Params) -> list[Panel]:
    parameters = view.space[first], view.space[second]
    across, up = (grid_along(parameter, GRID) for parameter in parameters)
    mean, sd = _believed(view, held, (first, across), (second, up))
    x, y = (parameter_axis(parameter) for parameter in parameters)
    metric, minimized = view.objective.metric, view.objective.direction is Direction.MINIMIZE
    marks = _runs(view, held, parameters)
    smooth = not any(isinstance(parameter, Categorical) for parameter in parameters)
    of_mean = Surface(
        x=places(parameters[0], across),
        y=places(parameters[1], up),
        z=mean,
        title=metric,
        scale="value",
        smooth=smooth,
        darker_is="low" if minimized else "high",
    )
    of_sd = replace(of_mean, z=sd, title="sd", scale="spread", darker_is="low")
    row, column = np.unravel_index(np.argmin(mean) if minimized else np.argmax(mean), mean.shape)
    best = f"{first} {_shown(across[column])} and {second} {_shown(up[row])}"
    return [
        Panel(
            title=f"mean of {metric}",
            x=x,
            y=y,
            marks=(of_mean, *marks),
            alternative=(
                f"The mean of {metric} over {first} and {second} goes from {mean.min():.4g} to "
                f"{mean.max():.4g}; it is best at {best}."
            ),
        ),
        Panel(
            title=f"standard deviation of {metric}",
            x=x,
            y=y,
            marks=(of_sd, *marks),
            alternative=(
                f"The standard deviation of {metric} over {first} and {second} goes from "
                f"{sd.min():.2g} to {sd.max():.2g}."
            ),
        ),
    ]


def _shown(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else format_value(value)


def _believed(
    view: View,
    held: Params,
    across: tuple[str, list[Value]],
    up: tuple[str, list[Value]],
) -> tuple[Array, Array]:
    """Return the (h, g) means and standard deviations over the grid."""
    encoding = view.belief.encoding
    (first, columns), (second, rows) = across, up
    X = np.tile(encoding.encode([held]), (len(rows) * len(columns), 1))
    along = encoding.encode([{**held, first: value} for value in columns])
    upward = encoding.encode([{**held, second: value} for value in rows])
    X[:, encoding.columns[first]] = np.tile(along[:, encoding.columns[first]], (len(rows), 1))
    X[:, encoding.columns[second]] = np.repeat(
        upward[:, encoding.columns[second]], len(columns), axis=0
    )
    mean, sd = view.belief.at(X)
    return mean.reshape(len(rows), -1), sd.reshape(len(rows), -1)


def _runs(view: View, held: Params, parameters: tuple[Parameter, Parameter]) -> list[Mark]:
    def there(runs: tuple[Run, ...]) -> list[Run]:
        context = view.objective.context
        same = [r for r in runs if all(r.params[name] == held[name] for name in context)]
        return [same[index] for index in thinned(len(same))]

    marks: list[Mark] = []
    pending = view.folded.history.pending
    for role, name, runs in (
        ("seen", "runs", there(view.measured)),
        ("planned", "proposed", there(pending)),
    ):
        if runs:
            x, y = (places(p, [run.params[p.name] for run in runs]) for p in parameters)
            ids = tuple(run.id for run in runs)
            marks.append(Points(x=x, y=y, role=role, name=name, runs=ids))  # type: ignore[arg-type]
    return marks
