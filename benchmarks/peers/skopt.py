"""scikit-optimize's own `Optimizer`."""

from __future__ import annotations

from collections.abc import Sequence

from skopt import Optimizer
from skopt.space import Categorical as SkoptCategorical
from skopt.space import Dimension
from skopt.space import Integer as SkoptInteger
from skopt.space import Real as SkoptReal

from benchmarks.peers.peer import Bookkeeper, Result
from recommender.run import Params
from recommender.space import Categorical, Integer, Parameter, SearchSpace

START = 8  # initial points, which the shared start gives


class Skopt(Bookkeeper):
    """Its defaults: a GP, `gp_hedge`, constant liars for a batch.

    It knows no failure, so a diverged run counts as the worst value seen. It knows no pending runs
    either: it forgets what it proposed, and may propose it again. The lowest value seen is what its
    `OptimizeResult` recommends.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        super().__init__(space, seed)
        self.optimizer = Optimizer(
            [_dimension(p) for p in space], n_initial_points=START, random_state=seed
        )

    def tell(self, results: Sequence[Result]) -> None:
        """Take the results of a batch."""
        super().tell(results)
        told = self.penalised[-len(results) :]
        points = [[params[name] for name in self.space.names] for params, _ in told]
        self.optimizer.tell(points, [loss for _, loss in told])

    def ask(self, n: int) -> list[Params]:
        """Propose n runs."""
        points = self.optimizer.ask(n)
        return [self.space.coerce(dict(zip(self.space.names, p, strict=True))) for p in points]


def _dimension(parameter: Parameter) -> Dimension:
    if isinstance(parameter, Categorical):
        return SkoptCategorical(list(parameter.choices))
    prior = {"log": "log-uniform", "linear": "uniform"}[parameter.scale]
    kind = SkoptInteger if isinstance(parameter, Integer) else SkoptReal
    return kind(parameter.low, parameter.high, prior=prior)
