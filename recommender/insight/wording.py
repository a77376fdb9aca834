"""A sentence for each effect, in the words of somebody who does not claim more than is known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from recommender.engine.rounding import round_significant
from recommender.insight.comparisons import Comparison, Step
from recommender.insight.lessons import Lesson
from recommender.insight.main_effect import Change
from recommender.insight.neighbours import Beyond, Neighbour
from recommender.number import format_value
from recommender.run import Objective, Value

SHOWN = 2  # single runs named at most
TELLING = 0.05  # of the variance: an interaction of less may be chance
CLEAR = 2.0  # standard deviations: a smaller difference is not claimed


def of_context(objective: Objective, share: float | None) -> str:
    """Say how much the context explains, and why it is never ranked."""
    metric, names = objective.metric, " and ".join(objective.context)
    one = len(objective.context) == 1
    explains = f"{'sets' if one else 'set'} the scale of {metric}"
    if share is not None:
        verb, it = ("explains", "it sets") if one else ("explain", "they set")
        explains = f"alone {verb} {share:.0%} of the variance of {metric}, whose scale {it}"
    return (
        f"{names} {explains}; {metric} therefore never ranks {'it' if one else 'them'}, and the "
        f"other parameters are compared at equal {names}"
    )


def of_effect(objective: Objective, name: str, change: Change) -> str:
    """Say how the metric changes over the values that were tried."""
    metric = objective.metric
    size = _with_sd(abs(change.difference), change.sd)
    best, worst = _short(change.best), _short(change.worst)
    if abs(change.difference) < CLEAR * change.sd:
        return (
            f"{name} has an effect, but the data cannot tell which: {metric} differs by {size} "
            f"between {best} and {worst}"
        )
    if any(isinstance(value, str) for value in change.values):
        return f"{metric} is best at {name} {best}, and {size} worse at {worst}"
    first, last = _short(change.values[0]), _short(change.values[-1])
    steps = [after - before for before, after in pairwise(change.means)]
    if all(step >= 0 for step in steps):
        return f"{metric} rises by {size} from {name} {first} to {last}"
    if all(step <= 0 for step in steps):
        return f"{metric} falls by {size} from {name} {first} to {last}"
    return f"{metric} is best near {name} {best}, and {size} worse at {worst}"


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
    """Say whether the effect of one parameter depends on another.

    `low` is the least share of the variance that it is likely to have. A share is never below 0,
    so that chance alone gives it a little.
    """
    if low < TELLING:
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
