"""This engine while one of its parts is replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from benchmarks.peers.chance import Sobol
from benchmarks.peers.engine import Engine
from benchmarks.peers.peer import Result
from recommender.run import Params
from recommender.space import SearchSpace


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
