"""What the recommender answers: suggestions, batches of them, and incumbents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from recommender.engine.notices import Notice
from recommender.engine.replicates import ReplicateNoise
from recommender.number import format_value
from recommender.run import Params, Value


class Configuration(Mapping[str, Value]):
    """A named run as a mapping of its parameters, equal to any mapping of the same values.

    Like a dict it has no hash. It is no dataclass, of which pandas would take the fields for
    columns instead of the parameters.
    """

    def __init__(self, params: Params, *, id: str, mean: float | None, sd: float | None) -> None:
        self.params = params
        self.id = id
        self.mean = mean
        self.sd = sd

    def __getitem__(self, name: str) -> Value:
        return self.params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.params)

    def __len__(self) -> int:
        return len(self.params)

    def __str__(self) -> str:
        values = ", ".join(f"{name} {format_value(value)}" for name, value in self.items())
        belief = "" if self.mean is None else f"; {self.mean:.4g} ± {self.sd:.2g}"
        return f"{self.id}: {values}{belief}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class Suggestion(Configuration):
    """A configuration to run: a mapping of its parameters, with what is believed of it.

    `id` is what the run is called until it is told under another name. `role` says what it is for:
    start (the defaults), space-filling, explore, exploit or replicate. `mean` and `sd` predict the
    value that will be recorded, noise included, in the objective's units; the improvement is over
    the incumbent, within the same context where one is declared. They are None where no model
    stands behind the suggestion.
    """

    def __init__(
        self,
        params: Params,
        *,
        id: str,
        role: str,
        reason: str,
        mean: float | None,
        sd: float | None,
        expected_improvement: float | None,
        probability_of_improvement: float | None,
    ) -> None:
        super().__init__(params, id=id, mean=mean, sd=sd)
        self.role = role
        self.reason = reason
        self.expected_improvement = expected_improvement
        self.probability_of_improvement = probability_of_improvement

    def __str__(self) -> str:
        return f"{super().__str__()}; {self.role}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Batch(Sequence[Suggestion]):
    """The suggestions of one `ask`, and what to know before trusting them.

    `exploratory` says that the batch covers a context by design. `context_share` is the share of
    the objective's variance that the context alone explains, `noise` the noise of the objective as
    replicates show it, None without any. `evaluate` holds the ids of the finished runs whose
    missing objective would teach most, the most instructive first. `fitted` is the number of runs
    behind the model.
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

    def __repr__(self) -> str:
        return "\n".join(
            [
                f"Batch of {len(self)}, from {self.fitted} fitted runs",
                *(f"- {suggestion}" for suggestion in self),
                *(f"! {notice.message} [{notice.code}]" for notice in self.notices),
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """The second best configuration: its run, and by how much it is believed to trail, ± sd."""

    id: str
    lead: float
    sd: float


class Incumbent(Configuration):
    """A known run that is believed to be the best: a mapping of its parameters.

    `mean` and `sd` are the model's belief in its true value, without the noise of one more
    training; None where there are too few runs for a model. `probability_best` is the chance that
    no other of the `compared` configurations is better; `rival` is the next of them. Both are None
    where there is no other, the chance also where the runs cannot be told from noise. `doubted`
    says that its own result is too bad to be believed: only the other runs speak for it.
    """

    def __init__(
        self,
        params: Params,
        *,
        id: str,
        mean: float | None,
        sd: float | None,
        probability_best: float | None,
        compared: int,
        rival: Rival | None = None,
        doubted: bool = False,
    ) -> None:
        super().__init__(params, id=id, mean=mean, sd=sd)
        self.probability_best = probability_best
        self.compared = compared
        self.rival = rival
        self.doubted = doubted

    @property
    def worth_repeating(self) -> bool:
        """Whether a replicate should confirm it.

        It should where another is the best more likely than not, and the lead over the rival is
        less than the standard deviation of that lead.
        """
        if self.rival is None or self.probability_best is None:
            return False
        return self.probability_best < 0.5 and self.rival.lead < self.rival.sd

    def __str__(self) -> str:
        chance = self.probability_best
        sure = "" if chance is None else f"; the best with probability {chance:.2f}"
        return super().__str__() + sure
