"""What every peer does, and the bookkeeping that most share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from recommender.run import Params
from recommender.space import SearchSpace

T = TypeVar("T")
Result = tuple[Params, float | None]  # a run and its loss, None if it diverged


class Peer(Protocol):
    """Ask and tell. What `ask` gives is pending until it is told."""

    def tell(self, results: Sequence[Result]) -> None:
        """Take the results of a batch; the first batch holds a finished run."""

    def ask(self, n: int) -> list[Params]:
        """Propose n runs."""

    def best(self) -> Params:
        """Return the finished run to recommend."""


class Bookkeeper:
    """Remembers the results; recommends the run of the lowest loss seen."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self.space, self.seed = space, seed
        self.results: list[Result] = []

    def tell(self, results: Sequence[Result]) -> None:
        """Remember the results of a batch."""
        self.results += results

    def best(self) -> Params:
        """Return the run of the lowest loss seen."""
        return min(self.finished, key=lambda result: result[1])[0]

    @property
    def finished(self) -> list[tuple[Params, float]]:
        """The runs that gave a loss, in the order in which they were told."""
        return [(params, loss) for params, loss in self.results if loss is not None]

    @property
    def penalised(self) -> list[tuple[Params, float]]:
        """All runs, a diverged one with the worst loss seen, for peers that know no failure."""
        worst = max(loss for _, loss in self.finished)
        return [(params, worst if loss is None else loss) for params, loss in self.results]


class Pending(Generic[T]):
    """What a library calls the runs that are asked and not told: a handle a run."""

    def __init__(self) -> None:
        self._asked: list[tuple[Params, T]] = []

    def add(self, params: Params, handle: T) -> None:
        """Remember a proposal."""
        self._asked.append((params, handle))

    def take(self, params: Params) -> T | None:
        """Return the handle of the first such proposal and forget it, or None if there is none."""
        for index, (asked, handle) in enumerate(self._asked):
            if asked == params:
                del self._asked[index]
                return handle
        return None
