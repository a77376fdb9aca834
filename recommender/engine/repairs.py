"""How much likelier the runs become if one row is written otherwise.

A slipped parameter gives its row leverage: the fit passes through it, and no leave-one-out
residual shows it. What shows is that all runs together are far likelier with that cell changed.

Symbols: X (n, D) are the runs in the unit cube, y (n,) their standardised losses; a repair k puts
row `rows[k]` at `points[k]` with the value `values[k]`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.engine.hyperparameters import BOUNDS, maximise
from recommender.engine.kernel import Kernel
from recommender.engine.likelihood import JITTER, Likelihood, inverse

Array = npt.NDArray[np.float64]
Columns = npt.NDArray[np.intp]

TRIED = 6  # repairs that the hyperparameters are fitted anew for, in each of
ROUNDS = 2  # rounds: the first fits show with which hyperparameters to look again
LESS_NOISE, LONGER = (2.0, 4.0), (0.0, 0.7, 1.4)  # by which logarithms of theta are varied
A_ROW = 2  # repairs of one row at most in a round
HOPELESS = 9.0  # nats below no error at all, from which on a repair is not fitted anew


@dataclass(frozen=True, slots=True)
class Repairs:
    """Ways in which one of the n rows may be written otherwise, m of them.

    `rows` (m,) says which row, `points` (m, D) and `values` (m,) what it becomes, NaN for a value
    that is not known; `log_prior` (m,) how likely each is beforehand, beside a history without
    any error.
    """

    rows: Columns
    points: Array
    values: Array
    log_prior: Array


def log_density_of_anything(y: Array) -> Array:
    """Return the log density of standardised results of which nothing is known: Cauchy's."""
    return -np.log(math.pi * (1.0 + y**2))


def gains(
    likelihood: Likelihood, theta: Array, X: Array, kernel: Kernel, repairs: Repairs
) -> Array:
    """Return the (m,) gains in log marginal likelihood at fixed hyperparameters.

    The marginal likelihood is that of the n results with the constant mean integrated out. All
    rows but the one repaired stay, so a gain is the difference of two log predictive densities
    given the others (Rasmussen & Williams 2006, section 5.4.2); without row i their inverse
    covariance is C - c_i c_i' / C_ii, with C the inverse of all and c_i its column.
    """
    solved = inverse(likelihood.covariance(theta))
    if solved is None:
        return np.full(len(repairs.rows), -np.inf)
    C, _ = solved
    y, rows = likelihood.y, repairs.rows
    w, a, own = C.sum(0), C @ y, np.diag(C)
    total = w.sum() - w**2 / own  # of the inverse without each row
    beta = (w @ y - w * a / own) / total
    noise = float(np.exp(theta[-1])) + JITTER * kernel.variance

    # What was written, predicted from the others (Dubrule 1983).
    Q = C - np.outer(w, w) / w.sum()
    variance = 1.0 / np.diag(Q)
    written = _log_normal(variance * (Q @ y), variance)

    free = np.isnan(repairs.values)
    found = np.where(free, log_density_of_anything(y[rows]), 0.0)
    told = np.flatnonzero(~free)
    i = rows[told]
    k = kernel(repairs.points[told], X)
    k[np.arange(len(told)), i] = 0.0
    Ck = k @ C
    at = Ck[np.arange(len(told)), i]
    ones = k @ w - w[i] * at / own[i]
    mean = k @ a - at * a[i] / own[i] + beta[i] * (1.0 - ones)
    explained = np.einsum("ij,ij->i", k, Ck) - at**2 / own[i]
    spread = kernel.variance + noise - explained + (1.0 - ones) ** 2 / total[i]
    found[told] = _log_normal(repairs.values[told] - mean, np.maximum(spread, noise))
    return found - written[rows]


def _log_normal(residual: Array, variance: Array) -> Array:
    return -0.5 * (residual**2 / variance + np.log(2.0 * math.pi * variance))


