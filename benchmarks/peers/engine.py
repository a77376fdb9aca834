"""This engine, as the library offers it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.peer import Bookkeeper, Result
from recommender import Recommender
from recommender.run import Params
from recommender.space import SearchSpace


class Engine(Bookkeeper):
    """Recommends the run that `Recommender.best` believes in."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        super().__init__(space, seed)
        self.recommender = Recommender(space, seed=seed)

    def tell(self, results: Sequence[Result]) -> None:
        """Take the results of a batch."""
        super().tell(results)
        for params, loss in results:
            self.recommender.tell(params, loss, status="diverged" if loss is None else "completed")

    def ask(self, n: int) -> list[Params]:
        """Propose n runs."""
        return [suggestion.params for suggestion in self.recommender.ask(n)]

    def best(self) -> Params:
        """Return the run of the lowest posterior mean."""
        incumbent = self.recommender.best()
        assert incumbent is not None
        return incumbent.params
