"""This engine with one thing changed: what each choice of its recipe is worth.

A variant replaces functions or constants of the engine while it works, so that the engine itself
knows nothing of what was tried and not kept. `python -m benchmarks.ablation` runs them.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

from benchmarks.variants.averaging import averaged
from benchmarks.variants.model import (
    matern,
    matern_of_skopt,
    matern_slope,
    priors,
    unaware_of_few_levels,
)
from benchmarks.variants.proposing import (
    ConfidenceBound,
    anywhere,
    apart_where_telling,
    choosing,
    diverged_as_worst,
    few_levels_or_not,
    flat_or_not,
    improvement_on_mean,
    outstanding_unknown,
    own_result_believed,
    repeating,
    unrounded,
)
from benchmarks.variants.transforms import half_ranks, warped
from benchmarks.variants.variant import ChangedEngine, Variant
from recommender.engine.likelihood import NOISE

__all__ = ["VARIANTS", "ChangedEngine", "Variant"]

VARIANTS = {
    "matern": Variant("kernel", "Matern 5/2", {
        "kernel.correlation": matern,
        "kernel.slope": matern_slope,
        "surrogate.kernel_of_skopt": matern_of_skopt,
    }),
    "lengths-wide": Variant("length scales", "standard deviation sqrt 3", priors(
        length_sd=math.sqrt(3.0))),
    "lengths-narrow": Variant("length scales", "standard deviation 1", priors(length_sd=1.0)),
    "noise-narrow": Variant("noise", "prior LogNormal(-4, 1)", priors(noise=(-4.0, 1.0))),
    "believing": Variant("robust noise", "every result is believed", {
        "fitting.doubt": lambda *_: None, "fitting.doubt_together": lambda *_: None}),
    "averaged": Variant("hyperparameters", "acquisition averaged over five", averaged(4)),
    "half-ranks": Variant("output warping", "ranks above the median", half_ranks()),
    "own-scale": Variant("output warping", "none", {
        "fitting._warped": lambda fitted, y: fitted}),
    "warped": Variant("input warping", "a power a parameter, where 2 nats likelier", warped(2.0)),
    "plug-in": Variant("acquisition", "log EI over the lowest mean",
                       choosing(improvement_on_mean)),
    "confidence": Variant("acquisition", "confidence bound, 2 standard deviations", choosing(
        lambda worlds, *_: ConfidenceBound(worlds.posterior, 2.0))),
    "unimproved": Variant("maximiser", "none: the best of 2,300 candidates", {
        "maximiser._climb": lambda score, encoding, region, starts: starts}),
    "each-alone": Variant("batch", "a pick knows nothing of those before it", {
        "noisy_improvement.Worlds.adding": lambda worlds, x, rng: worlds}),
    "outstanding-unknown": Variant("pending runs", "the model knows nothing of them", {
        "batch.Worlds": SimpleNamespace(imagine=outstanding_unknown)}),
    "diverged-unknown": Variant("diverged runs", "the model knows nothing of them", {
        "recommender.feasibility": lambda *_: None}),
    "diverged-worst": Variant("diverged runs", "count as the worst loss seen",
                              diverged_as_worst()),
    "apart-where-telling": Variant("batch", "picks are apart in what the runs tell from flat",
                                   apart_where_telling()),
    "repeating": Variant("batch", "the incumbent once more after 12 runs, and after 24",
                         repeating()),
    "smooth": Variant("incumbent", "the lowest mean of the smooth function", {
        "surrogate.roughened": lambda fitted, told: fitted}),
    "rough-as-noise": Variant("incumbent", "what lies off is as soon rough as noise", {
        "likelihood.ROUGHNESS": NOISE}),
    "own-result-believed": Variant("incumbent", "no run whose own result is discounted", {
        "surrogate.Surrogate.believable": own_result_believed}),
    "late-model": Variant("start", "the model needs one run more than parameters", {
        "recommender.ENOUGH": math.inf}),
    "start-12": Variant("start", "12 spread runs before the model", start=12),
    "few-levels-short": Variant("few levels", "length scales like the others'", {
        "recommender.fit": unaware_of_few_levels}),
    "few-levels-half-way": Variant("few levels", "trusted half way like the others", {
        "batch.trusted": few_levels_or_not}),
    "anywhere": Variant("trust", "the whole space, in every batch", {"batch.trusted": anywhere}),
    "flat-or-not": Variant("flat parameters", "trusted like the others", {
        "batch.trusted": flat_or_not}),
    "every-digit": Variant("rounding", "none", {"batch.simplify": unrounded}),
}  # fmt: skip
