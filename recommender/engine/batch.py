"""The next batch: one pick at a time, each knowing the pending runs and the picks before it.

Symbols: X (n, D) are points of the unit cube.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from recommender.engine.design import space_filling
from recommender.engine.encoding import Encoding, Region
from recommender.engine.evidence import Evidence
from recommender.engine.incumbent import RunsInContext, contenders, probability_best
from recommender.engine.maximiser import NEAR, Score, candidates, maximise
from recommender.engine.noisy_improvement import NoisyImprovement, Worlds
from recommender.engine.posterior import Posterior
from recommender.engine.rounding import round_params, simplify
from recommender.engine.surrogate import Surrogate
from recommender.engine.trust import trusted
from recommender.run import Params, Value

Array = npt.NDArray[np.float64]
Allowed = Callable[[Array], npt.NDArray[np.bool_]]

HAIR = 0.005  # of a parameter's range: a run that near to a known one only repeats it
APART = 1e6  # by which a difference of levels counts for more, so that it is never a hair
SEPARATION = 0.1  # length scales: picks of a batch that near tell the same
LIKELY = 0.55  # chance to improve, above which a pick exploits
LONGEST = 0.5  # of a parameter's range: a longer length scale counts as this one
COUNTED = 4096  # configurations of a region at most, of which the last new one is found


@dataclass(frozen=True, slots=True)
class Pick:
    """One configuration of a batch, with what the surrogate believes of it.

    `mean` and `sd` predict the loss that will be recorded, noise included. The improvement is
    over `reference`, the known configuration believed best in the pick's region, with the context
    moved to the pick's own; it has the index `reference_index` among the measured runs. All are
    None without a model.
    """

    params: dict[str, Value]
    role: str
    mean: float | None = None
    sd: float | None = None
    expected_improvement: float | None = None
    probability_of_improvement: float | None = None
    reference: dict[str, Value] | None = None
    reference_index: int | None = None


def away_from(known: Array) -> Allowed:
    """Return a test for points that are not within a hair of any of the (k, D) known ones."""
    tree = KDTree(known) if len(known) else None

    def allowed(X: Array) -> npt.NDArray[np.bool_]:
        if tree is None:
            return np.ones(len(X), dtype=bool)
        return np.asarray(tree.query(X, p=np.inf)[0] > HAIR)

    return allowed


def other_than(known: Array, encoding: Encoding) -> Allowed:
    """Return a test for points that differ from all known ones (k, D), if only in one level.

    Of a parameter of many levels two next to each other are not a hair apart.
    """
    stretch = np.ones(encoding.width)
    for name in encoding.discrete:
        stretch[encoding.columns[name]] = APART
    away = away_from(known * stretch)
    return lambda X: away(X * stretch)


def start(
    n: int,
    encoding: Encoding,
    regions: Sequence[Region],
    evidence: Evidence,
    defaults: Params | None,
    rng: np.random.Generator,
) -> list[Pick]:
    """Return n picks without a model: the defaults if they are new, then space-filling points."""
    known = evidence.known
    picks: list[Pick] = []
    for region in regions[:n]:
        allowed = away_from(known)
        own = None if defaults is None or picks else _defaults_in(encoding, region, defaults)
        if own is not None and allowed(encoding.encode([own]))[0]:
            pick = Pick(own, "start", reference=dict(defaults or {}))
        elif (x := _unlike(encoding, region, known, rng)) is not None:
            params = encoding.decode(x, region)
            rounded = round_params(params, encoding, region)
            new = allowed(encoding.encode([rounded]))[0]
            pick = Pick(rounded if new else params, "space-filling")
        else:
            x = space_filling(encoding, region, known, away_from(known[:0]), rng)
            pick = Pick(_repeated(encoding, region, x, evidence), "replicate")
        known = np.vstack([known, encoding.encode([pick.params])])
        picks.append(pick)
    return picks


def propose(
    encoding: Encoding,
    regions: Sequence[Region],
    context: Sequence[str],
    evidence: Evidence,
    surrogate: Surrogate,
    feasibility: Posterior | None,
    rng: np.random.Generator,
) -> list[Pick]:
    """Return one pick a region, greedily by log noisy expected improvement.

    Where `context` parameters are declared, each region holds them, and a pick competes with the
    known configurations moved to its own context: runs of different contexts are never ranked
    against each other.
    """
    posterior = surrogate.posterior
    worlds = Worlds.imagine(posterior, evidence.pending, rng)
    held = encoding.columns_of(context)
    known = evidence.known
    flat = encoding.names_where(surrogate.flat)
    picks: list[Pick] = []
    seen: dict[tuple[float, ...], RunsInContext] = {}
    for region in regions:
        lower, _ = encoding.bounds(region)
        there = tuple(lower[held])
        if there not in seen:
            seen[there] = RunsInContext.of(surrogate, evidence.X, held, lower[held])
        measured = seen[there]
        best = measured.points[measured.best]
        best_run = int(measured.runs[measured.best])
        outstanding = worlds.points[(worlds.points[:, held] == lower[held]).all(axis=1)]
        rivals = measured.rivals[contenders(measured.means[measured.rivals])]
        baseline = np.unique(np.vstack([measured.points[rivals], outstanding]), axis=0)
        score = NoisyImprovement.over(worlds, baseline, rng, feasibility)
        around = measured.points[np.argsort(measured.means)[:NEAR]]
        reference = {
            **evidence.measured[best_run].params,
            **{name: region.fixed[name] for name in context},
        }
        near = trusted(encoding, region, evidence.X, reference, flat)
        apart, away = _apart(posterior, known, worlds.points), away_from(known)
        role = ""
        X = candidates(encoding, near, around, rng)
        params = _new(score, encoding, near, X, reference, (apart, away))
        if params is None:
            X = candidates(encoding, region, around, rng)
            params = _new(score, encoding, region, X, reference, (away,))
        if params is None:
            X = np.vstack([X, encoding.every(region, COUNTED)])
            other = other_than(known, encoding)
            params = _new(score, encoding, region, X, reference, (other,))
        if params is None:
            # Nothing new is left in the region: repeat what may be the best there.
            x = _contender(surrogate, encoding, region, evidence, picks, rng)
            if x is None:
                X = candidates(encoding, region, around, rng)
                x = maximise(score, encoding, region, X, away_from(known[:0]))
            params, role = _repeated(encoding, region, x, evidence), "replicate"
        x = encoding.encode([params])[0]
        picks.append(
            _described(
                surrogate,
                Pick(params, role, reference=reference, reference_index=best_run),
                x,
                best,
            )
        )
        worlds = worlds.adding(x, rng)
        known = np.vstack([known, x])
    return picks


def _unlike(
    encoding: Encoding, region: Region, known: Array, rng: np.random.Generator
) -> Array | None:
    """Return a space-filling point that no known one (k, D) is a hair from, or at least is not."""
    for allowed in (away_from(known), other_than(known, encoding)):
        x = space_filling(encoding, region, known, allowed, rng)
        if x is not None:
            return x
    return None


def _apart(posterior: Posterior, known: Array, outstanding: Array) -> Allowed:
    """Return a test for points away from the known ones, and apart from the outstanding ones.

    A parameter that looks flat keeps them apart like any other: after few runs most of them do,
    and on a grid little would be left.
    """
    away = away_from(known)
    scale = np.minimum(posterior.kernel.components[0].lengthscales, LONGEST)

    def allowed(X: Array) -> npt.NDArray[np.bool_]:
        if not len(outstanding):
            return away(X)
        gaps = cdist(X / scale, outstanding / scale)
        return np.asarray(away(X) & (gaps.min(axis=1) > SEPARATION))

    return allowed


def _new(
    score: Score,
    encoding: Encoding,
    region: Region,
    X: Array,
    reference: Params,
    tests: Sequence[Allowed],
) -> dict[str, Value] | None:
    """Return the best new configuration among and about the candidates X (m, D) of a region.

    It is the best that passes the first of the tests which any of them passes.
    """
    for allowed in tests:
        x = maximise(score, encoding, region, X, allowed)
        if x is not None:
            params = encoding.decode(x, region)
            return simplify(params, reference, encoding, region, score, allowed)
    return None


def _contender(
    surrogate: Surrogate,
    encoding: Encoding,
    region: Region,
    evidence: Evidence,
    picks: Sequence[Pick],
    rng: np.random.Generator,
) -> Array | None:
    """Return the known point of a region that is the likeliest to be its best, or None.

    One that the batch repeats already comes last.
    """
    inside = np.flatnonzero(
        [
            all(region.admits(one, run.params[one.name]) for one in encoding.space)
            and all(run.params[name] == value for name, value in region.fixed.items())
            for run in evidence.measured
        ]
    )
    if not len(inside):
        return None
    posterior, inside = surrogate.posterior, surrogate.believable(inside)
    inside = inside[contenders(posterior.means(evidence.X[inside])[:, 0])]
    chances = probability_best(posterior, evidence.X[inside], rng)
    taken = [pick.params for pick in picks]
    chances -= [taken.count(dict(evidence.measured[index].params)) for index in inside]
    return np.asarray(evidence.X[inside[int(np.argmax(chances))]])


def _repeated(
    encoding: Encoding, region: Region, x: Array | None, evidence: Evidence
) -> dict[str, Value]:
    """Return the known configuration at x exactly as it was run, or x itself if it was not."""
    assert x is not None, "a region always has candidates"
    params = encoding.decode(x, region)
    if len(evidence.known):
        gaps = np.abs(evidence.known - x).max(axis=1)
        if gaps.min() <= HAIR:
            known = {**evidence.known_params[int(np.argmin(gaps))], **region.fixed}
            if all(region.admits(parameter, known[parameter.name]) for parameter in encoding.space):
                params = known
    return params


def _described(surrogate: Surrogate, pick: Pick, x: Array, reference: Array) -> Pick:
    """Return the pick with its prediction, and its improvement over the (D,) reference."""
    predicted = surrogate.predict(x, reference)
    likely = predicted.probability_of_improvement > LIKELY
    return replace(
        pick,
        role=pick.role or ("exploit" if likely else "explore"),
        mean=predicted.mean,
        sd=predicted.sd,
        expected_improvement=predicted.expected_improvement,
        probability_of_improvement=predicted.probability_of_improvement,
    )


def _defaults_in(encoding: Encoding, region: Region, defaults: Params) -> dict[str, Value] | None:
    own = {**defaults, **region.fixed}
    inside = all(region.admits(parameter, own[parameter.name]) for parameter in encoding.space)
    return own if inside else None
