"""What a report is made from, gathered by whoever has the project at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recommender.engine.answers import Incumbent
from recommender.insight.check import Check
from recommender.insight.effects import Effects
from recommender.insight.explanation import Explanation
from recommender.insight.scorecard import Scorecard
from recommender.insight.view import View
from recommender.run import Params, Run


@dataclass(frozen=True, slots=True)
class BelievedBest:
    """A run, and what the model believes of it."""

    run: Run
    incumbent: Incumbent


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything that the page says.

    `project` is what the project is called, `made_at` an ISO 8601 time in UTC. `best` is the
    incumbent or, with a context declared, that of each context value; `advice` says what to repeat
    and whether to go on, a sentence each. `explanations` are of pending proposals by id, of
    very many the first. `results` and `asked` name the ledgers, `versions` the
    programs that stand behind the report.
    """

    project: str
    made_at: str
    view: View
    best: tuple[BelievedBest, ...]
    advice: tuple[str, ...]
    explanations: Mapping[str, Explanation]
    effects: Effects
    scorecard: Scorecard
    checks: tuple[Check, ...]
    results: str
    versions: Mapping[str, str]

    @property
    def held(self) -> Params | None:
        """The configuration around which maps are drawn: that of the best run.

        With a context declared it is the best run of the context value with the most runs.
        """
        if not self.best:
            return None
        context = self.view.objective.context
        params = [run.params for run in self.view.measured]

        def runs_there(best: BelievedBest) -> int:
            return sum(all(p[name] == best.run.params[name] for name in context) for p in params)

        return max(self.best, key=runs_there).run.params
