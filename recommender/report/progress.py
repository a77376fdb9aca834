"""How the proposed runs did against random search from the same start."""

from __future__ import annotations

import numpy as np

from recommender.insight.progress import Progress
from recommender.insight.scorecard import Scorecard
from recommender.number import format_value
from recommender.report.figure import Axis, Band, Figure, Line, Panel, value_axis

PANELS = 6  # contexts at most


def progress(card: Scorecard) -> Figure | None:
    """Return the best so far after each proposal, or None before any came back."""
    followed = sorted(
        (each for each in card.progress if each.found), key=lambda each: -len(each.found)
    )[:PANELS]
    if not followed:
        return None
    return Figure(
        name="progress",
        title="Better than chance?",
        caption=(
            f"The best {card.metric} after each proposed run, and what random search would have "
            "found from the same start: its middle 80 % of luck as a band."
        ),
        panels=tuple(_panel(card, each) for each in followed),
    )


def _panel(card: Scorecard, each: Progress) -> Panel:
    x = np.arange(1.0, len(each.found) + 1)
    found, median, low, high = (
        np.array(part, dtype=float) for part in (each.found, each.median, each.low, each.high)
    )
    where = ", ".join(f"{name} {format_value(value)}" for name, value in each.context.items())
    return Panel(
        title=where,
        x=Axis(title="proposed runs", whole=True, ends=(0.5, len(x) + 0.5)),
        y=value_axis(f"best {card.metric}", found),
        marks=(
            Band(x=x, low=low, high=high, name="random search"),
            Line(x=x, y=median, role="reference", dashed=True),
            Line(x=x, y=found, role="mean", name="proposed", steps=True),
        ),
        alternative=(
            f"After {len(x)} proposed runs the best {card.metric} is {found[-1]:.4g}; random "
            f"search would have come as far with a chance of {each.chance:.0%}."
        ),
    )
