"""What the recommender answers: suggestions, batches of them, and incumbents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from recommender.engine.notices import Notice
from recommender.engine.replicates import ReplicateNoise
from recommender.run import Params, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration(Mapping[str, Value]):
    """A value for each parameter, read as a mapping."""

    params: Params

    def __getitem__(self, name: str) -> Value:
        return self.params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.params)

    def __len__(self) -> int:
        return len(self.params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion(Configuration):
    """A configuration to run: a mapping of its parameters, with what is believed of it.

    `mean` and `sd` predict the value that will be recorded, noise included, in the objective's
    units; the improvement is over the incumbent, within the same context where one is declared.
    They are None where no model stands behind the suggestion.
    """

    role: str
    reason: str
    mean: float | None
    sd: float | None
    expected_improvement: float | None
    probability_of_improvement: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Sequence[Suggestion]):
    """The suggestions of one `ask`, and what to know before trusting them.

    `exploratory` says that the batch covers a context by design. `context_share` is the share of
    the objective's variance that the context alone explains. `evaluate` holds the ids of the
    finished runs whose missing objective would teach most, the most instructive first.
    """

    suggestions: tuple[Suggestion, ...]
    notices: tuple[Notice, ...]
    evaluate: tuple[str, ...] = ()
    exploratory: bool = False
    context_share: float | None = None
    noise: ReplicateNoise | None = None
    fitted: int = 0

    @overload
    def __getitem__(self, index: int) -> Suggestion: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Suggestion, ...]: ...
    def __getitem__(self, index: int | slice) -> Suggestion | tuple[Suggestion, ...]:
        return self.suggestions[index]

    def __len__(self) -> int:
        return len(self.suggestions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incumbent(Configuration):
    """A known run that is believed to be the best: a mapping of its parameters.

    `mean` and `sd` are the model's belief in its true value, without the noise of one more
    training; None where there are too few runs for a model. `probability_best` is the chance that
    no other of the `compared` configurations is better; None where there is no other.
    """

    id: str
    mean: float | None
    sd: float | None
    probability_best: float | None
    compared: int
