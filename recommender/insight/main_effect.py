"""The main effect of a parameter: the metric averaged over all the others, with its uncertainty.

Others are averaged over the ranges that the runs span: beyond them an average would mostly say what
the prior says. Where losses are modelled on a warped scale, they are averaged on that scale.

Symbols: X (m, D) are points of the unit cube, R the number of draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.engine.belief import Belief, apportion
from recommender.engine.posterior import mixture
from recommender.engine.rounding import short
from recommender.insight.averages import Averages, Marginal
from recommender.run import Value
from recommender.space import Categorical, Integer, Real

Array = npt.NDArray[np.float64]

GRID = 33  # values over a declared range
FEW = 12  # values tried; of more, SPAN values over their range stand for all
SPAN = 25
DRAWS = 512


@dataclass(frozen=True, slots=True)
class Curve:
    """A main effect: at each value the metric averaged over the other parameters, with its sd.

    The values span the declared range; the others are averaged over the ranges of the runs.
    """

    values: tuple[Value, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """The largest difference of the main effect within the range of the runs, ± its sd.

    From the value where the metric is best, `best`, to the one where it is `worst`; `difference`
    is in the metric's units, negative where it falls that way. `means` are those at the `values`.
    """

    best: Value
    worst: Value
    difference: float
    sd: float
    values: tuple[Value, ...]
    means: tuple[float, ...]


def marginals_of(belief: Belief) -> list[Marginal]:
    """Return how the runs distribute each parameter: over the range, or the choices, they took."""
    found = []
    for name, columns in belief.encoding.columns.items():
        X = belief.evidence.X[:, columns]
        parameter = belief.encoding.space[name]
        if isinstance(parameter, Categorical):
            found.append(Marginal.over(np.unique(X, axis=0)))
        elif isinstance(parameter, Integer) and len(span(belief, name)) <= GRID:
            values = span(belief, name)
            found.append(Marginal.over(points_at(belief, name, values)[:, columns]))
        else:
            found.append(Marginal.between(float(X.min()), float(X.max())))
    return found


def tried(belief: Belief, name: str) -> tuple[Value, ...]:
    """Return the values that the runs took, in order; words after numbers."""
    values = {run.params[name] for run in belief.evidence.measured}
    return tuple(sorted(values, key=lambda value: (isinstance(value, str), value)))


def span(belief: Belief, name: str) -> tuple[Value, ...]:
    """Return the values that stand for the range of the runs: those tried, or a grid over it."""
    values = tried(belief, name)
    parameter = belief.encoding.space[name]
    if isinstance(parameter, Categorical):
        return values
    if isinstance(parameter, Integer) and values[-1] - values[0] < GRID:  # type: ignore[operator]
        return tuple(range(int(values[0]), int(values[-1]) + 1))
    if len(values) <= FEW:
        return values
    low, high = (belief.encoding.unit(name, float(end)) for end in (values[0], values[-1]))
    inner = grid(belief, name, low, high, SPAN)[1:-1]
    if isinstance(parameter, Real):
        inner = tuple(short(parameter, float(value), belief.encoding) for value in inner)
    return tuple(dict.fromkeys((values[0], *inner, values[-1])))


def grid(belief: Belief, name: str, low: float, high: float, size: int) -> tuple[Value, ...]:
    """Return at most `size` values between two places of the unit cube; of choices, all."""
    parameter = belief.encoding.space[name]
    if isinstance(parameter, Categorical):
        return parameter.choices
    values = [belief.encoding.value(name, float(u)) for u in np.linspace(low, high, size)]
    if isinstance(parameter, Integer):
        return tuple(dict.fromkeys(round(value) for value in values))
    return tuple(dict.fromkeys(values))


def points_at(belief: Belief, name: str, values: Sequence[Value]) -> Array:
    """Return (m, D) points that have these values, and anything elsewhere."""
    anything = dict(belief.evidence.measured[0].params)
    return belief.encoding.encode([{**anything, name: value} for value in values])


def curve(belief: Belief, name: str, marginals: Sequence[Marginal]) -> Curve:
    """Return the main effect of a parameter over its declared range."""
    values = grid(belief, name, 0.0, 1.0, GRID)
    weighted = _joint(belief, name, values, marginals)
    mean, variance = mixture(
        [weight for weight, _ in weighted],
        np.array([means for _, (means, _) in weighted]),
        np.array([np.diag(covariance) for _, (_, covariance) in weighted]),
    )
    losses, spreads = belief.model.losses(mean, np.sqrt(np.maximum(variance, 0.0)))
    effect = tuple(belief.objective.from_loss(float(loss)) for loss in losses)
    return Curve(values, effect, tuple(float(sd) for sd in spreads))


def change(
    belief: Belief, name: str, marginals: Sequence[Marginal], rng: np.random.Generator
) -> Change:
    """Return the largest difference that a parameter makes within the range of the runs."""
    values = span(belief, name)
    weighted = _joint(belief, name, values, marginals)
    counts = apportion([weight for weight, _ in weighted], DRAWS)
    draws = np.vstack(
        [
            rng.multivariate_normal(
                means, covariance, size=count, method="eigh", check_valid="ignore"
            )
            for (_, (means, covariance)), count in zip(weighted, counts, strict=True)
        ]
    )
    losses = belief.model.warp.inverse(draws)
    means = losses.mean(axis=0)
    best, worst = int(np.argmin(means)), int(np.argmax(means))
    differences = losses[:, worst] - losses[:, best]
    return Change(
        best=values[best],
        worst=values[worst],
        difference=belief.objective.from_loss(float(differences.mean())),
        sd=float(differences.std()),
        values=values,
        means=tuple(belief.objective.from_loss(float(mean)) for mean in means),
    )


def _joint(
    belief: Belief, name: str, values: Sequence[Value], marginals: Sequence[Marginal]
) -> list[tuple[float, tuple[Array, Array]]]:
    """Return the effect's (m,) means and covariance of each likely posterior, with its weight."""
    X = points_at(belief, name, values)
    kept = (belief.encoding.space.names.index(name),)
    found = []
    for weight, posterior in belief.model.alternatives:
        means, covariance = Averages(posterior, marginals, belief.encoding.groups, X).joint(kept)
        found.append((weight, (means[:, 0], covariance)))
    return found
