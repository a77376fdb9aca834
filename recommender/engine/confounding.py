"""Tells whether a parameter sets the scale of the objective rather than its quality.

A contrastive loss divides by its temperature: a lower temperature gives a lower loss whether or
not the clusters are any better. Statistics alone cannot show that (a learning rate can look the
same), so a suspicion needs a name too: a loss, and a parameter that is named like a temperature.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata, spearmanr

from recommender.vocabulary import is_loss_like, is_temperature_like

Array = npt.NDArray[np.float64]

FEWEST_RUNS = 8
STRONG = 0.8


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How strongly a parameter seems to rescale a loss, from 0 to 1, and by which statistic.

    Where `by_rank`, `strength` is the absolute rank correlation of the two; otherwise it is the
    share of the loss's variance that the parameter alone explains.
    """

    strength: float
    by_rank: bool


def variance_share(values: Sequence[Array], y: Array) -> float:
    """Return the share of the variance of y (n,) between groups of equal context values.

    Each array in `values` (n,) is one context parameter. With more than n / 3 different values
    the neighbouring ones are pooled, since a group of one explains itself.
    """
    n = len(y)
    if n < 3 or np.ptp(y) == 0:
        return 0.0
    total = float(((y - y.mean()) ** 2).sum())
    most = max(2, int((n / 3) ** (1.0 / len(values))))
    keys = np.stack([_pooled(column, most) for column in values], axis=1)
    _, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.ravel()
    means = np.bincount(group, weights=y) / np.bincount(group)
    return 1.0 - float(((y - means[group]) ** 2).sum()) / total


def looks_confounded(metric: str, parameter: str, values: Array, y: Array) -> Suspicion | None:
    """Return why names and numbers suggest that a parameter rescales a loss, if they do."""
    if not (is_loss_like(metric) and is_temperature_like(parameter)):
        return None
    if len(y) < FEWEST_RUNS or len(np.unique(values)) < 3 or np.ptp(y) == 0:
        return None
    share = variance_share([values], y)
    if share > STRONG:
        return Suspicion(share, by_rank=False)
    rank = abs(float(spearmanr(values, y).statistic))
    return Suspicion(rank, by_rank=True) if rank > STRONG else None


def rank_correlation_within(groups: npt.NDArray[np.intp], y: Array, z: Array) -> tuple[float, int]:
    """Return the rank correlation of y and z (n,) between runs of one group, and how many count.

    Each run's rank is taken within its group, less the group's mean rank, so that what sets the
    groups apart says nothing. Runs that are alone in their group do not count; NaN where that
    leaves nothing to correlate.
    """
    crowded = np.bincount(groups)[groups] > 1
    one, other = np.zeros(len(y)), np.zeros(len(y))
    for group in np.unique(groups[crowded]):
        members = groups == group
        one[members] = rankdata(y[members]) - (members.sum() + 1) / 2
        other[members] = rankdata(z[members]) - (members.sum() + 1) / 2
    size = math.sqrt(float(one @ one) * float(other @ other))
    return (float(one @ other) / size if size > 0 else math.nan), int(crowded.sum())


def _pooled(values: Array, most: int) -> npt.NDArray[np.intp]:
    levels, index = np.unique(values, return_inverse=True)
    if len(levels) <= most:
        return np.asarray(index)
    ranks = np.searchsorted(np.sort(values), values)
    return np.asarray(ranks * most // len(values))
