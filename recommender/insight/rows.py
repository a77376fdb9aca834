"""Where a run stands in the ledgers, and how it is called in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.number import format_value
from recommender.records import Folded
from recommender.run import Run

NAMED = 5  # runs at most that a sentence names


def place(folded: Folded, run: Run, metric: str = "") -> str:
    """Return the row that states a run's metric, else its first (`history/runs.csv:12`)."""
    stating = (event.source for event in folded.events if event.id == run.id)
    if metric:
        stating = (e.source for e in folded.events if e.id == run.id and metric in e.metrics)
    return next(stating, run.source)


def named(folded: Folded, runs: Sequence[Run], metric: str = "") -> str:
    """Return the first few runs by id and row: `run-0030-bc08 (history/runs.csv:31)`."""
    texts = [f"{run.id} ({place(folded, run, metric)})" for run in runs[:NAMED]]
    more = len(runs) - NAMED
    return ", ".join(texts) + (f" and {more} more" if more > 0 else "")


def settings(run: Run) -> str:
    """Return a run's parameters as they stand in a sentence."""
    return ", ".join(f"{name} {format_value(value)}" for name, value in run.params.items())
