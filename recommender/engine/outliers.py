"""Which results cannot be believed, and the fit that does not have to believe them.

Robust noise after Ament et al. 2024 (arXiv:2410.24222): a run with an odd leave-one-out residual
gets the extra variance that makes it likely, in closed form, and keeps it if the log marginal
likelihood gains enough. A run that is too good must look odder by far than one that is too bad,
because the best runs are what a sweep is for; and it is never doubted where the others show nothing
but a plain, because whoever stands out there is a discovery.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from recommender.engine.hyperparameters import again, informative, maximise
from recommender.engine.leave_one_out import leave_one_out, leave_one_out_believed
from recommender.engine.likelihood import Likelihood

Array = npt.NDArray[np.float64]

SHARE = 0.1  # of the runs, at most, get a variance of their own
ODD_Z = 2.0  # a residual from which on a run is tried without
SUSPECTS = 3  # runs at most that are tried without, the oddest first
BAD_Z = 3.0  # too bad, even to a fit that has to believe it
SURE_Z = 8.0  # too bad or too good to a fit that does not have to
ROUNDS = 8  # of judging many runs at once: a bad one may hide another
SURE_GAIN = 6.0  # nats more that such a run must be worth


def doubt(likelihood: Likelihood, theta: Array) -> tuple[Likelihood, Array] | None:
    """Return a fit that discounts one more run, or None if every run can be believed.

    The oddest runs are tried without, each in turn, because a fit that has to believe a bad run
    takes it for noise or for a narrow peak, and its neighbours look odd instead. The one without
    which the others become most likely is discounted, if it then looks odd enough.

    Args:
        likelihood: the fit's data side, with the variances that runs have got so far.
        theta: its hyperparameters.
    """
    n = len(likelihood.y)
    if np.count_nonzero(likelihood.extra) >= max(1, math.floor(SHARE * n)):
        return None
    bad = _bad_z(n)
    z = np.where(likelihood.extra > 0, 0.0, _residuals(likelihood, theta))
    suspects = [run for run in np.argsort(-np.abs(z))[:SUSPECTS] if abs(z[run]) > ODD_Z]
    before = likelihood.log_marginal(theta)
    enough = 0.5 * math.log(n) + 1.0
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


def doubt_many(likelihood: Likelihood, theta: Array, *, knowing: bool) -> Likelihood:
    """Return the likelihood that discounts every odd run, with hyperparameters that stay.

    They were fitted to some of the runs, which were doubted one at a time; the others are judged
    by what those say, the oddest first, and those that are too good last.

    Args:
        likelihood: the runs, none of them doubted.
        theta: the hyperparameters.
        knowing: whether those few show more than a plain; else no run is too good.
    """
    most = math.floor(SHARE * len(likelihood.y))
    bad = _bad_z(len(likelihood.y))
    for _ in range(ROUNDS):
        mean, sd = leave_one_out_believed(likelihood, theta)
        z = np.where(likelihood.extra > 0, 0.0, (likelihood.y - mean) / sd)
        # Beside a bad run that is still believed sound ones look odd, and mostly too good.
        odd = np.flatnonzero(z > max(bad, z.max() / 2.0))
        if not len(odd) and knowing:
            odd = np.flatnonzero(z < min(-SURE_Z, z.min() / 2.0))
        odd = odd[np.argsort(-np.abs(z[odd]))][: most - np.count_nonzero(likelihood.extra)]
        if not len(odd):
            break
        extra = likelihood.extra.copy()
        extra[odd] = (likelihood.y[odd] - mean[odd]) ** 2 - sd[odd] ** 2
        likelihood = replace(likelihood, extra=extra)
    return likelihood


def _know_more_than_a_plain(likelihood: Likelihood, theta: Array) -> bool:
    """Return whether the runs that are believed show any effect, on the scale of their own."""
    believed = likelihood.extra == 0
    own = likelihood.y[believed]
    scale = float(own.std())
    if scale == 0.0:
        return False
    y, extra = (likelihood.y - own.mean()) / scale, likelihood.extra / scale**2
    rescaled = replace(likelihood, y=y, extra=extra)
    return informative(rescaled, maximise(rescaled, again(rescaled, theta)))


def _bad_z(n: int) -> float:
    """Return the residual that is too bad to be the worst of n by chance."""
    return max(BAD_Z, -float(ndtri(0.025 / n)))


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
