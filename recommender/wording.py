"""How counts, chances and predictions are written for people."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: 1 run, 2 runs."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def percent(probability: float | None) -> str:
    """Return a probability as people read it; a model is never certain."""
    if probability is None:
        return "–"
    return ">99%" if probability > 0.99 else "<1%" if probability < 0.01 else f"{probability:.0%}"


def with_sd(mean: float, sd: float) -> str:
    """Return a prediction as people read it."""
    if sd < 0.005 or abs(mean) >= 1000:
        return f"{mean:.4g} ± {sd:.2g}"
    return f"{mean:.3f} ± {sd:.3f}"
