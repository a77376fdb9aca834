"""What diverged runs teach: first a bad value each, then a model of where a training holds.

A crashed run teaches nothing: the infrastructure failed, not the configuration.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recommender.engine.evidence import Evidence
from recommender.engine.posterior import Posterior
from recommender.engine.surrogate import Surrogate, fit, fit_posterior

Array = npt.NDArray[np.float64]
Columns = npt.NDArray[np.intp]

ENOUGH_FOR_MODEL = 5
PESSIMISM = 2.0  # standard deviations above the prediction


def fit_with_failures(
    evidence: Evidence, groups: Columns, context: Sequence[int] = ()
) -> Surrogate:
    """Return the surrogate of the measured runs, made wary of the few that diverged.

    Too few for a model of their own, each counts as the worst run of the nearest context that can
    be believed, and at least as what a pessimist would predict for it.

    Args:
        evidence: the runs.
        groups: (D,) index of the parameter that each column belongs to.
        context: the context parameters.
    """
    surrogate = fit(evidence.X, evidence.y, groups, context=context)
    if not 0 < len(evidence.diverged) < ENOUGH_FOR_MODEL:
        return surrogate
    held = np.isin(groups, context)
    believed = ~surrogate.discounted
    X, y = evidence.X[believed], evidence.y[believed]
    means, sds = surrogate.posterior.predict(evidence.diverged)
    pessimistic = surrogate.warp.inverse(means[:, 0] + PESSIMISM * sds)
    penalties = np.empty(len(evidence.diverged))
    for index, x in enumerate(evidence.diverged):
        gaps = np.abs(X[:, held] - x[held]).max(axis=1, initial=0.0)
        worst = float(y[gaps == gaps.min()].max())
        penalties[index] = max(worst, float(pessimistic[index]))
    return fit(
        np.vstack([evidence.X, evidence.diverged]),
        np.append(evidence.y, penalties),
        groups,
        context=context,
        measured=len(evidence.y),
    )


def feasibility(evidence: Evidence, groups: Columns) -> Posterior | None:
    """Return a model of where trainings diverge, or None while too few have.

    It is a Gaussian process on labels: +1 for a run that diverged, -1 for one that did not.
    """
    if len(evidence.diverged) < ENOUGH_FOR_MODEL:
        return None
    X = np.vstack([evidence.X, evidence.diverged])
    labels = np.append(-np.ones(len(evidence.X)), np.ones(len(evidence.diverged)))
    return fit_posterior(X, labels, groups)
