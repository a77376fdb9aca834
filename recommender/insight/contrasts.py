"""What a parameter seems to do where all others are equal, and whether one run makes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress

from recommender.engine.surrogate import Surrogate
from recommender.insight import comparisons
from recommender.insight.check import Check, Level
from recommender.insight.comparisons import Step
from recommender.insight.rows import place
from recommender.insight.view import View
from recommender.number import format_value

FEWEST = 3  # runs that are equal but for one parameter: of two, either may be the odd one


def single_runs(view: View, surrogate: Surrogate) -> Iterator[Check]:
    """Say where a parameter that cannot be told from flat seems to matter, by single runs."""
    believed = list(compress(view.measured, surrogate.believed))
    found = False
    for name in view.belief.encoding.names_where(surrogate.flat):
        compared = [
            comparison
            for comparison in comparisons.comparisons(believed, view.objective.metric, name)
            if sum(len(level.runs) for level in comparison.levels) >= FEWEST
        ]
        if steps := comparisons.single_runs(compared, view.belief.in_noise, ()):
            found = True
            yield _check(view, name, steps)
    if not found:
        message = "no parameter that looks flat seems to matter by a single run"
        yield Check("single-run-effect", Level.PASS, message)


def _check(view: View, name: str, steps: tuple[Step, ...]) -> Check:
    metric, step = view.objective.metric, max(steps, key=lambda one: one.off)
    run = next(run for run in view.measured if run.id == step.level.runs[0])
    held = ", ".join(f"{k} {format_value(v)}" for k, v in run.params.items() if k != name)
    message = (
        f"what {name} seems to do rests on single runs: at {held}, {run.id} "
        f"({place(view.folded, run, metric)}) has {metric} {format_value(run.metrics[metric])} at "
        f"{name} {format_value(run.params[name])}, where the runs at other values have "
        f"{step.elsewhere:.3g} in the median, {step.off:.1f} standard deviations of the noise "
        "away; repeat it before believing that"
    )
    ids = tuple(one.level.runs[0] for one in steps)
    return Check("single-run-effect", Level.WARNING, message, ids)
