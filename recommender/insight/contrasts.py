"""What a parameter seems to do where all others are equal, and whether one run makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recommender.engine.surrogate import Surrogate
from recommender.insight.check import Check, Level
from recommender.insight.rows import place
from recommender.insight.view import View
from recommender.number import format_value
from recommender.run import Run

SEEN = 2.0  # standard errors from which on a person sees an effect
FEWEST = 3  # runs that are equal but for one parameter


@dataclass(frozen=True, slots=True)
class Contrast:
    """A run that differs from those equal to it but for one parameter.

    `mean` is of the others' results; `z` the difference in standard errors, on the model's scale.
    """

    run: Run
    others: tuple[Run, ...]
    mean: float
    z: float


def single_runs(view: View, surrogate: Surrogate) -> Iterator[Check]:
    """Say where a parameter that cannot be told from flat seems to matter, by single runs."""
    found = False
    for index, name in enumerate(view.space.names):
        if not surrogate.flat[index]:
            continue
        seen = [c for c in _contrasts(view, surrogate, name) if abs(c.z) > SEEN]
        if not seen:
            continue
        found = True
        yield _check(view, name, max(seen, key=lambda c: abs(c.z)), tuple(c.run.id for c in seen))
    if not found:
        message = "no parameter that looks flat seems to matter by a single run"
        yield Check("single-run-effect", Level.PASS, message)


def _check(view: View, name: str, contrast: Contrast, ids: tuple[str, ...]) -> Check:
    metric, run = view.objective.metric, contrast.run
    held = ", ".join(f"{k} {format_value(v)}" for k, v in run.params.items() if k != name)
    message = (
        f"what {name} seems to do rests on single runs: at {held}, {run.id} "
        f"({place(view.folded, run, metric)}) has {metric} {format_value(run.metrics[metric])} at "
        f"{name} {format_value(run.params[name])}, where the {len(contrast.others)} runs at other "
        f"values have {contrast.mean:.3g} in the mean, {abs(contrast.z):.1f} standard errors away; "
        "repeat it before believing that"
    )
    return Check("single-run-effect", Level.WARNING, message, ids)


def _contrasts(view: View, surrogate: Surrogate, name: str) -> Iterator[Contrast]:
    """Yield each run that alone has its value of a parameter among runs equal in all others."""
    runs, values = view.measured, view.belief.values
    scaled = surrogate.warp(view.belief.evidence.y) / surrogate.posterior.noise**0.5
    believed = surrogate.believed
    groups: dict[tuple[object, ...], list[int]] = {}
    for index in np.flatnonzero(believed).tolist():
        key = tuple(value for other, value in runs[index].params.items() if other != name)
        groups.setdefault(key, []).append(index)
    for members in groups.values():
        if len(members) < FEWEST:
            continue
        for one in members:
            others = [m for m in members if runs[m].params[name] != runs[one].params[name]]
            if len(others) == len(members) - 1:
                error = (1.0 + 1.0 / len(others)) ** 0.5
                z = float(scaled[one] - scaled[others].mean()) / error
                mean = float(values[others].mean())
                yield Contrast(runs[one], tuple(runs[m] for m in others), mean, z)