@dataclass(frozen=True, slots=True)
class Search:
    """The runs whose rows are doubted, and how their Gaussian process is built."""

    X: Array
    y: Array
    groups: Columns
    context: tuple[int, ...]

    def likelihood(self, repairs: Repairs | None = None, index: int = 0) -> Likelihood:
        """Return the likelihood as written, or with one repair made."""
        X, y = self.X, self.y
        if repairs is not None:
            row, value = repairs.rows[index], repairs.values[index]
            if math.isnan(value):
                X, y = np.delete(X, row, axis=0), np.delete(y, row)
            else:
                X, y = X.copy(), y.copy()
                X[row], y[row] = repairs.points[index], value
        return Likelihood.of(X, y, self.groups, context=self.context)

    def log_posterior(self, theta: Array, repairs: Repairs, index: int) -> float:
        """Return the log density of the results as written and of theta, given one repair."""
        value = -self.likelihood(repairs, index).negative_log_posterior(theta)[0]
        if not math.isnan(repairs.values[index]):
            return value
        # The row was left out, and with it a constant that a log posterior omits for each row.
        own = float(log_density_of_anything(self.y[repairs.rows[index]]))
        return value + own + 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The repairs that were fitted anew: their indices and (f,) log posterior odds, best first.

    The odds are against no repair at all, each with its own most probable hyperparameters.
    """

    indices: Columns
    log_odds: Array


def weigh(search: Search, repairs: Repairs, theta: Array) -> Weighed:
    """Return the repairs that make the runs most likely, with their log odds.

    Args:
        search: the runs.
        repairs: what is tried.
        theta: the most probable hyperparameters of the runs as written.
    """
    written = search.likelihood()
    thetas = [theta, *_variations(written, theta)]
    table = [_scores(search, written, repairs, one) for one in thetas]
    fitted: dict[int, Array] = {}
    for round_ in range(ROUNDS):
        scores, best = np.max(table, axis=0), np.argmax(table, axis=0)
        least = max(-written.negative_log_posterior(one)[0] for one in thetas) - HOPELESS
        for index in _promising(repairs, scores + repairs.log_prior, fitted, least):
            fitted[index] = maximise(search.likelihood(repairs, index), [thetas[best[index]]])
            thetas.append(fitted[index])
            if round_ + 1 < ROUNDS:
                table.append(_scores(search, written, repairs, fitted[index]))
    # However the runs are read, what they say as written must have had the same chance.
    thetas.append(maximise(written, thetas))
    base = max(-written.negative_log_posterior(one)[0] for one in thetas)
    indices = np.array(sorted(fitted), dtype=np.intp)
    odds = np.array(
        [
            search.log_posterior(fitted[index], repairs, index) + repairs.log_prior[index] - base
            for index in indices
        ]
    )
    order = np.argsort(-odds)
    return Weighed(indices[order], odds[order])


def _scores(search: Search, written: Likelihood, repairs: Repairs, theta: Array) -> Array:
    """Return the (m,) log densities of the runs repaired, and of theta."""
    kernel = written.kernel(theta, search.groups)
    return (
        gains(written, theta, search.X, kernel, repairs) - written.negative_log_posterior(theta)[0]
    )


def _promising(
    repairs: Repairs, scores: Array, fitted: dict[int, Array], least: float
) -> list[int]:
    """Return the repairs of the highest scores that were not fitted yet, few of each row."""
    chosen: list[int] = []
    counts: dict[int, int] = {}
    for index in np.argsort(-scores).tolist():
        if len(chosen) == TRIED or scores[index] < least:
            break
        row = int(repairs.rows[index])
        if counts.get(row, 0) < A_ROW and index not in fitted:
            counts[row] = counts.get(row, 0) + 1
            chosen.append(index)
    return chosen


def _variations(likelihood: Likelihood, theta: Array) -> list[Array]:
    """Return hyperparameters of less noise and of longer length scales.

    A wrong row is taken for noise or for a narrow peak, which hides that it is wrong.
    """
    lengths = sum(len(members) for members in likelihood.components)
    found = []
    for less in LESS_NOISE:
        for longer in LONGER:
            other = theta.copy()
            other[:lengths] += longer
            other[-1] = max(other[-1] - less, math.log(BOUNDS["noise"][0]))
            found.append(other)
    return found
