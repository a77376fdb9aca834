"""What each parameter does to the metric looked at: as runs show it, and as the model has it.

Everything is a plain number in the units of the metric and of the parameters. Where a context is
declared, effects are differences at equal context, and the context itself is never ranked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommender.engine import notices
from recommender.engine.belief import Belief
from recommender.engine.threads import one_thread
from recommender.insight import wording
from recommender.insight.advice import Advice, advise, best_settings, tolerance_of
from recommender.insight.averages import Marginal
from recommender.insight.comparisons import Comparison, comparisons, single_runs
from recommender.insight.main_effect import Change, Curve, change, curve, marginals_of, tried
from recommender.insight.sensitivity import Indices, sobol_indices
from recommender.insight.view import View
from recommender.run import Value

Array = npt.NDArray[np.float64]

SEED = 0  # of the draws: the same history gives the same answer
MIDDLE = (0.05, 0.95)
WORTH_SAYING = 0.02  # of the variance, that an interaction explains


class Standing(StrEnum):
    """What can be said of a parameter's effect.

    It sets the scale of the metric (context), has an effect, cannot be told from having none
    (flat), took one value in all runs, or there is no model yet.
    """

    CONTEXT = "context"
    EFFECT = "effect"
    FLAT = "flat"
    NEVER_VARIED = "never-varied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the variance from 0 to 1: its mean over draws, and the middle 90 % of them."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, draws: Array) -> Share:
        """Return the share that (S,) draws stand for."""
        low, high = np.quantile(draws, MIDDLE)
        return cls(float(draws.mean()), float(low), float(high))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterEffect:
    """What one parameter does.

    `tried` are the values of the runs, in order. `first` and `total` are the Sobol indices, the
    shares of the variance (at equal context) that it explains alone, and together with others.
    `change` and `advice` are None for a context; these and `curve` also without a model.
    """

    name: str
    standing: Standing
    tried: tuple[Value, ...]
    comparisons: tuple[Comparison, ...]
    curve: Curve | None = None
    change: Change | None = None
    first: Share | None = None
    total: Share | None = None
    advice: Advice | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Interaction:
    """The share of the variance that two parameters explain together beyond each alone."""

    one: str
    other: str
    share: Share
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The effects of all parameters, in the order of the sweep file.

    `runs` were measured; `doubted` are the ids of those whose result is not believed. `noise_sd`
    is the model's noise of one result (among the better half, where the worse are drawn in),
    `tolerance` the difference that no longer matters.
    `context_share` is the share of the variance among the runs that the context alone explains,
    `context_index` the same of the model, over the ranges of the runs. `interactions` come
    strongest first. `notes` say what to know before believing any of it.
    """

    metric: str
    direction: str
    context: tuple[str, ...]
    runs: int
    doubted: tuple[str, ...]
    noise_sd: float | None
    tolerance: float | None
    context_share: float | None
    context_index: Share | None
    parameters: tuple[ParameterEffect, ...]
    interactions: tuple[Interaction, ...]
    notes: tuple[str, ...]

    def of(self, parameter: str) -> Effects:
        """Return what concerns one parameter alone."""
        return replace(
            self,
            parameters=tuple(one for one in self.parameters if one.name == parameter),
            interactions=tuple(
                pair for pair in self.interactions if parameter in (pair.one, pair.other)
            ),
        )


def effects(view: View) -> Effects:
    """Return what each parameter does to the metric looked at."""
    with one_thread():
        return _effects(view)


