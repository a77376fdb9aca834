"""How much each parameter matters: Sobol indices of the posterior, with their uncertainty.

The indices of the posterior mean alone would pass for known. Here functions are drawn from the
posterior: values at points that fill the ranges are drawn jointly and conditioned on, and the
indices of each function so pinned down are estimated (Marrel et al. 2009, "Calculations of Sobol
indices for the Gaussian process metamodel", which draws whole trajectories).

A context splits the variance first: what it explains alone is set aside, and the indices share out
the rest, which is the variance at equal context.

Symbols: f is a drawn function, f_A its average over all parameters but those in A, C the context;
V = E (f - f_C)^2 is the variance that is shared out. S functions; p parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from recommender.engine.belief import apportion
from recommender.engine.posterior import Posterior
from recommender.insight.averages import Averages, Marginal

Array = npt.NDArray[np.float64]
Columns = npt.NDArray[np.intp]
Pairs = dict[tuple[int, int], Array]

DRAWS = 256  # functions, over all likely hyperparameters together
PINNED = 128  # points at which a function is drawn
BASE = 1024  # points over which squares are averaged
PAIRED = 8  # parameters at most, those with the largest total effects, whose pairs are looked at


@dataclass(frozen=True, slots=True)
class Indices:
    """The Sobol indices of S drawn functions.

    `first` and `total` (S, p) are the shares of V that a parameter explains alone, and together
    with others; zero for those of the context. `pairs` has for each pair the (S,) shares that its
    interaction explains beyond both alone. `context` (S,) is the share of the whole variance that
    the context explains, zero without one.
    """

    first: Array
    total: Array
    pairs: Pairs
    context: Array


def sobol_indices(
    alternatives: Sequence[tuple[float, Posterior]],
    marginals: Sequence[Marginal],
    groups: Columns,
    rng: np.random.Generator,
    context: Collection[int] = (),
) -> Indices:
    """Return the indices of functions drawn from likely posteriors, as many as their weights say.

    Args:
        alternatives: posteriors with weights that sum to 1.
        marginals: the distribution of each parameter.
        groups: (D,) index of the parameter that each column belongs to.
        rng: for the draws.
        context: the parameters whose own effect is set aside.
    """
    base = _sample(marginals, groups, BASE, rng)
    counts = apportion([weight for weight, _ in alternatives], DRAWS)
    drawn = [
        Averages(_pinned(posterior, count, marginals, groups, rng), marginals, groups, base)
        for (_, posterior), count in zip(alternatives, counts, strict=True)
        if count
    ]
    everything = range(len(marginals))
    held = tuple(sorted(context))
    free = [index for index in everything if index not in held]

    def averaged(kept: Collection[int]) -> Array:
        return np.hstack([function.means(kept) for function in drawn])

    whole, by_context = averaged(everything), averaged(held)
    variance, shared = _variance(whole - whole.mean(axis=0)), _variance(whole - by_context)
    first, total = np.zeros((2, whole.shape[1], len(marginals)))
    alone = {}
    for index in free:
        alone[index] = averaged((*held, index)) - by_context
        first[:, index] = _share(_variance(alone[index]), shared)
        without = averaged([other for other in everything if other != index])
        total[:, index] = _share(_variance(whole - without), shared)
    ranked = sorted(free, key=lambda index: -float(total[:, index].mean()))[:PAIRED]
    pairs = {
        (one, other): _share(
            _variance(averaged((*held, one, other)) - by_context - alone[one] - alone[other]),
            shared,
        )
        for one, other in combinations(sorted(ranked), 2)
    }
    explained = _share(_variance(by_context - by_context.mean(axis=0)), variance)
    return Indices(first, total, pairs, explained if held else np.zeros(len(variance)))


def _pinned(
    posterior: Posterior,
    count: int,
    marginals: Sequence[Marginal],
    groups: Columns,
    rng: np.random.Generator,
) -> Posterior:
    """Return `count` functions drawn from a posterior, pinned down at points in the ranges."""
    many = replace(posterior, weights=np.repeat(posterior.weights, count, axis=1))
    points = np.unique(_sample(marginals, groups, PINNED, rng), axis=0)
    normals = rng.standard_normal((len(points), count))
    return many.condition(points, many.draw(points, normals))


def _sample(
    marginals: Sequence[Marginal], groups: Columns, size: int, rng: np.random.Generator
) -> Array:
    """Return (size, D) scrambled Sobol points of the marginals."""
    U = qmc.Sobol(len(marginals), rng=rng).random(size)
    X = np.empty((size, len(groups)))
    for index, marginal in enumerate(marginals):
        X[:, groups == index] = marginal.place(U[:, index])
    return X


def _variance(deviations: Array) -> Array:
    return np.asarray((deviations**2).mean(axis=0))


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0.0)
