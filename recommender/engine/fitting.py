"""Fits the hyperparameters to the runs: robust to odd ones, and on the scale that suits them.

Symbols: X (n, D) are the runs in the unit cube, y (n,) their losses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommender.engine.hyperparameters import MANY, TELLING, again, maximise, starts
from recommender.engine.likelihood import Likelihood, standardisation
from recommender.engine.outliers import IGNORED, doubt, doubt_many, doubt_together
from recommender.engine.warping import Warp

Array = npt.NDArray[np.float64]
Columns = npt.NDArray[np.intp]

FEW = 4  # runs, none of which is doubted
LESS = 3.0  # in logarithms of a variance


class Fitted(NamedTuple):
    """A likelihood, its most probable theta, and how its values were warped and standardised."""

    likelihood: Likelihood
    theta: Array
    warp: Warp
    centre: float
    scale: float


def fit_robustly(
    X: Array,
    y: Array,
    groups: Columns,
    context: Sequence[int] = (),
    coarse: Collection[int] = (),
    *,
    doubting: bool = True,
) -> Fitted:
    """Return the most probable fit, in which odd runs are discounted, on the likelier scale.

    Args:
        X: (n, D) points.
        y: (n,) losses.
        groups: (D,) index of the parameter that each column belongs to.
        context: the parameters that have an effect of their own.
        coarse: the parameters that have few levels.
        doubting: whether a value may be wrong; else they are no losses, and none is doubted.
    """
    centre, scale = standardisation(y)
    likelihood = Likelihood.of(X, (y - centre) / scale, groups, context=context, coarse=coarse)
    theta = maximise(likelihood, starts(likelihood))
    fitted = Fitted(likelihood, theta, Warp(), centre, scale)
    if not doubting:
        return fitted
    fitted = _disbelieving(fitted, y, doubt)
    # Losses of different contexts are of different sizes: their median says nothing.
    fitted = fitted if context else _warped(fitted, y)
    # On a scale that does not suit them a long tail looks like many odd runs.
    return _disbelieving(fitted, y, doubt_together)


def _disbelieving(
    fitted: Fitted,
    y: Array,
    doubter: Callable[[Likelihood, Array], tuple[Likelihood, Array] | None],
) -> Fitted:
    """Return the fit that discounts the runs which are doubted, until none is."""
    while len(y) > FEW and (trial := doubter(fitted.likelihood, fitted.theta)) is not None:
        # Without the runs the others spread differently, so they are standardised anew.
        extra = trial[0].extra * fitted.scale**2
        z = fitted.warp(y)
        centre, scale = standardisation(z[extra == 0])
        likelihood = replace(trial[0], y=(z - centre) / scale, extra=extra / scale**2)
        theta = maximise(likelihood, again(likelihood, trial[1]))
        fitted = Fitted(likelihood, theta, fitted.warp, centre, scale)
    return fitted


def _warped(fitted: Fitted, y: Array) -> Fitted:
    """Return the fit on a warped scale if that makes the believed runs likelier by far."""
    likelihood, theta, *_, scale = fitted
    believed = likelihood.extra == 0
    warp = Warp.of(y[believed])
    z = warp(y)
    middle, width = standardisation(z[believed])
    ignored = np.where(believed, 0.0, IGNORED)
    after = replace(likelihood, y=(z - middle) / width, extra=ignored)
    other = maximise(after, again(after, theta))
    before = replace(likelihood, extra=ignored)
    gain = _of_believed(after).log_marginal(other) - _of_believed(before).log_marginal(theta)
    gain += float(warp.log_slope(y[believed]).sum()) - believed.sum() * math.log(width / scale)
    return Fitted(after, other, warp, middle, width) if gain > TELLING else fitted


def _of_believed(likelihood: Likelihood) -> Likelihood:
    """Return the likelihood in which a run that says nothing is not held against either scale."""
    return replace(likelihood, y=np.where(likelihood.extra > 0, 0.0, likelihood.y))


def extended(
    told: Fitted,
    X: Array,
    y: Array,
    groups: Columns,
    context: Sequence[int],
    coarse: Collection[int],
    *,
    knowing: bool,
) -> Fitted:
    """Return the fit of all runs with the hyperparameters that some of them told.

    `knowing` says whether those show more than a plain.
    """
    z = (told.warp(y) - told.centre) / told.scale
    likelihood = Likelihood.of(X, z, groups, context=context, coarse=coarse)
    return told._replace(likelihood=doubt_many(likelihood, told.theta, knowing=knowing))


def roughened(fitted: Fitted, told: Fitted) -> Fitted:
    """Return the fit with a rough function beside the smooth one, on the same scale.

    What looked like noise is taken for either to begin with; of many runs for noise, since one
    climb must do and from there it leads to what is rough, if the runs say so.

    Args:
        fitted: the fit of all runs.
        told: the fit of those that tell the hyperparameters.
    """
    likelihood = told.likelihood.roughened()
    smooth, noise = told.theta[:-1], told.theta[-1]
    either = [np.array([*smooth, *both]) for both in ((noise, noise - LESS), (noise - LESS, noise))]
    theta = maximise(likelihood, either[-1:] if len(told.likelihood.y) > MANY else either)
    return fitted._replace(likelihood=fitted.likelihood.roughened(), theta=theta)
