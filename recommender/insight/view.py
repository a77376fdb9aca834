"""The history as seen through one metric: the runs, and what is believed of them."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.engine.belief import Belief
from recommender.records import Folded
from recommender.run import Objective, Run
from recommender.space import SearchSpace


@dataclass(frozen=True, slots=True)
class View:
    """What every insight looks at.

    `folded` is the whole history, `space` and `declared` are the sweep file's search space and
    objective. `belief` is of the metric looked at, which is the declared one unless another was
    asked for.
    """

    folded: Folded
    space: SearchSpace
    declared: Objective
    belief: Belief

    @property
    def objective(self) -> Objective:
        """The metric looked at, its direction, and the context that sets its scale."""
        return self.belief.objective

    @property
    def measured(self) -> tuple[Run, ...]:
        """The runs with a value of that metric, in the order of `belief.values`."""
        runs = {run.id: run for run in self.folded.history.runs}
        return tuple(runs[known.id] for known in self.belief.evidence.measured)
