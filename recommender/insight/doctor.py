"""What is suspicious in the history: each finding with its reason, its rows and what to do."""

from __future__ import annotations

from datetime import datetime

from recommender.insight.check import Check, Level
from recommender.insight.confounding import confounding
from recommender.insight.coverage import design
from recommender.insight.entries import mixed_versions, old_pending, out_of_bounds
from recommender.insight.health import health, noise
from recommender.insight.metrics import metric_agreement, metric_ranges
from recommender.insight.suspects import repeated, suspects
from recommender.insight.view import View

_GRAVITY = (Level.FAIL, Level.WARNING, Level.PASS)


def doctor(view: View, now: datetime) -> list[Check]:
    """Return every finding, the gravest first.

    Args:
        view: the history, as seen through the metric that is examined.
        now: the time, with a time zone, by which a pending run is old.
    """
    checks = [
        *suspects(view),
        *repeated(view),
        *metric_ranges(view),
        *metric_agreement(view),
        *out_of_bounds(view),
        *mixed_versions(view),
        *old_pending(view, now),
        *confounding(view),
        *health(view),
        *noise(view),
        *design(view),
    ]
    return sorted(checks, key=lambda check: _GRAVITY.index(check.level))
