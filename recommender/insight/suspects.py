"""Which rows look wrong, which cell most likely slipped, and which rows stand twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recommender.engine.notices import duplicates
from recommender.insight.check import Check, Level
from recommender.insight.rows import place, settings
from recommender.insight.view import View
from recommender.number import format_value


def suspects(view: View) -> Iterator[Check]:
    """Say which results the other runs contradict."""
    surrogate, metric = view.belief.surrogate, view.objective.metric
    flagged: list[int] = []
    if surrogate is not None:
        flagged = np.flatnonzero(surrogate.discounted | surrogate.too_good).tolist()
    for index in flagged:
        run = view.measured[index]
        message = (
            f"{place(view.folded, run, metric)}: {run.id} ({settings(run)}) has {metric} "
            f"{format_value(run.metrics[metric])}; check the entry, or repeat the run"
        )
        yield Check("suspect-run", Level.WARNING, message, (run.id,))
    if not len(flagged):
        yield Check("suspect-run", Level.PASS, "no row contradicts the others")


def repeated(view: View) -> Iterator[Check]:
    """Say which rows repeat another in every parameter and in the result, for information."""
    notices = duplicates(view.belief.evidence.measured)
    for notice in notices:
        runs = [run for run in view.measured if run.id in notice.runs]
        rows = " and ".join(place(view.folded, run, view.objective.metric) for run in runs)
        yield Check("duplicate-run", Level.PASS, f"{rows}: {notice.message}", notice.runs)
    if not notices:
        yield Check("duplicate-run", Level.PASS, "no two runs agree in everything")
