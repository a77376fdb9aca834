"""This engine with one thing changed: what each choice of its recipe is worth.

A variant replaces functions or constants of the engine while it works, so that the engine itself
knows nothing of what was tried and not kept. `python -m benchmarks.ablation` runs them.

Symbols: X (n, D) are the runs in the unit cube, y (n,) their losses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import rankdata
from skopt.learning.gaussian_process.kernels import ConstantKernel, Matern

from benchmarks.peers.chance import Sobol
from benchmarks.peers.engine import Engine
from benchmarks.peers.peer import Result
from recommender.engine import batch, surrogate, trust
from recommender.engine.acquisition import log_mean_exp
from recommender.engine.encoding import Encoding, Region
from recommender.engine.evidence import Evidence, Observation
from recommender.engine.hyperparameters import maximise, starts
from recommender.engine.kernel import ROUGH, Component, Kernel
from recommender.engine.likelihood import Components, Likelihood, Priors
from recommender.engine.noisy_improvement import NoisyImprovement, Worlds
from recommender.engine.posterior import Posterior
from recommender.run import Params, Status
from recommender.space import SearchSpace

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Variant:
    """One change.

    Attributes:
        item: the part of the recipe that it changes.
        says: what is done instead.
        changes: what takes the place of a dotted name below `recommender.engine`.
        start: how many runs are spread evenly before the model is asked.
    """

    item: str
    says: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    start: int = 0

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Change the engine as long as this lasts."""
        with ExitStack() as stack:
            for name, replacement in self.changes.items():
                stack.enter_context(patch(f"recommender.engine.{name}", replacement))
            yield


class ChangedEngine(Engine):
    """This engine as a variant has it."""

    def __init__(self, variant: Variant, space: SearchSpace, seed: int) -> None:
        super().__init__(space, seed)
        self.variant = variant
        self.spread = Sobol(space, seed)

    def tell(self, results: Sequence[Result]) -> None:
        """Take the results of a batch."""
        with self.variant.applied():
            super().tell(results)

    def ask(self, n: int) -> list[Params]:
        """Propose n runs."""
        if len(self.results) < self.variant.start:
            return self.spread.ask(n)
        with self.variant.applied():
            return super().ask(n)

    def best(self) -> Params:
        """Return the run to recommend."""
        with self.variant.applied():
            return super().best()


# The kernel.


def matern(r2: Array) -> Array:
    """Return the Matern 5/2 correlation (Rasmussen & Williams 2006, eq. 4.17)."""
    s = np.sqrt(5.0 * r2)
    return np.asarray((1.0 + s + s * s / 3.0) * np.exp(-s))


def matern_slope(r2: Array, covariance: Array) -> Array:
    """Return the derivative with respect to r2 of a covariance so correlated."""
    s = np.sqrt(5.0 * r2)
    return np.asarray(-(5.0 / 6.0) * (1.0 + s) / (1.0 + s + s * s / 3.0) * covariance)


def matern_of_skopt(kernel: Kernel) -> Any:
    """Return the same covariance function as a kernel of skopt; no task here has a context."""
    (component,) = kernel.components

    def of(variance: float, lengthscales: Array) -> Any:
        scale = ConstantKernel(variance, constant_value_bounds="fixed")
        return scale * Matern(lengthscales, length_scale_bounds="fixed", nu=2.5)

    smooth = of(component.variance, component.lengthscales)
    if not component.roughness:
        return smooth
    return smooth + of(component.roughness, ROUGH * component.lengthscales)


# The priors of the hyperparameters.


