from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from scipy.linalg import cholesky

from recommender import Recommender
from recommender.engine.kernel import Component, Kernel
from recommender.engine.posterior import Posterior
from recommender.insight.view import View
from recommender.records import Folded
from recommender.run import History, Params, Proposal, Run, Status
from recommender.space import Parameter, SearchSpace

Array = npt.NDArray[np.float64]


def posterior_of(
    X: Array, y: Array, *components: tuple[list[float], float], noise: float = 1e-6
) -> Posterior:
    """The Gaussian process of values y at X under fixed hyperparameters, its mean that of y."""
    kernel = Kernel(tuple(Component(np.array(lengths), v) for lengths, v in components))
    mean = float(y.mean())
    factor = cholesky(kernel(X, X) + noise * np.eye(len(X)), lower=True)
    weights = np.linalg.solve(factor @ factor.T, y - mean)[:, None]
    return Posterior(kernel, X, factor, weights, mean, noise)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def interpolated() -> Callable[..., Posterior]:
    """Return the posterior of a function that is known at n Sobol points."""
    from scipy.stats import qmc

    def build(function: Callable[[Array], Array], lengths: list[float], n: int) -> Posterior:
        X = qmc.Sobol(len(lengths), rng=np.random.default_rng(3)).random(n)
        y = function(X)
        return posterior_of(X, y, (lengths, 4.0 * float(y.var())), noise=1e-6 * float(y.var()))

    return build


def view_of(
    parameters: Sequence[Parameter],
    runs: Sequence[Run],
    metric: str = "loss",
    direction: str = "minimize",
    context: Sequence[str] = (),
) -> View:
    """These runs as seen through a metric."""
    space = SearchSpace(parameters)
    recommender = Recommender(space, metric=metric, direction=direction, context=context)
    for run in runs:
        value = run.metrics.get(metric) if run.status is Status.COMPLETED else None
        recommender.tell(run.params, value, status=run.status, id=run.id, excluded=run.excluded)
    metrics = tuple(dict.fromkeys(name for run in runs for name in run.metrics))
    folded = Folded(history=History(tuple(runs)), metrics=metrics)
    return View(folded, space, recommender.objective, recommender.belief())


def run_of(number: int, params: Params, metrics: Mapping[str, float], **more: object) -> Run:
    """One completed run, or a pending one without metrics."""
    status = Status.COMPLETED if metrics else Status.PENDING
    values = {"status": status, **more}
    return Run(id=f"run-{number:04d}-aaaa", params=params, metrics=metrics, **values)


def proposal_of(run_id: str, params: Params, batch: int, **more: object) -> Proposal:
    """What was proposed as a run, the metric predicted being the loss."""
    values = {"metric": "loss", "role": "explore", "reason": "", **more}
    return Proposal(id=run_id, batch=batch, proposed_at="", params=params, **values)
