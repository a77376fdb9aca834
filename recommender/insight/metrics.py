"""Whether the metrics can be right: their range, percent against fraction, and one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import stdtrit

from recommender.engine.metric_range import out_of_range
from recommender.engine.regression import studentised_residuals
from recommender.insight.check import Check, Level
from recommender.insight.rows import named, place
from recommender.insight.view import View
from recommender.number import format_value
from recommender.run import Run, Status
from recommender.vocabulary import natural_range

FEWEST = 8  # runs with all the metrics that are compared
CHANCE = 0.01  # that one of sound values is called contradicting


def metric_ranges(view: View) -> Iterator[Check]:
    """Say which values a metric of that name cannot have, and which are in percent."""
    wrong = False
    for metric in view.folded.metrics:
        for check in _range(view, metric):
            wrong = True
            yield check
    if not wrong:
        yield Check("metric-range", Level.PASS, "every metric is in the range that its name allows")


def _range(view: View, metric: str) -> Iterator[Check]:
    runs = [run for run in _finished(view) if metric in run.metrics]
    found = out_of_range(metric, [run.metrics[metric] for run in runs])
    if found is None:
        return
    if other := [runs[index] for index in found.rescaled]:
        here, usual = ("a fraction", "percent") if found.percent else ("in percent", "a fraction")
        example = other[0].metrics[metric]
        right = format_value(found.in_the_usual_unit(example))
        message = (
            f"{named(view.folded, other, metric)}: {metric} {format_value(example)} looks like "
            f"{here}, where the other runs have {usual}; write it alike: recommend record "
            f'{other[0].id} --amend "why" --metric {metric}={right}'
        )
        yield Check("metric-scale", Level.FAIL, message, tuple(run.id for run in other))
    if beyond := [runs[index] for index in found.beyond]:
        message = (
            f"{named(view.folded, beyond, metric)}: {metric} "
            f"{format_value(beyond[0].metrics[metric])} cannot be ({found.allowed}); check the "
            "entry"
        )
        yield Check("metric-range", Level.FAIL, message, tuple(run.id for run in beyond))


def metric_agreement(view: View) -> Iterator[Check]:
    """Say where outcome metrics of one run contradict each other, by what the other runs show."""
    names = [name for name in view.folded.metrics if (natural_range(name) or (0, 0))[1] == 1.0]
    found: dict[str, tuple[Run, str, float]] = {}
    compared = 0
    for metric in names:
        runs, A = _with_others(view, metric, names)
        if len(runs) < FEWEST:
            continue
        compared += 1
        y = np.array([run.metrics[metric] for run in runs])
        t = studentised_residuals(A, y)
        limit = float(stdtrit(len(runs) - A.shape[1] - 2, 1.0 - 0.5 * CHANCE / len(runs)))
        for index in np.flatnonzero(np.abs(t) > limit):
            known = found.get(runs[index].id)
            if known is None or abs(t[index]) > abs(known[2]):
                found[runs[index].id] = (runs[index], metric, float(t[index]))
    for run, metric, error in found.values():
        others = ", ".join(
            f"{name} {format_value(run.metrics[name])}"
            for name in names
            if name != metric and name in run.metrics
        )
        side = "above" if error > 0 else "below"
        message = (
            f"{place(view.folded, run, metric)}: {run.id} has {metric} "
            f"{format_value(run.metrics[metric])} beside {others}: {abs(error):.0f} standard "
            f"errors {side} what these say in the other runs; evaluate its checkpoint again"
        )
        yield Check("contradicting-metrics", Level.WARNING, message, (run.id,))
    if not found:
        message = (
            "the outcome metrics of each run agree as they do in the others"
            if compared
            else f"fewer than {FEWEST} runs have two outcome metrics to be compared"
        )
        yield Check("contradicting-metrics", Level.PASS, message)


def _with_others(view: View, metric: str, names: Sequence[str]) -> tuple[list[Run], np.ndarray]:
    """Return the runs with a metric, and their (n, k) values of the others that most also have."""
    runs = [run for run in _finished(view) if metric in run.metrics]
    others = [
        name
        for name in names
        if name != metric and 2 * sum(name in run.metrics for run in runs) > len(runs)
    ]
    runs = [run for run in runs if others and all(name in run.metrics for name in others)]
    most = max(1, len(runs) // 4 - 1)
    values = [[run.metrics[name] for name in others[:most]] for run in runs]
    return runs, np.array(values, dtype=float).reshape(len(runs), len(others[:most]))


def _finished(view: View) -> list[Run]:
    return [
        run
        for run in view.folded.history.runs
        if run.status is Status.COMPLETED and not run.excluded
    ]
