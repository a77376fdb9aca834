"""Other ways to choose a batch: what is best, what failures say, where it may go.

Symbols: X (m, D) are points of the unit cube.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.engine import batch, incumbent, trust
from recommender.engine.answers import Incumbent
from recommender.engine.encoding import Encoding, Region
from recommender.engine.evidence import Evidence, Observation
from recommender.engine.noisy_improvement import NoisyImprovement, Worlds
from recommender.engine.posterior import Posterior
from recommender.engine.surrogate import Surrogate
from recommender.run import Params, Status

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConfidenceBound:
    """The lower confidence bound, the mean over the worlds less so many standard deviations."""

    posterior: Posterior
    sds: float

    def __call__(self, X: Array) -> Array:
        """Return the (m,) values at X."""
        means, sds = self.posterior.predict(X)
        return np.asarray(self.sds * sds - means.mean(axis=1))

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the (m,) values and their (m, D) gradients at X."""
        means, sds, slopes, sd_gradient = self.posterior.gradient(X)
        by_mean = np.einsum("mnd,n->md", slopes, self.posterior.weights.mean(axis=1))
        return self.sds * sds - means.mean(axis=1), self.sds * sd_gradient - by_mean


def choosing(over: Callable[[Worlds, Array, np.random.Generator], Any]) -> dict[str, Any]:
    """Choose by what `over` returns for worlds, the (b, D) baseline points and random numbers.

    It is not told where runs diverge, so nothing is learned of it where they do.
    """

    def scored(worlds: Worlds, baseline: Array, rng: np.random.Generator, _: object) -> Any:
        return over(worlds, baseline, rng)

    return {"batch.NoisyImprovement": SimpleNamespace(over=scored)}


def improvement_on_mean(
    worlds: Worlds, baseline: Array, _: np.random.Generator
) -> NoisyImprovement:
    """Return the improvement on the lowest posterior mean, not on what is the best in a world."""
    return NoisyImprovement(worlds.posterior, worlds.posterior.means(baseline).min(axis=0))


def outstanding_unknown(posterior: Posterior, pending: Array, rng: np.random.Generator) -> Worlds:
    """Return the worlds in which nothing is pending."""
    return Worlds.imagine(posterior, pending[:0], rng)


def diverged_as_worst() -> dict[str, Any]:
    """Let a diverged run count as one with the worst loss seen, but never name it the best."""
    own = Evidence.gather
    diverged: set[str] = set()

    def gather(
        cls: type[Evidence], observations: Sequence[Observation], encoding: Encoding
    ) -> Evidence:
        seen = [run.loss for run in observations if run.measured and run.loss is not None]
        diverged.clear()
        diverged.update(run.id for run in observations if run.status is Status.DIVERGED and seen)
        return own(
            [
                replace(run, status=Status.COMPLETED, loss=max(seen)) if run.id in diverged else run
                for run in observations
            ],
            encoding,
        )

    def believed_best(
        objective: Any, evidence: Evidence, fitted: Any, members: Any, rng: Any
    ) -> Incumbent:
        ended = [index for index in members if evidence.measured[index].id not in diverged]
        return incumbent.believed_best(objective, evidence, fitted, np.array(ended), rng)

    return {
        "evidence.Evidence.gather": classmethod(gather),
        "recommender.believed_best": believed_best,
    }


def repeating() -> dict[str, Any]:
    """Let the last pick of a batch repeat the incumbent, after 12 runs and again after 24."""
    propose = batch.propose

    def proposing(*args: Any) -> list[batch.Pick]:
        picks = propose(*args)
        (evidence,) = [one for one in args if isinstance(one, Evidence)]
        points = np.vstack([evidence.X, evidence.pending])
        repeated = len(points) - len(np.unique(points, axis=0))
        if repeated < 2 and len(evidence.y) >= 12 * (repeated + 1):
            *others, last = picks
            assert last.reference is not None
            picks = [*others, replace(last, params=last.reference)]
        return picks

    return {"batch.propose": proposing}


def apart_where_telling() -> dict[str, Any]:
    """Keep picks apart by the parameters that the runs can tell from flat, if there are any."""
    propose, apart = batch.propose, batch._apart
    matters: list[npt.NDArray[np.bool_]] = []

    def proposing(encoding: Encoding, *args: Any) -> list[batch.Pick]:
        (fitted,) = [one for one in args if isinstance(one, Surrogate)]
        telling = ~fitted.flat[encoding.groups]
        matters[:] = [telling if telling.any() else ~telling]
        return propose(encoding, *args)

    def apart_there(posterior: Posterior, known: Array, outstanding: Array) -> batch.Allowed:
        (there,) = matters
        new, far = batch.away_from(known), apart(posterior, known[:0], outstanding * there)
        return lambda X: np.asarray(new(X) & far(X * there))

    return {"batch.propose": proposing, "batch._apart": apart_there}


def anywhere(
    encoding: Encoding, region: Region, X: Array, reference: Params, flat: Sequence[str]
) -> Region:
    """Trust the model in the whole region."""
    return region


def few_levels_or_not(
    encoding: Encoding, region: Region, X: Array, reference: Params, flat: Sequence[str]
) -> Region:
    """Treat parameters of few levels like the others."""
    unaware = copy(encoding)
    unaware.coarse = frozenset()
    return trust.trusted(unaware, region, X, reference, flat)


def flat_or_not(
    encoding: Encoding, region: Region, X: Array, reference: Params, flat: Sequence[str]
) -> Region:
    """Treat flat parameters like the others."""
    return trust.trusted(encoding, region, X, reference, ())


def unrounded(params: Params, *_: object) -> Params:
    """Propose every digit."""
    return params


def own_result_believed(
    self: Surrogate, members: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[np.intp]:
    """Return which members have a result that is believed; if none, all of them."""
    members = np.arange(len(self.active)) if members is None else members
    believed = members[(self.active & self.believed)[members]]
    return believed if len(believed) else members
