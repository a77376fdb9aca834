"""Optuna's ask and tell, with its two samplers."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import Trial, TrialState, create_trial

from benchmarks.peers.peer import Bookkeeper, Pending, Result
from recommender.run import Params
from recommender.space import Categorical, Integer, Parameter, SearchSpace

START = 1  # start-up trials: the shared start gives them, even where only one finishes


class Optuna(Bookkeeper):
    """A study. It has a state for a failed trial, which its samplers then leave out.

    `study.best_params`, the lowest value seen, is what it recommends.
    """

    def __init__(self, space: SearchSpace, seed: int, sampler: optuna.samplers.BaseSampler) -> None:
        super().__init__(space, seed)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.study = optuna.create_study(sampler=sampler)
        self.distributions = {p.name: _distribution(p) for p in space}
        self.pending: Pending[Trial] = Pending()

    def tell(self, results: Sequence[Result]) -> None:
        """Take the results of a batch."""
        super().tell(results)
        for params, loss in results:
            state = TrialState.FAIL if loss is None else TrialState.COMPLETE
            trial = self.pending.take(params)
            if trial is not None:
                self.study.tell(trial, loss, state=state)
            else:
                self.study.add_trial(
                    create_trial(
                        params=dict(params),
                        distributions=self.distributions,
                        value=loss,
                        state=state,
                    )
                )

    def ask(self, n: int) -> list[Params]:
        """Propose n runs."""
        trials = [self.study.ask(self.distributions) for _ in range(n)]
        asked: list[Params] = [self.space.coerce(trial.params) for trial in trials]
        for params, trial in zip(asked, trials, strict=True):
            self.pending.add(params, trial)
        return asked

    def best(self) -> Params:
        """Return the run of the lowest value."""
        return self.space.coerce(self.study.best_params)


class Tpe(Optuna):
    """Optuna's default sampler."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=START)
        super().__init__(space, seed, sampler)


class Gp(Optuna):
    """Optuna's Gaussian process."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        sampler = optuna.samplers.GPSampler(seed=seed, n_startup_trials=START)
        super().__init__(space, seed, sampler)


def _distribution(parameter: Parameter) -> BaseDistribution:
    if isinstance(parameter, Categorical):
        return CategoricalDistribution(parameter.choices)
    kind = IntDistribution if isinstance(parameter, Integer) else FloatDistribution
    return kind(parameter.low, parameter.high, log=parameter.scale == "log")
