"""What each parameter does: its main effect with the runs around it, and how much it matters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.insight.effects import Effects, ParameterEffect, Share
from recommender.insight.view import View
from recommender.number import format_value
from recommender.report.figure import (
    TWO_SIDED,
    Array,
    Axis,
    Band,
    Bars,
    Figure,
    Line,
    Mark,
    Panel,
    Points,
    parameter_axis,
    places,
    thinned,
)
from recommender.space import Categorical

SHOWN = 12  # parameters at most, those that matter most


def main_effects(view: View, effects: Effects) -> Figure | None:
    """Return a panel for each parameter that varies, or None without a model.

    A parameter of the context has none: along it the metric changes its scale.
    """
    drawn = [
        each
        for each in effects.parameters
        if each.curve is not None and each.name not in effects.context
    ]
    if not drawn:
        return None
    shown = sorted(drawn, key=lambda each: -_total(each))[:SHOWN]
    context = (
        f", at equal {', '.join(effects.context)}, which sets the scale" if effects.context else ""
    )
    left = f" The {len(drawn) - SHOWN} parameters that matter least are left out." if len(
        drawn
    ) > SHOWN else ""  # fmt: skip
    return Figure(
        name="effects",
        title=f"What each parameter does to {effects.metric}",
        caption=(
            f"The change of {effects.metric} that a parameter makes, averaged over the others"
            f"{context}; all on one scale. The band should hold the effect in 95 of 100 cases. "
            "Dots are the runs: the curve, plus what the model leaves unexplained of each. (A "
            f"cross is a run that is hard to believe.){left}"
        ),
        panels=_on_one_scale([_panel(view, effects, each) for each in shown]),
    )


def importance(effects: Effects) -> Figure | None:
    """Return the total Sobol indices as bars, or None where there are none."""
    found = [each for each in effects.parameters if each.total is not None]
    found = [each for each in found if each.name not in effects.context]
    if not found:
        return None
    ranked = sorted(found, key=lambda each: -_total(each))[:SHOWN]
    shares = [each.total for each in ranked if each.total is not None]
    equal = f" at equal {', '.join(effects.context)}" if effects.context else ""
    return Figure(
        name="importance",
        title="What matters",
        caption=(
            f"The share of the variance of {effects.metric}{equal} that goes away if a parameter "
            "is held, alone or together with others (total Sobol index); the whisker holds 90 of "
            "100 functions that fit the runs."
        ),
        panels=(
            Panel(
                title="",
                x=Axis(title="share of the variance", ends=(0.0, 1.0)),
                y=Axis(),
                marks=(
                    Bars(
                        labels=tuple(each.name for each in ranked),
                        values=np.array([share.mean for share in shares]),
                        low=np.array([share.low for share in shares]),
                        high=np.array([share.high for share in shares]),
                    ),
                ),
                alternative="; ".join(
                    f"{each.name} {in_words(share)}"
                    for each, share in zip(ranked, shares, strict=True)
                ),
            ),
        ),
    )


def in_words(share: Share) -> str:
    """Return a share with its interval: 86 % (61 to 97 %)."""
    return f"{share.mean:.0%} ({share.low:.0%} to {share.high:.0%})"


def _on_one_scale(panels: list[Panel]) -> tuple[Panel, ...]:
    """Return the panels with one range of values, so that what is small looks small."""
    heights = [
        part[np.isfinite(part)]
        for panel in panels
        for mark in panel.marks
        for part in _heights(mark)
    ]
    low, high = min(map(np.min, heights)), max(map(np.max, heights))
    margin = 0.05 * (high - low)
    ends = (float(low - margin), float(high + margin))
    return tuple(replace(panel, y=replace(panel.y, ends=ends)) for panel in panels)


def _heights(mark: Mark) -> list[Array]:
    if isinstance(mark, Band):
        return [mark.low, mark.high]
    return [mark.y] if isinstance(mark, Points) else []


def _total(each: ParameterEffect) -> float:
    return 0.0 if each.total is None else each.total.mean


def _panel(view: View, effects: Effects, each: ParameterEffect) -> Panel:
    assert each.curve is not None
    parameter = view.space[each.name]
    x, mean, sd = (np.array(part, dtype=float) for part in (
        places(parameter, each.curve.values), each.curve.mean, each.curve.sd
    ))  # fmt: skip
    runs = view.measured
    at_runs = places(parameter, [run.params[each.name] for run in runs])
    scale = np.log if not isinstance(parameter, Categorical) and parameter.scale == "log" else _same
    fitted = np.interp(scale(at_runs), scale(x), mean, left=np.nan, right=np.nan)
    level = float(np.nanmean(fitted)) if np.isfinite(fitted).any() else float(mean.mean())
    predicted, _ = view.belief.at(view.belief.evidence.X)
    around = fitted + view.belief.values - predicted - level
    doubted = np.isin([run.id for run in runs], effects.doubted)
    marks: list[Mark] = []
    if isinstance(parameter, Categorical):
        marks.append(
            Points(
                x=x,
                y=mean - level,
                low=mean - level - TWO_SIDED * sd,
                high=mean - level + TWO_SIDED * sd,
                role="proposal",
                name="effect",
            )
        )
    else:
        low, high = mean - level - TWO_SIDED * sd, mean - level + TWO_SIDED * sd
        marks += [Band(x=x, low=low, high=high), Line(x=x, y=mean - level, role="mean")]
    for role, members in (("seen", ~doubted), ("doubted", doubted)):
        chosen = np.flatnonzero(members & np.isfinite(around))
        chosen = chosen[thinned(len(chosen))]
        if len(chosen):
            marks.append(
                Points(
                    x=at_runs[chosen],
                    y=around[chosen],
                    role="doubted" if role == "doubted" else "residual",
                    runs=tuple(runs[int(i)].id for i in chosen),
                )
            )
    return Panel(
        title=each.name,
        x=parameter_axis(parameter),
        y=Axis(title=f"change of {effects.metric}"),
        marks=tuple(marks),
        alternative=each.sentence or _in_words(each, x, mean),
    )


def _in_words(each: ParameterEffect, x: Array, mean: Array) -> str:
    assert each.curve is not None
    low, high = (each.curve.values[i] for i in (int(np.argmin(mean)), int(np.argmax(mean))))
    return (
        f"The effect of {each.name} is lowest at {format_value(low)} and highest at "
        f"{format_value(high)}."
    )


def _same(values: Array) -> Array:
    return values