def priors(
    length: tuple[Callable[[int], float] | None, float] | None = None,
    noise: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """Replace the priors: means and standard deviations in log.

    A length scale's mean is a function of p, or None to stay as it is.
    """
    own = Priors.of

    def of(cls: type[Priors], components: Components, *, rough: bool = False) -> Priors:
        found = own(components, rough=rough)
        mean, sd = found.mean.copy(), found.sd.copy()
        p = len(components[0])
        if length is not None:
            mean_of, sd[:p] = length
            if mean_of is not None:
                mean[:p] = mean_of(p)
        if noise is not None:
            mean[-1], sd[-1] = noise
        return cls(mean, sd)

    return {"likelihood.Priors.of": classmethod(of)}


# Several hyperparameters at once.


@dataclass(frozen=True)
class SeveralWorlds:
    """The worlds of the most probable hyperparameters, with half the weight, and of others."""

    members: tuple[tuple[float, Worlds], ...]
    points: Array

    def adding(self, x: Array, rng: np.random.Generator) -> SeveralWorlds:
        """Return the same after the (D,) point x has been run too."""
        members = tuple((weight, worlds.adding(x, rng)) for weight, worlds in self.members)
        return SeveralWorlds(members, np.vstack([self.points, x]))


class AveragedImprovement:
    """The expected improvement averaged over several hyperparameters."""

    def __init__(self, parts: list[tuple[float, NoisyImprovement]]) -> None:
        self.parts = parts

    @classmethod
    def over(
        cls,
        worlds: SeveralWorlds,
        baseline: Array,
        rng: np.random.Generator,
        feasibility: Posterior | None = None,
    ) -> AveragedImprovement:
        """Return the improvement over the (b, D) baseline points."""
        return cls(
            [
                (weight, NoisyImprovement.over(member, baseline, rng, feasibility))
                for weight, member in worlds.members
            ]
        )

    def __call__(self, X: Array) -> Array:
        """Return the (m,) log acquisition values at X."""
        return log_mean_exp(np.stack([math.log(w) + part(X) for w, part in self.parts], 1))[0]

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Return the (m,) values and their (m, D) gradients at X."""
        found = [part.with_gradient(X) for _, part in self.parts]
        values = [math.log(w) + value for (w, _), (value, _) in zip(self.parts, found, strict=True)]
        value, weights = log_mean_exp(np.stack(values, 1))
        gradients = np.stack([gradient for _, gradient in found], 1)
        return value, np.einsum("mk,mkd->md", weights, gradients)


def averaged(count: int) -> dict[str, Any]:
    """Average the acquisition over the best hyperparameters and at most `count` others."""
    now: list[surrogate.Surrogate] = []
    propose = batch.propose

    class Imagined:
        @staticmethod
        def imagine(
            posterior: Posterior, pending: Array, rng: np.random.Generator
        ) -> SeveralWorlds:
            others = sorted(now[-1].alternatives, key=lambda one: -one[0])[:count]
            total = 2.0 * sum(weight for weight, _ in others)
            weighted = [(0.5, posterior), *((weight / total, one) for weight, one in others)]
            members = tuple((w, Worlds.imagine(one, pending, rng)) for w, one in weighted)
            return SeveralWorlds(members, pending)

    def proposing(*args: Any) -> list[batch.Pick]:
        now[:] = [one for one in args if isinstance(one, surrogate.Surrogate)]
        return propose(*args)

    return {
        "batch.propose": proposing,
        "batch.Worlds": Imagined,
        "batch.NoisyImprovement": AveragedImprovement,
    }


# The acquisition function.


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
    """Choose by what `over` returns for worlds, the (b, D) baseline points and random numbers."""

    def scored(worlds: Worlds, baseline: Array, rng: np.random.Generator, _: object) -> Any:
        return over(worlds, baseline, rng)  # no task here has a region that diverges

    return {"batch.NoisyImprovement": SimpleNamespace(over=scored)}


def improvement_on_mean(
    worlds: Worlds, baseline: Array, _: np.random.Generator
) -> NoisyImprovement:
    """Return the improvement on the lowest posterior mean, not on what is the best in a world."""
    return NoisyImprovement(worlds.posterior, worlds.posterior.means(baseline).min(axis=0))


def last_exploits(
    worlds: Worlds, baseline: Array, rng: np.random.Generator
) -> NoisyImprovement | ConfidenceBound:
    """Return the improvement for the first three picks of a batch, the mean for the fourth."""
    if len(worlds.points) % 4 == 3:
        return ConfidenceBound(worlds.posterior, 0.0)
    return NoisyImprovement.over(worlds, baseline, rng)


# What runs without a result say.


def outstanding_unknown(posterior: Posterior, pending: Array, rng: np.random.Generator) -> Worlds:
    """Return the worlds in which nothing is pending."""
    return Worlds.imagine(posterior, pending[:0], rng)


def diverged_as_worst() -> dict[str, Any]:
    """Let a diverged run count as one with the worst loss seen."""
    own = Evidence.gather

    def gather(
        cls: type[Evidence], observations: Sequence[Observation], encoding: Encoding
    ) -> Evidence:
        seen = [run.loss for run in observations if run.measured and run.loss is not None]
        return own(
            [
                replace(run, status=Status.COMPLETED, loss=max(seen))
                if seen and run.status is Status.DIVERGED
                else run
                for run in observations
            ],
            encoding,
        )

    return {"evidence.Evidence.gather": classmethod(gather)}


# Where a batch may go, and what it is rounded to.


def anywhere(
    encoding: Encoding, region: Region, X: Array, reference: Params, flat: Sequence[str]
) -> Region:
    """Trust the model in the whole region."""
    return region


def flat_or_not(
    encoding: Encoding, region: Region, X: Array, reference: Params, flat: Sequence[str]
) -> Region:
    """Treat flat parameters like the others."""
    return trust.trusted(encoding, region, X, reference, ())


def unrounded(params: Params, *_: object) -> Params:
    """Propose every digit."""
    return params


# What the model is fitted to in place of the losses, or of the places.

Fit = Callable[..., surrogate.Surrogate]


def of_losses(transform: Callable[[Array], Array]) -> dict[str, Any]:
    """Fit transformed losses."""
    own = surrogate.fit

    def fit(X: Array, y: Array, *rest: Any, **options: Any) -> surrogate.Surrogate:
        return own(X, transform(y), *rest, **options)

    return {"recommender.fit": fit}


def ranked(y: Array) -> Array:
    """Return half the standardised losses and half their normal scores."""
    scale = max(float(y.std()), 1e-300)
    return np.asarray(0.5 * (y - y.mean()) / scale + 0.5 * _normal_scores(y))


def half_ranked(y: Array) -> Array:
    """Return the losses, of which those above the median keep only their rank (Vizier)."""
    median = float(np.median(y))
    scale = float(np.sqrt(((y[y <= median] - median) ** 2).mean()))
    return np.where(y > median, median + scale * _normal_scores(y), y)


def _normal_scores(y: Array) -> Array:
    return np.asarray(ndtri((rankdata(y, method="ordinal") - 0.5) / len(y)))


@dataclass(frozen=True)
class Powers:
    """Powers of each column: x ** a from below where `up`, 1 - (1 - x) ** a from above."""

    powers: Array
    up: npt.NDArray[np.bool_]

    def __call__(self, X: Array) -> Array:
        """Return the (n, D) warped places."""
        return np.where(self.up, self._from(X) ** self.powers, 1.0 - self._from(X) ** self.powers)

    def slope(self, X: Array) -> Array:
        """Return the (n, D) derivatives."""
        return np.asarray(self.powers * self._from(X) ** (self.powers - 1.0))

    def with_column(self, column: int, power: float, up: bool) -> Powers:
        """Return the warp with another power for one column."""
        powers, ups = self.powers.copy(), self.up.copy()
        powers[column], ups[column] = power, up
        return Powers(powers, ups)

    def _from(self, X: Array) -> Array:
        inside = np.clip(X, 1e-3, 1.0 - 1e-3)
        return np.where(self.up, inside, 1.0 - inside)


@dataclass(frozen=True)
class WarpedKernel:
    """A kernel of warped places."""

    kernel: Kernel
    warp: Powers

    @property
    def components(self) -> tuple[Component, ...]:
        """The kernel's own."""
        return self.kernel.components

    @property
    def variance(self) -> float:
        """The prior variance at any point."""
        return self.kernel.variance

    def __call__(self, A: Array, B: Array) -> Array:
        """Return the (m, n) covariance of A and B."""
        return self.kernel(self.warp(A), self.warp(B))

    def gradient(self, A: Array, B: Array) -> Array:
        """Return the (m, n, D) gradient with respect to A."""
        gradient = self.kernel.gradient(self.warp(A), self.warp(B))
        return np.asarray(gradient * self.warp.slope(A)[:, None, :])


def warped(gain: float) -> dict[str, Any]:
    """Warp each numeric column by the power that makes the runs likelier by so many nats, if any.

    A coarse form of the Kumaraswamy warping of Snoek et al. 2014 (arXiv:1402.0929).
    """
    own = surrogate.fit

    def fit(X: Array, y: Array, groups: Any, **options: Any) -> surrogate.Surrogate:
        warp = Powers(np.ones(X.shape[1]), np.ones(X.shape[1], dtype=bool))
        alone = [int(column) for column in np.flatnonzero(np.bincount(groups)[groups] == 1)]
        z = (y - y.mean()) / max(float(y.std()), 1e-300)

        def evidence(one: Powers, beginnings: list[Array]) -> tuple[float, Array]:
            likelihood = Likelihood.of(one(X), z, groups)
            theta = maximise(likelihood, beginnings or starts(likelihood))
            return likelihood.log_marginal(theta), theta

        most, theta = evidence(warp, [])
        for column in alone:
            tried = [warp.with_column(column, a, up) for a in (0.5, 2.0) for up in (True, False)]
            found = [(*evidence(one, [theta]), one) for one in tried]
            best = max(found, key=lambda one: one[0])
            if best[0] > most + gain:
                most, theta, warp = best
        fitted = own(warp(X), y, groups, **options)

        def unwarped(posterior: Posterior) -> Posterior:
            kernel: Any = WarpedKernel(posterior.kernel, warp)
            return replace(posterior, kernel=kernel, points=X)

        alternatives = tuple((weight, unwarped(one)) for weight, one in fitted.alternatives)
        return replace(
            fitted,
            posterior=unwarped(fitted.posterior),
            alternatives=alternatives,
            at_runs=lambda: unwarped(fitted.at_runs()),
        )

    return {"recommender.fit": fit}


VARIANTS = {
    "matern": Variant("kernel", "Matern 5/2", {
        "kernel.correlation": matern,
        "kernel.slope": matern_slope,
        "surrogate.kernel_of_skopt": matern_of_skopt,
    }),
    "lengths-wide": Variant("length scales", "standard deviation sqrt 3", priors(
        length=(None, math.sqrt(3.0)))),
    "lengths-narrow": Variant("length scales", "standard deviation 1", priors(
        length=(None, 1.0))),
    "lengths-long": Variant("length scales", "standard deviation 1, mode at 0.5 sqrt(p)", priors(
        length=(lambda p: math.log(0.5 * math.sqrt(p)), 1.0))),
    "noise-narrow": Variant("noise", "prior LogNormal(-4, 1)", priors(noise=(-4.0, 1.0))),
    "noise-high": Variant("noise", "prior LogNormal(-2, 2)", priors(noise=(-2.0, 2.0))),
    "believing": Variant("robust noise", "every result is believed", {
        "fitting.doubt": lambda *_: None, "fitting.doubt_together": lambda *_: None}),
    "averaged": Variant("hyperparameters", "acquisition averaged over five", averaged(4)),
    "ranks": Variant("output warping", "half the losses, half their ranks", of_losses(ranked)),
    "half-ranks": Variant("output warping", "ranks above the median", of_losses(half_ranked)),
    "own-scale": Variant("output warping", "none", {
        "fitting._warped": lambda fitted, y: fitted}),
    "warped": Variant("input warping", "a power a parameter, where 2 nats likelier", warped(2.0)),
    "plug-in": Variant("acquisition", "log EI over the lowest mean",
                       choosing(improvement_on_mean)),
    "confidence": Variant("acquisition", "confidence bound, 2 standard deviations", choosing(
        lambda worlds, *_: ConfidenceBound(worlds.posterior, 2.0))),
    "last-exploits": Variant("acquisition", "the fourth pick has the lowest mean",
                             choosing(last_exploits)),
    "unimproved": Variant("maximiser", "none: the best of 2,300 candidates", {
        "maximiser._climb": lambda score, encoding, region, starts: starts}),
    "each-alone": Variant("batch", "a pick knows nothing of those before it", {
        "noisy_improvement.Worlds.adding": lambda worlds, x, rng: worlds}),
    "outstanding-unknown": Variant("pending runs", "the model knows nothing of them", {
        "batch.Worlds": SimpleNamespace(imagine=outstanding_unknown)}),
    "diverged-unknown": Variant("diverged runs", "the model knows nothing of them", {
        "recommender.feasibility": lambda *_: None}),
    "diverged-worst": Variant("diverged runs", "count as the worst loss seen",
                              diverged_as_worst()),
    "close-batch": Variant("batch", "picks may be as near as a hair", {"batch.SEPARATION": 0.0}),
    "smooth": Variant("incumbent", "the lowest mean of the smooth function", {
        "surrogate.roughened": lambda fitted, told: fitted}),
    "start-12": Variant("start", "12 spread runs before the model", start=12),
    "start-16": Variant("start", "16 spread runs before the model", start=16),
    "anywhere": Variant("trust", "the whole space, in every batch", {"batch.trusted": anywhere}),
    "flat-or-not": Variant("flat parameters", "trusted like the others", {
        "batch.trusted": flat_or_not}),
    "every-digit": Variant("rounding", "none", {"batch.simplify": unrounded}),
}  # fmt: skip
