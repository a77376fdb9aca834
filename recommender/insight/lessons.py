"""What a run would teach: which results would rule out which values of a parameter.

The best configuration within reach is unknown, so it is drawn: many functions are drawn from the
posterior at points that stand for all that a batch may reach, together with the result that the
run would report. Among those in which the result is bad (or good), the best point lies elsewhere
than among all; what hardly any of them leaves possible is ruled out by that result.

Symbols: X (m, D) are points of the unit cube, R the number of draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from recommender.engine.belief import Belief
from recommender.engine.encoding import Region
from recommender.engine.incumbent import RunsInContext
from recommender.engine.rounding import short
from recommender.engine.trust import trusted
from recommender.run import Params, Value
from recommender.space import Categorical, Real

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

POOL = 256  # points that stand for all within reach
DRAWS = 4096
AWAY = 0.84  # standard deviations: a result that far off has a chance of one in five
RULED_OUT = 0.05  # chance to hold the best, at most
WAS_LIKELY = 0.15  # chance before, at least, for its loss to be news
SHIFT = 0.15  # of the chance, from which on a lesson is worth a line
SPLITS = 16  # values at which a parameter's range is cut


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one result would say of one parameter.

    If the result is `above` the `threshold` (else below it), which has the probability `chance`,
    then the chance that the best value of `parameter` lies on that `side` of `value` ("above",
    "below", or "at" for a choice) goes from `before` to `after`.
    """

    above: bool
    threshold: float
    chance: float
    parameter: str
    side: str
    value: Value
    before: float
    after: float

    @property
    def ruled_out(self) -> bool:
        """Whether the result would leave hardly any chance there."""
        return self.after <= RULED_OUT


def lessons(belief: Belief, params: Params, rng: np.random.Generator) -> tuple[Lesson, ...]:
    """Return the most telling lesson of a bad result and of a good one, where there is one.

    Args:
        belief: with a model.
        params: the configuration that would be run.
        rng: for the draws.
    """
    encoding = belief.encoding
    x = encoding.encode([params])
    points = np.vstack([x, _within_reach(belief, params, rng)])
    losses = belief.draw(points, DRAWS, rng)
    best = points[np.argmin(losses, axis=0)]
    (mean,), (sd,) = belief.at(x, noisy=True)
    (_, (latent_sd,)) = belief.at(x)
    noise = max(sd**2 - latent_sd**2, 0.0) ** 0.5
    results = losses[0] + noise * rng.standard_normal(DRAWS)
    splits = [split for name in _open(belief) for split in _splits(belief, name, points, best)]
    found = []
    for worse in (True, False):
        above = worse == (belief.objective.from_loss(1.0) > 0)
        threshold = _rounded(float(mean + (AWAY if above else -AWAY) * sd), float(sd))
        limit = belief.objective.to_loss(threshold)
        event = results > limit if worse else results < limit
        if event.any():
            lesson = _most_telling(splits, event, above, threshold)
            found += [lesson] if lesson else []
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Split:
    """Whether the best point of each of R draws lies on one side of a value."""

    parameter: str
    side: str
    value: Value
    inside: Mask


def _most_telling(
    splits: Sequence[_Split], event: Mask, above: bool, threshold: float
) -> Lesson | None:
    told = [
        Lesson(
            above,
            threshold,
            float(event.mean()),
            split.parameter,
            split.side,
            split.value,
            float(split.inside.mean()),
            float(split.inside[event].mean()),
        )
        for split in splits
    ]
    gone = [lesson for lesson in told if lesson.ruled_out and lesson.before >= WAS_LIKELY]
    if gone:
        return max(gone, key=lambda lesson: lesson.before - lesson.after)
    strongest = max(told, key=lambda lesson: lesson.after - lesson.before, default=None)
    if strongest is None or strongest.after - strongest.before < SHIFT:
        return None
    return strongest


def _within_reach(belief: Belief, params: Params, rng: np.random.Generator) -> Array:
    """Return points that a batch may reach in the context of params, with the known ones there."""
    encoding, evidence, surrogate = belief.encoding, belief.evidence, belief.model
    context = belief.objective.context
    region = Region(fixed={name: params[name] for name in context})
    held = encoding.columns_of(context)
    there = encoding.encode([params])[0, held]
    known = RunsInContext.of(surrogate, evidence.X, held, there)
    best = evidence.measured[int(known.runs[known.best])].params
    flat = encoding.names_where(surrogate.flat)
    near = trusted(encoding, region, evidence.X, {**best, **region.fixed}, flat)
    U = qmc.Sobol(len(encoding.space), rng=rng).random(POOL)
    return np.vstack([encoding.spread(U, near), known.points[known.rivals][:POOL]])


def _open(belief: Belief) -> list[str]:
    """Return the parameters of which something can be learnt: no context, and not flat."""
    flat = belief.encoding.names_where(belief.model.flat)
    names = [name for name in belief.encoding.space.names if name not in belief.objective.context]
    return [name for name in names if name not in flat] or names


def _splits(belief: Belief, name: str, points: Array, best: Array) -> Iterator[_Split]:
    encoding = belief.encoding
    parameter, columns = encoding.space[name], encoding.columns[name]
    if isinstance(parameter, Categorical):
        choices = np.argmax(best[:, columns], axis=1)
        for index, choice in enumerate(parameter.choices):
            yield _Split(name, "at", choice, choices == index)
        return
    places = best[:, columns.start]
    cuts = np.quantile(points[:, columns.start], np.arange(1, SPLITS) / SPLITS)
    ends = [encoding.value(name, float(cut)) for cut in cuts]
    values = [
        short(parameter, end, encoding) if isinstance(parameter, Real) else round(end)
        for end in ends
    ]
    for value in dict.fromkeys(values):
        at = encoding.unit(name, float(value))
        yield _Split(name, "above", value, places > at)
        yield _Split(name, "below", value, places < at)


def _rounded(value: float, sd: float) -> float:
    """Return a value with no more digits than its standard deviation gives a meaning to."""
    return round(value, max(0, -math.floor(math.log10(sd)))) if sd > 0 else value
