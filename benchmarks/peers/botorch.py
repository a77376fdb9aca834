"""BoTorch: a GP of its defaults and sequential greedy qLogNoisyExpectedImprovement."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from botorch.acquisition import qLogNoisyExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP, SingleTaskGP
from botorch.optim import optimize_acqf
from botorch.optim.optimize_mixed import optimize_acqf_mixed_alternating
from gpytorch.mlls import ExactMarginalLogLikelihood

from benchmarks.peers.peer import Bookkeeper, Result
from recommender.engine.encoding import Encoding
from recommender.run import Params, Value
from recommender.space import Categorical, Integer, SearchSpace


class Botorch(Bookkeeper):
    """One column a parameter: a number's place between its bounds, a choice's index.

    It knows no failure, so a diverged run counts as the worst value seen. The run of the best
    posterior mean is what its tutorials recommend under noise.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        super().__init__(space, seed)
        self.encoding = Encoding(space)
        self.pending: list[Params] = []
        self.choices: dict[int, list[float]] = {}
        self.levels: dict[int, list[float]] = {}
        for column, p in enumerate(space):
            if isinstance(p, Categorical):
                self.choices[column] = [float(index) for index in range(len(p.choices))]
            elif isinstance(p, Integer):
                places = [self.encoding.unit(p.name, value) for value in range(p.low, p.high + 1)]
                self.levels[column] = places

    def tell(self, results: Sequence[Result]) -> None:
        """Take the results of a batch."""
        super().tell(results)
        for params, _ in results:
            if params in self.pending:
                self.pending.remove(params)

    def ask(self, n: int) -> list[Params]:
        """Propose n runs."""
        torch.manual_seed(1000 * self.seed + len(self.results) + len(self.pending))
        runs = self.penalised
        X = self._columns([params for params, _ in runs])
        acquisition = qLogNoisyExpectedImprovement(self._fitted(runs), X)
        asked: list[Params] = []
        for _ in range(n):
            # Asked for several at once, BoTorch forgets after the first what was pending before.
            if self.pending:
                acquisition.set_X_pending(self._columns(self.pending))
            params = self._params(self._maximised(acquisition).detach().numpy()[0])
            self.pending.append(params)
            asked.append(params)
        return asked

    def best(self) -> Params:
        """Return the finished run of the best posterior mean."""
        finished = [params for params, _ in self.finished]
        model = self._fitted(self.penalised)
        with torch.no_grad():
            means = model.posterior(self._columns(finished)).mean
        return finished[int(means.argmax())]

    def _maximised(self, acquisition: qLogNoisyExpectedImprovement) -> torch.Tensor:
        """Return the (1, D) point of the highest acquisition."""
        upper = [float(len(self.choices.get(c, (0, 1))) - 1) for c in range(len(self.space))]
        bounds = torch.tensor([[0.0] * len(self.space), upper], dtype=torch.double)
        if self.choices or self.levels:
            point, _ = optimize_acqf_mixed_alternating(
                acquisition, bounds, discrete_dims=self.levels, cat_dims=self.choices, q=1
            )
        else:
            point, _ = optimize_acqf(acquisition, bounds, q=1, num_restarts=10, raw_samples=512)
        return point

    def _fitted(self, runs: list[tuple[Params, float]]) -> SingleTaskGP:
        X = self._columns([params for params, _ in runs])
        y = torch.tensor([[-loss] for _, loss in runs], dtype=torch.double)
        model = (
            MixedSingleTaskGP(X, y, cat_dims=list(self.choices))
            if self.choices
            else SingleTaskGP(X, y)
        )
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        return model

    def _columns(self, runs: Sequence[Params]) -> torch.Tensor:
        rows = [
            [
                float(p.choices.index(params[p.name]))
                if isinstance(p, Categorical)
                else self.encoding.unit(p.name, float(params[p.name]))
                for p in self.space
            ]
            for params in runs
        ]
        return torch.tensor(rows, dtype=torch.double)

    def _params(self, point: np.ndarray) -> Params:
        params: dict[str, Value] = {}
        for p, place in zip(self.space, point, strict=True):
            if isinstance(p, Categorical):
                params[p.name] = p.choices[round(place)]
            else:
                value = self.encoding.value(p.name, float(place))
                whole = round(value) if isinstance(p, Integer) else value
                params[p.name] = min(max(whole, p.low), p.high)
        return params
