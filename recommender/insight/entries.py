"""Whether the rows belong together: values out of bounds, forgotten runs, other code or data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from scipy.stats import kruskal

from recommender.insight.check import Check, Level
from recommender.insight.rows import named
from recommender.insight.view import View
from recommender.number import format_value
from recommender.run import Run
from recommender.vocabulary import is_version_like

OLD = timedelta(days=7)
UNLIKELY = 0.01  # a chance below which two kinds of runs are said to differ


def out_of_bounds(view: View) -> Iterator[Check]:
    """Say which runs lie outside the declared search space."""
    found = False
    for parameter in view.space:
        outside = [
            run for run in view.measured if not parameter.contains(run.params[parameter.name])
        ]
        if outside:
            found = True
            value = format_value(outside[0].params[parameter.name])
            message = (
                f"{named(view.folded, outside)}: {parameter.name} {value} lies outside what the "
                f"sweep file declares ({parameter.allowed}); widen it if the value is right, or "
                "correct the entry"
            )
            ids = tuple(run.id for run in outside)
            yield Check("out-of-bounds", Level.WARNING, message, ids)
    if not found:
        yield Check("out-of-bounds", Level.PASS, "every run lies within the declared bounds")


def old_pending(view: View, now: datetime) -> Iterator[Check]:
    """Say which proposals have waited for a result so long that they look forgotten."""
    pending = view.folded.history.pending
    ages = {run.id: _age(run, now) for run in pending}
    old = [run for run in pending if (age := ages[run.id]) is not None and age > OLD]
    if old:
        days = max(age.days for run in old if (age := ages[run.id]) is not None)
        message = (
            f"{named(view.folded, old)}: proposed up to {days} days ago and still pending, so that "
            "nothing near is proposed; record the result, or give it up: recommend drop "
            f"{' '.join(run.id for run in old)}"
        )
        yield Check("old-pending", Level.WARNING, message, tuple(run.id for run in old))
    else:
        counted = f"{len(pending)} runs are pending, none" if pending else "no run is pending"
        text = f"{counted} for more than {OLD.days} days" if pending else counted
        yield Check("old-pending", Level.PASS, text)


def mixed_versions(view: View) -> Iterator[Check]:
    """Say which further columns split the runs: another code version, another data set."""
    columns = dict.fromkeys(name for event in view.folded.events for name in event.extras)
    found = False
    for column in columns:
        values = _values(view, column)
        counts = Counter(values.values())
        if len(counts) < 2 or len(counts) > max(2, len(values) // 3):
            continue
        speaks, chance = is_version_like(column), _differ(view, values)
        if not speaks and (chance is None or chance > UNLIKELY):
            continue
        found = True
        kinds = ", ".join(f"{value} ({count} runs)" for value, count in counts.most_common(4))
        effect = (
            "; too few to tell whether they differ"
            if chance is None
            else f"; {view.objective.metric} differs between them by more than chance"
            if chance < UNLIKELY
            else f"; no difference in {view.objective.metric} is seen beyond chance"
        )
        rare = [run for run in view.measured if values.get(run.id) not in (None, _usual(counts))]
        message = (
            f"the column {column} has several values: {kinds}{effect}. If they cannot be compared, "
            f"keep the others out: recommend exclude {rare[0].id} --reason '{column}'"
        )
        yield Check("mixed-versions", Level.WARNING, message, tuple(run.id for run in rare))
    if not found:
        message = "no further column tells the runs apart" if columns else "no further columns"
        yield Check("mixed-versions", Level.PASS, message)


def _values(view: View, column: str) -> dict[str, str]:
    """Return what a further column says of each measured run that it says something of."""
    stated = {
        event.id: event.extras[column] for event in view.folded.events if event.extras.get(column)
    }
    return {run.id: stated[run.id] for run in view.measured if run.id in stated}


def _usual(counts: Counter[str]) -> str:
    return counts.most_common(1)[0][0]


def _differ(view: View, values: dict[str, str]) -> float | None:
    """Return how likely such differences from what the other runs predict are by chance."""
    surrogate = view.belief.surrogate
    if surrogate is None:
        return None
    z = surrogate.leave_one_out_z(view.belief.evidence.y)
    groups: dict[str, list[float]] = {}
    for run, residual in zip(view.measured, z, strict=True):
        if run.id in values:
            groups.setdefault(values[run.id], []).append(float(residual))
    samples = [sample for sample in groups.values() if len(sample) > 2]
    if len(samples) < 2 or np.ptp(np.concatenate(samples)) == 0:
        return None
    return float(kruskal(*samples).pvalue)


def _age(run: Run, now: datetime) -> timedelta | None:
    try:
        proposed = datetime.fromisoformat(run.proposal.proposed_at if run.proposal else "")
        return now - proposed.astimezone(UTC)
    except (ValueError, OverflowError):  # a person may have written anything there
        return None
