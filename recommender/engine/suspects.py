"""Which rows are written wrongly, and which cell most likely slipped to what.

Every slip that may explain a row is weighed against a history without any error; the priors of
all slips sum to 1, so that the odds answer for the number of guesses made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recommender.engine.encoding import Encoding
from recommender.engine.hyperparameters import TELLING, maximise, starts
from recommender.engine.likelihood import Likelihood
from recommender.engine.repairs import Repairs, Search, Weighed, weigh
from recommender.engine.slips import Kind, Slip, slips
from recommender.engine.subset import representative
from recommender.engine.threads import one_thread
from recommender.engine.warping import Warp
from recommender.run import Objective, Params

Array = npt.NDArray[np.float64]
Scaling = tuple[Warp, float, float]  # with the centre and the unit of the warped losses

SURE = 0.0  # log odds from which on a row is suspect: it is likelier wrong than right
SHARE = 0.1  # of the rows, at most, are suspect
FEWEST = 8  # rows, below which none contradicts the others
MANY = 5  # rows, at most, are suspect
MOST = 100  # rows that are examined together; of more, some that stand for all
HOPED_FOR = 12.0  # nats that the best result must look odder by: the best is what a sweep is for


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row that is likelier wrong than right.

    `log_odds` are those of its slips together against no error. `slips` are what may have
    happened to it, each with its share of them, the likeliest first.
    """

    row: int
    log_odds: float
    slips: tuple[tuple[Slip, float], ...]


def find_suspects(
    encoding: Encoding,
    objective: Objective,
    runs: Sequence[Params],
    values: Sequence[float],
    oddness: Sequence[float] | None = None,
) -> list[Suspect]:
    """Return the rows that are likelier wrong than right, the surest first.

    One is found at a time and left out before the next is sought. Of more than 100 rows those
    are examined that look oddest, the best, and others that fill the space.

    Args:
        encoding: of the search space.
        objective: what the results are.
        runs: the n parameters as written.
        values: the n results as written.
        oddness: (n,) how odd each row looks, to choose from very many.
    """
    losses = np.array([objective.to_loss(value) for value in values], dtype=float)
    left = _examined(encoding.encode(runs), losses, oddness)
    unexamined = math.log(len(runs) / len(left)) if left else 0.0
    most = max(1, min(MANY, math.floor(SHARE * len(left))))
    found: list[Suspect] = []
    with one_thread():
        while len(left) >= FEWEST and len(found) < most:
            rows, results = [runs[index] for index in left], [values[index] for index in left]
            suspect = _surest(encoding, objective, rows, results)
            # Whoever looks for the oddest of many rows must expect odder ones.
            if suspect is None or suspect.log_odds - unexamined <= SURE:
                break
            found.append(replace(suspect, row=left.pop(suspect.row)))
    return found