def _effects(view: View) -> Effects:
    belief = view.belief
    objective, evidence, surrogate = view.objective, belief.evidence, belief.surrogate
    model = None if surrogate is None else _Model.of(belief)
    doubted = () if surrogate is None else _doubted(belief)
    share, told = notices.of_the_objective(objective, evidence, belief.encoding, {}, surrogate)
    notes = [notice.message for notice in told] if not objective.context else []
    if surrogate is None:
        notes.append(
            f"there is no model of {objective.metric} yet: too few different runs have it, or all "
            "the same"
        )
    elif not surrogate.informative:
        notes.append(
            "the runs cannot be told from a constant with noise; take the effects as guesses"
        )
    names = view.space.names
    index = None if model is None else Share.of(model.indices.context)
    return Effects(
        metric=objective.metric,
        direction=str(objective.direction),
        context=objective.context,
        runs=len(evidence.measured),
        doubted=doubted,
        noise_sd=None if surrogate is None else surrogate.posterior.noise**0.5,
        tolerance=None if model is None else model.tolerance,
        context_share=share,
        context_index=index if objective.context else None,
        parameters=tuple(_parameter(view, name, model, doubted, share) for name in names),
        interactions=_interactions(names, model.indices, belief.model.flat) if model else (),
        notes=tuple(notes),
    )


class _Model(NamedTuple):
    """What is computed once for all parameters."""

    marginals: list[Marginal]
    indices: Indices
    settings: list[int]
    tolerance: float
    rng: np.random.Generator

    @classmethod
    def of(cls, belief: Belief) -> _Model:
        rng = np.random.default_rng(SEED)
        names, marginals = belief.encoding.space.names, marginals_of(belief)
        indices = sobol_indices(
            belief.model.alternatives,
            marginals,
            belief.encoding.groups,
            rng,
            [names.index(name) for name in belief.objective.context],
        )
        return cls(marginals, indices, best_settings(belief), tolerance_of(belief), rng)


def _doubted(belief: Belief) -> tuple[str, ...]:
    marked = np.flatnonzero(belief.model.discounted | belief.model.too_good)
    return tuple(belief.evidence.measured[index].id for index in marked)


def _parameter(
    view: View, name: str, model: _Model | None, doubted: tuple[str, ...], share: float | None
) -> ParameterEffect:
    belief, objective = view.belief, view.objective
    values = tried(belief, name) if belief.evidence.measured else ()
    compared = comparisons(view.measured, objective.metric, name)
    plain = ParameterEffect(
        name=name,
        standing=Standing.NEVER_VARIED if len(values) == 1 else Standing.UNKNOWN,
        tried=values,
        comparisons=compared,
        sentence="the data cannot tell: there is no model yet",
    )
    if model is None:
        return plain
    index = view.space.names.index(name)
    modelled = replace(plain, curve=curve(belief, name, model.marginals))
    if name in objective.context:
        sentence = wording.of_context(objective, share)
        return replace(modelled, standing=Standing.CONTEXT, sentence=sentence)
    if len(values) == 1:
        return replace(modelled, sentence=f"the data cannot tell: {name} never varied")
    flat = bool(belief.model.flat[index])
    advice = advise(belief, name, model.settings, model.tolerance, model.rng)
    found = change(belief, name, model.marginals, model.rng)
    sentence = wording.of_effect(objective, name, found)
    if flat:
        sentence = wording.of_flat(objective, name, found, compared)
        if steps := single_runs(compared, belief.in_noise, doubted):
            sentence += f". {wording.of_single_runs(objective, steps)}"
    return replace(
        modelled,
        standing=Standing.FLAT if flat else Standing.EFFECT,
        change=found,
        first=Share.of(model.indices.first[:, index]),
        total=Share.of(model.indices.total[:, index]),
        advice=replace(advice, look=()) if flat else advice,
        sentence=sentence,
    )


def _interactions(
    names: tuple[str, ...], indices: Indices, flat: npt.NDArray[np.bool_]
) -> tuple[Interaction, ...]:
    shares = {pair: Share.of(draws) for pair, draws in indices.pairs.items()}
    ranked = sorted(shares, key=lambda pair: -shares[pair].mean)
    return tuple(
        Interaction(
            names[one],
            names[other],
            shares[one, other],
            # What cannot be told from flat changes no other effect that could be told.
            wording.of_interaction(
                names[one],
                names[other],
                0.0 if flat[[one, other]].any() else shares[one, other].low,
            ),
        )
        for one, other in ranked
        if shares[one, other].mean >= WORTH_SAYING
    )
