"""Ask and tell: the engine as notebooks, other programs and the command line use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Integral

import numpy as np
import numpy.typing as npt

from recommender.engine import batch as greedy
from recommender.engine import notices
from recommender.engine.answers import Batch, Incumbent, Suggestion
from recommender.engine.belief import Belief
from recommender.engine.design import context_values
from recommender.engine.encoding import Encoding, Region
from recommender.engine.evaluation import worth_measuring
from recommender.engine.evidence import Evidence, Observation
from recommender.engine.failures import feasibility
from recommender.engine.incumbent import believed_best
from recommender.engine.observations import Observations
from recommender.engine.outlook import BATCH, Outlook, look_ahead
from recommender.engine.reason import reason_for
from recommender.engine.replicates import replicate_noise
from recommender.engine.surrogate import Surrogate, fit
from recommender.engine.threads import one_thread
from recommender.errors import UsageError, did_you_mean
from recommender.run import Direction, Objective, Params, Status
from recommender.space import Parameter, SearchSpace

Array = npt.NDArray[np.float64]

LARGEST_BATCH = 100
ENOUGH = 8  # different configurations, for a model of however many parameters
LARGEST_VALUE = 1e100  # the square of a value must still be a number
ASKING, RANKING, LOOKING = 0, 1, 2  # streams of random numbers that must not coincide


class Recommender:
    """Recommends what to run next in a search space.

        recommender = Recommender([Real("learning_rate", 1e-5, 1e-1, scale="log")], seed=0)
        recommender.tell({"learning_rate": 3e-4}, 0.48)  # what is known already
        for suggestion in recommender.ask(4):            # pending until told
            recommender.tell(suggestion, train(**suggestion))
        recommender.best()

    Args:
        parameters: the search space, a list of `Real`, `Integer` and `Categorical`.
        direction: "minimize" or "maximize".
        metric: what the objective is called in messages.
        context: names of parameters that change the scale of the objective; they are modelled but
            never ranked by it.
        seed: a whole number from 0; the same seed and the same calls give the same suggestions.

    Raises:
        SpaceError: a parameter is declared wrongly, or a context names none.
        UsageError: the direction, the context or the seed is not allowed.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter] | SearchSpace,
        *,
        direction: str = "minimize",
        metric: str = "objective",
        context: Sequence[str] = (),
        seed: int = 0,
    ) -> None:
        self.space = parameters if isinstance(parameters, SearchSpace) else SearchSpace(parameters)
        if direction not in tuple(Direction):
            raise UsageError(
                f"direction is {direction!r}; allowed: {', '.join(Direction)}"
                f"{did_you_mean(direction, Direction)}"
            )
        if not _is_whole(seed) or seed < 0:
            raise UsageError(f"seed is {seed!r}; allowed: whole numbers from 0")
        if isinstance(context, str) or not isinstance(context, Sequence):
            raise UsageError(f"context is {context!r}; give a list of parameter names")
        for name in context:
            self.space[name]
        if len(set(context)) < len(context):
            raise UsageError(f"context is {', '.join(context)}; name each parameter once")
        if len(context) == len(self.space):
            raise UsageError(
                f"context is {', '.join(context)}: every parameter, so no two runs could be "
                "compared; leave one out"
            )
        self.objective = Objective(
            metric=metric, direction=Direction(direction), context=tuple(context)
        )
        self.seed = int(seed)
        self._encoding = Encoding(self.space)
        self._observations = Observations(self.objective)
        self._fitted: tuple[int, Surrogate] | None = None
        self._version = 0

    def __repr__(self) -> str:
        told = Counter(str(run.status) for run in self._observations)
        counts = ", ".join(f"{number} {status}" for status, number in told.items()) or "no runs"
        return (
            f"<Recommender of {', '.join(self.space.names)} to {self.objective.direction} "
            f"{self.objective.metric}: {counts}>"
        )

    def tell(
        self,
        params: Mapping[str, object],
        value: float | None = None,
        *,
        status: str = "completed",
        id: str | None = None,
        excluded: bool = False,
    ) -> None:
        """Add a run, or the result of one that is pending.

        A result belongs to the run of that `id`, or else to the suggestion that is told, or else
        to the first run outstanding with the same parameters; failing all, it is a new run. An
        `id` of your own renames the suggestion that it is told for. Telling a suggestion or an
        `id` the same again changes nothing; another result of the same configuration is a
        replicate, which is told as `tell(dict(suggestion), value)` or under an id of its own.

        Args:
            params: a suggestion, or a value for each parameter. Numbers out of bounds and choices
                that are not declared are used all the same: a run is evidence wherever it lies.
            value: the objective, at most 1e100 in size; None for a run that has none (yet).
            status: completed, diverged (evidence against that place), crashed (no evidence),
                pending, or dropped (a suggestion that will not be run).
            id: what to call the run; else run-1, run-2 and so on.
            excluded: keep it out of every fit; it may be told later, for a run that is known.

        Raises:
            SpaceError: a parameter is missing, unknown or of the wrong type.
            UsageError: the value is not finite or too large, or does not go with the status.
            ConflictError: the run is known with another result or other parameters.
        """
        if status not in tuple(Status):
            raise UsageError(
                f"status is {status!r}; allowed: {', '.join(Status)}{did_you_mean(status, Status)}"
            )
        state = Status(status)
        if value is not None and not _is_number(value):
            raise UsageError(
                f"{self.objective.metric} is {value!r}; a value must be a finite number, at most "
                f"{LARGEST_VALUE:g} in size. Leave it out for a run that has none yet, or whose "
                "status is diverged or crashed"
            )
        if value is not None and state is not Status.COMPLETED:
            raise UsageError(f"a {status} run has no value; leave it out, or use status=completed")
        run = Observation(
            id="" if id is None else str(id),
            params=self.space.coerce(params),
            status=state,
            loss=None if value is None else self.objective.to_loss(float(value)),
            excluded=excluded,
        )
        suggested = params.id if isinstance(params, Suggestion) else ""
        self._observations.tell(run, suggested)
        self._encoding = self._encoding.covering(run.params)
        self._version += 1

    def ask(
        self,
        n: int = 1,
        *,
        fix: Mapping[str, object] | None = None,
        within: Mapping[str, tuple[object, object]] | None = None,
        defaults: Mapping[str, object] | None = None,
    ) -> Batch:
        """Recommend the next n runs; they are pending until told.

        Args:
            n: how many, 1 to 100.
            fix: parameters to hold at a value; a context parameter may be held too.
            within: numeric parameters to keep between (low, high).
            defaults: the configuration to try first while there are too few runs for a model.

        Raises:
            UsageError: n is out of range.
            SpaceError: a name or value in `fix`, `within` or `defaults` is not allowed.
        """
        if not _is_whole(n) or not 1 <= n <= LARGEST_BATCH:
            raise UsageError(f"n is {n}; allowed: whole numbers 1 to {LARGEST_BATCH}")
        region = Region.checked(self.space, fix, within)
        defaults = None if defaults is None else self.space.coerce(defaults)
        with one_thread():
            batch = self._propose(int(n), region, defaults)
        for suggestion in batch:
            self.tell(suggestion, status="pending")
        return batch

    def best(self) -> Incumbent | None:
        """Return the run believed to be the best, or None before any result.

        With a context declared there is no overall best, and the answer is None as well: see
        `best_by_context`.
        """
        if self.objective.context:
            return None
        evidence = self._evidence()
        with one_thread():
            return self._best_among(evidence, np.arange(len(evidence.y)))

    def best_by_context(self) -> tuple[Incumbent, ...]:
        """Return the run believed to be the best at each context value that was measured."""
        evidence = self._evidence()
        if not self.objective.context:
            return ()
        groups = self.objective.by_context([run.params for run in evidence.measured])
        with one_thread():
            found = [self._best_among(evidence, np.array(members)) for members in groups]
        return tuple(best for best in found if best is not None)

    def belief(self) -> Belief:
        """Return what is known and believed, to be explained or drawn."""
        evidence = self._evidence()
        with one_thread():
            surrogate = self._surrogate(evidence) if self._has_model(evidence) else None
        return Belief(self.objective, self._encoding, evidence, surrogate)

    def outlook(self) -> Outlook | None:
        """Return whether more runs are worth their hours.

        None with a context, since no run is the best overall, without a model, and while the own
        result of the run believed best is doubted: until that is settled, nothing is sure. Nor is
        it where the runs cannot be told from noise.
        """
        evidence = self._evidence()
        if not self._has_model(evidence):
            return None
        best = self.best()
        if best is None or best.doubted:
            return None
        recent = self._observations.latest(BATCH)
        before = Evidence.gather(
            [run for run in self._observations if run.id not in recent], self._encoding
        )
        rng = self._rng(LOOKING, evidence)
        with one_thread():
            earlier = self._fit(before) if self._has_model(before) else None
            surrogate = self._surrogate(evidence)
            outlook = look_ahead(
                self._encoding,
                (evidence, surrogate),
                None if earlier is None else (before, earlier),
                feasibility(evidence, self._encoding.groups),
                rng,
            )
        return None if outlook.sure and not surrogate.informative else outlook

    def _propose(self, n: int, region: Region, defaults: Params | None) -> Batch:
        evidence = self._evidence()
        rng = self._rng(ASKING, evidence)
        open_context = tuple(c for c in self.objective.context if c not in region.fixed)
        regions = [region] * n
        if open_context:
            measured = [run.params for run in evidence.measured]
            turn = len(evidence.known) // n
            values = context_values(
                self._encoding, region, open_context, n, measured, evidence.known_params, turn, rng
            )
            regions = [region.fixing(value) for value in values]
        held = {c: v for c, v in region.fixed.items() if c in self.objective.context}
        surrogate = self._surrogate(evidence) if self._has_model(evidence) else None
        share, told = notices.of_the_objective(
            self.objective, evidence, self._encoding, held, surrogate
        )
        told += notices.duplicates(evidence.measured)
        told += notices.of_the_range(self.objective, evidence)
        believed = np.ones(len(evidence.y), dtype=bool)
        if surrogate is None:
            told.append(notices.no_model(evidence, self._runs_needed, self.objective.metric))
            picks = greedy.start(n, self._encoding, regions, evidence, defaults, rng)
        else:
            believed = surrogate.believed
            told += notices.model_notices(self.objective, evidence, surrogate, self._encoding)
            picks = greedy.propose(
                self._encoding,
                regions,
                self.objective.context,
                evidence,
                surrogate,
                feasibility(evidence, self._encoding.groups),
                rng,
            )
        return Batch(
            suggestions=tuple(self._suggestion(pick, evidence, held) for pick in picks),
            notices=tuple(told),
            evaluate=worth_measuring(
                n, evidence, self._encoding, surrogate.posterior if surrogate else None, rng
            ),
            exploratory=bool(open_context),
            context_share=share,
            noise=replicate_noise(evidence.X[believed], evidence.y[believed]),
            fitted=len(evidence.y),
        )

    @property
    def _runs_needed(self) -> int:
        """How many different configurations a model needs: its priors stand in for the rest."""
        return int(min(max(4, len(self.space) + 1), ENOUGH, self.space.configurations))

    def _has_model(self, evidence: Evidence) -> bool:
        return evidence.distinct >= self._runs_needed and bool(np.ptp(evidence.y) > 0)

    def _best_among(self, evidence: Evidence, members: npt.NDArray[np.intp]) -> Incumbent | None:
        if not len(members):
            return None
        surrogate = self._surrogate(evidence) if self._has_model(evidence) else None
        rng = self._rng(RANKING, evidence)
        return believed_best(self.objective, evidence, surrogate, members, rng)

    def _suggestion(self, pick: greedy.Pick, evidence: Evidence, held: Params) -> Suggestion:
        mean = None if pick.mean is None else self.objective.from_loss(pick.mean)
        return Suggestion(
            pick.params,
            id=self._observations.new_id(),
            role=pick.role,
            reason=reason_for(pick, self.objective, evidence, held),
            mean=mean,
            sd=pick.sd,
            expected_improvement=pick.expected_improvement,
            probability_of_improvement=pick.probability_of_improvement,
        )

    def _evidence(self) -> Evidence:
        return Evidence.gather(tuple(self._observations), self._encoding)

    def _surrogate(self, evidence: Evidence) -> Surrogate:
        if self._fitted is None or self._fitted[0] != self._version:
            self._fitted = (self._version, self._fit(evidence))
        return self._fitted[1]

    def _fit(self, evidence: Evidence) -> Surrogate:
        context = [self.space.names.index(name) for name in self.objective.context]
        return fit(
            evidence.X,
            evidence.y,
            self._encoding.groups,
            context=context,
            coarse=self._encoding.coarse,
        )

    def _rng(self, purpose: int, evidence: Evidence) -> np.random.Generator:
        return np.random.default_rng([self.seed, purpose, len(evidence.known), len(evidence.y)])


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    try:
        number = abs(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return False
    return not isinstance(value, str | bool) and number <= LARGEST_VALUE  # which NaN is not
