"""A sentence for each effect, in the words of somebody who does not claim more than is known."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.engine.rounding import round_significant
from recommender.insight.comparisons import Comparison, Step
from recommender.insight.lessons import Lesson
from recommender.insight.main_effect import Change
from recommender.insight.neighbours import Beyond, Neighbour
from recommender.number import format_value
from recommender.run import Objective, Value

SHOWN = 2  # single runs named at most
CLEAR = 2.0  # standard deviations: a smaller difference is not claimed


def of_context(objective: Objective, name: str, share: float | None) -> str:
    """Say why a context is never ranked, and how much it explains."""
    metric = objective.metric
    explains = (
        "" if share is None else f"; alone it explains {share:.0%} of the variance of {metric}"
    )
    return (
        f"sets the scale of {metric}, which therefore never ranks it{explains}. The other "
        f"parameters are compared at equal {name}"
    )


def of_effect(objective: Objective, name: str, change: Change) -> str:
    """Say how the metric changes over the values that were tried."""
    metric = objective.metric
    size = _with_sd(abs(change.difference), change.sd)
    if abs(change.difference) < CLEAR * change.sd:
        return (
            f"has an effect, but the data cannot tell which: {metric} differs by {size} between "
            f"{_short(change.best)} and {_short(change.worst)}"
        )
    numbers = [value for value in change.values if not isinstance(value, str)]
    if len(numbers) < len(change.values):
        return (
            f"{metric} is best at {_short(change.best)}, and {size} worse at {_short(change.worst)}"
        )
    first, last = change.values[0], change.values[-1]
    steps = [after - before for before, after in zip(change.means, change.means[1:], strict=False)]
    if all(step >= 0 for step in steps) or all(step <= 0 for step in steps):
        way = "rises" if steps[0] > 0 or sum(steps) > 0 else "falls"
        return f"{metric} {way} by {size} from {name} {_short(first)} to {_short(last)}"
    return (
        f"{metric} is best near {_short(change.best)}, and {size} worse at {_short(change.worst)}"
    )


def of_flat(
    objective: Objective, name: str, change: Change | None, compared: Sequence[Comparison]
) -> str:
    """Say that an effect cannot be told from none, and within which limits."""
    sentence = f"the data cannot tell: {name} cannot be told from flat"
    if change is not None and change.best != change.worst:
        sentence += (
            f", and {objective.metric} differs by "
            f"{_with_sd(abs(change.difference), change.sd)} between "
            f"{_short(change.best)} and {_short(change.worst)}"
        )
    if not compared:
        sentence += "; no two runs differ in it alone"
    return sentence


def of_single_runs(objective: Objective, steps: Sequence[Step]) -> str:
    """Say which results would be taken for an effect, and that each rests on a single run."""
    named = [
        f"{step.level.runs[0]} has {objective.metric} {step.level.results[0]:.4g} at "
        f"{_short(step.level.value)}, where those beside it have {step.elsewhere:.4g}"
        for step in steps[:SHOWN]
    ]
    more = f", and {len(steps) - SHOWN} more" if len(steps) > SHOWN else ""
    return f"What it seems to do rests on single runs: {'; '.join(named)}{more}"


def of_interaction(one: str, other: str, low: float) -> str:
    """Say whether the effect of one parameter depends on another."""
    if low < 0.01:
        return f"the data cannot tell whether the effect of {one} depends on {other}"
    return f"the effect of {one} depends on {other}"


def of_neighbour(metric: str, near: Neighbour) -> str:
    """Say what a similar run measured, and how much that counts."""
    if not near.changed:
        return f"{near.id} ({metric} {near.result:.4g}, the same configuration)"
    similarity = ">0.99" if near.similarity > 0.99 else f"{near.similarity:.2f}"
    return f"{near.id} ({metric} {near.result:.4g}, similarity {similarity})"


def of_reach(found: Sequence[Beyond]) -> str:
    """Say whether a prediction interpolates between the runs, or goes beyond them."""
    if not found:
        return "interpolates: every value lies within the range of the runs"
    parts = [f"{one.parameter} {_short(one.value)} (tried: {_tried(one.tried)})" for one in found]
    return f"extrapolates in {', '.join(parts)}"


def of_lesson(metric: str, lesson: Lesson) -> str:
    """Say what a result would teach, and how surely."""
    way = "above" if lesson.above else "below"
    where = f"{lesson.parameter} {_short(lesson.value)}"
    if lesson.side != "at":
        where = f"{lesson.parameter} {lesson.side} {_short(lesson.value)}"
    consequence = "is ruled out" if lesson.ruled_out else "is likelier to hold the best"
    return (
        f"if {metric} comes out {way} {lesson.threshold:g} (chance {lesson.chance:.0%}), {where} "
        f"{consequence}: {lesson.before:.0%} before, {lesson.after:.0%} then"
    )


def _tried(values: Sequence[Value]) -> str:
    if len(values) == 2 and not isinstance(values[0], str) and values[0] != values[1]:
        return f"{_short(values[0])} to {_short(values[1])}"
    return ", ".join(dict.fromkeys(map(_short, values)))


def _with_sd(size: float, sd: float) -> str:
    return f"{size:.2g} ± {sd:.2g}"


def _short(value: Value) -> str:
    return format_value(round_significant(value, 3) if isinstance(value, float) else value)
