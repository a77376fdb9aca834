"""Ax's client, with the generation strategy that it chooses by itself."""

from __future__ import annotations

from collections.abc import Sequence

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

from benchmarks.peers.peer import Bookkeeper, Pending, Result
from recommender.run import Params
from recommender.space import Categorical, Integer, Parameter, SearchSpace


class Ax(Bookkeeper):
    """It has a state for a failed trial, which its model then leaves out.

    `get_best_parameterization`, by default the best of the model's predictions among the runs, is
    what it recommends.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        super().__init__(space, seed)
        self.client = Client(random_seed=seed)
        self.client.configure_experiment(parameters=[_config(p) for p in space])
        self.client.configure_optimization(objective="-loss")
        self.pending: Pending[int] = Pending()

    def tell(self, results: Sequence[Result]) -> None:
        """Take the results of a batch."""
        super().tell(results)
        for params, loss in results:
            trial = self.pending.take(params)
            if trial is None:
                trial = self.client.attach_trial(parameters=dict(params))
            if loss is None:
                self.client.mark_trial_failed(trial_index=trial)
            else:
                self.client.complete_trial(trial_index=trial, raw_data={"loss": loss})

    def ask(self, n: int) -> list[Params]:
        """Propose n runs."""
        asked: list[Params] = []
        for trial, parameters in self.client.get_next_trials(max_trials=n).items():
            params = self.space.coerce(parameters)
            self.pending.add(params, trial)
            asked.append(params)
        return asked

    def best(self) -> Params:
        """Return the run of the best prediction."""
        parameters, *_ = self.client.get_best_parameterization()
        return self.space.coerce(parameters)


def _config(parameter: Parameter) -> ChoiceParameterConfig | RangeParameterConfig:
    if isinstance(parameter, Categorical):
        return ChoiceParameterConfig(
            name=parameter.name,
            values=list(parameter.choices),
            parameter_type="str",
            is_ordered=False,
        )
    return RangeParameterConfig(
        name=parameter.name,
        bounds=(parameter.low, parameter.high),
        parameter_type="int" if isinstance(parameter, Integer) else "float",
        scaling=parameter.scale,
    )
