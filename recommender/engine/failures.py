"""What diverged runs teach: where a training holds, which says nothing of how good it is.

A crashed run teaches nothing: the infrastructure failed, not the configuration.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommender.engine.evidence import Evidence
from recommender.engine.posterior import Posterior
from recommender.engine.subset import spread_out
from recommender.engine.surrogate import fit_posterior

EACH = 200  # runs at most that diverged, and that finished, which stand for all of them


def feasibility(evidence: Evidence, groups: npt.NDArray[np.intp]) -> Posterior | None:
    """Return a model of where trainings diverge, or None while none has.

    It is a Gaussian process on labels: +1 for a run that diverged, -1 for one that finished,
    whether or not its metric is known.

    Args:
        evidence: the runs.
        groups: (D,) index of the parameter that each column belongs to.
    """
    if not len(evidence.diverged):
        return None
    finished, diverged = (
        X if len(X) <= EACH else X[spread_out(X, EACH, 0)]
        for X in (evidence.finished, evidence.diverged)
    )
    labels = np.append(-np.ones(len(finished)), np.ones(len(diverged)))
    return fit_posterior(np.vstack([finished, diverged]), labels, groups)