def _examined(X: Array, y: Array, oddness: Sequence[float] | None) -> list[int]:
    """Return the indices of the rows (n, D) that are examined together."""
    n = len(y)
    if n <= MOST:
        return list(range(n))
    odd = np.zeros(0, dtype=np.intp) if oddness is None else np.argsort(oddness)[-MOST // 3 :]
    others = np.setdiff1d(np.arange(n), odd)
    chosen = others[representative(X[others], y[others], MOST - len(odd))]
    return sorted([*odd.tolist(), *chosen.tolist()])


def _surest(
    encoding: Encoding, objective: Objective, runs: Sequence[Params], values: Sequence[float]
) -> Suspect | None:
    """Return the one of the rows that is most likely wrong, if it is likelier wrong than right."""
    y = np.array([objective.to_loss(value) for value in values])
    if np.ptp(y) == 0.0:
        return None
    guesses = slips(encoding.space, runs, values)
    X, groups = encoding.encode(runs), encoding.groups
    places = tuple(encoding.space.names.index(name) for name in objective.context)
    scaling, theta = scaled(X, y, groups, places)
    warp, centre, scale = scaling
    search = Search(X, (warp(y) - centre) / scale, groups, places)
    repairs = as_repairs(encoding, objective, guesses, y, scaling)
    weighed = weigh(search, repairs, theta)
    return _judged(guesses, weighed)


def _judged(guesses: Sequence[Slip], weighed: Weighed) -> Suspect | None:
    by_row: dict[int, list[tuple[Slip, float]]] = {}
    for index, odds in zip(weighed.indices.tolist(), weighed.log_odds.tolist(), strict=True):
        by_row.setdefault(guesses[index].row, []).append((guesses[index], odds))
    found = None
    for row, own in by_row.items():
        together = float(np.logaddexp.reduce([odds for _, odds in own]))
        if together > (SURE if found is None else found.log_odds):
            shares = tuple((slip, math.exp(odds - together)) for slip, odds in own)
            found = Suspect(row, together, shares)
    return found


def as_repairs(
    encoding: Encoding,
    objective: Objective,
    guesses: Sequence[Slip],
    y: Array,
    scaling: Scaling,
) -> Repairs:
    """Return the slips as arrays, on the scale of a search of the losses y (n,)."""
    warp, centre, scale = scaling
    points = np.empty((len(guesses), encoding.width))
    for name, columns in encoding.columns.items():
        column = [slip.params[name] for slip in guesses]
        known = list(dict.fromkeys(column))  # few values recur in many slips
        places = dict(zip(known, range(len(known)), strict=True))
        index = [places[value] for value in column]
        points[:, columns] = encoding.encode_values(name, known)[index]
    rows = np.array([slip.row for slip in guesses])
    losses = np.array(
        [math.nan if slip.value is None else objective.to_loss(slip.value) for slip in guesses]
    )
    told = ~np.isnan(losses)
    log_prior = np.array([slip.log_prior + slip.log_scale for slip in guesses])
    # A density of what was written, though it is judged where it may have been meant.
    log_prior[told] += warp.log_slope(losses[told]) - warp.log_slope(y[rows[told]])
    untraced = np.array([slip.kind is Kind.RESULT for slip in guesses])
    log_prior[untraced & (y[rows] == y.min())] -= HOPED_FOR
    return Repairs(rows, points, (warp(losses) - centre) / scale, log_prior)


def scaled(
    X: Array, y: Array, groups: npt.NDArray[np.intp], context: tuple[int, ...]
) -> tuple[Scaling, Array]:
    """Return the scale on which the losses y (n,) are likeliest, and the theta they have there.

    A warped one must be likelier without the worst loss too: a tail has more than one row.
    """
    plain, warped = Warp(), Warp.of(y)
    theta = _fit(X, y, groups, context, plain)[1]
    if context:
        return (plain, *_standardisation(y)), theta
    others = np.arange(len(y)) != int(np.argmax(y))
    if np.ptp(y[others]) == 0.0:
        return (plain, *_standardisation(y)), theta
    told = [_fit(X[others], y[others], groups, (), warp, theta)[0] for warp in (plain, warped)]
    if told[1] <= told[0] + TELLING:
        return (plain, *_standardisation(y)), theta
    return (warped, *_standardisation(warped(y))), _fit(X, y, groups, (), warped)[1]


def _fit(
    X: Array,
    y: Array,
    groups: npt.NDArray[np.intp],
    context: tuple[int, ...],
    warp: Warp,
    theta: Array | None = None,
) -> tuple[float, Array]:
    """Return the log density of the losses y (n,) on a scale, and the most probable theta there.

    Args:
        X: (n, D) points.
        y: the losses.
        groups: (D,) index of the parameter that each column belongs to.
        context: the parameters that have an effect of their own.
        warp: the scale.
        theta: where to look from; from several places by default.
    """
    z = warp(y)
    centre, scale = _standardisation(z)
    likelihood = Likelihood.of(X, (z - centre) / scale, groups, context=context)
    found = maximise(likelihood, starts(likelihood) if theta is None else [theta])
    density = likelihood.log_marginal(found) - len(y) * math.log(scale)
    return density + float(warp.log_slope(y).sum()), found


def _standardisation(y: Array) -> tuple[float, float]:
    """Return the mean and standard deviation of the values without the most extreme one."""
    n = len(y)
    means = (y.sum() - y) / (n - 1)
    centred = y - y.mean()
    squares = float(centred @ centred) - n / (n - 1) * centred**2
    least = int(np.argmin(squares))
    spread = math.sqrt(max(float(squares[least]), 0.0) / (n - 1))
    return float(means[least]), spread if spread > 1e-9 * float(np.ptp(y)) else float(y.std())
