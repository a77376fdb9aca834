"""Which results cannot be believed, and the fit that does not have to believe them.

Robust noise after Ament et al. 2024 (arXiv:2410.24222): a run with an odd leave-one-out residual
gets the extra variance that makes it likely, in closed form. Among few runs it keeps it if the log
marginal likelihood gains enough; among many it gains that by being odd. A run that is too good must
look odder by far than one that is too bad, because the best runs are what a sweep is for; and it is
never doubted where the others show nothing but a plain, because whoever stands out there is a
discovery.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from recommender.engine.hyperparameters import TELLING, again, informative, maximise
from recommender.engine.leave_one_out import leave_one_out, leave_one_out_believed
from recommender.engine.likelihood import Likelihood, standardisation

Array = npt.NDArray[np.float64]

SHARE = 0.2  # of the runs, at most, get a variance of their own
HIDING = 50  # runs at most, of which one that is bad may change what the others seem to say
ODD_Z = 2.0  # a residual from which on a run is tried without
SUSPECTS = 3  # runs at most that are tried without, the oddest first
BAD_Z = 3.0  # too bad, even to a fit that has to believe it
SURE_Z = 8.0  # too bad or too good to a fit that does not have to
ROUNDS = 8  # of judging many runs at once: a bad one may hide another
SURE_GAIN = 6.0  # nats more that such a run must be worth
IGNORED = 1e4  # the variance, in that of the standardised values, of a run that says nothing


def doubt(likelihood: Likelihood, theta: Array) -> tuple[Likelihood, Array] | None:
    """Return a fit that discounts more runs, or None if every run can be believed.

    The oddest runs are tried without, each in turn, because a fit that has to believe a bad run
    takes it for noise or for a narrow peak, and its neighbours look odd instead. The one without
    which the others become most likely is discounted, if it looked or then looks odd enough. Among
    many runs none hides that well: all are discounted that look odd to the fit that believes them.

    Args:
        likelihood: the fit's data side, with the variances that runs have got so far.
        theta: its hyperparameters.
    """
    if not _room(likelihood):
        return None
    if len(likelihood.y) > HIDING:
        return _doubt_at_once(likelihood, theta)
    bad, enough = _bad_z(likelihood), _enough(likelihood)
    z = np.where(likelihood.extra > 0, 0.0, _residuals(likelihood, theta))
    suspects = [run for run in np.argsort(-np.abs(z))[:SUSPECTS] if abs(z[run]) > ODD_Z]
    before = likelihood.log_marginal(theta)
    best, most = None, 0.0
    for run in suspects:
        trial, trial_theta = _discounting(likelihood, theta, int(run))
        gain = trial.log_marginal(trial_theta) - before
        if gain <= most:
            continue
        odd = _residuals(trial, trial_theta)[run]
        sure = abs(odd) > SURE_Z and gain > enough + SURE_GAIN
        if odd < 0.0:
            doubted = sure and _know_more_than_a_plain(trial, trial_theta)
        else:
            doubted = sure or (z[run] > bad and gain > enough)
        if doubted:
            best, most = (trial, trial_theta), gain
    return best


def _doubt_at_once(likelihood: Likelihood, theta: Array) -> tuple[Likelihood, Array] | None:
    """Return the fit that discounts all runs that are too bad to it; if none is, the too good."""
    for knowing in (False, True):
        after = doubt_many(likelihood, theta, knowing=knowing)
        found = bool(np.any(after.extra != likelihood.extra))
        # A fit that believes a discovery takes it for a peak: it knows more than there is.
        if found and (not knowing or _know_more_than_a_plain(after, theta)):
            return after, theta
    return None


def doubt_together(likelihood: Likelihood, theta: Array) -> tuple[Likelihood, Array] | None:
    """Return a fit that discounts several more runs at once, or None if they can be believed.

    Bad runs hide each other: a fit that has to believe several takes them for noise, and without
    any one of them it still has to believe the rest. So the worst runs are set aside, as many as
    may be discounted, and those come back that the fit of the others can believe.

    Args:
        likelihood: the fit's data side, with the variances that runs have got so far.
        theta: its hyperparameters.
    """
    room = _room(likelihood)
    if not room:
        return None
    worst = np.argsort(np.where(likelihood.extra > 0, -np.inf, likelihood.y))[::-1][:room]
    aside = likelihood.extra.copy()
    aside[worst] = IGNORED
    others, scale = _standardised(replace(likelihood, extra=aside))
    others_theta = maximise(others, again(others, theta))
    mean, sd = leave_one_out_believed(others, others_theta)
    odd = worst[others.y[worst] - mean[worst] > _bad_z(likelihood) * sd[worst]]
    if not len(odd):
        return None
    extra = likelihood.extra / scale**2
    extra[odd] = (others.y[odd] - mean[odd]) ** 2 - sd[odd] ** 2
    trial = replace(others, extra=extra)
    trial_theta = maximise(trial, again(trial, others_theta))
    gain = trial.log_marginal(trial_theta) - len(extra) * math.log(scale)
    gain -= likelihood.log_marginal(theta)
    if gain <= len(odd) * (_enough(likelihood) + TELLING):
        return None
    return replace(likelihood, extra=extra * scale**2), trial_theta


def doubt_many(likelihood: Likelihood, theta: Array, *, knowing: bool) -> Likelihood:
    """Return the likelihood that discounts the odd runs, with hyperparameters that stay.

    The oddest are discounted first, as many as may be, and those that are too good last.

    Args:
        likelihood: the runs, with the variances that they have got so far.
        theta: the hyperparameters.
        knowing: whether the runs show more than a plain; else no run is too good.
    """
    bad = _bad_z(likelihood)
    for _ in range(ROUNDS):
        mean, sd = leave_one_out_believed(likelihood, theta)
        z = np.where(likelihood.extra > 0, 0.0, (likelihood.y - mean) / sd)
        # Beside a bad run that is still believed sound ones look odd, and mostly too good.
        odd = np.flatnonzero(z > max(bad, z.max() / 2.0))
        if not len(odd) and knowing:
            odd = np.flatnonzero(z < min(-SURE_Z, z.min() / 2.0))
        odd = odd[np.argsort(-np.abs(z[odd]))][: _room(likelihood)]
        if not len(odd):
            break
        extra = likelihood.extra.copy()
        extra[odd] = (likelihood.y[odd] - mean[odd]) ** 2 - sd[odd] ** 2
        likelihood = replace(likelihood, extra=extra)
    return likelihood


def _know_more_than_a_plain(likelihood: Likelihood, theta: Array) -> bool:
    """Return whether the runs that are believed show any effect, on the scale of their own."""
    rescaled, _ = _standardised(likelihood)
    return informative(rescaled, maximise(rescaled, again(rescaled, theta)))


def _standardised(likelihood: Likelihood) -> tuple[Likelihood, float]:
    """Return the likelihood with the believed runs standardised, and by what it was divided."""
    centre, scale = standardisation(likelihood.y[likelihood.extra == 0])
    y, extra = (likelihood.y - centre) / scale, likelihood.extra / scale**2
    return replace(likelihood, y=y, extra=extra), scale


def _room(likelihood: Likelihood) -> int:
    """Return how many more runs may be discounted."""
    most = max(1, math.floor(SHARE * len(likelihood.y)))
    return most - int(np.count_nonzero(likelihood.extra))


def _enough(likelihood: Likelihood) -> float:
    """Return how many nats a discounted run must be worth."""
    return 0.5 * math.log(len(likelihood.y)) + 1.0


def _bad_z(likelihood: Likelihood) -> float:
    """Return the residual that is too bad to be the worst of all by chance."""
    return max(BAD_Z, -float(ndtri(0.025 / len(likelihood.y))))


def _residuals(likelihood: Likelihood, theta: Array) -> Array:
    """Return the (n,) standardised leave-one-out residuals."""
    mean, sd = leave_one_out_believed(likelihood, theta)
    return (likelihood.y - mean) / sd


def _discounting(likelihood: Likelihood, theta: Array, run: int) -> tuple[Likelihood, Array]:
    """Return the fit in which one run has the extra variance that makes it likely."""
    mean, sd = leave_one_out(likelihood, theta)
    extra = likelihood.extra.copy()
    extra[run] = max(0.0, (likelihood.y[run] - mean[run]) ** 2 - sd[run] ** 2)
    trial = replace(likelihood, extra=extra)
    return trial, maximise(trial, again(trial, theta))
