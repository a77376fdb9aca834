"""Were past predictions right? What was proposed, what came of it, and what chance would have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from recommender.engine.recommender import Recommender
from recommender.engine.threads import one_thread
from recommender.insight.calibration import (
    NOMINAL,
    Coverage,
    coverage,
    rank_agreement,
    root_mean_square,
)
from recommender.insight.progress import Progress, progress
from recommender.insight.view import View
from recommender.run import Params, Run, Status, Value, run_number

Array = npt.NDArray[np.float64]

SEED = 0  # of the draws: the same history gives the same answer
REMADE = 16  # batches, the latest ones, whose predictions are made anew where none was stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One proposal with its result, and what other ways would have predicted.

    `mean` and `sd` are the prediction for the recorded value, None where no model stood behind
    it; `recomputed` says that it was not stored when it was proposed, and is made anew (in the
    latest batches) from the runs of earlier ones. `constant` is the mean of those runs (at equal
    context), `nearest` the result of the nearest of them; None where there is none.
    """

    id: str
    batch: int
    role: str
    params: Params
    actual: float
    mean: float | None
    sd: float | None
    recomputed: bool
    constant: float | None
    nearest: float | None

    @property
    def z(self) -> float | None:
        """By how many standard deviations the result is above its prediction."""
        return None if self.mean is None or not self.sd else (self.actual - self.mean) / self.sd


@dataclass(frozen=True, slots=True)
class Errors:
    """Root mean squared errors, all over the same `of` results."""

    model: float
    constant: float
    nearest: float
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The proposals that have a result, in the order of their batches, and how they compare.

    `rank` is Kendall's tau-b of predictions and results, among pairs of equal context, of which
    there are `pairs`; None where there are none. `waiting` counts the proposals without a result.
    """

    metric: str
    direction: str
    context: tuple[str, ...]
    scored: tuple[Scored, ...]
    waiting: int
    coverage: tuple[Coverage, ...]
    errors: Errors | None
    rank: float | None
    pairs: int
    progress: tuple[Progress, ...]


def scorecard(view: View) -> Scorecard:
    """Return how the proposals came out in the metric looked at."""
    objective = view.objective
    # What was predicted of other parameters than those that were run is no prediction of them.
    done = [
        run
        for run in view.measured
        if run.proposal is not None and run.proposal.params == run.params
    ]
    done.sort(key=lambda run: (_batch(run), run_number(run.id)))
    with one_thread():
        batches = _batches(done)
        scored = [
            one
            for age, batch in zip(range(len(batches), 0, -1), batches, strict=True)
            for one in _score(view, batch, anew=age <= REMADE)
        ]
        rng = np.random.default_rng(SEED)
        made = _progress(view, done, rng) if view.belief.surrogate is not None else []
    predicted = [one for one in scored if one.mean is not None]
    actual = np.array([one.actual for one in predicted])
    mean = np.array([one.mean for one in predicted], dtype=float)
    sd = np.array([one.sd for one in predicted], dtype=float)
    rank, pairs = rank_agreement(
        list(mean), list(actual), [_context(view, one.params) for one in predicted]
    )
    waiting = [
        run
        for run in view.folded.history.runs
        if run.proposal is not None
        and run.status in (Status.PENDING, Status.COMPLETED)
        and objective.metric not in run.metrics
        and not run.excluded
    ]
    return Scorecard(
        metric=objective.metric,
        direction=str(objective.direction),
        context=objective.context,
        scored=tuple(scored),
        waiting=len(waiting),
        coverage=tuple(coverage(actual, mean, sd, share) for share in NOMINAL) if predicted else (),
        errors=_errors(predicted),
        rank=rank,
        pairs=pairs,
        progress=tuple(made),
    )


def _batch(run: Run) -> int:
    return run.proposal.batch if run.proposal is not None else 0


def _batches(done: Sequence[Run]) -> list[list[Run]]:
    groups: dict[int, list[Run]] = {}
    for run in done:
        groups.setdefault(_batch(run), []).append(run)
    return list(groups.values())


def _context(view: View, params: Params) -> tuple[Value, ...]:
    return tuple(params[name] for name in view.objective.context)


def _before(view: View, batch: Sequence[Run]) -> list[int]:
    """Return which measured runs were known before a batch: those that are numbered before it.

    No time is compared, because clocks differ. A result that came in after the batch, of a run
    from before it, counts as known.
    """
    first = min(run_number(run.id) for run in batch)
    return [
        index
        for index, run in enumerate(view.measured)
        if run_number(run.id) < first and _batch(run) < _batch(batch[0])
    ]


def _score(view: View, batch: Sequence[Run], *, anew: bool) -> list[Scored]:
    """Return the proposals of one batch; `anew` says to predict what was not stored."""
    metric, measured, indices = view.objective.metric, view.measured, _before(view, batch)
    known = [measured[index] for index in indices]
    stored = [run.proposal is not None and run.proposal.metric == metric for run in batch]
    again: Sequence[tuple[float, float] | None] = [None] * len(batch)
    if anew and not all(stored):
        again = _predicted_anew(view, known, batch)
    results, X = view.belief.values[indices], view.belief.evidence.X[indices]
    here = view.belief.encoding.encode([run.params for run in batch])
    scored = []
    for run, was_stored, remade, x in zip(batch, stored, again, here, strict=True):
        assert run.proposal is not None
        mean, sd = (run.proposal.mean, run.proposal.sd) if was_stored else remade or (None, None)
        alike = [_context(view, other.params) == _context(view, run.params) for other in known]
        constant = float(results[alike].mean()) if any(alike) else None
        nearest = None
        if known:
            gaps = cdist(x[None, :], X)[0]
            nearest = float(results[gaps == gaps.min()].mean())
        scored.append(
            Scored(
                id=run.id,
                batch=_batch(run),
                role=run.proposal.role,
                params=run.params,
                actual=run.metrics[metric],
                mean=mean,
                sd=sd,
                recomputed=not was_stored,
                constant=constant,
                nearest=nearest,
            )
        )
    return scored


def _predicted_anew(
    view: View, known: Sequence[Run], batch: Sequence[Run]
) -> list[tuple[float, float] | None]:
    """Return what the runs known before a batch predict of it, None without a model."""
    objective = view.objective
    recommender = Recommender(
        view.space,
        direction=objective.direction,
        metric=objective.metric,
        context=objective.context,
    )
    for run in known:
        recommender.tell(run.params, run.metrics[objective.metric], id=run.id)
    belief = recommender.belief()
    if belief.surrogate is None:
        return [None] * len(batch)
    means, sds = belief.predict([run.params for run in batch])
    return [(float(mean), float(sd)) for mean, sd in zip(means, sds, strict=True)]


def _errors(predicted: Sequence[Scored]) -> Errors | None:
    rows = [
        (one.mean, one.constant, one.nearest, one.actual)
        for one in predicted
        if one.constant is not None and one.nearest is not None
    ]
    if not rows:
        return None
    table = np.array(rows, dtype=float)
    model, constant, nearest = (root_mean_square(table[:, k] - table[:, 3]) for k in range(3))
    return Errors(model, constant, nearest, len(rows))


def _progress(view: View, done: Sequence[Run], rng: np.random.Generator) -> list[Progress]:
    made = []
    for members in view.objective.by_context([run.params for run in done]):
        proposed = [done[index] for index in members]
        there = _context(view, proposed[0].params)
        first = [run for run in done if _batch(run) == _batch(proposed[0])]
        before = [view.measured[index] for index in _before(view, first)]
        known = [run for run in before if _context(view, run.params) == there]
        made.append(progress(view.belief, proposed, known, rng))
    return made
